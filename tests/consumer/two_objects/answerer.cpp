#include "messages.hpp"

using namespace coppice;

namespace {

// Answers one question, then refuses the next one by ending with a reason of its own.
Task<> answerer() {
  Question first = co_await receive([](Question q) { return q; });
  send(first.from, Answer{"you said " + first.text});
  co_await receive([](const Question&) {});
  exit(ExitReason::custom(Refusal{7}));
}

}  // namespace

Pid spawn_answerer() { return spawn(answerer); }
