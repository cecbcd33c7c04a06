#!/usr/bin/python3
"""Test accuracy of a config's network in f32, quantized after training with each calibration, and
quantized after quantization-aware training. Standard library only.

    tools/compare_quantization.py PROGRAM [CONFIG] [--seeds 3] [--threads 1]

PROGRAM is the command line program (make leaves ./neural_framework), CONFIG
configs/fashion_mnist_mlp.ini unless given. All layers are quantized, whatever they lose.
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CALIBRATIONS = ("minmax", "percentile", "entropy", "mse")


def run(arguments):
    """The JSON object on the last line of standard output."""
    done = subprocess.run(arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          check=True)
    return json.loads(done.stdout.splitlines()[-1])


class Comparison:
    def __init__(self, arguments, directory):
        self.arguments = arguments
        self.directory = directory
        self.accuracies = {}

    def call(self, command, *rest):
        return run([self.arguments.program, command, self.arguments.config, *rest, "--json",
                    "--threads", str(self.arguments.threads)])

    def note(self, name, accuracy):
        self.accuracies.setdefault(name, []).append(100 * accuracy)

    def quantize(self, model, aware, calibration):
        """Accuracy before and after."""
        result = self.call("quantize", model, *aware, "--output", model + ".int8",
                           "--calibration", calibration, "--max-drop", "100", "--untimed")
        return result["test_accuracy_f32"], result["test_accuracy_int8"]

    def train_in_f32(self, seed):
        model = os.path.join(self.directory, "f32.model")
        aware = ("--set", "training.quantize_aware=no")
        self.call("train", model, *aware, "--set", "options.random_seed=%d" % seed)
        for calibration in CALIBRATIONS:
            before, after = self.quantize(model, aware, calibration)
            self.note("trained in f32, int8 by " + calibration, after)
        self.note("trained in f32", before)

    def train_aware(self, seed):
        model = os.path.join(self.directory, "aware.model")
        aware = ("--set", "training.quantize_aware=yes")
        self.call("train", model, *aware, "--set", "options.random_seed=%d" % seed)
        before, after = self.quantize(model, aware, CALIBRATIONS[0])
        self.note("quantization aware, as trained", before)
        self.note("quantization aware, int8", after)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("config", nargs="?",
                        default=os.path.join(ROOT, "configs", "fashion_mnist_mlp.ini"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        comparison = Comparison(arguments, directory)
        for seed in range(1, arguments.seeds + 1):
            comparison.train_in_f32(seed)
            comparison.train_aware(seed)
    for name, values in comparison.accuracies.items():
        print("%-36s %6.2f %%   %s" % (name, statistics.mean(values),
                                    " ".join("%.2f" % value for value in values)))


if __name__ == "__main__":
    main()
