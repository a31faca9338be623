// What the benchmarks share: the command line, the clock, and the line that each figure prints.
//
// A benchmark measures one figure in a process of its own; run.py starts it with the arguments of
// the figure's variants and compares. By hand: ping_pong --workers 2 --count 1000000. All warm up
// before the clock starts, and every result is used.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include <coppice/coppice.hpp>

namespace bench {

// --workers N, --count N (operations in all), --size N (pairs, live processes, waiting messages,
// ...), --kind WORD (which variant), --spares N (workers that may stand in for stalled ones; 0
// under a profiler, where all seems to stall), --watch 0: nobody watches for stalls, --clock cpu: the processor time of the program in
// place of the time that passed, for a machine that is busy with other things.
struct Arguments {
  unsigned workers = 1;
  unsigned spares = 64;
  std::int64_t count = 0;
  std::int64_t size = 0;
  std::string_view kind = {};
  bool watch = true;
};

// Ends the program with what is wrong if the command line cannot be read.
Arguments parse(int argc, char** argv, Arguments defaults);

// A runtime without crash reports, since many figures crash things.
coppice::RuntimeOptions options(const Arguments& arguments);

enum class Better : std::uint8_t { lower, higher };

// Prints {"name": ..., "value": ..., "unit": ..., "better": ..., "workers": ...}.
void print(std::string_view name, double value, std::string_view unit, Better better,
           unsigned workers);

// Seconds on the clock that was asked for.
double now_seconds();

class Stopwatch {
 public:
  double seconds() const { return now_seconds() - start_; }
  double microseconds_each(std::int64_t count) const {
    return seconds() * 1e6 / static_cast<double>(count);
  }
  double nanoseconds_each(std::int64_t count) const {
    return seconds() * 1e9 / static_cast<double>(count);
  }

 private:
  double start_ = now_seconds();
};

// Resident memory of this process, in bytes.
std::int64_t resident_bytes();

// Keeps the compiler from dropping what a benchmark computes.
template <class T>
void use(const T& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// Ends the program: a benchmark that computes a wrong result has measured nothing.
void check(bool ok, const char* what);

}  // namespace bench
