"""Columns, samplers, caches and reading ahead, from config keys through train, eval and infer."""

import os
import random
import unittest

from cli_testing import CliTest, read_safetensors

CONFIG = """
[model]
input = %d
layers = linear 8 | relu | linear 2
[training]
epochs = 4
batch_size = 16
learning_rate = 0.01
[optimizer]
type = adam
[data]
train_file = %s
%s
[options]
random_seed = 3
[performance]
num_threads = %d
"""


def table(rows, seed, colors=("red", "green", "blue")):
    rng = random.Random(seed)
    lines = ["size,color,weight,kind"]
    for r in range(rows):
        color, size = rng.choice(colors), rng.gauss(0, 1)
        kind = "hot" if color == "red" or size > 1 else "cold"
        lines.append("%s,%s,%s,%s" % ("NA" if r % 9 == 4 else "%.4f" % size, color,
                                      "" if r % 11 == 5 else "%.4f" % rng.gauss(5, 2), kind))
    return "\n".join(lines) + "\n"


def numbers(rows, seed):
    rng = random.Random(seed)
    return "".join("%.5f,%.5f,%d\n" % (x, y, x * y > 0) for x, y in
                   ((rng.gauss(0, 1), rng.gauss(0, 1)) for _ in range(rows)))


class DataTest(CliTest):
    def train(self, model, features, file, data, threads=1):
        self.write("run.ini", CONFIG % (features, file, data, threads))
        self.run_well("train", "run.ini", model, "--quiet")
        with open(self.path(model), "rb") as stored:
            return stored.read()

    def test_categories_are_stored_with_the_model(self):
        self.write("train.csv", table(300, 1))
        keys = "categorical = auto\nmissing = mean\nnormalize = zscore\nval_split = 0.2\n"
        self.write("test.csv", table(60, 2, ("blue", "red")))
        self.train("m.safetensors", 5, "train.csv", keys + "test_file = test.csv")
        metadata, tensors = read_safetensors(self.path("m.safetensors"))
        lines = metadata["columns"].split("\n")
        self.assertEqual(lines[2:6], ["c 3", "blue", "green", "red"])
        self.assertEqual(tensors["transform.scale"][1][1:4], [1.0, 1.0, 1.0])
        found = self.run_well("eval", "run.ini", "m.safetensors", "--json").stdout
        self.assertIn("accuracy", found)
        # two rows that differ in nothing but a missing value and the mean that replaces it
        mean = float(lines[1].split()[1])
        self.write("rows.csv", "size,color,weight\nNA,green,5\n%r,green,5\n" % mean)
        out = self.run_well("infer", "run.ini", "m.safetensors", "rows.csv", "--probabilities",
                            ).stdout.strip().splitlines()[-2:]
        self.assertEqual(out[0], out[1])
        self.write("rows.csv", "size,color,weight\n1,violet,5\n2,red,5\n")
        done = self.run_program("infer", "run.ini", "m.safetensors", "rows.csv")
        self.assertEqual(done.returncode, 4)
        self.assertIn('category "violet" is not among those of the training rows', done.stderr)

    def test_the_number_of_features_is_told(self):
        self.write("train.csv", table(50, 1))
        self.write("run.ini", CONFIG % (3, "train.csv", "categorical = 1\nmissing = zero", 1))
        done = self.run_program("train", "run.ini", "m.safetensors")
        self.assertEqual(done.returncode, 3)
        self.assertIn("3 columns become 5 features, the model has 3: say input = 5", done.stderr)

    def test_prefetch_threads_and_cache_change_no_bit(self):
        self.write("train.csv", numbers(500, 1))
        keys = "normalize = zscore\nval_split = 0.1\n"
        plain = self.train("a.safetensors", 2, "train.csv", keys)
        for extra in ("prefetch = 1", "prefetch = 5", "cache = true", "cache = true",
                      "cache = .\nprefetch = 2"):
            for threads in (1, 2):
                self.assertEqual(
                    self.train("b.safetensors", 2, "train.csv", keys + extra, threads), plain)
        self.assertTrue(os.path.exists(self.path("train.csv.neural-cache")))

    def test_samplers(self):
        self.write("train.csv", numbers(300, 4))
        models = {}
        for keys in ("", "sampler = random", "sampler = sequential", "sampler = balanced",
                     "sampler = weighted\nsampler_weights = 1, 3"):
            self.train("m.safetensors", 2, "train.csv", keys)
            models[keys] = str(read_safetensors(self.path("m.safetensors"))[1])
        self.assertEqual(models[""], models["sampler = random"])
        self.assertEqual(len(set(models.values())), 4)
        self.write("run.ini", CONFIG % (2, "train.csv", "sampler = weighted", 1))
        done = self.run_program("train", "run.ini", "m.safetensors")
        self.assertEqual(done.returncode, 3)
        self.assertIn("sampler_weights", done.stderr)


if __name__ == "__main__":
    unittest.main()
