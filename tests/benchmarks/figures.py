"""What there is to measure: the figures of the design under their names, and those that relate others."""

BOTH = (1, 2)
ONE = (1,)

# What `growth` measures beside the chain of pointers: how many cache lines each may miss more when there are 10,000,000
# processes than when there are 10.
GROWING = {"spawn": 2, "send": 3, "receive": 6, "call": 8, "timer": 4}

# figure: (program, arguments, workers, target). A script stands beside this file and is told the build. Targets are the
# design's; a figure without one is there to compare with.
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
    "chameneos": ("chameneos", "", BOTH, None),
    "bank_transactions": ("bank", "", BOTH, None),
    "sieve": ("sieve", "", BOTH, None),
    "fibonacci": ("fibonacci", "", BOTH, None),
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
    "ping_pong_unwatched": ("ping_pong", "--size 1 --watch 0", ONE, None),
    "which_children": ("which_children", "", ONE, 20),
    "which_children_pause": ("which_children", "", ONE, 20),
    "mailbox_send_1000": ("mailbox", "--size 1000", ONE, None),
    "mailbox_send_10000000": ("mailbox", "--size 10000000", ONE, None),
    "mailbox_receive_1000": ("mailbox", "--size 1000", ONE, None),
    "mailbox_receive_10000000": ("mailbox", "--size 10000000", ONE, None),
    "timer_lateness": ("lateness", "", ONE, 2),
    "overhead": ("overhead", "", BOTH, 5),
    "overhead_total": ("overhead", "", BOTH, None),
    "overhead_plain": ("overhead", "", BOTH, None),
    "idle_cpu": ("idle_cpu", "", ONE, 0.1),
    "call_p99_flood": ("tails", "--kind flood", BOTH, 2),
    "call_p99_load": ("tails", "--kind load --size 80", BOTH, 1),
    "hogs_spinning": ("hogs", "--kind spinning", (2,), 10),
    "hogs_spinning_4": ("hogs", "--kind spinning --size 4", (2,), 10),
    "hogs_blocked": ("hogs", "--kind blocked", (2,), 10),
    "hogs_blocked_4": ("hogs", "--kind blocked --size 4", (2,), 10),
    "hello": ("compile.py", "", ONE, 1.3),
    "hello_own": ("compile.py", "", ONE, 0.4),
    "hello_handler": ("compile.py", "", ONE, 0.03),
    "hello_handler_growth": ("compile.py", "", ONE, 1.2),
    "hello_size": ("compile.py", "", ONE, 500),
    **{f"growth_{what}_{size}": ("growth", "", ONE, None)
       for what in ("chase", *GROWING) for size in (10, 1_000, 100_000, 10_000_000)},
}

# What Erlang/OTP took on the machine that the targets are for, with one scheduler (targets.py says what for).
ERLANG_THERE = {
    "ping_pong": 186, "counting": 55, "call": 1148, "cast": 129, "ring": 172, "spawn_exit": 640, "skynet": 4.16, "big": 152,
    "fan_in": 8.9, "restart_throw": 4.5, "restart_exit": 4.5, "one_for_all_100": 368,
    "dynamic_children_start": 4.9, "dynamic_children_stop": 8.7, "timer": 189}

# Figures that relate others: (the one above, the one below the line, target of the ratio).
RATIOS = {
    "receive_backlog_type": ("receive_backlog_type_1000000", "receive_backlog_type_0", 2),
    "receive_backlog_ref": ("receive_backlog_ref_1000000", "receive_backlog_ref_0", 2),
    "receive_backlog_call": ("receive_backlog_call_1000000", "receive_backlog_call_0", 2),
    "spawn_exit_growth": ("spawn_exit_1000000", "spawn_exit", 1.5),
    "restart_exit_growth": ("restart_exit_after_1000000", "restart_exit", 1.1),
    "mailbox_send_growth": ("mailbox_send_10000000", "mailbox_send_1000", 2),
    "mailbox_receive_growth": ("mailbox_receive_10000000", "mailbox_receive_1000", 2),
    "stall_watch": ("ping_pong", "ping_pong_unwatched", 1.02),
}
# How many steps of the chain of pointers the growth of an operation is worth: (its figure, target).
LINES = {f"growth_{what}_lines": (f"growth_{what}", target) for what, target in GROWING.items()}
WORST_OF = {"receive_backlog": ("receive_backlog_type", "receive_backlog_ref", "receive_backlog_call")}
