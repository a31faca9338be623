#!/usr/bin/env python3
"""Runs the whole bank: under its saboteur, with bad lines, interrupted, killed, with a torn journal, on a full disk.

usage: bank_run_test.py BANK BANK_FOLDER [MUTANT...]

The balances are checked by check.py, which shares no code with the bank. Every mutant must be found out.
"""

import os
import pathlib
import pty
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BANK = pathlib.Path(sys.argv[1])
FOLDER = pathlib.Path(sys.argv[2])
MUTANTS = [pathlib.Path(mutant) for mutant in sys.argv[3:]]
del sys.argv[1:]

PATIENCE = 120  # seconds, for a run that should take one or two


class Run(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.generate(100, 5_000)

    def generate(self, accounts, transfers):
        subprocess.run([sys.executable, FOLDER / "generate.py", "--seed", "7", "--accounts", str(accounts),
                        "--transfers", str(transfers), self.folder], check=True)
        self.accounts = self.folder / "accounts.csv"
        self.transfers = self.folder / "transfers.csv"

    def command(self, *more, bank=BANK):
        return [bank, "--accounts", self.accounts, "--transfers", self.transfers, "--state", self.folder / "state",
                "--report", self.folder / "report.csv", *map(str, more)]

    def run_bank(self, *more, bank=BANK, **how):
        return subprocess.run(self.command(*more, bank=bank), capture_output=True, text=True, timeout=PATIENCE, **how)

    def check_report(self):
        result = subprocess.run([sys.executable, FOLDER / "check.py", self.accounts, self.transfers,
                                 self.folder / "report.csv"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def assert_done(self, result):
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn("the books balance", result.stdout)
        self.check_report()

    def start_and_wait_for_journal(self, *more):
        """A run that is in the middle of its work."""
        bank = subprocess.Popen(self.command(*more), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(bank.kill)
        self.wait_until(lambda: self.journal_size() > 20_000, bank)
        return bank

    def journal_size(self):
        journal = self.folder / "state" / "journal"
        return journal.stat().st_size if journal.exists() else 0

    def wait_until(self, true, bank):
        end = time.monotonic() + PATIENCE
        while not true():
            self.assertIsNone(bank.poll(), "the bank ended too early")
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)


class Chaos(Run):
    def test_books_balance_whatever_is_killed(self):
        self.generate(1_000, 10_000)
        result = self.run_bank("--chaos", 200, "--rate", 4_000)
        self.assert_done(result)
        kills = re.search(r"killed: ([\d,]+) processes: ([\d,]+) accounts, (\d+) tellers, (\d+) supervisors, (\d+) ledger",
                          result.stdout)
        self.assertIsNotNone(kills, result.stdout)
        for kind in range(2, 6):
            self.assertGreater(int(kills[kind].replace(",", "")), 0, result.stdout)
        self.assertIn("each of 10,000 transfers was applied exactly once", result.stdout)
        self.assertRegex(result.stdout, r"availability: \d+\.\d+ % answered within 100 ms")
        self.assertRegex(result.stdout, r"\n├─ ledger +restarted +[1-9]")

    def test_another_seed_kills_others_and_the_books_are_the_same(self):
        reports = []
        for seed in (1, 2):
            self.assert_done(self.run_bank("--chaos", 300, "--rate", 5_000, "--seed", seed))
            reports.append((self.folder / "report.csv").read_bytes())
        self.assertEqual(*reports)

    def test_nobody_is_killed_without_chaos(self):
        result = self.run_bank("--chaos", 0)
        self.assert_done(result)
        self.assertIn("nobody is killed", result.stdout)
        self.assertIn("killed: 0 processes", result.stdout)
        self.assertNotRegex(result.stdout, r"restarted +[1-9]")

    def test_no_account_too_few_no_teller_too_few(self):
        self.generate(2, 50)
        self.assert_done(self.run_bank("--tellers", 1, "--chaos", 50, "--rate", 100))

    def test_nothing_to_do_is_done(self):
        self.transfers.write_text("id,from,to,cents,memo\n")
        self.assert_done(self.run_bank())


class Input(Run):
    def test_bad_lines_are_reported_rejected_counted_and_the_rest_goes_on(self):
        lines = self.transfers.read_text().splitlines()
        known = lines[1].split(",")
        lines[10:10] = ["oops", 'x1,"open', f"x2,{known[1]},{known[2]},1.50,",
                        f"x3,{known[1]},nowhere,5,", f"1,{known[1]},{known[2]},5,"]
        self.transfers.write_text("\n".join(lines) + "\n")
        result = self.run_bank()
        self.assert_done(result)
        for line, reason in ((11, "1 fields instead of 5"), (12, "a quote is opened and not closed"),
                             (13, "cents is not a whole number: '1.50'"), (14, "there is no account 'nowhere'"),
                             (15, "id 1 is on line 2 already")):
            self.assertIn(f"{self.transfers}:{line}: {reason}\n", result.stderr)
        rejects = self.folder / "state" / "rejects.csv"
        self.assertIn(f"5 lines rejected, see {rejects}", result.stdout)
        self.assertEqual(rejects.read_text().count("\n"), 6)
        self.assertIn(f"{self.transfers},13,cents is not a whole number: '1.50',", rejects.read_text())

    def test_rejects_go_where_they_are_wanted(self):
        self.transfers.write_text("id,from,to,cents,memo\nbad\n")
        self.assert_done(self.run_bank("--rejects", self.folder / "bad.csv"))
        self.assertEqual((self.folder / "bad.csv").read_text(),
                         f"file,line,reason,text\n{self.transfers},2,1 fields instead of 5,bad\n")

    def test_standard_input(self):
        text = self.transfers.read_text()
        command = self.command()
        command[command.index(self.transfers)] = "-"
        result = subprocess.run(command, input=text, capture_output=True, text=True, timeout=PATIENCE)
        self.assert_done(result)

    def test_wrong_files_and_options_are_said(self):
        for more, text in ((["--chaos", "some"], "--chaos takes a whole number from 0 to 10000, not 'some'"),
                           (["--accounts", "/no/such"], "/no/such: No such file or directory"),
                           (["--transfers", self.accounts], "the first line must be the header"),
                           (["--state", "/proc/no"], "/proc/no: cannot be made"),
                           (["--wrong"], "there is no option '--wrong'")):
            result = self.run_bank(*more)
            self.assertEqual(result.returncode, 2, more)
            self.assertIn(text, result.stderr)
            self.assertEqual(result.stdout, "")

    def test_help(self):
        result = self.run_bank("--help")
        self.assertEqual(result.returncode, 0)
        self.assertIn("--chaos N", result.stdout)

    def test_a_report_can_go_to_a_pipe(self):
        command = self.command()
        command[command.index(self.folder / "report.csv")] = "/dev/stdout"
        result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn("account,cents\n", result.stdout)


class TakingUp(Run):
    def test_interrupted_it_says_where_and_takes_up_from_there(self):
        for interrupt in (signal.SIGINT, signal.SIGTERM):
            bank = self.start_and_wait_for_journal("--rate", 2_000, "--chaos", 100)
            bank.send_signal(interrupt)
            out, err = bank.communicate(timeout=PATIENCE)
            self.assertEqual(bank.returncode, 130, out + err)
            stopped = re.search(r"stopped after ([\d,]+) of 5,000 transfers; the same command takes up from there", out)
            self.assertIsNotNone(stopped, out)
            result = self.run_bank("--chaos", 100)
            self.assert_done(result)
            self.assertIn(f"{stopped[1]} of 5,000 transfers are done", result.stdout)

    def test_killed_again_and_again_it_takes_up_from_there(self):
        sizes = [0]
        for _ in range(3):
            bank = subprocess.Popen(self.command("--rate", 2_000, "--chaos", 100), stdout=subprocess.DEVNULL)
            self.addCleanup(bank.kill)
            self.wait_until(lambda: self.journal_size() > sizes[-1] + 10_000, bank)
            bank.kill()
            bank.wait()
            sizes.append(self.journal_size())
        self.assert_done(self.run_bank("--chaos", 100))

    def test_a_torn_journal_is_cut_and_taken_up(self):
        for cut in (1, 5, 40):
            bank = self.start_and_wait_for_journal("--rate", 2_000, "--chaos", 0)
            bank.kill()
            bank.communicate()
            journal = self.folder / "state" / "journal"
            os.truncate(journal, journal.stat().st_size - cut)
            result = self.run_bank()
            self.assertIn("cut off a torn write of ", result.stdout)
            self.assert_done(result)

    def test_a_damaged_journal_is_refused(self):
        bank = self.start_and_wait_for_journal("--rate", 2_000, "--chaos", 0)
        bank.kill()
        bank.communicate()
        journal = self.folder / "state" / "journal"
        damaged = bytearray(journal.read_bytes())
        damaged[1_000] ^= 1
        journal.write_bytes(damaged)
        result = self.run_bank()
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r"journal: the group at byte \d+ is damaged")
        self.assertEqual(journal.read_bytes(), damaged)

    def test_a_finished_run_is_put_aside_and_the_next_starts_afresh(self):
        for _ in range(2):
            result = self.run_bank()
            self.assert_done(result)
            self.assertNotIn("taking up", result.stdout)
            self.assertFalse((self.folder / "state" / "journal").exists())
            self.assertTrue((self.folder / "state" / "finished.journal").exists())

    def test_a_journal_of_other_input_files_is_refused(self):
        bank = self.start_and_wait_for_journal("--rate", 2_000, "--chaos", 0)
        bank.kill()
        bank.communicate()
        self.generate(100, 4_000)
        result = self.run_bank()
        self.assertEqual(result.returncode, 2)
        self.assertIn("begun with other input files", result.stderr)

    def test_a_second_bank_on_the_same_state_is_refused(self):
        self.start_and_wait_for_journal("--rate", 1_000, "--chaos", 0)
        result = self.run_bank()
        self.assertEqual(result.returncode, 2)
        self.assertIn("another bank is at work here", result.stderr)

    def test_a_full_disk_stops_it_in_order_and_it_takes_up_when_there_is_room(self):
        def little_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))

        result = self.run_bank("--chaos", 20, preexec_fn=little_room)
        self.assertEqual(result.returncode, 3, result.stdout + result.stderr)
        self.assertIn("journal: cannot be written: File too large", result.stderr)
        result = self.run_bank()
        self.assert_done(result)
        self.assertIn("taking up", result.stdout)


