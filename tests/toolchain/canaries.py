#!/usr/bin/env python3
"""Runs the canaries with one compiler and compares with what docs/compilers.md promises.

usage: canaries.py COMPILER DOCUMENT CANARY.CPP

Fails if a form that the document calls safe is not, or if document and program name different forms. Prints the forms
that this compiler gets wrong or refuses, so that the document can be kept up to date.
"""
import concurrent.futures
import pathlib
import re
import subprocess
import sys
import tempfile

FLAGS = ["-std=c++23", "-g", "-fsanitize=address"]
LEVELS = ["-O0", "-O2"]


def promised(document):
    rows = re.findall(r"^\| `(\w+)` \|[^\n]*\| (safe|unsafe|refused) \|$", pathlib.Path(document).read_text(), re.M)
    return dict(rows)


def build(compiler, source, level, program):
    """True if the forms with lists are in it."""
    command = [*compiler, *FLAGS, level, source, "-o", program]
    if subprocess.run(command, capture_output=True).returncode == 0:
        return True
    subprocess.run(command + ["-DWITHOUT_LISTS"], check=True)
    return False


def sound(program, form):
    try:
        return subprocess.run([program, form], capture_output=True, timeout=60).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def judge(compiler, source, level, forms):
    with tempfile.TemporaryDirectory() as folder:
        program = folder + "/canary"
        build(compiler, source, level, program)
        here = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
        return {form: "refused" if form not in here else "safe" if sound(program, form) else "unsafe"
                for form in list(forms) + [f for f in here if f not in forms]}


def main():
    compiler, document, source = sys.argv[1].split(), sys.argv[2], sys.argv[3]
    forms = promised(document)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        verdicts = list(pool.map(lambda level: judge(compiler, source, level, forms), LEVELS))
    passed = failed = 0
    for form in verdicts[0]:
        found = [verdict[form] for verdict in verdicts]
        if form not in forms:
            failed += 1
            print(f"{form}: not in {document}")
        elif forms[form] == "safe" and set(found) != {"safe"}:
            failed += 1
            print(f"{form}: said to be safe, but is {' and '.join(found)} at {' and '.join(LEVELS)}")
        else:
            passed += 1
            if set(found) != {"safe"}:
                print(f"{form}: {' and '.join(sorted(set(found)))}, as expected")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
