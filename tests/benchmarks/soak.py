#!/usr/bin/env python3
"""Runs the soak for so many minutes and says whether memory stays where it is.

usage: soak.py PROGRAM MINUTES [--samples FILE] [--kind leak]

After each round of chaos and load the program says how much memory is resident, and how many blocks of the pool live and how
many bytes they are (soak.cpp). The first fifth of the samples warms up: caches fill. Of the others, each of the three series
is tested for a trend: Theil and Sen's line, the median of the slopes of all pairs, with its confidence interval of 99 % by
Kendall's statistic, which no outlier and no distribution upsets. Memory grows if the whole interval is above zero and the line
rises by more than 1 % of the level in an hour, or, in a run shorter than that, by more than 1 % over the run. Exit code 1 if
one of them grows. --samples keeps the lines of the program; --kind leak has it leak, to see that it is found.
"""
import argparse
import itertools
import json
import math
import pathlib
import random
import statistics
import subprocess
import sys

SERIES = {"resident": "resident memory, bytes", "blocks": "live blocks", "bytes": "live bytes"}
CERTAIN = 2.5758  # of the normal distribution, both sides together 1 %
FEWEST, MOST = 10, 1_000  # samples that are judged; of more, every second, third ...


def trend(times, values):
    """(lower bound, slope, upper bound) a second, with 99 % confidence."""
    slopes = sorted((v - u) / (t - s) for (s, u), (t, v) in itertools.combinations(zip(times, values), 2))
    n = len(values)
    # Kendall's variance, less what equal values take from it.
    ties = sum(k * (k - 1) * (2 * k + 5) for k in (len(list(group)) for _, group in itertools.groupby(sorted(values))))
    reach = CERTAIN * math.sqrt(max(n * (n - 1) * (2 * n + 5) - ties, 0) / 18)
    low = max(math.floor((len(slopes) - reach) / 2), 0)
    high = min(math.ceil((len(slopes) + reach) / 2), len(slopes) - 1)
    return slopes[low], statistics.median(slopes), slopes[high]


def judge(times, values):
    """(what to say of a series, whether it grows)"""
    lower, slope, upper = trend(times, values)
    level = statistics.median(values)
    span = min(times[-1] - times[0], 3600)
    grows = lower > 0 and slope * span > 0.01 * level
    return (f"{level:,.0f}, {slope * 3600:+,.0f} an hour (99 %: {lower * 3600:+,.0f} to {upper * 3600:+,.0f})"
            + (": GROWS" if grows else "")), grows


def self_test():
    """The judgement itself, on memory that stays, that leaks slowly in noise, that steps up once and that steps for ever."""
    draw = random.Random(7)
    times = [2.0 * i for i in range(150)]
    noise = [draw.gauss(0, 2e5) for _ in times]
    for name, values, expected in [
            ("constant", [1000 for _ in times], False),
            ("noise", [5e7 + n for n in noise], False),
            ("a step", [5e7 + (3e6 if t > 20 else 0) + n for t, n in zip(times, noise)], False),
            ("a leak", [5e7 + 5e3 * t + n for t, n in zip(times, noise)], True),
            ("steps", [5e7 + 1e6 * (t // 60) + n for t, n in zip(times, noise)], True),
            ("a block a round", [1000 + i for i in range(len(times))], True)]:
        assert judge(times, values)[1] == expected, name


def run(program, minutes, kind):
    """Yields the samples as they come."""
    command = [str(program), "--size", str(round(minutes * 60))] + (["--kind", kind] if kind else [])
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        for line in running.stdout:
            yield json.loads(line)
    if running.returncode != 0:
        sys.exit(f"soak: the program ended with exit code {running.returncode}")


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--samples", type=pathlib.Path)
    parser.add_argument("--kind")
    given = parser.parse_args()
    self_test()
    samples, said = [], 0
    for sample in run(given.program, given.minutes, given.kind):
        samples.append(sample)
        if given.samples:
            given.samples.write_text("".join(json.dumps(s) + "\n" for s in samples))
        if sample["seconds"] >= said + 60:
            said = sample["seconds"]
            print(f"{said / 60:5.1f} min: {sample['resident'] / 2**20:.1f} MiB resident, {sample['blocks']} live blocks, "
                  f"{sample['operations']} operations", flush=True)
    rest = samples[len(samples) // 5:]
    rest = rest[::math.ceil(len(rest) / MOST) or 1]
    if len(rest) < FEWEST:
        sys.exit(f"soak: {len(rest)} samples after the warm-up tell nothing; run it for longer")
    grown = []
    for name, text in SERIES.items():
        verdict, grows = judge([s["seconds"] for s in rest], [s[name] for s in rest])
        print(f"{text}: {verdict}")
        if grows:
            grown.append(text.split(",")[0])
    print(f"soak: {samples[-1]['seconds'] / 60:.1f} minutes, {samples[-1]['operations']} operations: "
          + (f"{' and '.join(grown)} grow" if grown else "memory does not grow"))
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
