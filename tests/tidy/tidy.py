"""What the tidy checks share: files, C++ text without comments, and a main that tests the check before it is used.

A check is a function of the tree's root that returns complaints ("file:line: text"). Its cases are small trees with the
complaints they must give, so that a check that can no longer fail is found. Each case and each clean tree counts.
"""
import concurrent.futures
import os
import pathlib
import re
import sys
import tempfile

CODE = (".hpp", ".cpp")
LAYERS = ["base", "time", "schedule", "process", "behaviour", "supervision", "system",
          "observe", "persist", "distribute", "testing"]

# Folders of builds, of tools, and what `./dev run bank` leaves where it is run: no part of the tree (.gitignore).
NOT_OURS = re.compile(r"build|\.git$|\.cache$|__pycache__$|bank-state$")


def jobs():
    return int(os.environ.get("COPPICE_JOBS") or os.cpu_count() or 1)


def in_parallel(function, items):
    with concurrent.futures.ThreadPoolExecutor(jobs()) as pool:
        return list(pool.map(function, items))


def files(root, *folders, suffixes=CODE):
    """The files below the folders (all when none is named), as paths relative to root, sorted."""
    found = []
    for folder in folders or [""]:
        for path, subfolders, names in os.walk(pathlib.Path(root) / folder):
            subfolders[:] = [s for s in subfolders if not NOT_OURS.match(s)]
            found += [pathlib.Path(path, n).relative_to(root) for n in names
                      if suffixes is None or n.endswith(suffixes)]
    return sorted(found)


TOKENS = re.compile(r'//[^\n]*|/\*.*?\*/|R"([^(]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)


def code_lines(root, path):
    """The lines of a C++ file, comments and literals blanked; include lines keep what they include."""
    text = (pathlib.Path(root) / path).read_text()

    def blank(match):
        token = match[0]
        line = text[text.rfind("\n", 0, match.start()) + 1:match.start()]
        if token.startswith('"') and re.match(r"\s*#\s*include", line):
            return token
        if token.startswith("'") and match.start() and text[match.start() - 1].isalnum():
            return token  # a digit separator
        return re.sub(r"[^\n]", " ", token)

    return TOKENS.sub(blank, text).split("\n")


def first_error(output):
    """The first error line of a compiler's output."""
    return next((line for line in output.splitlines() if "error:" in line), output.strip()[:300])


def plant(root, tree):
    for name, text in tree.items():
        path = pathlib.Path(root, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def self_test(check, cases):
    """cases: (tree, [text that a complaint must contain, one each, in order])."""
    wrong = 0
    for tree, expected in cases:
        with tempfile.TemporaryDirectory() as root:
            plant(root, tree)
            complaints = check(pathlib.Path(root))
        if len(complaints) != len(expected) or any(e not in c for e, c in zip(expected, complaints)):
            wrong += 1
            print(f"self-test: for {list(tree)} expected {expected}\n  but got {complaints}")
    return len(cases) - wrong, wrong


def main(check, cases):
    passed, failed = self_test(check, cases)
    complaints = check(pathlib.Path(sys.argv[1]).resolve())
    for complaint in complaints:
        print(complaint)
    print(f"{passed + (not complaints)} passed, {failed + len(complaints)} failed")
    sys.exit(1 if failed or complaints else 0)
