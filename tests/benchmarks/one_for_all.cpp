// one_for_all_100: one of 100 children ends, the others are stopped and all are started again. From
// the cast that ends it until the last of the new ones has been constructed.
#include "bench.hpp"

#include <coppice/supervision/supervisor.hpp>
#include <coppice/supervision/supervisor_ref.hpp>

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr int children = 100;

struct Stop {};
struct Broken {};
struct Started {
  Pid pid;
};

class Member : public GenServer {
 public:
  explicit Member(Pid driver) { send<Started>(driver, self()); }
  Next handle_cast(Stop) { return Next::stop(ExitReason::custom(Broken{})); }
};

class Together : public Supervisor {
 public:
  explicit Together(Pid driver) : driver_{driver} {}
  SupervisorSpec init() override {
    SupervisorSpec spec{
        .strategy = Strategy::one_for_all, .intensity = 1'000'000'000, .period = 24h};
    for (int i = 0; i < children; ++i)
      spec.children.push_back(child<Member>(fmt::format("member {}", i), driver_));
    return spec;
  }

 private:
  Pid driver_;
};

// The last of the children that have started.
Task<ServerRef<Member>> all_started() {
  Pid last;
  for (int i = 0; i < children; ++i) last = (co_await receive<Started>()).pid;
  co_return ServerRef<Member>{last};
}

Task<> restart_often(ServerRef<Member>& member, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    member.cast<Stop>();
    member = co_await all_started();
  }
}

Task<double> measure(std::int64_t count) {
  co_await start_link<Together>(self());
  ServerRef<Member> member = co_await all_started();
  co_await restart_often(member, count / 10);
  const bench::Stopwatch watch;
  co_await restart_often(member, count);
  co_return watch.microseconds_each(count);
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = bench::parse(argc, argv, {.count = 5'000});
  Runtime runtime{bench::options(arguments)};
  const double value = runtime.run(measure, arguments.count);
  bench::print("one_for_all_100", value, "us", bench::Better::lower, arguments.workers);
}
