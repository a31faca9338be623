// Runs the body of a test as a process, in a runtime of its own, and checks that nothing stays
// behind.
//
// The number of schedulers is COPPICE_TEST_SCHEDULERS, else as many as the machine runs at once.
// Waits are bounded by `patience`, which only a test that hangs ever sees.
#pragma once

#include <cstdlib>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <coppice/core.hpp>

#include "catch.hpp"
#include "expect.hpp"

namespace coppice::test {

inline constexpr std::chrono::seconds patience{60};

// What a runtime under test reports, in place of lines on stderr.
class Reports final : public process::EventSink {
 public:
  struct Unhandled {
    Pid server;
    std::string server_type;
    std::string message_type;
  };

  void crashed(const process::CrashReport& report) noexcept override {
    const std::lock_guard guard{lock_};
    crashes_.push_back(report);
  }
  void unhandled(Pid server, std::string_view server_type,
                 std::string_view message_type) noexcept override {
    const std::lock_guard guard{lock_};
    unhandled_.push_back({server, std::string{server_type}, std::string{message_type}});
  }
  // Those so far, and forgets them: reasons hold blocks of the pool.
  std::vector<process::CrashReport> take_crashes() {
    const std::lock_guard guard{lock_};
    return std::exchange(crashes_, {});
  }
  std::vector<Unhandled> unhandled_messages() const {
    const std::lock_guard guard{lock_};
    return unhandled_;
  }

 private:
  mutable std::mutex lock_;
  std::vector<process::CrashReport> crashes_;
  std::vector<Unhandled> unhandled_;
};

// Words in the order in which they were written, by any thread.
class Journal {
 public:
  void write(std::string_view word) {
    const std::lock_guard guard{lock_};
    if (!text_.empty()) text_ += ' ';
    text_ += word;
  }
  // All words, with blanks between them.
  std::string text() const {
    const std::lock_guard guard{lock_};
    return text_;
  }
  // The same, and starts anew.
  std::string take() {
    const std::lock_guard guard{lock_};
    return std::exchange(text_, {});
  }

 private:
  mutable std::mutex lock_;
  std::string text_;
};

// Writes a word when it is destroyed: shows that a destructor ran, and when.
class Mark {
 public:
  Mark(Journal& journal, std::string_view word) noexcept : journal_{journal}, word_{word} {}
  Mark(const Mark&) = delete;
  Mark& operator=(const Mark&) = delete;
  ~Mark() { journal_.write(word_); }

 private:
  Journal& journal_;
  std::string_view word_;
};

inline RuntimeOptions with_schedulers(RuntimeOptions options = {}) {
  const char* wanted = std::getenv("COPPICE_TEST_SCHEDULERS");
  if (options.schedulers == 0 && wanted != nullptr)
    options.schedulers = static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
  return options;
}

template <class F>
void in_process(RuntimeOptions options, F body) {
  {
    Reports reports;
    options = with_schedulers(options);
    if (options.events == nullptr) options.events = &reports;
    Runtime runtime{options};
    try {
      runtime.run(std::move(body));
    } catch (const ExitSignal& signal) {
      FAIL_CHECK("the test's process ended: " << signal.reason().text());
    } catch (const std::exception& error) {
      FAIL_CHECK("the test's process threw: " << error.what());
    }
    const auto stopped = runtime.stop(patience);
    if (!stopped) FAIL_CHECK(stopped.error().text());
  }
  CHECK(base::pool_stats().live_blocks == 0);
}
template <class F>
void in_process(F body) {
  in_process(RuntimeOptions{}, std::move(body));
}

// The next message of a type.
template <class T>
Task<T> next() {
  std::optional<T> message = co_await receive<T>(patience);
  if (!message) throw std::runtime_error{"no " + process::TypeId::of<T>().name() + " came"};
  co_return std::move(*message);
}
// Why a process has ended, by a monitor that was set before.
inline Task<ExitReason> end_of(MonitorRef ref) {
  co_return co_await receive(
      on(ref, [](const Down& down) { return down.reason; }),
      after(patience, []() -> ExitReason { throw std::runtime_error{"the process did not end"}; }));
}
// Waits for the end of a process; noproc if it has ended before.
inline Task<ExitReason> end_of(Pid pid) {
  const MonitorRef ref = monitor(pid);
  co_return co_await end_of(ref);
}
// How many messages wait in the caller's mailbox.
inline std::size_t queued() { return process_info(self()).message_queue_len; }

}  // namespace coppice::test
