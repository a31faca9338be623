#!/usr/bin/env python3
"""The shared library exports what is Coppice's and nothing else.

usage: symbols.py LIBRARY
"""
import re
import subprocess
import sys


def foreign(listing):
    """The lines of `nm -D --defined-only` whose symbol has nothing to do with namespace coppice.

    The standard library's headers and fmt's make their own instantiations visible; these are weak.
    """
    ours = re.compile(r" \w \w*7coppice\w*$")
    of_headers = re.compile(r" [WVu] _Z\w*?(St|3fmt|9__gnu_cxx)")
    return [line for line in listing.splitlines() if not ours.search(line) and not of_headers.search(line)]


def main():
    command = ["nm", "-D", "--defined-only", sys.argv[1]]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    symbols = listing.splitlines()
    wrong = foreign(listing)
    for line in wrong:
        print("exported, but not ours:", line)

    strange = ["00 T _Z6helperi", "00 W _Z6helperIiEvT_", "00 T _ZSt6helperi", "00 B counter"]
    familiar = ["00 T _ZN7coppice5spawnEi", "00 V _ZTIN7coppice3PidE", "00 W _ZNSt6vectorIiSaIiEED1Ev"]
    detects = foreign("\n".join(strange + familiar)) == strange
    if not detects:
        print("self-test failed")
    if not symbols:
        print("nothing is exported")
    passed = int(detects) + int(bool(symbols) and not wrong)
    print(f"{passed} passed, {2 - passed} failed")
    return 0 if passed == 2 else 1


if __name__ == "__main__":
    sys.exit(main())
