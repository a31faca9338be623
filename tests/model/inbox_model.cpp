// The inbox: nothing is lost or taken twice, each sender's order holds, exactly one push wakes a
// parked process, and a closed inbox refuses.
#include <coppice/base/inbox.hpp>

#include "subjects.hpp"

namespace model {
namespace {

using namespace coppice::base;

constexpr std::uint32_t generation = 7;

struct Message : InboxNode {
  Plain<int> number{0, "a message"};
  int sender = 0;
};

// A process as far as its inbox is concerned. Whoever has woken it runs it, and nobody else may.
struct Process {
  Inbox inbox;
  Plain<Message*> handed{nullptr, "what the process is woken with"};
  Plain<int> slices{0, "the process"};
  Plain<int> closing{0, "what was done before the close"};
  int received[4] = {};  // by sender: how many
  int last[4] = {};      // and the latest

  void keep(InboxNode* first) {
    while (first != nullptr) {
      auto& message = static_cast<Message&>(*first);
      first = message.next;
      keep_one(message);
    }
  }
  void keep_one(Message& message) {
    const int number = message.number.get();
    check(number > last[message.sender], "a sender's messages are out of order");
    last[message.sender] = number;
    ++received[message.sender];
  }
  void run() {
    if (Message* const first = handed.get()) {
      handed = nullptr;
      keep_one(*first);
    }
    do {
      ++slices.change();
      keep(inbox.take());
    } while (!inbox.park());
  }
};

// Sends `count` messages and runs the process where that is its task. Returns how many were taken.
template <std::size_t Size>
int send_to(Process& process, int sender, Message (&messages)[Size]) {
  int taken = 0;
  for (Message& message : messages) {
    message.sender = sender;
    message.number = taken + 1;
    const Push result = process.inbox.push(message, generation);
    check(result != Push::watched, "watched");
    if (result == Push::refused) {
      check(process.closing.get() == 1, "refused before the close");
      continue;
    }
    ++taken;
    if (result != Push::wake) continue;
    process.handed = &message;
    process.run();
  }
  return taken;
}

void parked() {
  Process process;
  Message first[2];
  Message second[2];
  process.inbox.open(generation, Inbox::Start::parked);
  together({[&] { check(send_to(process, 1, first) == 2, "refused"); },
            [&] { check(send_to(process, 2, second) == 2, "refused"); }});
  check(process.received[1] == 2 && process.received[2] == 2, "a message is lost");
  check(process.inbox.is_parked(generation), "nobody has parked the process");
}

void running() {
  Process process;
  Message first[2];
  Message second[1];
  process.inbox.open(generation, Inbox::Start::running);
  together({[&] { process.run(); }, [&] { (void)send_to(process, 1, first); },
            [&] { (void)send_to(process, 2, second); }});
  check(process.received[1] == 2 && process.received[2] == 1, "a message is lost");
  check(process.inbox.is_parked(generation), "nobody has parked the process");
}

void closing() {
  Process process;
  Message first[2];
  Message second[1];
  int taken[2] = {};
  process.inbox.open(generation, Inbox::Start::running);
  together({[&] {
              process.keep(process.inbox.take());
              process.closing = 1;
              process.keep(process.inbox.close());
            },
            [&] { taken[0] = send_to(process, 1, first); },
            [&] { taken[1] = send_to(process, 2, second); }});
  check(process.received[1] == taken[0], "the first sender's messages");
  check(process.received[2] == taken[1], "the second sender's messages");
}

// The slot has a new tenant: who sends to the old one is refused, and sees all that that one did.
void next_tenant() {
  Process process;
  Message first[2];
  Message late;
  int taken = 0;
  process.inbox.open(generation, Inbox::Start::running);
  together({[&] {
              process.closing = 1;
              process.keep(process.inbox.close());
              process.inbox.open(generation + 1, Inbox::Start::running);
              late.sender = 2;
              late.number = 1;
              check(process.inbox.push(late, generation + 1) == Push::queued, "own message");
              process.keep(process.inbox.take());
            },
            [&] { taken = send_to(process, 1, first); }});
  check(process.received[1] == taken && process.received[2] == 1, "a message is lost");
}

// Who sees that a process is parked sees what it did before; and it may take the park back.
void look_at_parked() {
  Process process;
  Message only[1];
  process.inbox.open(generation, Inbox::Start::running);
  together({[&] {
              process.slices = 1;
              if (process.inbox.park() && process.inbox.unpark())
                check(!process.inbox.is_parked(generation), "parked after all");
            },
            [&] {
              if (process.inbox.is_parked(generation))
                check(process.slices.get() == 1, "parked too early");
            }});
  together({[&] {
              process.keep(process.inbox.take());
              if (!process.inbox.park() || process.inbox.unpark()) process.run();
            },
            [&] { (void)send_to(process, 1, only); }});
  check(process.received[1] == 1, "a message is lost");
}

}  // namespace

Subject inbox() {
  return {.name = "inbox",
          .files = {"inbox.hpp"},
          .scenarios = {{"two senders, parked", parked},
                        {"two senders and the owner", running},
                        {"two senders and a close", closing},
                        {"a sender and the next tenant", next_tenant},
                        {"a look, and a park taken back", look_at_parked}}};
}

}  // namespace model
