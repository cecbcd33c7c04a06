"""The program while the C library's heap fails: jansson's and stdio's allocations, too."""

import json
import os
import shutil
import subprocess
import tempfile
import unittest

import cli_testing

_EVERY = os.environ.get("FAULT_EVERY") == "1"
_LIBRARY = os.path.join(
    os.environ["TEST_SRCDIR"], os.environ["TEST_WORKSPACE"], "tests/fault/libfailing_malloc.so"
)
_CONFIG = """[model]
input = 5
layers = linear 8 | relu | linear 3
[loss]
function = cross_entropy
[optimizer]
type = adam
[data]
train_file = rows.csv
val_split = 0.25
normalize = zscore
[performance]
num_threads = 1
[training]
epochs = 2
batch_size = 16
[logging]
tensorboard = tb
keep_best = 1
"""


class Program(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        with open(os.path.join(self.dir, "run.ini"), "w") as config:
            config.write(_CONFIG)
        with open(os.path.join(self.dir, "rows.csv"), "w") as rows:
            rows.write("a,b,c,d,e,label\n")
            for i in range(60):
                cells = ["%.2f" % ((i % 3 * 3 - j) % 5 + i * (j + 7) % 50 / 100) for j in range(5)]
                rows.write(",".join(cells) + ",%s\n" % "abc"[i % 3])

    def run_program(self, words, at=0, lasts=False):
        count = os.path.join(self.dir, "count")
        env = dict(os.environ, LD_PRELOAD=_LIBRARY, FAILING_MALLOC_COUNT=count)
        env["FAILING_MALLOC"] = str(at)
        if lasts:
            env["FAILING_MALLOC_LASTS"] = "1"
        done = subprocess.run(
            [cli_testing.program()] + words,
            cwd=self.dir,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            timeout=60,
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def sweep(self, words, most):
        """Every failure is exit code 1 and a text; exit code 0 means the whole JSON object."""
        code, out, text = self.run_program(words)
        self.assertEqual(code, 0, text)
        keys = set(json.loads(out.splitlines()[-1]))
        with open(os.path.join(self.dir, "count")) as count:
            total = int(count.read())
        tried = failed = 0
        for lasts in (False, True):
            for n in range(1, total + 1, 1 if _EVERY else total // most + 1):
                code, out, text = self.run_program(words, n, lasts)
                where = "%s, allocation %d, lasts %s: %s" % (words[0], n, lasts, text[-300:])
                self.assertIn(code, (0, 1), where)
                tried += 1
                if code == 1:
                    failed += 1
                    self.assertNotEqual(text.strip(), "", where)
                else:
                    self.assertEqual(set(json.loads(out.splitlines()[-1])), keys, where)
                left = [name for name in os.listdir(self.dir) if name.startswith(".neural-")]
                self.assertEqual(left, [], where)
        print("[    tried ] neural %s: %d of %d points, %d errors"
              % (words[0], tried, 2 * total, failed))

    def test_trains_and_evaluates(self):
        self.sweep(["train", "run.ini", "m.safetensors", "--json", "--quiet"], 40)
        self.sweep(["eval", "run.ini", "m.safetensors", "rows.csv", "--json"], 30)


if __name__ == "__main__":
    unittest.main()
