#!/usr/bin/env python3
"""Every public header compiles alone, and twice in one file, without a warning, with both compilers."""
import os
import subprocess

import tidy

COMPILERS = ["g++", "clang++-19"]
FLAGS = ["-std=c++23", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Werror", "-fsyntax-only", "-x", "c++", "-"]


def check(root):
    def complaint(job):
        compiler, header = job
        include = f"#include <{header.relative_to('include')}>\n"
        result = subprocess.run([compiler, "-I", str(root / "include"), *FLAGS], input=include * 2,
                                capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
        if result.returncode == 0:
            return None
        return f"{header}:1: with {compiler}: {tidy.first_error(result.stderr)}"

    jobs = [(compiler, header) for header in tidy.files(root, "include") for compiler in COMPILERS]
    return [c for c in tidy.in_parallel(complaint, jobs) if c]


CASES = [
    ({"include/coppice/a.hpp": "#pragma once\n#include <string>\nstruct A { std::string s; };\n"}, []),
    ({"include/coppice/a.hpp": "#pragma once\nstruct A { std::string s; };\n"}, ["g++", "clang++-19"]),
    ({"include/coppice/a.hpp": "struct A {};\n"}, ["redefinition", "redefinition"]),
    ({"include/coppice/a.hpp": "#pragma once\ninline char f(int i) { return i; }\n"}, ["conversion", "conversion"]),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
