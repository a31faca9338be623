#include <coppice/process/table.hpp>

#include <new>

#include <coppice/process/control_signals.hpp>

namespace coppice::process {
namespace {

static_assert(sizeof(Process) == 128, "a process is two cache lines");

// Never destroyed: stale pids are looked up until the very end of the program.
alignas(base::SlotTable<Process>) unsigned char storage[sizeof(base::SlotTable<Process>)];
struct Maker {
  Maker() { new (storage) base::SlotTable<Process>; }
};
[[gnu::init_priority(101)]] const Maker maker;

}  // namespace

base::SlotTable<Process>& table() noexcept {
  return *std::launder(reinterpret_cast<base::SlotTable<Process>*>(storage));
}

Process& slot_at(std::uint32_t slot) noexcept { return table().at(slot <= table().capacity() ? slot : 0); }

}  // namespace coppice::process
