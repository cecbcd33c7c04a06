"""Fuzzy systems in FLL: values worked out by hand, batches, surfaces, pictures, findings."""

import os
import tempfile
import unittest

import pyneural as pn

TIPPER = """Engine: tipper
InputVariable: service
  range: 0 10
  term: poor Triangle 0 0 10
  term: good Triangle 0 10 10
InputVariable: food
  range: 0 10
  term: bad Triangle 0 0 10
  term: fine Triangle 0 10 10
OutputVariable: tip
  range: 0 30
  defuzzifier: WeightedAverage
  default: nan
  term: cheap Constant 5
  term: generous Constant 25
RuleBlock: all
  conjunction: AlgebraicProduct
  disjunction: Maximum
  activation: General
  rule: if service is poor and food is bad then tip is cheap
  rule: if service is good or food is fine then tip is generous
"""


def tip(service, food):
    poor, bad = 1 - service / 10, 1 - food / 10
    cheap, generous = poor * bad, max(service, food) / 10
    return (5 * cheap + 25 * generous) / (cheap + generous)


class Engines(unittest.TestCase):
    def setUp(self):
        self.engine = pn.FuzzyEngine.parse(TIPPER)

    def test_what_is_in_it(self):
        self.assertEqual(self.engine.inputs, ["service", "food"])
        self.assertEqual(self.engine.outputs, ["tip"])
        self.assertEqual(self.engine.n_rules, 2)
        self.assertIn("rules=2", repr(self.engine))

    def test_rows(self):
        rows = [[s, f] for s in (0.5, 3.0, 9.0) for f in (1.0, 7.5)]
        found = self.engine.evaluate(rows)
        for (s, f), (value,) in zip(rows, found):
            self.assertAlmostEqual(value, tip(s, f), places=12)
            self.assertEqual(self.engine.evaluate([s, f]), [value])
            self.assertEqual(self.engine.evaluate({"food": f, "service": s}), [value])
        x = pn.tensor(rows, dtype=pn.float64)
        self.assertEqual(self.engine.evaluate(x).tolist(), found)
        self.assertEqual(self.engine.evaluate(x.T.contiguous().T).tolist(), found)

    def test_numpy(self):
        try:
            import numpy as np
        except ImportError:
            self.skipTest("numpy is not installed")
        found = self.engine.evaluate(np.array([[1, 2], [3, 4]], dtype=np.float32))
        self.assertEqual((found.shape, found.dtype), ((2, 1), np.float64))
        self.assertAlmostEqual(found[1, 0], tip(3, 4), places=12)

    def test_text_and_files(self):
        text = self.engine.text()
        self.assertEqual(pn.FuzzyEngine.parse(text).text(), text)
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "tipper.fll")
            self.engine.save(path)
            self.assertEqual(pn.FuzzyEngine.load(path).text(), text)

    def test_surface(self):
        xs, ys, values = self.engine.surface("food", "service", resolution=5)
        self.assertEqual((xs, ys), ([0, 2.5, 5, 7.5, 10], [0, 2.5, 5, 7.5, 10]))
        self.assertEqual(values.shape, (5, 5, 1))
        for i, service in enumerate(ys):
            for j, food in enumerate(xs):
                self.assertAlmostEqual(values[i, j, 0].item(), tip(service, food), places=12)
        xs, ys, values = self.engine.surface("food", resolution=3, fixed={"service": 2})
        self.assertEqual((ys, values.shape), ([], (1, 3, 1)))
        self.assertAlmostEqual(values[0, 2, 0].item(), tip(2, 10), places=12)

    def test_pictures(self):
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            with self.assertRaisesRegex(ImportError, "matplotlib"):
                self.engine.plot("tip.png", "food")
            self.skipTest("matplotlib is not installed")
        with tempfile.TemporaryDirectory() as directory:
            for name, y in (("curve.png", None), ("surface.png", "service")):
                path = os.path.join(directory, name)
                self.engine.plot(path, "food", y, resolution=7)
                with open(path, "rb") as stream:
                    self.assertEqual(stream.read(4), b"\x89PNG")

    def test_check(self):
        self.assertEqual(self.engine.check(1000), [])
        gap = pn.FuzzyEngine.parse(TIPPER.replace("poor Triangle 0 0 10", "poor Triangle 0 0 4")
                                   .replace("good Triangle 0 10 10", "good Triangle 6 10 10"))
        flaws = {finding.flaw for finding in gap.check(1000)}
        self.assertIn("range-uncovered", flaws)

    def test_what_is_refused(self):
        with self.assertRaisesRegex(pn.NeuralException, r"fll:5:\d+"):
            pn.FuzzyEngine.parse(TIPPER.replace("good Triangle", "good Trangle"))
        for rows in ([1.0], [[1.0, 2.0, 3.0]], [[[1.0, 2.0]]]):
            with self.assertRaisesRegex(ValueError, r"expected \(2,\) or \(\*, 2\)"):
                self.engine.evaluate(rows)
        with self.assertRaises(pn.NeuralException):
            self.engine.evaluate([float("nan"), 1.0])
        with self.assertRaisesRegex(ValueError, "no input 'fod'"):
            self.engine.surface("fod")
        with self.assertRaisesRegex(ValueError, "expected"):
            self.engine.evaluate({"food": 1.0})
        with self.assertRaises(pn.NeuralException):
            self.engine.surface("food", "food")


if __name__ == "__main__":
    unittest.main()
