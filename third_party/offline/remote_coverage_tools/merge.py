#!/usr/bin/python3
"""Turns the gcov JSON files of one test into one LCOV file (Bazel's lcov_merger)."""

import argparse
import collections
import glob
import gzip
import json
import os


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--coverage_dir", required=True)
    parser.add_argument("--output_file", required=True)
    args, _ = parser.parse_known_args()
    lines = collections.defaultdict(collections.Counter)
    pattern = os.path.join(args.coverage_dir, "**", "*.gcov.json.gz")
    for path in glob.glob(pattern, recursive=True):
        with gzip.open(path, "rt") as stream:
            for source in json.load(stream)["files"]:
                if source["file"].startswith("/"):
                    continue
                for line in source["lines"]:
                    lines[source["file"]][line["line_number"]] += line["count"]
    with open(args.output_file, "w") as out:
        for name in sorted(lines):
            out.write("SF:%s\n" % name)
            for number, count in sorted(lines[name].items()):
                out.write("DA:%d,%d\n" % (number, count))
            out.write("end_of_record\n")


if __name__ == "__main__":
    main()
