// RequestSet: many requests under way, answered in the order in which the answers come (gen_server:reqids_new/0, send_request/4,
// wait_response/3).
//
//   RequestSet<int, std::string> set;
//   for (auto& [name, counter] : counters) set.add(counter.send_request<Value>(), name);
//   while (auto answered = co_await set.next(1s)) total += answered->response.value();
//
// Of the process that made the requests; move-only. Dropping the set, or clear(), abandons what is left, as receive_response/3
// does after a timeout; next() alone abandons nothing. Each answer costs the same however many requests are outstanding.
#pragma once

#include <cstdint>
#include <deque>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include <coppice/base/dense_table.hpp>
#include <coppice/base/export.hpp>
#include <coppice/behaviour/call_op.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

namespace behaviour {

// The part that does not depend on types: the numbers of the outstanding requests.
class COPPICE_API OpenRequests {
 public:
  OpenRequests() = default;
  OpenRequests(OpenRequests&& other) noexcept
      : caller_{other.caller_}, open_{std::move(other.open_)}, seen_{other.seen_}, ready_{std::move(other.ready_)} {}
  OpenRequests& operator=(OpenRequests&& other) noexcept;
  ~OpenRequests() { clear(); }

  void add(Pid caller, std::uint64_t number);
  std::size_t size() const noexcept { return open_.size(); }
  void clear() noexcept;

 private:
  friend class NextAnswerBase;
  struct Open {
    std::uint64_t number;
    std::uint64_t key() const noexcept { return number; }
  };

  Pid caller_;
  base::DenseTable<Open> open_;
  std::uint64_t seen_ = 0;           // how many answers had been put by when they were last looked through
  std::deque<std::uint64_t> ready_;  // of those, the ones of this set that are still to be given, in the order they came
};

// Where the smallest number stands, then the next one, and so on.
COPPICE_API std::vector<std::size_t> sorted_positions(const std::vector<std::uint64_t>& numbers);

// Waits for the first answer of any of them.
class COPPICE_API NextAnswerBase : public process::Waiter {
 public:
  NextAnswerBase(const NextAnswerBase&) = delete;
  NextAnswerBase& operator=(const NextAnswerBase&) = delete;
  bool await_ready();
  void await_suspend(std::coroutine_handle<>);
  bool ready(process::Process& self) final;
  bool take_reply(process::CallSignal& call) final;

 protected:
  NextAnswerBase(process::Process& self, OpenRequests& requests, timing::Duration timeout) noexcept
      : self_{self}, requests_{requests}, timeout_{timeout} {}
  ~NextAnswerBase();
  process::CallSignal* answer_ = nullptr;  // owned

 private:
  void look();

  process::Process& self_;
  OpenRequests& requests_;
  timing::Duration timeout_;
};

}  // namespace behaviour

template <class R, class Label = std::uint64_t>
class RequestSet {
 public:
  // An answer and the label of its request.
  struct Answered {
    Answered(Label name, std::expected<R, CallError> answer) : label{std::move(name)}, response{std::move(answer)} {}
    Label label;
    std::expected<R, CallError> response;
  };

  // The request is the set's from now on. Throws ProcessError if the handle has none: it was answered, or given away.
  void add(RequestHandle<R> request, Label label) {
    const auto [caller, number] = request.release();
    requests_.add(caller, number);
    labels_.insert(Labelled{number, std::move(label)});
  }
  // How many are outstanding.
  std::size_t size() const noexcept { return requests_.size(); }
  bool empty() const noexcept { return size() == 0; }
  // The labels of those, in the order in which the requests were sent (reqids_to_list/1).
  std::vector<Label> labels() const {
    std::vector<std::uint64_t> numbers;
    for (const Labelled& labelled : labels_) numbers.push_back(labelled.number);
    std::vector<Label> out;
    for (const std::size_t at : behaviour::sorted_positions(numbers)) out.push_back(labels_.begin()[at].label);
    return out;
  }
  // Abandons all.
  void clear() noexcept {
    requests_.clear();
    labels_.clear();
  }

  class Awaiter final : public behaviour::NextAnswerBase {
   public:
    Awaiter(process::Process& self, RequestSet& set, timing::Duration timeout)
        : NextAnswerBase{self, set.requests_, timeout}, set_{set} {}
    std::optional<Answered> await_resume() { return answer_ == nullptr ? std::nullopt : set_.take(*answer_); }

   private:
    RequestSet& set_;
  };
  class [[nodiscard]] NextOp {
   public:
    NextOp(RequestSet& set, timing::Duration timeout) noexcept : set_{&set}, timeout_{timeout} {}
    Awaiter bind(process::Process& self) { return {self, *set_, timeout_}; }

   private:
    RequestSet* set_;
    timing::Duration timeout_;
  };
  // The next answer, whichever it is; nothing if none has come in time, or none is outstanding.
  NextOp next(timing::Duration timeout = timing::forever) { return {*this, timeout}; }

 private:
  struct Labelled {
    std::uint64_t number;
    Label label;
    std::uint64_t key() const noexcept { return number; }
  };

  std::optional<Answered> take(process::CallSignal& call) {
    Labelled* found = labels_.find(call.call_number);
    Label label = std::move(found->label);
    labels_.erase(call.call_number);
    if (call.state != process::CallSignal::State::replied)
      return std::optional<Answered>{std::in_place, std::move(label), std::unexpected{process::error_of(call)}};
    if constexpr (std::is_void_v<R>)
      return std::optional<Answered>{std::in_place, std::move(label), std::expected<void, CallError>{}};
    else
      return std::optional<Answered>{std::in_place, std::move(label),
                                     std::move(*static_cast<behaviour::ReplySlot<R>&>(call).reply)};
  }

  behaviour::OpenRequests requests_;
  base::DenseTable<Labelled> labels_;
};

}  // namespace coppice
