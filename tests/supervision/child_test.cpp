// child, child_from and their start functions (extra_return, already_started_outside_supervisor and
// the start options of OTP's suite).
#include <memory>
#include <stdexcept>

#include "rig.hpp"

using namespace coppice;
using namespace coppice::test;

namespace {

struct Note {
  explicit Note(std::string what) : text{std::move(what)} {}
  std::string text;
};

class Greeter : public GenServer {
 public:
  Greeter(std::string greeting, std::vector<int> numbers)
      : greeting_{std::move(greeting)}, numbers_{std::move(numbers)} {}
  std::string handle_call(Ping) { return fmt::format("{} {}", greeting_, numbers_.size()); }
  void handle_cast(Throw what) { throw std::runtime_error{what.text}; }

 private:
  std::string greeting_;
  std::vector<int> numbers_;
};

// Takes what cannot be copied.
class Owner : public GenServer {
 public:
  explicit Owner(std::unique_ptr<int> number) : number_{std::move(number)} {}
  int handle_call(Ping) { return *number_; }

 private:
  std::unique_ptr<int> number_;
};

class Slow : public GenServer {
 public:
  Task<InitResult> init() {
    co_await receive<Ping>();
    co_return InitResult::ok();
  }
};

Task<> tell_and_wait(Pid whom, std::string text) {
  send<Note>(whom, text);
  co_await receive([](const Throw& what) { throw std::runtime_error{what.text}; });
}

Task<ServerRef<StaticSupervisor>> empty_supervisor() {
  SupervisorSpec spec{.intensity = 9};
  return start<StaticSupervisor>(std::move(spec));
}

}  // namespace

TEST_CASE("child: a server is constructed from copies of the arguments, at each start anew") {
  World world;
  run_in(world, [](World*) -> Task<> {
    auto sup = co_await empty_supervisor();
    std::vector<int> numbers{1, 2, 3};
    ChildSpec spec = child<Greeter>("g", "hello", numbers).named("greeter");
    numbers.clear();
    co_await sup.start_child(spec);
    const Name<Greeter> greeter{"greeter"};
    EXPECT(co_await greeter.call<Ping>() == "hello 3");
    const MonitorRef m = monitor(Atom{"greeter"});
    greeter.cast<Throw>("boom");
    co_await receive(on(m, [](const Down& d) { EXPECT(d.reason.is_error()); }));
    co_await sup.count_children();
    EXPECT(co_await greeter.call<Ping>() == "hello 3");
    co_await sup.stop();
  });
}

TEST_CASE("child: a plain process is started as it is spawned, with copies of the arguments") {
  World world;
  run_in(world, [](World*) -> Task<> {
    auto sup = co_await empty_supervisor();
    StartedChild p =
        co_await sup.start_child(child("p", tell_and_wait, self(), "here").named("plain"));
    EXPECT((co_await receive<Note>()).text == "here");
    EXPECT(whereis("plain") == p.value());
    send<Throw>(p.value(), "boom");
    EXPECT((co_await receive<Note>()).text == "here");  // restarted
    EXPECT(whereis("plain") && *whereis("plain") != p.value());
    ChildSpec lambda =
        child("q", [me = self()]() -> Task<> { return tell_and_wait(me, "and here"); });
    co_await sup.start_child(lambda);
    EXPECT((co_await receive<Note>()).text == "and here");
    auto taken =
        co_await sup.try_start_child(child("r", tell_and_wait, self(), "never").named("plain"));
    EXPECT(!taken && taken.error().is_already_started() &&
           taken.error().pid() == *whereis("plain"));
    co_await sup.stop();
    EXPECT(!(co_await receive<Note>(0ms)).has_value());
  });
}

TEST_CASE("child: a name that is taken is already_started, and the holder is left alone") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await empty_supervisor();
    auto outside = co_await start<Actor>(StartOptions{.name = "taken"}, w, "outside");
    auto refused = co_await sup.try_start_child(actor(w, "inside").named("taken"));
    EXPECT(!refused && refused.error().is_already_started() &&
           refused.error().pid() == outside.pid());
    EXPECT(w->starts("inside") == 0);
    EXPECT((co_await sup.count_children()) == ChildCounts{});
    SupervisorSpec spec{.children = {actor(w, "inside").named("taken")}};
    auto whole = co_await try_start<StaticSupervisor>(std::move(spec));
    const auto* why = whole.error().reason().get<supervision::FailedToStart>();
    EXPECT(why != nullptr && why->reason.get<behaviour::AlreadyStarted>() != nullptr);
    EXPECT(co_await outside.call<Ping>() == "outside#1");
    co_await outside.stop();
  });
}

TEST_CASE("child: a start that takes too long fails with a timeout") {
  World world;
  run_in(world, [](World*) -> Task<> {
    auto sup = co_await empty_supervisor();
    auto late = co_await sup.try_start_child(child<Slow>("slow").start_timeout(5ms));
    EXPECT(!late && late.error().is_start_failed() && late.error().reason().is_timeout());
    EXPECT((co_await sup.count_children()) == ChildCounts{});
  });
}

