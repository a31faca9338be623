#!/usr/bin/env python3
"""Compiles the C++ that README.md and docs hold, so that a reader can trust it.

usage: snippets.py ROOT

Every ```cpp block is a whole program, unless an HTML comment on the line above it says otherwise:

  <!-- snippet: top -->      declarations: the library is included before it, `using namespace coppice` is there
  <!-- snippet: body -->     statements, which stand in a coroutine of type Task<>

A page's `top` blocks are there for all later `top` and `body` blocks of that page; `<!-- snippet: fresh top -->` and
`<!-- snippet: fresh body -->` forget the earlier ones. What is not to be compiled is marked ```text.
Snippets are also searched for the forms that GCC 12 translates wrongly.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tidy"))
import coroutine_faults
import tidy

BLOCK = re.compile(r"(?:^<!-- snippet: ([\w ]+) -->\n+)?^```cpp\n(.*?)^```", re.M | re.S)
KINDS = {None, "top", "body", "fresh top", "fresh body"}
# A #line of another file makes GCC take a snippet for a header, in which unnamed types would be of concern.
COMMAND = ["g++", "-std=c++23", "-Wall", "-Wextra", "-Wno-unused", "-Wno-subobject-linkage", "-Werror",
           "-fsyntax-only"]
HEAD = """#include <coppice/coppice.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>
using namespace coppice;
using namespace std::chrono_literals;
"""


def programs(root):
    """(page, line, program) of each block; the program's lines have the numbers that they have in the page."""
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        if not page.exists():
            continue
        text = page.read_text()
        name = page.relative_to(root)
        before = ""
        for block in BLOCK.finditer(text):
            kind, code = block[1], block[2]
            line = text[:block.start(2)].count("\n") + 1
            placed = f'#line {line} "{name}"\n{code}'
            if kind not in KINDS:
                yield name, line, f'#error "no kind of snippet is called {kind}"\n'
            elif kind is None:
                yield name, line, placed
            else:
                if kind.startswith("fresh"):
                    before = ""
                if kind.endswith("body"):
                    yield name, line, f"{HEAD}{before}\nTask<> snippet_body() {{\n{placed}\nco_return; }}\n"
                else:
                    yield name, line, f"{HEAD}{before}\n{placed}"
                    before += placed


def check(root):
    def complaint(snippet):
        page, line, program = snippet
        with tempfile.NamedTemporaryFile("w", suffix=".cpp") as f:
            f.write(program)
            f.flush()
            result = subprocess.run([*COMMAND, "-I", str(root / "include"), f.name], capture_output=True, text=True)
            if result.returncode != 0:
                return [f"{page}:{line}: {tidy.first_error(result.stderr)}"]
            if "co_await" not in program:
                return []
            return [f"{page}:{line}: {found}" for found in coroutine_faults.findings(root, f.name, everywhere=True)]

    return sum(tidy.in_parallel(complaint, programs(root)), [])


LIBRARY = {"include/coppice/coppice.hpp": coroutine_faults.RUN + """
namespace coppice { template <class T = void> using Task = Run; inline void spawn(int) {} }
"""}


def page(text):
    return {**LIBRARY, "README.md": text.replace("'''", "```")}


CASES = [
    (page("'''cpp\nint main() { return 0; }\n'''\n"), []),
    (page("text\n\n'''cpp\nint main() { return x; }\n'''\n"), ["README.md:4"]),
    (page("<!-- snippet: top -->\n'''cpp\nstruct A {};\n'''\n<!-- snippet: body -->\n'''cpp\nA a; spawn(1);\n'''\n"), []),
    (page("<!-- snippet: top -->\n\n'''cpp\nstruct A {};\n'''\n\n<!-- snippet: fresh body -->\n\n'''cpp\nA a;\n'''\n"),
     ["README.md:10"]),
    (page("<!-- snippet: body -->\n'''cpp\nspawn(nothing);\n'''\n"), ["README.md:3"]),
    (page("<!-- snippet: odd -->\n'''cpp\nint a;\n'''\n"), ["no kind"]),
    (page("'''text\nnot code\n'''\n'''sh\nls\n'''\n"), []),
    (page("<!-- snippet: body -->\n'''cpp\nco_await park(Message{std::string()});\n'''\n"), ["README.md:3"]),
    ({**LIBRARY, "docs/a/b.md": "```cpp\nint x\n```\n"}, ["docs/a/b.md:2"]),
]

if __name__ == "__main__":
    tidy.main(check, CASES)
