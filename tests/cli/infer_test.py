"""neural infer against a recomputation from the model file in plain Python."""

import csv
import gzip
import json
import math
import struct
import subprocess
import unittest

from cli_testing import BLOBS_CONFIG, CliTest, program, read_safetensors

NAMES = ["setosa", "versi,color", "virginica"]


def linear(x, weight, bias):
    shape, w = weight
    columns = shape[1]
    return [
        sum(w[o * columns + i] * x[i] for i in range(columns)) + bias[1][o] for o in range(shape[0])
    ]


def predict(tensors, row):
    """The network 5,9,3 with relu on a raw row: probabilities."""
    offset, scale = tensors["transform.offset"][1], tensors["transform.scale"][1]
    x = [(value - o) / s for value, o, s in zip(row, offset, scale)]
    hidden = linear(x, tensors["0.weight"], tensors["0.bias"])
    logits = linear([max(h, 0.0) for h in hidden], tensors["2.weight"], tensors["2.bias"])
    exps = [math.exp(value - max(logits)) for value in logits]
    return [e / sum(exps) for e in exps]


class InferTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write_blobs(names=['"%s"' % name for name in NAMES])
        self.run_well("train", "run.ini", "m.safetensors", "--quiet")
        rows = csv.reader(self.read("test.csv").decode().splitlines())
        self.rows = [[float(value) for value in row[:-1]] for row in rows]
        _, tensors = read_safetensors(self.path("m.safetensors"))
        self.expected = [predict(tensors, row) for row in self.rows]

    def infer(self, *args, **kwargs):
        return self.run_well("infer", "run.ini", "m.safetensors", *args, **kwargs).stdout

    def write_rows(self, name="rows.csv", header=None):
        text = "".join(",".join(repr(v) for v in row) + "\n" for row in self.rows)
        return self.write(name, (header or "") + text)

    def expected_names(self):
        return [NAMES[p.index(max(p))] for p in self.expected]

    def test_class_names(self):
        found = [row[0] for row in csv.reader(self.infer().splitlines())]
        self.assertEqual(found, self.expected_names())
        self.assertGreater(len(set(found)), 1)

    def test_probabilities(self):
        table = list(csv.reader(self.infer("--probabilities").splitlines()))
        self.assertEqual(table[0], NAMES)
        self.assertEqual(len(table), 1 + len(self.rows))
        for found, wanted in zip(table[1:], self.expected):
            for text, value in zip(found, wanted):
                self.assertAlmostEqual(float(text), value, delta=2e-6)

    def test_header(self):
        lines = self.infer("--header").splitlines()
        self.assertEqual(lines[0], "prediction")
        self.assertEqual(lines[1:], self.infer().splitlines())

    def test_rows_from_a_file_and_from_stdin(self):
        wanted = self.infer()
        self.assertEqual(self.infer(self.write_rows()), wanted)
        self.assertEqual(self.infer(self.write_rows(header="a,b,c,d,e\n")), wanted)
        text = self.read(self.write_rows()).decode()
        self.assertEqual(self.infer("-", stdin=text), wanted)
        done = self.run_program("infer", "run.ini", "m.safetensors", "-", stdin="1,2,3,4,x\n")
        self.assert_refused(done, 4, "standard input:1:9", "number")
        done = self.run_program("infer", "run.ini", "m.safetensors", "-", stdin="")
        self.assert_refused(done, 4, "standard input")

    def test_a_stream_of_several_pieces(self):
        text = self.read(self.write_rows()).decode()
        wanted = self.infer()
        times = (1 << 21) // len(text) + 1  # more than is read at once
        for header in ("", "a,b,c,d,e\n", "\n\n"):
            self.assertEqual(self.infer("-", stdin=header + times * text), times * wanted)
            stream = header + times * text + "\n1,2,3,4,x\n"
            done = self.run_program("infer", "run.ini", "m.safetensors", "-", stdin=stream)
            self.assertEqual(done.returncode, 4)
            place = "standard input:%d:9: expected a number" % stream.count("\n")
            self.assertIn(place, done.stderr)

    def test_predictions_do_not_wait_for_the_end_of_a_stream(self):
        command = [program(), "infer", "run.ini", "m.safetensors", "-"]
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        run = subprocess.Popen(command, cwd=self.directory, env=self.environment(), **pipes)
        wanted = self.infer().splitlines(keepends=True)
        lines = self.read(self.write_rows()).decode().splitlines(keepends=True)
        run.stdin.write("".join(lines[:5]))
        run.stdin.flush()
        self.assertEqual([run.stdout.readline() for _ in range(5)], wanted[:5])
        run.stdin.write(lines[5])
        run.stdin.flush()
        self.assertEqual(run.stdout.readline(), wanted[5])
        self.assertEqual(run.communicate(), ("", None))
        self.assertEqual(run.returncode, 0)

    def test_streams_that_are_no_rows(self):
        done = self.run_program("infer", "run.ini", "m.safetensors", "-", stdin="1" * (1 << 25))
        self.assert_refused(done, 4, "standard input", "line of more than")
        done = self.run_program("infer", "run.ini", "m.safetensors", "-", stdin="a,b,c,d,e\n")
        self.assert_refused(done, 4, "standard input", "rows")

    def test_output_never_replaces_what_is_read(self):
        rows = self.write_rows()
        for name in ("run.ini", "m.safetensors", rows):
            before = self.read(name)
            done = self.run_program("infer", "run.ini", "m.safetensors", rows, "-o", name)
            self.assert_refused(done, 1, name, "--output")
            self.assertEqual(self.read(name), before)

    def test_idx_rows(self):
        shape = struct.pack(">BBBBII", 0, 0, 0x0E, 2, len(self.rows), 5)
        values = b"".join(struct.pack(">5d", *row) for row in self.rows)
        for name, opener in (("rows.idx", open), ("rows.idx.gz", gzip.open)):
            with opener(self.path(name), "wb") as stream:
                stream.write(shape + values)
            self.assertEqual(self.infer(name), self.infer())

    def test_output_file(self):
        done = self.run_well("infer", "run.ini", "m.safetensors", "--output", "p.csv")
        self.assertEqual(done.stdout, "")
        self.assertEqual(self.read("p.csv").decode(), self.infer())

    def test_output_is_kept_when_the_input_is_bad(self):
        self.write("p.csv", "old\n")
        self.write("bad.csv", "1,2,3,4,5\n1,2,3,4\n")
        done = self.run_program("infer", "run.ini", "m.safetensors", "bad.csv", "-o", "p.csv")
        self.assert_refused(done, 4, "bad.csv:2")
        self.assertEqual(self.read("p.csv"), b"old\n")
        self.assertFalse([name for name in self.files() if name.startswith("p.csv.")])

    def test_label_column_has_to_be_named(self):
        done = self.run_program("infer", "run.ini", "m.safetensors", "test.csv")
        self.assert_refused(done, 4, "test.csv", "expected 5 features, found 6")
        wanted = self.infer()
        self.assertEqual(self.infer("test.csv", "--set", "data.label_column=-1"), wanted)
        self.assertEqual(self.infer("test.csv", "--set", "data.label_column=5"), wanted)
        lines = self.read("test.csv").decode().splitlines()
        moved = ["kind,a,b,c,d,e"]
        for line in lines:
            x, _, label = line.replace('"versi,color"', "versi").rpartition(",")
            moved.append(label + "," + x)
        self.write("moved.csv", "\n".join(moved) + "\n")
        self.assertEqual(self.infer("moved.csv", "--set", "data.label_column=kind"), wanted)

    def test_threads_do_not_matter(self):
        outputs = {self.infer("-p", "--threads", str(threads)) for threads in (1, 2, 3)}
        self.assertEqual(len(outputs), 1)


