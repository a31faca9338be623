// What a Runtime is made of.
#pragma once

#include <coppice/base/sync.hpp>
#include <coppice/process/host.hpp>
#include <coppice/system/runtime.hpp>
#include <coppice/system/stderr_sink.hpp>

namespace coppice {

struct Runtime::Parts {
  Parts(const RuntimeOptions& options, Runtime& runtime);

  timing::Duration grace;
  hosting::StderrSink sink;
  process::Host host;
  base::Mutex stop_lock;
  bool stopped = false;
};

}  // namespace coppice
