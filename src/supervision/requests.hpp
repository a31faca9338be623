// What is said to the servers behind supervisors. Programs use the verbs of supervisor_ref.hpp;
// from a plain thread these are what Runtime::call takes.
#pragma once

#include <string>
#include <utility>

#include <coppice/process/pid.hpp>
#include <coppice/supervision/child_spec.hpp>

namespace coppice::supervision {

struct StartChild {
  explicit StartChild(ChildSpec child) : spec{std::move(child)} {}
  ChildSpec spec;
};

// To supervisors whose children have ids.
struct RestartChild {
  explicit RestartChild(std::string child) : id{std::move(child)} {}
  std::string id;
};
struct TerminateChild {
  explicit TerminateChild(std::string child) : id{std::move(child)} {}
  std::string id;
};
struct DeleteChild {
  explicit DeleteChild(std::string child) : id{std::move(child)} {}
  std::string id;
};
struct WhichChild {
  explicit WhichChild(std::string child) : id{std::move(child)} {}
  std::string id;
};
struct GetChildSpec {
  explicit GetChildSpec(std::string child) : id{std::move(child)} {}
  std::string id;
};

// To dynamic supervisors.
struct TerminateProcess {
  Pid pid;
};
struct WhichProcess {
  Pid pid;
};
struct GetProcessSpec {
  Pid pid;
};

// To both.
struct WhichChildren {};
struct CountChildren {};

// From a supervisor to itself: the restart that failed is to be tried again.
struct TryRestart {
  explicit TryRestart(std::string child) : id{std::move(child)} {}
  std::string id;
};
struct TryRestartProcess {
  Pid former;
};

}  // namespace coppice::supervision
