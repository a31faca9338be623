"""How figures stand to their targets on the machine that measured them.

The design's targets in nanoseconds are for one machine. On another the ratio to Erlang/OTP in the same run decides: where
Erlang was measured beside a figure, Coppice is to be as many times as fast as the target is there. A time that Erlang has
not is held against the target times the machine's factor, the median of what Erlang takes here to what it took there. Bytes,
shares, and lateness in milliseconds (which is the scheduler's, not the processor's) hold as they are.
"""
import statistics

from figures import ERLANG_THERE

OF_THE_PROCESSOR = ("ns", "us", "s", "M messages")


def share_of(value, other, better):
    """Over 1 the value is the worse of the two, whichever way is better."""
    return value / other if better == "lower" else other / value


def wanted_ratio(own):
    """How many times as long as Coppice Erlang is to take; None where the targets' machine has no figure of Erlang's."""
    if own["name"] not in ERLANG_THERE or "target" not in own:
        return None
    return round(share_of(ERLANG_THERE[own["name"]], own["target"], own["better"]), 2)


def factor(results):
    """How many times as long as there Erlang takes here, by what it was asked with one scheduler; None without Erlang."""
    ratios = [share_of(line["value"], ERLANG_THERE[line["name"]], line["better"]) for line in results
              if line.get("peer") == "erlang" and line["workers"] == 1 and line["name"] in ERLANG_THERE]
    return statistics.median(ratios) if ratios else None


def standing(own, erlang=None, machine=None):
    """Up to 1 the target is met; None where there is none. erlang: its line for the same; machine: the factor, if known."""
    if "target" not in own:
        return None
    share = share_of(own["value"], own["target"], own["better"])
    if own["unit"].split("/")[0] not in OF_THE_PROCESSOR:
        return share
    if erlang is not None and "wanted" in erlang:
        return erlang["wanted"] / share_of(erlang["value"], own["value"], own["better"])
    return share if machine is None else share / machine
