"""The committed fixtures are what the installed PyTorch computes; nothing to do without it."""

import os
import unittest

import gen_torch_fixtures


class GenTorchFixturesTest(unittest.TestCase):
    def test_fixtures_are_current(self):
        self.assertEqual(gen_torch_fixtures.main(["--check", os.environ["TORCH_FIXTURES"]]), 0)


if __name__ == "__main__":
    unittest.main()
