#!/usr/bin/python3
"""Writes a classification data set of any size: csv/train.csv, csv/train_labels.csv, csv/test.csv
and csv/test_labels.csv. Standard library only.

    tools/gen_synth.py TRAIN TEST FEATURES CLASSES [--out DIR] [--spread S]

TRAIN and TEST are row counts; classes are Gaussian clusters around random centres, SPREAD wide
(0.5). The same arguments give the same files.
"""

import argparse
import os
import random
import sys

import datasets
import gen_datasets


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("%s is not a count of at least 1" % text)
    return value


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("train", "test", "features", "classes"):
        parser.add_argument(name, type=positive, metavar=name.upper())
    parser.add_argument("--out", default="csv", help="directory to write to (csv)")
    parser.add_argument("--spread", type=float, default=0.5, help="width of a cluster (0.5)")
    arguments = parser.parse_args(argv)
    os.makedirs(arguments.out, exist_ok=True)
    generate = datasets.blobs(arguments.features, arguments.classes, arguments.spread)
    for part in ("train", "test"):
        rng = random.Random("synth " + part)
        rows = generate(getattr(arguments, part), rng)
        gen_datasets.write_part(arguments.out, "", part, rows, 6)
    print("%s/: %d training and %d test rows, %d features, %d classes" %
          (arguments.out, arguments.train, arguments.test, arguments.features, arguments.classes))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
