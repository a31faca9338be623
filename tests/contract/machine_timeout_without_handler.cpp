// Must not compile, and the compiler's first error must name the machine (Gate), the event (Late) and what is missing
// (handle_timeout).
#include <coppice/coppice.hpp>

using namespace coppice;

struct Ring {};
struct Late {};
class Gate : public StateMachine<Gate, int> {
 public:
  Step handle_cast(Ring) { return keep().state_timeout<Late>(std::chrono::seconds{1}); }
};

Task<int> test_main() {
  auto gate = co_await start_link<Gate>();
  gate.cast<Ring>();
  co_return 0;
}

int main() { return run(test_main); }
