#include <coppice/supervision/starter.hpp>

namespace coppice::supervision {

Starter::~Starter() = default;

}  // namespace coppice::supervision
