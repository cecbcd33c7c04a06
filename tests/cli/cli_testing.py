"""Runs the real program on small files in a directory of its own, and reads what it leaves."""

import json
import os
import random
import struct
import subprocess
import tempfile
import unittest


def program(name="neural"):
    """Returns the path of //cli:NAME."""
    given = os.environ.get("NEURAL_PROGRAM")
    if given:
        return os.path.join(os.path.dirname(os.path.abspath(given)), name)
    root = os.path.join(os.environ["TEST_SRCDIR"], os.environ["TEST_WORKSPACE"])
    return os.path.join(root, "cli", name)


def read_safetensors(path):
    """Returns (metadata, {name: (shape, flat list of numbers)})."""
    with open(path, "rb") as stream:
        data = stream.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length].decode("utf-8"))
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        code = {"F32": "f", "F64": "d", "I64": "q"}[entry["dtype"]]
        raw = data[8 + length + begin : 8 + length + end]
        values = list(struct.unpack("<%d%s" % (len(raw) // struct.calcsize(code), code), raw))
        tensors[name] = (entry["shape"], values)
    return metadata, tensors


def blobs(rows, features, classes, seed, names=None):
    """Returns CSV rows of Gaussian clusters, the label in the last column."""
    rng = random.Random(seed)
    lines = []
    for row in range(rows):
        label = row % classes
        x = ["%.5f" % rng.gauss(2.0 if f % classes == label else 0.0, 1.0) for f in range(features)]
        lines.append(",".join(x + [names[label] if names else str(label)]))
    return "\n".join(lines) + "\n"


XOR = "0,0,0\n0,1,1\n1,0,1\n1,1,0\n"

XOR_CONFIG = """[model]
architecture = 2,8,1
hidden_activation = tanh
output_activation = sigmoid

[data]
train_file = xor.csv
test_file = xor.csv

[loss]
function = bce

[training]
epochs = 400
batch_size = 4
learning_rate = 0.05
optimizer = adam

[logging]
print_every = 100

[options]
random_seed = 1
"""

BLOBS_CONFIG = """[model]
architecture = 5,9,3
hidden_activation = relu
output_activation = softmax

[data]
train_file = train.csv
test_file = test.csv
normalize = zscore

[loss]
function = cross_entropy

[training]
epochs = 5
batch_size = 16
learning_rate = 0.01
optimizer = adam

[options]
random_seed = 3
"""


class CliTest(unittest.TestCase):
    """A test with an empty working directory and a program to run in it."""

    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)
        self.directory = self.scratch.name

    def path(self, name):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        return name

    def read(self, name):
        with open(self.path(name), "rb") as stream:
            return stream.read()

    def files(self):
        """Returns the sorted paths of all files below the working directory."""
        found = []
        for folder, _, names in os.walk(self.directory):
            found += [os.path.relpath(os.path.join(folder, n), self.directory) for n in names]
        return sorted(found)

    def environment(self, **more):
        """Returns the environment of a run: none of ours, with what is given."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("NEURAL_")}
        kept.pop("BUILD_WORKING_DIRECTORY", None)
        kept.update(more)
        return kept

    def run_program(self, *args, env=None, stdin=None, cwd=None, name="neural"):
        """Runs to the end; stdout, stderr and returncode are in the result."""
        return subprocess.run(
            [program(name), *args],
            cwd=cwd or self.directory,
            env=self.environment(**(env or {})),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=50,
            check=False,
        )

    def run_well(self, *args, **kwargs):
        done = self.run_program(*args, **kwargs)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def assert_refused(self, done, code, *words):
        """Asserts the exit code and one line "neural: ..." on stderr that holds all words."""
        self.assertEqual(done.returncode, code, done.stderr)
        lines = done.stderr.splitlines()
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertTrue(lines[0].startswith("neural: "), lines[0])
        for word in words:
            self.assertIn(word, lines[0])

    def write_xor(self):
        self.write("xor.csv", XOR)
        self.write("xor.ini", XOR_CONFIG)

    def write_blobs(self, config=BLOBS_CONFIG, features=5, classes=3, rows=90, names=None):
        self.write("train.csv", blobs(rows, features, classes, 1, names))
        self.write("test.csv", blobs(31, features, classes, 2, names))
        self.write("run.ini", config)
