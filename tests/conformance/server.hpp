// The servers of both kinds of scenarios, which do as they are told and write down what happens to
// them; and what both kinds of steps fail with.
#pragma once

#include "stage.hpp"

namespace conformance {
// What an action gives, or what it fails with.
inline Task<std::string> outcome_of(Task<std::string> action) {
  try {
    co_return co_await action;
  } catch (const SupervisorError& error) {
    Term why = fmt::format("{}", error.kind());
    if (error.is_already_started()) why = tuple({why, ledger()->name_of(error.pid())});
    if (error.is_invalid_spec())
      why = elements(to_term(ExitReason::custom(*error.spec_error())))[1];
    if (error.is_start_failed()) why = to_term(error.reason());
    co_return tuple({"error", why});
  } catch (const StartFailed& failed) {
    if (failed.error().is_ignored()) co_return "ignore";
    co_return tuple({"error", to_term(failed.error().reason())});
  } catch (const std::invalid_argument& refused) {
    co_return std::string{"error:"} + refused.what();
  } catch (const ProcessError& error) {
    co_return error.code() == ProcessErrorCode::noproc ? "error:noproc" : "error:badarg";
  } catch (const ExitSignal& signal) {
    co_return "exit:" + to_term(signal.reason());
  }
}

// From an actor, which has done as it was told.
using Answer = std::pair<Pid, std::string>;
// What an actor answers, or how a process ends, whichever is first; it may be told to.
inline Task<std::string> hear_of(Pid pid, timing::Duration limit, std::string otherwise,
                                 std::optional<ExitReason> told = {}) {
  const MonitorRef ref = monitor(pid);
  if (told) exit(pid, *told);
  const auto take = [&](const Answer& answer) { otherwise = answer.second; };
  const auto end = [&](const Down& down) { otherwise = "down:" + to_term(down.reason); };
  co_await receive(on<Answer>(field(&Answer::first) == pid, take), on(ref, end),
                   after(limit, [] {}));
  co_return demonitor(ref, flush), otherwise;
}
inline void crash_if_told(const Words& action) {
  if (action[0] == "exit") exit(to_reason(action[1]));
  if (action[0] == "error") throw std::runtime_error{action[1]};
}

// For who starts: enters the ledger, and gives what the start shall end with.
inline Words enter(const Declared& declared) {
  const Member me = ledger()->enter(declared.get("id"));
  const Words outcomes = split(declared.get("init", "ok"), '|');
  const auto start = std::clamp(std::size_t(me.identity.second), std::size_t{1}, outcomes.size());
  const Words outcome = split(outcomes[start - 1], ':');
  const Term shown = outcome.size() == 1 ? outcome[0] : tuple(outcome);
  const std::string text = fmt::format("start {} {}", ledger()->name_of(me.pid), shown);
  if (scenario.kind == "sup") ledger()->write(me.pid, text);
  return outcome;
}

class Server : public GenServer {
 public:
  struct Request {
    Term term;
  };
  struct Due {  // to itself: the time has come to answer
    Term tag, reply;
    std::shared_ptr<void> busy;
  };
  using Info = Messages<Term, Due>;
  // gen_server:call; `to` is a process's name, or a registered one behind `@`. A failure ends the
  // caller with the reason that OTP's has.
  static Task<Term> call(std::string to, Term request, std::string limit) {
    behaviour::Target target = ledger()->latest[to];
    if (to[0] == '@') target = Atom{to.erase(0, 1)};
    const behaviour::Within<Server> server{target, milliseconds(limit)};
    const auto reply = co_await server.try_call<Request>(request);
    if (reply) co_return *reply;
    const Term words = tuple({"gen_server", "call", list({to, request, limit})});
    exit(to_reason(tuple({to_term(reply.error().reason()), words})));
  }
  explicit Server(Declared declared) : declared_{std::move(declared)} {}
  Task<InitResult> init() {
    const Words outcome = enter(declared_);
    co_await be_busy(milliseconds(declared_.get("slow", "0")));
    crash_if_told(outcome);
    if (outcome[0] == "ignore") co_return InitResult::ignore();
    if (outcome[0] == "stop") co_return InitResult::stop(to_reason(outcome[1]));
    trap_exit(declared_.get("trap", "false") != "false");
    co_return InitResult::ok();
  }
  Task<Reply<Term>> handle_call(Request request, From<Term> from) {
    const Words words = elements(request.term);
    const std::string& verb = words[0];
    if (verb == "noreply" || verb == "later" || verb == "defer") {
      const Term tag = verb == "defer" ? words[1] : std::to_string(callers_.size());
      callers_.insert_or_assign(tag, std::move(from));
      if (verb == "later")
        send_after<Due>(milliseconds(words[1]), self(), tag, words[2], ledger()->busy);
      co_return no_reply;
    }
    // In OTP a server that crashes still writes its report when the caller has its reply.
    if (verb == "reply_exit") from.reply(words[2]), exit(to_reason(words[1]));
    const Term reply = co_await serve(words);
    if (verb == "stop_reply" && !stop_->is_orderly()) from.reply(reply);
    if (!stop_) co_return reply;
    if (verb != "stop_reply") co_return Reply<Term>::stop(*stop_);
    co_return Reply<Term>::stop(*stop_, reply);
  }
  Task<Next> handle_cast(Request request) {
    co_await serve(elements(request.term));
    co_return stop_ ? Next::stop(*stop_) : Next{};
  }
  void handle_info(const Term& message) { write("info", message); }
  void handle_info(const Exit& exit) { write("info", ledger()->to_term(exit)); }
  void handle_info(const Due& due) { answer(due.tag, due.reply); }
  Task<> terminate(const ExitReason& reason) {
    const std::string time = declared_.get("term", "0"), end = declared_.get("term_exit");
    write("terminate", to_term(reason));
    if (time == "infinity") co_await sleep(infinity);
    co_await be_busy(time == "0" && !reason.is_orderly() ? 1ms : milliseconds(time));
    if (time != "0") ledger()->write(self(), "terminated " + ledger()->name_of(self()));
    if (!end.empty()) exit(to_reason(end));
  }

