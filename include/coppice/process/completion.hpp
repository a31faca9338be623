// A completion: what another thread posts to a process when something that the process waits for is done.
//
// The signal is part of the waiting object, so it costs no allocation. From the post on it is the process's; the poster must
// not touch the object again. A process whose wait cannot be taken back at once stays, ending, until the completion comes.
#pragma once

#include <coppice/base/export.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/signal.hpp>

namespace coppice::process {

struct COPPICE_API CompletionSignal : Signal {
  CompletionSignal() noexcept;
  bool arrived = false;  // set when the process drains it
};

}  // namespace coppice::process
