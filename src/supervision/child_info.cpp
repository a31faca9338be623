#include <coppice/supervision/child_info.hpp>

#include <stdexcept>

namespace coppice {

void ChildPid::throw_no_process() const {
  throw std::logic_error{is_restarting() ? "the child has no process: it waits for its restart"
                                         : "the child has no process"};
}

}  // namespace coppice
