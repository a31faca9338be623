#!/usr/bin/env python3
"""Prints how many checks passed and failed in a Meson test log: `PASSED FAILED`.

A log that is not there is one failure. A test that ends its output with `N passed, M failed` counts as those; any other counts as one. A test that failed (or
ran into its time limit, or crashed) is at least one failure, whatever it printed.
"""
import json
import re
import sys


def counts(entry):
    failed = entry["result"] not in ("OK", "EXPECTEDFAIL", "SKIP")
    lines = entry.get("stdout", "").strip().splitlines()
    last = re.fullmatch(r"(\d+) passed, (\d+) failed", lines[-1].strip()) if lines else None
    if last:
        return int(last[1]), max(int(last[2]), int(failed))
    return (0, 1) if failed else (int(entry["result"] != "SKIP"), 0)


def main():
    try:
        with open(sys.argv[1]) as f:
            results = [counts(json.loads(line)) for line in f if line.strip()]
    except FileNotFoundError:
        results = [(0, 1)]
    print(sum(p for p, _ in results), sum(f for _, f in results))


if __name__ == "__main__":
    main()
