// Who waits for what: the report on processes that wait for ever.
#include <algorithm>
#include <string_view>

#include <fmt/core.h>

#include <coppice/process/body.hpp>
#include <coppice/process/control_signals.hpp>
#include <coppice/process/relations.hpp>
#include <coppice/process/table.hpp>
#include <coppice/process/task.hpp>

#include "simulator.hpp"

namespace coppice::testing {
namespace {

using process::Process;

// Nothing runs and nothing comes any more, so another's process may be looked at.
std::string wait_of(const Process& process, const auto& name_of) {
  if (process::has_arrivals(process)) return "has signals in its inbox and was not woken: a lost wake-up";
  std::string out = process.life.is_exiting() ? "ends, and waits for " : "waits for ";
  if (process.waiter == nullptr) return process.frame == nullptr ? "is idle: waits for messages" : out + "something";
  const process::WaitReport report = process.waiter->report(process);
  out += report.what;
  if (report.whom) out += " from " + name_of(report.whom);
  return out;
}

std::string monitored_by(const Process& process, const auto& name_of) {
  if (process.rare_parts == nullptr || process.rare_parts->monitors.empty()) return {};
  std::string out;
  for (const process::Monitoring& m : process.rare_parts->monitors) out += (out.empty() ? "" : ", ") + name_of(m.target);
  return "; monitors " + out;
}

// "; at bank.cpp:12, awaited at main.cpp:40": its frames, the innermost first.
std::string place_of(const Process& process, const Places& places) {
  std::string out;
  for (const process::Frame* frame = process.frame; frame != nullptr; frame = frame->parent) {
    const auto place = places.find(frame);
    if (place == places.end()) continue;
    const std::string_view path = place->second.file_name();
    const std::string_view file = path.substr(path.rfind('/') + 1);
    out += fmt::format("{}{}:{}", out.empty() ? "; at " : ", awaited at ", fmt::string_view{file.data(), file.size()},
                       place->second.line());
  }
  return out;
}

}  // namespace

std::string describe_waiting(const std::vector<Pid>& live, const Trace& trace,
                             const std::vector<std::uint32_t>& numbers, const Places& places) {
  const auto name_of = [&](Pid pid) {
    const auto& actors = trace.actors();
    for (std::size_t i = actors.size(); i-- > 1;)
      if (actors[i].pid == pid)
        return actors[i].text(static_cast<std::uint32_t>(i)) + (is_alive(pid) ? "" : " (dead)");
    return fmt::format("{}", pid);
  };
  std::string out;
  for (std::size_t i = 0; i < live.size(); ++i) {
    const Process& process = process::slot_at(live[i].slot());
    out += "  " + trace.actors()[numbers[i]].text(numbers[i]) + " " + wait_of(process, name_of);
    if (process.body != nullptr && process.body->handling())
      out += ", handling a " + process.body->handling().name();
    if (!process.queue.empty()) out += fmt::format("; {} other messages lie in its mailbox", process.queue.size());
    out += monitored_by(process, name_of) + place_of(process, places) + "\n";
  }
  return out;
}

}  // namespace coppice::testing
