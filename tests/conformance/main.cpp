// Runs scenarios on Coppice, each in a runtime of its own, and writes what happened as
// oracle/oracle.erl does on Erlang:
//   conformance --out DIR FILE.scn ...
#include <cstdio>
#include <filesystem>

#include "stage.hpp"

namespace {
using namespace conformance;

// Writes down what supervisors report.
class Reports : public process::EventSink {
 public:
  bool wants_supervised() const noexcept override { return scenario.reports; }
  bool wants_crash_reports() const noexcept override { return false; }
  void supervised(const process::SupervisorReport& report) noexcept override {
    using Context = process::SupervisorReport::Context;
    const Term who = ledger()->name_of(report.supervisor), why = to_term(report.reason);
    if (who == "pid" || report.context > Context::shutdown) return;  // the runtime's own
    Term child = report.child ? ledger()->name_of(report.child) : report.child_id;
    if (report.context == Context::shutdown_error && !report.child)
      child = fmt::format("{{nb_children,{}}}", report.children);
    const auto text = fmt::format("report {} {} {} {}", who, report.context, why, child);
    ledger()->write(report.supervisor, text);
  }
};

Task<> collect() {
  trap_exit(true);
  const auto write = [](const Exit& exit) {
    const Term who = ledger()->name_of(exit.from);
    ledger()->write(exit.from, fmt::format("exit {} {}", who, to_term(exit.reason)));
  };
  for (;;) co_await receive(write);
}
// Until two looks in a row find nobody busy, and no supervisor late with its answer, as one is that
// waits for a child which never ends.
Task<> settle() {
  for (int quiet = 0; quiet < 2; ++quiet) {
    co_await sleep(1ms);
    const timing::Instant start = now();
    for (const auto members = ledger()->members; const auto& [pid, member] : members)
      if (scenario.find("id", member.identity.first).is_supervisor() && is_alive(pid))
        co_await ServerRef<AnySupervisor>{pid}.try_count_children();
    if (now() != start || ledger()->busy.use_count() > 1) quiet = -1;
  }
}

// The driver. Time is virtual: it passes only while nothing can run, so who has slept a moment has
// seen all that was to come.
Task<std::string> play() {
  trap_exit(true);
  const Pid collector = ledger()->collector = spawn(collect);
  co_await sleep(1ms);  // until it is there, and traps exits
  ledger()->enter("driver");
  const bool sup = scenario.kind == "sup";
  std::string out;
  for (int number = 1; const Words& words : scenario.steps) {
    std::string text = co_await (sup ? sup_step : proc_step)(words);
    co_await settle();
    text = co_await (sup ? sup_trace : proc_trace)(text);
    out += fmt::format("== {} {}\n{}", number++, join(words, " "), text);
  }
  exit(collector, ExitReason::kill());
  for (const auto members = ledger()->members; const auto& [pid, member] : members)
    if (pid != self()) exit(pid, ExitReason::kill());
  co_return out;
}
}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || std::string{argv[1]} != "--out")
    return std::fputs("conformance --out DIR FILE.scn ...\n", stderr), 2;
  for (int i = 3; i < argc; ++i) {
    const std::filesystem::path file = argv[i], folder = argv[2];
    scenario = read_scenario(file.string());
    *ledger() = Ledger{};
    Reports reports;
    timing::VirtualClock clock;
    RuntimeOptions options;
    options.schedulers = 2;
    options.detect_call_cycles = false;  // as in OTP
    options.events = &reports;
    options.clock = &clock;
    Runtime runtime{options};
    const std::string trace = runtime.run(play);
    std::ofstream{folder / file.filename().replace_extension(".trace")} << trace;
  }
}
