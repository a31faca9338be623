// Must not compile, and the compiler's first error must name the server (Shelf), the message (Take) and what is missing (handle_call).
#include <coppice/coppice.hpp>

using namespace coppice;

struct Put {};
struct Take {};
class Shelf : public GenServer {
 public:
  void handle_cast(Put) {}
};

Task<int> test_main() {
  ServerRef<Shelf> shelf = co_await start_link<Shelf>();
  ServerRef<Protocol<void(Put), int(Take)>> store = shelf;
  co_return co_await store.call<Take>();
}

int main() { return run(test_main); }
