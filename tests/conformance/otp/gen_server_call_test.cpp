// gen_server_SUITE of OTP: calls, requests, casts, plain messages, continuations, crashes.
#include <fmt/format.h>

#include "in_process.hpp"

using namespace coppice;
using namespace coppice::test;
using namespace std::chrono_literals;

namespace {

struct Get {};
struct Delayed {};  // answered by a cast
struct Never {};    // kept, never answered
struct Release {};
struct Leave {
  explicit Leave(ExitReason why) : reason{std::move(why)} {}
  ExitReason reason;
};
struct Crash {};
struct CallYourself {};
struct StopWithReply {};
struct Note {
  int number;
};
struct Noted {};
struct More {
  int depth;
};

class Server : public GenServer {
 public:
  using Info = Messages<Note, Crash, Leave>;
  explicit Server(int first = 0) : first_{first} {}
  InitResult init() {
    return first_ == 0 ? InitResult::ok() : InitResult::continue_with(More{first_});
  }

  std::string handle_call(Get) { return "hej"; }
  Reply<std::string> handle_call(Delayed, From<std::string> from) {
    held_.push_back(std::move(from));
    return no_reply;
  }
  Reply<int> handle_call(Never, From<int> from) {
    kept_.push_back(std::move(from));
    return no_reply;
  }
  int handle_call(Leave leave) { exit(leave.reason); }
  int handle_call(Crash) { throw std::runtime_error{"crashed"}; }
  Task<CallError::Kind> handle_call(CallYourself) {
    auto answer = co_await ServerRef<Server>{self()}.try_call<Get>();
    co_return answer.error().kind();
  }
  Reply<int> handle_call(StopWithReply) { return Reply<int>::stop(ExitReason::shutdown(), 7); }
  std::string handle_call(Noted) { return fmt::format("{}", fmt::join(notes_, " ")); }
  Reply<int> handle_call(More more) { return Reply<int>{more.depth}.continue_with(more); }

  void handle_cast(Release) {
    for (From<std::string>& from : held_) from.reply("delayed");
    held_.clear();
  }
  void handle_cast(Note note) { notes_.push_back(note.number); }
  Next handle_cast(Leave leave) { return Next::stop(leave.reason); }
  void handle_cast(Crash) { throw std::runtime_error{"crashed"}; }
  Next handle_cast(More more) { return Next::continue_with(more); }
  void handle_info(Note note) { notes_.push_back(note.number); }
  void handle_info(Crash) { throw std::runtime_error{"crashed"}; }
  Next handle_info(Leave leave) { return Next::stop(leave.reason); }
  Next handle_continue(More more) {
    notes_.push_back(-more.depth);
    return more.depth > 1 ? Next::continue_with(More{more.depth - 1}) : Next{};
  }

 private:
  int first_;
  std::vector<From<std::string>> held_;
  std::vector<From<int>> kept_;
  std::vector<int> notes_;
};

template <class M, class... Args>
Task<CallError> failure(ServerRef<Server> server, Args... args) {
  auto answer = co_await server.try_call<M>(std::move(args)...);
  EXPECT(!answer);
  co_return answer.error();
}

}  // namespace

TEST_CASE(
    "gen_server_SUITE: call: at once, later, two at a time, and with a timeout after which the "
    "reply is dropped",
    "[otp][gen_server][rule-14]") {
  in_process([]() -> Task<> {
    const auto server = co_await start_link<Server>();
    EXPECT(co_await server.call<Get>() == "hej");
    auto one = server.send_request<Delayed>();
    auto two = server.send_request<Delayed>();
    server.cast<Release>();
    EXPECT((co_await one.response()).value() == "delayed");
    EXPECT((co_await two.response()).value() == "delayed");

    const auto late = co_await server.within(1ms).try_call<Delayed>();
    EXPECT(!late && late.error().is_timeout() && late.error().server() == server.pid());
    server.cast<Release>();
    EXPECT(co_await server.call<Get>() == "hej");
    EXPECT(queued() == 0 && runtime().late_reply_count() == 1);
  });
}

