"""One seed, one file: with 1, 2 and 3 threads, and with AVX2 and AVX-512."""

import json
import unittest

from cli_testing import CliTest

# Odd sizes everywhere, wide enough that products and elementwise ops are split over threads.
CONFIG = """[model]
architecture = 301,419,283,7
hidden_activation = gelu
output_activation = softmax
dropout = 0.1

[data]
train_file = train.csv
normalize = zscore
val_split = 0.1

[loss]
function = cross_entropy

[training]
epochs = 2
batch_size = 131
learning_rate = 0.003
optimizer = adam
gradient_clip = 1

[options]
random_seed = 11
"""

FLAGS = {"avx2": {"avx2", "fma", "bmi2"}, "avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl"}}


def has_isa(name):
    with open("/proc/cpuinfo", encoding="utf-8") as stream:
        for line in stream:
            if line.startswith("flags"):
                return FLAGS[name] <= set(line.split())
    return False


class SameBitsTest(CliTest):
    def train(self, name, threads, isa=None):
        env = {"NEURAL_ISA": isa} if isa else {}
        done = self.run_well("train", "run.ini", name, "--json", "--quiet",
                             "--threads", str(threads), env=env)
        return json.loads(done.stdout)

    def test_threads_and_instruction_sets(self):
        if not has_isa("avx2"):
            self.skipTest("the promise begins with AVX2")
        self.write_blobs(CONFIG, features=301, classes=7, rows=467)
        reference = self.train("reference.safetensors", 1)
        self.assertEqual(reference["parallel_calls"], 0)
        exercised = []
        for isa in filter(has_isa, FLAGS):
            for threads in (1, 2, 3):
                figures = self.train("m.safetensors", threads, isa)
                self.assertEqual(figures["threads"], threads)
                self.assertEqual(figures["parallel_calls"] > 0, threads > 1)
                self.assertEqual(figures["digest"], reference["digest"])
                self.assertEqual(figures["train_loss"], reference["train_loss"])
                self.assertEqual(
                    self.read("m.safetensors"), self.read("reference.safetensors"),
                    "%s with %d threads" % (isa, threads),
                )
                exercised.append("%s/%d" % (isa, threads))
        print("equal: " + " ".join(exercised))

    def test_another_seed_gives_another_model(self):
        self.write_blobs()
        digests = set()
        for seed in "12":
            options = ("-q", "-j", "--set", "options.random_seed=" + seed)
            done = self.run_well("train", "run.ini", *options)
            digests.add(json.loads(done.stdout)["digest"])
        self.assertEqual(len(digests), 2)


if __name__ == "__main__":
    unittest.main()
