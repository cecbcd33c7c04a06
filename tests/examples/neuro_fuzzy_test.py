"""The neuro-fuzzy example learns its function and writes a system."""

import os
import re
import subprocess
import sys
import tempfile


def main(program):
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "out.fll")
        done = subprocess.run([program, path], stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout)
        errors = [float(error) for error in re.findall(r"rmse ([0-9.]+)", done.stdout)]
        assert done.returncode == 0, done.returncode
        assert len(errors) == 2 and errors[0] < 0.03 and errors[1] < 0.06, errors
        with open(path, encoding="ascii") as file:
            text = file.read()
        assert text.count("rule: if x1 is ") == 9, text


if __name__ == "__main__":
    main(sys.argv[1])
