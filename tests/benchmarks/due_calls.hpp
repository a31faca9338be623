// Calls that are due at fixed times, for benchmarks of what the slowest of them take.
#pragma once

#include <cstdint>

#include <coppice/coppice.hpp>

namespace bench {

// From four processes, each with a server of its own, `count` in all: one is due every `period`,
// whatever became of the last one. Its latency counts from when it was due, so the wake-up counts,
// until its reply. The 99th percentile, in milliseconds.
coppice::Task<double> p99_of_due_calls(coppice::timing::Duration period, std::int64_t count);

}  // namespace bench
