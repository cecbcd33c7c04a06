"""neural fuzzy: eval, check, surface, convert, and what they refuse."""

import json
import unittest

from cli_testing import CliTest

SYSTEM = """Engine: tip
InputVariable: food
  range: 0 10
  term: bad Ramp 10 0
  term: good Ramp 0 10
InputVariable: service
  range: 0 4
  term: slow Ramp 4 0
  term: quick Ramp 0 4
OutputVariable: tip
  range: 0 30
  defuzzifier: WeightedAverage TakagiSugeno
  term: small Constant 5
  term: large Linear 2 1 3
RuleBlock: rules
  conjunction: AlgebraicProduct
  rule: if food is bad then tip is small
  rule: if food is good and service is quick then tip is large
"""

GAP = SYSTEM.replace("term: bad Ramp 10 0", "term: bad Ramp 4 0")


def tip(food, service):
    """Returns what the system above computes."""
    bad, large = 1 - food / 10, food / 10 * service / 4
    return (bad * 5 + large * (2 * food + service + 3)) / (bad + large)


class FuzzyTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("tip.fll", SYSTEM)

    def rows(self, text):
        return [[float(x) for x in line.split(",")] for line in text.splitlines()[1:]]

    def test_eval_by_position_and_by_name(self):
        points = [(1, 2), (7.5, 0.25), (9, 4)]
        self.write("a.csv", "".join("%g,%g\n" % p for p in points))
        lines = "".join("%g;7;%g\n" % (service, food) for food, service in points)
        self.write("b.csv", "service;other;food\n" + lines)
        for name in ("a.csv", "b.csv"):
            done = self.run_well("fuzzy", "eval", "tip.fll", name)
            self.assertEqual(done.stdout.splitlines()[0], "tip")
            for (found,), point in zip(self.rows(done.stdout), points):
                self.assertAlmostEqual(found, tip(*point), places=12)
            self.assertEqual(len(self.rows(done.stdout)), 3)

    def test_eval_streams_and_repeats_inputs(self):
        points = [(i % 11, i % 5) for i in range(3000)]
        text = "food,service\n" + "".join("%d,%d\n" % p for p in points if p != (10, 0))
        done = self.run_well("fuzzy", "eval", "tip.fll", "--inputs", stdin=text)
        self.assertEqual(done.stdout.splitlines()[0], "food,service,tip")
        rows = self.rows(done.stdout)
        self.assertEqual(len(rows), text.count("\n") - 1)
        for food, service, found in rows:
            self.assertAlmostEqual(found, tip(food, service), places=12)

    def test_eval_json_and_output(self):
        done = self.run_well("fuzzy", "eval", "tip.fll", "-", "--json", stdin="10,0\n0,0\n")
        told = json.loads(done.stdout)
        self.assertEqual(told["columns"], ["tip"])
        self.assertEqual(told["values"], [[None], [5.0]])
        done = self.run_well("fuzzy", "eval", "tip.fll", "-o", "o.csv", "-j", stdin="10,0\n0,0\n")
        self.assertEqual(json.loads(done.stdout)["rows"], 2)
        self.assertEqual(self.read("o.csv"), b"tip\nnan\n5\n")

    def test_eval_refusals(self):
        for text, words in (
            ("1,2,3\n", ("3 columns", "2 inputs")),
            ("food,servise\n1,2\n", ("no column service", "servise")),
            ("food,service,food\n1,2,3\n", ("two columns food",)),
            ("1,2\n3,nan\n", ("standard input:2:3", "nan")),
            ("1,2\n3\n", ("standard input:2",)),
            ("", ("nothing",)),
            ("\n\n", ("nothing",)),
        ):
            done = self.run_program("fuzzy", "eval", "tip.fll", stdin=text)
            self.assert_refused(done, 4, *words)
            self.assertEqual(done.stdout, "")
        self.assert_refused(self.run_program("fuzzy", "eval", "tip.fll", "no.csv"), 4, "no.csv")
        self.assert_refused(self.run_program("fuzzy", "eval", "no.fll"), 3, "no.fll")
        done = self.run_program("fuzzy", "eval", "tip.fll", "-o", "tip.fll", stdin="1,2\n")
        self.assert_refused(done, 1, "overwrite")
        self.assertEqual(self.read("tip.fll").decode(), SYSTEM)

    def test_errors_of_fll_have_a_place_and_a_suggestion(self):
        self.write("bad.fll", SYSTEM.replace("bad Ramp", "bad Rapm"))
        done = self.run_program("fuzzy", "check", "bad.fll")
        self.assert_refused(done, 3, "bad.fll:4:13:", "Rapm", "did you mean Ramp?")
        self.write("bad.fll", SYSTEM.replace("is quick then", "is qick then"))
        done = self.run_program("fuzzy", "check", "bad.fll")
        self.assert_refused(done, 3, "bad.fll:18:40:", "a term of service", "qick", "mean quick?")
        self.write("bad.fll", SYSTEM.replace("if food is bad", "if fodo is bad"))
        done = self.run_program("fuzzy", "check", "bad.fll")
        self.assert_refused(done, 3, "bad.fll:17:12:", "a variable", "did you mean food?")
        self.write("bad.fll", SYSTEM.replace("  conjunction: AlgebraicProduct\n", ""))
        self.assert_refused(self.run_program("fuzzy", "check", "bad.fll"), 3, "conjunction")

    def test_check(self):
        self.write("gap.fll", GAP)
        done = self.run_program("fuzzy", "check", "gap.fll", "--samples", "121", "--json")
        self.assertEqual(done.returncode, 1, done.stderr)
        told = json.loads(done.stdout)
        self.assertEqual(told["points"], 121)
        gap = [f for f in told["findings"] if f["flaw"] == "no-rule-fires"]
        self.assertEqual(len(gap), 1)
        self.assertEqual(gap[0]["lower"], {"food": 4.0, "service": 0.0})
        self.assertEqual(gap[0]["upper"], {"food": 10.0, "service": 0.0})
        unused = [f for f in told["findings"] if f["flaw"] == "term-unused"]
        self.assertEqual([f["term"] for f in unused], ["slow"])
        done = self.run_program("fuzzy", "check", "gap.fll")
        self.assertIn("no rule uses the term slow", done.stdout)
        well = SYSTEM.replace("food is bad then", "food is bad or service is slow then")
        self.write("well.fll", well.replace("  rule", "  disjunction: Maximum\n  rule", 1))
        done = self.run_well("fuzzy", "check", "well.fll")
        self.assertIn("0 findings", done.stdout)
        self.assert_refused(
            self.run_program("fuzzy", "check", "tip.fll", "--samples", "0"), 2, "--samples"
        )

    def test_surface(self):
        args = ("fuzzy", "surface", "tip.fll", "--x", "food", "--y", "service")
        done = self.run_well(*args, "--resolution", "5")
        self.assertEqual(done.stdout.splitlines()[0], "food,service,tip")
        rows = self.rows(done.stdout)
        self.assertEqual(len(rows), 25)
        self.assertEqual([row[0] for row in rows[:5]], [0, 2.5, 5, 7.5, 10])
        for food, service, found in rows:
            if (food, service) != (10, 0):
                self.assertAlmostEqual(found, tip(food, service), places=12)
        done = self.run_well(*args[:5], "--fixed", "service=3", "--resolution=3")
        self.assertEqual(done.stdout.splitlines()[0], "food,tip")
        for food, found in self.rows(done.stdout):
            self.assertAlmostEqual(found, tip(food, 3), places=12)

    def test_surface_refusals(self):
        for args, word in (
            ((), "--x"),
            (("--x", "fod"), "did you mean food?"),
            (("--x", "food", "--y", "food"), "--y"),
            (("--x", "food", "--resolution", "1"), "--resolution"),
            (("--x", "food", "--fixed", "food=1"), "varies"),
            (("--x", "food", "--fixed", "service"), "INPUT=VALUE"),
            (("--x", "food", "--fixed", "service=x"), "number"),
            (("--x", "food", "--fixed", "service=nan"), "number"),
        ):
            done = self.run_program("fuzzy", "surface", "tip.fll", *args)
            self.assert_refused(done, 2, word)

    def test_convert(self):
        done = self.run_well("fuzzy", "convert", "tip.fll")
        self.assertIn("  term: large Linear 2 1 3\n", done.stdout)
        self.run_well("fuzzy", "convert", "tip.fll", "copy.fll")
        self.assertEqual(self.read("copy.fll").decode(), done.stdout)
        self.assertEqual(self.run_well("fuzzy", "convert", "copy.fll").stdout, done.stdout)

    def test_words(self):
        self.assertIn("did you mean eval?", self.run_program("fuzzy", "evl", "x").stderr)
        self.assertEqual(self.run_program("fuzzy").returncode, 2)
        self.assertEqual(self.run_program("fuzzy", "eval").returncode, 2)
        for args in (("help", "fuzzy", "eval"), ("fuzzy", "eval", "--help")):
            self.assertIn("--inputs", self.run_well(*args).stdout)
        self.assertIn("surface", self.run_well("help", "fuzzy").stdout)
        self.assertIn("fuzzy", self.run_well("help").stdout)


if __name__ == "__main__":
    unittest.main()
