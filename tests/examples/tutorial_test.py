"""Runs the blocks of docs/tutorial.md in order, as a reader would, and looks at what they leave."""

import contextlib
import io
import os
import re
import unittest

PAGE = os.path.join(os.getcwd(), "docs", "tutorial.md")


class TutorialTest(unittest.TestCase):
    def test_blocks(self):
        with open(PAGE) as file:
            blocks = re.findall(r"^```python\n(.*?)^```$", file.read(), re.M | re.S)
        names, output = {}, io.StringIO()
        for number, block in enumerate(blocks, 1):
            with self.subTest(block=number), contextlib.redirect_stdout(output):
                exec(compile(block, "block %d" % number, "exec"), names)
        text = output.getvalue()
        self.assertIn("(2, 3) [[12.0, 24.0, 36.0], [18.0, 30.0, 42.0]]", text)
        self.assertIn("[[14.0, 32.0], [32.0, 77.0]]", text)
        self.assertIn("[-36.0, -48.0]", text)
        self.assertIn("\nTrue\n", text)
        self.assertLess(names["trainer"].history.train_loss[-1], 0.15)
        self.assertGreater(names["history"].val_acc[-1], 0.9)
        self.assertGreater(names["eight"].quantization.after.metric, 0.9)
        self.assertAlmostEqual(names["model"].sparsity, 0.5, delta=0.26)  # the last layer is kept
        slow, middle, fast = map(float, re.findall(r"\[([\d.]+), ([\d.]+), ([\d.]+)\]", text)[-1])
        self.assertAlmostEqual(slow, 15, delta=0.5)
        self.assertAlmostEqual(fast, 80, delta=0.5)
        self.assertLess(slow, middle)
        self.assertLess(middle, fast)
        self.assertGreaterEqual(len(blocks), 8)


if __name__ == "__main__":
    unittest.main()
