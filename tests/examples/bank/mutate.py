#!/usr/bin/env python3
"""Makes a mutant: a copy of a source file with one piece of text replaced. Fails unless that piece is there exactly once.

usage: mutate.py SOURCE TARGET OLD NEW
"""

import pathlib
import sys

source, target, old, new = sys.argv[1:]
text = pathlib.Path(source).read_text()
if text.count(old) != 1:
    sys.exit(f"{source}: {old!r} is there {text.count(old)} times")
pathlib.Path(target).write_text(text.replace(old, new))
