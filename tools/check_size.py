#!/usr/bin/python3
"""Checks how large a shared library is without its symbols.

    tools/check_size.py LIBRARY LIMIT

LIMIT is the most bytes that its stripped copy may have.
"""

import os
import subprocess
import sys
import tempfile


def stripped_size(library):
    """The bytes of library after `strip`."""
    with tempfile.TemporaryDirectory() as directory:
        copy = os.path.join(directory, "stripped.so")
        subprocess.run(["strip", "-o", copy, library], check=True)
        return os.path.getsize(copy)


def main(argv):
    if len(argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    size, limit = stripped_size(argv[1]), int(argv[2])
    print("%s: %d bytes stripped, may have %d" % (argv[1], size, limit))
    return 1 if size > limit else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
