// A line on the terminal that says how far the run is. Nothing at all if standard error is no terminal.
#pragma once

#include <fmt/core.h>
#include <unistd.h>

#include <cstddef>
#include <cstdio>

#include "money.hpp"

namespace bank {

class Progress {
 public:
  explicit Progress(std::size_t total) : total_{total} {}
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { clear(); }

  void show(std::size_t done, std::size_t killed) {
    if (!terminal_) return;
    fmt::print(stderr, "\r\x1b[K{} of {} transfers, {} processes killed", grouped(done), grouped(total_),
               grouped(killed));
    std::fflush(stderr);
    shown_ = true;
  }

  void clear() {
    if (!shown_) return;
    fmt::print(stderr, "\r\x1b[K");
    std::fflush(stderr);
    shown_ = false;
  }

 private:
  const std::size_t total_;
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
};

}  // namespace bank
