// What went wrong, in words.
#include <cstdio>
#include <cstring>
#include <utility>

#include "run.hpp"

namespace model {

void Run::race(const char* name) { violated(std::string{"data race on "} + name); }

void fail(const char* text) { run.violated(text); }

void Run::violated(std::string what) {
  if (!foreseen_.open) broken(std::move(what));
  use_arena(false);
  if (failure_.empty()) {
    failure_ = what.c_str();
    trace_ = trace();
  }
  use_arena(true);
}

void Run::broken(std::string what) {
  if (foreseen_.open) cut();
  use_arena(false);
  failure_ = what.c_str();  // a copy outside of the run's memory
  trace_ = trace();
  end_ = End::failed;
  leave();
}

void Run::stuck() {
  std::string what = "nobody can go on:";
  for (unsigned i = 0; i < count_; ++i) {
    const Pending& pending = threads[i].pending;
    if (pending.kind == Pending::Kind::ended) continue;
    what += " thread " + std::to_string(i);
    if (pending.kind == Pending::Kind::join)
      what += " waits for the end of thread " + std::to_string(pending.location);
    else
      what += (pending.kind == Pending::Kind::lock ? " waits for lock @" : " sleeps at @") +
              std::to_string(pending.location);
    what += ';';
  }
  broken(std::move(what));
}

void Run::note(const char* what, const Where& where, unsigned location, Bits value, bool stale) {
  steps_.push_back({now, what, where.file_name(), where.line(), location, value, stale});
}

std::string Run::trace() const {
  std::string text;
  for (const Step& step : steps_) {
    const char* const slash = std::strrchr(step.file, '/');
    char line[256];
    std::snprintf(line, sizeof line, "  %u  %-24s @%u = %#llx%s  %s:%u\n", step.thread, step.what,
                  step.location, static_cast<unsigned long long>(step.value),
                  step.stale ? " (old)" : "", slash == nullptr ? step.file : slash + 1, step.line);
    text += line;
  }
  return text;
}

}  // namespace model
