"""The example in C learns its spirals."""

import re
import subprocess
import sys


def main(program):
    done = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=False)
    print(done.stdout)
    losses = [float(loss) for loss in re.findall(r"loss ([0-9.]+)", done.stdout)]
    accuracy = re.search(r"accuracy ([0-9.]+) %", done.stdout)
    assert done.returncode == 0, done.returncode
    assert len(losses) == 5 and losses[-1] < 0.01 < losses[0], losses
    assert accuracy and float(accuracy.group(1)) >= 97, done.stdout


if __name__ == "__main__":
    main(sys.argv[1])
