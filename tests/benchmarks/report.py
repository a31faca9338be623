#!/usr/bin/env python3
"""Keeps the figures of the last runs, and makes the tables and the chart of docs/performance.md from them.

usage: report.py RESULTS [--add FILE] [--docs FOLDER]

RESULTS has what `run.py --json` prints, one object a line. --add puts the lines of another run (- for the standard input) in
the place of those that have the same name, workers and peer; so a part can be measured again. The text between the markers
`<!-- figures -->` and `<!-- end of figures -->` of performance.md becomes the tables, and performance.svg the chart: how many
times as long the peers take.
"""
import argparse
import json
import math
import pathlib
import statistics
import sys
from xml.sax.saxutils import escape

sys.dont_write_bytecode = True
from figures import FIGURES, LINES, RATIOS, WORST_OF  # noqa: E402
from targets import factor, share_of, standing  # noqa: E402

BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"
PICTURE = "![How many times as long Erlang/OTP and CAF take](performance.svg)\n\n"
PEERS = {"erlang": "Erlang/OTP", "caf": "CAF"}
ORDER = {name: place for place, name in enumerate([*FIGURES, *RATIOS, *LINES, *WORST_OF])}


def key(line):
    return line["name"], line["workers"], line.get("peer")


def read(lines):
    return {key(line): line for line in map(json.loads, filter(str.strip, lines))}


def in_order(results):
    return sorted(results.values(), key=lambda r: (ORDER.get(r["name"], len(ORDER)), r["workers"], r.get("peer") or ""))


def times(own, other):
    """How many times as long the other takes (or how many times as much it needs)."""
    return share_of(other["value"], own["value"], own["better"])


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cells(*texts):
    return "| " + " | ".join(texts) + " |\n"


def target_of(own, results, machine):
    share = standing(own, results.get((own["name"], own["workers"], "erlang")), machine)
    if share is None:
        return ""
    sign = "≤" if own["better"] == "lower" else "≥"
    return f"{sign} {own['target']:g}: " + ("met" if share <= 1 else f"**missed** by {(share - 1) * 100:.0f} %")


def of_peer(own, other):
    """What a peer takes, in how many times Coppice's, and how many times that is wanted to be."""
    if other is None:
        return ""
    wanted = f" of ×{other['wanted']:.1f}" if "wanted" in other else ""
    return f"{number(other['value'])} (×{times(own, other):.1f}{wanted})"


def summary(pairs, machine):
    """The sentences above the tables: how many times as long the peers take at least, and how this machine stands."""
    text = ""
    for peer, name in PEERS.items():
        ratios = {f"`{own['name']}` with {own['workers']}": times(own, other) for own, other in pairs if other["peer"] == peer}
        if ratios:
            least = min(ratios, key=ratios.get)
            below = sum(ratio < 2 for ratio in ratios.values())
            text += (f"{name} takes at least ×{ratios[least]:.1f} of Coppice's time or memory ({least}), "
                     f"×{statistics.median(ratios.values()):.1f} in the middle; "
                     f"in {below or 'none'} of {len(ratios)} figures less than ×2. ")
    if machine is not None:
        text += (f"On the machine of these figures Erlang/OTP takes ×{machine:.2f} of what it took on that of the targets; "
                 "targets in processor time count by that, and where Erlang has the figure by the ratio to it.")
    return text + "\n\n"


def tables(results):
    own = [line for line in in_order(results) if "peer" not in line]
    machine = factor(results.values())
    compared = [line for line in own if any((line["name"], line["workers"], peer) in results for peer in PEERS)]
    pairs = [(line, results[line["name"], line["workers"], peer]) for line in compared for peer in PEERS
             if (line["name"], line["workers"], peer) in results]
    text = summary(pairs, machine)
    text += cells("figure", "workers", "Coppice", "unit", "target", *PEERS.values())
    text += cells("---", "--:", "--:", "---", "---", *("--:" for _ in PEERS))
    for line in compared:
        others = [of_peer(line, results.get((line["name"], line["workers"], peer))) for peer in PEERS]
        text += cells(f"`{line['name']}`", str(line["workers"]), number(line["value"]), line["unit"],
                      target_of(line, results, machine), *others)
    text += "\nWithout a peer:\n\n" + cells("figure", "workers", "median", "min", "max", "unit", "target")
    text += cells("---", "--:", "--:", "--:", "--:", "---", "---")
    for line in own:
        if line not in compared:
            text += cells(f"`{line['name']}`", str(line["workers"]), *(number(line[k]) for k in ("value", "min", "max")),
                          line["unit"], target_of(line, results, machine))
    return text


