#include "feeder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "interrupt.hpp"

namespace bank {

using namespace coppice;
using namespace std::chrono_literals;

namespace {

constexpr Nanoseconds progress_interval = 100ms;  // also how soon an interrupt is noticed

}  // namespace

Feeder::Feeder(const Plan& plan, std::vector<std::size_t> todo, unsigned rate)
    : plan_{plan},
      todo_{std::move(todo)},
      pace_{rate},
      chronicle_{plan.branches},
      progress_{plan.input.transfers.size()} {}

Task<Feeder::End> Feeder::run() {
  begin_ = now();
  Instant shown = begin_;
  const std::size_t done_before = plan_.input.transfers.size() - todo_.size();
  while (!end_) {
    if (answered() == todo_.size()) stop(End::all_answered, "");
    if (interrupted()) stop(End::interrupted, "interrupted");
    hand_out();
    if (now() - shown >= progress_interval) {
      shown = now();
      progress_.show(done_before + answered(), chronicle_.killed());
    }
    if (!end_) co_await hear(patience());
  }
  duration_ = now() - begin_;
  progress_.clear();
  co_return *end_;
}

Task<> Feeder::settle() {
  bool heard = true;
  while (heard)
    heard = co_await receive([this](const Started& started) { return chronicle_.note(started), true; },
                             [this](const Killed& killed) { return chronicle_.note(killed), true; },
                             after(0ms, [] { return false; }));
}

std::vector<std::size_t> Feeder::answered_transfers() const {
  std::vector<std::size_t> out;
  for (std::size_t nth = 0; nth < handed_out_; ++nth)
    if (!first_.contains(todo_[nth])) out.push_back(todo_[nth]);
  return out;
}

Task<> Feeder::hear(Nanoseconds patience) {
  co_await receive([this](Ready ready) { admit(ready.teller); },
                   [this](CarriedOut done) { answer(done); },
                   [this](const Down& down) { lose(down.pid); },
                   [this](const Started& started) { chronicle_.note(started); },
                   [this](const Killed& killed) { chronicle_.note(killed); },
                   [this](const JournalFailed& failed) { stop(End::journal_failed, failed.reason); },
                   [this](const Exit& exit) { stop(End::bank_down, fmt::format("the bank went down: {}", exit.reason)); },
                   after(patience, [] {}));
}

void Feeder::hand_out() {
  while (!idle_.empty()) {
    auto number = next_number();
    if (!number) return;
    Place& place = tellers_.at(idle_.front());
    idle_.pop_front();
    place.number = number;
    first_.try_emplace(*number, now());
    place.teller.cast<CarryOut>(*number, plan_.input.transfers[*number]);
  }
}

std::optional<std::size_t> Feeder::next_number() {
  if (!again_.empty()) {
    std::size_t number = again_.front();
    again_.pop_front();
    return number;
  }
  if (handed_out_ == todo_.size() || handed_out_ >= pace_.due(now() - begin_)) return std::nullopt;
  return todo_[handed_out_++];
}

Nanoseconds Feeder::patience() const {
  if (idle_.empty() || handed_out_ == todo_.size()) return progress_interval;
  return std::clamp(pace_.when(handed_out_ + 1) - (now() - begin_), Nanoseconds{0}, progress_interval);
}

void Feeder::admit(Pid teller) {
  auto server = as<Teller>(teller);
  if (!server) return;  // dead already
  monitor(teller);
  tellers_.emplace(teller, Place{*server, std::nullopt});
  idle_.push_back(teller);
}

void Feeder::lose(Pid teller) {
  auto lost = tellers_.find(teller);
  if (lost == tellers_.end()) return;
  if (lost->second.number)
    again_.push_back(*lost->second.number);
  else
    std::erase(idle_, teller);
  tellers_.erase(lost);
}

void Feeder::answer(const CarriedOut& done) {
  if (auto first = first_.find(done.number); first != first_.end()) {
    availability_.answered_after(std::chrono::duration_cast<Availability::Time>(now() - first->second));
    first_.erase(first);
  }
  if (auto teller = tellers_.find(done.teller); teller != tellers_.end()) {
    teller->second.number.reset();
    idle_.push_back(done.teller);
  }
}

void Feeder::stop(End end, std::string reason) {
  end_ = end;
  reason_ = std::move(reason);
}

}  // namespace bank
