// One exploration and the run of the program that it is at.
#pragma once

#include <string>

#include "engine.hpp"

namespace model {

class Run {
 public:
  Outcome explore(const Program&, const Bounds&, const Weakening*);

  // For the operations.
  ModelThread& current() noexcept { return threads[now]; }
  // Announces what the thread does next; returns when it is its turn.
  void before(const Pending&);
  // Notes who uses a place.
  void touch(unsigned location, bool writes);
  // One of `count` values; the first is explored first.
  std::uint32_t choose_value(std::uint32_t count);
  bool may_be_stale(ModelThread&) noexcept;
  void count_stale() noexcept { ++stale_reads_; }
  bool pauses_yield() const noexcept { return bounds_.pauses_yield; }
  bool sleep(unsigned location, bool timed);
  void wake_sleepers(unsigned location, bool all);
  unsigned start_thread(Program);
  void race(const char* name);
  // The program does what it must not; with a value that has not been stored yet it goes on, as
  // without the store it is no run at all.
  void violated(std::string what);
  [[noreturn]] void broken(std::string what);
  void note(const char* what, const Where&, unsigned location, Bits value, bool stale = false);

  // Values that are stored later. Which there may be is known from the runs before; when there is a
  // new one the exploration begins again.
  bool foresees() const noexcept { return bounds_.foresight; }
  const List<Bits>* foreseen(unsigned location, std::uint32_t oldest);
  void foresee(unsigned location, Bits value);
  void stored(unsigned location, std::uint32_t index, bool plainly);

  // The reduction. A thread whose next operation was explored from an earlier state sleeps until an
  // operation is done that does not commute with it, and then gives only what is new. A load
  // commutes with a store if it gives an older value.
  void wake_after_write(unsigned location, std::uint32_t index) noexcept;
  void wake_after_sc_read(unsigned location, std::uint32_t index, std::uint32_t newest) noexcept;

  bool active = false;
  unsigned now = 0;
  ModelThread threads[max_threads];
  List<Location> locations;
  unsigned next_location = 1;
  List<char> shared;  // by location: two threads use it and one of them writes
  const Weakening* planted = nullptr;
  List<Site> sites;
  char* separate_object = nullptr;
  std::size_t separate_size = 0;

 private:
  // A decision: which thread, or which value.
  struct Node {
    bool of_threads;
    unsigned chosen;
    unsigned left;  // threads: set of those to be explored; values: how many there are
    unsigned done;  // threads: set of those that were explored
  };
  struct Step {
    unsigned thread;
    const char* what;
    const char* file;
    unsigned line;
    unsigned location;
    Bits value;
    bool stale;
  };
  // A value that was given before it was stored.
  struct Foreseen {
    bool made = false;
    bool open = false;  // it has not been stored yet
    unsigned thread = 0;
    unsigned location = 0;
    std::uint32_t time = 0;
    Bits value = 0;
  };
  struct Stored {
    Bits value;
    unsigned thread;
  };
  static constexpr unsigned nobody = max_threads;

  static void entry();
  void one_run(const Program&);
  bool backtrack();
  unsigned choose();
  bool choose_local(unsigned& chosen) const noexcept;
  unsigned choose_among(unsigned enabled);
  bool reduces() const noexcept { return bounds_.preemptions == unlimited; }
  bool can_go_on(const ModelThread&) const noexcept;
  void change_to(unsigned thread);
  [[noreturn]] void leave();
  [[noreturn]] void cut();
  bool after_foreseen(unsigned location) noexcept;
  [[noreturn]] void stuck();
  std::string trace() const;

  Bounds bounds_;
  const Program* program_ = nullptr;
  Fiber explorer_;
  List<Node> nodes_;
  std::size_t position_ = 0;  // in nodes_
  List<Step> steps_;
  unsigned spawners_[max_threads] = {};
  unsigned count_ = 0;  // of threads
  unsigned alive_ = 0;
  unsigned last_ = 0;  // who did the last operation
  unsigned preemptions_ = 0;
  unsigned stale_reads_ = 0;
  unsigned early_timeouts_ = 0;
  enum class End { whole, cut, failed, begin_again } end_ = End::whole;
  Foreseen foreseen_;
  std::vector<List<Stored>> stored_;  // by location, in all runs so far
  List<Bits> candidates_;
  bool new_value_ = false;
  std::string failure_;
  std::string trace_;
};

extern Run run;

}  // namespace model
