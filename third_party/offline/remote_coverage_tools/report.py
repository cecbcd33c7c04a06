#!/usr/bin/python3
"""Adds the LCOV files of all tests up into one (Bazel's coverage_report_generator)."""

import argparse
import collections
import os


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports_file", required=True)
    parser.add_argument("--output_file", required=True)
    args, _ = parser.parse_known_args()
    lines = collections.defaultdict(collections.Counter)
    with open(args.reports_file) as stream:
        reports = [line.strip() for line in stream if line.strip()]
    for report in filter(os.path.exists, reports):
        name = None
        with open(report) as stream:
            for line in stream:
                key, _, value = line.strip().partition(":")
                if key == "SF":
                    name = value
                elif key == "DA":
                    number, count = value.split(",")[:2]
                    lines[name][int(number)] += int(count)
    with open(args.output_file, "w") as out:
        for name in sorted(lines):
            out.write("SF:%s\n" % name)
            for number, count in sorted(lines[name].items()):
                out.write("DA:%d,%d\n" % (number, count))
            hit = sum(1 for count in lines[name].values() if count)
            out.write("LH:%d\nLF:%d\nend_of_record\n" % (hit, len(lines[name])))


if __name__ == "__main__":
    main()
