// The processes of a proc scenario: actors, which run its commands, and servers, which do as they are asked.
#pragma once

#include <variant>

#include "nodes.hpp"

namespace conformance {

// A plain message of a scenario.
struct Value {
  Term term;
};

struct Troupe : Stage {
  using Tagged = std::variant<std::monostate, MonitorRef, TimerRef, Alias>;

  std::mutex lock;
  std::map<std::string, Tagged> tags;
  std::set<Pid> helpers;  // processes that call for an actor

  void help(Pid pid);
  void set(const std::string& tag, Tagged value);
  Tagged get(const std::string& tag);
  Term term_of(const Down& down);
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
  Pid actor;
  Words messages, signals;
};
// From an actor to who made it: it is there.
struct Up {};

Task<> act(Troupe* troupe, std::string name, bool traps, Pid maker);

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
    std::size_t caller;
    Term term;
  };
  using Info = Messages<Value, Later>;

  Server(Troupe* troupe, std::string id, bool traps) : ledger_{troupe->ledger}, id_{std::move(id)}, traps_{traps} {}
  void init();
  Task<Reply<Term>> handle_call(Request request);
  Task<Reply<Term>> handle_call(Deferred request, From<Term> from);
  Task<Next> handle_cast(Request request);
  void handle_info(const Value& value) { write(Event::Kind::info, "info", value.term); }
  void handle_info(const Exit& exit) { write(Event::Kind::info, "info", ledger_.term_of(exit)); }
  void handle_info(Later later);
  void terminate(const ExitReason& reason) { write(Event::Kind::terminate, "terminate", to_term(reason)); }

 private:
  struct Done {
    std::optional<Term> reply;
    std::optional<ExitReason> stop;
  };
  Task<Done> serve(Term request);
  void write(Event::Kind kind, const std::string& what, const Term& term);

  Ledger& ledger_;
  std::string id_;
  bool traps_;
  std::vector<From<Term>> callers_;
  std::map<std::string, From<Term>> deferred_;
};

// gen_server:call; `to` is a process's name, or a registered one behind `@`. A failure is the reason that OTP's exits with.
Task<std::expected<Term, Term>> call_server(Ledger* ledger, std::string to, Term request, std::string limit);

}  // namespace conformance
