#!/usr/bin/env python3
"""The shape of the tree: what stands at the top, how long files are, how headers begin, and no trace of one machine."""
import re
import socket

import tidy

TOP = {
    "meson.build", "meson_options.txt", "src", "include", "tests", "examples", "subprojects", "docs", "README.md",
    "LICENSE", "dev", ".ci", ".clang-format", ".clang-tidy", ".gitignore", ".gitattributes",
}
LONGEST = 400
MAY_BE_LONGER = {}  # path: limit, with the reason beside it

# A folder of one person or one machine, written so that this line does not hold one itself.
PRIVATE_PATH = re.compile(r"(?<![\w.])/(?:roo[t]|hom[e]/\w+|wor[k])/")


def check(root):
    complaints = []
    for entry in sorted(p.name for p in root.iterdir()):
        if entry not in TOP and not tidy.NOT_OURS.match(entry):
            complaints.append(f"{entry}: does not belong at the top of the tree")

    for path in tidy.files(root, "include", "src", "tests", "examples"):
        lines = (root / path).read_text().splitlines()
        limit = MAY_BE_LONGER.get(str(path), LONGEST)
        if len(lines) > limit:
            complaints.append(f"{path}:{limit}: {len(lines)} lines; split it")
        # A precompiled header is a compiler's main file.
        if path.suffix == ".hpp" and path.parts[1] != "contract" and path.parent.name != "precompiled":
            if "#pragma once" not in lines:
                complaints.append(f"{path}:1: no #pragma once")
            if path.parts[0] == "include" and any(re.match(r"using namespace ", line) for line in lines):
                complaints.append(f"{path}:1: a header opens a namespace for all who include it")

    host = socket.gethostname()
    for path in tidy.files(root, suffixes=None):
        try:
            text = (root / path).read_text()
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if PRIVATE_PATH.search(line):
                complaints.append(f"{path}:{number}: a path of one machine")
            if len(host) > 6 and re.search(rf"\b{re.escape(host)}\b", line):
                complaints.append(f"{path}:{number}: the name of this machine")
    return complaints


CASES = [
    ({"src/a.cpp": "int a;\n" * 400, "include/coppice/a.hpp": "#pragma once\n"}, []),
    ({"src/a.cpp": "int a;\n" * 401}, ["401 lines"]),
    ({"include/coppice/a.hpp": "int a;\n"}, ["#pragma once"]),
    ({"tests/support/precompiled/a.hpp": "int a;\n"}, []),
    ({"include/coppice/a.hpp": "#pragma once\nusing namespace std;\n"}, ["opens a namespace"]),
    ({"notes.txt": ""}, ["does not belong"]),
    ({"bank-states/a": "", "bank-state/journal": "/roo" + "t/x\n", "build/x": ""}, ["does not belong"]),
    ({"docs/a.md": "see /roo" + "t/x\n"}, ["a path of one machine"]),
    ({"docs/a.md": "see /hom" + "e/ann/x or ./roo" + "t/x\n"}, ["a path of one machine"]),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