class Terminal(Run):
    def run_on_terminal(self):
        """What the bank writes to a terminal that is its standard error."""
        ours, theirs = pty.openpty()
        bank = subprocess.Popen(self.command("--rate", 5_000), stdout=subprocess.DEVNULL, stderr=theirs)
        os.close(theirs)
        written = b""
        while True:
            try:
                got = os.read(ours, 65536)
            except OSError:  # a terminal that nobody writes to any more
                break
            if not got:
                break
            written += got
        os.close(ours)
        self.assertEqual(bank.wait(PATIENCE), 0)
        return written

    def test_progress_is_shown_on_a_terminal_and_only_there(self):
        self.assertRegex(self.run_on_terminal(), rb"\r\x1b\[K[\d,]+ of 5,000 transfers, \d+ processes killed")
        result = self.run_bank("--rate", 5_000)
        self.assert_done(result)
        self.assertNotIn("\x1b", result.stdout + result.stderr)
        self.assertEqual(result.stderr, "")


class Mutants(Run):
    def test_every_mutant_is_found_out(self):
        for mutant in MUTANTS:
            with self.subTest(mutant=mutant.name):
                result = self.run_bank("--chaos", 20, "--state", self.folder / mutant.name, bank=mutant)
                self.assertEqual(result.returncode, 1, result.stdout + result.stderr)
                self.assertIn("THE BOOKS DO NOT BALANCE", result.stdout)


if __name__ == "__main__":
    unittest.main()
