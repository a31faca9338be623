#!/usr/bin/env python3
"""What a page of README.md or docs quotes from a file of the project stands in that file.

usage: quotes.py ROOT
       quotes.py --write ROOT     puts what the files hold now into the pages

A quote is a fenced block below an HTML comment that names the file and the line it begins with:

  <!-- from examples/hello/main.cpp: class Counter ... public: | void handle_cast ... }; -->

It goes on through the next line that begins with what is after `...`, or, without that, to the end of the paragraph (an
empty line, or the end of a fenced block). After `|` comes another piece from further down, which an empty line parts from
the one before. Indentation does not count, and is taken off if all lines have it. A comment for snippets.py may stand between the first comment and the block.
"""
import pathlib
import re
import sys
import textwrap

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "tidy"))
import tidy

QUOTE = re.compile(r"^<!-- from (?P<file>\S+): (?P<pieces>.+?) -->\n+"
                   r"(?:<!-- snippet: [\w ]+ -->\n+)?```\w*\n(?P<text>.*?)^```", re.M | re.S)


def place(lines, begin, start):
    """The first line from `start` on that begins so."""
    return next((i for i in range(start, len(lines)) if lines[i].lstrip().startswith(begin)), None)


def end_of_paragraph(lines, start):
    return next((i for i in range(start, len(lines)) if not lines[i].strip() or lines[i].startswith("```")), len(lines))


def quoted(root, quote):
    """The text that the file holds for a quote, and what is wrong with it."""
    path = root / quote["file"]
    if not path.is_file():
        return None, f"there is no file {quote['file']}"
    lines = path.read_text().splitlines(keepends=True)
    pieces, at = [], 0
    for piece in quote["pieces"].split(" | "):
        first, _, last = piece.partition(" ... ")
        begin = place(lines, first, at)
        if begin is None:
            return None, f"{quote['file']} has no line that begins with {first}"
        end = place(lines, last, begin) if last else end_of_paragraph(lines, begin) - 1
        if end is None:
            return None, f"{quote['file']} has no line after that which begins with {last}"
        pieces.append("".join(lines[begin:end + 1]))
        at = end + 1
    return textwrap.dedent("\n".join(pieces)), None


def pages(root):
    return [p for p in [root / "README.md", *sorted((root / "docs").rglob("*.md"))] if p.exists()]


def check(root):
    complaints = []
    for page in pages(root):
        text = page.read_text()
        for quote in QUOTE.finditer(text):
            wanted, wrong = quoted(root, quote)
            if wrong is None and wanted != quote["text"]:
                wrong = f"{quote['file']} says something else now: tests/docs/quotes.py --write ROOT puts it here"
            if wrong is not None:
                line = text[:quote.start()].count("\n") + 1
                complaints.append(f"{page.relative_to(root)}:{line}: {wrong}")
    return complaints


def write(root):
    def anew(quote):
        wanted, wrong = quoted(root, quote)
        if wrong is not None:
            return quote[0]
        whole = quote[0]
        begin = quote.start("text") - quote.start()
        return whole[:begin] + wanted + whole[quote.end("text") - quote.start():]

    for page in pages(root):
        text = page.read_text()
        if (changed := QUOTE.sub(anew, text)) != text:
            page.write_text(changed)


def page(mark, block, file="int a;\n\nclass B {\n  int c;\n\n  int d;\n};\nint e;\n```\nf\n"):
    return {"README.md": f"Text.\n\n<!-- from a.cpp: {mark} -->\n```cpp\n{block}```\n", "a.cpp": file}


CASES = [
    (page("int a", "int a;\n"), []),
    (page("class B ... };", "class B {\n  int c;\n\n  int d;\n};\n"), []),
    (page("class B", "class B {\n  int c;\n"), []),
    (page("int e", "int e;\n"), []),
    (page("f", "f\n"), []),
    (page("class B ... int c | int e", "class B {\n  int c;\n\nint e;\n"), []),
    (page("int d", "int d;\n};\n"), ["something else"]),
    (page("int c", "int c;\n"), []),
    (page("int e | int a", "int e;\n\nint a;\n"), ["no line that begins with int a"]),
    (page("int a", "int b;\n"), ["README.md:3"]),
    (page("class B ... };", "class B {\n  int c;\n"), ["README.md:3"]),
    (page("int z", "int z;\n"), ["no line that begins with int z"]),
    (page("int e ... };", "int e;\n"), ["no line after that"]),
    ({"README.md": "<!-- from b.cpp: x -->\n```text\nx\n```\n"}, ["no file b.cpp"]),
    ({"docs/p.md": "<!-- from a.cpp: x -->\n<!-- snippet: top -->\n```cpp\ny\n```\n", "a.cpp": "x\n"}, ["docs/p.md:1"]),
]

if __name__ == "__main__":
    if sys.argv[1] == "--write":
        write(pathlib.Path(sys.argv[2]).resolve())
    else:
        tidy.main(check, CASES)
