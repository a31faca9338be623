#include <coppice/testing/probe.hpp>

#include <vector>

#include <fmt/core.h>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/system/runtime.hpp>

namespace coppice::testing {
namespace {

// A change of what a probe does.
struct ProbeRule {
  explicit ProbeRule(Pid to) noexcept : forward{to} {}
  ProbeRule(process::TypeId wanted, std::move_only_function<void(Message&)> function) noexcept
      : type{wanted}, answer{std::move(function)} {}
  Pid forward;
  process::TypeId type;
  std::move_only_function<void(Message&)> answer;
};

// As send, but for the faults of memory, which are the program's.
template <class M, class... Args>
void tell(Pid to, Args&&... args) {
  process::send_message(to, base::pool_new<process::MessageSignal<M>>(std::forward<Args>(args)...));
}

struct Rules {
  Pid forward;
  std::vector<ProbeRule> answers;

  ProbeRule* answer_to(process::TypeId type) {
    for (ProbeRule& rule : answers)
      if (rule.type == type) return &rule;
    return nullptr;
  }
  void add(ProbeRule rule) {
    if (rule.answer == nullptr)
      forward = rule.forward;
    else if (ProbeRule* known = answer_to(rule.type))
      *known = std::move(rule);
    else
      answers.push_back(std::move(rule));
  }
};

void handle(Rules& rules, Pid owner, Message message, process::TypeId type) {
  if (ProbeRule* rule = message.get<ProbeRule>()) return rules.add(std::move(*rule));
  if (ProbeRule* rule = rules.answer_to(type)) return rule->answer(message);
  if (rules.forward) return process::send_message(rules.forward, message.take().release());
  tell<ProbeCaught>(owner, self(), std::move(message));
}

// The end of its owner, or of the runtime. Other exits are what a test may want to see.
bool is_its_end(const Message& message, Pid owner) {
  const Exit* const exit = message.get<Exit>();
  return exit != nullptr && (exit->from == owner || !exit->from);
}

Task<> probe_main(Pid owner) {
  set_label("probe");
  trap_exit(true);
  Rules rules;
  for (;;) {
    process::SignalPtr<process::Signal> signal = co_await receive(on_any([](Message& m) { return m.take(); }));
    const process::TypeId type = signal->type->payload;
    Message message{std::move(signal)};
    if (is_its_end(message, owner)) co_return;
    handle(rules, owner, std::move(message), type);
  }
}

}  // namespace

Probe::Probe() {
  pid_ = process::give_birth_here(process::make_function_body(probe_main, self()), {.owned = true}).pid;
}

void Probe::forward_to(Pid to) const { tell<ProbeRule>(pid_, to); }

void Probe::add_answer(process::TypeId type, std::move_only_function<void(Message&)> answer) const {
  tell<ProbeRule>(pid_, type, std::move(answer));
}

void Probe::fail(const std::string& expected, timing::Duration within, const std::string& instead) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(within).count();
  throw ExpectationFailed{fmt::format("expected {} within {} ms: {}", expected, ms, instead)};
}

Task<std::string> Probe::what_else(Pid probe) {
  std::string types;
  for (;;) {
    std::optional<std::string> type =
        co_await receive(on<ProbeCaught>([probe](const ProbeCaught& c) { return c.probe == probe; },
                                         [](const ProbeCaught& c) { return std::optional{c.message.type_name()}; }),
                         after(timing::Duration::zero(), [] { return std::optional<std::string>{}; }));
    if (!type) break;
    types += (types.empty() ? "" : ", ") + *type;
  }
  std::string instead = "nothing came";
  if (!types.empty()) instead = "there came " + types;
  co_return instead;
}

Task<> Probe::wait_in_silence(Pid probe, timing::Duration during) {
  std::optional<std::string> type =
      co_await receive(on<ProbeCaught>([probe](const ProbeCaught& c) { return c.probe == probe; },
                                       [](const ProbeCaught& c) { return std::optional{c.message.type_name()}; }),
                       after(during, [] { return std::optional<std::string>{}; }));
  if (type) fail("nothing", during, "there came " + *type);
}

Probe dead_letter_probe() {
  Probe probe;
  runtime().subscribe_dead_letters(probe.pid());
  return probe;
}

}  // namespace coppice::testing
