// The one place where what leaves a process's code as an exception becomes an exit reason.
#pragma once

#include <exception>
#include <typeinfo>
#include <utility>

#include <coppice/base/export.hpp>
#include <coppice/process/exit.hpp>
#include <coppice/process/exit_reason.hpp>
#include <coppice/process/process.hpp>

namespace coppice::process {

// The reason made of the exception that is being handled, with what the process was doing.
COPPICE_API ExitReason reason_of(const Process& self, const char* message, const std::type_info* type);
COPPICE_API ExitReason reason_of_unknown(const Process& self);

// Runs `code`; true if it returned. Else `caught(ExitReason)` says why: the reason of an ExitSignal, or an error.
template <class Code, class Caught>
bool guarded(Process& self, Code&& code, Caught&& caught) {
  try {
    code();
    return true;
  } catch (const ExitSignal& signal) {
    caught(signal.reason());
  } catch (const std::exception& e) {
    caught(reason_of(self, e.what(), &typeid(e)));
  } catch (...) {
    caught(reason_of_unknown(self));
  }
  return false;
}

}  // namespace coppice::process
