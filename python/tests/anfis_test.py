"""Neuro-fuzzy systems from Python: a surface is learned, exported and refused what is wrong."""

import math
import unittest

import pyneural as pn


def rows(steps):
    axis = [i / (steps - 1) * 4 - 2 for i in range(steps)]
    x = [[a, b] for a in axis for b in axis]
    return x, [math.sin(a) * math.cos(b) for a, b in x]


class Learning(unittest.TestCase):
    def rmse(self, model, x, y):
        return math.sqrt(sum((p - t) ** 2 for p, t in zip(model.predict(x), y)) / len(y))

    def test_a_surface(self):
        x, y = rows(13)
        for options in (
            dict(terms=4),
            dict(terms=[4, 3], shape="gaussian"),
            dict(partition="subtractive", radius=0.3, shape="gaussian"),
            dict(partition="k_means", clusters=12, shape="gaussian"),
        ):
            model = pn.ANFIS(**options).fit(x, y, epochs=60)
            self.assertLess(self.rmse(model, x, y), 0.05, options)
            self.assertAlmostEqual(model.result.train_rmse, self.rmse(model, x, y), places=9)
            self.assertGreater(model.n_rules, 1)

    def test_the_same_seed_gives_the_same_bits(self):
        x, y = rows(7)
        made = [pn.ANFIS(partition="k_means", seed=4).fit(x, y, epochs=5) for _ in range(2)]
        self.assertEqual(made[0].predict(x), made[1].predict(x))

    def test_exported_it_is_the_same_function(self):
        x, y = rows(9)
        model = pn.ANFIS(terms=3).fit(x, y, epochs=20)
        found = pn.FuzzyEngine.parse(model.to_engine().text()).evaluate(x)
        for (value,), expected in zip(found, model.predict(x)):
            self.assertAlmostEqual(value, expected, places=9)

    def test_kinds_of_rows(self):
        x, y = rows(5)
        model = pn.ANFIS().fit(x, [[value, 2 * value] for value in y], epochs=3)
        self.assertEqual(len(model.predict(x)[0]), 2)
        single = pn.ANFIS().fit(x, y, epochs=3, validation=(x, y))
        found = single.predict(pn.tensor(x, dtype=pn.float64))
        self.assertEqual((found.shape, found.tolist()), ((25,), single.predict(x)))
        single.fit(x, y, epochs=2, method="gradient", batch=8)

    def test_what_is_refused(self):
        x, y = rows(5)
        with self.assertRaisesRegex(RuntimeError, "fit"):
            pn.ANFIS().predict(x)
        with self.assertRaisesRegex(ValueError, "X has 25 rows, y 24"):
            pn.ANFIS().fit(x, y[:-1])
        with self.assertRaisesRegex(ValueError, "terms has 3 numbers, X 2 columns"):
            pn.ANFIS(terms=[2, 2, 2]).fit(x, y)
        with self.assertRaises(pn.NeuralException):
            pn.ANFIS().fit(x, [math.nan] * 25)
        for wrong in (dict(partition="tree"), dict(shape="box")):
            with self.assertRaisesRegex(ValueError, "expected one of"):
                pn.ANFIS(**wrong)
        model = pn.ANFIS().fit(x, y, epochs=1)
        with self.assertRaisesRegex(ValueError, r"expected \[\*, 2\]"):
            model.predict([[1.0, 2.0, 3.0]])


if __name__ == "__main__":
    unittest.main()
