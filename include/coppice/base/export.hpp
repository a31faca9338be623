// COPPICE_API marks what the library exports: its symbols are hidden by default, so that a program sees only the
// public functions and types, in the shared and in the static library alike.
#pragma once

#if defined(_WIN32)
#error "Coppice runs on Linux only: its inbox word relies on 47-bit user pointers."
#endif
#if __cplusplus < 202100L
#error "Coppice needs C++23: compile with -std=c++23."
#endif

#define COPPICE_API [[gnu::visibility("default")]]
