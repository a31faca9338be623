// What nearly every unit test includes, compiled once for each program of them. A test includes what it uses all the
// same: a build with -Db_pch=false compiles each file alone.
// (No guard: compilers take it for the main file, and nobody else includes it.)
#include <coppice/coppice.hpp>

#include "tests/support/catch.hpp"
