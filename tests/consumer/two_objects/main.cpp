#include "messages.hpp"

using namespace coppice;

Task<int> program() {
  Pid answerer = spawn_answerer();
  co_return co_await ask(answerer);
}

int main() { return run(program); }
