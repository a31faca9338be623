// The workloads of the benchmarks on CAF (0.17, package libcaf-dev): peer_caf FIGURE WORKERS COUNT
// SIZE. Prints the time of one operation in nanoseconds, or its bytes.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "peer_caf.hpp"

namespace {

using namespace peer;
using caf::actor;
using caf::behavior;
using caf::event_based_actor;
using caf::scoped_actor;

using Ping = caf::atom_constant<caf::atom("ping")>;
using Pong = caf::atom_constant<caf::atom("pong")>;
using Add = caf::atom_constant<caf::atom("add")>;
using Get = caf::atom_constant<caf::atom("get")>;
using Token = caf::atom_constant<caf::atom("token")>;
using Follow = caf::atom_constant<caf::atom("follow")>;
using Stop = caf::atom_constant<caf::atom("stop")>;
using Sum = caf::atom_constant<caf::atom("sum")>;
using Item = caf::atom_constant<caf::atom("item")>;

// --- ping_pong
// ------------------------------------------------------------------------------------

behavior ponger(event_based_actor* self) {
  return {[=](Ping, const actor& from) { self->send(from, Pong::value); }};
}

struct PingerState {
  Number left = 0;
};
behavior pinger(caf::stateful_actor<PingerState>* self, actor driver) {
  const actor other = self->spawn(ponger);
  const actor me{self};
  return {[=](Go, Number rounds) {
            self->state.left = rounds;
            self->send(other, Ping::value, me);
          },
          [=](Pong) {
            if (--self->state.left == 0)
              self->send(driver, Done::value);
            else
              self->send(other, Ping::value, me);
          }};
}

Measured ping_pong(caf::actor_system& system, Number count, Number pairs) {
  scoped_actor self{system};
  Actors pingers;
  for (Number i = 0; i < pairs; ++i) pingers.push_back(system.spawn(pinger, actor{self}));
  const Number rounds = count / (2 * pairs);
  play(self, pingers, rounds / 10 + 1);
  return {seconds([&] { play(self, pingers, rounds); }), rounds * 2 * pairs};
}

// --- counting, burst, cast
// ------------------------------------------------------------------------

struct CounterState {
  Number value = 0;
};
behavior counter(caf::stateful_actor<CounterState>* self) {
  return {[=](Add, Number by) { self->state.value += by; }, [=](Get) { return self->state.value; }};
}

struct FlooderState {
  Number left = 0;
};
behavior flooder(caf::stateful_actor<FlooderState>* self, actor to, Number batch, actor driver) {
  const auto send_batch = [=] {
    for (Number i = 0; i < batch; ++i) self->send(to, Add::value, Number{1});
    self->send(to, Get::value);
  };
  return {[=](Go, Number count) {
            self->state.left = count;
            send_batch();
          },
          [=](Number) {
            if ((self->state.left -= batch) <= 0)
              self->send(driver, Done::value);
            else
              send_batch();
          }};
}

Measured flood(caf::actor_system& system, Number count, Number batch) {
  scoped_actor self{system};
  const Actors flooders{system.spawn(flooder, system.spawn(counter), batch, actor{self})};
  play(self, flooders, 2 * batch);
  return {seconds([&] { play(self, flooders, count); }), count};
}

Measured counting(caf::actor_system& system, Number count, Number) {
  return flood(system, count, 1'000'000);
}
Measured burst(caf::actor_system& system, Number count, Number) {
  return flood(system, count, 1'000);
}
Measured cast(caf::actor_system& system, Number count, Number) {
  return flood(system, count, 100'000);
}

// --- ring
// -----------------------------------------------------------------------------------------

behavior member(event_based_actor* self, actor next, actor driver) {
  return {[=](Token, Number hops) {
    if (hops == 0)
      self->send(driver, Done::value);
    else
      self->send(next, Token::value, hops - 1);
  }};
}
behavior first_member(event_based_actor* self, actor driver) {
  return {[=](Follow, const actor& next) { self->become(member(self, next, driver)); }};
}

Measured ring(caf::actor_system& system, Number count, Number size) {
  scoped_actor self{system};
  const actor first = system.spawn(first_member, actor{self});
  actor next = first;
  for (Number i = 1; i < size; ++i) next = system.spawn(member, next, actor{self});
  self->send(first, Follow::value, next);
  const auto go_round = [&](Number hops) {
    self->send(first, Token::value, hops);
    await_done(self);
  };
  go_round(count / 10);
  return {seconds([&] { go_round(count); }), count};
}

// --- call
// -----------------------------------------------------------------------------------------

behavior adder(caf::stateful_actor<CounterState>* self) {
  return {[=](Add, Number by) { return self->state.value += by; }};
}

void call_again(event_based_actor* self, const actor& server, Number left, const actor& driver) {
  if (left == 0) return self->send(driver, Done::value);
  self->request(server, std::chrono::seconds{5}, Add::value, Number{1}).then([=](Number) {
    call_again(self, server, left - 1, driver);
  });
}
behavior caller(event_based_actor* self, actor server, actor driver) {
  return {[=](Go, Number count) { call_again(self, server, count, driver); }};
}

Measured call(caf::actor_system& system, Number count, Number) {
  scoped_actor self{system};
  const Actors callers{system.spawn(caller, system.spawn(adder), actor{self})};
  play(self, callers, count / 10);
  return {seconds([&] { play(self, callers, count); }), count};
}

// --- spawn_exit
// -----------------------------------------------------------------------------------

constexpr Number batch = 100;
std::atomic<Number> left_of_batch{0};

behavior short_life(event_based_actor* self, actor spawner) {
  return {[=](Stop) {
    if (left_of_batch.fetch_sub(1) == 1) self->send(spawner, Done::value);
    self->quit();
  }};
}
behavior spawner(caf::stateful_actor<PingerState>* self, actor driver) {
  const actor me{self};
  const auto start_batch = [=] {
    left_of_batch = batch;
    for (Number i = 0; i < batch; ++i) self->send(self->spawn(short_life, me), Stop::value);
  };
  return {[=](Go, Number count) {
            self->state.left = count;
            start_batch();
          },
          [=](Done) {
            if ((self->state.left -= batch) <= 0)
              self->send(driver, Done::value);
            else
              start_batch();
          }};
}

Measured spawn_exit(caf::actor_system& system, Number count, Number live) {
  scoped_actor self{system};
  Actors idle;
  for (Number i = 0; i < live; ++i) idle.push_back(system.spawn(ponger));
  const Actors spawners{system.spawn(spawner, actor{self})};
  play(self, spawners, count / 10);
  return {seconds([&] { play(self, spawners, count); }), count};
}

// --- skynet
// ---------------------------------------------------------------------------------------

struct NodeState {
  Number sum = 0;
  int heard = 0;
};
behavior node(caf::stateful_actor<NodeState>* self, actor parent, Number number, Number leaves) {
  if (leaves == 1) {
    self->send(parent, Sum::value, number);
    return {};  // which ends it
  }
  const Number share = leaves / 10;
  for (Number i = 0; i < 10; ++i) self->spawn(node, actor{self}, number + i * share, share);
  return {[=](Sum, Number value) {
    self->state.sum += value;
    if (++self->state.heard < 10) return;
    self->send(parent, Sum::value, self->state.sum);
    self->quit();
  }};
}

Measured skynet(caf::actor_system& system, Number, Number leaves) {
  scoped_actor self{system};
  const auto run = [&](Number size) {
    system.spawn(node, actor{self}, Number{0}, size);
    Number sum = -1;
    self->receive([&](Sum, Number value) { sum = value; });
    if (sum != size * (size - 1) / 2) std::exit(1);
  };
  run(10'000);
  return {seconds([&] { run(leaves); }), 1};
}

// --- big
// ------------------------------------------------------------------------------------------

struct PlayerState {
  Actors others;
  std::minstd_rand random;
  Number left = 0;
};
behavior player(caf::stateful_actor<PlayerState>* self, actor driver, unsigned seed) {
  self->state.random.seed(seed);
  const actor me{self};
  const auto ping = [=] {
    PlayerState& state = self->state;
    std::uniform_int_distribution<std::size_t> whom{0, state.others.size() - 1};
    self->send(state.others[whom(state.random)], Ping::value, me);
  };
  return {[=](Follow, const actor& other) {
            if (other != me) self->state.others.push_back(other);
          },
          [=](Go, Number rounds) {
            self->state.left = rounds;
            ping();
          },
          [=](Ping, const actor& from) { self->send(from, Pong::value); },
          [=](Pong) {
            if (--self->state.left == 0)
              self->send(driver, Done::value);
            else
              ping();
          }};
}

Measured big(caf::actor_system& system, Number count, Number size) {
  scoped_actor self{system};
  Actors players;
  for (Number i = 0; i < size; ++i)
    players.push_back(system.spawn(player, actor{self}, static_cast<unsigned>(i + 1)));
  for (const actor& one : players)
    for (const actor& other : players) self->send(one, Follow::value, other);
  const Number rounds = count / (2 * size);
  play(self, players, rounds / 10 + 1);
  return {seconds([&] { play(self, players, rounds); }), rounds * 2 * size};
}

// --- fan_in
// ---------------------------------------------------------------------------------------

behavior consumer(caf::stateful_actor<CounterState>* self, Number items, actor driver) {
  return {[=](Item, Number value) {
    if ((self->state.value += value) < items) return;
    self->state.value = 0;
    self->send(driver, Done::value);
  }};
}
behavior producer(event_based_actor* self, actor to) {
  return {[=](Go, Number items) {
    for (Number i = 0; i < items; ++i) self->send(to, Item::value, Number{1});
  }};
}

Measured fan_in(caf::actor_system& system, Number count, Number size) {
  constexpr Number round = 1'000'000;
  const Number share = round / size;
  scoped_actor self{system};
  const actor to = system.spawn(consumer, share * size, actor{self});
  Actors producers;
  for (Number i = 0; i < size; ++i) producers.push_back(system.spawn(producer, to));
  const auto flood_often = [&](Number rounds) {
    for (Number i = 0; i < rounds; ++i) {
      for (const actor& one : producers) self->send(one, Go::value, share);
      await_done(self);
    }
  };
  flood_often(2);
  return {seconds([&] { flood_often(count / round); }), count / round * share * size};
}

// --- idle_server
// ----------------------------------------------------------------------------------

double resident_bytes() {
  std::FILE* file = std::fopen("/proc/self/status", "r");
  char line[256];
  double bytes = 0;
  while (file != nullptr && std::fgets(line, sizeof line, file) != nullptr)
    if (std::strncmp(line, "VmRSS:", 6) == 0) bytes = std::atof(line + 6) * 1024;
  if (file != nullptr) std::fclose(file);
  return bytes;
}

Measured idle_server(caf::actor_system& system, Number count, Number) {
  scoped_actor self{system};
  Actors idle;
  idle.reserve(static_cast<std::size_t>(count + 1));
  const auto start_one = [&] {
    idle.push_back(system.spawn(adder));
    self->request(idle.back(), caf::infinite, Add::value, Number{1})
        .receive([](Number) {}, [](const caf::error&) { std::exit(1); });
  };
  start_one();
  const double before = resident_bytes();
  for (Number i = 0; i < count; ++i) start_one();
  return {resident_bytes() - before, count};
}

const Figures messages{{"ping_pong", ping_pong},
                                            {"counting", counting},
                                            {"burst", burst},
                                            {"cast", cast},
                                            {"ring", ring},
                                            {"call", call},
                                            {"big", big},
                                            {"fan_in", fan_in},
                                            {"spawn_exit", spawn_exit},
                                            {"skynet", skynet},
                                            {"idle_server", idle_server}};

}  // namespace

int main(int argc, char** argv) {
  Figures figures = savina();
  figures.insert(messages.begin(), messages.end());
  if (argc != 5 || figures.count(argv[1]) == 0) {
    std::fprintf(stderr, "usage: peer_caf FIGURE WORKERS COUNT SIZE\n");
    return 2;
  }
  caf::actor_system_config config;
  config.set("scheduler.max-threads", static_cast<std::size_t>(std::atoll(argv[2])));
  caf::actor_system system{config};
  const std::string name = argv[1];
  const Measured measured = figures.at(name)(system, std::atoll(argv[3]), std::atoll(argv[4]));
  const double unit = name == "idle_server" ? 1 : 1e9;
  std::printf("%.6g\n", measured.amount * unit / static_cast<double>(measured.operations));
  std::fflush(stdout);
  std::_Exit(0);  // the processes that are left wait for ever
}