TEST_CASE("gen_server_SUITE: calling_self: a call of oneself fails at once",
          "[otp][gen_server][rule-14]") {
  in_process([]() -> Task<> {
    const auto server = co_await start_link<Server>();
    EXPECT(co_await server.call<CallYourself>() == CallError::Kind::calling_self);
  });
}

TEST_CASE(
    "gen_server_SUITE: crash: the caller hears the reason; a crash is reported with its client's "
    "message, an orderly end is not",
    "[otp][gen_server][rule-13][rule-14]") {
  Reports reports;
  in_process({.events = &reports}, [&reports]() -> Task<> {
    const std::vector<ExitReason> orderly = {ExitReason::normal(), ExitReason::shutdown(),
                                             ExitReason::shutdown(3)};
    for (const ExitReason& reason : orderly) {
      const auto server = co_await start<Server>();
      const MonitorRef end = monitor(server);
      const CallError error = co_await failure<Leave>(server, reason);
      EXPECT(error.is_exit() && error.reason() == reason);
      EXPECT(error.request().find("Leave") != std::string::npos);
      EXPECT(co_await end_of(end) == reason);
    }
    EXPECT(reports.take_crashes().empty());
    const auto server = co_await start<Server>();
    const MonitorRef end = monitor(server);
    const CallError error = co_await failure<Crash>(server);
    EXPECT(error.is_exit() && error.reason().error_info()->message == "crashed");
    EXPECT(co_await end_of(end) == error.reason());
    {
      const std::vector<process::CrashReport> crashes = reports.take_crashes();
      EXPECT(crashes.size() == 1 && crashes[0].pid == server.pid());
      EXPECT(crashes[0].last_message.find("Crash") != std::string::npos);
    }
    // Who ends otherwise than in order is reported too.
    const auto leaving = co_await start<Server>();
    EXPECT((co_await failure<Leave>(leaving, ExitReason::custom(9))).reason() ==
           ExitReason::custom(9));
    co_await end_of(leaving);
    EXPECT(reports.take_crashes().size() == 1);
  });
}

TEST_CASE(
    "gen_server_SUITE: send_request: the answer is fetched when it is wanted, and says why there "
    "is none",
    "[otp][gen_server][rule-14]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<Server>(StartOptions{.name = "requested"});
    auto request = server.send_request<Get>();
    auto delayed = server.send_request<Delayed>();
    auto never = server.send_request<Never>();
    EXPECT((co_await request.response()).value() == "hej");
    server.cast<Release>();
    EXPECT((co_await delayed.response(10s)).value() == "delayed");
    EXPECT((co_await never.response(1ms)).error().is_timeout());
    auto by_name = Name<Server>{"requested"}.send_request<Get>();
    EXPECT((co_await by_name.response()).value() == "hej");

    // Its end answers what is outstanding, and what is asked of it later is noproc.
    auto last = server.send_request<Never>();
    server.cast<Leave>(ExitReason::custom(4));
    const auto ended = co_await last.response();
    EXPECT(!ended && ended.error().is_exit() && ended.error().reason() == ExitReason::custom(4));
    co_await end_of(server);
    auto gone = server.send_request<Get>();
    EXPECT((co_await gone.response()).error().is_noproc());
    auto nobody = Name<Server>{"requested"}.send_request<Get>();
    EXPECT((co_await nobody.response()).error().is_noproc());
    EXPECT(queued() == 0);
  });
}

