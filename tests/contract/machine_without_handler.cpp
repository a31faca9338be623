// Must not compile, and the compiler's first error must name the machine (Gate), the message (Ring), the state (Shut) and what
// is missing (handle_cast).
#include <coppice/coppice.hpp>

using namespace coppice;

struct Ring {};
struct Wide {};
struct Shut {};
class Gate : public StateMachine<Gate, Wide, Shut> {
 public:
  void handle_cast(Wide&, Ring) {}
};

Task<int> test_main() {
  auto gate = co_await start_link<Gate>();
  gate.cast<Ring>();
  co_return 0;
}

int main() { return run(test_main); }
