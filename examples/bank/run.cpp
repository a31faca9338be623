#include "run.hpp"

#include <coppice/coppice.hpp>
#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "audit.hpp"
#include "hours.hpp"
#include "input.hpp"
#include "interrupt.hpp"
#include "journal.hpp"
#include "money.hpp"
#include "report.hpp"
#include "state_folder.hpp"

namespace bank {

namespace {

enum ExitCode : int {
  balanced = 0,
  unbalanced = 1,
  wrong_use = 2,
  journal_failed = 3,
  bank_failed = 4,
  was_interrupted = 128 + SIGINT,
};

void tell_rejected(const std::vector<Rejected>& rejected, const std::string& file) {
  constexpr std::size_t told = 20;
  for (std::size_t i = 0; i < rejected.size() && i < told; ++i)
    fmt::print(stderr, "{}:{}: {}\n", rejected[i].file, rejected[i].line, rejected[i].reason);
  if (rejected.size() > told) fmt::print(stderr, "and {} more\n", grouped(rejected.size() - told));
  if (!rejected.empty()) fmt::print("{} lines rejected, see {}\n", grouped(rejected.size()), file);
}

class Run {
 public:
  explicit Run(const Options& options) : options_{options}, state_{options.state} {}

  int operator()() {
    read();
    take_up();
    Day day = work();
    switch (day.end) {
      case Feeder::End::all_answered: return close(day);
      case Feeder::End::interrupted: return broken_off(day, was_interrupted);
      case Feeder::End::journal_failed: return broken_off(day, journal_failed);
      case Feeder::End::bank_down: break;
    }
    return broken_off(day, bank_failed);
  }

 private:
  void read() {
    Source accounts = read_source(options_.accounts);
    Source transfers = read_source(options_.transfers);
    job_.input = read_input(accounts, transfers);
    std::string rejects = options_.rejects.value_or(state_.rejects());
    write_file(rejects, rejects_csv(job_.input.rejected));
    tell_rejected(job_.input.rejected, rejects);
  }

  // What the journal holds is done; the rest is to do.
  void take_up() {
    std::unordered_set<std::string> done;
    Recovery recovery =
        state_.begin(job_.input.digest, [&](const Entry& entry) { done.emplace(entry.id); });
    for (std::size_t place = 0; place < job_.input.transfers.size(); ++place)
      if (!done.contains(job_.input.transfers[place].id)) job_.todo.push_back(place);
    if (recovery.dropped > 0)
      fmt::print("{}: cut off a torn write of {} bytes at the end\n", state_.journal().native(), recovery.dropped);
    if (!done.empty())
      fmt::print("taking up from {}: {} of {} transfers are done\n", state_.journal().native(), grouped(done.size()),
                 grouped(job_.input.transfers.size()));
  }

  Day work() {
    job_.open_journal = journal_on_disk(state_.journal());
    job_.tellers = options_.tellers;
    job_.chaos = options_.chaos;
    job_.rate = options_.rate;
    job_.seed = options_.seed;
    fmt::print("{} accounts, {} transfers, {} tellers; ", grouped(job_.input.accounts.size()),
               grouped(job_.todo.size()), grouped(job_.tellers));
    if (job_.chaos == 0)
      fmt::print("nobody is killed\n");
    else
      fmt::print("{} processes are killed a second (seed {})\n", grouped(job_.chaos), job_.seed);
    std::fflush(stdout);
    watch_for_interrupts();
    coppice::Runtime runtime{coppice::RuntimeOptions{.crash_reports = options_.verbose}};
    return runtime.run(working_hours, &std::as_const(job_));
  }

  std::vector<Posted> read_all_entries() {
    std::vector<Posted> entries;
    read_journal(state_.journal(), job_.input.digest, [&](const Entry& e) { entries.emplace_back(e); });
    return entries;
  }

  int close(const Day& day) {
    const auto& [accounts, ledger, branches] = day.knowledge;
    Audit checked = audit(job_.input, {accounts, ledger, read_all_entries()});
    fmt::print("\n{}", tree_report(day.chronicle, branches, job_.tellers));
    fmt::print("\n{}", largest_report(job_.input, accounts, 5));
    fmt::print("\n{}{}\n{}", speed_report(day.availability, day.duration), kill_report(day.chronicle),
               audit_report(job_.input, checked));
    if (options_.report) write_file(*options_.report, balances_csv(job_.input, accounts));
    if (!checked.balanced()) {
      fmt::print("the journal stays in {}\n", state_.journal().native());
      return unbalanced;
    }
    state_.finish();
    return balanced;
  }

  int broken_off(const Day& day, ExitCode code) {
    fmt::print(stderr, "bank: {}\n", day.reason);
    fmt::print("stopped after {} of {} transfers; the same command takes up from there\n",
               grouped(read_all_entries().size()), grouped(job_.input.transfers.size()));
    return code;
  }

  const Options& options_;
  StateFolder state_;
  Job job_{};
};

}  // namespace

int run_bank(const Options& options) {
  try {
    return Run{options}();
  } catch (const InputError& error) {
    fmt::print(stderr, "bank: {}\n", error.what());
    return wrong_use;
  } catch (const JournalError& error) {
    fmt::print(stderr, "bank: {}\n", error.what());
    return wrong_use;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bank: {}\n", error.what());
  } catch (const coppice::ExitSignal& exit) {
    fmt::print(stderr, "bank: {}\n", exit.reason());
  }
  return bank_failed;
}

}  // namespace bank
