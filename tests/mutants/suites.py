"""The suites that judge a mutant: in which order, how each is run, and what is read from its output."""
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import time

LAYERS = ["base", "time", "schedule", "process", "behaviour", "supervision", "system"]
CATCH = ["testing", *LAYERS, "rivals", "otp"]  # one program each; the others are what Meson lists as tests
MOST_MEMORY = 6 << 30
MOST_OUTPUT = 256 << 20


def order(touched):
    """The simulator's suite, then the layers that the patch touches, the scenarios, and the rest."""
    near = [l for l in LAYERS if any(re.match(rf"(src|include/coppice)/{l}/", name) for name in touched)]
    if any(name.startswith("examples/") for name in touched):
        near.append("examples")
    wanted = ["testing", *near, "conformance", *reversed(LAYERS), "contract", "rivals", "otp", "examples"]
    return list(dict.fromkeys(wanted))


def target_of(suite):
    return f"for-{suite}"


class Found:
    """How a mutant was found."""

    def __init__(self, suite, test, how, detail=""):
        self.suite, self.test, self.how, self.detail = suite, test, how, detail

    def text(self):
        quoted = f' "{self.test}"' if self.test else ""
        return f"{self.suite}:{quoted} {self.how}" + (f" ({self.detail})" if self.detail else "")


# ---- processes


def memory_of(pid):
    try:
        return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0


def bounded():
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MOST_OUTPUT, MOST_OUTPUT))


def processor_time_of(pid):
    """Seconds, of all its threads."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    except (OSError, IndexError):
        return 0


class Limit:
    """How long something may run. One that turns round in circles is told by its processor time, however busy the machine is;
    one that waits for ever by the clock."""

    def __init__(self, seconds, processor_seconds=None):
        self.seconds, self.processor_seconds = seconds, processor_seconds or seconds


def execute(command, folder, environment, log, limit):
    """None if the command ends well, else in words how it ends. All that it started is gone afterwards."""
    with open(log, "wb") as out:
        child = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=bounded)
    end = time.monotonic() + limit.seconds
    try:
        # Not waited for yet when it has ended: until then its number, and its group's, are nobody else's.
        while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if time.monotonic() > end:
                return f"hangs: no end within {limit.seconds:.0f} s"
            if processor_time_of(child.pid) > limit.processor_seconds:
                return f"hangs: no end within {limit.processor_seconds:.0f} s of processor time"
            if memory_of(child.pid) > MOST_MEMORY:
                return f"takes more than {MOST_MEMORY >> 30} GiB of memory"
            time.sleep(0.03)
    finally:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        code = child.wait()
    if code < 0:
        return f"crashes: {signal.Signals(-code).name}"
    return f"fails with exit code {code}" if code else None


# ---- what a suite printed

def first(pattern, text):
    found = re.search(pattern, text, re.MULTILINE)
    return found[1] if found else ""


def simulators_words(text):
    """How many schedules it took, the seed, and what was wrong."""
    runs, seed = first(r"^\s*(\d+) schedules were run", text), first(r"^\s*seed (\d+) fails", text)
    wrong = first(r"^\s*((?:main_failed|waits_for_ever|too_long|invariant|left_behind|other_thread): .*)$", text)
    words = [f"schedule {runs}" if runs else "", f"seed {seed}" if seed else "", wrong[:120]]
    return ", ".join(w for w in words if w)


def sanitizers_words(text):
    return first(r"(ERROR: \w+Sanitizer: .*|runtime error: .*|WARNING: ThreadSanitizer: .*)", text)[:120]


def how_it_failed(how, text):
    broken = first(r"^(?:coppice: )?(.*(?:check failed|terminate called|Assertion).*)$", text)
    asserted = (re.findall(r"^(.*): FAILED:", text, re.MULTILINE) or [""])[-1]
    if "fails" in how and asserted:
        how = "fails"
    # The first failure ends the suite; what comes before it in the text is of cases that are meant to fail.
    last = text[max(text.rfind(": FAILED:"), 0):]
    words = simulators_words(last) or sanitizers_words(text) or broken.strip()[:120]
    return how, words or asserted


# ---- suites


def run_catch(suite, build, log, limit):
    program = build / "tests" / "support" / f"test_{suite}"
    report = log.with_suffix(".report")
    report.unlink(missing_ok=True)
    environment = {**os.environ, "COPPICE_TEST_REPORT": str(report)}
    command = [program, "--order", "decl", "--abort"]
    output = log.with_suffix(".out")
    how = execute(command, build, environment, output, limit)
    if how is None:
        return None
    text = output.read_text(errors="replace")
    how, detail = how_it_failed(how, text)
    return Found(suite, failed_case(program, report), how, detail)


def failed_case(program, report):
    """The test case of which an assertion failed; else the first that is not among those that ended."""
    lines = report.read_text().splitlines() if report.is_file() else []
    ended = [line.split(" ", 2) for line in lines if line.count(" ") > 1]
    for _, failed, name in ended:
        if failed != "0":
            return name
    names = {name for _, _, name in ended}
    listed = subprocess.run([program, "--order", "decl", "--list-test-names-only"], capture_output=True, text=True)
    return next((name for name in map(str.strip, listed.stdout.splitlines()) if name and name not in names), "")


def run_listed(suite, build, log, limit):
    """A suite of Meson's tests, one after the other."""
    tests = json.loads((build / "meson-info" / "intro-tests.json").read_text())
    end = time.monotonic() + limit.seconds
    for test in tests:
        if not any(s.split(":")[-1] == suite for s in test["suite"]):
            continue
        output = log.with_suffix(".out")
        environment = {**os.environ, **test["env"]}
        how = execute(test["cmd"], test["workdir"] or build, environment, output,
                      Limit(max(1, end - time.monotonic())))
        if how is not None:
            text = output.read_text(errors="replace")
            words = sanitizers_words(text) or first(r"^((?:FAIL|--- |not ok|!! ).*)$", text)
            return Found(suite, test["name"], how, words[:120])
    return None


def run(suite, build, log, limit):
    """None if it passes. `log` says where its output goes: beside it, as *.out."""
    return (run_catch if suite in CATCH else run_listed)(suite, build, log, limit)
