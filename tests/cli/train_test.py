"""neural train and eval: figures, lines, files, paths."""

import hashlib
import json
import os
import re
import struct
import unittest

from cli_testing import BLOBS_CONFIG, XOR, CliTest, read_safetensors


class JsonTest(CliTest):
    def train(self, *args):
        done = self.run_well("train", *args, "--json")
        self.assertEqual(len(done.stdout.splitlines()), 1)
        return json.loads(done.stdout), done.stderr

    def test_classes(self):
        self.write_blobs()
        figures, text = self.train("run.ini", "m.safetensors")
        for key in ("train_loss", "val_loss", "val_accuracy", "last_val_accuracy", "test_loss",
                    "test_accuracy", "best_epoch", "epochs", "steps", "seconds",
                    "samples_per_second", "model", "digest", "parallel_calls", "threads"):
            self.assertIn(key, figures)
        self.assertNotIn("val_mse", figures)
        self.assertEqual(figures["epochs"], 5)
        self.assertEqual(figures["steps"], 5 * 6)  # 90 rows in batches of 16
        self.assertEqual(figures["model"], "m.safetensors")
        self.assertEqual(figures["val_accuracy"], figures["test_accuracy"])
        self.assertGreater(figures["test_accuracy"], 0.6)
        self.assertLessEqual(figures["test_accuracy"], 1)
        metadata, _ = read_safetensors(self.path("m.safetensors"))
        self.assertEqual(figures["digest"], metadata["checksum"])
        self.assertIn("epoch 5/5", text)

    def test_digests_name_the_weights_after_each_epoch(self):
        self.write_blobs(BLOBS_CONFIG.replace("test_file = test.csv\n", ""))
        figures, text = self.train("run.ini", "m.safetensors", "--digest")
        self.assertEqual(len(set(figures["epoch_digests"])), 5)
        for epoch, digest in enumerate(figures["epoch_digests"], 1):
            self.assertIn("digest     epoch %d  %s\n" % (epoch, digest), text)
        data = self.read("m.safetensors")  # without validation, the last epoch's weights
        (length,) = struct.unpack("<Q", data[:8])
        entries = json.loads(data[8 : 8 + length].decode("utf-8"))
        sha = hashlib.sha256()
        for name in sorted(n for n in entries if n[0].isdigit()):
            begin, end = entries[name]["data_offsets"]
            sha.update(name.encode() + b"\0" + data[8 + length + begin : 8 + length + end])
        self.assertEqual(figures["epoch_digests"][-1], sha.hexdigest())
        figures, text = self.train("run.ini", "m.safetensors")
        self.assertNotIn("epoch_digests", figures)
        self.assertNotIn("digest     epoch", text)

    def test_values(self):
        self.write_blobs(BLOBS_CONFIG.replace("cross_entropy", "mse").replace("softmax", "linear")
                         .replace("5,9,3", "5,9,1"))
        figures, _ = self.train("run.ini", "m.safetensors")
        self.assertEqual(figures["val_mse"], figures["test_mse"])
        self.assertIn("last_val_mse", figures)
        self.assertNotIn("val_accuracy", figures)

    def test_without_validation(self):
        self.write("xor.csv", XOR)
        self.write("run.ini", "[model]\narchitecture = 2,4,1\n[loss]\nfunction = bce\n"
                              "[data]\ntrain_file = xor.csv\n")
        figures, _ = self.train("run.ini")
        self.assertFalse([key for key in figures if key.startswith(("val", "test"))])
        self.assertEqual(figures["model"], "run.safetensors")

    def test_xor_is_learnt(self):
        self.write_xor()
        figures, _ = self.train("xor.ini")
        self.assertLess(figures["train_loss"], 1e-2)
        self.assertEqual(figures["val_accuracy"], 1)

    def test_val_split(self):
        self.write_blobs()
        figures, text = self.train("run.ini", "--set", "data.val_split=0.2")
        self.assertIn("72 rows to train, 18 for validation, 31 to test", text)
        self.assertNotEqual(figures["val_loss"], figures["test_loss"])

    def test_eval_gives_the_figures_of_train(self):
        self.write_blobs()
        figures, _ = self.train("run.ini", "m.safetensors")
        for args in ([], ["test.csv"]):
            done = self.run_well("eval", "run.ini", "m.safetensors", *args, "--json")
            score = json.loads(done.stdout.splitlines()[-1])
            self.assertEqual(score["rows"], 31)
            self.assertEqual(score["accuracy"], figures["test_accuracy"])
            self.assertAlmostEqual(score["loss"], figures["test_loss"], places=6)
        self.write("x.csv", "".join(l.rpartition(",")[0] + "\n"
                                    for l in self.read("test.csv").decode().splitlines()))
        self.write("y.csv", "".join(l.rpartition(",")[2] + "\n"
                                    for l in self.read("test.csv").decode().splitlines()))
        done = self.run_well("eval", "run.ini", "m.safetensors", "x.csv", "y.csv", "--json")
        self.assertEqual(json.loads(done.stdout)["accuracy"], figures["test_accuracy"])

    def test_eval_prints_the_table_of_classes(self):
        self.write_blobs()
        self.train("run.ini", "m.safetensors")
        text = self.run_well("eval", "run.ini", "m.safetensors").stdout
        for word in ("precision", "recall", "f1-score", "support", "macro avg", "weighted avg",
                     "ROC-AUC", "log-loss", "confusion matrix (rows = true"):
            self.assertIn(word, text)
        done = self.run_well("eval", "run.ini", "m.safetensors", "--json")
        score = json.loads(done.stdout)
        matrix = score["confusion_matrix"]
        self.assertEqual(sum(map(sum, matrix)), 31)
        hits = sum(matrix[i][i] for i in range(len(matrix)))
        self.assertAlmostEqual(score["accuracy"], hits / 31)
        self.assertAlmostEqual(score["micro"]["f1"], hits / 31)
        self.assertEqual([c["support"] for c in score["classes"]], [sum(row) for row in matrix])
        self.assertIn("precision", done.stderr)


