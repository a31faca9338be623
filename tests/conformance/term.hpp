// Terms as scenarios and traces have them: text of Erlang terms without blanks, where processes and references stand by
// their names and tags.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <coppice/coppice.hpp>

namespace conformance {

using namespace coppice;

using Term = std::string;
using Words = std::vector<std::string>;

Words split(const std::string& text, char separator);  // empty ones are left out
std::string join(const Words& words, const std::string& between);

inline Term tuple(const Words& elements) { return "{" + join(elements, ",") + "}"; }
inline Term list(const Words& elements) { return "[" + join(elements, ",") + "]"; }
// The elements of a tuple or list; of anything else none.
Words parts(const Term& term);
// `_` in the pattern is any term.
bool matches(const Term& pattern, const Term& term);

// What exit reasons of a scenario hold, and what its errors throw.
struct Text {
  Term term;
  friend bool operator==(const Text&, const Text&) = default;
};
ExitReason to_reason(const Term& term);
Term to_term(const ExitReason& reason);
// What a failed call or stop ended with, without the call.
Term failure_of(const ExitSignal& signal);

timing::Duration milliseconds(const std::string& text);  // a number, or infinity

}  // namespace conformance
