"""SIGINT and --resume: the same model as a run that nobody interrupted."""

import os
import shutil
import signal
import subprocess
import unittest

from cli_testing import BLOBS_CONFIG, CliTest, program

CONFIG = (
    BLOBS_CONFIG.replace("epochs = 5", "epochs = 60\nearly_stopping = true\npatience = 50")
    .replace("5,9,3", "5,64,64,3")
    .replace("batch_size = 16", "batch_size = 4\nlr_step_size = 3\nlr_gamma = 0.5")
    .replace("[loss]", "[regularization]\ndropout = 0.1\n\n[loss]")
)


class ResumeTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write_blobs(CONFIG, rows=2000)

    def interrupt(self, *args, number=signal.SIGINT, lines=1):
        """Starts training and sends a signal after so many epochs' lines; returns the run."""
        run = subprocess.Popen(
            [program(), "train", *args],
            cwd=self.directory,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
        )
        for line in run.stdout:
            lines -= line.startswith("epoch ")
            if lines == 0:
                break
        run.send_signal(number)
        _, run.errors = run.communicate(timeout=50)
        return run

    def test_an_output_that_nobody_reads_is_an_interruption(self):
        self.run_well("train", "run.ini", "whole.safetensors")
        for lines in (0, 3):
            run = subprocess.Popen(
                [program(), "train", "run.ini", "m.safetensors"],
                cwd=self.directory,
                env=self.environment(),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                universal_newlines=True,
            )
            for _ in range(lines):
                run.stdout.readline()
            run.stdout.close()
            errors = run.stderr.read()
            run.stderr.close()
            self.assertEqual(run.wait(timeout=50), 130, errors)
            self.assertIn("neural: nobody reads the output; checkpoint", errors)
            self.assertEqual(len(errors.splitlines()), 1)
            self.assertFalse(os.path.exists(self.path("m.safetensors")))
            self.run_well("train", "run.ini", "m.safetensors", "--resume")
            self.assertEqual(self.read("m.safetensors"), self.read("whole.safetensors"))
            os.remove(self.path("m.safetensors"))

    def test_interrupted_twice_then_completed(self):
        self.run_well("train", "run.ini", "whole.safetensors")
        run = self.interrupt("run.ini", "m.safetensors")
        self.assertEqual(run.returncode, 130, run.errors)
        self.assertIn("neural train run.ini m.safetensors --resume", run.errors)
        self.assertEqual(len(run.errors.splitlines()), 1)
        self.assertTrue(os.path.exists(self.path("m.safetensors.ckpt/last.safetensors")))
        self.assertFalse(os.path.exists(self.path("m.safetensors")))
        run = self.interrupt("run.ini", "m.safetensors", "--resume", number=signal.SIGTERM)
        self.assertEqual(run.returncode, 130, run.errors)
        self.run_well("train", "run.ini", "m.safetensors", "--resume", "--threads", "1")
        self.assertEqual(self.read("m.safetensors"), self.read("whole.safetensors"))
        self.assertFalse(os.path.exists(self.path("m.safetensors.ckpt")))

    def test_periodic_checkpoint_is_at_the_end_of_an_epoch(self):
        short = ("--set", "training.epochs=8")
        every = short + ("--set", "logging.save_checkpoint_every=3")
        self.run_well("train", "run.ini", "whole.safetensors", *short)
        self.run_well("train", "run.ini", "m.safetensors", *every)
        self.assertEqual(self.read("m.safetensors"), self.read("whole.safetensors"))
        self.assertTrue(os.path.exists(self.path("m.safetensors.ckpt/last.safetensors")))
        os.remove(self.path("m.safetensors"))
        done = self.run_well("train", "run.ini", "m.safetensors", "--resume", *every)
        self.assertNotIn("epoch 6/8", done.stdout)
        self.assertIn("epoch 7/8", done.stdout)
        self.assertEqual(self.read("m.safetensors"), self.read("whole.safetensors"))

    def test_all_that_changes_while_training_is_in_the_checkpoint(self):
        """Resumes within an epoch, with samplers, gradients, averages, schedules half way."""
        self.write_blobs(BLOBS_CONFIG)  # 5 epochs of 6 batches
        for settings in (
            ["data.sampler=weighted", "data.sampler_weights=1,2,3"],
            ["data.sampler=balanced", "data.prefetch=3"],
            ["training.accumulate=4", "training.ema_decay=0.9"],
            ["schedule.type=plateau", "schedule.plateau_patience=0", "optimizer.type=lion"],
            ["schedule.type=one_cycle", "optimizer.type=sgd", "optimizer.momentum=0.9"],
        ):
            for steps in ("8", "13"):
                with self.subTest(settings=settings, steps=steps):
                    options = ["train", "run.ini", "m.safetensors", "--quiet"]
                    for setting in settings + ["logging.save_checkpoint_every_steps=" + steps]:
                        options += ["--set", setting]
                    self.run_well(*options)
                    whole = self.read("m.safetensors")
                    os.remove(self.path("m.safetensors"))
                    self.run_well(*options, "--resume", "--threads", "1")
                    self.assertEqual(self.read("m.safetensors"), whole)
                    shutil.rmtree(self.path("m.safetensors.ckpt"))

    def test_checkpoint_of_other_data_is_refused(self):
        self.interrupt("run.ini", "m.safetensors")
        self.write_blobs(CONFIG, rows=2001)
        done = self.run_program("train", "run.ini", "m.safetensors", "--resume")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(len(done.stderr.splitlines()), 1)
        self.assertIn("last.safetensors", done.stderr)

    def test_damaged_checkpoint_is_refused(self):
        self.interrupt("run.ini", "m.safetensors")
        path = self.path("m.safetensors.ckpt/last.safetensors")
        os.truncate(path, os.path.getsize(path) - 1)
        done = self.run_program("train", "run.ini", "m.safetensors", "--resume")
        self.assertEqual(done.returncode, 1)
        self.assertIn("last.safetensors", done.stderr)


if __name__ == "__main__":
    unittest.main()
