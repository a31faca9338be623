// The process table: one for the whole program, at a fixed address, never unmapped. A slot names its runtime, so processes
// of different runtimes may send to each other, and the pid of a stopped runtime is merely dead.
#pragma once

#include <coppice/base/export.hpp>
#include <coppice/base/slot_table.hpp>
#include <coppice/process/process.hpp>

namespace coppice::process {

// Made before any static object of ordinary priority, so that it can be used in their constructors.
COPPICE_API base::SlotTable<Process>& table() noexcept;

// The class that a live process serves as; none for a plain or dead one. Kept beside the slots, since anyone may ask.
COPPICE_API TypeId server_type_of(Pid pid) noexcept;
void set_server_type(std::uint32_t slot, TypeId type) noexcept;

}  // namespace coppice::process
