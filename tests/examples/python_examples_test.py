"""The examples in Python compute what they say."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

import prepare_wine_quality
import pyneural

ROOT = os.getcwd()
FASHION = "/usr/share/datasets/fashion-mnist"


class ExamplesTest(unittest.TestCase):
    def run_example(self, name, *words):
        """What it prints, run in a directory of its own."""
        paths = [os.path.dirname(os.path.dirname(pyneural.__file__))]
        done = subprocess.run(
            [sys.executable, os.path.join(ROOT, "examples/python", name + ".py"), *words],
            cwd=self.directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=dict(os.environ, PYTHONPATH=os.pathsep.join(paths)), check=False,
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def setUp(self):
        self.directory = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))

    def numbers(self, pattern, text):
        return [float(number) for number in re.findall(pattern, text)]

    def test_xor(self):
        text = self.run_example("xor")
        losses = self.numbers(r"loss ([\d.]+)", text)
        self.assertEqual(losses, sorted(losses, reverse=True))
        self.assertLess(losses[-1], 0.01)
        found = self.numbers(r"xor \d: ([\d.]+)", text)
        self.assertEqual([round(p) for p in found], [0, 1, 1, 0])

    def test_sine(self):
        path = os.path.join(self.directory, "net.ckpt")
        text = self.run_example("sine", path)
        (error,) = self.numbers(r"mean squared error (\S+),", text)
        self.assertLess(error, 1e-4)
        self.assertGreater(os.path.getsize(path), 4 * (32 + 32 + 32 * 32 + 32 + 32 + 1))

    def test_wine_quality(self):
        os.chdir(self.directory)
        self.addCleanup(os.chdir, ROOT)
        prepare_wine_quality.main(["--generated"])
        text = self.run_example("wine_quality")
        first, last = map(float, re.search(r"loss ([\d.]+) -> ([\d.]+)", text).groups())
        self.assertLess(last, 0.5 * first)
        (accuracy,) = self.numbers(r"accuracy ([\d.]+) %", text)
        self.assertGreater(accuracy, 65)  # of generated data; chance is below 45
        self.assertRegex(text, r"quality [3-8] with probability [01]\.\d\d")

    @unittest.skipUnless(os.path.exists(FASHION), "Debian's dataset-fashion-mnist is missing")
    def test_fashion_mnist_cnn(self):
        text = self.run_example("fashion_mnist_cnn", "3000", "2")
        (accuracy,) = self.numbers(r"test accuracy ([\d.]+) %", text)
        self.assertGreater(accuracy, 78)

    def test_fuzzy_tipper(self):
        text = self.run_example("fuzzy_tipper")
        tips = self.numbers(r"tip ([\d.]+) %", text)
        self.assertLess(tips[0], 8)
        self.assertAlmostEqual(tips[1], 15, delta=0.05)
        self.assertGreater(tips[2], 23)
        table = [[float(x) for x in row.split()] for row in text.splitlines()[-6:]]
        for row in table:  # better food never lowers the tip
            self.assertEqual(row[1:], sorted(row[1:]))


if __name__ == "__main__":
    unittest.main()
