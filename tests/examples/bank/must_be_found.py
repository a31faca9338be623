#!/usr/bin/env python3
"""Runs the bank's simulation with a fault planted in the bank, which it must find: by a failed check of ours, not by a crash.

usage: must_be_found.py PROGRAM...
"""
import pathlib
import re
import subprocess
import sys
import time

found = 0
for program in sys.argv[1:]:
    begin = time.monotonic()
    run = subprocess.run([program, "--abort"], capture_output=True, text=True)
    report = re.search(r"^ *(?:(\d+) schedules were run|seed (\d+) fails)", run.stdout, re.M)
    reason = re.search(r"^ *((?:invariant|main_failed|waits_for_ever): .*)", run.stdout, re.M)
    is_found = 0 < run.returncode < 128 and report is not None and reason is not None
    found += is_found
    name = pathlib.Path(program).name.removeprefix("bank_simulation_")
    print(f"{name}: {'found' if is_found else 'MISSED'} with seed {report[1] or report[2] if report else '?'} "
          f"in {time.monotonic() - begin:.1f} s; {reason[1] if reason else run.stdout[-2000:] + run.stderr[-2000:]}")
missed = len(sys.argv) - 1 - found
print(f"{found} passed, {missed} failed")
sys.exit(1 if missed else 0)
