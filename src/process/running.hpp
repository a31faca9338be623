// The thread's variable behind current(), for the slice loop: it is no coroutine, so it may use the address directly.
#pragma once

namespace coppice::process {

class Process;

// Null outside of a slice.
[[gnu::tls_model("initial-exec")]] extern constinit thread_local Process* running;

}  // namespace coppice::process
