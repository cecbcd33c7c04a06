import os
import subprocess
import tempfile
import unittest

import run_validation_suite as suite
from validation import checks, judges, readme


def done(stdout, status=0):
    return subprocess.CompletedProcess("", status, stdout, "")


class JudgeTest(unittest.TestCase):
    def test_exit_zero(self):
        self.assertIsNone(judges.exit_zero(done("")))
        self.assertEqual(judges.exit_zero(done("", 3)), "exit status 3")

    def test_says(self):
        judge = judges.says("loss", r"\d %")
        self.assertIsNone(judge(done("loss: 3 %")))
        self.assertEqual(judge(done("loss")), r"output lacks \d %")
        self.assertEqual(judge(done("loss: 3 %", 1)), "exit status 1")

    def test_figures(self):
        judge = judges.figures(train_loss="< 0.01", accuracy=">= 1")
        self.assertIsNone(judge(done('epoch 1\n{"train_loss": 0.001, "accuracy": 1}\n')))
        self.assertIn("want < 0.01", judge(done('{"train_loss": 0.5, "accuracy": 1}')))
        self.assertIn("want >= 1", judge(done('{"train_loss": 0, "accuracy": 0.99}')))
        self.assertIn("None", judge(done('{"accuracy": 1}')))
        self.assertIn("nan", judge(done('{"train_loss": NaN}')))
        for wrong in ("", "[1]", "loss 3"):
            self.assertIn("not a JSON object", judge(done(wrong)))
        self.assertEqual(judge(done('{"train_loss": 0.001}', 1)), "exit status 1")

    def test_predicts_xor(self):
        self.assertIsNone(judges.predicts_xor(done("p\n0.01\n0.98\n0.99\n0.02\n")))
        for wrong in ("0.51 0.98 0.99 0.02", "0.98 0.01 0.99 0.02", "0.98"):
            rows = "p\n" + wrong.replace(" ", "\n") + "\n"
            self.assertIn("want [0, 1, 1, 0]", judges.predicts_xor(done(rows)) or "")
        self.assertIn("not numbers", judges.predicts_xor(done("0\na\nb\nc\n")))

    def test_files(self):
        with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
            file.write("3\n1\n1\n0\n")
            file.flush()
            path = os.path.relpath(file.name, judges.ROOT)
            self.assertIsNone(judges.has_rows({path: (4, 1)})(done("")))
            self.assertIn("want 3 rows", judges.has_rows({path: (3, 1)})(done("")))
            judge = judges.predicts(path, 0.75)
            self.assertIsNone(judge(done("class\n3\n1\n0\n0\n")))
            self.assertIn("0.5000", judge(done("class\n3\n0\n0\n0\n")))
            self.assertIn("0 predictions", judge(done("3\n1\n")))


class ReadmeTest(unittest.TestCase):
    def test_blocks(self):
        readme.text = lambda: (
            "```sh\nmake   # all\n\n```\n`bazel run //bench:sgemm`\n```python\nx\n```\n"
        )
        self.assertEqual(readme.commands(), ["make"])
        self.assertEqual(readme.blocks("python"), ["x\n"])
        self.assertEqual(readme.labels(), ["//bench:sgemm"])


class RunTest(unittest.TestCase):
    def test_runs_and_judges(self):
        good = checks.Check("good", "smoke", "true", judges.exit_zero)
        bad = checks.Check("bad", "smoke", "echo reason; false", judges.exit_zero)
        self.assertEqual(suite.run_all([good, bad]), 1)

    def test_names_are_unique_and_tiers_known(self):
        names = [check.name for check in checks.CHECKS]
        self.assertEqual(len(names), len(set(names)))
        self.assertTrue(all(check.tier in checks.TIERS for check in checks.CHECKS))


if __name__ == "__main__":
    unittest.main()
