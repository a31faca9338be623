// The bank: accounts, tellers and a ledger in a supervision tree, and a saboteur that kills them while they work.
#include <fmt/core.h>

#include <cstdio>
#include <span>

#include "options.hpp"
#include "run.hpp"

int main(int argc, char** argv) {
  std::span<const char* const> arguments{argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)};
  auto options = bank::parse_options(arguments, EXAMPLE_FOLDER);
  if (!options) {
    fmt::print(stderr, "bank: {}\nbank: --help says what there is\n", options.error());
    return 2;
  }
  if (options->help) {
    fmt::print("{}", bank::usage());
    return 0;
  }
  return bank::run_bank(*options);
}
