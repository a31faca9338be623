#include "bench.hpp"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace bench {
namespace {

clockid_t clock_id = CLOCK_MONOTONIC;

[[noreturn]] void refuse(const char* what, const char* value) {
  std::fprintf(stderr, "benchmark: %s: %s\n", what, value);
  std::exit(2);
}

template <class T>
void read_number(const char* text, T& number) {
  const char* end = text + std::strlen(text);
  if (const auto read = std::from_chars(text, end, number);
      read.ec != std::errc{} || read.ptr != end || number < 0)
    refuse("not a number", text);
}

}  // namespace

Arguments parse(int argc, char** argv, Arguments defaults) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--workers")
      read_number(argv[i + 1], defaults.workers);
    else if (name == "--spares")
      read_number(argv[i + 1], defaults.spares);
    else if (name == "--count")
      read_number(argv[i + 1], defaults.count);
    else if (name == "--size")
      read_number(argv[i + 1], defaults.size);
    else if (name == "--kind")
      defaults.kind = argv[i + 1];
    else if (name == "--watch")
      defaults.watch = argv[i + 1] != std::string_view{"0"};
    else if (name == "--clock" && argv[i + 1] == std::string_view{"cpu"})
      clock_id = CLOCK_PROCESS_CPUTIME_ID;
    else if (name != "--clock" || argv[i + 1] != std::string_view{"wall"})
      refuse("there is no argument", argv[i]);
  }
  if (argc % 2 == 0) refuse("has no value", argv[argc - 1]);
  return defaults;
}

coppice::RuntimeOptions options(const Arguments& arguments) {
  coppice::RuntimeOptions options{
      .schedulers = arguments.workers, .max_spares = arguments.spares, .crash_reports = false};
  if (!arguments.watch) options.stall_after = options.report_stall_after = std::chrono::hours{1};
  return options;
}

void print(std::string_view name, double value, std::string_view unit, Better better,
           unsigned workers) {
  std::printf(R"({"name": "%.*s", "value": %.6g, "unit": "%.*s", "better": "%s", "workers": %u})"
              "\n",
              static_cast<int>(name.size()), name.data(), value, static_cast<int>(unit.size()),
              unit.data(), better == Better::lower ? "lower" : "higher", workers);
}

double now_seconds() {
  timespec now;
  clock_gettime(clock_id, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::int64_t resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  check(file != nullptr, "/proc/self/status can be read");
  char line[256];
  long long kilobytes = -1;
  while (kilobytes < 0 && std::fgets(line, sizeof line, file) != nullptr)
    if (std::strncmp(line, "VmRSS:", 6) == 0) kilobytes = std::atoll(line + 6);
  std::fclose(file);
  check(kilobytes >= 0, "/proc/self/status has VmRSS");
  return kilobytes * 1024;
}

void check(bool ok, const char* what) {
  if (ok) return;
  std::fprintf(stderr, "benchmark: not so: %s\n", what);
  std::exit(1);
}

}  // namespace bench