TEST_CASE("gen_server_SUITE: cast: every answer of handle_cast", "[otp][gen_server][rule-13]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<Server>();
    const MonitorRef end = monitor(server);
    server.cast<Note>(1);
    server.cast(Note{2});
    EXPECT(co_await server.call<Noted>() == "1 2");
    server.cast<Leave>(ExitReason::shutdown());
    EXPECT(co_await end_of(end) == ExitReason::shutdown());
    server.cast<Note>(3);  // to one that is gone: no error
    const auto crashing = co_await start<Server>();
    const MonitorRef crash = monitor(crashing);
    crashing.cast<Crash>();
    EXPECT((co_await end_of(crash)).is_error());
  });
}

TEST_CASE(
    "gen_server_SUITE: info: plain messages reach handle_info, in order, and may stop the server",
    "[otp][gen_server][rule-1]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<Server>();
    const MonitorRef end = monitor(server);
    send<Note>(server, 1);
    server.cast<Note>(2);
    server.send_info<Note>(3);
    EXPECT(co_await server.call<Noted>() == "1 2 3");
    send<Leave>(server, ExitReason::custom(2));
    EXPECT(co_await end_of(end) == ExitReason::custom(2));
  });
}

TEST_CASE(
    "gen_server_SUITE: undef_handle_info: a message that nobody handles is reported and dropped",
    "[otp][gen_server]") {
  struct Unknown {};
  Reports reports;
  in_process({.events = &reports}, [&reports]() -> Task<> {
    const auto server = co_await start<Server>();
    send<Unknown>(server);
    EXPECT(co_await server.call<Get>() == "hej");
    const auto unhandled = reports.unhandled_messages();
    EXPECT(unhandled.size() == 1 && unhandled[0].server == server.pid());
    EXPECT(unhandled[0].message_type.find("Unknown") != std::string::npos);
    co_await server.stop();
  });
}

TEST_CASE("gen_server_SUITE: undef_in_handle_info: an error inside handle_info crashes the server",
          "[otp][gen_server][rule-13]") {
  in_process([]() -> Task<> {
    const auto server = co_await start<Server>();
    const MonitorRef end = monitor(server);
    send<Crash>(server);
    const ExitReason why = co_await end_of(end);
    EXPECT(why.is_error() && why.error_info()->message == "crashed");
  });
}

TEST_CASE(
    "gen_server_SUITE: continue: runs before any message that waits, from init, call, cast and a "
    "continuation",
    "[otp][gen_server][rule-11]") {
  in_process([]() -> Task<> {
    const auto server = co_await start_link<Server>(2);
    EXPECT(co_await server.call<Noted>() == "-2 -1");
    auto answer = server.send_request<More>(3);
    server.cast<Note>(5);
    EXPECT((co_await answer.response()).value() == 3);
    EXPECT(co_await server.call<Noted>() == "-2 -1 -3 -2 -1 5");
    server.cast<More>(1);
    send<Note>(server, 6);
    EXPECT(co_await server.call<Noted>() == "-2 -1 -3 -2 -1 5 -1 6");
  });
}

TEST_CASE("rule 14: nested calls nest, and the reply of a stop comes before the Down",
          "[otp][gen_server][rule-14]") {
  class Middle : public GenServer {
   public:
    explicit Middle(ServerRef<Server> next) : next_{next} {}
    Task<int> handle_call(Get) { co_return co_await next_.call<Crash>(); }

   private:
    ServerRef<Server> next_;
  };
  in_process([]() -> Task<> {
    const auto inner = co_await start<Server>();
    const auto middle = co_await start<Middle>(inner);
    const auto answer = co_await middle.try_call<Get>();
    EXPECT(!answer && answer.error().is_exit() && answer.error().server() == middle.pid());
    const CallError* nested = answer.error().reason().get<CallError>();
    EXPECT(nested != nullptr && nested->server() == inner.pid() && nested->reason().is_error());

    const auto stops = co_await start<Server>();
    const MonitorRef end = monitor(stops);
    auto request = stops.send_request<StopWithReply>();
    EXPECT(co_await end_of(end) == ExitReason::shutdown());
    EXPECT((co_await request.response(0ms)).value() == 7);  // it is there already
  });
}
