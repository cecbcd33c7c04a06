"""The committed rates are those of the installed PyTorch; nothing to do without it."""

import os
import unittest

import gen_torch_schedules


class GenTorchSchedulesTest(unittest.TestCase):
    def test_rates_are_current(self):
        self.assertEqual(
            gen_torch_schedules.main(["--check", os.environ["SCHEDULE_FIXTURE"]]), 0)


if __name__ == "__main__":
    unittest.main()
