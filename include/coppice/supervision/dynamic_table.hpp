// DynamicTable: the children of a dynamic supervisor, found by pid in constant time. Only
// book-keeping: nothing here starts or stops a process.
//
// A child that waits for its restart stands under the pid it had. Not thread-safe; its supervisor
// owns it. References to children die with the next insert or erase.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

#include <coppice/base/dense_table.hpp>
#include <coppice/base/export.hpp>
#include <coppice/process/pid.hpp>
#include <coppice/supervision/child_info.hpp>
#include <coppice/supervision/child_spec.hpp>

namespace coppice::supervision {

struct DynamicChild {
  enum class State : std::uint8_t {
    running,
    restarting,
    // While the supervisor stops all its children (see stopping.hpp):
    stopping,   // told to end
    down_seen,  // its Down has come, and the link still stands
    gone,
  };

  Pid pid;
  State state = State::running;
  ChildSpec spec;

  Pid key() const noexcept { return pid; }
  ChildPid child_pid() const noexcept {
    return state == State::restarting ? ChildPid::restarting() : ChildPid{pid};
  }
};

class COPPICE_API DynamicTable {
 public:
  std::size_t size() const noexcept { return children_.size(); }
  DynamicChild* begin() const noexcept { return children_.begin(); }
  DynamicChild* end() const noexcept { return children_.end(); }
  DynamicChild* find(Pid pid) const noexcept { return children_.find(pid); }
  ChildCounts counts() const noexcept;

  // Adds a running child; its pid must be new. Equal settings are shared between the children, and
  // of a temporary child the start function is forgotten: it will not be started again (OTP keeps
  // no arguments of these either).
  void add(Pid pid, ChildSpec spec);
  void set_restarting(DynamicChild& child) noexcept;
  void erase(Pid pid) noexcept;

 private:
  base::DenseTable<DynamicChild> children_;
  std::size_t restarting_ = 0;
  std::size_t supervisors_ = 0;
};

}  // namespace coppice::supervision
