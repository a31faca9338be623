#include <coppice/behaviour/handler_table.hpp>

#include <algorithm>
#include <utility>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/events.hpp>
#include <coppice/process/guarded.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/links.hpp>
#include <coppice/process/send.hpp>

namespace coppice {

namespace {

std::string describe(HandlerError::Kind kind, const ExitReason& reason) {
  switch (kind) {
    case HandlerError::Kind::not_found: return "the event manager has no such handler";
    case HandlerError::Kind::failed: return "the handler was not added: " + reason.text();
    case HandlerError::Kind::crashed: return "the handler crashed: " + reason.text();
    case HandlerError::Kind::unreachable:
      return "the event manager did not answer: " + reason.text();
  }
  return {};
}

}  // namespace

HandlerError::HandlerError(Kind kind, ExitReason reason)
    : std::runtime_error{describe(kind, reason)}, kind_{kind}, reason_{std::move(reason)} {}

namespace behaviour {
namespace {

// What its supervising process is told of a handler's end.
ExitReason told_reason(const HandlerEnd& why) {
  switch (why.kind) {
    case HandlerEnd::Kind::stopped: return ExitReason::shutdown();
    case HandlerEnd::Kind::crashed: return why.reason;
    default: return ExitReason::normal();
  }
}

void report(const HandlerBody& handler, process::TypeId doing, const ExitReason& reason) {
  process::Process& self = process::current_or_throw("an event manager");
  process::Host& host = *self.host.load(base::relaxed);
  process::HandlerReport what;
  what.manager = self.pid();
  what.manager_name = host.names().name_of(self.pid()).value_or(Atom{});
  what.handler = handler.type().name();
  if (doing) what.doing = doing.name();
  what.reason = reason;
  host.events().handler_crashed(what);
}

}  // namespace

HandlerBody::~HandlerBody() = default;

ExitReason reason_of_handler(std::exception_ptr error) {
  ExitReason reason;
  process::guarded(
      process::current_or_throw("an event handler"),
      [&error] { std::rethrow_exception(std::move(error)); },
      [&reason](ExitReason why) { reason = std::move(why); });
  return reason;
}

std::uint64_t HandlerTable::add(std::unique_ptr<HandlerBody> handler, Pid supervisor) {
  handler->number = ++last_number_;
  handler->supervisor = supervisor;
  if (supervisor) tie(supervisor);
  handlers_.push_back(std::move(handler));
  return last_number_;
}

HandlerBody* HandlerTable::find(std::uint64_t number, process::TypeId type) const noexcept {
  const auto found = std::find_if(handlers_.begin(), handlers_.end(),
                                  [&](const auto& h) { return h->number == number; });
  return found == handlers_.end() || !((*found)->type() == type) ? nullptr : found->get();
}

std::vector<HandlerInfo> HandlerTable::list() const {
  std::vector<HandlerInfo> all;
  for (const auto& h : handlers_) all.emplace_back(h->number, h->type().name(), h->supervisor);
  return all;
}

// While a handler is suspended only it can be removed, by the manager that waits for it: numbers
// grow along the table, so the next one is the first with a larger number.
Task<> HandlerTable::spread(std::size_t index, const void* event, process::TypeId event_type) {
  std::uint64_t done = 0;
  for (;;) {
    const auto next =
        std::upper_bound(handlers_.begin(), handlers_.end(), done,
                         [](std::uint64_t number, const auto& h) { return number < h->number; });
    if (next == handlers_.end()) co_return;
    HandlerBody& handler = **next;
    done = handler.number;
    std::exception_ptr error;
    Handled handled;
    try {
      handler.handle(index, event, handled);
      if (handled.later) handled.next = co_await *handled.later;
    } catch (...) {
      error = std::current_exception();
    }
    if (error) {
      (void)co_await crashed(done, std::move(error), event_type);
    } else if (handled.next.removes()) {
      HandlerEnd why{HandlerEnd::Kind::removed, ExitReason::normal()};
      co_await end(done, std::move(why));
    }
  }
}

Task<ExitReason> HandlerTable::crashed(std::uint64_t number, std::exception_ptr error,
                                       process::TypeId doing) {
  const ExitReason reason = reason_of_handler(std::move(error));
  for (const auto& h : handlers_)
    if (h->number == number) report(*h, doing, reason);
  HandlerEnd why{HandlerEnd::Kind::crashed, reason};
  co_await end(number, std::move(why));
  co_return reason;
}

Task<> HandlerTable::end(std::uint64_t number, HandlerEnd why, std::uint64_t successor) {
  const std::unique_ptr<HandlerBody> handler = take(number);
  if (handler == nullptr) co_return;
  std::exception_ptr error;
  try {
    std::optional<Task<>> ending = handler->terminate(why);
    if (ending) co_await *ending;
  } catch (...) {
    error = std::current_exception();
  }
  if (error) report(*handler, {}, reason_of_handler(std::move(error)));
  if (!handler->supervisor) co_return;
  if (why.kind != HandlerEnd::Kind::supervisor_ended)
    process::send_message(handler->supervisor,
                          base::pool_new<process::MessageSignal<HandlerExit>>(number, successor, told_reason(why)));
  untie(handler->supervisor);
}

Task<> HandlerTable::supervisor_ended(Pid supervisor, ExitReason reason) {
  std::vector<std::uint64_t> theirs;
  for (const auto& h : handlers_)
    if (h->supervisor == supervisor) theirs.push_back(h->number);
  for (const std::uint64_t number : theirs) {
    HandlerEnd why{HandlerEnd::Kind::supervisor_ended, reason};
    co_await end(number, std::move(why));
  }
}

Task<> HandlerTable::end_all(ExitReason reason) {
  while (!handlers_.empty()) {
    HandlerEnd why{HandlerEnd::Kind::stopped, reason};
    co_await end(handlers_.front()->number, std::move(why));
  }
}

std::unique_ptr<HandlerBody> HandlerTable::take(std::uint64_t number) noexcept {
  const auto found = std::find_if(handlers_.begin(), handlers_.end(),
                                  [&](const auto& h) { return h->number == number; });
  if (found == handlers_.end()) return nullptr;
  std::unique_ptr<HandlerBody> taken = std::move(*found);
  handlers_.erase(found);
  return taken;
}

// A link that was there before, to the parent above all, is not taken away with the last handler.
void HandlerTable::tie(Pid supervisor) {
  const auto known = std::find_if(ties_.begin(), ties_.end(),
                                  [&](const Tie& t) { return t.supervisor == supervisor; });
  if (known != ties_.end()) {
    ++known->handlers;
    return;
  }
  const bool ours = !process::is_linked(supervisor);
  ties_.push_back({supervisor, 1, ours});
  if (ours) link(supervisor);
}

void HandlerTable::untie(Pid supervisor) {
  const auto known = std::find_if(ties_.begin(), ties_.end(),
                                  [&](const Tie& t) { return t.supervisor == supervisor; });
  if (known == ties_.end() || --known->handlers > 0) return;
  if (known->ours) unlink(supervisor, flush);
  ties_.erase(known);
}

}  // namespace behaviour
}  // namespace coppice
