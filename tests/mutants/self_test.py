#!/usr/bin/env python3
"""What mutants.py stands on, tried on a small tree of its own; and whether the patches here apply to the tree that they lie in."""
import os
import pathlib
import sys
import tempfile

import copying
import mutants
import suites

SOURCE = "int one = 1;\nint two = 2;\nint three = 3;\nint four = 4;\nint five = 5;\n"
HUNK = "@@ -1,5 +1,5 @@\n int one = 1;\n int two = 2;\n-int three = 3;\n+int three = 4;\n int four = 4;\n int five = 5;\n"
PATCHES = {
    "as git writes it": f"A word.\n\ndiff --git a/src/a.cpp b/src/a.cpp\n--- a/src/a.cpp\n+++ b/src/a.cpp\n{HUNK}",
    "as diff writes it": f"diff -ru old/src/a.cpp new/src/a.cpp\n--- old/src/a.cpp\t2026\n+++ new/src/a.cpp\t2026\n{HUNK}",
    "without a/ and b/": f"--- src/a.cpp\n+++ src/a.cpp\n{HUNK}",
    "with wrong counts": f"--- a/src/a.cpp\n+++ b/src/a.cpp\n{HUNK.replace('-1,5 +1,5', '-1,9 +1,9')}",
}


def patches(folder):
    for name, text in PATCHES.items():
        tree = folder / name.replace(" ", "_").replace("/", "")
        (tree / "src").mkdir(parents=True)
        source = tree / "src" / "a.cpp"
        source.write_text(SOURCE)
        os.utime(source, ns=(10**18, 10**18))
        patch = folder / "a.patch"
        patch.write_text(text)
        saved = copying.Saved(tree, mutants.touched_by(patch))
        assert mutants.apply(patch, tree), f"a patch {name} does not apply"
        assert "three = 4" in source.read_text(), name
        saved.restore()
        assert source.read_text() == SOURCE and source.stat().st_mtime_ns == 10**18, name
    patch.write_text(PATCHES["as git writes it"].replace("int two", "int tow"))
    assert not mutants.apply(patch, tree), "a patch of another tree applies"


def builds(folder):
    one, two = folder / "one", folder / "two"
    (one / "deep").mkdir(parents=True)
    (one / "deep" / "a.o").write_text("a")
    copying.like(one, two)
    (two / "deep" / "a.o").write_text("another")
    (two / "b.o").write_text("b")
    copying.like(one, two)
    assert (two / "deep" / "a.o").read_text() == "a" and not (two / "b.o").exists()
    assert (two / "deep" / "a.o").stat().st_mtime_ns == (one / "deep" / "a.o").stat().st_mtime_ns


def orders():
    order = suites.order({"include/coppice/supervision/child.hpp", "src/time/wheel.cpp"})
    assert order[:4] == ["testing", "time", "supervision", "conformance"], order
    assert suites.order({"examples/bank/main.cpp"})[1] == "examples"
    assert len(order) == len(set(order)) == 13, order


def ends(folder):
    def run(program, *limit):
        command = [sys.executable, "-c", program]
        return suites.execute(command, folder, dict(os.environ), folder / "out", suites.Limit(*(limit or [20.0])))

    assert run("pass") is None
    assert run("exit(3)") == "fails with exit code 3"
    assert run("import os; os.abort()") == "crashes: SIGABRT"
    assert run("import time; time.sleep(60)", 0.2).startswith("hangs")
    assert run("while True: pass", 60, 0.2).endswith("processor time")


def words():
    text = ("x_test.cpp:7: FAILED:\n  12 schedules were run, 12 different traces\n  seed 12 fails after 7 steps\n"
            "  invariant: a rule\n")
    assert suites.how_it_failed("fails with exit code 1", text) == ("fails", "schedule 12, seed 12, invariant: a rule")
    text = "==1==ERROR: AddressSanitizer: heap-use-after-free on address\n"
    assert "heap-use-after-free" in suites.how_it_failed("fails with exit code 1", text)[1]


def kept():
    here = pathlib.Path(__file__).resolve().parent
    for name, patch in mutants.patches_in([here]):
        assert mutants.apply(patch, here.parent.parent, "--check"), f"{name} does not apply to this tree any more"


def main():
    with tempfile.TemporaryDirectory() as place:
        folder = pathlib.Path(place)
        patches(folder)
        builds(folder)
        ends(folder)
    orders()
    words()
    kept()
    print("6 passed, 0 failed")


if __name__ == "__main__":
    main()
