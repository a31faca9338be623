#include "subject.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string_view>

namespace model {
namespace {

using Order = std::memory_order;

const char* name_of(Order order) {
  switch (order) {
    case std::memory_order_relaxed: return "relaxed";
    case std::memory_order_acquire: return "acquire";
    case std::memory_order_release: return "release";
    case std::memory_order_acq_rel: return "acq_rel";
    case std::memory_order_seq_cst: return "seq_cst";
    default: return "consume";
  }
}

// The orders next below it, and for seq_cst no order at all as well.
std::vector<Order> weaker(const Site& site) {
  const bool load = std::string_view{site.operation} == "load" || site.on_failure;
  const bool store = std::string_view{site.operation} == "store";
  switch (site.order) {
    case std::memory_order_acq_rel: return {std::memory_order_acquire, std::memory_order_release};
    case std::memory_order_seq_cst:
      return {load    ? std::memory_order_acquire
              : store ? std::memory_order_release
                      : std::memory_order_acq_rel,
              std::memory_order_relaxed};
    default: return {std::memory_order_relaxed};
  }
}

std::string_view short_file(std::string_view file) { return file.substr(file.rfind('/') + 1); }

// The function's name without its type, its arguments and those of its class.
std::string short_function(std::string_view pretty) {
  std::string name;
  int depth = 0;
  for (const char c : pretty) {
    depth += (c == '<') - (c == '>');
    if (depth == 0 && c == '(') break;
    if (depth == 0 && c != '>') name += c;
  }
  const std::size_t colon = name.rfind("::");
  return colon == std::string::npos ? name : name.substr(colon + 2);
}

std::string change_of(const Site& site, Order order) {
  return std::string{site.operation} + (site.on_failure ? " (failed) " : " ") +
         name_of(site.order) + " -> " + name_of(order);
}

std::string bounds_of(const Bounds& bounds) {
  std::string text;
  if (bounds.preemptions != unlimited)
    text += ", at most " + std::to_string(bounds.preemptions) + " preemptions";
  if (bounds.stale_reads != unlimited)
    text += ", at most " + std::to_string(bounds.stale_reads) + " old values";
  return text.empty() ? ", all there are" : text;
}

bool belongs(const Subject& subject, const Site& site) {
  return std::any_of(subject.files.begin(), subject.files.end(),
                     [&](std::string_view file) { return short_file(site.file) == file; });
}

class Examination {
 public:
  explicit Examination(const Subject& subject) : subject_{subject} {}

  std::string result() {
    for (const Scenario& scenario : subject_.scenarios) as_is(scenario);
    if (!wrong_.empty()) return wrong_;
    used_.assign(subject_.harmless.size(), false);
    std::sort(sites_.begin(), sites_.end(), [](const Site& a, const Site& b) {
      if (const int files = std::strcmp(a.file, b.file); files != 0) return files < 0;
      return a.line != b.line ? a.line < b.line : a.column < b.column;
    });
    for (const Site& site : sites_)
      for (const Order order : weaker(site)) plant(site, order);
    for (std::size_t i = 0; i < used_.size(); ++i)
      if (!used_[i])
        wrong_ += std::string{subject_.harmless[i].function} + ": " + subject_.harmless[i].change +
                  " is listed as harmless and does not occur\n";
    std::printf("%s: %u weaker orders found, %u harmless\n", subject_.name, found_, harmless_);
    return wrong_;
  }

 private:
  void as_is(const Scenario& scenario) {
    const Outcome outcome = explore(scenario.program, scenario.bounds);
    std::printf("%s, %s: %llu interleavings%s (%llu more were cut)\n", subject_.name, scenario.name,
                static_cast<unsigned long long>(outcome.interleavings),
                bounds_of(scenario.bounds).c_str(), static_cast<unsigned long long>(outcome.cut));
    std::fflush(stdout);
    if (!outcome.failure.empty())
      wrong_ += std::string{scenario.name} + ": " + outcome.failure + "\n" + outcome.trace;
    for (const Site& site : outcome.sites) {
      const bool known = std::any_of(sites_.begin(), sites_.end(), [&](const Site& other) {
        return other.line == site.line && other.column == site.column &&
               other.on_failure == site.on_failure && std::string_view{other.file} == site.file;
      });
      if (!known && belongs(subject_, site)) sites_.push_back(site);
    }
  }

  void plant(const Site& site, Order order) {
    const Weakening weakening{site, order};
    const std::string place = std::string{short_file(site.file)} + ":" + std::to_string(site.line) +
                              " " + short_function(site.function) + ": " + change_of(site, order);
    const Harmless* const listed = listed_as_harmless(site, order);
    for (const Scenario& scenario : subject_.scenarios) {
      const Outcome outcome = explore(scenario.program, scenario.bounds, &weakening);
      if (outcome.failure.empty()) continue;
      std::printf("  %s: found by %s after %llu: %.*s\n", place.c_str(), scenario.name,
                  static_cast<unsigned long long>(outcome.interleavings), 100,
                  outcome.failure.c_str());
      ++found_;
      if (listed != nullptr) wrong_ += place + " is listed as harmless and is not\n";
      return;
    }
    if (listed == nullptr) {
      wrong_ += place + " was not found\n";
      return;
    }
    std::printf("  %s: harmless: %s\n", place.c_str(), listed->why);
    ++harmless_;
  }

  // Which one it is of those that are called the same.
  unsigned number_of(const Site& site, const std::string& change, Order order) const {
    unsigned number = 0;
    for (const Site& other : sites_) {
      number += short_function(other.function) == short_function(site.function) &&
                std::string_view{other.file} == site.file && change_of(other, order) == change;
      if (&other == &site) break;
    }
    return number;
  }

  const Harmless* listed_as_harmless(const Site& site, Order order) {
    const std::string change = change_of(site, order);
    for (std::size_t i = 0; i < subject_.harmless.size(); ++i) {
      const Harmless& one = subject_.harmless[i];
      if (short_function(site.function) != one.function || change != one.change ||
          number_of(site, change, order) != one.nth)
        continue;
      used_[i] = true;
      return &one;
    }
    return nullptr;
  }

  const Subject& subject_;
  std::string wrong_;
  std::vector<Site> sites_;
  std::vector<bool> used_;
  unsigned found_ = 0;
  unsigned harmless_ = 0;
};

}  // namespace

std::string examine(const Subject& subject) { return Examination{subject}.result(); }

}  // namespace model
