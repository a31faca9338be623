#!/usr/bin/env python3
"""Which test, or which documented difference, stands for each case of OTP's own suites and for each of OTP's rules.

    otp_table.py ROOT PROGRAM           runs the program, then checks docs/otp_conformance.md against what it finds
    otp_table.py --write ROOT PROGRAM   the same, but writes the page

cases.txt and rules.txt beside this file say what there is to cover. A test covers the cases that its name begins with,
"supervisor_SUITE: sup_stop_race: ..." (or several: "stop1, stop2: ..."), and the rules in its tags, [rule-7]. A
difference is named in docs/otp_differences.md, in backquotes: `gen_server_SUITE: hibernate`, `rule 15`. Complaints: a
page that is out of date, a case that nothing covers, a name that is no case, a test that is not in the program, made no
assertion or failed.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "tidy"))
import tidy  # noqa: E402

FOLDER = "tests/conformance/otp"
PAGE = "docs/otp_conformance.md"
DIFFERENCES = "docs/otp_differences.md"


def rows_of(path):
    lines = path.read_text().splitlines() if path.exists() else []
    return [line for line in lines if line and not line.startswith("#")]


class Test:
    def __init__(self, file, line, name, tags):
        self.file, self.line, self.name = file, line, name
        self.rules = [int(n) for n in re.findall(r"\[rule-(\d+)\]", tags)]
        self.sentence = name.rsplit(": ", 1)[-1]
        named = re.match(r"(\w+_SUITE): ([\w, ]+):", name)
        self.cases = [(named[1], case.strip()) for case in named[2].split(",")] if named else []


LITERALS = r'((?:"[^"\n]*"\s*)+)'
TEST_CASE = re.compile(rf"^TEST_CASE\(\s*{LITERALS}(?:,\s*{LITERALS})?\)", re.MULTILINE)


def tests_in(root):
    found = []
    for path in tidy.files(root, FOLDER):
        text = (root / path).read_text()
        for match in TEST_CASE.finditer(text):
            name, tags = ("".join(re.findall(r'"([^"]*)"', part or "")) for part in match.groups())
            found.append(Test(path, text.count("\n", 0, match.start()) + 1, name, tags))
    return found


def differences_in(root):
    """({case: its line's text}, {rule: the same})"""
    path = root / DIFFERENCES
    cases, rules = {}, {}
    items = re.split(r"\n(?=[-#|]|\n)", path.read_text()) if path.exists() else []
    for item in items:
        lead = re.sub(r"`(\w+_SUITE: [\w, ]+|rule \d+)`", "", " ".join(item.strip("-|# \n").split()))
        lead = re.split(r"(?<=[.:;])\s", lead.replace("**", ""))[0].rstrip(" .:;")
        for suite, names in re.findall(r"`(\w+_SUITE): ([\w, \n]+)`", item):
            for name in names.split(","):
                cases[(suite, name.strip())] = lead
        for rule in re.findall(r"`rule (\d+)`", item):
            rules[int(rule)] = lead
    return cases, rules


class Table:
    """Everything known; `results` are {test name: (assertions that held, assertions that did not)}."""

    def __init__(self, root, results):
        self.cases = [tuple(line.split()[:2]) for line in rows_of(root / FOLDER / "cases.txt")]
        self.rules = [(int(n), text) for n, text in
                      (line.split(" ", 1) for line in rows_of(root / FOLDER / "rules.txt"))]
        self.tests = tests_in(root)
        self.differences, self.different_rules = differences_in(root)
        self.results = results

    def covering(self, case):
        return [test for test in self.tests if case in test.cases]

    def passes(self, tests):
        return "yes" if all(self.results.get(t.name, (0, 1))[1] == 0 for t in tests) else "NO"

    def row(self, title, tests, difference):
        covered = [f"{test.sentence} ({test.file.name})" for test in tests]
        if difference:
            covered.append(f"differs: {difference}")
        return f"| {title} | {'<br>'.join(covered) or 'not covered'} | {self.passes(tests) if tests else ''} |"

    def page(self):
        tested = sum(bool(self.covering(case)) for case in self.cases)
        differ = sum(case in self.differences and not self.covering(case) for case in self.cases)
        out = ["# OTP's own test suites, case by case", "",
               "Made by `tests/conformance/otp/otp_table.py`; the test run fails when it is out of date. A case is a test that",
               "carries its name, or a difference that [otp_differences.md](otp_differences.md) tells. What is about several",
               "nodes, code change, report texts or the insides of BEAM is not listed.", "",
               f"{len(self.cases)} cases: {tested} tested, {differ} different."]
        for suite in dict.fromkeys(suite for suite, _ in self.cases):
            out += ["", f"## {suite}", "", "| case | test or difference | passes |", "|---|---|---|"]
            out += [self.row(name, self.covering((suite, name)), self.differences.get((suite, name)))
                    for s, name in self.cases if s == suite]
        out += ["", "## Rules that are easily missed", "", "| rule | tests or difference | passes |", "|---|---|---|"]
        out += [self.row(f"{n}. {text}", [t for t in self.tests if n in t.rules], self.different_rules.get(n))
                for n, text in self.rules]
        return "\n".join(out) + "\n"

    def complaints(self, page):
        out = []
        for case in self.cases:
            covered = bool(self.covering(case)) or case in self.differences
            title = f"{case[0]}: {case[1]}"
            if not covered:
                out.append(f"{FOLDER}/cases.txt:1: {title} has neither a test nor a difference")
        covered_rules = {n for test in self.tests for n in test.rules} | set(self.different_rules)
        out += [f"{FOLDER}/rules.txt:1: rule {n} has neither a test nor a difference"
                for n, _ in self.rules if n not in covered_rules]
        for test in self.tests:
            where = f"{test.file}:{test.line}"
            out += [f"{where}: OTP has no case {s}: {n} that is listed" for s, n in test.cases if (s, n) not in self.cases]
            held, failed = self.results.get(test.name, (None, 0))
            if held is None:
                out.append(f"{where}: the program has no test '{test.name}'")
            elif held + failed == 0:
                out.append(f"{where}: '{test.name}' asserts nothing")
            elif failed:
                out.append(f"{where}: '{test.name}' fails")
        out += [f"{DIFFERENCES}:1: OTP has no case {s}: {n} that is listed"
                for s, n in self.differences if (s, n) not in self.cases]
        if page != self.page():
            out.append(f"{PAGE}:1: out of date: {FOLDER}/otp_table.py --write ROOT PROGRAM makes it anew")
        return out


def run(program):
    """The program's results by test name, and its tally; what it prints goes to stdout."""
    with tempfile.NamedTemporaryFile("r") as report:
        result = subprocess.run([program], env=os.environ | {"COPPICE_TEST_REPORT": report.name}, stdout=subprocess.PIPE,
                                text=True)
        print(result.stdout, end="")
        results = {}
        for line in report:
            held, failed, name = line.rstrip("\n").split(" ", 2)
            results[name] = int(held), int(failed)
    tally = re.search(r"^(\d+) passed, (\d+) failed$", result.stdout, re.MULTILINE)
    passed, failed = (int(tally[1]), int(tally[2])) if tally else (0, 1)
    return results, passed, max(failed, int(result.returncode != 0))


GOOD = {
    f"{FOLDER}/cases.txt": "# a comment\na_SUITE one core\na_SUITE two scale\na_SUITE three core\n",
    f"{FOLDER}/rules.txt": "1 order\n2 rest\n",
    f"{FOLDER}/a_test.cpp": 'TEST_CASE("a_SUITE: one, two: both "\n          "hold", "[otp][rule-1]") {\n',
    DIFFERENCES: "# What differs\n\n- **No thirds**\n  at all. `a_SUITE: three`, `rule 2`\n",
}
HELD = {"a_SUITE: one, two: both hold": (3, 0)}


def self_test():
    cases = [  # (what is changed in the tree, results, complaints)
        ({}, HELD, []),
        ({}, {}, ["has no test", "out of date"]),
        ({}, {"a_SUITE: one, two: both hold": (0, 0)}, ["asserts nothing"]),
        ({}, {"a_SUITE: one, two: both hold": (2, 1)}, ["fails", "out of date"]),
        ({DIFFERENCES: "`rule 2`\n"}, HELD, ["three has neither", "out of date"]),
        ({DIFFERENCES: GOOD[DIFFERENCES] + "- `a_SUITE: four`\n"}, HELD, ["no case a_SUITE: four"]),
        ({f"{FOLDER}/cases.txt": "a_SUITE one core\na_SUITE three core\n"}, HELD, ["no case a_SUITE: two", "out of date"]),
        ({f"{FOLDER}/rules.txt": "1 order\n2 rest\n3 more\n"}, HELD, ["rule 3 has neither", "out of date"]),
    ]
    wrong = 0
    for changed, results, expected in cases:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            tidy.plant(root, GOOD)
            page = Table(root, HELD).page()
            tidy.plant(root, changed)
            complaints = Table(root, results).complaints(page)
        if len(complaints) != len(expected) or any(e not in c for e, c in zip(expected, complaints)):
            wrong += 1
            print(f"self-test: expected {expected}\n  but got {complaints}")
    return len(cases) - wrong, wrong


def main():
    write = sys.argv[1] == "--write"
    root, program = (pathlib.Path(a).resolve() for a in sys.argv[1 + write:])
    results, passed, failed = run(program)
    table = Table(root, results)
    if write:
        (root / PAGE).write_text(table.page())
    checked, wrong = self_test()
    page = (root / PAGE).read_text() if (root / PAGE).exists() else ""
    complaints = table.complaints(page)
    for complaint in complaints:
        print(complaint)
    print(f"{passed + checked + (not complaints)} passed, {failed + wrong + len(complaints)} failed")
    sys.exit(1 if failed or wrong or complaints else 0)


if __name__ == "__main__":
    main()
