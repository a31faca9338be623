#!/usr/bin/env python3
"""Runs scenarios on Coppice and compares what they print with what Erlang prints.

  conformance.py PROGRAM DIR                every *.scn under DIR against the *.trace of its name, beside it or in DIR/traces
  conformance.py PROGRAM --live DIR         the same against an Erlang that runs now
  conformance.py PROGRAM --fuzz SEED COUNT  COUNT new scenarios of all kinds, likewise; what differs is shrunk to the fewest steps

PROGRAM is the driver. Prints the first difference of each scenario that fails, and ends with `N passed, M failed`.
COPPICE_JOBS limits how many run at once.
"""
import concurrent.futures
import difflib
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ORACLE = HERE / "oracle" / "oracle"
JOBS = int(os.environ.get("COPPICE_JOBS", 0)) or os.cpu_count() or 1
LIMIT = 300  # seconds for a batch of scenarios
SHRUNK = 10  # so many of those that differ are shrunk


def run_all(command, scenarios, batch):
    """The traces that `command --out DIR SCENARIO...` writes, by scenario; a text that begins with !! where it wrote none."""
    traces = {}
    with tempfile.TemporaryDirectory() as out:

        def run(some):
            try:
                done = subprocess.run([*command, "--out", out, *map(str, some)], capture_output=True, text=True, timeout=LIMIT)
                ended = f"exit code {done.returncode}\n{done.stdout}{done.stderr}" if done.returncode else ""
            except subprocess.TimeoutExpired:
                ended = f"no end within {LIMIT} s"
            for scenario in some:
                trace = pathlib.Path(out) / (scenario.stem + ".trace")
                text = trace.read_text() if trace.exists() and not ended else f"!! {ended or 'no trace'}\n"
                traces[scenario] = text

        batches = [scenarios[i : i + batch] for i in range(0, len(scenarios), batch)]
        with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(run, batches))
    return traces


def run_coppice(program, scenarios):
    return run_all([program], scenarios, 4)


def run_erlang(scenarios):
    subprocess.run([ORACLE], check=True)  # compiles the referee, before many at once want to
    return run_all([ORACLE], scenarios, 10)


def in_order(scenario, trace):
    """What supervisors that were killed leave behind ends at once: an unbroken run of that has no order. Neither has what two
    supervisors do amid a step, where both have something to do: each one's deeds stand together."""
    parents = dict(re.findall(r"^(?:sup|worker) (\S+) parent=(\S+)", scenario.read_text(), re.M))

    def owner(line):
        what, who = line.removeprefix("orphan ").split(" ")[:2]
        name = who.split("#")[0]
        return name if what == "report" else parents.get(name, name)

    def amid(step):
        lines = step.splitlines(True)
        events = [n for n, line in enumerate(lines) if re.match("(orphan )?(start|terminated?|report|info) ", line)]
        for n, line in zip(events, sorted((lines[n] for n in events), key=owner)):
            lines[n] = line
        return "".join(lines)

    trace = re.sub(r"(?:^orphan terminated? .*\n)+", lambda run: "".join(sorted(run[0].splitlines(True))), trace, flags=re.M)
    return "".join(amid(step) if re.match(r"== \d+ amid ", step) else step for step in re.split(r"^(?=== )", trace, flags=re.M))


def without_races(scenario, trace):
    """What races in OTP 25 itself: a process whose start has failed lives on for a moment, until its crash report is written,
    and its supervisor, if it ends at once, may end it first. Its own reason stands for both."""
    out = []
    trace = in_order(scenario, trace)
    for step in re.split(r"^(?=== )", trace, flags=re.M):
        own = {}
        for who, how, reason in re.findall(r"^(?:orphan )?start (\S+) \{(stop|exit|error),(\S+)\}$", step, re.M):
            own[who] = f"{{{reason},stack}}" if how == "error" else reason
        ends = set(re.findall(r"^exit \S+ (\S+)$", step, re.M))

        def mend(line):
            who, reason = line[1], line[2]
            orderly = own.get(who, "normal") in ("normal", "shutdown") or own[who].startswith("{shutdown,")
            return line[0] if orderly or reason not in ends else f"exit {who} {own[who]}"

        out.append(re.sub(r"^exit (\S+) (\S+)$", mend, step, flags=re.M))
    return "".join(out)


