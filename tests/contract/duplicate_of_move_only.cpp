// Must not compile, and the compiler's first error must say that a message that cannot be copied (Parcel) cannot
// come twice.
#include <coppice/testing.hpp>

#include <memory>

using namespace coppice;

struct Parcel {
  std::unique_ptr<int> inside;
};

int main() {
  testing::Faults faults;
  faults.messages = {testing::duplicate<Parcel>(0.1)};
  return static_cast<int>(faults.messages.size());
}
