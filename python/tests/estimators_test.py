"""Estimators in the style of scikit-learn."""

import unittest

import pyneural as pn

try:
    import numpy
except ImportError:
    numpy = None
try:
    import sklearn
except ImportError:
    sklearn = None


@unittest.skipIf(numpy is None, "NumPy is not installed")
class EstimatorTest(unittest.TestCase):
    def test_classes_and_values(self):
        draws = numpy.random.RandomState(0)
        x = draws.randn(200, 3)
        words = numpy.where(x[:, 0] > x[:, 1], "left", "right")
        options = {"max_iter": 100, "random_state": 1, "learning_rate_init": 0.01}
        model = pn.MLPClassifier((16,), **options).fit(x, words)
        self.assertGreater(model.score(x, words), 0.95)
        self.assertEqual(model.predict_proba(x).shape, (200, 2))
        again = pn.MLPClassifier((16,), **options).fit(x, words)
        self.assertTrue((model.predict_proba(x) == again.predict_proba(x)).all())
        values = pn.MLPRegressor((16,), **options).fit(x, x[:, 0] - x[:, 1])
        self.assertGreater(values.score(x, x[:, 0] - x[:, 1]), 0.9)
        with self.assertRaises(ValueError):
            model.predict(x[:, :2])
        with self.assertRaisesRegex(ValueError, "max_iter is 0"):
            pn.MLPClassifier(max_iter=0).fit(x, words)
        self.assertEqual(model.get_params()["max_iter"], 100)

    @unittest.skipIf(sklearn is None, "scikit-learn is not installed")
    def test_scikit_learn_accepts_them(self):
        from sklearn.utils.estimator_checks import check_estimator

        for kind in (pn.MLPClassifier, pn.MLPRegressor):
            check_estimator(kind(max_iter=50, random_state=0, learning_rate_init=0.01))


if __name__ == "__main__":
    unittest.main()
