#include <coppice/process/table.hpp>

#include <new>

#include <coppice/process/control_signals.hpp>

namespace coppice::process {

constinit Process* slots_base = nullptr;

namespace {

static_assert(most_slots == base::IndexPool::largest_capacity);
static_assert(sizeof(Process) == 128, "a process is two cache lines");

// Never destroyed: stale pids are looked up until the very end of the program.
alignas(base::SlotTable<Process>) unsigned char storage[sizeof(base::SlotTable<Process>)];
struct Maker {
  Maker() { slots_base = &(new (storage) base::SlotTable<Process>{most_slots - reserved_slots, reserved_slots})->at(0); }
};
[[gnu::init_priority(101)]] const Maker maker;

}  // namespace

base::SlotTable<Process>& table() noexcept {
  return *std::launder(reinterpret_cast<base::SlotTable<Process>*>(storage));
}

// Set before the process is alive, read by anyone: while the generation stands it is this process's.
namespace {
base::Atomic<const TypeInfo*>* server_types() noexcept {
  static auto* const types = static_cast<base::Atomic<const TypeInfo*>*>(base::reserve_address_space(
      (std::size_t{base::IndexPool::largest_capacity} + 1) * sizeof(base::Atomic<const TypeInfo*>)));
  return types;
}
}  // namespace

void set_server_type(std::uint32_t slot, TypeId type) noexcept { server_types()[slot].store(type.raw(), base::release); }

TypeId server_type_of(Pid pid) noexcept {
  if (!pid || pid.node() != 0) return {};
  const TypeInfo* type = server_types()[pid.slot()].load(base::acquire);
  return slot_at(pid.slot()).life.is_present(pid.generation()) ? TypeId::from_raw(type) : TypeId{};
}

}  // namespace coppice::process
