// The workloads of the Savina collection on CAF.
#include <cstdlib>

#include "peer_caf.hpp"

namespace {

using namespace peer;
using caf::actor;
using caf::behavior;
using caf::scoped_actor;

using Meet = caf::atom_constant<caf::atom("meet")>;
using Change = caf::atom_constant<caf::atom("change")>;
using Closed = caf::atom_constant<caf::atom("closed")>;
using Left = caf::atom_constant<caf::atom("left")>;
using Transfer = caf::atom_constant<caf::atom("transfer")>;
using Deposit = caf::atom_constant<caf::atom("deposit")>;
using Candidate = caf::atom_constant<caf::atom("candidate")>;
using Count = caf::atom_constant<caf::atom("count")>;
using Sum = caf::atom_constant<caf::atom("sum")>;

Number next_sum(scoped_actor& self) {
  Number sum = -1;
  self->receive([&](Sum, Number value) { sum = value; });
  return sum;
}

// --- chameneos
// ------------------------------------------------------------------------------------

int made_of(int one, int other) { return one == other ? one : 3 - one - other; }

struct CreatureState {
  int color = 0;
  Number meetings = 0;
};
behavior creature(caf::stateful_actor<CreatureState>* self, actor mall, int color) {
  self->state.color = color;
  const actor me{self};
  const auto meet_again = [=](int new_color) {
    self->state.color = new_color;
    ++self->state.meetings;
    self->send(mall, Meet::value, me, new_color);
  };
  self->send(mall, Meet::value, me, color);
  return {[=](Meet, const actor& other, int its) {
            const int made = made_of(self->state.color, its);
            self->send(other, Change::value, made);
            meet_again(made);
          },
          [=](Change, int made) { meet_again(made); },
          [=](Closed) {
            self->send(mall, Left::value, self->state.meetings);
            self->quit();
          }};
}

struct MallState {
  actor waiting;
  Number to_come = 0;
  Number left = 0;
  Number sum = 0;
};
behavior mall(caf::stateful_actor<MallState>* self, actor driver, Number creatures,
              Number meetings) {
  self->state.to_come = meetings;
  for (Number i = 0; i < creatures; ++i)
    self->spawn(creature, actor{self}, static_cast<int>(i % 3));
  return {[=](Meet, const actor& from, int color) {
            MallState& state = self->state;
            if (state.to_come == 0) return self->send(from, Closed::value);
            if (!state.waiting) {
              state.waiting = from;
              return;
            }
            self->send(state.waiting, Meet::value, from, color);
            state.waiting = nullptr;
            --state.to_come;
          },
          [=](Left, Number its) {
            self->state.sum += its;
            if (++self->state.left < creatures) return;
            self->send(driver, Sum::value, self->state.sum);
            self->quit();
          }};
}

Measured chameneos(caf::actor_system& system, Number count, Number creatures) {
  scoped_actor self{system};
  const auto open_mall = [&](Number meetings) {
    system.spawn(mall, actor{self}, creatures, meetings);
    if (next_sum(self) != 2 * meetings) std::exit(1);
  };
  open_mall(count / 10);
  return {seconds([&] { open_mall(count); }), count};
}

// --- bank_transactions
// ----------------------------------------------------------------------------

struct AccountState {
  Number cents = 1'000'000;
};
behavior account(caf::stateful_actor<AccountState>* self) {
  return {[=](Deposit, Number amount) { return self->state.cents += amount; },
          [=](Transfer, const actor& to, Number amount, const actor& teller) {
            self->request(to, std::chrono::seconds{5}, Deposit::value, amount).await([=](Number) {
              self->state.cents -= amount;
              self->send(teller, Done::value);
            });
          }};
}

constexpr Number at_a_time = 50'000;

struct TellerState {
  Number left = 0;
  Number pending = 0;
  actor driver;
};
behavior teller(caf::stateful_actor<TellerState>* self, Actors accounts, actor driver) {
  const actor me{self};
  const auto ask_all = [=] {
    const std::size_t paying = accounts.size() * 4 / 5;
    const std::size_t paid = accounts.size() - paying;
    self->state.pending = at_a_time;
    for (std::size_t i = 0; i < at_a_time; ++i)
      self->send(accounts[i % paying], Transfer::value, accounts[paying + i % paid], Number{1}, me);
  };
  return {[=](Go, Number count) {
            self->state.left = count;
            ask_all();
          },
          [=](Done) {
            if (--self->state.pending > 0) return;
            if ((self->state.left -= at_a_time) <= 0)
              self->send(driver, Done::value);
            else
              ask_all();
          }};
}

Measured bank_transactions(caf::actor_system& system, Number count, Number size) {
  scoped_actor self{system};
  Actors accounts;
  for (Number i = 0; i < size; ++i) accounts.push_back(system.spawn(account));
  const Actors tellers{system.spawn(teller, accounts, actor{self})};
  play(self, tellers, at_a_time);
  const double took = seconds([&] { play(self, tellers, count); });
  Number sum = 0;
  for (const actor& one : accounts)
    self->request(one, caf::infinite, Deposit::value, Number{0})
        .receive([&](Number cents) { sum += cents; }, [](const caf::error&) { std::exit(1); });
  if (sum != size * 1'000'000) std::exit(1);
  return {took, count};
}

// --- sieve
// ----------------------------------------------------------------------------------------

struct FilterState {
  actor next;
};
behavior filter(caf::stateful_actor<FilterState>* self, Number prime, actor driver) {
  return {[=](Candidate, Number number) {
            actor& next = self->state.next;
            if (number % prime == 0) return;
            if (next)
              self->send(next, Candidate::value, number);
            else
              next = self->spawn(filter, number, driver);
          },
          [=](Count, Number before) {
            if (self->state.next)
              self->send(self->state.next, Count::value, before + 1);
            else
              self->send(driver, Sum::value, before + 1);
            self->quit();
          }};
}

Measured sieve(caf::actor_system& system, Number, Number limit) {
  scoped_actor self{system};
  const auto run = [&](Number below) {
    const actor first = system.spawn(filter, Number{3}, actor{self});
    for (Number n = 5; n < below; n += 2) self->send(first, Candidate::value, n);
    self->send(first, Count::value, Number{1});
    next_sum(self);
  };
  run(limit / 10);
  return {seconds([&] { run(limit); }), 1};
}

// --- fibonacci
// ------------------------------------------------------------------------------------

struct SumState {
  Number sum = 0;
  int heard = 0;
};
behavior fibonacci_of(caf::stateful_actor<SumState>* self, actor parent, Number n) {
  if (n <= 2) {
    self->send(parent, Sum::value, Number{1});
    return {};  // which ends it
  }
  self->spawn(fibonacci_of, actor{self}, n - 1);
  self->spawn(fibonacci_of, actor{self}, n - 2);
  return {[=](Sum, Number value) {
    self->state.sum += value;
    if (++self->state.heard < 2) return;
    self->send(parent, Sum::value, self->state.sum);
    self->quit();
  }};
}

Number processes(Number n) { return n <= 2 ? 1 : processes(n - 1) + processes(n - 2) + 1; }

Measured fibonacci(caf::actor_system& system, Number, Number n) {
  scoped_actor self{system};
  const auto run = [&](Number of) {
    system.spawn(fibonacci_of, actor{self}, of);
    next_sum(self);
  };
  run(n - 5);
  return {seconds([&] { run(n); }), processes(n)};
}

}  // namespace

peer::Figures peer::savina() {
  return {{"chameneos", chameneos},
          {"bank_transactions", bank_transactions},
          {"sieve", sieve},
          {"fibonacci", fibonacci}};
}
