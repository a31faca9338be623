#!/usr/bin/env python3
"""Runs the benchmarks of a build and compares with the targets of the design, with its peers and with other revisions.

usage: run.py BUILD [NAME...] [--json] [--runs N] [--workers N] [--clock wall|cpu] [--spares N] [--no-peers]
       [--against BUILD] [--list]

Each figure is measured --runs times (5), every time in a process of its own, with one worker and, where that has a meaning,
with two; by turns with the peers, and with what it is compared to. A NAME picks the figures that begin with it, or whose
program does. The table shows median, minimum and maximum, how the median stands to the target (up to 1.00 it is met), and what
the same work takes on the peers that are installed, with how many times as long that is and, for Erlang, how many times as long
the target wants it to be: targets in nanoseconds are for one machine, on another this ratio decides (targets.py). --against another build runs the two alternately and shows the ratio of this one's median to the
other's in place of the peers. With --json one object a line: name, value (the median), unit, better, workers, min, max,
runs, and target, peer and wanted (the ratio) where there are any; a figure of Coppice's own has no peer. --clock cpu counts
the processor's time in place of the time that passed; on a machine that is busy with other things that, with --spares 0 (or
workers that were put off the processor are taken for stalled ones), tells more for one worker.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

sys.dont_write_bytecode = True
from figures import BOTH, FIGURES, LINES, RATIOS, WORST_OF  # noqa: E402
from peers import installed_peers  # noqa: E402
from targets import share_of, standing, wanted_ratio  # noqa: E402


HERE = pathlib.Path(__file__).resolve().parent


class Failed(Exception):
    pass


class Bench:
    """Runs programs; one that prints several figures is run once for all of them."""

    def __init__(self, build, options):
        self.build = build
        self.folder = build / "tests" / "benchmarks"
        self.options = options
        self.printed = {}  # command: what it printed, {figure: [line of each run]}

    def command(self, figure, workers):
        program, arguments, _, _ = FIGURES[figure]
        if program.endswith(".py"):
            return (sys.executable, str(HERE / program), str(self.build))
        command = (str(self.folder / program), *arguments.split(), "--workers", str(workers))
        return command if program == "hogs" else command + self.options  # hogs is about the spares

    def has(self, figure):
        program = FIGURES[figure][0]
        return program.endswith(".py") or (self.folder / program).exists()

    def run_once(self, figure, workers):
        command = self.command(figure, workers)
        ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
        if ran.returncode != 0:
            raise Failed(f"{' '.join(command)}: exit code {ran.returncode}\n{ran.stderr[-2000:]}")
        for line in map(json.loads, ran.stdout.splitlines()):
            self.printed.setdefault(command, {}).setdefault(line["name"], []).append(line)

    def lines(self, figure, workers):
        command = self.command(figure, workers)
        if figure not in self.printed.get(command, {}):
            raise Failed(f"{' '.join(command)} does not print {figure}")
        return self.printed[command][figure]


def measure(benches, peers, figures, workers, runs):
    """The figures on each build and peer, all by turns, so that they meet the same phases of the machine. Yields a result of the
    first build and those of the others for each."""
    commands = {bench.command(figure, workers): (bench, figure) for figure in figures for bench in benches}
    values = {}  # of the peers
    for _ in range(runs):
        for bench, figure in commands.values():
            bench.run_once(figure, workers)
        for figure in figures:
            unit = benches[0].lines(figure, workers)[0]["unit"]
            for peer in peers:
                if (value := peer.measure(figure, workers, unit)) is not None:
                    values.setdefault((figure, peer.name), []).append(value)
    for figure in figures:
        printed = [bench.lines(figure, workers) for bench in benches]
        result, *others = (summary(figure, workers, lines[0], [line["value"] for line in lines]) for lines in printed)
        yield result, others + [of_peer(peer.name, result, values[figure, peer.name]) for peer in peers
                                if (figure, peer.name) in values]


def summary(figure, workers, like, values):
    target = FIGURES[figure][3]
    return {"name": figure, "value": statistics.median(values), "unit": like["unit"], "better": like["better"],
            "workers": workers, "min": min(values), "max": max(values), "runs": len(values),
            **({"target": target} if target is not None else {})}


def of_peer(peer, result, values):
    line = summary(result["name"], result["workers"], result, values)
    wanted = wanted_ratio(line) if peer == "erlang" else None
    line.pop("target", None)
    return {**line, "peer": peer, **({"wanted": wanted} if wanted else {})}


def ratio(name, above, below, target):
    value = above["value"] / below["value"]
    return {"name": name, "value": round(value, 3), "unit": "ratio", "better": "lower", "workers": above["workers"],
            "min": round(above["min"] / below["max"], 3), "max": round(above["max"] / below["min"], 3),
            "runs": above["runs"], "target": target}


def lines_missed(name, done):
    """How many cache misses more 10,000,000 processes cost than 10, by the chain of pointers of the same runs."""
    figure, target = LINES[name]
    smallest, largest = ({what: done.get((f"{what}_{size}", 1)) for what in (figure, "growth_chase")} for size in (10, 10_000_000))
    if None in (*smallest.values(), *largest.values()):
        return None
    miss = largest["growth_chase"]["value"] - smallest["growth_chase"]["value"]
    value = (largest[figure]["value"] - smallest[figure]["value"]) / miss
    return {"name": name, "value": round(value, 2), "unit": "cache lines", "better": "lower", "workers": 1,
            "min": round((largest[figure]["min"] - smallest[figure]["max"]) / miss, 2),
            "max": round((largest[figure]["max"] - smallest[figure]["min"]) / miss, 2),
            "runs": largest[figure]["runs"], "target": target}


def wanted(names):
    """The figures and derived ones that begin, or whose program does, with one of the names; derived ones bring what they need."""
    begins = lambda name: not names or any(name.startswith(given) for given in names)
    worst = list(filter(begins, WORST_OF))
    ratios = [n for n in RATIOS if begins(n) or any(n in WORST_OF[w] for w in worst)]
    needed = {part for n in ratios for part in RATIOS[n][:2]}
    needed |= {f"{part}_{size}" for n in filter(begins, LINES) for part in (LINES[n][0], "growth_chase") for size in (10, 10_000_000)}
    return [f for f in FIGURES if begins(f) or begins(FIGURES[f][0]) or f in needed], ratios, worst


def groups(figures, ratios):
    """The figures in groups that are measured by turns: what one program prints, and what a ratio is asked of."""
    found = []
    for figure in figures:
        joined = [figure]
        for group in found[:]:
            if any(FIGURES[figure][:2] == FIGURES[other][:2] or any({figure, other} == set(RATIOS[r][:2]) for r in ratios)
                   for other in group):
                found.remove(group)
                joined = group + joined
        found.append(joined)
    return found


def results(benches, peers, given):
    """Yields (result, [results of the others]) for each figure as soon as it is there."""
    figures, ratios, worst = wanted(given.names)
    for figure in figures:
        if not all(bench.has(figure) for bench in benches):
            print(f"run.py: {FIGURES[figure][0]} is not built; {figure} is left out", file=sys.stderr)
    done = {}
    for together in groups([figure for figure in figures if all(bench.has(figure) for bench in benches)], ratios):
        for workers in BOTH:
            asked = [figure for figure in together if workers in FIGURES[figure][2] and given.workers in (None, workers)]
            for result, others in measure(benches, peers, asked, workers, given.runs):
                done[result["name"], workers] = result
                yield result, others
    for name in ratios:
        above, below, target = RATIOS[name]
        for workers in BOTH:
            if (above, workers) in done and (below, workers) in done:
                done[name, workers] = ratio(name, done[above, workers], done[below, workers], target)
                yield done[name, workers], []
    for name in LINES:
        if (line := lines_missed(name, done)) is not None:
            yield line, []
    for name in worst:
        parts = [done[part, 1] for part in WORST_OF[name] if (part, 1) in done]
        if parts:
            yield {**max(parts, key=lambda p: p["value"]), "name": name}, []


def row(result, others):
    share = standing(result, next((other for other in others if other.get("peer") == "erlang"), None))
    verdict = "" if share is None else f"{share:.2f}" + (" missed" if share > 1 else "")
    target = f"{result['target']:g}" if "target" in result else "-"
    beside = ""
    for other in others:
        times = share_of(other["value"], result["value"], result["better"])
        if "peer" not in other:
            beside += f"  before {other['value']:.4g} ({1 / times:.3f})"
        elif "wanted" in other:
            beside += f"  {other['peer']} {other['value']:.4g} (x{times:.1f} of x{other['wanted']:.1f})"
        else:
            beside += f"  {other['peer']} {other['value']:.4g} (x{times:.1f})"
    return (f"{result['name']:<29}{result['workers']:>3}{result['value']:>12.4g}{result['min']:>11.4g}{result['max']:>11.4g}"
            f"  {result['unit']:<13}{target:>7}  {verdict:<12}{beside}").rstrip()


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--spares", type=int)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--against", type=pathlib.Path)
    given = parser.parse_args()
    if given.list:
        print("\n".join([*FIGURES, *RATIOS, *LINES, *WORST_OF]))
        return 0
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    if not any(wanted(given.names)):
        parser.error(f"no figure begins with {' or '.join(given.names)}; --list names them")
    options = ("--clock", given.clock) + (("--spares", str(given.spares)) if given.spares is not None else ())
    builds = [given.build] + ([given.against] if given.against else [])
    benches = [Bench(build, options) for build in builds]
    try:
        peers = [] if given.no_peers or given.against else installed_peers(given.build / "peers")
        if not given.json:
            print(f"{'figure':<29}{'wk':>3}{'median':>12}{'min':>11}{'max':>11}  {'unit':<13}{'target':>7}  standing     "
                  f"  {' '.join(peer.name for peer in peers)}".rstrip())
        for result, others in results(benches, peers, given):
            lines = map(json.dumps, [result, *others]) if given.json else [row(result, others)]
            print("\n".join(lines), flush=True)
    except (Failed, subprocess.SubprocessError) as failure:
        print(f"run.py: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
