#include <coppice/base/format.hpp>

namespace coppice::base {

fmt::appender write_text(fmt::appender out, std::string_view text) {
  for (const char c : text) *out++ = c;
  return out;
}

}  // namespace coppice::base
