#!/usr/bin/python3
"""Writes the generated data sets that the configs use: csv/NAME_train.csv,
csv/NAME_train_labels.csv, csv/NAME_test.csv and csv/NAME_test_labels.csv. Standard library only.

    tools/gen_datasets.py                 all but those that stand in for real data
    tools/gen_datasets.py xor spiral      only these
    tools/gen_datasets.py --out DIR ...   into another directory
"""

import argparse
import os
import random
import sys

import datasets

# Real data exist for these; they are generated only when asked for by name.
STAND_INS = ("iris", "boston", "cifar10")


def number(value, decimals):
    """The shortest text of a feature: integers without a point."""
    return "%d" % value if decimals == 0 else "%.*f" % (decimals, value)


def label_text(value):
    return "%d" % value if isinstance(value, int) else "%.9f" % value


def write_part(directory, name, part, rows, decimals):
    """Writes features and labels of one part, through temporary files."""
    stem = "%s_%s" % (name, part) if name else part
    targets = [os.path.join(directory, stem + kind + ".csv")
               for kind in ("", "_labels")]
    temporary = [path + ".tmp" for path in targets]
    with open(temporary[0], "w") as features_file, open(temporary[1], "w") as labels_file:
        for features, label in rows:
            features_file.write(",".join(number(v, decimals) for v in features) + "\n")
            labels_file.write(label_text(label) + "\n")
    for source, target in zip(temporary, targets):
        os.replace(source, target)


def write_dataset(directory, name):
    generator, train_rows, test_rows, decimals = datasets.DATASETS[name]
    os.makedirs(directory, exist_ok=True)
    for part, rows in (("train", train_rows), ("test", test_rows)):
        rng = random.Random("%s %s" % (name, part))
        write_part(directory, name, part, generator(rows, rng), decimals)
    print("%s/%s_*.csv: %d training and %d test rows" % (directory, name, train_rows, test_rows))


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="of: " + ", ".join(datasets.DATASETS))
    parser.add_argument("--out", default="csv", help="directory to write to (csv)")
    arguments = parser.parse_args(argv)
    unknown = [name for name in arguments.names if name not in datasets.DATASETS]
    if unknown:
        parser.error("no data set %s; known are %s" % (unknown[0], ", ".join(datasets.DATASETS)))
    for name in arguments.names or [n for n in datasets.DATASETS if n not in STAND_INS]:
        write_dataset(arguments.out, name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
