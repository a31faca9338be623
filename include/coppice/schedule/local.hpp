// What a thread is to the scheduler. The variable is read only in functions that are compiled into
// the library and not inlined into coroutines: the address of a thread-local must not be kept
// across a suspension point. Initial-exec: one load from the thread pointer, also in the shared
// library.
#pragma once

namespace coppice::schedule {

class Scheduler;
class Worker;

struct Local {
  Worker* worker = nullptr;        // workers and spares
  Scheduler* scheduler = nullptr;  // those, dedicated threads, and threads with a Scheduler::Here
};

extern constinit thread_local Local local [[gnu::tls_model("initial-exec")]];

}  // namespace coppice::schedule
