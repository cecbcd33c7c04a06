"""//cli:train, //cli:eval and //cli:infer are the program with the first word given."""

import unittest

from cli_testing import CliTest


class FixedWordTest(CliTest):
    def test_train_eval_infer(self):
        self.write_xor()
        self.run_well("xor.ini", name="train")
        done = self.run_well("xor.ini", "xor.safetensors", name="eval")
        self.assertIn("accuracy 100.00 %", done.stdout)
        done = self.run_well("xor.ini", "xor.safetensors", name="infer")
        self.assertEqual(len(done.stdout.splitlines()), 4)

    def test_missing_argument(self):
        done = self.run_program(name="train")
        self.assertEqual(done.returncode, 2)
        self.assertIn("CONFIG", done.stderr)


if __name__ == "__main__":
    unittest.main()
