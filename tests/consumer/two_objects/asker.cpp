#include "messages.hpp"

#include <chrono>
#include <optional>

using namespace coppice;
using namespace std::chrono_literals;

// 0 if the other object's answer and its reason arrived as what they are, else which of them did not.
Task<int> ask(Pid answerer) {
  MonitorRef watch = monitor(answerer);
  send(answerer, Question{self(), "hello"});
  std::optional<Answer> answer = co_await receive<Answer>(5s);
  if (!answer || answer->text != "you said hello") co_return 1;
  send(answerer, Question{self(), "again"});
  std::optional<Down> down = co_await receive<Down>(5s);
  if (!down || down->ref != watch) co_return 2;
  const Refusal* refusal = down->reason.get<Refusal>();
  co_return refusal && refusal->code == 7 ? 0 : 3;
}
