#!/usr/bin/env python3
"""A layer includes only itself and the layers before it, and of those only their public headers.

Unit tests of a layer may go further in one way: they may include the umbrella headers, since most rules can be shown
only in a running program.
"""
import re

import tidy

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')
UMBRELLAS = ("coppice/core.hpp", "coppice/coppice.hpp", "coppice/testing.hpp")


def place(path):
    """(kind, layer) of a file; the layer is None for what belongs to none."""
    parts = path.parts
    if parts[:2] == ("include", "coppice"):
        return "include", parts[2] if len(parts) > 3 else None
    if parts[0] == "src":
        return "src", parts[1] if len(parts) > 2 else None
    return "tests", parts[1] if len(parts) > 2 and parts[1] in tidy.LAYERS else None


def fault(kind, layer, bracket, included):
    if ".." in included.split("/"):
        return "includes by a path that goes up"
    if included in UMBRELLAS:
        return None if kind == "tests" else "a layer does not include an umbrella header"
    if included.startswith("coppice/"):
        if bracket == '"':
            return f"public headers are included as <{included}>"
        target = included.split("/")[1]
        if target not in tidy.LAYERS:
            return f"{target} is no layer"
        if tidy.LAYERS.index(target) > tidy.LAYERS.index(layer):
            return f"layer {layer} includes {included}, of a later layer"
        return None
    if included.split("/")[0] in tidy.LAYERS and "/" in included:
        return f"{included} is not a public header: include <coppice/...>, or a private one by its name alone"
    if bracket == '"' and kind == "include":
        return "a public header includes only public headers"
    return None


def check(root):
    complaints = []
    for path in tidy.files(root, "include", "src", "tests"):
        kind, layer = place(path)
        if layer is None:
            continue
        if layer not in tidy.LAYERS:
            complaints.append(f"{path}:1: {layer} is no layer")
            continue
        for number, line in enumerate(tidy.code_lines(root, path), 1):
            match = INCLUDE.match(line)
            wrong = match and fault(kind, layer, match[1], match[2])
            if wrong:
                complaints.append(f"{path}:{number}: {wrong}")
    return complaints


CASES = [
    ({"include/coppice/time/a.hpp": "#include <coppice/base/b.hpp>\n#include <vector>\n"}, []),
    ({"include/coppice/base/a.hpp": "#include <coppice/time/b.hpp>\n"}, ["later layer"]),
    ({"src/base/a.cpp": "#include <coppice/time/b.hpp>\n"}, ["later layer"]),
    ({"tests/base/a.cpp": "#include <coppice/time/b.hpp>\n"}, ["later layer"]),
    ({"tests/base/a.cpp": '#include <coppice/coppice.hpp>\n#include "support/catch.hpp"\n'}, []),
    ({"src/base/a.cpp": '#include <coppice/coppice.hpp>\n'}, ["umbrella"]),
    ({"src/time/a.cpp": '#include "base/private.hpp"\n'}, ["not a public header"]),
    ({"src/time/a.cpp": '#include "private.hpp"\n'}, []),
    ({"src/time/a.cpp": '#include "../base/private.hpp"\n'}, ["goes up"]),
    ({"src/time/a.cpp": '#include "coppice/base/b.hpp"\n'}, ["included as <"]),
    ({"include/coppice/time/a.hpp": '#include "b.hpp"\n'}, ["only public headers"]),
    ({"include/coppice/time/a.hpp": '// #include "b.hpp"\n/*\n#include "b.hpp"\n*/\n'}, []),
    ({"include/coppice/odd/a.hpp": ""}, ["no layer"]),
    ({"include/coppice/coppice.hpp": "#include <coppice/system/runtime.hpp>\n"}, []),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
