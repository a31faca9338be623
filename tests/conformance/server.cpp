#include "troupe.hpp"

namespace conformance {

namespace {

// A caller has its reply. In OTP a server that ends right after it still writes its crash report then, so that the caller goes
// on before it hears of the end.
struct Released {};

// The verb and what belongs to it.
Words words_of(const Term& request) { return request[0] == '{' ? parts(request) : Words{request}; }

// Whether its handler keeps the caller, to answer it later or never.
bool is_deferred(const Words& words) {
  const std::string& verb = words[0];
  if (verb == "stop_reply") return !to_reason(words[1]).is_orderly();
  return verb == "noreply" || verb == "later" || verb == "defer" || verb == "reply_exit";
}

}  // namespace

Task<> Server::terminate(const ExitReason& reason) {
  write(Event::Kind::terminate, "terminate " + id_ + " " + to_term(reason));
  if (!last_reply_) co_return;
  answer("last", *last_reply_);
  co_await receive<Released>(std::chrono::seconds{1});
}

bool Server::answer(const Term& tag, const Term& reply) {
  auto caller = callers_.extract(tag);
  if (caller) caller.mapped().reply(reply);
  return static_cast<bool>(caller);
}

Task<Server::Done> Server::serve(Term request) {
  const Words words = words_of(request);
  const std::string& verb = words[0];
  if (verb == "echo") co_return Done{words[1]};
  if (verb == "answer") co_return Done{answer(words[1], words[2]) ? "answered" : "unknown"};
  if (verb == "send") co_return send<Value>(ledger_.latest(words[1]), words[2]), Done{"sent"};
  if (verb == "stop") co_return Done{{}, to_reason(words[1])};
  if (verb == "stop_reply") co_return Done{words[2], to_reason(words[1])};
  if (verb == "exit") exit(to_reason(words[1]));
  if (verb == "error") throw Text{words[1]};
  if (verb == "sleep") {
    ledger_.doing(Activity::busy);
    co_await sleep(milliseconds(words[1]));
    ledger_.doing(Activity::none);
    co_return Done{"slept"};
  }
  if (verb == "call") {
    const std::string to = (ledger_.latest(words[1]) ? "" : "@") + words[1];
    const std::string limit = words.size() > 3 ? words[3] : "1000";
    const auto called = co_await call_server(&ledger_, to, words[2], limit);
    if (!called) exit(to_reason(called.error()));
    co_return Done{tuple({"via", *called})};
  }
  // In Erlang a throw is a return value, and this one no server understands.
  const bool returns = verb == "throw" || verb == "badreturn";
  co_return Done{{}, to_reason(tuple({"bad_return_value", returns ? words[1] : request}))};
}

Task<Reply<Term>> Server::handle_call(Request request) {
  Done done = co_await serve(request.term);
  if (!done.stop) co_return std::move(*done.reply);
  if (!done.reply) co_return Reply<Term>::stop(*done.stop);
  co_return Reply<Term>::stop(*done.stop, std::move(*done.reply));
}

Task<Reply<Term>> Server::handle_call(Deferred request, From<Term> from) {
  const Words words = words_of(request.term);
  if (words[0] == "reply_exit") {
    from.reply(words[2]);
    co_await receive<Released>(std::chrono::seconds{1});
    exit(to_reason(words[1]));
  }
  if (words[0] == "stop_reply") {
    callers_.insert_or_assign("last", std::move(from));
    last_reply_ = words[2];
    co_return Reply<Term>::stop(to_reason(words[1]));
  }
  const Term tag = words[0] == "defer" ? words[1] : "caller " + std::to_string(callers_.size());
  callers_.insert_or_assign(tag, std::move(from));
  if (words[0] == "later") {
    ledger_.doing(Activity::busy);
    send_after<Later>(milliseconds(words[1]), self(), tag, words[2]);
  }
  co_return no_reply;
}

Task<Next> Server::handle_cast(Request request) {
  Done done = co_await serve(request.term);
  if (done.stop) co_return Next::stop(*done.stop);
  co_return Next{};
}

Task<std::expected<Term, Term>> call_server(Ledger* ledger, std::string to, Term request, std::string limit) {
  const bool by_name = to[0] == '@';
  const Atom registered{by_name ? to.substr(1) : ""};
  const Pid pid = ledger->latest(to);
  const auto target = by_name ? Name<Server>{registered}.within(milliseconds(limit))
                              : ServerRef<Server>{pid}.within(milliseconds(limit));
  const Words words = words_of(request);
  std::expected<Term, CallError> reply;
  if (is_deferred(words))
    reply = co_await target.try_call<Server::Deferred>(request);
  else
    reply = co_await target.try_call<Server::Request>(request);
  if (words[0] == "reply_exit" || words[0] == "stop_reply") send<Released>(pid);
  if (reply) co_return std::move(*reply);
  const Term arguments = list({by_name ? to.substr(1) : ledger->name_of(pid), request, limit});
  co_return std::unexpected{tuple({to_term(reply.error().reason()), tuple({"gen_server", "call", arguments})})};
}

}  // namespace conformance
