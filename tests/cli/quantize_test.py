"""neural quantize: the report, the file, and predictions by it on every instruction set."""

import json
import os
import unittest

from cli_testing import CliTest

CONFIG = """[model]
input = 12
layers = linear 40 | relu | linear 24 | tanh | linear 3 | softmax

[data]
train_file = train.csv
normalize = zscore

[loss]
function = cross_entropy

[training]
epochs = 5
batch_size = 16
learning_rate = 0.01
optimizer = adam

[options]
random_seed = 4
"""

VALUES = CONFIG.replace("linear 3 | softmax", "linear 1").replace("cross_entropy", "mse")


class QuantizeTest(CliTest):
    def trained(self):
        self.write_blobs(CONFIG, features=12, classes=3, rows=200)
        self.run_well("train", "run.ini", "m.safetensors", "--quiet")

    def test_report_and_file(self):
        self.trained()
        done = self.run_well("quantize", "run.ini", "m.safetensors", "--keep-slow", "--json")
        report = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(report["model"], "m.int8.safetensors")
        self.assertLessEqual(report["accuracy_f32"] - report["accuracy_int8"], 0.003)
        self.assertEqual(report["bytes_int8"], os.path.getsize(self.path("m.int8.safetensors")))
        self.assertEqual([layer["name"] for layer in report["layers"]], ["0", "2", "4"])
        self.assertEqual({layer["dtype"] for layer in report["layers"]}, {"int8"})
        self.assertTrue(all(layer["snr"] > 20 for layer in report["layers"]))
        told = self.run_well("eval", "run.ini", "m.int8.safetensors", "train.csv", "--json")
        found = json.loads(told.stdout.splitlines()[-1])
        self.assertAlmostEqual(found["accuracy"], report["accuracy_int8"], places=12)
        self.assertIn("int8", self.run_well("info", "m.int8.safetensors").stdout)

    def test_values_have_the_same_bits_on_every_instruction_set(self):
        self.write_blobs(VALUES, features=12, classes=3, rows=100)
        self.run_well("train", "run.ini", "m.safetensors", "--quiet")
        self.run_well("quantize", "run.ini", "m.safetensors", "--keep-slow", "--max-drop", "9",
                      "-o", "q.safetensors")
        lines = self.read("train.csv").decode().splitlines()
        self.write("rows.csv", "".join(line.rsplit(",", 1)[0] + "\n" for line in lines))
        told = {
            self.run_well("infer", "run.ini", "q.safetensors", "rows.csv", "--threads", threads,
                          env={"NEURAL_ISA": isa}).stdout
            for isa in ("c", "sse2", "avx2", "avx512")
            for threads in ("1", "3")
        }
        self.assertEqual(len(told), 1)
        self.assertEqual(len(told.pop().splitlines()), 100)

    def test_dynamic(self):
        self.trained()
        done = self.run_well("quantize", "run.ini", "m.safetensors", "--dynamic", "--keep-slow",
                             "-o", "d.safetensors", "--json")
        report = json.loads(done.stdout.splitlines()[-1])
        self.assertLessEqual(report["accuracy_f32"] - report["accuracy_int8"], 0.003)
        self.run_well("eval", "run.ini", "d.safetensors", "train.csv")

    def test_what_is_refused(self):
        self.trained()
        run = self.run_program
        self.assert_refused(run("quantize", "run.ini", "m.safetensors", "--calibration", "best"), 2,
                            "--calibration", "best", "percentile")
        self.assert_refused(run("quantize", "run.ini", "m.safetensors", "--samples", "0"), 2,
                            "--samples", "0")
        self.assert_refused(run("quantize", "run.ini", "m.safetensors", "--max-drop", "x"), 2,
                            "--max-drop", "x")
        self.assert_refused(run("quantize", "run.ini", "m.safetensors", "-o", "no/m.int8"), 1,
                            "no/m.int8")
        self.run_well("quantize", "run.ini", "m.safetensors", "--keep-slow")
        self.assert_refused(run("quantize", "run.ini", "m.int8.safetensors"), 1, "8 bits")
        self.assert_refused(run("eval", "run.ini", "m.int8.safetensors", "train.csv", "--fold"), 1,
                            "8 bits")


if __name__ == "__main__":
    unittest.main()
