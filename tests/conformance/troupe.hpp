// The processes of a proc scenario: actors, which run its commands, and servers, which do as they are asked.
#pragma once

#include "ledger.hpp"

namespace conformance {

// A plain message of a scenario.
struct Value {
  Term term;
};
// To an actor: what to do, one after the other; and what came of it.
struct Command {
  Pid from;
  int number;
  std::vector<Words> ops;
  bool async;
};
struct Result {
  int number;
  std::string text;
};
// Asks an actor for what waits in its mailbox; it stays there.
struct Peek {
  Pid from;
};
struct Mailbox {
  Words messages, signals;
};
// From an actor to who made it: it is there.
struct Up {};

Task<> act(Stage* stage, std::string name, bool traps, Pid maker);

class Server : public GenServer {
 public:
  struct Request {
    Term term;
  };
  // One that is answered later, or never.
  struct Deferred {
    Term term;
  };
  struct Later {
    Term tag, reply;
  };
  using Info = Messages<Value, Later>;

  Server(Stage* stage, std::string id, bool traps) : ledger_{stage->ledger}, id_{id}, traps_{traps} {}
  void init() { ledger_.enter(id_, {}), trap_exit(traps_); }
  Task<Reply<Term>> handle_call(Request request);
  Task<Reply<Term>> handle_call(Deferred request, From<Term> from);
  Task<Next> handle_cast(Request request);
  void handle_info(const Value& value) { write(Event::Kind::info, "info " + id_ + " " + value.term); }
  void handle_info(const Exit& exit) { write(Event::Kind::info, "info " + id_ + " " + ledger_.term_of(exit)); }
  void handle_info(const Later& later) { ledger_.doing(Activity::none), answer(later.tag, later.reply); }
  Task<> terminate(const ExitReason& reason);

 private:
  struct Done {
    std::optional<Term> reply;
    std::optional<ExitReason> stop = {};
  };
  Task<Done> serve(Term request);
  bool answer(const Term& tag, const Term& reply);
  void write(Event::Kind kind, const std::string& text) { ledger_.write(self(), kind, text); }

  Ledger& ledger_;
  std::string id_;
  bool traps_;
  std::map<Term, From<Term>> callers_;
  std::optional<Term> last_reply_;  // to the caller "last"
};

// gen_server:call; `to` is a process's name, or a registered one behind `@`. A failure is the reason that OTP's exits with.
Task<std::expected<Term, Term>> call_server(Ledger* ledger, std::string to, Term request, std::string limit);

}  // namespace conformance
