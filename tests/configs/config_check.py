"""Trains one shipped config on generated data and checks its figures.

    config_check.py PROGRAM NAME [--full]

PROGRAM is the command line program. The short form has a small budget and its own bound; --full
runs the config as it is shipped (xor with ten seeds) and wants what the documentation promises.
"""

import json
import os
import subprocess
import sys
import tempfile

import gen_datasets
import gen_synth
import prepare_wine_quality

WINE = os.path.abspath("csv/winequality-red.csv")
HAS_WINE = os.path.exists(WINE)
FASHION = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"


def generated(name):
    return lambda: gen_datasets.main(["--out", "csv", name])


def synthetic():
    gen_synth.main(["2000", "500", "8", "3", "--out", "csv"])


def wine():
    if HAS_WINE:
        prepare_wine_quality.main(["--input", WINE])
        return "the red wine data of " + WINE
    prepare_wine_quality.main(["--generated"])
    return "generated data in the shape of the red wine data"


def fashion_stand_in():
    """A few generated pictures as CSV, where the real ones are not installed."""
    gen_datasets.main(["--out", "csv", "mnist"])


class Check:
    """What a config is tried with: its data, a short and a full budget, and the bounds of each."""

    def __init__(self, data, short, short_bound, full_bound, seeds=(None,)):
        self.data = data
        self.short = short
        self.short_bound = short_bound
        self.full_bound = full_bound
        self.seeds = seeds


def learned(accuracy, loss):
    """Bounds that a slow or exploding optimizer misses even where classes are easy to part."""
    return {"val_accuracy": (">=", accuracy), "train_loss": ("<", loss)}


XOR_BOUND = {"train_loss": ("<", 1e-2), "val_accuracy": (">=", 1.0)}
XOR = dict(data=generated("xor"), short=[], short_bound=learned(1, 2e-3), full_bound=XOR_BOUND)
SPIRAL_FULL = {"last_val_accuracy": (">=", 0.97)}

STAND_IN = ["data.train_file=csv/mnist_train.csv", "data.train_labels=csv/mnist_train_labels.csv",
            "data.test_file=csv/mnist_test.csv", "data.test_labels=csv/mnist_test_labels.csv"]

CHECKS = {
    "xor_config": Check(**XOR, seeds=range(10)),
    "xor_simple": Check(**XOR),
    "xor_adam": Check(**XOR),
    "xor_test": Check(**XOR),
    "test_arch_config": Check(**XOR),
    "test_full_syntax_config": Check(**XOR),
    "sine_config": Check(generated("sine"), ["training.epochs=15"], {"val_mse": ("<", 1e-3)},
                         {"val_mse": ("<", 1e-3)}),
    "binary_class_config": Check(generated("spiral"), ["training.epochs=80"],
                                 learned(0.95, 0.05), SPIRAL_FULL),
    "spiral_simple": Check(generated("spiral"), ["training.epochs=60"],
                           learned(0.95, 0.05), SPIRAL_FULL),
    "deep_network_config": Check(generated("deep"), ["training.epochs=10"],
                                 learned(0.99, 0.01), {"last_val_accuracy": (">=", 0.99)}),
    "deep_stable": Check(generated("deep"), ["training.epochs=10"],
                         learned(0.99, 0.2), {"last_val_accuracy": (">=", 0.99)}),
    "mnist_config": Check(generated("mnist"), ["training.epochs=3"],
                          learned(0.98, 0.1), {"val_accuracy": (">=", 0.99)}),
    "wine_quality_config": Check(wine, ["training.epochs=20"],
                                 learned(0.55, 1.1) if HAS_WINE else learned(0.7, 0.55),
                                 {"val_accuracy": (">=", 0.60)}),
    "iris_config": Check(generated("iris"), ["training.epochs=30"],
                         learned(0.95, 0.1), {"last_val_accuracy": (">=", 0.95)}),
    "boston_config": Check(generated("boston"), ["training.epochs=40"], {"val_mse": ("<", 15)},
                           {"val_mse": ("<", 10)}),
    "cifar10_config": Check(generated("cifar10"), ["training.epochs=4"],
                            learned(0.95, 1e-3), {"val_accuracy": (">=", 0.9)}),
    "example_config": Check(synthetic, ["training.epochs=5"], learned(0.95, 0.15),
                            {"val_accuracy": (">=", 0.95)}),
    "fashion_mnist_mlp": Check(fashion_stand_in, ["training.epochs=3"] + STAND_IN,
                               learned(0.98, 0.01), {"test_accuracy": (">=", 0.88)}),
    "fashion_mnist_lenet": Check(fashion_stand_in, ["training.epochs=3"] + STAND_IN,
                                 learned(0.95, 0.2), {"test_accuracy": (">=", 0.90)}),
    "fashion_mnist_convnet": Check(fashion_stand_in, ["training.epochs=2"] + STAND_IN,
                                   learned(0.95, 0.4), {"test_accuracy": (">=", 0.925)}),
}


def train(program, config, name, settings):
    command = [program, "train", config, name + ".safetensors", "--json"]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit("%s: exit code %d" % (" ".join(command), done.returncode))
    return json.loads(done.stdout.splitlines()[-1])


def violations(result, bound):
    for key, (relation, limit) in bound.items():
        value = result.get(key)
        if value is None or not (value < limit if relation == "<" else value >= limit):
            yield "%s is %s, expected %s %g" % (key, value, relation, limit)


def infer_rows(program, config, name, settings):
    command = [program, "infer", config, name + ".safetensors"]
    for setting in settings:
        command += ["--set", setting]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return len(done.stdout.splitlines())


def main(argv):
    program, name = os.path.abspath(argv[0]), argv[1]
    full = "--full" in argv
    config = os.path.abspath(os.path.join("configs", name + ".ini"))
    check = CHECKS[name]
    os.chdir(tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR")))
    said = check.data()
    if said:
        print("data: " + said)
    failures = []
    for seed in check.seeds:
        settings = [] if full else list(check.short)
        if seed is not None:
            settings.append("options.random_seed=%d" % seed)
        result = train(program, config, name, settings)
        print(name, json.dumps(result))
        bound = check.full_bound if full else check.short_bound
        failures += ["seed %s: %s" % (seed, text) for text in violations(result, bound)]
        if infer_rows(program, config, name, settings) == 0:
            failures.append("infer printed no predictions")
    for text in failures:
        print("%s: %s" % (name, text), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