TEST_CASE("child: one with a thread of its own") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await empty_supervisor();
    co_await sup.start_child(actor(w, "a").thread(dedicated));
    EXPECT(co_await ServerRef<Actor>{w->latest("a")}.call<Ping>() == "a#1");
    (void)co_await kill(w, "a");
    EXPECT(co_await tree(w, sup) == "a#2");
    co_await sup.stop();
  });
}

TEST_CASE("child_from: whatever a start function starts and links") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await empty_supervisor();
    // A server from what cannot be copied.
    StartedChild owner = co_await sup.start_child(
        child_from("owner", []() { return start_link<Owner>(std::make_unique<int>(42)); }));
    EXPECT(co_await ServerRef<Owner>{owner.value()}.call<Ping>() == 42);
    // The same, with its failure as a value.
    StartedChild tried = co_await sup.start_child(
        child_from("tried", [w] { return try_start_link<Actor>(w, "tried"); }));
    EXPECT(tried.value() == w->latest("tried"));
    // A pid, at once.
    StartedChild plain = co_await sup.start_child(
        child_from("plain", [me = self()] { return spawn_link(tell_and_wait, me, "plain"); }));
    EXPECT(is_alive(plain.value()));
    // Nothing at all is `ignore`.
    StartedChild none = co_await sup.start_child(child_from("none", [] { return StartedChild{}; }));
    EXPECT(none.is_none());
    EXPECT((co_await sup.count_children()) ==
           ChildCounts{.specs = 4, .active = 3, .supervisors = 0, .workers = 4});
    co_await sup.stop();
    EXPECT(!is_alive(owner.value()) && !is_alive(tried.value()) && !is_alive(plain.value()));
  });
}

TEST_CASE(
    "child_from: what the start gives besides goes to who asked, and is dropped at a restart by "
    "rule") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await empty_supervisor();
    ChildSpec spec = child_from("a", [w]() -> Task<StartedChild> {
      ServerRef<Actor> a = co_await start_link<Actor>(w, "a");
      co_return StartedChild{a, std::string{"port 80"}};
    });
    StartedChild first = co_await sup.start_child(spec);
    EXPECT(first.info<std::string>() != nullptr && *first.info<std::string>() == "port 80");
    (void)co_await kill(w, "a");
    EXPECT(co_await tree(w, sup) == "a#2");
    co_await sup.terminate_child("a");
    StartedChild again = co_await sup.restart_child("a");
    EXPECT(again.info<std::string>() != nullptr);
    co_await sup.stop();
  });
}

TEST_CASE("child_from: a start function's failures are failed starts") {
  World world;
  world.plan("bad", {.starts = {"stop:no"}});
  world.plan("i", {.starts = {"ignore"}});
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await empty_supervisor();
    auto thrown = co_await sup.try_start_child(
        child_from("t", []() -> Pid { throw std::runtime_error{"oops"}; }));
    EXPECT(!thrown && thrown.error().reason().text().find("oops") != std::string::npos);
    auto exited = co_await sup.try_start_child(child_from("e", []() -> Task<Pid> {
      co_await sleep(0ms);
      exit(word("gone"));
    }));
    EXPECT(!exited && exited.error().reason() == word("gone"));
    auto stopped =
        co_await sup.try_start_child(child_from("s", [w] { return start_link<Actor>(w, "bad"); }));
    EXPECT(!stopped && stopped.error().is_start_failed());
    auto value = co_await sup.try_start_child(
        child_from("v", [w] { return try_start_link<Actor>(w, "bad"); }));
    EXPECT(!value && value.error().reason() == word("no"));
    auto ignored = co_await sup.try_start_child(
        child_from("i", [w] { return try_start_link<Actor>(w, "i"); }));
    EXPECT(ignored && ignored->is_none());
    EXPECT((co_await sup.count_children()).specs == 1);
  });
}

TEST_CASE("child_from: a process that is not linked to the supervisor is refused and left alone") {
  World world;
  run_in(world, [](World* w) -> Task<> {
    auto sup = co_await empty_supervisor();
    auto stranger = co_await start<Actor>(w, "stranger");
    auto refused = co_await sup.try_start_child(child_from("s", [stranger] { return stranger; }));
    const auto* why = refused.error().reason().get<supervision::NotLinked>();
    EXPECT(why != nullptr && why->pid == stranger.pid());
    EXPECT(co_await stranger.call<Ping>() == "stranger#1");
    EXPECT((co_await sup.count_children()) == ChildCounts{});
    co_await stranger.stop();
  });
}

TEST_CASE(
    "child_from: a process that has ended before it is looked at counts as started and ended") {
  World world;
  run_in(world, [](World*) -> Task<> {
    auto sup = co_await empty_supervisor();
    for (const bool linked : {true, false}) {
      ChildSpec spec = child_from("short", [linked]() -> Task<Pid> {
        Pid pid;
        if (linked)
          pid = spawn_link([]() -> Task<> { co_return; });
        else
          pid = spawn([]() -> Task<> { co_return; });
        (void)co_await end_of(pid);
        co_return pid;
      });
      StartedChild started = co_await sup.start_child(spec.restart(Restart::temporary));
      EXPECT(started.has_value());
      EXPECT((co_await sup.count_children()) == ChildCounts{});
    }
    co_await sup.stop();
  });
}
