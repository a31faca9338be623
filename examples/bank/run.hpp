// A whole run: reads the input, takes up where the journal ends, runs the bank under its saboteur, checks the books.
#pragma once

#include "options.hpp"

namespace bank {

// The program's exit code; see usage().
int run_bank(const Options& options);

}  // namespace bank
