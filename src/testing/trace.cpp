#include <coppice/testing/trace.hpp>

#include <algorithm>
#include <cctype>

#include <fmt/core.h>

#include <coppice/base/random.hpp>

namespace coppice::testing {
namespace {

using What = TraceEvent::What;
using process::SignalKind;

const char* word(SignalKind kind) noexcept {
  switch (kind) {
    case SignalKind::message: return "message";
    case SignalKind::call: return "call";
    case SignalKind::cast: return "cast";
    case SignalKind::system: return "system";
    case SignalKind::aliased: return "message by alias";
    case SignalKind::reply: return "reply";
    case SignalKind::exit: return "exit";
    case SignalKind::link_exit: return "exit by link";
    case SignalKind::link: return "link";
    case SignalKind::unlink: return "unlink";
    case SignalKind::unlink_ack: return "unlink ack";
    case SignalKind::monitor: return "monitor";
    case SignalKind::demonitor: return "demonitor";
    case SignalKind::down: return "down";
    case SignalKind::timer: return "timer";
    case SignalKind::completion: return "completion";
    case SignalKind::info: return "process info";
  }
  return "";
}

// A type's name without the namespaces in it.
std::string short_name(process::TypeId type) {
  std::string out;
  const std::string name = type.name();
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name.compare(i, 2, "::") != 0) {
      out += name[i];
      continue;
    }
    ++i;
    // Back to where the qualifier begins: a word, or words in parentheses.
    const bool unnamed = !out.empty() && out.back() == ')';
    while (!out.empty() && (unnamed ? out.back() != '(' : std::isalnum(static_cast<unsigned char>(out.back())) || out.back() == '_'))
      out.pop_back();
    if (unnamed && !out.empty()) out.pop_back();
  }
  return out;
}

// What a signal is called: its kind, and its type where that says more.
std::string title(const TraceEvent& event) {
  std::string out = word(event.kind);
  const bool says_more = event.kind != SignalKind::exit && event.kind != SignalKind::link_exit && event.kind != SignalKind::down;
  if (event.type && says_more) out += " " + short_name(event.type);
  return out;
}

// A server's class says what it is; the type of a function or closure does not.
bool is_server(process::TypeId what) {
  if (!what) return false;
  const std::string name = what.name();
  return name.find_first_of("*{$") == std::string::npos && name.find("lambda") == std::string::npos;
}

std::string number(const std::vector<TraceActor>& actors, std::uint32_t actor) {
  return actor < actors.size() ? actors[actor].text(actor) : fmt::format("#{}", actor);
}

std::string line(const std::vector<TraceActor>& actors, const TraceEvent& e) {
  const double seconds = std::chrono::duration<double>(e.at).count();
  std::string out = fmt::format("{:12.6f} s  ", seconds);
  switch (e.what) {
    case What::born:
      out += fmt::format("{} starts {}", number(actors, e.from), number(actors, e.to));
      // A function or closure is named here once and is a number from then on.
      return out + (is_server(e.type) ? std::string{} : ", " + e.type.name());
    case What::signal: return out + fmt::format("{} -> {}: {}", number(actors, e.from), number(actors, e.to), title(e));
    case What::ended: return out + fmt::format("{} has ended", number(actors, e.to));
    case What::fault:
      return out + (e.to == 0 ? fmt::format("FAULT: {}", e.text) : fmt::format("FAULT: {} {}", number(actors, e.to), e.text));
    case What::note: return out + (e.from == 0 ? e.text : fmt::format("{}: {}", number(actors, e.from), e.text));
  }
  return out;
}

// Mermaid ends a statement at a semicolon, takes # for the begin of an entity, and wants no line breaks.
std::string plain(std::string text) {
  for (char& c : text)
    if (c == ';' || c == '#' || c == '\n' || c == '"') c = ' ';
  return text;
}

std::size_t first_of_last(std::size_t count, std::size_t most) { return count > most ? count - most : 0; }

}  // namespace

std::string TraceActor::text(std::uint32_t number) const {
  if (number == 0) return "(outside)";
  std::string out = fmt::format("#{}", number);
  if (!label.empty()) out += " [" + label + "]";
  if (name)
    out += fmt::format(" \"{}\"", name);
  else if (label.empty() && is_server(what))
    out += " " + short_name(what);
  return out;
}

void Trace::add(TraceEvent event, std::size_t limit) {
  const auto words = {static_cast<std::uint64_t>(event.what) << 8 | static_cast<std::uint64_t>(event.kind),
                      std::uint64_t{event.from} << 32 | event.to, static_cast<std::uint64_t>(event.at.count()),
                      event.type.hash()};
  for (const std::uint64_t w : words) hash_ = base::mix(hash_ ^ w);
  for (const char c : event.text) hash_ = base::mix(hash_ ^ static_cast<unsigned char>(c));
  ++count_;
  if (limit == 0) return;
  if (events_.size() >= limit) events_.pop_front();
  events_.push_back(std::move(event));
}

void Trace::clear_events() {
  hash_ = count_ = 0;
  events_.clear();
}

std::string Trace::text(std::size_t most) const {
  const std::size_t first = first_of_last(events_.size(), most);
  std::string out;
  if (const std::uint64_t before = count_ - events_.size() + first; before > 0)
    out = fmt::format("({} events before)\n", before);
  for (std::size_t i = first; i < events_.size(); ++i) out += line(actors_, events_[i]) + "\n";
  return out;
}

std::string Trace::mermaid(std::size_t most) const {
  const std::size_t first = first_of_last(events_.size(), most);
  std::string body;
  std::vector<std::uint32_t> seen;
  const auto name = [&](std::uint32_t actor) {
    if (std::ranges::find(seen, actor) == seen.end()) seen.push_back(actor);
    return fmt::format("P{}", actor);
  };
  for (std::size_t i = first; i < events_.size(); ++i) {
    const TraceEvent& e = events_[i];
    switch (e.what) {
      case What::born: body += fmt::format("  {}->>{}: starts\n", name(e.from), name(e.to)); break;
      case What::signal: {
        const bool answer = e.kind == SignalKind::reply || e.kind == SignalKind::down || e.kind == SignalKind::link_exit;
        body += fmt::format("  {}{}{}: {}\n", name(e.from), answer ? "-->>" : "->>", name(e.to), plain(title(e)));
        break;
      }
      case What::ended: body += fmt::format("  Note over {}: has ended\n", name(e.to)); break;
      case What::fault: body += fmt::format("  Note over {}: FAULT {}\n", name(e.to), plain(e.text)); break;
      case What::note: body += fmt::format("  Note over {}: {}\n", name(e.from), plain(e.text)); break;
    }
  }
  std::ranges::sort(seen);
  std::string out = "sequenceDiagram\n";
  for (const std::uint32_t actor : seen)
    out += fmt::format("  participant P{} as {}\n", actor, actor == 0 ? "(outside)" : plain(number(actors_, actor)).substr(1));
  return out + body;
}

}  // namespace coppice::testing
