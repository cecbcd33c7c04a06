"""The committed fixtures are what the installed PyTorch computes; nothing to do without it."""

import os
import unittest

import gen_torch_fixtures


class GenTorchFixturesTest(unittest.TestCase):
    def test_numbers_are_compared_by_value(self):
        close = gen_torch_fixtures.close
        self.assertTrue(close("tensor y 1 : 0.1", "tensor y 1 : 0.10000000000000001"))
        self.assertFalse(close("tensor y 1 : 0.1", "tensor y 1 : 0.2"))
        self.assertFalse(gen_torch_fixtures.close("case a", "case b"))
        self.assertFalse(gen_torch_fixtures.close("1 2", "1"))

    def test_fixtures_are_current(self):
        self.assertEqual(gen_torch_fixtures.main(["--check", os.environ["TORCH_FIXTURES"]]), 0)


if __name__ == "__main__":
    unittest.main()
