#!/usr/bin/python3
"""Test accuracy of a config's network in f32, quantized after training with each calibration, and
quantized after quantization-aware training. Standard library only.

    tools/compare_quantization.py PROGRAM [CONFIG] [--seeds 3] [--threads 1]

PROGRAM is the command line program (make leaves ./neural_framework), CONFIG
configs/fashion_mnist_mlp.ini unless given. Layers are quantized whatever they lose, unless they are
slower in 8 bits.
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

    def score(self, name, model, aware):
        self.note(name, self.call("eval", model, *aware)["accuracy"])

    def score_quantized(self, name, model, aware, calibration):
        self.call("quantize", model, *aware, "--output", model + ".int8", "--calibration",
                  calibration, "--max-drop", "100")
        self.score(name, model + ".int8", aware)

    def train(self, aware, seed):
        model = os.path.join(self.directory, "trained.model")
        self.call("train", model, *aware, "--set", "options.random_seed=%d" % seed)
        return model

    def compare(self, seed):
        aware = ("--set", "training.quantize_aware=no")
        model = self.train(aware, seed)
        self.score("trained in f32", model, aware)
        for calibration in CALIBRATIONS:
            name = "trained in f32, int8 by " + calibration
            self.score_quantized(name, model, aware, calibration)
        aware = ("--set", "training.quantize_aware=yes")
        model = self.train(aware, seed)
        self.score("quantization aware, as trained", model, aware)
        self.score_quantized("quantization aware, int8", model, aware, CALIBRATIONS[0])


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
            comparison.compare(seed)
    for name, values in comparison.accuracies.items():
        print("%-36s %6.2f %%   %s" % (name, statistics.mean(values),
                                    " ".join("%.2f" % value for value in values)))


if __name__ == "__main__":
    main()
