"""The copy of the tree that mutants.py breaks, and its build.

A build that passed is kept aside. After each patch the files that were built of it are exchanged for those, with their
times, so that a patch to a header costs one build of what includes it and not two.
"""
import os
import pathlib
import shutil
import subprocess
import sys


def files_of(root):
    """What git tracks or would track, as paths; without git, all but the builds."""
    listed = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            capture_output=True, text=True)
    if listed.returncode == 0:
        names = [n for n in listed.stdout.split("\0") if n]
    else:
        names = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
        names = [n for n in names if not n.startswith(("build", ".git/"))]
    return [n for n in names if (root / n).is_file()]


def copy_tree(root, copy):
    """Makes `copy` hold what `root` does; a file that is the same keeps its time, one that is not gets a new one."""
    wanted = set(files_of(root))
    if copy.is_dir():
        for path in copy.rglob("*"):
            if path.is_file() and "__pycache__" not in path.parts and str(path.relative_to(copy)) not in wanted:
                path.unlink()
    for name in wanted:
        here, there = root / name, copy / name
        content = here.read_bytes()
        if not there.is_file() or there.read_bytes() != content:
            there.parent.mkdir(parents=True, exist_ok=True)
            there.write_bytes(content)
        shutil.copymode(here, there)


class Saved:
    """Files of the copy before a patch changes them."""

    def __init__(self, tree, names):
        self.changed = False
        self.files = {}  # path: content and times, or None if there is none
        for name in names:
            path = (tree / name).resolve()
            if tree.resolve() not in path.parents:
                continue
            if path.is_file():
                status = path.stat()
                self.files[path] = (path.read_bytes(), (status.st_atime_ns, status.st_mtime_ns))
            elif not path.exists():
                self.files[path] = None

    def restore(self):
        for path, saved in self.files.items():
            if saved is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(saved[0])
                os.utime(path, ns=saved[1])
            for left in (path.with_name(path.name + ".orig"), path.with_name(path.name + ".rej")):
                left.unlink(missing_ok=True)
        self.changed = False


def like(source, target):
    """Makes the folder `target` hold the files of `source`; what has the same size and time is taken to be the same."""
    target.mkdir(parents=True, exist_ok=True)
    there = {entry.name: entry for entry in os.scandir(target)}
    for entry in os.scandir(source):
        old = there.pop(entry.name, None)
        to = target / entry.name
        if entry.is_dir(follow_symlinks=False):
            like(pathlib.Path(entry.path), to)
            continue
        now = entry.stat(follow_symlinks=False)
        if old is not None:
            then = old.stat(follow_symlinks=False)
            if (then.st_size, then.st_mtime_ns) == (now.st_size, now.st_mtime_ns):
                continue
            to.unlink()
        shutil.copy2(entry.path, to, follow_symlinks=False)
    for entry in there.values():
        shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)


# What nearly every file of the library includes from outside. A patch to one of the library's own headers compiles all of it;
# with these compiled beforehand in half the time.
STANDARD = """algorithm array atomic bit charconv chrono concepts condition_variable coroutine cstddef cstdint deque exception
expected functional iterator limits map memory mutex optional ranges set shared_mutex source_location span sstream stdexcept
string string_view thread tuple type_traits typeinfo unordered_map unordered_set utility variant vector fmt/format.h"""
WITH_STANDARD = """#!/bin/sh
# Clang, with the headers from outside compiled beforehand where it compiles the library.
case " $* " in
  *" -DCOPPICE_BUILDING "*" -c "*) exec clang++-19 -include-pch {pch} "$@" ;;
esac
exec clang++-19 "$@"
"""


class Build:
    """Meson's build of the copy. Clang at -O0 is what compiles fastest; a run of the tests takes little time anyway."""

    def __init__(self, place):
        self.place = place
        self.folder = place / "build"
        self.kept = place / "kept"
        self.options = ["-Dbuildtype=debug", "-Ddebug=false", "-Dcpp_args=-g0", "-Ddefault_library=static"]

    def compiler(self):
        """What compiles fastest of what is there."""
        if shutil.which("clang++-19") is None:
            return "g++"
        header, pch, script = (self.place / f"standard{end}" for end in (".hpp", ".pch", ".sh"))
        header.write_text("".join(f"#include <{name}>\n" for name in STANDARD.split()))
        flags = "-std=c++23 -O0 -g0 -fPIC -pthread -fvisibility=hidden -D_FILE_OFFSET_BITS=64".split()
        made = subprocess.run(["clang++-19", *flags, "-x", "c++-header", header, "-o", pch], capture_output=True)
        if made.returncode != 0:
            return "clang++-19"
        script.write_text(WITH_STANDARD.format(pch=pch))
        script.chmod(0o755)
        return str(script)

    def configure(self, tree, log):
        wanted = " ".join([*self.options, STANDARD, WITH_STANDARD])
        note = self.folder / "mutants-options"
        if note.is_file() and note.read_text() == wanted:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self.kept, ignore_errors=True)
        environment = {**os.environ, "CXX": self.compiler(), "CXXFLAGS": "", "LDFLAGS": ""}
        with open(log, "wb") as out:
            done = subprocess.run(["meson", "setup", self.folder, tree, *self.options], env=environment, stdout=out,
                                  stderr=subprocess.STDOUT)
        if done.returncode != 0:
            sys.exit(f"the copy cannot be configured; see {log}")
        note.write_text(wanted)

    def ninja(self, target, log):
        """True if it builds. What ninja says goes to the log."""
        jobs = ["-j", os.environ["COPPICE_JOBS"]] if os.environ.get("COPPICE_JOBS") else []
        with open(log, "ab") as out:
            return subprocess.run(["ninja", "-C", self.folder, *jobs, target], stdin=subprocess.DEVNULL, stdout=out,
                                  stderr=subprocess.STDOUT).returncode == 0

    def keep(self):
        like(self.folder, self.kept)

    def restore(self):
        if self.kept.is_dir():
            like(self.kept, self.folder)
