#include <functional>
#include <stdexcept>

#include "troupe.hpp"

namespace conformance {

namespace {

// A command that cannot be: the word behind `error:`.
struct Refused : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string word(bool truth) { return truth ? "true" : "false"; }

class Actor {
 public:
  explicit Actor(Stage* stage) : stage_{stage}, ledger_{stage->ledger} {}

  Task<> run() {
    for (bool ends = false; !ends;) {
      std::optional<Command> command;
      co_await receive([&](Command given) { command = std::move(given); }, [&](Peek peek) { asked_ = peek.from; });
      if (asked_) co_await show_mailbox();
      if (!command) continue;
      async_ = command->async;
      Words results;
      for (const Words& op : command->ops) results.push_back(co_await run(op));
      ends = std::ranges::find(results, "return") != results.end();
      if (!ends) send<Result>(command->from, command->number, join(results, " ; "));
    }
  }

 private:
  using Test = std::function<bool(const Term&)>;

  Task<std::string> run(Words op) {
    const std::string& verb = op[0];
    if (verb == "return") co_return verb;
    if (verb == "exit") exit(to_reason(op[1]));
    if (verb == "error") throw Text{op[1]};
    if (verb == "throw") throw Text{tuple({"nocatch", op[1]})};
    try {
      if (verb == "recv") co_return co_await receive_one(op);
      if (verb == "call" || verb == "callx") co_return co_await call(op);
      if (verb == "gen_stop") co_return co_await stop_server(op);
      if (verb.starts_with("spawn")) co_return co_await spawn_actor(op);
      if (verb == "start_server") co_return co_await start_server(op);
      co_return at_once(op);
    } catch (const Refused& refused) {
      co_return std::string{"error:"} + refused.what();
    } catch (const ProcessError& error) {
      co_return error.code() == ProcessErrorCode::noproc ? "error:noproc" : "error:badarg";
    }
  }

  Pid pid_of(const std::string& to) {
    if (to == "self") return self();
    if (to[0] == '%') (void)tagged(to.substr(1));
    if (to[0] == '@' || to[0] == '%') throw Refused{"badarg"};
    const Pid pid = ledger_.latest(to);
    if (!pid) throw Refused{"no_actor"};
    return pid;
  }
  Tagged tagged(const std::string& tag) {
    const Tagged found = ledger_.get(tag);
    if (std::holds_alternative<std::monostate>(found)) throw Refused{"no_tag"};
    return found;
  }
  template <class Ref>
  Ref ref_of(const std::string& tag) {
    const Tagged found = tagged(tag);
    return std::holds_alternative<Ref>(found) ? std::get<Ref>(found) : Ref{};
  }

  // Those that do not wait.
  std::string at_once(const Words& op) {
    const std::string& verb = op[0];
    const auto has = [&](const char* option) { return std::ranges::find(op, option) != op.end(); };
    const bool by_name = op.size() > 1 && op[1][0] == '@';
    const Atom name{by_name ? op[1].substr(1) : op.at(1)};
    if (verb == "link") return link(pid_of(op[1])), "true";
    if (verb == "unlink") return unlink(pid_of(op[1])), "true";
    if (verb == "monitor") {
      const MonitorRef ref = op[2][0] == '@' ? monitor(Atom{op[2].substr(1)}) : monitor(pid_of(op[2]));
      return ledger_.set(op[1], ref), "ok";
    }
    if (verb == "demonitor") {
      const auto ref = ref_of<MonitorRef>(op[1]);
      return word((has("flush") ? demonitor(ref, flush) : demonitor(ref)) || !has("info"));
    }
    if (verb == "trap") return word(trap_exit(has("true")));
    if (verb == "exit2") return exit(pid_of(op[1]), to_reason(op[2])), "true";
    if (verb == "send") {
      if (by_name)
        send<Value>(name, op[2]);
      else if (op[1][0] == '%')
        send<Value>(ref_of<Alias>(op[1].substr(1)), op[2]);
      else
        send<Value>(pid_of(op[1]), op[2]);
      return "ok";
    }
    if (verb == "register" || verb == "unregister") {
      const bool done = verb == "register" ? register_name(name, pid_of(op[2])).has_value() : unregister_name(name);
      return done ? "true" : "error:badarg";
    }
    if (verb == "whereis") return whereis(name) ? ledger_.name_of(*whereis(name)) : "undefined";
    if (verb == "alive") return word(is_alive(pid_of(op[1])));
    if (verb == "cast") {
      if (by_name)
        Name<Server>{name}.cast<Server::Request>(op[2]);
      else
        ServerRef<Server>{pid_of(op[1])}.cast<Server::Request>(op[2]);
      return "ok";
    }
    if (verb == "send_after" || verb == "start_timer") {
      const Term message = verb == "send_after" ? op[4] : tuple({"timeout", op[1], op[4]});
      return ledger_.set(op[1], send_after<Value>(milliseconds(op[2]), pid_of(op[3]), message)), "ok";
    }
    if (verb == "cancel") return cancel_timer(ref_of<TimerRef>(op[1])) ? "cancelled" : "false";
    if (verb == "alias") return ledger_.set(op[1], alias()), "ok";
    if (verb == "unalias") return word(unalias(ref_of<Alias>(op[1])));
    throw std::runtime_error{"unknown command: " + verb};
  }

