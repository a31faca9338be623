#include <coppice/base/error.hpp>

#include <cstdio>
#include <cstdlib>
#include <system_error>

namespace coppice::base {

void fail(std::string_view condition, std::string_view text, std::source_location where) noexcept {
  // One call for the whole line, so that two threads that fail at once stay readable.
  std::fprintf(stderr, "coppice: %s:%u: check failed: %.*s%s%.*s\n", where.file_name(),
               static_cast<unsigned>(where.line()), static_cast<int>(condition.size()),
               condition.data(), text.empty() ? "" : ": ", static_cast<int>(text.size()),
               text.data());
  std::fflush(stderr);
  std::abort();
}

std::string error_text(int error_number) { return std::system_category().message(error_number); }

}  // namespace coppice::base