# --- the chart ------------------------------------------------------------------------------------------------------

COLORS = {"erlang": "#a2003f", "caf": "#3b6ea5"}
LABELS, PANEL, GAP, ROW, BAR, TOP = 190, 330, 34, 34, 11, 64


def panel(results, names, workers, left, most):
    """Bars of one number of workers; the axis is logarithmic, since the ratios span two decades."""
    def x(ratio):
        return left + PANEL * math.log(max(ratio, 1)) / math.log(most)

    bottom = TOP + ROW * len(names)
    parts = [f'<text x="{left}" y="{TOP - 24}" class="head">{workers} worker{"s" if workers > 1 else ""}</text>']
    tick = 1
    while tick <= most:
        kind = "one" if tick == 1 else "two" if tick == 2 else "grid"
        parts.append(f'<line x1="{x(tick):.1f}" y1="{TOP - 4}" x2="{x(tick):.1f}" y2="{bottom}" class="{kind}"/>')
        parts.append(f'<text x="{x(tick):.1f}" y="{TOP - 9}" class="tick">×{tick}</text>')
        tick *= 2
    for row, name in enumerate(names):
        own = results.get((name, workers, None))
        for place, peer in enumerate(PEERS):
            other = results.get((name, workers, peer))
            if own is None or other is None:
                continue
            ratio = times(own, other)
            y = TOP + row * ROW + 4 + place * (BAR + 2)
            parts.append(f'<rect x="{left}" y="{y}" width="{max(x(ratio) - left, 1):.1f}" height="{BAR}" fill="{COLORS[peer]}"/>')
            parts.append(f'<text x="{x(ratio) + 4:.1f}" y="{y + BAR - 2}" class="value">{ratio:.1f}</text>')
    return parts


def chart(results):
    """An SVG: for each workload that a peer has, how many times as long the peers take."""
    compared = {name for name, _, peer in results if peer is not None}
    names = [name for name in ORDER if name in compared and any((name, w, None) in results for w in (1, 2))]
    ratios = [times(results[name, workers, None], line) for (name, workers, peer), line in results.items()
              if peer is not None and (name, workers, None) in results]
    most = 2 ** math.ceil(math.log2(max(ratios, default=2) * 1.4))
    width, height = LABELS + 2 * PANEL + GAP + 20, TOP + ROW * len(names) + 16
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
             ' font-family="sans-serif" font-size="12" role="img" aria-label="How many times as long the peers take">',
             "<style>text{fill:#222}.head{font-weight:bold}.tick{font-size:10px;text-anchor:middle;fill:#666}"
             ".value{font-size:10px}.grid{stroke:#e4e4e4}.one{stroke:#222}.two{stroke:#222;stroke-dasharray:3 3}"
             ".own{font-size:10px;fill:#666}</style>",
             f'<rect width="{width}" height="{height}" fill="#fff"/>',
             '<text x="12" y="20" class="head">How many times as long as Coppice (×1)</text>']
    left = 330
    for peer, text in PEERS.items():
        parts.append(f'<rect x="{left}" y="11" width="11" height="11" fill="{COLORS[peer]}"/>')
        parts.append(f'<text x="{left + 16}" y="20">{text}</text>')
        left += 110
    for row, name in enumerate(names):
        own = results.get((name, 1, None)) or results.get((name, 2, None))
        y = TOP + row * ROW
        parts.append(f'<text x="12" y="{y + 14}">{escape(name)}</text>')
        parts.append(f'<text x="12" y="{y + 27}" class="own">{number(own["value"])} {escape(own["unit"])}</text>')
    parts += panel(results, names, 1, LABELS, most) + panel(results, names, 2, LABELS + PANEL + GAP, most)
    return "\n".join(parts) + "\n</svg>\n"


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0])
    parser.add_argument("results", type=pathlib.Path)
    parser.add_argument("--add")
    parser.add_argument("--docs", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parents[2] / "docs")
    given = parser.parse_args()
    results = read(given.results.read_text().splitlines()) if given.results.exists() else {}
    if given.add is not None:
        results |= read(sys.stdin if given.add == "-" else pathlib.Path(given.add).read_text().splitlines())
        given.results.write_text("".join(json.dumps(line) + "\n" for line in in_order(results)))
    page = given.docs / "performance.md"
    before, _, rest = page.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        sys.exit(f"report.py: {page} has no text between {BEGIN.strip()} and {END.strip()}")
    page.write_text(before + BEGIN + "\n" + PICTURE + tables(results) + "\n" + END + after)
    (given.docs / "performance.svg").write_text(chart(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