  Task<std::string> spawn_actor(Words op) {
    const bool monitors = op[0] == "spawn_monitor", traps = op.back() == "trap";
    if (op[0] == "spawn") spawn(act, stage_, op[1], traps, self());
    if (op[0] == "spawn_link") spawn_link(act, stage_, op[1], traps, self());
    if (monitors) ledger_.set(op[1], spawn_monitor(act, stage_, op[2], traps, self()).ref);
    co_await receive<Up>();
    co_return "ok";
  }
  Task<std::string> start_server(Words op) {
    const auto started = co_await try_start_link<Server>(stage_, op[1], op.back() == "trap");
    if (!started) co_return tuple({"error", to_term(started.error().reason())});
    co_return tuple({"ok", ledger_.name_of(*started)});
  }
  Task<std::string> stop_server(Words op) {
    try {
      co_await ServerRef<Server>{pid_of(op[1])}.stop(to_reason(op[2]), milliseconds(op[3]));
    } catch (const ExitSignal& signal) {
      co_return "exit:" + failure_of(signal);
    }
    co_return "ok";
  }

  Task<std::string> call(Words op) {
    const bool ends = op[0] == "callx", known = op[1][0] == '@' || ledger_.latest(op[1]);
    if (!known && !ends) co_return "error:no_actor";
    if (!known) {  // the referee says whom it looked for as a list of characters
      Words characters;
      for (const char c : op[1]) characters.push_back(std::to_string(c));
      throw Text{tuple({"no_actor", list(characters)})};
    }
    std::expected<Term, Term> called;
    bool waits = async_;
    if (!waits) called = co_await call_server(&ledger_, op[1], op[3], op[2]);
    // Another process calls, so that this one can be looked at meanwhile.
    const auto helper = [op, ledger = &ledger_, caller = self()]() -> Task<> {
      auto outcome = co_await call_server(ledger, op[1], op[3], op[2]);
      send(caller, std::move(outcome));
    };
    if (waits) ledger_.add_helper(spawn(helper));
    while (waits) {
      const auto take = [&](std::expected<Term, Term> outcome) { called = std::move(outcome), waits = false; };
      co_await receive(take, [&](Peek peek) { asked_ = peek.from; });
      if (asked_) co_await show_mailbox();
    }
    if (called) co_return *called;
    if (ends) exit(to_reason(called.error()));
    co_return "exit:" + called.error();
  }

  // A pattern without its marks of processes and references; nothing if one of them is unknown.
  std::optional<Term> bind(const Words& words) {
    Term out, unbound;
    char mark = 0;
    bool known = true;
    for (const char c : join(words, "") + ",") {
      const bool inside = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
      if (mark != 0 && !inside) {
        const Tagged tagged = ledger_.get(unbound);
        known = known && (mark == '@' ? bool{ledger_.latest(unbound)} : tagged.index() != 0);
        mark = 0;
      }
      if (c == '@' || c == '%')
        mark = c, unbound.clear();
      else
        out += c, unbound += c;
    }
    return known ? std::optional{out.substr(0, out.size() - 1)} : std::nullopt;
  }

  Task<std::string> receive_one(Words op) {
    Words patterns;
    for (const Words& words : split_words(op, 2, "|")) {
      const std::optional<Term> pattern = bind(words);
      if (!pattern) co_return "unbound";
      patterns.push_back(*pattern);
    }
    const auto fits = [&](const Term& term) {
      return std::ranges::any_of(patterns, [&](const Term& pattern) { return matches(pattern, term); });
    };
    const timing::Instant deadline = timing::after(now(), milliseconds(op[1]));
    for (;;) {
      const auto left = op[1] == "0" ? timing::Duration{0} : timing::until(now(), deadline);
      const std::optional<Term> got = co_await receive_if(fits, fits, left);
      if (got || !asked_) co_return got.value_or("timeout");
      co_await show_mailbox();
    }
  }

  // The first plain message or signal that passes its test, if one comes in time and before a Peek.
  Task<std::optional<Term>> receive_if(Test message, Test signal, timing::Duration limit) {
    std::optional<Term> got;
    co_await receive(on<Value>([&](const Value& value) { return message(value.term); },
                               [&](const Value& value) { got = value.term; }),
                     on<Exit>([&](const Exit& exit) { return signal(ledger_.term_of(exit)); },
                              [&](const Exit& exit) { got = ledger_.term_of(exit); }),
                     on<Down>([&](const Down& down) { return signal(ledger_.term_of(down)); },
                              [&](const Down& down) { got = ledger_.term_of(down); }),
                     [&](Peek peek) { asked_ = peek.from; }, after(limit, [] {}));
    co_return got;
  }

  // A receive that refuses all that it sees.
  Task<> show_mailbox() {
    Mailbox seen;
    const auto message = [&](const Term& term) { return seen.messages.push_back(term), false; };
    const auto signal = [&](const Term& term) { return seen.signals.push_back(term), false; };
    const Pid asker = *std::exchange(asked_, std::nullopt);
    co_await receive_if(message, signal, timing::Duration{0});
    std::ranges::sort(seen.signals);
    send(asker, std::move(seen));
  }

  Stage* stage_;
  Ledger& ledger_;
  bool async_ = false;
  std::optional<Pid> asked_;
};

}  // namespace

Task<> act(Stage* stage, std::string name, bool traps, Pid maker) {
  stage->ledger.enter(name, {});
  trap_exit(traps);
  send<Up>(maker);
  Actor actor{stage};
  co_await actor.run();
}

}  // namespace conformance
