// ChildSpec: how a supervisor starts, restarts and stops one child (OTP's child specification).
// Made by child(), child_from() and child_supervisor(), then refined:
//
//   child<Account>("alice", "Alice").named("alice").restart(Restart::transient).shutdown(2s)
//
// A value: copies share what is equal and cost two increments, and a change never shows in another
// copy. It may stand beside co_await, and copies may go to other processes and threads.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include <coppice/base/export.hpp>
#include <coppice/base/format.hpp>
#include <coppice/process/atom.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/supervision/child_settings.hpp>
#include <coppice/supervision/shared.hpp>
#include <coppice/supervision/starter.hpp>
#include <coppice/time/instant.hpp>

namespace coppice {

namespace supervision {

// All of a spec but the start function. Children of equal settings may share one.
struct SpecSettings : Countable {
  explicit SpecSettings(std::string child_id, ChildType type) : id{std::move(child_id)} {
    rules.type = type;
  }

  std::string id;
  Atom name;
  ChildSettings rules;
  timing::Duration start_timeout = timing::forever;
  ProcessThread thread = ProcessThread::shared;

  friend bool operator==(const SpecSettings& a, const SpecSettings& b) noexcept {
    return a.rules == b.rules && a.name == b.name && a.start_timeout == b.start_timeout &&
           a.thread == b.thread && a.id == b.id;
  }
};

}  // namespace supervision

class COPPICE_API ChildSpec {
 public:
  // For the makers of specs.
  ChildSpec(std::string_view id, ChildType type, supervision::Shared<supervision::Starter> starter);

  // Unique among the children of its supervisor.
  const std::string& id() const noexcept { return settings_->id; }
  ChildSpec& id(std::string_view id) &;
  ChildSpec id(std::string_view id) && { return std::move(this->id(id)); }

  // The name that the child's process is registered under, taken before its init runs; empty: none.
  Atom name() const noexcept { return settings_->name; }
  ChildSpec& named(Atom name) &;
  ChildSpec named(Atom name) && { return std::move(this->named(name)); }

  // Permanent unless chosen.
  Restart restart() const noexcept { return settings_->rules.restart; }
  ChildSpec& restart(Restart restart) &;
  ChildSpec restart(Restart restart) && { return std::move(this->restart(restart)); }

  // 5 s for a worker and infinity for a supervisor unless chosen.
  Shutdown shutdown() const noexcept { return settings_->rules.shutdown(); }
  ChildSpec& shutdown(Shutdown shutdown) &;
  ChildSpec shutdown(Shutdown shutdown) && { return std::move(this->shutdown(shutdown)); }

  // Whether the child's own end may end its supervisor; see AutoShutdown.
  bool is_significant() const noexcept {
    return settings_->rules.significance == supervision::Significance::significant;
  }
  ChildSpec& significant(bool yes = true) &;
  ChildSpec significant(bool yes = true) && { return std::move(this->significant(yes)); }

  // child() knows it from the class; only for the record, and for the default of shutdown().
  ChildType type() const noexcept { return settings_->rules.type; }
  ChildSpec& type(ChildType type) &;
  ChildSpec type(ChildType type) && { return std::move(this->type(type)); }

  // How long the start may take before it fails with `timeout`; for ever unless chosen, as in OTP.
  // The supervisor waits.
  timing::Duration start_timeout() const noexcept { return settings_->start_timeout; }
  ChildSpec& start_timeout(timing::Duration limit) &;
  ChildSpec start_timeout(timing::Duration limit) && {
    return std::move(this->start_timeout(limit));
  }

  // Which thread the child's process runs on.
  ProcessThread thread() const noexcept { return settings_->thread; }
  ChildSpec& thread(ProcessThread thread) &;
  ChildSpec thread(ProcessThread thread) && { return std::move(this->thread(thread)); }

  // For supervisors.
  const supervision::ChildSettings& rules() const noexcept { return settings_->rules; }
  const supervision::Starter* starter() const noexcept { return starter_.get(); }
  // Shares the settings of `other` if they are equal.
  void share_settings_with(const ChildSpec& other) noexcept;
  // Forgets the start function and its arguments: the child will not be started again.
  void forget_start() noexcept { starter_ = {}; }

 private:
  supervision::Shared<supervision::SpecSettings> settings_;
  supervision::Shared<supervision::Starter> starter_;
};

}  // namespace coppice

template <>
struct fmt::formatter<coppice::ChildSpec> {
  constexpr auto parse(format_parse_context& ctx) { return ctx.begin(); }
  template <class Context>
  auto format(const coppice::ChildSpec& spec, Context& ctx) const {
    auto out = coppice::base::format_to(ctx.out(), "{}: {} {}, shutdown {}", spec.id(),
                                        spec.restart(), spec.type(), spec.shutdown());
    if (spec.is_significant()) out = coppice::base::write_text(out, ", significant");
    if (spec.name()) out = coppice::base::format_to(out, ", named {}", spec.name().text());
    return out;
  }
};
