#!/usr/bin/python3
"""Compares the shipped wine config with scikit-learn's MLPClassifier of the same size and epochs
over stratified 80/20 splits. Both read the same files. Standard library only; scikit-learn's part
runs in /usr/bin/python3 when it has it (Debian: python3-sklearn).

    tools/compare_wine.py PROGRAM WINE_CSV [--splits 30]

PROGRAM is the command line program (make leaves ./neural_framework).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile

import prepare_wine_quality

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CONFIG = os.path.join(ROOT, "configs", "wine_quality_config.ini")
SKLEARN = os.path.join(ROOT, "bench", "sklearn_wine.py")
HYPER_PARAMETERS = ("--hidden", "64,32", "--epochs", "80", "--batch", "32", "--lr", "0.003")


def train(program, directory, seed):
    """Accuracy after the last epoch and at the best one."""
    command = [program, "train", CONFIG, os.path.join(directory, "wine.safetensors"), "--json",
               "--set", "options.random_seed=%d" % seed]
    for key in ("train", "test"):
        command += ["--set", "data.%s_file=%s/wine_%s.csv" % (key, directory, key)]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    return result["last_val_accuracy"], result["val_accuracy"]


def spread(name, values):
    print("%-28s mean %.2f %%  standard deviation %.2f  lowest %.2f  highest %.2f" %
          (name, 100 * statistics.mean(values), 100 * statistics.stdev(values),
           100 * min(values), 100 * max(values)))


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("program")
    parser.add_argument("wine", help="winequality-red.csv")
    parser.add_argument("--splits", type=int, default=30)
    arguments = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as directory:
        code = prepare_wine_quality.main(["--input", arguments.wine, "--out", directory,
                                          "--splits", str(arguments.splits)])
        if code:
            return code
        splits = [os.path.join(directory, "%02d" % i) for i in range(arguments.splits)]
        ours = [train(os.path.abspath(arguments.program), split, i)
                for i, split in enumerate(splits)]
        last, best = zip(*ours)
        spread("ours, last epoch", last)
        spread("ours, best epoch", best)
        peer = subprocess.run(["/usr/bin/python3", SKLEARN, *splits, *HYPER_PARAMETERS],
                              stdout=subprocess.PIPE, text=True, check=False)
        if peer.returncode != 0:
            print("scikit-learn is not available: no comparison")
            return 0
        theirs = [float(line) for line in peer.stdout.split()]
        spread("scikit-learn, last epoch", theirs)
        spread("difference, last epoch", [a - b for a, b in zip(last, theirs)])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
