#include <coppice/supervision/child_spec.hpp>

namespace coppice {

ChildSpec::ChildSpec(std::string_view id, ChildType type,
                     supervision::Shared<supervision::Starter> starter)
    : settings_{new supervision::SpecSettings{std::string{id}, type}},
      starter_{std::move(starter)} {}

ChildSpec& ChildSpec::id(std::string_view id) & {
  settings_.unique().id = id;
  return *this;
}
ChildSpec& ChildSpec::named(Atom name) & {
  settings_.unique().name = name;
  return *this;
}
ChildSpec& ChildSpec::restart(Restart restart) & {
  settings_.unique().rules.restart = restart;
  return *this;
}
ChildSpec& ChildSpec::shutdown(Shutdown shutdown) & {
  settings_.unique().rules.chosen_shutdown = shutdown;
  return *this;
}
ChildSpec& ChildSpec::significant(bool yes) & {
  using supervision::Significance;
  settings_.unique().rules.significance = yes ? Significance::significant : Significance::bystander;
  return *this;
}
ChildSpec& ChildSpec::type(ChildType type) & {
  settings_.unique().rules.type = type;
  return *this;
}
ChildSpec& ChildSpec::start_timeout(timing::Duration limit) & {
  settings_.unique().start_timeout = limit;
  return *this;
}

ChildSpec& ChildSpec::thread(ProcessThread thread) & {
  settings_.unique().thread = thread;
  return *this;
}

void ChildSpec::share_settings_with(const ChildSpec& other) noexcept {
  if (*settings_ == *other.settings_) settings_ = other.settings_;
}

}  // namespace coppice
