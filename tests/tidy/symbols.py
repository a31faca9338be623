#!/usr/bin/env python3
"""The shared library exports what is Coppice's and nothing else.

usage: symbols.py LIBRARY
"""
import re
import subprocess
import sys


def foreign(listing):
    """The lines of `nm -DC --defined-only` whose symbol is not of namespace coppice."""
    special = r"(typeinfo( name)?|vtable|VTT|guard variable|construction vtable|(non-)?virtual thunk to|TLS \w+ function)"
    return [line for line in listing.splitlines()
            if not re.search(rf"^\S* ?\w ({special} (for |to )?)?([\w:<>*& ]+ )?coppice::", line)
            and not re.search(r" [Ww] (void |[\w:]+ )?.*\bcoppice::", line)]


def main():
    command = ["nm", "-DC", "--defined-only", sys.argv[1]]
    listing = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    symbols = listing.splitlines()
    wrong = foreign(listing)
    for line in wrong:
        print("exported, but not ours:", line)

    detects = foreign("0000 T helper(int)\n0000 T coppice::spawn(int)\n0000 V typeinfo for coppice::Pid\n") == [
        "0000 T helper(int)"]
    if not detects:
        print("self-test failed")
    if not symbols:
        print("nothing is exported")
    passed = int(detects) + int(bool(symbols) and not wrong)
    print(f"{passed} passed, {2 - passed} failed")
    return 0 if passed == 2 else 1


if __name__ == "__main__":
    sys.exit(main())
