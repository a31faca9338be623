// sieve (Savina): the primes below --size. A chain of processes, one a prime; each lets through
// what its prime does not divide, and what comes out at the end becomes the prime of a new one. All
// odd numbers are sent at once. The time of it all, after a tenth of it to warm up.
#include "bench.hpp"

using namespace coppice;

namespace {

struct Candidate {
  std::int64_t number;
};
struct Count {
  std::int64_t before;
};
struct Primes {
  std::int64_t count;
};

Task<> filter(std::int64_t prime, Pid driver) {
  Pid next;
  for (bool more = true; more;) {
    more = co_await receive(
        [&](Candidate candidate) {
          if (candidate.number % prime == 0) return true;
          if (next)
            send<Candidate>(next, candidate.number);
          else
            next = spawn(filter, candidate.number, driver);
          return true;
        },
        [&](Count count) {
          if (next)
            send<Count>(next, count.before + 1);
          else
            send<Primes>(driver, count.before + 1);
          return false;
        });
  }
}

std::int64_t primes_below(std::int64_t limit) {
  std::int64_t count = 0;
  for (std::int64_t n = 2; n < limit; ++n) {
    bool prime = true;
    for (std::int64_t by = 2; by * by <= n && prime; ++by) prime = n % by != 0;
    count += prime ? 1 : 0;
  }
  return count;
}

Task<> run_once(std::int64_t limit) {
  const Pid first = spawn(filter, 3, self());
  for (std::int64_t n = 5; n < limit; n += 2) send<Candidate>(first, n);
  send<Count>(first, 1);
  const Primes primes = co_await receive<Primes>();
  bench::use(primes);
  bench::check(primes.count == primes_below(limit), "all primes were found");
}

Task<double> measure(std::int64_t limit) {
  co_await run_once(limit / 10);
  const bench::Stopwatch watch;
  co_await run_once(limit);
  co_return watch.seconds() * 1e3;
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.size = 20'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.size);
  bench::print("sieve", value, "ms", bench::Better::lower, arguments.workers);
}
