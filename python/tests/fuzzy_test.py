"""Mamdani systems by index, as the original has them."""

import unittest

import pyneural as pn
from pyneural import fuzzy


class FuzzyTest(unittest.TestCase):
    def test_tipper(self):
        tip = pn.FuzzySystem(1, output_range=(0, 30))
        for name, a, b, c in (("poor", -1, 0, 5), ("good", 0, 5, 10), ("great", 5, 10, 11)):
            tip.add_input_mf(0, name, "triangular", a, b, c, range=(0, 10))
        for name, middle in (("low", 5), ("medium", 15), ("high", 25)):
            tip.add_output_mf(name, "triangular", middle - 5, middle, middle + 5)
        for term, consequent in (("poor", "low"), ("good", "medium"), ("great", "high")):
            tip.add_rule([(0, term)], consequent)
        self.assertAlmostEqual(tip.evaluate([5]), 15, 6)
        self.assertLess(tip.evaluate([1]), tip.evaluate([9]))
        with self.assertRaises(KeyError):
            tip.add_rule([(0, "awful")], "low")
        with self.assertRaises(ValueError):
            tip.evaluate([1, 2])
        self.assertEqual(fuzzy.defuzz_centroid([1, 2, 3], [0, 1, 0]), 2.0)


if __name__ == "__main__":
    unittest.main()