class ValuesTest(CliTest):
    def test_values_of_a_regression(self):
        self.write_blobs(BLOBS_CONFIG.replace("cross_entropy", "mse").replace("softmax", "linear")
                         .replace("5,9,3", "5,9,1"))
        self.run_well("train", "run.ini", "m.safetensors", "--quiet")
        lines = self.run_well("infer", "run.ini", "m.safetensors").stdout.splitlines()
        self.assertEqual(len(lines), 31)
        _, tensors = read_safetensors(self.path("m.safetensors"))
        row = [float(v) for v in self.read("test.csv").decode().split("\n")[0].split(",")[:-1]]
        offset, scale = tensors["transform.offset"][1], tensors["transform.scale"][1]
        x = [(value - o) / s for value, o, s in zip(row, offset, scale)]
        hidden = linear(x, tensors["0.weight"], tensors["0.bias"])
        (wanted,) = linear([max(h, 0.0) for h in hidden], tensors["2.weight"], tensors["2.bias"])
        self.assertAlmostEqual(float(lines[0]), wanted, delta=1e-5)
        done = self.run_program("infer", "run.ini", "m.safetensors", "--probabilities")
        self.assert_refused(done, 2, "--probabilities")

    def test_probability_of_a_sigmoid(self):
        self.write_xor()
        self.run_well("train", "xor.ini", "--quiet")
        found = self.run_well("infer", "xor.ini", "xor.safetensors").stdout.split()
        self.assertEqual([round(float(value)) for value in found], [0, 1, 1, 0])
        table = self.run_well("infer", "xor.ini", "xor.safetensors", "-p").stdout.split()
        self.assertEqual(table, ["probability"] + found)


