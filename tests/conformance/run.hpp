// Running a scenario on the calling process's runtime: all its steps, one at a time, and what they print.
#pragma once

#include "ledger.hpp"

namespace conformance {

// Each is the body of a process.
Task<std::string> run_sup(Stage* stage);
Task<std::string> run_proc(Stage* stage);

}  // namespace conformance