def first_difference(scenario, wanted, got):
    """The step and the lines that differ first; nothing if all is equal."""
    wanted, got = (without_races(scenario, text).splitlines() for text in (wanted, got))
    for n, (a, b) in enumerate(zip(wanted + [None] * len(got), got + [None] * len(wanted))):
        if a != b:
            step = next((line for line in reversed(got[: n + 1]) if line and line.startswith("== ")), "before the first step")
            return f"  in {step}\n  wanted: {a if a is not None else '(nothing more)'}\n  got:    {b if b is not None else '(nothing more)'}"
        if a is None:
            break
    return None


def compare(scenarios, wanted, got, name):
    failed = []
    for scenario in scenarios:
        difference = first_difference(scenario, wanted[scenario], got[scenario])
        if difference:
            print(f"{name(scenario)}:\n{difference}", flush=True)
            failed.append(scenario)
    return failed


def recorded(folder, scenario):
    for trace in (scenario.with_suffix(".trace"), folder / "traces" / (scenario.stem + ".trace")):
        if trace.exists():
            return trace.read_text()
    return f"!! there is no {scenario.stem}.trace\n"


def check_folder(program, folder, live):
    scenarios = sorted(folder.rglob("*.scn"))
    if not scenarios:
        sys.exit(f"conformance: no *.scn under {folder}")
    wanted = run_erlang(scenarios) if live else {one: recorded(folder, one) for one in scenarios}
    failed = compare(scenarios, wanted, run_coppice(program, scenarios), lambda one: one.relative_to(folder))
    return len(scenarios), len(failed)


def shrink(program, scenario, work):
    """The scenario with as few steps and declarations as still differ."""
    lines = scenario.read_text().splitlines()
    size = max(1, len(lines) // 2)
    while size:
        candidates = []
        for at in range(1, len(lines), size):
            text = lines[:at] + lines[at + size :]
            path = work / f"candidate_{len(candidates)}.scn"
            path.write_text("\n".join(text) + "\n")
            candidates.append((path, text))
        paths = [path for path, _ in candidates]
        wanted, got = run_erlang(paths), run_coppice(program, paths)
        for path, text in candidates:
            broken = "!! oracle crashed" in wanted[path] or "!!" in got[path][:2]
            if not broken and first_difference(path, wanted[path], got[path]):
                lines = text
                break
        else:
            size //= 2
    return lines


def fuzz(program, seed, count):
    sys.path.insert(0, str(HERE / "oracle"))
    sys.dont_write_bytecode = True
    import gen

    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        scenarios = []
        for n in range(count):
            kind = gen.KINDS[n % len(gen.KINDS)]
            path = work / f"{kind}_{seed + n}.scn"
            path.write_text(gen.gen(kind, seed + n))
            scenarios.append(path)
        for at in range(0, count, 200):
            some = scenarios[at : at + 200]
            wanted, got = run_erlang(some), run_coppice(program, some)
            # Time is virtual here and real there: on a busy machine it may be the referee that was late.
            for _ in range(3):
                late = [one for one in some if first_difference(one, wanted[one], got[one])]
                wanted.update(run_erlang(late) if late else {})
            differing = compare(some, wanted, got, lambda one: one.stem)
            to_shrink = differing[: max(0, SHRUNK - failed)]
            failed += len(differing)
            for scenario in to_shrink:
                # What does not differ a second time depends on time.
                if not first_difference(scenario, run_erlang([scenario])[scenario], run_coppice(program, [scenario])[scenario]):
                    print(f"{scenario.stem}: no difference when it is run again")
                    continue
                small = work / "small.scn"
                small.write_text("\n".join(shrink(program, scenario, work)) + "\n")
                wanted, got = run_erlang([small])[small], run_coppice(program, [small])[small]
                print(f"{scenario.stem}, shrunk:\n{small.read_text()}")
                print("".join(difflib.unified_diff(wanted.splitlines(True), got.splitlines(True), "Erlang", "Coppice", n=2)), flush=True)
            print(f"{min(at + 200, count)} of {count}, {failed} differ", file=sys.stderr, flush=True)
    return count, failed


def main():
    arguments = sys.argv[1:]
    byte_code = tempfile.TemporaryDirectory()
    os.environ["TMPDIR"] = byte_code.name  # where the referee keeps it: another folder's may be another version
    if len(arguments) == 2:
        ran, failed = check_folder(arguments[0], pathlib.Path(arguments[1]), live=False)
    elif len(arguments) == 3 and arguments[1] == "--live":
        ran, failed = check_folder(arguments[0], pathlib.Path(arguments[2]), live=True)
    elif len(arguments) == 4 and arguments[1] == "--fuzz":
        ran, failed = fuzz(arguments[0], int(arguments[2]), int(arguments[3]))
    else:
        sys.exit(__doc__)
    print(f"{ran - failed} passed, {failed} failed")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