class LinesTest(CliTest):
    def test_one_line_per_epoch(self):
        self.write_blobs()
        done = self.run_well("train", "run.ini")
        self.assertEqual(done.stderr, "")
        self.assertNotIn("\r", done.stdout)
        lines = [line for line in done.stdout.splitlines() if line.startswith("epoch ")]
        self.assertEqual(len(lines), 5)
        for number, line in enumerate(lines, 1):
            self.assertRegex(
                line,
                r"^epoch %d/5  loss \d\.\d{4}  accuracy \d+\.\d\d %%  val_loss \d\.\d{4}  "
                r"val_accuracy \d+\.\d\d %%  lr 0\.01  \d+\.\d s$" % number,
            )
        self.assertRegex(done.stdout, r"best epoch \d of 5")
        self.assertRegex(done.stdout, r"saved      run\.safetensors \(.*, digest [0-9a-f]{16}\)")

    def test_print_every(self):
        self.write_blobs()
        done = self.run_well("train", "run.ini", "--set", "logging.print_every=2")
        self.assertEqual(re.findall(r"^epoch (\d)/5", done.stdout, re.M), ["2", "4", "5"])

    def test_quiet(self):
        self.write_blobs()
        done = self.run_well("train", "run.ini", "--quiet")
        self.assertEqual((done.stdout, done.stderr), ("", ""))
        done = self.run_well("train", "run.ini", "-q", "-j")
        self.assertEqual(done.stderr, "")
        self.assertEqual(json.loads(done.stdout)["epochs"], 5)

    def test_log_file_is_appended_to(self):
        self.write_blobs()
        for _ in range(2):
            self.run_well("train", "run.ini", "-q", "--set", "logging.log_file=run.log")
        log = self.read("run.log").decode()
        self.assertEqual(log.count("epoch 5/5"), 2)
        self.assertNotIn("\r", log)

    def test_a_log_for_tensorboard_changes_nothing_else(self):
        self.write_blobs()
        self.run_well("train", "run.ini", "plain.safetensors", "-q")
        board = ("--set", "logging.tensorboard=runs/a b")
        self.run_well("train", "run.ini", "watched.safetensors", "-q", *board)
        self.assertEqual(self.read("plain.safetensors"), self.read("watched.safetensors"))
        files = [name for name in self.files() if name.startswith("runs/")]
        self.assertEqual(len(files), 1)
        self.assertRegex(files[0], r"^runs/a b/events\.out\.tfevents\.\d{10}\..+\.\d+\.\d+$")
        events = self.read(files[0])
        self.assertIn(b"brain.Event:2", events)
        self.assertEqual(events.count(b"step/loss"), 5 * 6)
        self.assertEqual(events.count(b"loss/validation"), 5)
        self.assertEqual(events.count(b"\x89PNG"), 5)
        for tag in (b"gradients/0.weight", b"_output_shapes", b"_hparams_/session_end_info"):
            self.assertIn(tag, events)

    def test_a_log_for_tensorboard_that_cannot_be_opened(self):
        self.write_blobs()
        done = self.run_program("train", "run.ini", "-q", "--set", "logging.tensorboard=run.ini/x")
        self.assert_refused(done, 1, "run.ini", "Not a directory")

    def test_plain_kernels_on_request(self):
        self.write_blobs()
        done = self.run_well("train", "run.ini", "--set", "performance.use_simd=false", "--json")
        self.assertIn("Scalar", json.loads(done.stdout)["simd"])


