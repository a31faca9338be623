#include "options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <string_view>
#include <system_error>

namespace bank {

namespace {

using Fault = std::optional<std::string>;

template <class T>
Fault number(std::string_view text, T least, T most, T& out) {
  auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (fault == std::errc{} && end == text.data() + text.size() && out >= least && out <= most) return std::nullopt;
  return fmt::format("takes a whole number from {} to {}, not '{}'", least, most, text);
}

template <class T>
Fault file(const std::string& text, T& out) {
  if (text.empty()) return "takes a file's name";
  out = text;
  return std::nullopt;
}

struct Option {
  std::string_view name;
  std::string_view value;  // what usage() calls it; empty for a switch
  std::string_view text;
  Fault (*set)(Options&, const std::string&);
};

constexpr std::array<Option, 11> all_options{{
    {"--accounts", "FILE", "opening balances, CSV account,cents (default: the sample)",
     [](Options& o, const std::string& v) { return file(v, o.accounts); }},
    {"--transfers", "FILE", "CSV id,from,to,cents,memo; - is standard input (default: the sample)",
     [](Options& o, const std::string& v) { return file(v, o.transfers); }},
    {"--chaos", "N", "kill N processes a second (default 100)",
     [](Options& o, const std::string& v) { return number(v, 0u, 10'000u, o.chaos); }},
    {"--rate", "N", "hand out N transfers a second (default: as many as go)",
     [](Options& o, const std::string& v) { return number(v, 1u, 10'000'000u, o.rate); }},
    {"--tellers", "N", "transfers under way at a time (default 100)",
     [](Options& o, const std::string& v) { return number(v, 1u, 10'000u, o.tellers); }},
    {"--seed", "N", "of the saboteur's choices (default 1)",
     [](Options& o, const std::string& v) {
       return number(v, std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max(), o.seed);
     }},
    {"--state", "DIR", "where the journal is (default bank-state)",
     [](Options& o, const std::string& v) { return file(v, o.state); }},
    {"--report", "FILE", "write all final balances, CSV account,cents",
     [](Options& o, const std::string& v) { return file(v, o.report); }},
    {"--rejects", "FILE", "where rejected lines go (default DIR/rejects.csv)",
     [](Options& o, const std::string& v) { return file(v, o.rejects); }},
    {"--verbose", "", "show crash and supervisor reports",
     [](Options& o, const std::string&) { return o.verbose = true, Fault{}; }},
    {"--help", "", "this", [](Options& o, const std::string&) { return o.help = true, Fault{}; }},
}};

// Takes one option, `--name value`, `--name=value` or `--switch`, off the front of the arguments.
Fault take(std::span<const char* const>& arguments, Options& options) {
  std::string name = arguments.front();
  arguments = arguments.subspan(1);
  std::optional<std::string> value;
  if (std::size_t equals = name.find('='); equals != std::string::npos) {
    value = name.substr(equals + 1);
    name.resize(equals);
  }
  auto option = std::ranges::find(all_options, name, &Option::name);
  if (option == all_options.end()) return fmt::format("there is no option '{}'", name);
  if (option->value.empty()) {
    if (value) return fmt::format("{} takes no value", name);
  } else if (!value) {
    if (arguments.empty()) return fmt::format("{} needs a value", name);
    value = arguments.front();
    arguments = arguments.subspan(1);
  }
  if (Fault fault = option->set(options, value.value_or(""))) return fmt::format("{} {}", name, *fault);
  return std::nullopt;
}

}  // namespace

std::expected<Options, std::string> parse_options(std::span<const char* const> arguments,
                                                  const std::string& sample_folder) {
  Options options;
  options.accounts = sample_folder + "/accounts.csv";
  options.transfers = sample_folder + "/transfers.csv";
  while (!arguments.empty())
    if (Fault fault = take(arguments, options)) return std::unexpected{*fault};
  if (options.accounts == "-" && options.transfers == "-")
    return std::unexpected{"--accounts and --transfers cannot both be standard input"};
  return options;
}

std::string usage() {
  std::string out = "A bank of processes whose books balance to the cent whatever is killed.\n\n";
  for (const Option& option : all_options)
    out += fmt::format("  {:<17} {}\n", fmt::format("{} {}", option.name, option.value), option.text);
  return out +
         "\nAfter Ctrl-C, or a crash of the whole program, the same command takes up from where it was.\n"
         "Exit code: 0 the books balance, 1 they do not, 2 wrong use or files, 3 the journal failed, 4 the bank went down,\n"
         "130 interrupted.\n";
}

}  // namespace bank
