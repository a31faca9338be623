// ChildSettings: what a child specification says besides how the child is started. A plain value
// without any process in it, so that the rules can be checked by tables.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include <coppice/supervision/auto_shutdown.hpp>
#include <coppice/supervision/restart.hpp>
#include <coppice/supervision/shutdown.hpp>
#include <coppice/supervision/words.hpp>

namespace coppice {

enum class ChildType : std::uint8_t { worker, supervisor };

namespace supervision {

struct ChildSettings {
  Restart restart = Restart::permanent;
  Significance significance = Significance::bystander;
  ChildType type = ChildType::worker;
  std::optional<Shutdown> chosen_shutdown;

  // A supervisor must have the time to stop its own tree, so it is waited for unless the spec says
  // otherwise.
  constexpr Shutdown shutdown() const noexcept {
    if (chosen_shutdown) return *chosen_shutdown;
    if (type == ChildType::supervisor) return infinity;
    return std::chrono::seconds{5};
  }

  friend constexpr bool operator==(const ChildSettings&, const ChildSettings&) = default;
};

}  // namespace supervision
}  // namespace coppice

template <>
struct coppice::supervision::Words<coppice::ChildType> {
  static constexpr const char* of[] = {"worker", "supervisor"};
};
template <>
struct fmt::formatter<coppice::ChildType>
    : coppice::supervision::WordFormatter<coppice::ChildType> {};
