#!/usr/bin/env python3
"""Runs the benchmarks of a build and compares with the targets of the design.

usage: run.py BUILD [NAME...] [--json] [--runs N] [--workers N] [--clock wall|cpu] [--spares N] [--list]

Each figure is measured --runs times (5), every time in a process of its own, with one worker and, where that has a meaning,
with two. A NAME picks the figures that begin with it. The table shows median, minimum and maximum, and how the median
stands to the target: up to 1.00 it is met. With --json one object a line: name, value (the median), unit, better, workers,
min, max, runs, and target and peer where there are any; a figure of Coppice's own has no peer. --clock cpu counts the
processor's time in place of the time that passed; on a machine that is busy with other things that, with --spares 0 (or
workers that were put off the processor are taken for stalled ones), tells more for one worker.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

BOTH = (1, 2)
ONE = (1,)

# figure: (program, arguments, workers, target). Targets are the design's; a figure without one is there to compare with.
FIGURES = {
    "ping_pong": ("ping_pong", "--size 1", BOTH, 22),
    "ping_pong_64": ("ping_pong", "--size 64", BOTH, 25),
    "counting": ("counting", "", BOTH, 40),
    "burst": ("counting", "--kind burst", BOTH, 50),
    "ring": ("ring", "--size 503", BOTH, 25),
    "call": ("call", "", BOTH, 90),
    "cast": ("cast", "", BOTH, 35),
    "spawn_exit": ("spawn_exit", "--size 100", BOTH, 180),
    "spawn_exit_10000": ("spawn_exit", "--size 10000", BOTH, 180),
    "spawn_exit_1000000": ("spawn_exit", "--size 1000000", BOTH, 180),
    "idle_server": ("idle_server", "", ONE, 320),
    "restart_throw": ("restart", "--kind throw", BOTH, 2.2),
    "restart_exit": ("restart", "--kind exit", BOTH, 1),
    "restart_exit_after_1000000": ("restart", "--kind exit --size 1000000", ONE, None),
    "receive_backlog_type_0": ("receive_backlog", "--kind type --size 0", ONE, None),
    "receive_backlog_type_1000000": ("receive_backlog", "--kind type --size 1000000", ONE, None),
    "receive_backlog_ref_0": ("receive_backlog", "--kind ref --size 0", ONE, None),
    "receive_backlog_ref_1000000": ("receive_backlog", "--kind ref --size 1000000", ONE, None),
    "receive_backlog_call_0": ("receive_backlog", "--kind call --size 0", ONE, None),
    "receive_backlog_call_1000000": ("receive_backlog", "--kind call --size 1000000", ONE, None),
    "timer": ("timer", "", ONE, 60),
    "timer_100000": ("timer", "--size 100000", ONE, 60),
    "skynet": ("skynet", "", BOTH, 0.25),
    "big": ("big", "", BOTH, 40),
    "fan_in": ("fan_in", "", BOTH, 25),
    "external_call": ("external_call", "", ONE, 8),
    "one_for_all_100": ("one_for_all", "", ONE, 60),
    "dynamic_children_start": ("dynamic_children", "", ONE, 0.6),
    "dynamic_children_stop": ("dynamic_children", "", ONE, 0.6),
    "linked_chain": ("linked", "--kind chain", BOTH, 300),
    "linked_star": ("linked", "--kind star", BOTH, 300),
    "linked_ring": ("linked", "--kind ring", BOTH, 300),
    "mixed_stop": ("many", "--kind mixed --count 1000000", BOTH, 3),
    "many_memory": ("many", "", ONE, 8),
    "many_stop": ("many", "", ONE, 10),
    "hogs_spinning": ("hogs", "--kind spinning", (2,), 10),
    "hogs_blocked": ("hogs", "--kind blocked", (2,), 10),
}

# Figures that relate others: (the one above, the one below the line, target of the ratio).
RATIOS = {
    "receive_backlog_type": ("receive_backlog_type_1000000", "receive_backlog_type_0", 2),
    "receive_backlog_ref": ("receive_backlog_ref_1000000", "receive_backlog_ref_0", 2),
    "receive_backlog_call": ("receive_backlog_call_1000000", "receive_backlog_call_0", 2),
    "spawn_exit_growth": ("spawn_exit_1000000", "spawn_exit", 1.5),
    "restart_exit_growth": ("restart_exit_after_1000000", "restart_exit", 1.1),
}
WORST_OF = {"receive_backlog": ("receive_backlog_type", "receive_backlog_ref", "receive_backlog_call")}


class Failed(Exception):
    pass


class Bench:
    """Runs programs; one that prints several figures is run once for all of them."""

    def __init__(self, folder, runs, options):
        self.folder = folder
        self.runs = runs
        self.options = options
        self.printed = {}  # command: what it printed, {figure: [line of each run]}

    def lines(self, program, arguments, workers):
        command = (str(self.folder / program), *arguments.split(), "--workers", str(workers))
        if program != "hogs":  # which is about the spares
            command += self.options
        if command not in self.printed:
            printed = {}
            for _ in range(self.runs):
                ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
                if ran.returncode != 0:
                    raise Failed(f"{' '.join(command)}: exit code {ran.returncode}\n{ran.stderr[-2000:]}")
                for line in map(json.loads, ran.stdout.splitlines()):
                    printed.setdefault(line["name"], []).append(line)
            self.printed[command] = printed
        return self.printed[command]

    def measure(self, figure, workers):
        program, arguments, _, target = FIGURES[figure]
        lines = self.lines(program, arguments, workers).get(figure)
        if lines is None:
            raise Failed(f"{program} {arguments} does not print {figure}")
        values = [line["value"] for line in lines]
        result = {"name": figure, "value": statistics.median(values), "unit": lines[0]["unit"],
                  "better": lines[0]["better"], "workers": workers, "min": min(values), "max": max(values),
                  "runs": self.runs}
        if target is not None:
            result["target"] = target
        return result


def ratio(name, above, below, target):
    value = above["value"] / below["value"]
    return {"name": name, "value": round(value, 3), "unit": "ratio", "better": "lower", "workers": above["workers"],
            "min": round(above["min"] / below["max"], 3), "max": round(above["max"] / below["min"], 3),
            "runs": above["runs"], "target": target}


def wanted(names):
    """The figures and derived figures that begin with one of the names; derived ones bring what they need."""
    picks = lambda known: [n for n in known if not names or any(n.startswith(given) for given in names)]
    worst = picks(WORST_OF)
    ratios = [n for n in RATIOS if n in picks(RATIOS) or any(n in WORST_OF[w] for w in worst)]
    needed = {part for n in ratios for part in RATIOS[n][:2]}
    return [f for f in FIGURES if f in picks(FIGURES) or f in needed], ratios, worst


def results(bench, names, only_workers):
    """Yields a result for each figure as soon as it is there."""
    figures, ratios, worst = wanted(names)
    done = {}
    for figure in figures:
        if not (bench.folder / FIGURES[figure][0]).exists():
            print(f"run.py: {FIGURES[figure][0]} is not built; {figure} is left out", file=sys.stderr)
            continue
        for workers in FIGURES[figure][2]:
            if only_workers in (None, workers):
                done[figure, workers] = bench.measure(figure, workers)
                yield done[figure, workers]
    for name in ratios:
        above, below, target = RATIOS[name]
        for workers in BOTH:
            if (above, workers) in done and (below, workers) in done:
                done[name, workers] = ratio(name, done[above, workers], done[below, workers], target)
                yield done[name, workers]
    for name in worst:
        parts = [done[part, 1] for part in WORST_OF[name] if (part, 1) in done]
        if parts:
            yield {**max(parts, key=lambda p: p["value"]), "name": name}


def how_far(result):
    """The median's share of the target: over 1 it is missed, whichever way is better."""
    if "target" not in result:
        return None
    share = result["value"] / result["target"]
    return share if result["better"] == "lower" else 1 / share


