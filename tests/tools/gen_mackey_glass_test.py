"""The series against one with a tenth of the step, and the files."""

import csv
import io
import os
import tempfile
import unittest
from contextlib import redirect_stdout

import gen_mackey_glass


class Series(unittest.TestCase):
    def test_before_the_delay_it_decays(self):
        x = gen_mackey_glass.series(17)
        for t, value in enumerate(x):
            self.assertAlmostEqual(value, 1.2 * 2.718281828459045 ** (-0.1 * t), places=6)

    def test_smaller_steps_change_little(self):
        coarse = gen_mackey_glass.series(200)
        steps, gen_mackey_glass.STEPS = gen_mackey_glass.STEPS, 100
        try:
            fine = gen_mackey_glass.series(200)
        finally:
            gen_mackey_glass.STEPS = steps
        self.assertEqual(len(coarse), 201)
        for t in range(201):
            self.assertAlmostEqual(coarse[t], fine[t], delta=1e-4)


class Files(unittest.TestCase):
    def test_rows_are_the_series_with_its_lags(self):
        with tempfile.TemporaryDirectory() as directory:
            with redirect_stdout(io.StringIO()):
                gen_mackey_glass.main(["--out", directory, "--rows", "20"])
            x = gen_mackey_glass.series(170)
            for part, first in (("train", 118), ("test", 138)):
                path = os.path.join(directory, "mackey_glass_%s.csv" % part)
                with open(path, encoding="ascii") as file:
                    rows = list(csv.reader(file))
                self.assertEqual(rows[0], ["x_18", "x_12", "x_6", "x_0", "y"])
                self.assertEqual(len(rows), 21)
                for i, row in enumerate(rows[1:]):
                    t = first + i
                    wanted = [x[t - 18], x[t - 12], x[t - 6], x[t], x[t + 6]]
                    self.assertEqual([float(cell) for cell in row], wanted)


if __name__ == "__main__":
    unittest.main()
