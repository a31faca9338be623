// ProcessError: what a process function throws when it is asked for something that cannot be (OTP's badarg, noproc and
// system_limit errors). Catchable like any std::exception; uncaught it ends the process with an error reason.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include <coppice/base/export.hpp>

namespace coppice {

enum class ProcessErrorCode : std::uint8_t {
  noproc,         // the process is dead or the name is not registered
  bad_argument,   // the request makes no sense: not in a process, not the owner, a negative time
  system_limit,   // no process slot, timer or thread is left
  stopping,       // the runtime is stopping
};

class COPPICE_API ProcessError : public std::runtime_error {
 public:
  ProcessError(ProcessErrorCode code, const std::string& what) : std::runtime_error{what}, code_{code} {}
  ProcessErrorCode code() const noexcept { return code_; }

 private:
  ProcessErrorCode code_;
};

}  // namespace coppice
