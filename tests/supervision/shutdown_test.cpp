#include <coppice/supervision/shutdown.hpp>

#include <chrono>
#include <vector>

#include <coppice/supervision/child_settings.hpp>

#include "catch.hpp"

using namespace coppice;
using namespace coppice::supervision;
using namespace std::chrono_literals;

namespace {

using Kind = Shutdown::Kind;

struct Case {
  Restart restart;
  Kind how;
  Ending ended;
  Reported reported;
};

// OTP's shutdown/1, clause by clause.
const std::vector<Case> table{
    {Restart::permanent, Kind::kill_at_once, Ending::killed, Reported::no},
    {Restart::permanent, Kind::kill_at_once, Ending::shutdown, Reported::yes},
    {Restart::permanent, Kind::kill_at_once, Ending::shutdown_with, Reported::yes},
    {Restart::permanent, Kind::kill_at_once, Ending::normal, Reported::yes},
    {Restart::permanent, Kind::kill_at_once, Ending::other, Reported::yes},
    {Restart::transient, Kind::kill_at_once, Ending::killed, Reported::no},
    {Restart::transient, Kind::kill_at_once, Ending::shutdown, Reported::no},
    {Restart::transient, Kind::kill_at_once, Ending::shutdown_with, Reported::no},
    {Restart::transient, Kind::kill_at_once, Ending::normal, Reported::no},
    {Restart::transient, Kind::kill_at_once, Ending::other, Reported::yes},
    {Restart::permanent, Kind::timeout, Ending::shutdown, Reported::no},
    {Restart::permanent, Kind::timeout, Ending::shutdown_with, Reported::yes},
    {Restart::permanent, Kind::timeout, Ending::normal, Reported::yes},
    {Restart::permanent, Kind::timeout, Ending::killed, Reported::yes},
    {Restart::permanent, Kind::timeout, Ending::other, Reported::yes},
    {Restart::temporary, Kind::timeout, Ending::shutdown, Reported::no},
    {Restart::temporary, Kind::timeout, Ending::shutdown_with, Reported::no},
    {Restart::temporary, Kind::timeout, Ending::normal, Reported::no},
    {Restart::temporary, Kind::timeout, Ending::killed, Reported::yes},
    {Restart::temporary, Kind::timeout, Ending::other, Reported::yes},
    {Restart::permanent, Kind::wait_forever, Ending::shutdown, Reported::no},
    {Restart::permanent, Kind::wait_forever, Ending::normal, Reported::yes},
    {Restart::permanent, Kind::wait_forever, Ending::killed, Reported::yes},
    {Restart::transient, Kind::wait_forever, Ending::normal, Reported::no},
    {Restart::transient, Kind::wait_forever, Ending::killed, Reported::yes},
};

}  // namespace

TEST_CASE("shutdown: which ends of a stopped child are reported") {
  for (const Case& c : table) {
    INFO(fmt::format("{}, stop {}, ending {}", c.restart, static_cast<int>(c.how),
                     static_cast<int>(c.ended)));
    CHECK(reports_stop(c.restart, c.how, c.ended) == c.reported);
  }
}

TEST_CASE("shutdown: a value that compares and prints") {
  const Shutdown kill = brutal_kill;
  const Shutdown wait = infinity;
  const Shutdown two = 2s;
  CHECK(kill == brutal_kill);
  CHECK(wait == infinity);
  CHECK(two == 2000ms);
  CHECK(!(two == 3s));
  CHECK(!(kill == wait));
  CHECK(!(Shutdown{0ms} == brutal_kill));
  CHECK(fmt::format("{} {} {} {}", kill, wait, two, Shutdown{1500us}) ==
        "brutal_kill infinity 2000 ms 1.5 ms");
}

TEST_CASE("shutdown: a timeout rounds up and saturates") {
  CHECK(Shutdown{std::chrono::duration<double>{1.5}}.timeout() == 1500ms);
  CHECK(Shutdown{std::chrono::duration<double, std::nano>{0.25}}.timeout() == 1ns);
  CHECK(Shutdown{std::chrono::hours::max()}.kind() == Shutdown::Kind::wait_forever);
  CHECK(Shutdown{-1ms}.timeout() == -1ms);
}

TEST_CASE(
    "shutdown: workers have 5 s, supervisors all the time they need, unless the spec says "
    "otherwise") {
  ChildSettings settings;
  CHECK(settings.shutdown() == 5s);
  settings.type = ChildType::supervisor;
  CHECK(settings.shutdown() == infinity);
  settings.chosen_shutdown = brutal_kill;
  CHECK(settings.shutdown() == brutal_kill);
}
