#!/usr/bin/env python3
"""Checks that a program is refused by the compiler, in words that its author understands.

usage: must_not_compile.py COMPILE_COMMANDS NEIGHBOUR FILE WORD...

FILE is compiled as its NEIGHBOUR in COMPILE_COMMANDS is. It must fail, and the first line of the compiler's output that
holds `error:` must hold every WORD.
"""
import json
import os
import shlex
import subprocess
import sys


def command_of(database, source):
    with open(database) as f:
        for entry in json.load(f):
            if os.path.realpath(os.path.join(entry["directory"], entry["file"])) == os.path.realpath(source):
                return entry["directory"], shlex.split(entry["command"])
    sys.exit(f"{database} does not say how {source} is compiled")


def syntax_check(command, file):
    kept = []
    skip = False
    for word in command[:-1]:  # the last word is the neighbour itself
        if skip:
            skip = False
        elif word in ("-o", "-MF", "-MQ", "-MT"):
            skip = True
        elif word not in ("-c", "-MD"):
            kept.append(word)
    return kept + ["-fsyntax-only", file]


def main():
    database, neighbour, file, *words = sys.argv[1:]
    directory, command = command_of(database, neighbour)
    result = subprocess.run(syntax_check(command, file), cwd=directory, capture_output=True, text=True)
    if result.returncode == 0:
        sys.exit(f"{file} was compiled, and must not be")
    errors = [line for line in result.stderr.splitlines() if "error:" in line]
    if not errors:
        sys.exit(f"the compiler failed without an error line:\n{result.stderr}")
    print(errors[0])
    missing = [word for word in words if word not in errors[0]]
    if missing:
        sys.exit(f"the first error does not name {', '.join(missing)}")


if __name__ == "__main__":
    main()
