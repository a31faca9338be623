#!/usr/bin/env python3
"""Names that may stand only in certain places of include and src, and why. One row a rule."""
import re

import tidy

SYNC = ("include/coppice/base/sync.hpp", "src/base/sync.cpp", "src/base/machine.cpp")
MACHINE = SYNC + ("include/coppice/time/", "src/time/", "include/coppice/schedule/", "src/schedule/")
NOWHERE = ()

# (what it looks like, where it may stand, what the complaint says)
RULES = [
    (r"\bstd::(atomic\w*|memory_order\w*)\b|#\s*include\s*<atomic>|\b__(atomic|sync)_\w+",
     SYNC, "atomics are named in base/sync.hpp alone: a model checker must be able to stand in"),
    (r"\bstd::((recursive_|shared_|timed_)*mutex|condition_variable\w*|(lock_guard|unique_lock|scoped_lock|shared_lock)"
     r"|call_once|once_flag|latch|barrier|(counting|binary)_semaphore)\b"
     r"|#\s*include\s*<(mutex|shared_mutex|condition_variable|latch|barrier|semaphore)>|\bpthread_(mutex|cond|rwlock)\w*",
     SYNC, "locks are named in base/sync.hpp alone"),
    (r"\bstd::(j?thread|this_thread)\b|#\s*include\s*<thread>|\bpthread_(create|join|self|setname_np)\b|\bsched_yield\b"
     r"|\bbase::Thread\b",
     MACHINE, "threads are the scheduler's business"),
    (r"\b(steady|system|high_resolution|utc|file)_clock::now\b|\b(clock_gettime|gettimeofday|clock_nanosleep|nanosleep"
     r"|usleep|__rdtsc|__builtin_ia32_rdtsc)\b|\bsleep_(for|until)\b",
     MACHINE, "clocks are read through the time layer, or simulated time has no effect"),
    (r"\bstd::(random_device|mt19937\w*|default_random_engine|minstd_rand0?)\b|#\s*include\s*<random>"
     r"|\b(getrandom|getentropy|s?rand|rand_r|drand48)\s*\(",
     MACHINE, "random numbers come from base/random.hpp, seeded"),
    (r"\b(atomic_thread_fence|__sync_synchronize|_mm_[lms]fence|__builtin_ia32_[lms]fence)\b",
     NOWHERE, "no standalone fences: ThreadSanitizer cannot follow them"),
    (r"\batomic_signal_fence\b",
     SYNC, "a fence of the compiler alone is half of base::AsymmetricBarrier, and nothing without its other half"),
    (r"^\s*#\s*define\s+(?!COPPICE_)\w+",
     ("src/",), "a macro in a public header is everybody's: it begins with COPPICE_"),
]


def check(root):
    complaints = []
    for path in tidy.files(root, "include", "src"):
        for number, line in enumerate(tidy.code_lines(root, path), 1):
            for pattern, places, reason in RULES:
                found = re.search(pattern, line)
                if found and not str(path).startswith(places):
                    complaints.append(f"{path}:{number}: {found[0].strip()}: {reason}")
    return complaints


CASES = [
    ({"src/process/a.cpp": "std::atomic<int> a;\n"}, ["atomics"]),
    ({"src/process/a.cpp": "#include <atomic>\n"}, ["atomics"]),
    ({"src/process/a.cpp": "a.load(std::memory_order_relaxed);\n"}, ["atomics"]),
    ({"include/coppice/base/sync.hpp": "#include <atomic>\nstd::atomic<int> a; std::mutex m; std::thread t;\n"}, []),
    ({"src/schedule/a.cpp": "std::mutex m;\n"}, ["locks"]),
    ({"src/schedule/a.cpp": "base::Thread t;\n"}, []),
    ({"src/process/a.cpp": "std::shared_mutex m;\n"}, ["locks"]),
    ({"src/process/a.cpp": "base::Thread t;\n"}, ["threads"]),
    ({"src/process/a.cpp": "std::this_thread::yield();\n"}, ["threads"]),
    ({"src/process/a.cpp": "auto t = std::chrono::steady_clock::now();\n"}, ["clocks"]),
    ({"src/time/a.cpp": "clock_gettime(CLOCK_MONOTONIC, &t);\n"}, []),
    ({"src/system/a.cpp": "std::random_device d;\n"}, ["random"]),
    ({"src/system/a.cpp": "int x = rand();\n"}, ["random"]),
    ({"src/system/a.cpp": "int x = operand(1);\n"}, []),
    ({"src/base/sync.cpp": "std::atomic_thread_fence(std::memory_order_seq_cst);\n"}, ["fences"]),
    ({"src/process/a.cpp": "atomic_signal_fence(seq_cst);\n"}, ["other half"]),
    ({"include/coppice/base/sync.hpp": "std::atomic_signal_fence(seq_cst);\n"}, []),
    ({"src/process/a.cpp": '// std::atomic\nconst char* s = "std::mutex";\nint n = 1\'000;\n'}, []),
    ({"tests/process/a.cpp": "std::atomic<int> a;\n"}, []),
    ({"include/coppice/base/a.hpp": "#define COPPICE_A 1\n#  define CHECK 1\n"}, ["everybody's"]),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
