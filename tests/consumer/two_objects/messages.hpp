// What two shared objects say to each other. Both are built with hidden symbols, so each has type information of its
// own for these; the library compares types so that they are the same.
#pragma once

#include <coppice/coppice.hpp>

#include <string>

struct Question {
  coppice::Pid from;
  std::string text;
};
struct Answer {
  std::string text;
};
// An exit reason of the program's own.
struct Refusal {
  int code;
};

// Each in a shared object of its own.
[[gnu::visibility("default")]] coppice::Pid spawn_answerer();
[[gnu::visibility("default")]] coppice::Task<int> ask(coppice::Pid answerer);
