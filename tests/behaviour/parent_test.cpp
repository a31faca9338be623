// The exit of a server's parent, and of others.
#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Note {
  int number;
};
struct End {
  explicit End(ExitReason r) : reason{std::move(r)} {}
  ExitReason reason;
};
struct Sync {};
struct Pause {};
struct Go {};

class Server : public GenServer {
 public:
  Server(Journal* journal, bool traps) : journal_{*journal} { trap_exit(traps); }
  int handle_call(Sync) { return 1; }
  Task<> handle_cast(Pause) {
    co_await receive([](Go) {});
    journal_.write("resumed");
  }
  void handle_cast(Note note) { journal_.write("note" + std::to_string(note.number)); }
  void handle_info(const Exit& exit) { journal_.write("info:" + exit.reason.text()); }
  void terminate(const ExitReason& reason) { journal_.write("terminate:" + reason.text()); }

 private:
  Journal& journal_;
};

using Started = ServerRef<Server>;

// Starts a linked server, tells of it, and ends when it is told.
Task<> parent(Pid boss, Journal* journal, bool traps) {
  auto server = co_await start_link<Server>(journal, traps);
  send<Started>(boss, server);
  End end = co_await receive([](End e) { return e; });
  exit(std::move(end.reason));
}

}  // namespace

TEST_CASE("parent: its exit ends a trapping server by terminate, whatever the reason", "[parent]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const std::vector<ExitReason> reasons{ExitReason::normal(), ExitReason::shutdown(),
                                          ExitReason::custom(3), ExitReason::killed()};
    for (const ExitReason& reason : reasons) {
      const Pid p = spawn(parent, self(), &journal, true);
      const auto server = co_await next<Started>();
      const MonitorRef end = monitor(server);
      send<End>(p, reason);
      EXPECT(co_await end_of(end) == reason);
      EXPECT(journal.take() == "terminate:" + reason.text());
    }
  });
}

TEST_CASE("parent: its exit comes in its place in the queue", "[parent]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const Pid p = spawn(parent, self(), &journal, true);
    const auto server = co_await next<Started>();
    const MonitorRef end = monitor(server);
    const MonitorRef parent_end = monitor(p);
    server.cast<Pause>();
    server.cast<Note>(1);
    server.cast<Note>(2);
    (void)co_await server.status();  // all that is above has arrived
    send<End>(p, ExitReason::custom(3));
    (void)co_await end_of(parent_end);
    (void)co_await server.status();
    server.cast<Note>(3);
    send<Go>(server);
    EXPECT(co_await end_of(end) == ExitReason::custom(3));
    EXPECT(journal.text() == "resumed note1 note2 terminate:3");
  });
}

TEST_CASE("parent: a server that does not trap dies of its exit without terminate", "[parent]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const Pid p = spawn(parent, self(), &journal, false);
    const auto server = co_await next<Started>();
    const MonitorRef end = monitor(server);
    send<End>(p, ExitReason::custom(3));
    EXPECT(co_await end_of(end) == ExitReason::custom(3));
    EXPECT(journal.text().empty());
  });
}

TEST_CASE("parent: a server that does not trap survives its normal exit", "[parent]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const Pid p = spawn(parent, self(), &journal, false);
    const auto server = co_await next<Started>();
    const MonitorRef parent_end = monitor(p);
    send<End>(p, ExitReason::normal());
    EXPECT(co_await end_of(parent_end) == ExitReason::normal());
    EXPECT(co_await server.call<Sync>() == 1);
    EXPECT(journal.text().empty());
  });
}

TEST_CASE("parent: the exit of anyone else who is linked goes to handle_info", "[parent]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal, true);
    const MonitorRef linked_end = monitor(spawn([server]() -> Task<> {
      link(server);
      exit(ExitReason::custom(4));
      co_return;
    }));
    (void)co_await end_of(linked_end);
    // The exits of step 8 may come after the Down; links are told first.
    EXPECT(co_await server.call<Sync>() == 1);
    EXPECT(journal.take() == "info:4");
    exit(server, ExitReason::custom(5));
    EXPECT(co_await server.call<Sync>() == 1);
    EXPECT(journal.take() == "info:5");
  });
}

TEST_CASE("parent: a server that was started without a link has none", "[parent]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start<Server>(&journal, true);
    EXPECT(!(co_await server.status()).parent);
    exit(server, ExitReason::shutdown());
    EXPECT(co_await server.call<Sync>() == 1);
    EXPECT(journal.text() == "info:shutdown");
    auto child = co_await start_link<Server>(&journal, true);
    EXPECT((co_await child.status()).parent == self());
    unlink(child);
  });
}

TEST_CASE("parent: an exit signal that the parent sends counts as its exit", "[parent]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    auto server = co_await start_link<Server>(&journal, true);
    unlink(server);
    const MonitorRef end = monitor(server);
    exit(server, ExitReason::shutdown());
    EXPECT(co_await end_of(end) == ExitReason::shutdown());
    EXPECT(journal.text() == "terminate:shutdown");
  });
}

TEST_CASE("parent: a suspended server hears its exit all the same", "[parent]") {
  Journal journal;
  in_process([&journal]() -> Task<> {
    const Pid p = spawn(parent, self(), &journal, true);
    const auto server = co_await next<Started>();
    const MonitorRef end = monitor(server);
    co_await server.suspend();
    server.cast<Note>(1);
    send<End>(p, ExitReason::shutdown());
    EXPECT(co_await end_of(end) == ExitReason::shutdown());
    EXPECT(journal.text() == "terminate:shutdown");
  });
}
