"""One digest per epoch: {AVX2, AVX-512} x {1, 2, 3, 5, 8 threads} x {straight through, resumed}."""

import itertools
import json
import os
import re
import unittest

from cli_testing import CliTest

THREADS = (1, 2, 3, 5, 8)
CHECKPOINT = "m.safetensors.ckpt/last.safetensors"
FLAGS = {"avx2": {"avx2", "fma", "bmi2"}, "avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl"}}

# What the products of the networks are made of, all odd: some panel, tile and vector is cut short
# at every level, and the depth of a product passes that of every block.
BATCH, ROWS, CLASSES = 131, 301, 7
FEATURES, HIDDEN, NARROW = 1031, 419, 283
CHANNELS, HEIGHT, WIDTH = 3, 19, 17
FILTERS, MORE_FILTERS = 37, 41

MLP = """[model]
input = %d
layers = linear %d | batchnorm | gelu | dropout 0.2 | \
linear %d | batchnorm | relu | dropout 0.1 | linear %d
""" % (FEATURES, HIDDEN, NARROW, CLASSES)

CNN = """[model]
input = %dx%dx%d
layers = conv2d %d 3x3 pad=1 | batchnorm | relu | maxpool2d 2x2 | \
conv2d %d 3x3 pad=1 | batchnorm | relu | dropout 0.2 | flatten | \
linear 53 | relu | linear %d
""" % (CHANNELS, HEIGHT, WIDTH, FILTERS, MORE_FILTERS, CLASSES)
CNN_DEPTH = MORE_FILTERS * (HEIGHT // 2) * (WIDTH // 2)

TRAINING = """
[data]
train_file = train.csv
normalize = zscore
val_split = 0.1

[loss]
function = cross_entropy

[training]
epochs = 2
batch_size = %d
learning_rate = 0.003
optimizer = adam
gradient_clip = 1

[options]
random_seed = 11

[logging]
save_checkpoint_every_steps = 4
""" % BATCH


def has_isa(name):
    with open("/proc/cpuinfo", encoding="utf-8") as stream:
        for line in stream:
            if line.startswith("flags"):
                return FLAGS[name] <= set(line.split())
    return False


def tiles():
    """Returns (isa, rows, columns, depth of a block) of all f32 tiles of matrix products."""
    root = os.path.join(os.environ["TEST_SRCDIR"], os.environ["TEST_WORKSPACE"])
    row = re.compile(r"^NEURAL_GEMM_TILE\((\w+), f32, (\d+), (\d+), \w+, (\d+)\)", re.MULTILINE)
    with open(os.path.join(root, "core/asm/gemm_tiles.inc"), encoding="utf-8") as stream:
        found = row.findall(stream.read())
    return [(isa, int(m), int(n), int(k)) for isa, m, n, k in found if isa in FLAGS]


class ReproducibilityTest(CliTest):
    def train(self, isa, threads, *more):
        done = self.run_well("train", "run.ini", "m.safetensors", "--digest", "--json", "--quiet",
                             "--threads", str(threads), *more, env={"NEURAL_ISA": isa})
        figures = json.loads(done.stdout)
        self.assertEqual(figures["threads"], threads)
        return figures, self.read("m.safetensors"), self.read(CHECKPOINT)

    def check(self, name, config, features):
        if not has_isa("avx2"):
            self.skipTest("the promise begins with AVX2")
        self.write_blobs(config + TRAINING, features=features, classes=CLASSES, rows=ROWS)
        want, calls, runs = None, [], 0
        for isa, threads in itertools.product(filter(has_isa, FLAGS), THREADS):
            where = "%s, %s, %d threads" % (name, isa, threads)
            for resumed in (False, True):  # from the checkpoint within epoch 2 of the first run
                more = ["--resume"] if resumed else []
                figures, model, checkpoint = self.train(isa, threads, *more)
                digests = figures["epoch_digests"]
                if want is None:
                    want = (digests, model, checkpoint)
                    self.assertEqual(len(set(digests)), 2)
                self.assertEqual(digests, want[0][1:] if resumed else want[0], where)
                self.assertEqual(model, want[1], where)
                self.assertEqual(checkpoint, want[2], where)  # any run may resume any other's
                self.assertEqual(figures["steps"], 6)
                if threads == 1:
                    self.assertEqual(figures["parallel_calls"], 0, where)
                else:  # calls of the pool that a worker took parts of
                    self.assertGreater(figures["parallel_calls"], 0, where)
                    calls.append(figures["parallel_calls"])
                runs += 1
        print("%s: %d runs, one digest %s; calls shared with workers: %d to %d"
              % (name, runs, want[0][-1], min(calls), max(calls)))

    def test_perceptron(self):
        self.check("perceptron", MLP, FEATURES)

    def test_convolutions(self):
        self.check("convolutions", CNN, CHANNELS * HEIGHT * WIDTH)

    def test_the_networks_block_depth_and_leave_tails(self):
        self.assertTrue(tiles())
        for isa, rows, columns, depth in tiles():
            self.assertGreater(FEATURES, depth, isa)
            self.assertGreater(CNN_DEPTH, depth, isa)
            for size in (HIDDEN, NARROW, FILTERS * 9, CLASSES):
                self.assertNotEqual(size % columns, 0, isa)
            self.assertNotEqual(BATCH % rows, 0, isa)


if __name__ == "__main__":
    unittest.main()
