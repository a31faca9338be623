#include <coppice/testing/schedule.hpp>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include <fmt/core.h>

namespace coppice::testing {
namespace {

// A schedule that a person typed may be wrong, but shall not fill the memory.
constexpr std::size_t longest = 100'000'000;

std::uint32_t number_at(std::string_view whole, std::string_view& rest) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (error != std::errc{})
    throw std::invalid_argument{fmt::format("a schedule looks like 12=1,3=2, not like \"{}\"",
                                            fmt::string_view{whole.data(), whole.size()})};
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return value;
}

bool skip(std::string_view& rest, char wanted) {
  if (rest.empty() || rest.front() != wanted) return false;
  rest.remove_prefix(1);
  return true;
}

}  // namespace

Schedule Schedule::parse(std::string_view text) {
  Schedule out;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::uint32_t zeros = number_at(text, rest);
    if (!skip(rest, '=')) throw std::invalid_argument{"a schedule looks like 12=1,3=2: there is no ="};
    if (out.size() + zeros >= longest) throw std::invalid_argument{"the schedule is too long"};
    out.picks_.insert(out.picks_.end(), zeros, 0);
    out.add(number_at(text, rest));
    if (!rest.empty() && !skip(rest, ',')) throw std::invalid_argument{"a schedule looks like 12=1,3=2: there is no ,"};
  }
  return out;
}

std::string Schedule::text() const {
  std::string out;
  std::size_t zeros = 0;
  for (const std::uint32_t pick : picks_) {
    if (pick == 0) {
      ++zeros;
      continue;
    }
    out += fmt::format("{}{}={}", out.empty() ? "" : ",", zeros, pick);
    zeros = 0;
  }
  return out;
}

std::size_t Schedule::deviations() const noexcept {
  return picks_.size() - static_cast<std::size_t>(std::ranges::count(picks_, 0u));
}

Scheduling Scheduling::pct(unsigned depth, std::uint64_t steps) {
  if (depth == 0 || steps == 0) throw std::invalid_argument{"Scheduling::pct(depth, steps): both are at least 1"};
  Scheduling out{Rule::pct};
  out.depth_ = depth;
  out.steps_ = steps;
  return out;
}

Scheduling Scheduling::replay(Schedule schedule) {
  Scheduling out{Rule::replay};
  out.schedule_ = std::move(schedule);
  return out;
}

Scheduling Scheduling::systematic(Schedule schedule) {
  Scheduling out{Rule::systematic};
  out.schedule_ = std::move(schedule);
  return out;
}

Scheduling Scheduling::systematic(Search& search) {
  Scheduling out{Rule::systematic};
  out.search_ = &search;
  return out;
}

std::string Scheduling::text() const {
  switch (rule_) {
    case Rule::random: return "Scheduling::random()";
    case Rule::pct: return fmt::format("Scheduling::pct({}, {})", depth_, steps_);
    case Rule::systematic: return fmt::format("Scheduling::systematic(Schedule::parse(\"{}\"))", schedule_.text());
    case Rule::replay: return fmt::format("Scheduling::replay(\"{}\")", schedule_.text());
  }
  return {};
}

}  // namespace coppice::testing
