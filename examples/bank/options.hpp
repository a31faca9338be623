// The command line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

namespace bank {

struct Options {
  std::string accounts;   // file
  std::string transfers;  // file, or "-" for standard input
  std::string state = "bank-state";
  std::optional<std::string> report;
  std::optional<std::string> rejects;  // else in the state folder
  unsigned chaos = 100;                // kills a second
  unsigned rate = 0;                   // transfers a second; 0: as fast as it goes
  unsigned tellers = 100;
  std::uint64_t seed = 1;  // of the saboteur's choices
  bool verbose = false;    // crash and supervisor reports on standard error
  bool help = false;
};

// The options, or what is wrong with them. The sample's files are in `sample_folder`.
std::expected<Options, std::string> parse_options(std::span<const char* const> arguments,
                                                  const std::string& sample_folder);

std::string usage();

}  // namespace bank
