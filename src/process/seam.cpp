#include <coppice/process/seam.hpp>

#include <coppice/process/current.hpp>
#include <coppice/process/host.hpp>
#include <coppice/process/process.hpp>

namespace coppice::process {

constinit base::Atomic<bool> seam_in_use{false};

Seam::~Seam() = default;

namespace {
constinit thread_local Seam* seam_of_thread = nullptr;
}  // namespace

[[gnu::noinline]] Seam* find_seam() noexcept {
  const Process* const self = current();
  return self == nullptr ? seam_of_thread : self->host.load(base::relaxed)->options().seam;
}

void set_thread_seam(Seam* seam) noexcept { seam_of_thread = seam; }

void tell_wait(const Frame& frame, std::source_location where) noexcept {
  if (Seam* const seam = find_seam()) seam->waits(frame, where);
}

}  // namespace coppice::process
