// Scenario: what stands in a scenario file (oracle/FORMAT.md), as words.
#pragma once

#include <map>

#include "term.hpp"

namespace conformance {

// The settings of a declared worker or supervisor, its id and kind among them.
struct Declared : std::map<std::string, std::string> {
  std::string get(const std::string& key, const std::string& otherwise = {}) const;
  bool is(const std::string& key, const std::string& value) const { return get(key) == value; }
  bool is_pool() const { return is("strategy", "simple_one_for_one"); }
  // With these settings (key=value) in place of its own.
  Declared with(const Words& settings) const;
};

struct Scenario {
  std::string kind;
  bool reports = true;
  std::vector<Declared> declared;
  std::vector<Words> steps;

  // The first with this value; one without any setting if there is none.
  const Declared& find(const std::string& key, const std::string& value) const;
  const Declared& top() const { return find("top", "true"); }
};

// Throws std::runtime_error.
Scenario read_scenario(const std::string& path);

// `stop:bad`: what is done, and with what.
struct Action {
  explicit Action(const std::string& text);
  std::string verb;
  Term term;
};

// What stands between separators, each a word.
std::vector<Words> split_words(const Words& words, std::size_t first, const std::string& separator);

}  // namespace conformance
