#include <coppice/process/names.hpp>

#include <coppice/process/current.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/process.hpp>
#include <coppice/process/seam.hpp>

namespace coppice {
namespace {

process::Names& names_here(const char* what) {
  return process::current_or_throw(what).host.load(base::relaxed)->names();
}

}  // namespace

std::expected<void, NameError> register_name(Atom name, Pid pid) {
  process::Host* const here = process::current_or_throw("register_name()").host.load(base::relaxed);
  // A dead pid whose slot is another runtime's by now is dead first of all.
  if (is_alive(pid) && process::slot_at(pid.slot()).host.load(base::acquire) != here && is_alive(pid))
    return std::unexpected{NameError::other_runtime};
  return here->names().add(name, pid);
}
bool unregister_name(Atom name) {
  process::Names& names = names_here("unregister_name()");
  if (process::seam_here() != nullptr) process::note_touched(names.find(name).value_or(Pid{}));
  return names.remove(name);
}
std::optional<Pid> whereis(Atom name) { return names_here("whereis()").find(name); }
std::vector<Atom> registered() { return names_here("registered()").all(); }

}  // namespace coppice
