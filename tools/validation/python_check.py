#!/usr/bin/python3
"""Runs one check of pyneural and prints its figures as JSON: tools/validation/python_check.py NAME.

The library is ./libneural.so unless PYNEURAL_LIBRARY names another one. The checks are the
functions of arithmetic.py and training.py.
"""

import json
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "python"))
os.environ.setdefault("PYNEURAL_LIBRARY", os.path.join(ROOT, "libneural.so"))

import arithmetic  # noqa: E402  the package has to be on the path first
import training  # noqa: E402


def main(argv):
    name = argv[0] if len(argv) == 1 else ""
    check = getattr(arithmetic, name, None) or getattr(training, name, None)
    if not name or name.startswith("_") or not callable(check):
        sys.exit(__doc__.split("\n")[0] + "\nNo such check: %s" % " ".join(argv))
    print(json.dumps(check()))


if __name__ == "__main__":
    main(sys.argv[1:])
