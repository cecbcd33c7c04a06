"""neural fuzzy train: what it learns, leaves and refuses."""

import json
import math
import os
import random
import unittest

from cli_testing import CliTest


def table(rows, seed):
    """Returns CSV text of a smooth function of two of three columns."""
    rng = random.Random(seed)
    lines = ["over all,no.,if,result"]
    for _ in range(rows):
        a, b, c = rng.uniform(-2, 2), rng.uniform(0, 300), rng.uniform(0, 1)
        lines.append("%r,%r,%r,%r" % (a, b, c, math.sin(a) * 10 + b / 100 + 0 * c))
    return "\n".join(lines) + "\n"


class FuzzyTrainTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("train.csv", table(150, 1))
        self.write("test.csv", table(80, 2))

    def train(self, *args):
        """Returns the JSON object of a run."""
        done = self.run_well("fuzzy", "train", *args, "--json", "--quiet")
        return json.loads(done.stdout)

    def test_every_start_learns_and_eval_gives_the_same_error(self):
        for start in (
            ("--grid", "3"),
            ("--grid", "3,2,1", "--shape", "triangle", "--order", "1"),
            ("--radius", "0.6", "--shape", "gaussian"),
            ("--clusters", "6", "--optimizer", "rmsprop"),
            ("--grid", "4,2,1", "--method", "gradient", "--batch", "16", "--lr", "0.03"),
        ):
            result = self.train(*start, "train.csv", "--test", "test.csv", "-o", "out.fll")
            self.assertLess(result["train_rmse"], 0.6, start)
            self.assertLess(result["test_rmse"], 0.9, start)
            rows = [line.split(",") for line in self.read("test.csv").decode().split()[2:]]
            self.write("in.csv", "\n".join(",".join(row[:3]) for row in rows) + "\n")
            done = self.run_well("fuzzy", "eval", "out.fll", "in.csv")
            found = [float(line) for line in done.stdout.splitlines()[1:]]
            errors = [(y - float(row[3])) ** 2 for y, row in zip(found, rows)]
            self.assertEqual(len(errors), 80)
            rmse = math.sqrt(sum(errors) / len(errors))
            self.assertAlmostEqual(rmse, result["test_rmse"], delta=1e-9)

    def test_names_of_columns_become_names_of_variables(self):
        self.train("--grid", "2", "train.csv", "-o", "out.fll", "--epochs", "1")
        text = self.read("out.fll").decode()
        for name in ("InputVariable: over_all", "InputVariable: no.", "InputVariable: if_"):
            self.assertIn(name + "\n", text)
        self.assertIn("OutputVariable: result\n", text)
        args = ("--grid", "2", "train.csv", "--target", "no.,0", "--epochs", "1")
        self.train(*args, "-o", "two.fll")
        text = self.read("two.fll").decode()
        self.assertIn("InputVariable: result\n", text)
        self.assertIn("OutputVariable: over_all\n", text)

    def test_goes_on_from_a_system(self):
        data = table(150, 3).replace("over all", "over_all").replace("if", "if_")
        self.write("again.csv", data)
        first = self.train("--grid", "3,2,1", "again.csv", "--epochs", "0", "-o", "a.fll")
        second = self.train("a.fll", "again.csv", "--epochs", "40", "-o", "b.fll")
        self.assertEqual(first["rules"], second["rules"])
        self.assertLess(second["train_rmse"], first["train_rmse"])

    def test_any_number_of_threads_writes_the_same_file(self):
        for threads in "123":
            self.train("--grid", "3", "train.csv", "-t", threads, "-o", threads + ".fll")
        self.assertEqual(self.read("1.fll"), self.read("2.fll"))
        self.assertEqual(self.read("1.fll"), self.read("3.fll"))

    def test_avx2_and_avx512_write_the_same_file(self):
        args = ("fuzzy", "train", "--grid", "3", "train.csv", "-q", "-o")
        for isa in ("avx2", "avx512"):
            self.run_well(*args, isa + ".fll", env={"NEURAL_ISA": isa})
        self.assertEqual(self.read("avx2.fll"), self.read("avx512.fll"))

    def test_progress_goes_to_stdout_or_with_json_to_stderr(self):
        args = ("fuzzy", "train", "--grid", "2", "train.csv", "-o", "out.fll", "--epochs", "20")
        done = self.run_well(*args)
        self.assertIn("epoch 20/20  train rmse", done.stdout)
        self.assertIn("out.fll: 8 rules, train rmse", done.stdout)
        done = self.run_well(*args, "--json")
        self.assertIn("epoch 20/20  train rmse", done.stderr)
        self.assertEqual(json.loads(done.stdout)["epochs"], 20)

    def test_refusals(self):
        out = ("-o", "out.fll")
        self.write("text.csv", "a,b\n1,2\n3,x\n")
        self.write("one.csv", "1\n2\n")
        for args, code, text in (
            (("train.csv", *out), 2, "--grid"),
            (("--grid", "2", "--radius", "1", "train.csv", *out), 2, "one of"),
            (("--grid", "2", "train.csv"), 2, "--output"),
            (("--grid", "0", "train.csv", *out), 2, "--grid"),
            (("--grid", "2,2", "train.csv", *out), 3, "3 inputs"),
            (("--grid", "2", "--shape", "star", "train.csv", *out), 2, "bell, gaussian"),
            (("--grid", "2", "--lr", "-1", "train.csv", *out), 2, "--lr"),
            (("--grid", "2", "--epochs", "1e3", "train.csv", *out), 2, "--epochs"),
            (("--grid", "2", "--batch", "4", "train.csv", *out), 2, "--batch"),
            (("--grid", "2", "train.csv", "-o", "train.csv"), 2, "overwrite"),
            (("--grid", "2", "none.csv", *out), 4, "none.csv"),
            (("--grid", "2", "text.csv", *out), 4, "text.csv:3:3"),
            (("--grid", "2", "one.csv", *out), 4, "input"),
            (("--grid", "2", "train.csv", "--target", "nothing", *out), 4, "nothing"),
            (("--grid", "2", "train.csv", "--target", "3,result", *out), 4, "twice"),
            (("--grid", "1000", "train.csv", *out), 3, "rules"),
            (("--clusters", "151", "train.csv", *out), 3, "151 clusters"),
            (("none.fll", "train.csv", *out), 3, "none.fll"),
        ):
            done = self.run_program("fuzzy", "train", *args)
            self.assert_refused(done, code, text)
            self.assertFalse(os.path.exists(self.path("out.fll")), args)


if __name__ == "__main__":
    unittest.main()
