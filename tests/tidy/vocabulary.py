#!/usr/bin/env python3
"""The names that stand directly in namespace coppice are those that docs/vocabulary.md lists, no more and no fewer.

The compiler is asked for the namespace's lookup table, so nothing that a program could see is missed. In the document
a section `## core.hpp` or `## coppice.hpp` lists, in the first cell of its tables' rows, what that header gives; the
second header includes the first. Operators, and the namespaces of the layers, are not vocabulary.
"""
import re
import subprocess

import tidy

HEADERS = ["core.hpp", "coppice.hpp"]
CORE_AT_MOST = 120  # a page
NAMESPACES = {"base", "timing", "schedule", "process", "behaviour", "supervision", "hosting", "observe", "persist",
              "distribute", "testing"}
FRIENDS = {"hash_value", "mark_of"}  # found through an argument's type alone, but in the table all the same


def listed(root):
    """{header: names} as the document has them."""
    document = root / "docs" / "vocabulary.md"
    names = {header: set() for header in HEADERS}
    section = None
    for line in document.read_text().splitlines() if document.exists() else []:
        heading = re.match(r"## (\S+)", line)
        if heading:
            section = names.get(heading[1])
        elif section is not None and line.startswith("|"):
            section.update(re.findall(r"`(\w+)`", line.split("|")[1]))
    return names


def exported(root, header):
    """The names in namespace coppice after including the header, or a complaint as a string."""
    command = ["clang++-19", "-std=c++23", "-I", str(root / "include"), "-fsyntax-only", "-x", "c++", "-",
               "-Xclang", "-ast-dump-lookups", "-Xclang", "-ast-dump-filter=coppice"]
    result = subprocess.run(command, input=f"#include <coppice/{header}>\n", capture_output=True, text=True)
    if result.returncode != 0:
        return f"include/coppice/{header}:1: {tidy.first_error(result.stderr)}"
    names = set()
    inside = False
    for line in result.stdout.splitlines():
        if line.startswith("StoredDeclsMap"):
            inside = re.match(r"StoredDeclsMap Namespace \S+ 'coppice'$", line)
        name = inside and re.match(r"[|`]-DeclarationName '(\w+)'$", line)
        if name and not name[1].startswith("operator"):
            names.add(name[1])
    return names - NAMESPACES - FRIENDS


def check(root):
    complaints = []
    expected = set()
    for header, names in listed(root).items():
        expected |= names
        actual = exported(root, header)
        if isinstance(actual, str):
            complaints.append(actual)
            continue
        complaints += [f"docs/vocabulary.md:1: {header} gives {n}, which is not listed" for n in sorted(actual - expected)]
        complaints += [f"docs/vocabulary.md:1: {header} does not give {n}" for n in sorted(expected - actual)]
        if header == "core.hpp" and len(actual) > CORE_AT_MOST:
            complaints.append(f"include/coppice/core.hpp:1: {len(actual)} names; a page holds {CORE_AT_MOST}")
    return complaints


def tree(core, all_of_it, document):
    head = "#pragma once\n#include <string>\n"
    return {"include/coppice/core.hpp": head + core,
            "include/coppice/coppice.hpp": "#pragma once\n#include <coppice/core.hpp>\n" + all_of_it,
            "docs/vocabulary.md": document}


DOCUMENT = "## core.hpp\n| name | what `it` is |\n|---|---|\n| `Pid`, `spawn` | a `thing` |\n## coppice.hpp\n| `Agent` | |\n"
GOOD = ("namespace coppice::base { struct Hidden {}; using Text = std::string; }\n"
        "namespace coppice { struct Pid { friend bool operator==(Pid, Pid) = default; }; int spawn(int); }\n")
CASES = [
    (tree(GOOD, "namespace coppice { class Agent; }\n", DOCUMENT), []),
    (tree(GOOD, "", DOCUMENT), ["does not give Agent"]),
    (tree(GOOD + "namespace coppice { using base::Text; }\n", "namespace coppice { class Agent; }\n", DOCUMENT),
     ["core.hpp gives Text", "coppice.hpp gives Text"]),
    (tree(GOOD + "namespace coppice { enum Old { left }; template <class T> concept Any = true; }\n",
          "namespace coppice { class Agent; }\n", DOCUMENT),
     ["core.hpp gives Any", "gives Old", "gives left"] + ["coppice.hpp gives"] * 3),
    (tree(GOOD + "namespace coppice { namespace inner { int x; } }\n", "namespace coppice { class Agent; }\n", DOCUMENT),
     ["gives inner"] * 2),
    (tree("broken\n", "", DOCUMENT), ["error", "error"]),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
