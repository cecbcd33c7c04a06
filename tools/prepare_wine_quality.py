#!/usr/bin/python3
"""Prepares the red wine quality data (Cortez et al. 2009) for configs/wine_quality_config.ini:
csv/wine_train.csv and csv/wine_test.csv, with a header, 11 measurements and the column `quality`,
split class by class. Standard library only.

    tools/prepare_wine_quality.py                        downloads from the UCI repository
    tools/prepare_wine_quality.py --input FILE           takes winequality-red.csv from FILE
    tools/prepare_wine_quality.py --generated            makes up data of the same shape
    tools/prepare_wine_quality.py --splits 30 --out DIR  DIR/00/wine_train.csv ... DIR/29/...
"""

import argparse
import csv
import os
import random
import sys
import urllib.request

import datasets

URL = "https://archive.ics.uci.edu/ml/machine-learning-databases/wine-quality/winequality-red.csv"
NAMES = ("fixed acidity", "volatile acidity", "citric acid", "residual sugar", "chlorides",
         "free sulfur dioxide", "total sulfur dioxide", "density", "pH", "sulphates", "alcohol",
         "quality")
ROWS = 1599


def fail(message):
    print("prepare_wine_quality: " + message, file=sys.stderr)
    return 1


def read_lines(path):
    """The file's lines, from a path or from the network."""
    if path:
        with open(path, encoding="utf-8", newline="") as source:
            return source.read().splitlines()
    with urllib.request.urlopen(URL, timeout=60) as response:
        return response.read().decode("utf-8").splitlines()


def parse(lines):
    """Header and rows; ValueError names the line that is not 12 numbers."""
    reader = csv.reader(lines, delimiter=";")
    header = next(reader, None)
    if header is None or len(header) != len(NAMES) or header[-1] != "quality":
        raise ValueError("line 1: expected 12 column names ending in quality, separated by ;")
    rows = []
    for number, row in enumerate(reader, start=2):
        if len(row) != len(NAMES):
            raise ValueError("line %d: expected 12 fields, found %d" % (number, len(row)))
        [float(cell) for cell in row]
        rows.append(row)
    if not rows:
        raise ValueError("no rows behind the header")
    return header, rows


def generated():
    """Header and rows of made-up data."""
    rows = [["%.4f" % v for v in features] + ["%d" % grade]
            for features, grade in datasets.wine(ROWS, random.Random("wine"))]
    return NAMES, rows


def stratified_split(rows, fraction, rng):
    """Train and test rows: of each grade, the same share goes to the test part."""
    by_grade = {}
    for row in rows:
        by_grade.setdefault(int(float(row[-1])), []).append(row)
    train, test = [], []
    for grade in sorted(by_grade):
        members = by_grade[grade]
        rng.shuffle(members)
        count = max(1, round(len(members) * fraction))
        test += members[:count]
        train += members[count:]
    rng.shuffle(train)
    rng.shuffle(test)
    return train, test


def write(path, header, rows):
    with open(path + ".tmp", "w", newline="") as target:
        writer = csv.writer(target, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    os.replace(path + ".tmp", path)


def write_split(directory, header, rows, seed):
    train, test = stratified_split(rows, 0.2, random.Random(seed))
    os.makedirs(directory, exist_ok=True)
    write(os.path.join(directory, "wine_train.csv"), header, train)
    write(os.path.join(directory, "wine_test.csv"), header, test)
    return len(train), len(test)


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--input", help="winequality-red.csv, instead of downloading it")
    source.add_argument("--generated", action="store_true", help="made-up data of the same shape")
    parser.add_argument("--out", default="csv", help="directory to write to (csv)")
    parser.add_argument("--splits", type=int, default=0,
                        help="write this many different splits into numbered directories")
    arguments = parser.parse_args(argv)
    try:
        header, rows = generated() if arguments.generated else parse(read_lines(arguments.input))
    except (OSError, ValueError) as error:
        return fail("%s: %s" % (arguments.input or URL, error))
    if arguments.splits:
        for i in range(arguments.splits):
            write_split(os.path.join(arguments.out, "%02d" % i), header, rows, i)
        print("%s/: %d splits of %d rows" % (arguments.out, arguments.splits, len(rows)))
    else:
        counts = write_split(arguments.out, header, rows, 0)
        print("%s/wine_*.csv: %d training and %d test rows" % (arguments.out, *counts))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
