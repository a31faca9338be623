// The parts of the library that are checked, one file each.
#pragma once

#include "subject.hpp"

namespace model {

Subject inbox();
Subject ring();
Subject parker();
Subject spin_locks();
Subject lifo_slot();
Subject crew();

}  // namespace model
