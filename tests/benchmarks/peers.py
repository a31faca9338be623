"""The peers: programs of ours, in peers/, that do the same work as the benchmarks on Erlang/OTP and on CAF.

A peer's program prints the time of one operation in nanoseconds, or its bytes; counts are lower than Coppice's own where a
peer takes long (Erlang's supervisor keeps a list of restarts and walks it at each).
"""
import pathlib
import shutil
import subprocess

SOURCES = pathlib.Path(__file__).resolve().parent / "peers"

# figure: (the peer's name of it, count, size)
MESSAGES = {
    "ping_pong": ("ping_pong", 2_000_000, 1),
    "ping_pong_64": ("ping_pong", 2_000_000, 64),
    "counting": ("counting", 5_000_000, 0),
    "burst": ("burst", 5_000_000, 0),
    "ring": ("ring", 2_000_000, 503),
    "call": ("call", 1_000_000, 0),
    "cast": ("cast", 5_000_000, 0),
    "spawn_exit": ("spawn_exit", 500_000, 100),
    "skynet": ("skynet", 1, 1_000_000),
    "big": ("big", 2_000_000, 64),
    "fan_in": ("fan_in", 5_000_000, 8),
    "idle_server": ("idle_server", 50_000, 0),
    "chameneos": ("chameneos", 500_000, 100),
    "bank_transactions": ("bank_transactions", 500_000, 1_000),
    "sieve": ("sieve", 1, 20_000),
    "fibonacci": ("fibonacci", 1, 25),
}
ERLANG_ONLY = {
    "spawn_exit_10000": ("spawn_exit", 500_000, 10_000),
    "restart_throw": ("restart_throw", 2_000, 0),
    "restart_exit": ("restart_exit", 2_000, 0),
    "one_for_all_100": ("one_for_all", 200, 100),
    "dynamic_children_start": ("children_start", 50_000, 0),
    "dynamic_children_stop": ("children_stop", 50_000, 0),
    "receive_backlog_type_0": ("receive_type", 500_000, 0),
    "receive_backlog_ref_0": ("receive_ref", 500_000, 0),
    "receive_backlog_call_0": ("receive_call", 500_000, 0),
    "timer": ("timer", 1_000_000, 0),
    "timer_100000": ("timer", 1_000_000, 100_000),
}


def in_unit(value, unit):
    """Nanoseconds (or bytes) of one operation in the unit of the figure."""
    if unit.startswith("M "):
        return 1e3 / value
    return value / {"s": 1e9, "ms": 1e6, "us": 1e3}.get(unit, 1)


class Peer:
    def __init__(self, name, figures, command):
        self.name = name
        self.figures = figures
        self.command = command  # (workers, name, count, size) -> what is run

    def measure(self, figure, workers, unit):
        """One run's value; None if the peer does not have the figure."""
        if figure not in self.figures:
            return None
        ran = subprocess.run(self.command(workers, *map(str, self.figures[figure])), capture_output=True, text=True,
                             timeout=600)
        lines = ran.stdout.split()
        if ran.returncode != 0 or len(lines) != 1:
            raise subprocess.SubprocessError(f"{self.name}: {figure}: exit code {ran.returncode}\n{ran.stdout}{ran.stderr}")
        return in_unit(float(lines[0]), unit)


def installed_peers(folder):
    """The peers that are installed, their programs built in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    peers = []
    if shutil.which("erl") and shutil.which("erlc"):
        subprocess.run(["erlc", "-o", folder, *sorted((SOURCES / "erlang").glob("*.erl"))], check=True)
        peers.append(Peer("erlang", MESSAGES | ERLANG_ONLY, lambda workers, *what: [
            "erl", "-noshell", "+P", "2000000", "+S", f"{workers}:{workers}", "-pa", str(folder), "-s", "peer_main", "main", *what]))
    if pathlib.Path("/usr/include/caf/all.hpp").exists():
        program = folder / "peer_caf"
        parts = sorted((SOURCES / "caf").iterdir())
        if not program.exists() or program.stat().st_mtime < max(part.stat().st_mtime for part in parts):
            sources = [part for part in parts if part.suffix == ".cpp"]
            subprocess.run(["g++", "-std=c++17", "-O3", "-DNDEBUG", "-w", *sources, "-o", program, "-lcaf_core", "-pthread"],
                           check=True)
        peers.append(Peer("caf", MESSAGES, lambda workers, name, *numbers: [program, name, str(workers), *numbers]))
    return peers
