// The process table: one for the whole program, at a fixed address, never unmapped. A slot names its runtime, so processes
// of different runtimes may send to each other, and the pid of a stopped runtime is merely dead.
#pragma once

#include <coppice/base/export.hpp>
#include <coppice/base/slot_table.hpp>
#include <coppice/process/process.hpp>

namespace coppice::process {

// The last slots of the table are never handed out by it: a simulator gives them to its processes, by numbers that depend
// on its seed alone.
inline constexpr std::uint32_t reserved_slots = std::uint32_t{1} << 16;
inline constexpr std::uint32_t first_reserved_slot = most_slots - reserved_slots + 1;

// Made before any static object of ordinary priority, so that it can be used in their constructors.
COPPICE_API base::SlotTable<Process>& table() noexcept;

// The class that a live process serves as; none for a plain or dead one. Kept beside the slots, since anyone may ask.
COPPICE_API TypeId server_type_of(Pid pid) noexcept;
void set_server_type(std::uint32_t slot, TypeId type) noexcept;

}  // namespace coppice::process
