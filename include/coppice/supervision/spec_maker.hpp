// The arguments of `start_child(args...)` on their way to a dynamic supervisor, whose own object
// makes the child's spec from them there.
#pragma once

#include <concepts>
#include <memory>
#include <tuple>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/export.hpp>
#include <coppice/process/spawn.hpp>
#include <coppice/supervision/child_spec.hpp>

namespace coppice {

class DynamicSupervisor;

namespace supervision {

// Makes a spec with the supervisor's own object, in its process.
class COPPICE_API SpecMaker : public base::PoolAllocated {
 public:
  virtual ~SpecMaker();
  virtual ChildSpec make(DynamicSupervisor& definition) = 0;
};

// S makes its children's specs from these arguments.
template <class S, class... Args>
concept HasTemplate = requires(S& supervisor, process::stored_t<Args>... args) {
  { supervisor.child_spec(std::move(args)...) } -> std::convertible_to<ChildSpec>;
};

template <class S, class... Args>
class TemplateSpecMaker final : public SpecMaker {
 public:
  template <class... Given>
  explicit TemplateSpecMaker(std::in_place_t, Given&&... args)
      : arguments_{std::forward<Given>(args)...} {}
  ChildSpec make(DynamicSupervisor& definition) override {
    return std::apply(
        [&](Args&... args) -> ChildSpec {
          return static_cast<S&>(definition).child_spec(std::move(args)...);
        },
        arguments_);
  }

 private:
  std::tuple<Args...> arguments_;
};

template <class S, class... Args>
std::unique_ptr<SpecMaker> make_spec_maker(Args&&... args) {
  (process::check_stored<Args>(), ...);
  return std::make_unique<TemplateSpecMaker<S, process::stored_t<Args>...>>(
      std::in_place, std::forward<Args>(args)...);
}

}  // namespace supervision
}  // namespace coppice
