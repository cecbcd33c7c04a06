#!/usr/bin/python3
"""Builds the program and judges what it computes, not only that it exits with 0.

    tools/run_validation_suite.py --tier smoke|regression [--only PATTERN] [--list]

`regression` includes `smoke`, every example, every command of the README and every Bazel test
tagged `validate` (these are `manual`: the full training runs). tools/validation/checks.py holds the
checks: a name, a tier, a command and a judge; to add a check, add a row there.
"""

import argparse
import fnmatch
import subprocess
import sys
import tempfile
import time

from validation.checks import TIERS, all_checks
from validation.judges import ROOT


def run(check, tmp):
    """Runs one check; returns (seconds, None or what is wrong)."""
    start = time.monotonic()
    done = subprocess.run(
        check.command.format(tmp=tmp),
        shell=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    wrong = check.judge(done)
    if wrong:
        output = done.stdout.splitlines() + done.stderr.splitlines()
        print("\n".join("    " + line for line in output[-20:]))
    return time.monotonic() - start, wrong


def run_all(checks):
    """Runs the checks in order and prints the table; returns the number of failures."""
    results = []
    with tempfile.TemporaryDirectory() as tmp:
        for check in checks:
            print("%s ..." % check.name, flush=True)
            results.append((check, *run(check, tmp)))
    print("\n%-48s %-6s %9s" % ("check", "result", "seconds"))
    for check, seconds, wrong in results:
        row = "%-48s %-6s %9.1f" % (check.name, "FAILED" if wrong else "ok", seconds)
        print(row + ("  " + wrong if wrong else ""))
    failures = sum(1 for _, _, wrong in results if wrong)
    print("%d passed, %d failed" % (len(results) - failures, failures))
    return failures


def main(argv=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tier", choices=TIERS, default="smoke")
    parser.add_argument("--only", metavar="PATTERN", default="*", help="such as 'build:*'")
    parser.add_argument("--list", action="store_true", help="print names and commands only")
    args = parser.parse_args(argv)
    checks = [c for c in all_checks(args.tier) if fnmatch.fnmatch(c.name, args.only)]
    if args.list:
        for check in checks:
            print("%-34s %s" % (check.name, check.command))
        return 0
    return 1 if run_all(checks) else 0


if __name__ == "__main__":
    sys.exit(main())