 private:
  // What a request is answered; it may say that the server shall stop.
  Task<Term> serve(Words request) {
    const std::string& verb = request[0];
    const Term argument = request.size() > 1 ? request[1] : "";
    crash_if_told(request);
    if (verb == "echo") co_return argument;
    if (verb == "answer") co_return answer(argument, request[2]) ? "answered" : "unknown";
    if (verb == "send") co_return send<Term>(ledger()->latest[argument], request[2]), "sent";
    if (verb == "sleep") co_return co_await be_busy(milliseconds(argument)), "slept";
    if (verb == "call") {
      const std::string to = (ledger()->latest[argument] ? "" : "@") + argument;
      const std::string limit = request.size() > 3 ? request[3] : "1000";
      const Term reply = co_await call(to, request[2], limit);
      co_return tuple({"via", reply});
    }
    stop_ = to_reason(argument);
    if (verb == "stop" || verb == "stop_reply") co_return verb == "stop" ? "" : request[2];
    // In Erlang a throw is a return value, and this one no server understands.
    const bool returns = verb == "throw" || verb == "badreturn";
    stop_ = to_reason(tuple({"bad_return_value", returns ? argument : tuple(request)}));
    co_return "";
  }
  bool answer(const Term& tag, const Term& reply) {
    auto caller = callers_.extract(tag);
    if (caller) caller.mapped().reply(reply);
    return static_cast<bool>(caller);
  }
  void write(const std::string& what, const Term& term) {
    ledger()->write(self(), fmt::format("{} {} {}", what, ledger()->name_of(self()), term));
  }

  Declared declared_;
  std::map<Term, From<Term>> callers_;  // that are answered later, or never
  std::optional<ExitReason> stop_;
};
}  // namespace conformance
