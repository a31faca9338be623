#!/usr/bin/env python3
"""Breaks a copy of the tree with one patch after another, and says which test finds each.

  mutants.py ROOT [--simulator] [DIR|PATCH...]

DIR (tests/mutants by default) is searched for *.patch and *.diff, with all folders below. A patch
is in unified form, as `git diff` writes it; what stands before its first `---` is for people.
--simulator: only the simulator's suite judges.

The copy and its build lie in build/mutants and stay there, so that the next run builds only what
has changed. For each patch: apply, build the next suite, run it, until one fails, crashes, hangs or
takes all memory; then put everything back. The simulator's suite comes first, then the layers that
the patch touches, the scenarios, the rest. Before a suite judges for the first time the copy must
pass it as it is.

The last line is `N found, M missed`; the exit code is 0 only if M is 0. A patch that does not apply
is missed: nobody knows whether it would be found. One that does not compile is found, by the
compiler. Both are also counted in a line of their own.
"""
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

import copying
import suites

LONGEST_UNCHANGED = suites.Limit(900)  # a suite on the unchanged copy


def say(text):
    print(text, flush=True)


def patches_in(places):
    """(name, path) of each patch, in order."""
    found = []
    for place in places:
        if place.is_file():
            found.append((place.stem, place))
        for path in sorted(place.rglob("*")) if place.is_dir() else []:
            if path.suffix in (".patch", ".diff"):
                found.append((str(path.relative_to(place).with_suffix("")), path))
    return found


def touched_by(patch):
    """The files that a patch names."""
    files = set()
    for line in patch.read_text(errors="replace").splitlines():
        if line.startswith(("--- ", "+++ ")):
            name = line[4:].split("\t")[0].strip()
            files |= {name, name.split("/", 1)[-1]}  # with and without a/ or b/
    return files - {"/dev/null"}


def apply(patch, tree, *check):
    """Whether it could be applied: as it stands, else as strangers' patches may be."""
    forgiving = ["--recount", "--ignore-whitespace", "-C1"]
    # The copy is no repository, though it may lie in one.
    environment = {**os.environ, "GIT_CEILING_DIRECTORIES": str(tree.resolve().parent)}
    for options in ([], forgiving, ["-p0", *forgiving]):
        done = subprocess.run(["git", "apply", *check, *options, patch], cwd=tree, env=environment,
                              stdin=subprocess.DEVNULL, capture_output=True)
        if done.returncode == 0:
            return True
    return False


def processor_time():
    """Seconds, of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Mutants:
    def __init__(self, root, only_simulator):
        self.root = root
        self.place = root / "build" / "mutants"
        self.tree = self.place / "tree"
        self.build = copying.Build(self.place)
        self.logs = self.place / "logs"
        self.only_simulator = only_simulator
        self.limits = {}  # by suite, from what it takes on the unchanged copy

    def prepare(self):
        shutil.rmtree(self.logs, ignore_errors=True)
        self.logs.mkdir(parents=True)
        self.build.restore()
        copying.copy_tree(self.root, self.tree)
        self.build.configure(self.tree, self.logs / "setup.log")

    def pass_unchanged(self, suite):
        """Builds a suite of the unchanged copy and runs it. False: it cannot judge."""
        if suite in self.limits:
            return True
        log = self.logs / f"unchanged-{suite}.log"
        began = time.monotonic()
        if not self.build.ninja(suites.target_of(suite), log):
            say(f"the unchanged tree does not build: {suite}; see {log}")
            return False
        building = time.monotonic() - began
        # Some suites measure time: on a busy machine one may fail that is right.
        for _ in range(2):
            built, used = time.monotonic(), processor_time()
            found = suites.run(suite, self.build.folder, log, LONGEST_UNCHANGED)
            if found is None:
                break
        if found is not None:
            say(f"the unchanged tree does not pass: {found.text()}; see {log}")
            return False
        took = time.monotonic() - built
        self.limits[suite] = suites.Limit(60 + 5 * took, 10 + 4 * (processor_time() - used))
        self.build.keep()
        say(f"unchanged: {suite} passes ({took:.0f} s; built in {building:.0f} s)")
        return True

    def order(self, patch):
        return ["testing"] if self.only_simulator else suites.order(touched_by(patch))

    def judge(self, name, patch):
        """What became of a mutant; None if the unchanged copy is at fault."""
        log = self.logs / (name.replace("/", "-") + ".log")
        saved = copying.Saved(self.tree, touched_by(patch))
        began = time.monotonic()
        try:
            for suite in self.order(patch):
                if suite not in self.limits:
                    self.take_back(saved)
                    if not self.pass_unchanged(suite):
                        return None
                if not saved.changed:
                    saved.changed = True
                    if not apply(patch, self.tree):
                        say(f"missed  {name}: does not apply to this tree")
                        return "not applied"
                if not self.build.ninja(suites.target_of(suite), log):
                    say(f"found   {name}: by the compiler; see {log}")
                    return "not compiled"
                built = time.monotonic()
                found = suites.run(suite, self.build.folder, log, self.limits[suite])
                if found is not None:
                    now = time.monotonic()
                    seconds = f"{now - built:.1f} s, {now - began:.0f} s with building"
                    say(f"found   {name}: {found.text()}; {seconds}")
                    return "found"
            say(f"missed  {name}: every suite passes; {time.monotonic() - began:.0f} s")
            return "missed"
        finally:
            self.take_back(saved)

    def take_back(self, saved):
        if saved.changed:
            # First: a file with its old time must not meet an object that was made of the new one.
            self.build.restore()
            saved.restore()


def main(arguments):
    # So that what was begun is taken back.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))
    root = pathlib.Path(arguments[0]).resolve()
    places = [pathlib.Path(a).resolve() for a in arguments[1:] if a != "--simulator"]
    places = places or [root / "tests" / "mutants"]
    patches = patches_in(places)
    if not patches:
        say("there is no patch in " + ", ".join(map(str, places)))
        return 2
    mutants = Mutants(root, only_simulator="--simulator" in arguments)
    mutants.prepare()
    if not mutants.pass_unchanged("testing"):
        return 2
    outcomes = []
    for name, patch in patches:
        outcomes.append(mutants.judge(name, patch))
        if outcomes[-1] is None:
            return 2
    found = outcomes.count("found") + outcomes.count("not compiled")
    strange = [o for o in ("not applied", "not compiled") if o in outcomes]
    if strange:
        say("among them " + ", ".join(f"{outcomes.count(o)} {o}" for o in strange))
    say(f"{found} found, {len(outcomes) - found} missed")
    return 0 if found == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
