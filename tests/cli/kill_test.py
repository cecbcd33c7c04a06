"""SIGKILL at random moments of a training: every time the resumed run gives the same file."""

import concurrent.futures
import os
import random
import shutil
import signal
import subprocess
import time
import unittest

from cli_testing import BLOBS_CONFIG, CliTest, program

SEED = 20240
KILLS, AFTER_A_CHECKPOINT, WHILE_WRITING = 200, 150, 20
SECONDS = 150  # then the counts have to be there

# 150 steps with a checkpoint every 10, dropout, early stopping that never comes, a decay.
CONFIG = (
    BLOBS_CONFIG.replace("epochs = 5", "epochs = 25\nearly_stopping = true\npatience = 25")
    .replace("batch_size = 16", "batch_size = 16\nlr_step_size = 4\nlr_gamma = 0.9")
    .replace("[loss]", "[regularization]\ndropout = 0.2\n\n[loss]")
    + "\n[logging]\nsave_checkpoint_every_steps = 10\n"
)
TRAIN = ["train", "run.ini", "m.safetensors", "--quiet"]
LAST = "m.safetensors.ckpt/last.safetensors"


class Trial:
    """One training in a directory of its own, killed once or twice, then completed."""

    def __init__(self, test, number, whole, longest):
        self.test, self.whole, self.longest = test, whole, longest
        self.random = random.Random(SEED * 100000 + number)
        self.directory = test.path("trial%d" % number)
        self.kills = []  # of each: was there a checkpoint, was one being written

    def at(self, name):
        return os.path.join(self.directory, name)

    def start(self):
        resume = ["--resume"] if os.path.exists(self.at(LAST)) else []
        return subprocess.Popen(
            [program(), *TRAIN, *resume],
            cwd=self.directory,
            env=self.test.environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )

    def unfinished(self, below=""):
        """Returns the temporary files that are there."""
        return {
            name
            for _, _, names in os.walk(self.at(below))
            for name in names
            if name.endswith(".tmp")
        }

    def kill(self):
        """Kills the training at a random moment; False when it was over before."""
        checkpoints = os.path.dirname(LAST)
        before = self.unfinished(checkpoints)
        run = self.start()
        time.sleep(self.random.uniform(0, self.longest))
        run.send_signal(signal.SIGKILL)
        _, errors = run.communicate()
        if run.returncode != -signal.SIGKILL:
            assert run.returncode == 0, errors
            return False
        is_writing = bool(self.unfinished(checkpoints) - before)
        self.kills.append((os.path.exists(self.at(LAST)), is_writing))
        return True

    def run(self):
        os.mkdir(self.directory)
        for name in ("train.csv", "test.csv", "run.ini"):
            shutil.copy(self.test.path(name), self.directory)
        if self.kill() and self.random.random() < 0.25:
            self.kill()
        last = self.start()
        _, errors = last.communicate()
        assert last.returncode == 0, errors
        with open(self.at("m.safetensors"), "rb") as stream:
            assert stream.read() == self.whole, "%s: other bytes" % self.directory
        assert not self.unfinished(), self.unfinished()
        shutil.rmtree(self.directory)
        return self.kills


class KillTest(CliTest):
    def test_killed_anywhere_and_resumed(self):
        self.write_blobs(CONFIG)
        begin = time.monotonic()
        self.run_well(*TRAIN)
        longest = time.monotonic() - begin
        whole = self.read("m.safetensors")
        kills, number = [], 0
        with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
            while not self.enough(kills) and time.monotonic() - begin < SECONDS:
                trials = [Trial(self, number + i, whole, longest) for i in range(20)]
                number += len(trials)
                for killed in pool.map(Trial.run, trials):
                    kills += killed
        total, after, writing = self.counts(kills)
        print(
            "seed %d: killed %d times in %d runs, %d before and %d after the first checkpoint, "
            "%d while one was being written; %.1f s"
            % (SEED, total, number, total - after, after, writing, time.monotonic() - begin)
        )
        self.assertGreaterEqual(total, KILLS)
        self.assertGreaterEqual(after, AFTER_A_CHECKPOINT)
        self.assertGreaterEqual(writing, WHILE_WRITING)

    @staticmethod
    def counts(kills):
        return len(kills), sum(k[0] for k in kills), sum(k[1] for k in kills)

    def enough(self, kills):
        wanted = (KILLS, AFTER_A_CHECKPOINT, WHILE_WRITING)
        return all(have >= want for have, want in zip(self.counts(kills), wanted))


if __name__ == "__main__":
    unittest.main()
