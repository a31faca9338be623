#!/usr/bin/env python3
"""Writes the bank's sample: accounts.csv and transfers.csv, byte for byte the same for the same seed.

The numbers come from a generator written out below, because the standard library's own may draw
differently in another version of Python.
"""

import argparse
import csv
import pathlib

MASK = (1 << 64) - 1


class Draw:
    """The splitmix64 sequence: a counter in fixed steps, each value mixed."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        mixed = self.state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & MASK
        return mixed ^ (mixed >> 31)

    def between(self, low, high):
        return low + self.next() % (high - low + 1)

    def pick(self, choices):
        return choices[self.next() % len(choices)]


# weight, least and greatest cents, who receives (a private account or a busy one), memos
KINDS = [
    (30, 120, 900, "busy", ["coffee", "espresso, double", "sandwich", "lunch", 'the "usual"', ""]),
    (25, 1_500, 14_000, "busy", ["groceries", "market, vegetables", "weekly shop", "pharmacy", ""]),
    (15, 500, 8_000, "private", ["dinner, thanks!", "cinema", 'your half of "Hamlet"', "bike repair",
                                 "Geschenk für Zoë", "taxi", ""]),
    (10, 2_000, 60_000, "busy", ["invoice {n}", "invoice {n}, net 30", 'order {n}: 2 x 19" rack',
                                 "insurance", "electricity"]),
    (8, 60_000, 180_000, "private", ["rent", "rent, deposit", "rent flat {n}"]),
    (7, 180_000, 520_000, "payroll", ["salary", "salary, bonus", "wages week {n}"]),
    (5, 100, 250_000, "private", ["savings", "loan, instalment {n}", 'book "C++"', "refund"]),
]
WEIGHTED = [kind for kind in KINDS for _ in range(kind[0])]


def account_numbers(count):
    """Eight digits, the last one the check digit that card numbers use (Luhn)."""
    for serial in range(1_000_001, 1_000_001 + count):
        total = 0
        for place, digit in enumerate(reversed(str(serial))):
            value = int(digit) * (2 if place % 2 == 0 else 1)
            total += value // 10 + value % 10
        yield f"{serial}{(10 - total % 10) % 10}"


def transfer(draw, accounts, busy):
    _, low, high, receiver, memos = draw.pick(WEIGHTED)
    sender = draw.pick(accounts)
    if receiver == "payroll":
        sender, target = draw.pick(busy), draw.pick(accounts)
    elif receiver == "busy":
        target = draw.pick(busy)
    else:
        target = draw.pick(accounts)
    while target == sender:
        target = draw.pick(accounts)
    return sender, target, draw.between(low, high), draw.pick(memos).format(n=draw.between(1, 999))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=2024)
    parser.add_argument("--accounts", type=int, default=1_000)
    parser.add_argument("--transfers", type=int, default=100_000)
    parser.add_argument("folder", type=pathlib.Path, help="where both files are written")
    options = parser.parse_args()
    if options.accounts < 2 or options.transfers < 0:
        parser.error("at least 2 accounts and 0 transfers")

    draw = Draw(options.seed)
    accounts = list(account_numbers(options.accounts))
    busy = accounts[: max(1, options.accounts // 50)]  # shops and employers: two in a hundred
    options.folder.mkdir(parents=True, exist_ok=True)
    with open(options.folder / "accounts.csv", "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["account", "cents"])
        for account in accounts:
            opening = draw.between(-50_000, 900_000)
            rows.writerow([account, abs(opening) * 10 if account in busy else opening])
    with open(options.folder / "transfers.csv", "w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out, lineterminator="\n")
        rows.writerow(["id", "from", "to", "cents", "memo"])
        for number in range(1, options.transfers + 1):
            rows.writerow([number, *transfer(draw, accounts, busy)])


if __name__ == "__main__":
    main()
