"""neural lr-find: table, picture, JSON, and what it refuses."""

import json
import math
import unittest
import xml.etree.ElementTree

from cli_testing import CliTest

SVG = "{http://www.w3.org/2000/svg}"


class LrFindTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write_blobs()

    def picture(self, name):
        return xml.etree.ElementTree.fromstring(self.read(name).decode("ascii"))

    def test_table_and_picture(self):
        done = self.run_well("lr-find", "run.ini")
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0].split(), ["lr", "loss", "smoothed"])
        self.assertEqual(float(lines[1].split()[0]), 1e-7)
        self.assertEqual(sum("<- suggestion" in line for line in lines), 1)
        self.assertIn("--set training.learning_rate=", done.stdout)
        self.assertEqual(lines[-1], "plot       run.lr.svg")
        self.assertEqual(self.files(), ["run.ini", "run.lr.svg", "test.csv", "train.csv"])

    def test_the_picture_shows_the_points(self):
        done = self.run_well("lr-find", "run.ini", "--json", "-o", "p.svg")
        told = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(told["plot"], "p.svg")
        self.assertEqual(told["steps"], len(told["points"]))
        self.assertTrue(1e-4 < told["suggestion"] < 1, told["suggestion"])
        root = self.picture("p.svg")
        self.assertEqual(root.find(SVG + "title").text, "Learning rates for run.ini")
        texts = [text.text for text in root.iter(SVG + "text")]
        for decade in range(-7, 0):
            self.assertIn("1e%d" % decade, texts)
        self.assertIn("suggestion %.3g" % told["suggestion"], texts)
        curves = {line.get("class"): line.get("points") for line in root.iter(SVG + "polyline")}
        points = [tuple(map(float, p.split(","))) for p in curves["smoothed"].split()]
        self.assertEqual(len(points), told["steps"])
        rates = [math.log10(point["learning_rate"]) for point in told["points"]]
        scale = (points[-1][0] - points[0][0]) / (rates[-1] - rates[0])
        for (x, _), rate in zip(points, rates):
            self.assertAlmostEqual(x, points[0][0] + scale * (rate - rates[0]), delta=0.11)
        losses = [point["smoothed"] for point in told["points"]]
        lowest = min(range(len(losses)), key=losses.__getitem__)
        self.assertEqual(points[lowest][1], max(y for _, y in points))
        self.assertTrue(all(50 <= y <= 420 for _, y in points[:-1]))

    def test_nothing_else_changes(self):
        self.run_well("train", "run.ini", "a.safetensors", "--quiet")
        self.run_well("lr-find", "run.ini", "--quiet")
        self.run_well("train", "run.ini", "b.safetensors", "--quiet")
        self.assertEqual(self.read("a.safetensors"), self.read("b.safetensors"))

    def test_options(self):
        args = ("--start-lr", "1e-4", "--end-lr=1e-2", "--steps", "5", "--smoothing", "0")
        done = self.run_well("lr-find", "run.ini", "--json", *args)
        told = json.loads(done.stdout)
        for point in told["points"]:
            self.assertEqual(point["loss"], point["smoothed"])
        for point, exponent in zip(told["points"], (-4, -3.5, -3, -2.5, -2)):
            self.assertAlmostEqual(math.log10(point["learning_rate"]), exponent)

    def test_refusals(self):
        for option, value in (
            ("--steps", "1"),
            ("--steps", "2.5"),
            ("--steps", "many"),
            ("--start-lr", "nan"),
            ("--start-lr", "20"),
            ("--smoothing", "1"),
            ("--divergence", "0.5"),
        ):
            done = self.run_program("lr-find", "run.ini", option, value)
            self.assert_refused(done, 2, value)
        self.write("notes.txt", "mine")
        done = self.run_program("lr-find", "run.ini", "--output", "notes.txt")
        self.assert_refused(done, 1, "notes.txt", "no SVG picture")
        self.assertEqual(self.read("notes.txt"), b"mine")
        done = self.run_program("lr-find", "run.ini", "--output", "absent/p.svg")
        self.assertEqual(done.returncode, 1)
        self.write("train.csv", "a,b,c,d,e,label\n")
        self.assert_refused(self.run_program("lr-find", "run.ini"), 4, "train.csv")
        self.assertEqual(self.files(), ["notes.txt", "run.ini", "test.csv", "train.csv"])


if __name__ == "__main__":
    unittest.main()
