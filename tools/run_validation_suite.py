#!/usr/bin/python3
"""Builds the program and judges what it computes, not only that it exits with 0.

    tools/run_validation_suite.py --tier smoke|regression [--only PATTERN] [--list]

A check is a name, a tier, a command and a judge. The judge gets the finished command and returns
None if the result is right, else one line that says what is wrong. To add a check, add a row to
CHECKS. `regression` includes `smoke` and then runs every Bazel test tagged `validate` (these are
`manual`: the full training runs).
"""

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import namedtuple

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIERS = ["smoke", "regression"]

Check = namedtuple("Check", "name tier command judge")


def exit_zero(done):
    """Judges by the exit status alone."""
    return None if done.returncode == 0 else "exit status %d" % done.returncode


def json_below(**bounds):
    """Judges figures of the JSON object on the last line: json_below(train_loss=0.01)."""

    def judge(done):
        if done.returncode:
            return exit_zero(done)
        try:
            figures = json.loads(done.stdout.strip().splitlines()[-1])
        except (IndexError, ValueError):
            return "the last line is not JSON"
        for key, bound in bounds.items():
            value = figures.get(key)
            if not isinstance(value, (int, float)) or not value < bound:
                return "%s is %s, want < %g" % (key, value, bound)
        return None

    return judge


def xor_predictions(done):
    """Judges four CSV rows whose last field is the prediction, in the order of the truth table."""
    if done.returncode:
        return exit_zero(done)
    try:
        rows = done.stdout.strip().splitlines()[-4:]
        found = [round(float(row.split(",")[-1])) for row in rows]
    except ValueError:
        return "predictions are not numbers"
    return None if found == [0, 1, 1, 0] else "predictions are %s, want [0, 1, 1, 0]" % found


CHECKS = [
    Check("build:exe", "smoke", "make", exit_zero),
    Check("build:shared", "smoke", "make lib", exit_zero),
    Check("data:generate", "smoke", "python3 tools/gen_datasets.py", exit_zero),
    Check("smoke:framework_test", "smoke", "./neural_framework test", exit_zero),
    Check(
        "train:xor",
        "smoke",
        "./neural_framework train configs/xor_config.ini {tmp}/xor.safetensors --json",
        json_below(train_loss=1e-2),
    ),
    Check(
        "infer:xor",
        "smoke",
        "./neural_framework infer configs/xor_config.ini {tmp}/xor.safetensors",
        xor_predictions,
    ),
    Check(
        "compat:header_vs_exports",
        "smoke",
        "python3 tools/check_exports.py libneural.so api/neural_api.h",
        exit_zero,
    ),
    Check(
        "debug:assembly_lines",
        "regression",
        "bazel build -c dbg --noshow_progress //cli:neural &&"
        " objdump --dwarf=decodedline bazel-bin/cli/neural | grep -q 'update\\.asm'",
        exit_zero,
    ),
]


def full_run_checks():
    """Returns a check for each Bazel test tagged `validate`."""
    query = "attr(tags, '\\bvalidate\\b', tests(//...))"
    command = ["bazel", "query", "--noshow_progress", query]
    found = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [
        Check(
            "full:" + label.rpartition(":")[2],
            "regression",
            "bazel test -c opt --noshow_progress --cache_test_results=no " + label,
            exit_zero,
        )
        for label in sorted(found.stdout.split())
    ]


def run(check, tmp):
    """Runs one check; returns (seconds, None or what is wrong)."""
    start = time.monotonic()
    done = subprocess.run(
        check.command.format(tmp=tmp),
        shell=True,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if check.judge is exit_zero else subprocess.PIPE,
        text=True,
        check=False,
    )
    wrong = check.judge(done)
    if wrong:
        output = done.stdout + (done.stderr or "")
        print("\n".join("    " + line for line in output.splitlines()[-20:]))
    return time.monotonic() - start, wrong


def run_all(checks):
    """Runs the checks in order and prints the table; returns the number of failures."""
    results = []
    with tempfile.TemporaryDirectory() as tmp:
        for check in checks:
            print("%s ..." % check.name, flush=True)
            results.append((check, *run(check, tmp)))
    print("\n%-40s %-6s %9s" % ("check", "result", "seconds"))
    for check, seconds, wrong in results:
        row = "%-40s %-6s %9.1f" % (check.name, "FAILED" if wrong else "ok", seconds)
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
    checks = [check for check in CHECKS if TIERS.index(check.tier) <= TIERS.index(args.tier)]
    checks += full_run_checks() if args.tier == "regression" else []
    checks = [check for check in checks if fnmatch.fnmatch(check.name, args.only)]
    if args.list:
        for check in checks:
            print("%-28s %s" % (check.name, check.command))
        return 0
    return 1 if run_all(checks) else 0


if __name__ == "__main__":
    sys.exit(main())
