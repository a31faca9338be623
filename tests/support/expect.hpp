// EXPECT for code that runs in a process or on a thread of its own. Catch2's assertions may only be used by one thread
// at a time and throw when they are REQUIREs; EXPECT may be used by any number of threads, never throws, and its
// condition may contain co_await. A failure is counted against the test case that runs when it is found.
#pragma once

namespace coppice::test {

void expect(bool ok, const char* what, const char* file, int line);

}  // namespace coppice::test

#define EXPECT(...) ::coppice::test::expect(static_cast<bool>(__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
