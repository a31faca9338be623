// Park and wake: no permit is lost, two in time are one, and what was written before a permit was
// given is seen.
#include <coppice/base/inbox.hpp>
#include <coppice/base/spin_lock.hpp>

#include "subjects.hpp"

namespace model {
namespace {

using namespace coppice::base;
using namespace std::chrono_literals;

void one_permit() {
  Parker parker;
  Plain<int> data{0, "what was written before unpark()"};
  together({[&] {
              parker.park();
              check(data.get() == 1, "woken for nothing");
            },
            [&] {
              data = 1;
              parker.unpark();
            }});
}

// A park ends with the permits that were there: it takes over what their givers wrote, all of them.
// Which ones were there is known because nothing else runs between the last step of park() and the
// look.
void two_permits() {
  Parker parker;
  Plain<int> data[2] = {Plain<int>{0, "the first one's"}, Plain<int>{0, "the second one's"}};
  bool given[2] = {};
  const auto give = [&](int who) {
    data[who] = 1;
    parker.unpark();
    given[who] = true;
  };
  together({[&] {
              parker.park();
              for (int who = 0; who < 2; ++who)
                if (given[who]) check(data[who].get() == 1, "not seen");
            },
            [&] { give(0); }, [&] { give(1); }});
}

void with_a_limit() {
  Parker parker;
  Plain<int> data{0, "what was written before unpark()"};
  together({[&] {
              if (!parker.park_for(1ms)) parker.park();
              check(data.get() == 1, "woken for nothing");
              check(!parker.park_for(0ms), "a permit for nothing");
            },
            [&] {
              data = 1;
              parker.unpark();
            }});
}

// A plain thread that waits for an answer with a time limit (system/external.cpp): its inbox is
// parked while it sleeps, and after the time it takes that back, unless a push was faster.
void wait_for_answer() {
  Inbox inbox;
  Parker parker;
  InboxNode answer;
  Plain<InboxNode*> handed{nullptr, "what the thread is woken with"};
  Plain<int> data{0, "the answer"};
  bool received = false;
  inbox.open(1, Inbox::Start::running);
  together({[&] {
              for (int rounds = 0; rounds < 2; ++rounds) {
                if (handed.get() != nullptr || inbox.take() != nullptr) {
                  received = true;
                  check(data.get() == 1, "an empty answer");
                  return;
                }
                if (!inbox.park()) continue;
                if (!parker.park_for(1ms) && !inbox.unpark()) parker.park();
              }
            },
            [&] {
              data = 1;
              const Push result = inbox.push(answer, 1);
              check(result != Push::refused && result != Push::watched, "refused");
              if (result != Push::wake) return;
              handed = &answer;
              parker.unpark();
            }});
  check(received || handed.get() == &answer || inbox.close() == &answer, "the answer is lost");
}

void spin_lock() {
  SpinLock lock;
  Plain<int> sum{0, "what the lock guards"};
  const auto add = [&] {
    const SpinGuard guard{lock};
    sum = sum.get() + 1;
  };
  together({add, add});
  check(sum.get() == 2, "an addition is lost");
}

void try_spin_lock() {
  SpinLock lock;
  Plain<int> sum{0, "what the lock guards"};
  const auto add = [&] {
    if (!lock.try_lock()) return;
    sum = sum.get() + 1;
    lock.unlock();
  };
  together({add, add, add});
}

}  // namespace

Subject parker() {
  return {.name = "parker",
          .files = {"sync.cpp"},
          .scenarios = {{"one permit", one_permit},
                        {"two permits", two_permits},
                        {"with a limit", with_a_limit, {.early_timeouts = 1}},
                        {"an answer in time or late", wait_for_answer, {.early_timeouts = 2}}}};
}

Subject spin_locks() {
  return {.name = "spin lock",
          .files = {"spin_lock.hpp"},
          .scenarios = {{"two threads", spin_lock}, {"three that try", try_spin_lock}}};
}

}  // namespace model
