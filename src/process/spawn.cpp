#include <coppice/process/spawn.hpp>

#include <coppice/process/control_signals.hpp>
#include <coppice/process/current.hpp>
#include <coppice/process/errors.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/seam.hpp>
#include <coppice/process/table.hpp>
#include <coppice/schedule/dedicated_thread.hpp>

namespace coppice::process {

// The order matters: the runtime counts the process before it can be seen, the slot names the runtime before the process
// is alive, its inbox is open before it is alive (who stops the runtime asks whoever is alive, once), ties are made before it
// can run, and it is schedulable last.
Born give_birth(Host& host, std::unique_ptr<Body> body, const Birth& birth) {
  Seam* const seam = host.options().seam;
  if (seam != nullptr) [[unlikely]] {
    if (!seam->is_here()) seam->only_here("spawn", body->what().name());
    seam->allocates("spawn");
  }
  const std::uint32_t slot = seam == nullptr ? table().allocate() : seam->take_slot();
  if (slot == 0)
    throw ProcessError{ProcessErrorCode::system_limit,
                       fmt::format("spawn: all {} process slots are in use", table().capacity())};
  Process& process = table().at(slot);
  schedule::DedicatedThread* thread = nullptr;
  if (birth.thread == ProcessThread::dedicated) {
    try {
      thread = &host.scheduler().dedicate(process);
    } catch (const std::exception& e) {
      seam == nullptr ? table().release(slot) : seam->give_back(slot);
      throw ProcessError{ProcessErrorCode::system_limit, fmt::format("spawn: no thread of its own: {}", e.what())};
    }
  }
  host.process_born();
  process.host.store(&host, base::release);
  set_server_type(slot, body->server_type());
  process.body = body.release();
  if (thread != nullptr) {
    process.home = Home::dedicated;
    process.rare().runner = thread;
  }
  if (!birth.label.empty()) process.rare().label = birth.label;
  const auto watch = seam == nullptr ? base::Inbox::Watch::off : base::Inbox::Watch::on;
  process.inbox.open(process.life.coming(), base::Inbox::Start::running, watch);
  Born born{Pid{0, slot, process.life.born()}, MonitorRef{}};
  if (Process* parent = birth.parent) {
    const Pid by = parent->pid();
    process.set_parent(by);
    if (birth.link || birth.owned) {
      process.links.add(process, Link{by, birth.owned ? Link::Kind::owned : Link::Kind::mutual});
      parent->links.add(*parent, Link{born.pid, birth.owned ? Link::Kind::owner : Link::Kind::mutual});
    }
    if (birth.monitor) {
      born.ref = MonitorRef{make_ref()};
      parent->rare().monitors.insert(Monitoring{born.ref, born.pid, {}});
      process.watchers.insert(Watcher{born.ref, by, {}});
    }
  }
  if (host.is_stopping()) send_exit(SignalKind::exit, Pid{}, born.pid, ExitReason::kill());
  make_runnable(process);
  return born;
}

Born give_birth_here(std::unique_ptr<Body> body, Birth birth) {
  Process& self = current_or_throw("spawn");
  birth.parent = &self;
  return give_birth(*self.host.load(base::relaxed), std::move(body), birth);
}

}  // namespace coppice::process
