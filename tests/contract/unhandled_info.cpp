// Must not compile, and the compiler's first error must name the server (Clock), the message (Chime) and what is missing (handle_info).
#include <coppice/coppice.hpp>

using namespace coppice;

struct Tick {};
struct Chime {};
class Clock : public GenServer {
 public:
  void handle_info(Tick) {}
};

Task<int> test_main() {
  auto clock = co_await start_link<Clock>();
  clock.send_info<Chime>();
  co_return 0;
}

int main() { return run(test_main); }
