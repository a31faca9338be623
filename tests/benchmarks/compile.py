#!/usr/bin/env python3
"""What a program of one server costs to compile, and how large it is: prints figures as the benchmarks do.

usage: compile.py BUILD [--compiler COMPILER]

hello: a program with one GenServer, at -O0, in seconds; hello_own: what is left of it without the headers of the standard
library and of fmt that Coppice's include (a file that includes those alone is compiled too); hello_handler: each of ten more
handlers and the calls and casts to them, in seconds, and hello_handler_growth: the next ten to the first ten (a
constant each: 1); hello_size: the program at -O2, linked to the static library of BUILD and stripped, in kB. Times are the
processor's, all the programs of the compiler together, so that a busy machine counts little; each figure is the median of
ROUNDS, in each of which every program is compiled once, since most are differences of two.
"""
import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile

ROUNDS = 5


def hello(handlers):
    """One server with so many handlers beside its first, half of them calls and half casts, all used once."""
    numbers = range(1, handlers + 1)
    messages = "".join(f"struct Message{n} {{ int value; }};\n" for n in numbers)
    definitions = "".join(
        f"  int handle_call(Message{n} m) {{ return value_ += m.value; }}\n" if n % 2 else
        f"  void handle_cast(Message{n} m) {{ value_ += m.value; }}\n" for n in numbers)
    uses = "".join(
        f"  sum += co_await counter.call<Message{n}>({n});\n" if n % 2 else f"  counter.cast<Message{n}>({n});\n" for n in numbers)
    return f"""#include <coppice/coppice.hpp>
using namespace coppice;
struct Get {{}};
{messages}
class Counter : public GenServer {{
 public:
  int handle_call(Get) {{ return value_; }}
{definitions}
 private:
  int value_ = 41;
}};
Task<int> hello() {{
  const auto counter = co_await start_link<Counter>();
  int sum = 0;
{uses}  sum += co_await counter.call<Get>();
  fmt::print("{{}}\\n", sum);
  co_return 0;
}}
int main() {{ return run(hello); }}
"""


class Compiler:
    def __init__(self, name, source, folder):
        self.command = [name, "-std=c++23", f"-I{source / 'include'}"]
        self.folder = pathlib.Path(folder)

    def run(self, *arguments):
        """The processor's seconds of it."""
        before = os.times()
        subprocess.run([*self.command, *map(str, arguments)], check=True)
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    def write(self, name, text):
        source = self.folder / f"{name}.cpp"
        source.write_text(text)
        return source

    def seconds(self, name, text):
        return self.run("-O0", "-c", self.write(name, text), "-o", self.folder / f"{name}.o")

    def foreign_headers(self, source):
        """What Coppice's headers, as far as the source takes them in, include of others."""
        listed = subprocess.run([*self.command, "-MM", source], check=True, capture_output=True, text=True).stdout
        own = [path for path in listed.replace("\\\n", " ").split() if path.endswith(".hpp")]
        found = {name for path in own for name in re.findall(r"#include <([^>]+)>", pathlib.Path(path).read_text())}
        # What only the model checker's build includes is not there for a program.
        return sorted(name for name in found if not name.startswith(("coppice/", "model/")))

    def stripped_size(self, text, library):
        program = self.folder / "hello"
        self.run("-O2", self.write("size", text), library, "-lfmt", "-pthread", "-s", "-o", program)
        said = subprocess.run([program], check=True, capture_output=True, text=True).stdout
        assert said == "41\n", said
        return program.stat().st_size


def figure(name, value, unit):
    print(json.dumps({"name": name, "value": value, "unit": unit, "better": "lower", "workers": 1}), flush=True)


def compile_times(compiler):
    plain = compiler.seconds("hello0", hello(0))
    ten = compiler.seconds("hello10", hello(10))
    twenty = compiler.seconds("hello20", hello(20))
    headers = "".join(f"#include <{name}>\n" for name in compiler.foreign_headers(compiler.folder / "hello0.cpp"))
    foreign = compiler.seconds("foreign", headers + "int main() {}\n")
    return {"hello": plain, "hello_own": plain - foreign, "hello_handler": (ten - plain) / 10,
            "hello_handler_growth": (twenty - ten) / (ten - plain)}


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--compiler", default="g++")
    given = parser.parse_args()
    meson = json.loads((given.build / "meson-info" / "meson-info.json").read_text())
    source = pathlib.Path(meson["directories"]["source"])
    with tempfile.TemporaryDirectory() as folder:
        compiler = Compiler(given.compiler, source, folder)
        rounds = [compile_times(compiler) for _ in range(ROUNDS)]
        for name, unit in (("hello", "s"), ("hello_own", "s"), ("hello_handler", "s"), ("hello_handler_growth", "ratio")):
            figure(name, statistics.median(one[name] for one in rounds), unit)
        figure("hello_size", compiler.stripped_size(hello(0), given.build / "libcoppice.a") / 1e3, "kB")


if __name__ == "__main__":
    main()
