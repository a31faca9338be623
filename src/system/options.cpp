#include <coppice/system/options.hpp>

#include <fmt/core.h>

namespace coppice::hosting {
namespace {

using namespace std::chrono_literals;

void check(const char* option, std::uint64_t value, std::uint64_t least, std::uint64_t most) {
  if (value >= least && value <= most) return;
  throw BadOption{fmt::format("RuntimeOptions.{} is {}: it must be from {} to {}", option, value, least, most)};
}

void check(const char* option, timing::Duration value, timing::Duration least, timing::Duration most) {
  if (value >= least && value <= most) return;
  throw BadOption{fmt::format("RuntimeOptions.{} is {} ns: it must be from {} ns to {} ns", option, value.count(),
                              least.count(), most.count())};
}

}  // namespace

void check_options(const RuntimeOptions& options) {
  check("schedulers", options.schedulers, 0, 1024);
  check("max_spares", options.max_spares, 0, 1024);
  check("stall_after", options.stall_after, 100us, 1h);
  check("report_stall_after", options.report_stall_after, options.stall_after, 1h);
  check("blocking_threads", options.blocking_threads, 1, 16384);
  check("slice_budget", options.slice_budget, 1, 250);
  check("shutdown_grace", options.shutdown_grace, 0s, 1h);
}

}  // namespace coppice::hosting
