// Probe: a process that stands in for another one in a test. What is sent to it, the test looks at.
//
//   Probe audit;                                            // in a process of the test's; it ends with that process
//   auto account = co_await start_link<Account>(audit.pid());
//   account.cast<Deposit>(100);
//   const Entry entry = co_await audit.expect<Entry>(1s);   // throws ExpectationFailed, with what came instead
//   co_await audit.expect_silence(1s);
//
// In a simulation the times are virtual and cost nothing; in a real run they are real. Of the process that made it; copies
// stand for the same probe.
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/host.hpp>  // DeadLetter
#include <coppice/process/message.hpp>
#include <coppice/process/pattern.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/process/receive.hpp>
#include <coppice/process/send.hpp>
#include <coppice/process/task.hpp>
#include <coppice/time/instant.hpp>

namespace coppice::testing {

// What a test expected did not happen; the text says what did.
class COPPICE_API ExpectationFailed : public std::runtime_error {
 public:
  explicit ExpectationFailed(const std::string& what) : std::runtime_error{what} {}
};

inline constexpr timing::Duration default_patience = std::chrono::seconds{5};

// What a probe hands to its test.
struct ProbeCaught {
  ProbeCaught(Pid by, Message caught) noexcept : probe{by}, message{std::move(caught)} {}
  Pid probe;
  Message message;
};

class COPPICE_API Probe {
 public:
  // Starts the process. Throws ProcessError outside of a process.
  Probe();
  Pid pid() const noexcept { return pid_; }

  // The first message of type M that it got and that was not looked at yet, waited for. What came before stays.
  template <class M>
  Task<M> expect(timing::Duration within = default_patience) const {
    return expect_that<M>([](const M&) { return true; }, within);
  }
  // The first for which `test` says true.
  template <class M, class Test>
  Task<M> expect_that(Test test, timing::Duration within = default_patience) const {
    return wait_for<M, Test>(pid_, std::move(test), within);
  }
  // The first that a pattern of receive() fits: expect(field(&Pong::number) == 2). What the pattern compares with must last.
  template <process::Pattern P>
  Task<typename P::Subject> expect(P pattern, timing::Duration within = default_patience) const {
    return wait_for<typename P::Subject, P>(pid_, std::move(pattern), within);
  }
  // That no M comes for a while.
  template <class M>
  Task<> expect_none(timing::Duration during) const {
    return wait_in_vain<M>(pid_, during);
  }
  // That nothing comes.
  Task<> expect_silence(timing::Duration during) const { return wait_in_silence(pid_, during); }

  // From now on every message that comes goes on to `to`, and not to the test. None: to the test again.
  void forward_to(Pid to) const;
  // From now on every M that comes is given to `answer`, a function of M&, in the probe's process, and not to the test.
  template <class M, class Answer>
  void answer(Answer answer) const {
    add_answer(process::TypeId::of<M>(),
               [function = std::move(answer)](Message& message) mutable { function(*message.template get<M>()); });
  }

 private:
  void add_answer(process::TypeId type, std::move_only_function<void(Message&)> answer) const;
  static Task<> wait_in_silence(Pid probe, timing::Duration during);
  [[noreturn]] static void fail(const std::string& expected, timing::Duration within, const std::string& instead);
  // The types of what the probe has caught, taken out.
  static Task<std::string> what_else(Pid probe);

  template <class M, class Test>
  static auto caught(Pid probe, Test test) {
    auto wanted = [probe, test = std::move(test)](const ProbeCaught& c) {
      const M* const message = c.probe == probe ? c.message.get<M>() : nullptr;
      return message != nullptr && test(*message);
    };
    return on<ProbeCaught>(std::move(wanted),
                           [](ProbeCaught c) { return std::optional<M>{std::move(*c.message.get<M>())}; });
  }
  template <class M, class Test>
  static Task<M> wait_for(Pid probe, Test test, timing::Duration within) {
    auto clause = caught<M>(probe, std::move(test));
    std::optional<M> message = co_await receive(std::move(clause), after(within, [] { return std::optional<M>{}; }));
    if (!message) {
      const std::string instead = co_await what_else(probe);
      fail(process::TypeId::of<M>().name(), within, instead);
    }
    co_return std::move(*message);
  }
  template <class M>
  static Task<> wait_in_vain(Pid probe, timing::Duration during) {
    auto clause = caught<M>(probe, [](const M&) { return true; });
    const std::optional<M> message = co_await receive(std::move(clause), after(during, [] { return std::optional<M>{}; }));
    if (message) fail("no " + process::TypeId::of<M>().name(), during, "one came");
  }

  Pid pid_;
};

// A probe that gets a DeadLetter for each message of the calling process's runtime that reaches nobody.
COPPICE_API Probe dead_letter_probe();

}  // namespace coppice::testing
