#!/usr/bin/python3
"""Checks how a shared library loads.

    tools/check_library.py LIBRARY

It may need libc, libm, libz, libjansson, libprotobuf-c and the dynamic linker at most, may not have
text relocations and may not ask for an executable stack.
"""

import re
import subprocess
import sys

ALLOWED = {
    "ld-linux-x86-64.so.2",
    "libc.so.6",
    "libjansson.so.4",
    "libm.so.6",
    "libprotobuf-c.so.1",
    "libz.so.1",
}
_NEEDED = re.compile(r"^\s*NEEDED\s+(\S+)", re.M)
_STACK = re.compile(r"^\s*STACK .*\n.*\bflags (\S+)", re.M)
_TEXT_RELOCATIONS = re.compile(r"^\s*(TEXTREL\b|FLAGS\s+0x[0-9a-f]*[4567c-f]$)", re.M)


def problems(headers):
    """Yields what is wrong in the private headers that `objdump -p` prints."""
    for name in _NEEDED.findall(headers):
        if name not in ALLOWED:
            yield "needs %s, may need only %s" % (name, ", ".join(sorted(ALLOWED)))
    stack = _STACK.search(headers)
    if not stack or "x" in stack[1]:
        yield "asks for an executable stack"
    if _TEXT_RELOCATIONS.search(headers):
        yield "has text relocations"


def main(argv):
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    command = ["objdump", "-p", argv[1]]
    headers = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    found = list(problems(headers))
    for problem in found:
        print("%s: %s" % (argv[1], problem))
    print("%s needs %s" % (argv[1], ", ".join(_NEEDED.findall(headers))))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
