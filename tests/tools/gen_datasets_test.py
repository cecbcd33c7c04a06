"""The generated data sets have the promised rows, ranges and reproducibility."""

import math
import os
import tempfile
import unittest

import datasets
import gen_datasets


def read(path):
    with open(path) as source:
        return [[float(cell) for cell in line.split(",")] for line in source]


class GenDatasetsTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))

    def write(self, *names):
        self.assertEqual(gen_datasets.main(["--out", self.directory, *names]), 0)

    def rows(self, name, part):
        stem = os.path.join(self.directory, "%s_%s" % (name, part))
        return read(stem + ".csv"), [row[0] for row in read(stem + "_labels.csv")]

    def test_every_set_has_its_rows_and_labels(self):
        features = {"xor": 2, "sine": 1, "spiral": 2, "deep": 10, "iris": 4, "boston": 13}
        self.write(*features)
        for name, count in features.items():
            for part, expected in zip(("train", "test"), datasets.DATASETS[name][1:3]):
                x, y = self.rows(name, part)
                self.assertEqual(len(x), expected, name)
                self.assertEqual(len(y), expected, name)
                self.assertEqual({len(row) for row in x}, {count}, name)

    def test_xor_is_the_truth_table(self):
        self.write("xor")
        x, y = self.rows("xor", "train")
        self.assertEqual([(a, b, float(int(a) ^ int(b))) for a, b in x],
                         [(a, b, label) for (a, b), label in zip(x, y)])
        self.assertEqual(len({tuple(row) for row in x}), 4)

    def test_sine_is_the_sine(self):
        self.write("sine")
        for (x,), y in zip(*self.rows("sine", "test")):
            self.assertLessEqual(abs(x), math.pi)
            self.assertAlmostEqual(math.sin(x), y, places=8)

    def test_spiral_arms_have_both_labels_and_turn(self):
        self.write("spiral")
        x, y = self.rows("spiral", "train")
        self.assertEqual(sum(y), len(y) / 2)
        self.assertLess(max(math.hypot(a, b) for a, b in x), 1.1)

    def test_training_and_test_rows_differ(self):
        self.write("deep")
        self.assertNotEqual(self.rows("deep", "train")[0][:500], self.rows("deep", "test")[0])

    def test_the_same_call_gives_the_same_bytes(self):
        self.write("deep", "spiral")
        first = {name: open(os.path.join(self.directory, name)).read()
                 for name in os.listdir(self.directory)}
        self.write("deep", "spiral")
        for name, text in first.items():
            self.assertEqual(open(os.path.join(self.directory, name)).read(), text, name)

    def test_an_unknown_name_is_refused(self):
        with self.assertRaises(SystemExit) as caught:
            gen_datasets.main(["--out", self.directory, "nonsense"])
        self.assertEqual(caught.exception.code, 2)
        self.assertEqual(os.listdir(self.directory), [])


if __name__ == "__main__":
    unittest.main()
