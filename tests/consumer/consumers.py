#!/usr/bin/env python3
"""Installs the library into a prefix of its own and uses it from there in every way that is promised.

usage: consumers.py SOURCE BUILD

SOURCE is the tree, BUILD a build of it with shared and static library.
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

COMPILER = ["g++", "-std=c++23"]


class Failed(Exception):
    pass


def run(*command, cwd=None, env=None):
    command = [str(word) for word in command]
    result = subprocess.run(command, cwd=cwd, env={**os.environ, **(env or {})}, capture_output=True, text=True)
    if result.returncode != 0:
        raise Failed(f"$ {' '.join(command)}\n{result.stdout}{result.stderr}exit code {result.returncode}")
    return result.stdout


class Consumers:
    def __init__(self, source, build, work):
        self.here = source / "tests" / "consumer"
        self.source = source
        self.work = work
        self.prefix = work / "prefix"
        run("meson", "install", "-C", build, "--no-rebuild", "--quiet", env={"DESTDIR": work / "staging"})
        installed = run("meson", "introspect", "--buildoptions", build)
        prefix = next(o["value"] for o in json.loads(installed) if o["name"] == "prefix")
        # What was installed must work wherever it is put.
        shutil.move(str(work / "staging" / prefix.lstrip("/")), self.prefix)
        self.libdir = next(self.prefix.rglob("libcoppice.so")).parent
        self.found_at = {"PKG_CONFIG_PATH": self.libdir / "pkgconfig", "LD_LIBRARY_PATH": self.libdir}

    def pkg_config(self, *what):
        return run("pkg-config", f"--define-variable=prefix={self.prefix}", *what, "coppice", env=self.found_at).split()

    def meson_subproject(self):
        project = self.work / "subproject"
        shutil.copytree(self.here / "subproject", project)
        shutil.copy(self.here / "program.cpp", project)
        (project / "subprojects").mkdir()
        (project / "subprojects" / "coppice").symlink_to(self.source, target_is_directory=True)
        run("meson", "setup", "build", cwd=project, env={"CXX": "g++"})
        run("ninja", "-C", "build", "consumer", cwd=project)
        run(project / "build" / "consumer")

    def pkg_config_shared(self):
        program = self.work / "with_pkg_config"
        run(*COMPILER, self.here / "program.cpp", *self.pkg_config("--cflags", "--libs"), "-o", program)
        if "libcoppice.so" not in run("ldd", program, env=self.found_at):
            raise Failed("the program does not use the shared library")
        run(program, env=self.found_at)

    def pkg_config_static(self):
        program = self.work / "with_static_library"
        words = self.pkg_config("--cflags", "--static", "--libs")
        libraries = [self.libdir / "libcoppice.a" if word == "-lcoppice" else word for word in words]
        run(*COMPILER, self.here / "program.cpp", *libraries, "-o", program)
        if "libcoppice" in run("ldd", program):
            raise Failed("the program uses the shared library")
        run(program)

    def cmake_package(self):
        build = self.work / "cmake"
        run("cmake", "-S", self.here / "cmake", "-B", build, f"-DCMAKE_PREFIX_PATH={self.prefix}", env={"CXX": "g++"})
        run("cmake", "--build", build)
        for kind in ("shared", "static", "coppice"):
            uses_shared = "libcoppice" in run("ldd", build / f"consumer_{kind}")
            if uses_shared != (kind != "static"):
                raise Failed(f"coppice::{kind} links the wrong library")
            run(build / f"consumer_{kind}")

    def two_objects(self):
        folder = self.here / "two_objects"
        flags = [*COMPILER, "-O1", "-fvisibility=hidden", *self.pkg_config("--cflags")]
        links = ["-L", self.work, *self.pkg_config("--libs")]
        for name in ("answerer", "asker"):
            run(*flags, "-fPIC", "-shared", folder / f"{name}.cpp", "-o", self.work / f"lib{name}.so", *links)
        program = self.work / "two_objects"
        run(*flags, folder / "main.cpp", "-o", program, "-lasker", "-lanswerer", *links, "-lasker", "-lanswerer")
        run(program, env={"LD_LIBRARY_PATH": f"{self.libdir}:{self.work}"})


def main():
    source, build = (pathlib.Path(p).resolve() for p in sys.argv[1:3])
    ways = ["meson_subproject", "pkg_config_shared", "pkg_config_static", "cmake_package", "two_objects"]
    failed = 0
    with tempfile.TemporaryDirectory() as work:
        try:
            consumers = Consumers(source, build, pathlib.Path(work))
        except Failed as e:
            print(f"installing: {e}")
            ways, failed = [], 1
        for way in ways:
            try:
                getattr(consumers, way)()
                print(f"{way}: works")
            except Failed as e:
                failed += 1
                print(f"{way}: {e}")
    print(f"{max(len(ways) - failed, 0)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