class ColumnNamesTest(CliTest):
    """The input's header is compared with that of the training data."""

    def setUp(self):
        super().setUp()
        self.write_blobs()
        for name in ("train.csv", "test.csv"):
            self.write(name, "a,b,c,d,e,kind\n" + self.read(name).decode())
        self.run_well("train", "run.ini", "m.safetensors", "--quiet")
        lines = self.read("test.csv").decode().splitlines()[1:]
        self.rows = "".join(line.rpartition(",")[0] + "\n" for line in lines)

    def infer(self, header):
        self.write("rows.csv", header + self.rows)
        return self.run_program("infer", "run.ini", "m.safetensors", "rows.csv")

    def test_the_same_names_or_none(self):
        wanted = self.infer("").stdout
        self.assertEqual(len(wanted.splitlines()), 31)
        self.assertEqual(self.infer("a,b,c,d,e\n").stdout, wanted)

    def test_other_names_and_another_order_are_refused(self):
        for header, feature in (("a,b,x,d,e", 3), ("b,a,c,d,e", 1), ("a,b,c,d,E", 5)):
            done = self.infer(header + "\n")
            found, wanted = header.split(",")[feature - 1], "abcde"[feature - 1]
            text = 'feature %d is "%s", expected "%s"' % (feature, found, wanted)
            self.assert_refused(done, 4, "rows.csv: " + text, "same order")
            self.assertEqual(done.stdout, "")
        done = self.run_program(
            "infer", "run.ini", "m.safetensors", "-", stdin="e,d,c,b,a\n" + self.rows
        )
        self.assert_refused(done, 4, 'standard input: feature 1 is "e", expected "a"')

    def test_eval_and_test_data_likewise(self):
        text = self.read("test.csv").decode()
        self.write("test.csv", text.replace("a,b,c", "a,c,b"))
        for command in ("eval", "train"):
            done = self.run_program(command, "run.ini", "m.safetensors")
            self.assertEqual(done.returncode, 4)
            self.assertIn('test.csv: feature 2 is "c", expected "b"', done.stderr)


NORM_CONFIG = BLOBS_CONFIG.replace(
    "architecture = 5,9,3\nhidden_activation = relu\noutput_activation = softmax",
    "input = 5\nlayers = linear 9 | batchnorm | relu | linear 3 | softmax",
)


class FoldTest(CliTest):
    def test_fold_changes_rounding_only(self):
        self.write_blobs(NORM_CONFIG)
        self.run_well("train", "run.ini", "m.safetensors", "--quiet")
        infer = ["infer", "run.ini", "m.safetensors", "--probabilities"]
        whole = self.run_well(*infer).stdout.splitlines()
        folded = self.run_well(*infer, "--fold").stdout.splitlines()
        self.assertEqual(len(folded), len(whole))
        self.assertEqual(folded[0], whole[0])
        for found, want in zip(csv.reader(folded[1:]), csv.reader(whole[1:])):
            for a, b in zip(found, want):
                self.assertAlmostEqual(float(a), float(b), delta=1e-5)
        evaluations = [
            json.loads(self.run_well("eval", "run.ini", "m.safetensors", "--json", *fold).stdout)
            for fold in ((), ("--fold",))
        ]
        self.assertAlmostEqual(evaluations[0]["loss"], evaluations[1]["loss"], delta=1e-5)
        self.assertEqual(evaluations[0]["accuracy"], evaluations[1]["accuracy"])


if __name__ == "__main__":
    unittest.main()
