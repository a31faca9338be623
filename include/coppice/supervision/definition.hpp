// A supervisor's definition: the object of the user's class. It is made in the supervisor's process
// from arguments that travelled there, by the server that runs behind it.
#pragma once

#include <memory>
#include <tuple>
#include <type_traits>
#include <utility>

#include <coppice/base/block_pool.hpp>
#include <coppice/base/export.hpp>
#include <coppice/behaviour/server_core.hpp>
#include <coppice/process/spawn.hpp>

namespace coppice {

class DynamicSupervisor;
class Supervisor;

namespace supervision {

class DynamicServer;
class SupervisorServer;

// Makes the user's object in the supervisor's process.
template <class Base>
class DefinitionSource : public base::PoolAllocated {
 public:
  virtual ~DefinitionSource() = default;
  virtual std::unique_ptr<Base> make() = 0;
};

// Constructs the user's object from arguments that travelled to the new process.
template <class Base, class S, class... Args>
class DefinitionMaker final : public DefinitionSource<Base> {
 public:
  template <class... Given>
  explicit DefinitionMaker(std::in_place_t, Given&&... args)
      : arguments_{std::forward<Given>(args)...} {}
  std::unique_ptr<Base> make() override {
    return std::apply(
        [](Args&... args) -> std::unique_ptr<Base> {
          return std::make_unique<S>(std::move(args)...);
        },
        arguments_);
  }

 private:
  [[no_unique_address]] std::tuple<Args...> arguments_;
};

template <class Base, class S, class... Args>
std::unique_ptr<DefinitionSource<Base>> make_definition(Args&&... args) {
  static_assert(std::is_constructible_v<S, process::stored_t<Args>...>,
                "start<S>(args...): S must be constructible from the arguments, each given as an "
                "rvalue copy");
  return std::make_unique<DefinitionMaker<Base, S, process::stored_t<Args>...>>(
      std::in_place, std::forward<Args>(args)...);
}

COPPICE_API std::unique_ptr<behaviour::ServerCore> host_supervisor(
    std::unique_ptr<DefinitionSource<Supervisor>> source);
COPPICE_API std::unique_ptr<behaviour::ServerCore> host_dynamic_supervisor(
    std::unique_ptr<DefinitionSource<DynamicSupervisor>> source);

}  // namespace supervision
}  // namespace coppice
