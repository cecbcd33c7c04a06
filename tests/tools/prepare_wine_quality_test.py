"""prepare_wine_quality.py parses, refuses and splits class by class."""

import contextlib
import io
import os
import tempfile
import unittest
from collections import Counter

import prepare_wine_quality as wine


class PrepareWineQualityTest(unittest.TestCase):
    def setUp(self):
        self.directory = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))

    def grades(self, *path):
        with open(os.path.join(self.directory, *path)) as source:
            lines = source.read().splitlines()
        self.assertEqual(lines[0].split(",")[-1], "quality")
        return Counter(line.split(",")[-1] for line in lines[1:])

    def test_generated_rows_are_split_class_by_class(self):
        self.assertEqual(wine.main(["--generated", "--out", self.directory]), 0)
        train, test = self.grades("wine_train.csv"), self.grades("wine_test.csv")
        self.assertEqual(sum((train + test).values()), wine.ROWS)
        self.assertEqual(sorted(train), list("345678"))
        for grade in "345678":
            self.assertAlmostEqual(test[grade] / (train[grade] + test[grade]), 0.2, delta=0.05)

    def test_splits_differ_and_are_reproducible(self):
        for _ in range(2):
            self.assertEqual(
                wine.main(["--generated", "--out", self.directory, "--splits", "2"]), 0)
            files = [open(os.path.join(self.directory, n, "wine_test.csv")).read()
                     for n in ("00", "01")]
            self.assertNotEqual(files[0], files[1])
        with open(os.path.join(self.directory, "00", "wine_test.csv")) as source:
            self.assertEqual(source.read(), files[0])

    def refuse(self, text):
        path = os.path.join(self.directory, "in.csv")
        with open(path, "w") as target:
            target.write(text)
        errors = io.StringIO()
        with contextlib.redirect_stderr(errors):
            self.assertEqual(wine.main(["--input", path, "--out", self.directory]), 1)
        self.assertEqual(os.listdir(self.directory), ["in.csv"])
        return errors.getvalue()

    def test_bad_files_are_refused_with_their_line(self):
        header = ";".join('"%s"' % name for name in wine.NAMES) + "\n"
        row = ";".join(["1.5"] * 11 + ["5"]) + "\n"
        self.assertIn("line 1: expected 12 column names", self.refuse("a;b\n"))
        self.assertIn("line 3: expected 12 fields, found 2", self.refuse(header + row + "1;2\n"))
        self.assertIn("could not convert", self.refuse(header + row.replace("1.5", "x")))
        self.assertIn("no rows", self.refuse(header))


if __name__ == "__main__":
    unittest.main()
