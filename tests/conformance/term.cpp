#include "term.hpp"

namespace conformance {

namespace {

// OTP's words for what the library says with types of its own.
Term payload(const ExitReason& reason) {
  using Kind = supervision::SpecError::Kind;
  if (const auto* given = reason.get<Text>()) return given->term;
  if (const auto* start = reason.get<supervision::FailedToStart>())
    return tuple({"failed_to_start_child", start->child, to_term(start->reason)});
  if (const auto* spec = reason.get<supervision::SpecError>()) {
    const bool never = spec->kind() == Kind::significant_but_never;
    if (!never && spec->kind() != Kind::significant_but_permanent) return spec->text();
    const Term with = never ? "{auto_shutdown,never}" : "{restart,permanent}";
    return tuple({"start_spec", tuple({"bad_combination", list({with, "{significant,true}"})})});
  }
  return reason.text();
}

Term thrown(const process::ErrorInfo& error) {
  try {
    if (error.exception != nullptr) std::rethrow_exception(error.exception);
  } catch (const Text& text) {
    return text.term;
  } catch (...) {
  }
  return error.message;
}

}  // namespace

Words split(const std::string& text, char separator) {
  Words out{""};
  for (const char c : text) {
    if (c != separator)
      out.back() += c;
    else if (!out.back().empty())
      out.emplace_back();
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

std::string join(const Words& words, const std::string& between) {
  std::string out;
  for (const std::string& word : words) out += (&word == words.data() ? "" : between) + word;
  return out;
}

Words parts(const Term& term) {
  Words out;
  if (term[0] != '{' && term[0] != '[') return out;
  int depth = 0;
  for (const char c : term.substr(1, term.size() - 2)) {
    const bool next = depth == 0 && c == ',';
    if (next || out.empty()) out.emplace_back();
    if (!next) out.back() += c;
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
  }
  return out;
}

bool matches(const Term& pattern, const Term& term) {
  if (pattern == "_" || pattern == term) return true;
  return pattern[0] == term[0] && !parts(pattern).empty() &&
         std::ranges::equal(parts(pattern), parts(term), matches);
}

ExitReason to_reason(const Term& term) {
  for (const ExitReason& plain :
       {ExitReason::normal(), ExitReason::shutdown(), ExitReason::kill(), ExitReason::killed(),
        ExitReason::noproc(), ExitReason::timeout(), ExitReason::noconnection()})
    if (plain.text() == term) return plain;
  const Words elements = parts(term);
  const bool shutdown = elements.size() == 2 && elements[0] == "shutdown";
  return shutdown ? ExitReason::shutdown(Text{elements[1]}) : ExitReason::custom(Text{term});
}

Term to_term(const ExitReason& reason) {
  using Kind = process::ReasonKind;
  if (reason.kind() == Kind::error) return tuple({thrown(*reason.error_info()), "stack"});
  if (reason.kind() == Kind::shutdown_with) return tuple({"shutdown", payload(reason)});
  return reason.kind() == Kind::custom ? payload(reason) : reason.text();
}

Term failure_of(const ExitSignal& signal) {
  const auto* call = signal.reason().get<CallError>();
  return to_term(call == nullptr ? signal.reason() : call->reason());
}

timing::Duration milliseconds(const std::string& text) {
  if (text == "infinity") return timing::forever;
  return std::chrono::milliseconds{std::stol(text)};
}

}  // namespace conformance
