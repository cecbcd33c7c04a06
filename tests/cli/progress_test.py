"""The bar on a terminal: drawn in place, within the window, gone at the end."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import unittest

from cli_testing import BLOBS_CONFIG, CliTest, program


class ProgressTest(CliTest):
    def run_on_terminal(self, *args, columns=100, term="xterm"):
        """Returns (exit code, all that was written to the terminal)."""
        try:
            ours, theirs = pty.openpty()
        except OSError as error:  # a chroot without /dev/pts
            self.skipTest(str(error))
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        run = subprocess.Popen(
            [program(), *args],
            cwd=self.directory,
            env=self.environment(TERM=term),
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        written = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                part = b""
            if not part:
                break
            written += part
        os.close(ours)
        return run.wait(), written.decode()

    def setUp(self):
        super().setUp()
        self.write_blobs(BLOBS_CONFIG.replace("5,9,3", "5,128,128,3"), rows=3000)
        self.args = ("train", "run.ini", "--set", "training.batch_size=4")

    def test_bar_is_drawn_and_cleared(self):
        code, text = self.run_on_terminal(*self.args)
        self.assertEqual(code, 0, text)
        bars = re.findall(r"\r(epoch [^\r\n]*)\033\[K", text)
        self.assertGreater(len(bars), 1)
        for bar in bars:
            self.assertRegex(bar, r"epoch \d/5 \[=*>? *\] +\d+ %  [\d,]+ samples/s  loss .*ETA ")
            self.assertLess(len(bar), 100)
        shown = [line.rpartition("\r")[2] for line in text.replace("\r\n", "\n").split("\n")]
        self.assertEqual(sum("samples/s  loss" in line for line in shown), 0)
        lines = [line for line in shown if line.startswith("\033[Kepoch") or
                 line.startswith("epoch")]
        self.assertEqual(len(lines), 5)

    def test_bar_is_drawn_at_most_ten_times_a_second(self):
        _, text = self.run_on_terminal(*self.args)
        seconds = sum(float(s) for s in re.findall(r"  (\d+\.\d) s\r", text)) + 5 * 0.05
        self.assertLessEqual(len(re.findall(r"\repoch[^\r\n]*ETA", text)), seconds * 10 + 2)

    def test_narrow_window(self):
        for columns in (20, 60):
            _, text = self.run_on_terminal(*self.args, columns=columns)
            bars = re.findall(r"\r(epoch [^\r\n]*)\033\[K", text)
            self.assertTrue(bars)
            for bar in bars:
                self.assertLess(len(bar), columns)

    def test_error_stands_on_a_line_of_its_own(self):
        code, text = self.run_on_terminal(
            *self.args, "--set", "training.learning_rate=1e18", "--set", "training.optimizer=sgd"
        )
        self.assertEqual(code, 5, text)
        last = text.replace("\r\n", "\n").rstrip("\n").split("\n")[-1].rpartition("\r")[2]
        self.assertRegex(last, r"^(\033\[K)?neural: epoch 1, step")

    def test_dumb_terminal_gets_plain_lines(self):
        _, text = self.run_on_terminal(*self.args, term="dumb")
        self.assertNotIn("\033", text)
        self.assertNotIn("ETA", text)


if __name__ == "__main__":
    unittest.main()
