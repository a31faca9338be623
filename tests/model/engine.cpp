#include "engine.hpp"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <string_view>

#include "run.hpp"

namespace model {

Run run;

namespace {

bool acquires(Order order) {
  return order == std::memory_order_acquire || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}
bool releases(Order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}
bool is_sc(Order order) { return order == std::memory_order_seq_cst; }

void take_over(Clock& mine, const Clock& other) {
  for (unsigned i = 0; i < max_threads; ++i) mine[i] = std::max(mine[i], other[i]);
}

// The order that stands there, or the weaker one that is planted.
Order order_at(const Where& where, Order order, const char* operation, bool failure = false) {
  if (order == std::memory_order_relaxed) return order;
  if (run.planted != nullptr)
    return run.planted->site.same_place(where, failure) ? run.planted->order : order;
  for (const Site& site : run.sites)
    if (site.same_place(where, failure)) return order;
  run.sites.push_back({.file = where.file_name(),
                       .function = where.function_name(),
                       .line = where.line(),
                       .column = where.column(),
                       .on_failure = failure,
                       .operation = operation,
                       .order = order});
  return order;
}

Location& at(unsigned& location) {
  // Zeroed memory is a valid atomic.
  if (location == 0) {
    location = make_location(0);
    run.locations[location].stores[0].time = 0;
  }
  return run.locations[location];
}

constexpr std::uint32_t patience = 3;

// The oldest value that the thread may still read.
std::uint32_t floor_of(const ModelThread& thread, const Location& location, bool sc) {
  std::uint32_t floor = sc ? location.sc_floor : 0;
  for (auto i = static_cast<std::uint32_t>(location.stores.size()); i-- > floor;) {
    const Store& store = location.stores[i];
    if (store.time <= thread.clock[store.thread]) {
      floor = i;
      break;
    }
  }
  for (const Location::Seen& seen : location.seen)
    if (seen.index > floor && seen.time <= thread.clock[seen.thread]) floor = seen.index;
  const Location::Old& old = location.old[run.now];
  if (old.times >= patience && old.index == floor && floor + 1 < location.stores.size()) ++floor;
  return floor;
}

void note_old(Location& location, std::uint32_t index) {
  run.count_stale();
  Location::Old& old = location.old[run.now];
  old = {index, old.index == index ? old.times + 1 : 1};
}

void note_seen(Location& location, unsigned thread, std::uint32_t time, std::uint32_t index) {
  for (auto it = location.seen.rbegin(); it != location.seen.rend(); ++it)
    if (it->thread == thread && it->index >= index) return;
  location.seen.push_back({thread, time, index});
}

// The thread has read that value.
void read(unsigned id, std::uint32_t index, Order order) {
  ModelThread& me = run.current();
  Location& location = run.locations[id];
  note_seen(location, run.now, me.clock[run.now], index);
  if (acquires(order)) take_over(me.clock, location.stores[index].brings);
  const auto newest = static_cast<std::uint32_t>(location.stores.size() - 1);
  if (is_sc(order)) {
    location.sc_floor = std::max(location.sc_floor, index);
    run.wake_after_sc_read(id, index, newest);
  }
}

void append(unsigned id, Bits value, Order order, const Store* continued) {
  ModelThread& me = run.current();
  Location& location = run.locations[id];
  Store made{.value = value, .thread = run.now, .time = me.clock[run.now], .brings = {}};
  if (continued != nullptr) made.brings = continued->brings;
  if (releases(order)) take_over(made.brings, me.clock);
  location.stores.push_back(made);
  const auto index = static_cast<std::uint32_t>(location.stores.size() - 1);
  if (is_sc(order)) location.sc_floor = index;
  run.wake_after_write(id, index);
  if (run.foresees()) run.stored(id, index, continued == nullptr);
}

Bits changed(Change kind, Bits old, Bits operand) {
  switch (kind) {
    case Change::exchange: return operand;
    case Change::add: return old + operand;
    case Change::subtract: return old - operand;
    case Change::bit_or: return old | operand;
    case Change::bit_and: return old & operand;
  }
  std::abort();
}

}  // namespace

unsigned make_location(Bits initial) {
  if (!run.active) std::abort();  // an atomic outside of a program
  const unsigned id = run.next_location++;
  if (id >= run.locations.size()) run.locations.resize(id + 64);
  if (id >= run.shared.size()) run.shared.resize(id + 64, false);
  Location& location = run.locations[id];
  location.stores.clear();
  location.seen.clear();
  location.old.fill({});
  location.used = {};
  location.sc_floor = 0;
  location.locked = false;
  location.released = {};
  location.users = location.writers = 0;
  location.stores.push_back(
      {.value = initial, .thread = run.now, .time = run.current().clock[run.now], .brings = {}});
  return id;
}

void end_location(unsigned id) {
  if (id == 0 || !run.active) return;
  const Clock& clock = run.current().clock;
  for (unsigned i = 0; i < max_threads; ++i)
    if (run.locations[id].used[i] > clock[i]) return fail("an atomic was in use when it ended");
}

Bits load(unsigned& id, Order written, const Where& where) {
  const Order order = order_at(where, written, "load");
  (void)at(id);
  run.before({.kind = Pending::Kind::access, .sc = is_sc(order), .location = id});
  ModelThread& me = run.current();
  Location& location = run.locations[id];
  const auto newest = static_cast<std::uint32_t>(location.stores.size() - 1);
  std::uint32_t count = 1;
  if (newest > 0 && run.may_be_stale(me))
    count += newest - std::min(newest, std::max(floor_of(me, location, is_sc(order)), me.fresh));
  const List<Bits>* const ahead =
      order == std::memory_order_relaxed ? run.foreseen(id, newest + 1 - count) : nullptr;
  const std::uint32_t all =
      count + (ahead == nullptr ? 0 : static_cast<std::uint32_t>(ahead->size()));
  const std::uint32_t chosen = all == 1 ? 0 : run.choose_value(all);
  if (chosen >= count) {
    const Bits value = (*ahead)[chosen - count];
    run.foresee(id, value);
    run.note("load ahead", where, id, value);
    return value;
  }
  const std::uint32_t index = newest - chosen;
  if (index != newest) note_old(location, index);
  read(id, index, order);
  run.note("load", where, id, location.stores[index].value, index != newest);
  return location.stores[index].value;
}

void store(unsigned& id, Bits value, Order written, const Where& where) {
  const Order order = order_at(where, written, "store");
  (void)at(id);
  run.before({.kind = Pending::Kind::access, .sc = is_sc(order), .writes = true, .location = id});
  append(id, value, order, nullptr);
  run.note("store", where, id, value);
}

Bits change(unsigned& id, Change kind, Bits operand, Bits mask, Order written, const Where& where) {
  const Order order = order_at(where, written, kind == Change::exchange ? "exchange" : "change");
  (void)at(id);
  run.before({.kind = Pending::Kind::access, .sc = is_sc(order), .writes = true, .location = id});
  const Store last = run.locations[id].stores.back();
  read(id, static_cast<std::uint32_t>(run.locations[id].stores.size() - 1), order);
  append(id, changed(kind, last.value, operand) & mask, order, &last);
  run.note(kind == Change::exchange ? "exchange" : "change", where, id,
           run.locations[id].stores.back().value);
  return last.value;
}

bool compare_exchange(unsigned& id, Bits& expected, Bits desired, Order success, Order failure,
                      const Where& where) {
  const Order on_success = order_at(where, success, "compare_exchange");
  const Order on_failure = order_at(where, failure, "compare_exchange", true);
  (void)at(id);
  run.before({.kind = Pending::Kind::access,
              .sc = is_sc(on_success) || is_sc(on_failure),
              .writes = true,
              .location = id});
  ModelThread& me = run.current();
  Location& location = run.locations[id];
  const auto newest = static_cast<std::uint32_t>(location.stores.size() - 1);
  std::uint32_t index = newest;
  // It may also fail because of a value that is no longer the latest.
  if (newest > 0 && run.may_be_stale(me)) {
    const std::uint32_t floor = std::max(floor_of(me, location, is_sc(on_failure)), me.fresh);
    std::uint32_t others = 0;
    for (std::uint32_t i = floor; i < newest; ++i)
      if (location.stores[i].value != expected) ++others;
    std::uint32_t chosen = others == 0 ? 0 : run.choose_value(others + 1);
    for (std::uint32_t i = newest; chosen > 0;)
      if (location.stores[--i].value != expected && --chosen == 0) index = i;
  }
  if (index != newest) note_old(location, index);
  const Store found = location.stores[index];
  if (index == newest && found.value == expected) {
    read(id, index, on_success);
    append(id, desired, on_success, &found);
    run.note("compare_exchange", where, id, desired);
    return true;
  }
  read(id, index, on_failure);
  run.note("compare_exchange failed", where, id, found.value, index != newest);
  expected = found.value;
  return false;
}

// A lock's word is only known to the checker; unlocking is no decision, as it can always be done at
// once with what comes before it.
void lock(unsigned id) {
  run.before({.kind = Pending::Kind::lock, .writes = true, .location = id});
  Location& location = run.locations[id];
  location.locked = true;
  take_over(run.current().clock, location.released);
  run.wake_after_write(id, 0);
  run.note("lock", {}, id, 1);
}

void unlock(unsigned id) {
  Location& location = run.locations[id];
  if (!location.locked) return fail("unlock of a lock that nobody holds");
  location.locked = false;
  location.released = run.current().clock;
  ++run.current().clock[run.now];
  run.note("unlock", {}, id, 0);
}

bool sleep(unsigned id, Bits expected, bool timed) {
  run.before({.kind = Pending::Kind::access, .writes = true, .location = id});
  // Before or after: what is done to the word meanwhile decides whether it sleeps.
  run.wake_after_write(id, 0);
  const bool sleeps = run.locations[id].stores.back().value == expected;
  run.note(sleeps ? "sleep" : "no sleep", {}, id, expected);
  return sleeps && run.sleep(id, timed);
}

void sleep_at_once(unsigned id) {
  run.touch(id, true);
  run.wake_after_write(id, 0);
  run.note("sleep", {}, id, 0);
  (void)run.sleep(id, false);
}

void wake(unsigned id, bool all) {
  run.before({.kind = Pending::Kind::access, .writes = true, .location = id});
  run.wake_after_write(id, 0);
  run.note("wake", {}, id, 0);
  run.wake_sleepers(id, all);
}

void yield() {
  run.current().yielded = true;
  run.before({});
  run.current().latest_only = true;
}

void pause() {
  if (run.pauses_yield()) yield();
}

unsigned spawn(Program body) { return run.start_thread(std::move(body)); }

void join(unsigned thread) {
  run.before({.kind = Pending::Kind::join, .location = thread});
  take_over(run.current().clock, run.threads[thread].clock);
}

void together(std::initializer_list<Program> parts) {
  unsigned first = 0;
  for (const Program& part : parts) {
    const unsigned number = spawn(part);
    if (first == 0) first = number;
  }
  for (unsigned i = 0; i < parts.size(); ++i) join(first + i);
}

void outside(const std::function<void()>& work) {
  use_arena(false);
  work();
  use_arena(true);
}

void check(bool holds, const char* text, std::source_location where) {
  if (holds) return;
  run.note("check", where, 0, 0);
  fail(text);
}

void separate(void* object, std::size_t size) {
  if (size > sizeof run.current().local) std::abort();
  run.separate_object = static_cast<char*>(object);
  run.separate_size = size;
  std::memset(object, 0, size);
}

void Uses::read(const char* name) const {
  const Clock& clock = run.current().clock;
  if (written_ > clock[writer_]) run.race(name);
  read_[run.now] = clock[run.now];
}

void Uses::write(const char* name) {
  const Clock& clock = run.current().clock;
  if (written_ > clock[writer_]) run.race(name);
  for (unsigned i = 0; i < threads; ++i)
    if (read_[i] > clock[i]) run.race(name);
  writer_ = run.now;
  written_ = clock[run.now];
}

}  // namespace model
