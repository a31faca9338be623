#!/usr/bin/env python3
"""Recomputes the balances from the two input files alone and compares them with the bank's report.

Shares no code with the bank: the rules of its input (README.md beside this file) are written down
here a second time. Exits 0 if every account is in the report with the right balance to the cent.
"""

import argparse
import re
import sys

LARGEST = 10**15  # cents in one line
TOTAL = 2**63 - 1  # of all openings and transfers together
NAME = re.compile(rb"[^\x00-\x1f\x7f]{1,64}")
NUMBER = re.compile(rb"-?[0-9]+")
MOST_LINES = 32  # of one record whose quoted field goes over several lines

RECORD = re.compile(rb'(?:"(?:[^"]|"")*"|[^",\r\n]*)(?:,(?:"(?:[^"]|"")*"|[^",\r\n]*))*')
FIELD = re.compile(rb'"((?:[^"]|"")*)"|([^",]*)')


def split(text):
    """The fields of one record, or None if it is not well formed."""
    if RECORD.fullmatch(text) is None:
        return None
    fields, at = [], 0
    while True:
        field = FIELD.match(text, at)
        quoted, bare = field.groups()
        fields.append(bare if quoted is None else quoted.replace(b'""', b'"'))
        if field.end() == len(text):
            return fields
        at = field.end() + 1


def records(path, header):
    """Yields the fields of each well-formed record with as many fields as the header has."""
    with open(path, "rb") as source:
        lines = source.read().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    lines = [line.removesuffix(b"\r") for line in lines]
    if lines[0] != header:
        sys.exit(f"{path}: the header is not {header.decode()}")
    at = 1
    while at < len(lines):
        for end in range(at + 1, min(at + MOST_LINES, len(lines)) + 1):
            fields = split(b"\n".join(lines[at:end]))
            if fields is not None:
                break
        else:
            end = at + 1
        if fields is not None and len(fields) == header.count(b",") + 1:
            yield fields
        at = end


def named(field):
    return NAME.fullmatch(field) is not None


def cents(field, least):
    """The number in a field, or None if it is none or out of range."""
    if NUMBER.fullmatch(field) is None or not least <= int(field) <= LARGEST:
        return None
    return int(field)


def recompute(accounts_path, transfers_path):
    balances, ids, total = {}, set(), 0
    for account, opening in records(accounts_path, b"account,cents"):
        amount = cents(opening, -LARGEST)
        if not named(account) or amount is None or account in balances or total + abs(amount) > TOTAL:
            continue
        total += abs(amount)
        balances[account] = amount
    for number, source, target, moved, _ in records(transfers_path, b"id,from,to,cents,memo"):
        amount = cents(moved, 1)
        if not named(number) or amount is None or number in ids or source == target:
            continue
        if source not in balances or target not in balances or total + amount > TOTAL:
            continue
        total += amount
        ids.add(number)
        balances[source] -= amount
        balances[target] += amount
    return balances, len(ids)


def read_report(path):
    found, wrong = {}, 0
    for fields in records(path, b"account,cents"):
        if fields[0] in found:
            wrong += 1
            print(f"{fields[0].decode(errors='replace')}: twice in the report")
        found[fields[0]] = int(fields[1])
    return found, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("accounts")
    parser.add_argument("transfers")
    parser.add_argument("report")
    options = parser.parse_args()

    expected, applied = recompute(options.accounts, options.transfers)
    found, wrong = read_report(options.report)
    for account in sorted(expected.keys() | found.keys()):
        if expected.get(account) != found.get(account):
            wrong += 1
            if wrong <= 20:
                print(f"{account.decode(errors='replace')}: expected {expected.get(account)}, "
                      f"the report has {found.get(account)}")
    if list(found) != sorted(found):
        wrong += 1
        print("the report is not sorted by account")
    if wrong:
        sys.exit(f"{wrong} of {len(expected)} accounts are wrong")
    print(f"{len(expected)} accounts agree with the input to the cent after {applied} transfers")


if __name__ == "__main__":
    main()
