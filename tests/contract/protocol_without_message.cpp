// Must not compile, and the compiler's first error must name the protocol and the message (Empty) and say that it has no cast of it.
#include <coppice/coppice.hpp>

using namespace coppice;

struct Get {};
struct Empty {};
using Store = Protocol<int(Get)>;

Task<int> use(ServerRef<Store> store) {
  store.cast<Empty>();
  co_return co_await store.call<Get>();
}

int main() { return 0; }
