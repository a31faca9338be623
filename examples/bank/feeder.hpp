// The desk: hands the transfers of the input to the tellers and hears what becomes of them. It is a part of the main
// process, which nobody kills.
//
// A teller asks for work when it starts and when it has done some, and is monitored. If it goes down, its transfer is
// handed to another before any new one.
#pragma once

#include <coppice/coppice.hpp>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "availability.hpp"
#include "chronicle.hpp"
#include "messages.hpp"
#include "pace.hpp"
#include "plan.hpp"
#include "progress.hpp"
#include "teller.hpp"

namespace bank {

class Feeder {
 public:
  enum class End { all_answered, interrupted, journal_failed, bank_down };

  // `todo` are places in the input, to be handed out in this order at `rate` a second.
  Feeder(const Plan& plan, std::vector<std::size_t> todo, unsigned rate);

  // Until every transfer is answered, or there is no sense in going on. To be run by the process that plan.desk is.
  coppice::Task<End> run();
  // Takes what has come since; nothing is handed out any more.
  coppice::Task<> settle();

  std::size_t answered() const { return availability_.answered(); }
  // Their places in the input.
  std::vector<std::size_t> answered_transfers() const;
  const Availability& availability() const { return availability_; }
  const Chronicle& chronicle() const { return chronicle_; }
  // From the beginning of run() to its end.
  Nanoseconds duration() const { return duration_; }
  // Why it ended, if not all is answered.
  const std::string& reason() const { return reason_; }

 private:
  using Instant = decltype(coppice::now());
  struct Place {
    coppice::ServerRef<Teller> teller;
    std::optional<std::size_t> number;  // what it works on
  };

  coppice::Task<> hear(Nanoseconds patience);
  void hand_out();
  std::optional<std::size_t> next_number();
  Nanoseconds patience() const;
  void admit(coppice::Pid teller);
  void lose(coppice::Pid teller);
  void answer(const CarriedOut& done);
  void stop(End end, std::string reason);

  const Plan& plan_;
  const std::vector<std::size_t> todo_;
  const Pace pace_;
  std::size_t handed_out_ = 0;                          // of todo_, for the first time
  std::deque<std::size_t> again_;                       // were with a teller that went down
  std::unordered_map<std::size_t, Instant> first_;      // when those not yet answered were handed out first
  std::unordered_map<coppice::Pid, Place> tellers_;
  std::deque<coppice::Pid> idle_;
  Availability availability_;
  Chronicle chronicle_;
  Progress progress_;
  Instant begin_{};
  Nanoseconds duration_{};
  std::optional<End> end_;
  std::string reason_;
};

}  // namespace bank
