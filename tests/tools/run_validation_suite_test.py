import subprocess
import unittest

import run_validation_suite as suite


def done(stdout, status=0):
    return subprocess.CompletedProcess("", status, stdout, "")


class JudgeTest(unittest.TestCase):
    def test_exit_zero(self):
        self.assertIsNone(suite.exit_zero(done("")))
        self.assertEqual(suite.exit_zero(done("", 3)), "exit status 3")

    def test_json_below(self):
        judge = suite.json_below(train_loss=0.01)
        self.assertIsNone(judge(done('epoch 1\n{"train_loss": 0.001}\n')))
        self.assertIn("want < 0.01", judge(done('{"train_loss": 0.5}')))
        self.assertIn("None", judge(done('{"val_loss": 0.5}')))
        self.assertIn("nan", judge(done('{"train_loss": NaN}')))
        self.assertIn("not JSON", judge(done("")))
        self.assertEqual(judge(done('{"train_loss": 0.001}', 1)), "exit status 1")

    def test_xor_predictions(self):
        self.assertIsNone(suite.xor_predictions(done("p\n0.01\n0.98\n0.99\n0.02\n")))
        for wrong in ("0.51 0.98 0.99 0.02", "0.98 0.01 0.99 0.02"):
            rows = "p\n" + wrong.replace(" ", "\n") + "\n"
            self.assertIn("want [0, 1, 1, 0]", suite.xor_predictions(done(rows)))
        self.assertIn("not numbers", suite.xor_predictions(done("0\na\nb\nc\n")))


class RunTest(unittest.TestCase):
    def test_runs_and_judges(self):
        good = suite.Check("good", "smoke", "true", suite.exit_zero)
        bad = suite.Check("bad", "smoke", "echo reason; false", suite.exit_zero)
        self.assertEqual(suite.run_all([good, bad]), 1)

    def test_names_are_unique_and_tiers_known(self):
        names = [check.name for check in suite.CHECKS]
        self.assertEqual(len(names), len(set(names)))
        self.assertTrue(all(check.tier in suite.TIERS for check in suite.CHECKS))


if __name__ == "__main__":
    unittest.main()
