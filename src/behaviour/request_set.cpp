#include <coppice/behaviour/request_set.hpp>

#include <algorithm>
#include <numeric>
#include <vector>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/receive.hpp>

namespace coppice::behaviour {

OpenRequests& OpenRequests::operator=(OpenRequests&& other) noexcept {
  std::swap(caller_, other.caller_);
  std::swap(open_, other.open_);
  std::swap(seen_, other.seen_);
  std::swap(ready_, other.ready_);
  return *this;
}

void OpenRequests::add(Pid caller, std::uint64_t number) {
  if (number == 0)
    throw ProcessError{ProcessErrorCode::bad_argument, "RequestSet::add(): the handle has no request; it was answered or given away"};
  caller_ = caller;
  open_.insert(Open{number});
  seen_ = 0;  // its answer may be there already
}

void OpenRequests::clear() noexcept {
  for (const Open& request : open_) abandon_request(caller_, request.number);
  open_.clear();
  ready_.clear();
}

std::vector<std::size_t> sorted_positions(const std::vector<std::uint64_t>& numbers) {
  std::vector<std::size_t> positions(numbers.size());
  std::iota(positions.begin(), positions.end(), std::size_t{0});
  std::ranges::sort(positions, {}, [&](std::size_t at) { return numbers[at]; });
  return positions;
}

NextAnswerBase::~NextAnswerBase() {
  if (answer_ != nullptr) destroy(answer_);
}

// Answers that came while nobody waited for them were put by, numbered as they came. They are looked through only when there
// are new ones.
void NextAnswerBase::look() {
  process::Rare& parts = self_.rare();
  if (requests_.ready_.empty() && requests_.seen_ != parts.answers_put_by) {
    std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
    for (const OpenRequests::Open& open : requests_.open_)
      if (const process::Request* request = parts.requests.find(open.number); request != nullptr && request->answer != nullptr)
        found.emplace_back(request->answer->number(), open.number);
    std::ranges::sort(found);
    for (const auto& [came, number] : found) requests_.ready_.push_back(number);
    requests_.seen_ = parts.answers_put_by;
  }
  if (requests_.ready_.empty()) return;
  const std::uint64_t number = requests_.ready_.front();
  requests_.ready_.pop_front();
  answer_ = parts.requests.find(number)->answer;
  parts.requests.erase(number);
  requests_.open_.erase(number);
}

bool NextAnswerBase::await_ready() {
  if (requests_.size() == 0) return true;
  if (requests_.caller_ != self_.pid())
    throw ProcessError{ProcessErrorCode::bad_argument, "RequestSet::next(): the requests are another process's"};
  process::drain(self_);
  look();
  return answer_ != nullptr || timeout_ <= timing::Duration::zero();
}

void NextAnswerBase::await_suspend(std::coroutine_handle<>) {
  process::begin_timed_wait(self_, timeout_);
  self_.waiter = this;
}

bool NextAnswerBase::take_reply(process::CallSignal& call) {
  if (answer_ != nullptr || !requests_.open_.erase(call.call_number)) return false;
  self_.rare().requests.erase(call.call_number);
  answer_ = &call;
  return true;
}

bool NextAnswerBase::ready(process::Process& self) {
  if (answer_ == nullptr && !self.deadline_passed()) return false;
  self.clear_deadline();
  return true;
}

}  // namespace coppice::behaviour
