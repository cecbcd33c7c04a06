"""A run directory: what is in it, killed and resumed, and never another run's by mistake."""

import json
import os
import signal
import subprocess
import time
import unittest

from cli_testing import BLOBS_CONFIG, CliTest, program

CONFIG = (
    BLOBS_CONFIG.replace("epochs = 5", "epochs = 30")
    .replace("5,9,3", "5,64,64,3")
    .replace("batch_size = 16", "batch_size = 4")
    + "\n[logging]\nkeep_last = 2\nkeep_best = 1\nlog_every_steps = 100\n"
)


class RunDirTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write_blobs(CONFIG, rows=1000)

    def log(self, name):
        """Returns the objects of a log without what the clock says."""
        lines = self.read(name + "/log.jsonl").decode().splitlines()
        objects = [json.loads(line) for line in lines]
        for one in objects:
            one.pop("seconds", None)
            one.pop("samples_per_second", None)
        return objects

    def train(self, *args):
        return self.run_well("train", "run.ini", "--quiet", *args)

    def test_what_is_in_it(self):
        done = self.run_well(
            "train", "run.ini", "--run-dir", "runs/one", "--json", "--set", "training.epochs=4"
        )
        told = json.loads(done.stdout.splitlines()[-1])
        self.assertEqual(json.loads(self.read("runs/one/report.json")), told)
        self.assertEqual(told["run_dir"], "runs/one")
        self.assertEqual(told["model"], "runs/one/model.safetensors")
        self.assertEqual(
            sorted(os.listdir(self.path("runs/one"))),
            ["checkpoints", "config.ini", "log.jsonl", "model.safetensors", "report.json"],
        )
        log = self.log("runs/one")
        self.assertEqual(log[0]["event"], "start")
        self.assertEqual(log[0]["data_digest"], told["data_digest"])
        self.assertEqual(log[0]["seed"], 3)
        epochs = [one for one in log if one["event"] == "epoch"]
        self.assertEqual([one["epoch"] for one in epochs], [1, 2, 3, 4])
        self.assertEqual([one["step"] for one in epochs], [250, 500, 750, 1000])
        best = [one for one in epochs if one["is_best"]][-1]
        self.assertEqual(best["epoch"], told["best_epoch"])
        self.assertEqual(best["val_loss"], told["val_loss"])
        steps = [one["step"] for one in log if one["event"] == "step"]
        self.assertEqual(steps[:3], [100, 200, 300])
        kept = [n for n in os.listdir(self.path("runs/one/checkpoints")) if n.startswith("epoch-")]
        self.assertIn(len(kept), (2, 3))
        self.assertTrue(any("epoch-%04d-" % told["best_epoch"] in name for name in kept))
        done = self.run_well("config", "runs/one/config.ini")
        self.assertIn("epochs = 4\n", done.stdout)
        self.run_well("eval", "runs/one/config.ini", "runs/one/model.safetensors")

    def test_killed_and_resumed(self):
        self.train("--run-dir", "whole")
        begin = time.monotonic()
        run = subprocess.Popen(
            [program(), "train", "run.ini", "--quiet", "--run-dir", "killed"],
            cwd=self.directory,
            env=self.environment(),
        )
        while time.monotonic() - begin < 20 and run.poll() is None:
            if os.path.exists(self.path("killed/checkpoints/last.safetensors")):
                break
            time.sleep(0.002)
        run.send_signal(signal.SIGKILL)
        run.wait()
        self.assertTrue(self.log("killed"))
        if not os.path.exists(self.path("killed/model.safetensors")):
            self.train("--run-dir", "killed", "--resume")
        self.assertEqual(self.log("killed"), self.log("whole"))
        model = "/model.safetensors"
        self.assertEqual(self.read("killed" + model), self.read("whole" + model))
        self.assertEqual(
            sorted(os.listdir(self.path("killed/checkpoints"))),
            sorted(os.listdir(self.path("whole/checkpoints"))),
        )

    def test_its_own_config_resumes_it(self):
        short = ("--set", "training.epochs=2")
        self.train("--run-dir", "r", *short)
        self.run_well(
            "train", "r/config.ini", "--resume", "--quiet", "--set", "training.epochs=3"
        )
        self.assertEqual([one["epoch"] for one in self.log("r") if one["event"] == "epoch"][-1], 3)

    def test_a_damaged_newest_is_named(self):
        self.train("--run-dir", "r", "--set", "training.epochs=3")
        path = self.path("r/checkpoints/last.safetensors")
        with open(path, "r+b") as stream:
            stream.seek(-5, os.SEEK_END)
            stream.write(b"\x01")
        done = self.run_well("train", "run.ini", "--run-dir", "r", "--resume")
        self.assertIn("warning: r/checkpoints/last.safetensors", done.stderr)
        self.assertIn("resumed    r/checkpoints/epoch-0002-step-00000500", done.stdout)
        self.train("--run-dir", "whole")
        self.assertEqual(self.log("r")[1:], self.log("whole")[1:])
        self.assertEqual(self.read("r/model.safetensors"), self.read("whole/model.safetensors"))

    def test_an_earlier_run_is_not_overwritten(self):
        short = ("--set", "training.epochs=2")
        self.train("--run-dir", "r", *short)
        before = {name: self.read(name) for name in self.files()}
        done = self.run_program("train", "run.ini", "--run-dir", "r", "--set", "options.seed=9")
        self.assert_refused(done, 1, "r/log.jsonl", "--resume", "--overwrite")
        self.assertEqual({name: self.read(name) for name in self.files()}, before)
        self.train("--run-dir", "r", "--overwrite", "--set", "training.epochs=1")
        self.assertEqual([one["epoch"] for one in self.log("r") if one["event"] == "epoch"], [1])
        names = os.listdir(self.path("r/checkpoints"))
        self.assertEqual(len([n for n in names if n.startswith("epoch-0001")]), 1)
        self.assertEqual(len(names), 2)

    def test_the_config_itself_is_not_overwritten(self):
        self.write("mine/config.ini", CONFIG)
        args = ("--run-dir", "mine", "--overwrite")
        done = self.run_program("train", "mine/config.ini", *args)
        self.assert_refused(done, 1, "mine/config.ini")
        self.assertEqual(self.read("mine/config.ini"), CONFIG.encode())

    def test_a_run_that_never_began_leaves_nothing(self):
        os.remove(self.path("train.csv"))
        done = self.run_program("train", "run.ini", "--run-dir", "r")
        self.assertEqual(done.returncode, 4)
        self.assertFalse(os.path.exists(self.path("r")))


if __name__ == "__main__":
    unittest.main()