class PathsTest(CliTest):
    def test_data_beside_the_config(self):
        self.write("deep/run.ini", BLOBS_CONFIG)
        self.write_blobs()
        for name in ("train.csv", "test.csv"):
            os.rename(self.path(name), self.path("deep/" + name))
        self.run_well("train", "deep/run.ini")
        self.assertTrue(os.path.exists(self.path("run.safetensors")))

    def test_data_in_the_current_directory_comes_first(self):
        self.write_blobs()
        self.write("deep/run.ini", BLOBS_CONFIG)
        self.write("deep/train.csv", "not data\n")
        self.run_well("train", "deep/run.ini")

    def test_bazel_run_works_where_the_user_stands(self):
        self.write_blobs()
        self.run_well("train", "run.ini", cwd="/", env={"BUILD_WORKING_DIRECTORY": self.directory})
        self.assertTrue(os.path.exists(self.path("run.safetensors")))

    def test_save_model_of_the_config(self):
        self.write_blobs()
        os.mkdir(self.path("out"))
        self.run_well("train", "run.ini", "--set", "logging.save_model=out/a.safetensors")
        self.assertTrue(os.path.exists(self.path("out/a.safetensors")))

    def test_model_is_replaced(self):
        self.write_blobs()
        self.run_well("train", "run.ini")
        first = self.read("run.safetensors")
        self.run_well("train", "run.ini", "--set", "options.random_seed=4")
        self.assertNotEqual(self.read("run.safetensors"), first)
        self.assertEqual([f for f in self.files() if "run.safetensors" in f], ["run.safetensors"])

    def test_nothing_of_the_run_is_in_the_model(self):
        self.write_blobs()
        self.run_well("train", "run.ini", "a.safetensors")
        self.run_well("train", "run.ini", "b.safetensors", "--threads", "1", "--quiet",
                      "--set", "logging.print_every=3")
        self.assertEqual(self.read("a.safetensors"), self.read("b.safetensors"))


class FullDiskTest(CliTest):
    """The model's disk is full when training ends."""

    def setUp(self):
        super().setUp()
        self.write_blobs()
        self.run_well("train", "run.ini", "whole.safetensors")
        os.symlink("/dev/full", self.path("m.safetensors"))

    def test_the_model_goes_to_the_temporary_directory(self):
        os.mkdir(self.path("tmp"))
        env = {"TMPDIR": self.path("tmp")}
        done = self.run_program("train", "run.ini", "m.safetensors", env=env)
        self.assert_refused(done, 1, "No space left", "; the model is in " + self.path("tmp"))
        spare = done.stderr.rpartition(" ")[2].strip()
        self.assertEqual(os.path.basename(spare), "m.safetensors")
        self.assertEqual(self.read(spare), self.read("whole.safetensors"))

    def test_the_last_checkpoint_is_named_when_nothing_can_be_written(self):
        env = {"TMPDIR": self.path("nowhere")}
        done = self.run_program("train", "run.ini", "m.safetensors", env=env)
        self.assert_refused(done, 1, "m.safetensors: No space left")
        self.assertNotIn("checkpoint", done.stderr)
        every = ("--set", "logging.save_checkpoint_every=2")
        done = self.run_program("train", "run.ini", "m.safetensors", *every, env=env)
        self.assert_refused(done, 1, "the last checkpoint is", "m.safetensors.ckpt/last")
        os.remove(self.path("m.safetensors"))
        self.run_well("train", "run.ini", "m.safetensors", "--resume")
        self.assertEqual(self.read("m.safetensors"), self.read("whole.safetensors"))


if __name__ == "__main__":
    unittest.main()
