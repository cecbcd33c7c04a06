#!/usr/bin/python3
"""Prints lines and branches that tests reached, per directory: coverage_table.py SUMMARY.json

SUMMARY.json is what gcovr --json-summary writes.
"""

import json
import os
import sys


def table(files):
    """Rows (directory, lines reached, lines, branches reached, branches); the last one is all."""
    sums = {}
    for file in files:
        counts = [file[key] for key in
                  ("line_covered", "line_total", "branch_covered", "branch_total")]
        for name in (os.path.dirname(file["filename"]), "all"):
            sums[name] = [a + b for a, b in zip(sums.get(name, [0] * 4), counts)]
    return [(name, *sums[name]) for name in sorted(sums, key=lambda name: (name == "all", name))]


def share(part, whole):
    return 100.0 * part / whole if whole else 100.0


def main(argv):
    with open(argv[0]) as file:
        files = json.load(file)["files"]
    print("%-22s %7s %8s %9s %8s" % ("directory", "lines", "reached", "branches", "reached"))
    for name, line, lines, branch, branches in table(files):
        row = name, lines, share(line, lines), branches, share(branch, branches)
        print("%-22s %7d %6.1f %% %9d %6.1f %%" % row)


if __name__ == "__main__":
    main(sys.argv[1:])
