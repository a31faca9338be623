// How the calling thread is called, for errors.
#pragma once

#include <string>

#include <coppice/base/export.hpp>

namespace coppice::base {

// Its name and the system's number for it: "loader (thread 4711)".
COPPICE_API std::string thread_text();

}  // namespace coppice::base
