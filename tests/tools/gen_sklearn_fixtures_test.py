"""The committed fixture is what the installed scikit-learn computes; nothing to do without it."""

import os
import unittest

import gen_sklearn_fixtures


class GenSklearnFixturesTest(unittest.TestCase):
    def test_numbers_repeat(self):
        first, second = gen_sklearn_fixtures.Numbers(3), gen_sklearn_fixtures.Numbers(3)
        drawn = [first.below(7) for _ in range(100)]
        self.assertEqual(drawn, [second.below(7) for _ in range(100)])
        self.assertEqual(set(drawn), set(range(7)))

    def test_fixture_is_current(self):
        self.assertEqual(
            gen_sklearn_fixtures.main(["--check", os.environ["METRIC_FIXTURE"]]), 0)


if __name__ == "__main__":
    unittest.main()
