#!/usr/bin/env python3
"""Runs a program and compares what it prints on standard output with a file.

usage: expect_output.py EXPECTED PROGRAM [ARGUMENT...]
       expect_output.py --self-test

In EXPECTED `...` within a line stands for any text in that line, and a line of `...` alone for any number of lines.
The program must exit with 0.
"""
import difflib
import re
import subprocess
import sys


def pattern_of(expected):
    parts = []
    for line in expected.splitlines():
        if line.strip() == "...":
            parts.append(r"(?:[^\n]*\n)*?")
        else:
            parts.append("[^\n]*?".join(re.escape(piece) for piece in line.split("...")) + "\n")
    return "".join(parts)


def matches(expected, actual):
    if actual and not actual.endswith("\n"):
        actual += "\n"
    return re.fullmatch(pattern_of(expected), actual) is not None


def self_test():
    cases = [
        ("a\nb\n", "a\nb\n", True),
        ("a\nb\n", "a\nb", True),
        ("a\nb\n", "a\nc\n", False),
        ("a\nb\n", "a\n", False),
        ("a\n", "a\nb\n", False),
        ("pid <...>\n", "pid <0.4.1>\n", True),
        ("pid <...>\n", "pid <0.4\n.1>\n", False),
        ("a\n...\nz\n", "a\nb\nc\nz\n", True),
        ("a\n...\nz\n", "a\nz\n", True),
        ("a\n...\nz\n", "a\nb\n", False),
        ("1+1\n", "11\n", False),
    ]
    wrong = [case for case in cases if matches(case[0], case[1]) != case[2]]
    for case in wrong:
        print("wrong answer for", case)
    print(f"{len(cases) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    with open(sys.argv[1]) as f:
        expected = f.read()
    result = subprocess.run(sys.argv[2:], stdout=subprocess.PIPE, text=True)
    if result.returncode != 0:
        print(result.stdout)
        print(f"exit code {result.returncode}")
        return 1
    if not matches(expected, result.stdout):
        sys.stdout.writelines(difflib.unified_diff(
            expected.splitlines(True), result.stdout.splitlines(True), "expected", "printed"))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
