#!/usr/bin/env python3
"""Counts the instructions of the ways that most work takes, and compares with what the repository allows.

usage: instructions.py PROGRAM [--write] [--file FILE] [KIND...]

PROGRAM is `instructions`. Callgrind counts a short and a longer run of each kind; the difference is what the
operations took, whatever the start of a program takes, and it does not move with the machine's load. FILE (instructions.txt
beside this script) has a line for each build and kind; a build is a compiler, an optimisation and a processor. More than 5 % above it is a failure: either the change that did it is
mended, or its commit has the new number and says why. More than 5 % below, it is told that the number can be lowered. --write
puts what was measured into the file. The last line is `N passed, M failed`; a build that the file does not know is skipped.
"""
import argparse
import pathlib
import platform
import re
import subprocess
import sys

# kind: (operations of the short run, of the long run). Few, but enough for what comes once in a while to fall out.
RUNS = {
    "send": (4_000, 16_000),
    "receive": (4_000, 16_000),
    "call": (2_000, 8_000),
    "cast": (4_000, 16_000),
    "spawn_exit": (2_000, 8_000),
    "restart": (200, 800),
}
MARGIN = 0.05
SKIPPED = 77  # what Meson takes for a test that was not run
HEADER = """# Instructions of one operation, by build (compiler, optimisation, processor), with one worker; instructions.cpp says what
# each is. `./dev test budget` fails when one takes 5 % more; `./dev bench --instructions` writes this file.
"""


def count(program, kind, operations):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program), "--kind", kind, "--count",
               str(operations)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    collected = re.search(r"Collected : (\d+)", ran.stderr)
    if ran.returncode != 0 or not collected:
        sys.exit(f"instructions.py: {' '.join(command)}: exit code {ran.returncode}\n{ran.stderr[-2000:]}")
    return int(collected[1])


def measure(program, kind):
    short, long = RUNS[kind]
    return (count(program, kind, long) - count(program, kind, short)) / (long - short)


def measured(program, kinds):
    """Yields (kind, instructions). Who receives has been sent to: that is taken off."""
    send = measure(program, "send") if {"send", "receive"} & set(kinds) else 0
    for kind in kinds:
        both = send if kind == "send" else measure(program, kind)
        yield kind, round(both - send if kind == "receive" else both)


def read(file):
    """{(build, kind): instructions}"""
    allowed = {}
    for line in file.read_text().splitlines() if file.exists() else []:
        if line and not line.startswith("#"):
            build, kind, number = line.split()
            allowed[build, kind] = int(number)
    return allowed


def write(file, allowed):
    builds = sorted({build for build, _ in allowed})
    lines = [f"{build:<20} {kind:<10} {allowed[build, kind]:>6}\n"
             for build in builds for kind in RUNS if (build, kind) in allowed]
    file.write_text(HEADER + "".join(lines))


def verdict(kind, now, allowed):
    """What to say of a count, and whether it is too much."""
    if allowed is None:
        return f"{kind}: {now} instructions; instructions.txt has no number for it", True
    said = f"{kind}: {now} instructions, {now / allowed - 1:+.1%} of the {allowed} allowed"
    if now > allowed * (1 + MARGIN):
        return said + ": more than 5 % too many; if that must be, ./dev bench --instructions writes the new number", True
    if now < allowed * (1 - MARGIN):
        return said + ": the number can be lowered, ./dev bench --instructions does it", False
    return said, False


def self_test():
    """The rule itself, before it is relied on."""
    for now, allowed, too_much in [(100, 100, False), (105, 100, False), (106, 100, True), (50, 100, False), (1, None, True)]:
        assert verdict("x", now, allowed)[1] == too_much, (now, allowed)


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("kinds", nargs="*", choices=[*RUNS, []])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--file", type=pathlib.Path, default=pathlib.Path(__file__).resolve().with_name("instructions.txt"))
    given = parser.parse_args()
    self_test()
    given.program = given.program.resolve()
    said = subprocess.run([given.program, "--kind", "build"], capture_output=True, text=True, check=True).stdout
    build = f"{said.strip()}-{platform.machine()}"
    allowed = read(given.file)
    if not given.write and all(known != build for known, _ in allowed):
        print(f"instructions.txt has no numbers for {build}; ./dev bench --instructions writes them")
        return SKIPPED
    failed = []
    kinds = given.kinds or list(RUNS)
    for kind, now in measured(given.program, kinds):
        said, too_much = verdict(kind, now, allowed.get((build, kind)))
        if too_much:
            failed.append(kind)
        allowed[build, kind] = now
        print(said, flush=True)
    if given.write:
        write(given.file, allowed)
        return 0
    print(f"{len(kinds) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
