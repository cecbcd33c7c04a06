"""gen_synth.py writes the asked-for counts."""

import os
import tempfile
import unittest

import gen_synth


class GenSynthTest(unittest.TestCase):
    def test_counts(self):
        directory = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        self.assertEqual(gen_synth.main(["31", "7", "5", "3", "--out", directory]), 0)
        for name, rows in (("train", 31), ("test", 7)):
            with open(os.path.join(directory, name + ".csv")) as source:
                lines = source.read().splitlines()
            with open(os.path.join(directory, name + "_labels.csv")) as source:
                labels = source.read().split()
            self.assertEqual(len(lines), rows)
            self.assertEqual({len(line.split(",")) for line in lines}, {5})
            self.assertEqual(labels, [str(i % 3) for i in range(rows)])

    def test_counts_below_one_are_refused(self):
        with self.assertRaises(SystemExit) as caught:
            gen_synth.main(["10", "0", "5", "3"])
        self.assertEqual(caught.exception.code, 2)


if __name__ == "__main__":
    unittest.main()
