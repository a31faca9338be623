#!/usr/bin/env python3
"""The bank's two scripts: the generator's files are the same every time, and check.py finds a cent that is off.

usage: scripts_test.py BANK_FOLDER
"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

BANK = pathlib.Path(sys.argv.pop(1))


def run(script, *arguments):
    return subprocess.run([sys.executable, BANK / script, *map(str, arguments)], capture_output=True, text=True)


class WithFolder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)


class Generator(WithFolder):
    def test_writes_the_sample_byte_for_byte(self):
        self.assertEqual(run("generate.py", self.folder).returncode, 0)
        for name in ("accounts.csv", "transfers.csv"):
            self.assertEqual((self.folder / name).read_bytes(), (BANK / name).read_bytes(), name)

    def test_another_seed_writes_other_files(self):
        run("generate.py", "--seed", 2, "--accounts", 10, "--transfers", 50, self.folder / "a")
        run("generate.py", "--seed", 3, "--accounts", 10, "--transfers", 50, self.folder / "b")
        one, other = ((self.folder / name / "transfers.csv").read_text() for name in "ab")
        self.assertEqual(one.count("\n"), 51)
        self.assertNotEqual(one, other)

    def test_says_what_it_cannot_do(self):
        self.assertEqual(run("generate.py", "--accounts", 1, self.folder).returncode, 2)


class Check(WithFolder):
    def check(self, accounts, transfers, report):
        for name, text in (("accounts", accounts), ("transfers", transfers), ("report", report)):
            (self.folder / name).write_bytes(text.encode())
        return run("check.py", *(self.folder / name for name in ("accounts", "transfers", "report")))

    ACCOUNTS = "account,cents\nA,100\nB,-5\n"
    TRANSFERS = 'id,from,to,cents,memo\n1,A,B,30,"rent, March"\n2,B,A,1,\n'

    def test_agrees_with_the_right_report(self):
        result = self.check(self.ACCOUNTS, self.TRANSFERS, "account,cents\nA,71\nB,24\n")
        self.assertEqual(result.returncode, 0, result)
        self.assertIn("2 accounts agree with the input to the cent after 2 transfers", result.stdout)

    def test_finds_a_cent(self):
        result = self.check(self.ACCOUNTS, self.TRANSFERS, "account,cents\nA,71\nB,25\n")
        self.assertEqual(result.returncode, 1)
        self.assertIn("B: expected 24, the report has 25", result.stdout)

    def test_finds_an_account_that_is_missing_or_too_many_or_twice_or_out_of_order(self):
        for report in ("A,71\n", "A,71\nB,24\nC,0\n", "A,71\nB,24\nB,24\n", "B,24\nA,71\n"):
            self.assertEqual(self.check(self.ACCOUNTS, self.TRANSFERS, "account,cents\n" + report).returncode, 1, report)

    def test_leaves_out_what_the_bank_rejects(self):
        bad = ('x,A,B,1\nx,A,B,1,"open\n,A,B,1,\nx,A,B,1.5,\nx,A,B,0,\nx,A,B,-1,\n1,A,B,1,\nx,C,A,1,\nx,A,A,1,\n'
               'x,A,B,1000000000000001,\nx,A,B,1,a"b\n' + "y" * 65 + ",A,B,1,\n")
        result = self.check(self.ACCOUNTS, self.TRANSFERS + bad, "account,cents\nA,71\nB,24\n")
        self.assertEqual(result.returncode, 0, result)

    def test_reads_quotes_line_ends_and_carriage_returns(self):
        transfers = '\ufeffid,from,to,cents,memo\r\n1,A,B,30,"say ""hi"", or\nnot"\r\n\r\n"2","B","A",1,""'
        result = self.check(self.ACCOUNTS, transfers, "account,cents\nA,71\nB,24\n")
        self.assertEqual(result.returncode, 0, result)

    def test_refuses_another_header(self):
        self.assertEqual(self.check(self.ACCOUNTS, "from,to\n", "account,cents\n").returncode, 1)


if __name__ == "__main__":
    unittest.main()
