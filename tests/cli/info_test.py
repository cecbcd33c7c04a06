"""neural info, config and test."""

import json
import re
import unittest

from cli_testing import BLOBS_CONFIG, CliTest, read_safetensors


class InfoTest(CliTest):
    def test_machine(self):
        text = self.run_well("info").stdout
        for word in ("version", "processor", "SIMD", "cores", "threads"):
            self.assertIn(word, text)
        facts = json.loads(self.run_well("info", "--json").stdout)
        self.assertGreaterEqual(facts["cores"], 1)

    def test_ceiling_of_the_environment(self):
        for word, name in (("c", "Scalar (no SIMD)"), ("sse2", "SSE2")):
            done = self.run_well("info", "--json", env={"NEURAL_ISA": word})
            facts = json.loads(done.stdout)
            self.assertEqual((facts["simd"], facts["extras"]), (name, "none"))

    def test_extras_of_the_environment(self):
        done = self.run_well("info", env={"NEURAL_QUIRKS": "none"})
        self.assertRegex(done.stdout, r"(?m)^extras +none$")

    def test_threads_of_the_environment(self):
        done = self.run_well("info", "--json", env={"NEURAL_NUM_THREADS": "3"})
        self.assertEqual(json.loads(done.stdout)["threads"], 3)

    def test_kernels(self):
        text = self.run_well("info", "--kernels").stdout
        self.assertRegex(text, r"(?m)^add +EXACT$")
        self.assertRegex(text, r"(?m)^exp +ULP\(1\)$")
        facts = json.loads(self.run_well("info", "--kernels", "--json").stdout)
        for op, accuracy in facts["kernels"].items():
            self.assertRegex(accuracy, r"^(EXACT|(ULP|SUM)\([0-9.]+\))$")
            self.assertRegex(text, r"(?m)^%s +%s$" % (op, re.escape(accuracy)))
        self.assertGreaterEqual(len(facts["kernels"]), 50)
        self.assertIn("threads", facts)
        self.assertNotIn("kernels", json.loads(self.run_well("info", "--json").stdout))

    def test_model(self):
        self.write_blobs()
        self.run_well("train", "run.ini", "m.safetensors", "--quiet")
        text = self.run_well("info", "m.safetensors").stdout
        metadata, tensors = read_safetensors(self.path("m.safetensors"))
        self.assertIn("cross_entropy", text)
        self.assertIn("Linear", text)
        self.assertIn(metadata["checksum"], text)
        facts = json.loads(self.run_well("info", "m.safetensors", "--json").stdout)
        self.assertEqual(facts["digest"], metadata["checksum"])
        self.assertEqual(facts["data_digest"], metadata["digest"])
        self.assertEqual(facts["tensors"], len(tensors))
        self.assert_refused(self.run_program("info", "run.ini"), 1, "run.ini")
        self.assert_refused(self.run_program("info", "nowhere"), 1, "nowhere")


class ConfigTest(CliTest):
    def test_resolved_config_means_the_same(self):
        self.write("run.ini", BLOBS_CONFIG)
        text = self.run_well("config", "run.ini", "--set", "training.epochs=7").stdout
        self.assertIn("epochs = 7", text)
        self.write("again.ini", text)
        self.assertEqual(self.run_well("config", "again.ini").stdout, text)

    def test_origins(self):
        self.write("run.ini", BLOBS_CONFIG)
        self.write("sub/top.ini", "include = ../run.ini\n[training]\nlr = 0.5\n")
        args = ("config", "--resolved", "sub/top.ini", "--set", "training.epochs=7")
        text = self.run_well(*args).stdout
        self.assertIn("learning_rate = 0.5  # sub/top.ini:3:6\n", text)
        self.assertIn("batch_size = 16  # sub/../run.ini:16:14\n", text)
        self.assertIn("epochs = 7  # --set training.epochs=7\n", text)
        self.assertIn("beta1 = 0.9  # default\n", text)
        done = self.run_program("config", "run.ini", "--resolved", "sub/top.ini")
        self.assertEqual(done.returncode, 2)

    def test_reference(self):
        text = self.run_well("config", "--reference").stdout
        self.assertIn("learning_rate", text)


class SelfTest(CliTest):
    def test_all_ops_pass(self):
        text = self.run_well("test").stdout
        self.assertIn("SIMD level", text)
        self.assertNotIn("FAIL", text)
        for op in ("matmul", "softmax", "linear"):
            self.assertRegex(text, r"(?m)^Gradient of %s +PASS" % op)
        passed = int(re.search(r"(\d+) passed, 0 failed", text).group(1))
        self.assertGreater(passed, 30)

    def test_every_level(self):
        for isa in ("c", "sse2", "avx2", "avx512"):
            self.run_well("test", env={"NEURAL_ISA": isa})


if __name__ == "__main__":
    unittest.main()