def row(result):
    share = how_far(result)
    target = f"{result['target']:g}" if share is not None else "-"
    verdict = "" if share is None else f"{share:.2f}" + (" missed" if share > 1 else "")
    return (f"{result['name']:<29}{result['workers']:>3}{result['value']:>12.4g}{result['min']:>11.4g}{result['max']:>11.4g}"
            f"  {result['unit']:<13}{target:>7}  {verdict}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n")[0])
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--workers", type=int)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--spares", type=int)
    given = parser.parse_args()
    if given.list:
        print("\n".join([*FIGURES, *RATIOS, *WORST_OF]))
        return 0
    if given.runs < 1:
        parser.error("--runs must be at least 1")
    if not any(wanted(given.names)):
        parser.error(f"no figure begins with {' or '.join(given.names)}; --list names them")
    if not given.json:
        print(f"{'figure':<29}{'wk':>3}{'median':>12}{'min':>11}{'max':>11}  {'unit':<13}{'target':>7}  median/target")
    options = ("--clock", given.clock) + (("--spares", str(given.spares)) if given.spares is not None else ())
    bench = Bench(given.build / "tests" / "benchmarks", given.runs, options)
    try:
        for result in results(bench, given.names, given.workers):
            print(json.dumps(result) if given.json else row(result), flush=True)
    except (Failed, subprocess.TimeoutExpired) as failure:
        print(f"run.py: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
