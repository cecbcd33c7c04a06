"""neural prune: masks and smaller networks through the program."""

import json
import os
import random
import unittest

from cli_testing import CliTest

CONFIG = """[model]
input = 1x6x6
layers = { conv2d 8 3x3 pad=1 | batchnorm | relu | conv2d 8 3x3 | relu | flatten |
  linear 12 | relu | linear 2 }

[data]
train_file = stripes.csv
test_file = stripes.csv

[loss]
function = cross_entropy

[training]
epochs = 4
batch_size = 20
learning_rate = 0.01
optimizer = adam

[options]
random_seed = 1
"""


def stripes(rows):
    """Returns pictures of 6 x 6 with horizontal or vertical stripes, and which."""
    rng = random.Random(4)
    lines = []
    for row in range(rows):
        label, phase = row % 2, rng.randrange(2)
        pixels = [(x if label else y) % 2 == phase for y in range(6) for x in range(6)]
        lines.append(",".join("%.4f" % (p + rng.gauss(0, 0.2)) for p in pixels) + ",%d" % label)
    return "\n".join(lines) + "\n"


class PruneTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("net.ini", CONFIG)
        self.write("stripes.csv", stripes(200))
        self.run_well("train", "net.ini", "net.safetensors", "-q")

    def prune(self, *words):
        done = self.run_well(
            "prune", "net.ini", "net.safetensors", "-o", "out.safetensors", "-j", *words
        )
        return json.loads(done.stdout.strip().split("\n")[-1])

    def score(self):
        done = self.run_well("eval", "net.ini", "out.safetensors", "-j")
        return json.loads(done.stdout.strip().split("\n")[-1])

    def test_weights(self):
        report = self.prune("--sparsity", "0.8", "--finetune", "2")
        weights = 8 * 9 + 8 * 72 + 12 * 128
        self.assertEqual(report["weights"], weights + 24)
        self.assertEqual(report["kept"], weights - round(0.8 * weights) + 24)
        self.assertEqual(report["layers"][-1]["kept"], 24)
        self.assertEqual(report["epochs"], 2)
        self.assertGreater(report["accuracy_finetuned"], 0.9)
        self.assertEqual(self.score()["accuracy"], report["accuracy_finetuned"])
        self.assertLess(report["bytes"], report["bytes_before"])
        self.assertEqual(report["bytes"], os.path.getsize(self.path("out.safetensors")))
        words = ["--sparsity", "0.8", "-o", "twice.safetensors", "-j"]
        again = json.loads(self.run_well("prune", "net.ini", "out.safetensors", *words).stdout)
        self.assertEqual(again["kept"], report["kept"])
        self.assertEqual(again["accuracy_pruned"], report["accuracy_finetuned"])

    def test_gradual(self):
        report = self.prune(
            "--sparsity", "0.8", "--finetune", "4", "--gradual", "--method", "blocks"
        )
        self.assertLess(report["kept"], report["weights"] / 2)
        self.assertEqual(report["method"], "blocks")
        self.assertGreater(report["accuracy_finetuned"], 0.8)

    def test_structured(self):
        report = self.prune("--sparsity", "0.5", "--structured", "--finetune", "2")
        self.assertEqual([layer["kept"] for layer in report["layers"]],
                         [4 * 9, 4 * 36, 6 * 64, 2 * 6])
        self.assertEqual(report["macs_kept"], 36 * 36 + 16 * 4 * 36 + 6 * 64 + 12)
        self.assertGreater(report["accuracy_finetuned"], 0.8)
        self.assertEqual(self.score()["accuracy"], report["accuracy_finetuned"])
        self.run_well("infer", "net.ini", "out.safetensors")
        words = ["--sparsity", "0.5", "--structured", "-o", "less.safetensors", "-j"]
        again = json.loads(self.run_well("prune", "net.ini", "out.safetensors", *words).stdout)
        self.assertEqual(again["layers"][0]["kept"], 2 * 9)

    def test_n_of_m(self):
        report = self.prune("--method", "2:4")
        self.assertEqual(report["sparsity"], 0.5)
        self.assertEqual(report["layers"][2]["kept"], 12 * 64)

    def test_wrong_words(self):
        for words in (["--sparsity", "1.5"], ["--sparsity", "x"], [], ["--sparsity", "nan"],
                      ["--sparsity", "0.5", "--method", "block"],
                      ["--sparsity", "0.5", "--scope", "all"],
                      ["--sparsity", "0.5", "--finetune", "1.5"],
                      ["--sparsity", "0.5", "--gradual"]):
            done = self.run_program(
                "prune", "net.ini", "net.safetensors", "-o", "no.safetensors", *words
            )
            self.assert_refused(done, 2)
        done = self.run_program("prune", "net.ini", "net.safetensors", "--sparsity", "0.5")
        self.assert_refused(done, 2, "--output")
        done = self.run_program(
            "prune", "net.ini", "none.safetensors", "--sparsity", "0.5", "-o", "no.safetensors"
        )
        self.assert_refused(done, 1, "none.safetensors")
        self.assertFalse(os.path.exists(self.path("no.safetensors")))


if __name__ == "__main__":
    unittest.main()
