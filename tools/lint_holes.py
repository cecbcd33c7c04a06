#!/usr/bin/python3
"""Lists the holes: kernels that lack a vectorised body of their own at sse2, avx2 or avx512.

    tools/lint_holes.py OBJECT...

Reads the symbols of assembled objects, so that no list of kernels can be forgotten: of
neural_<op>[_<dtype>][_<mr>x<nr>]_<isa> every <op>, whatever its tiles, has to exist at the three
levels (vnni and bf16 come on top of them), at an address of its own, and to use vector registers.
"""

import re
import subprocess
import sys

LEVELS = ["sse2", "avx2", "avx512"]
# Bodies that vector registers cannot help, and why.
SCALAR = {
    "neural_crc32c_sse2": "SSE2 multiplies no polynomials: tables",
    "neural_lookup_i8_sse2": "SSE2 shuffles no bytes: one after the other",
}
# Kernels of one level alone, and what computes at the others.
ONE_LEVEL = {
    "gemm_bf16": "the f32 tiles, on widened operands",
    "gemm_bf16_pack": "nothing is packed there",
    "gemm_turned_f32": "the tall and narrow tiles, on the packed columns of B",
    "gemm_turned_f64": "the tall and narrow tiles, on the packed columns of B",
}
_KERNEL = re.compile(r"^neural_(\w+?)_(sse2|avx2|avx512(?!_)|[a-z0-9]*vnni|[a-z0-9]*bf16)$")
_TILE = re.compile(r"_\d+x\d+(?=_|$)")
_FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:")
_VECTOR = re.compile(r"%[xyz]mm\d+")


def _output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def kernels(path):
    """Returns {symbol: address} of the kernels that an object exports."""
    found = {}
    for line in _output_of("nm", "-g", "--defined-only", path).splitlines():
        address, _, symbol = line.split()
        if _KERNEL.match(symbol):
            found[symbol] = address
    return found


def vectorised(path, symbols):
    """Returns those of the exported symbols that use vector registers before the next one."""
    found, current = set(), None
    for line in _output_of("objdump", "-dw", "--no-show-raw-insn", path).splitlines():
        match = _FUNCTION.match(line)
        if match:
            current = match[1] if match[1] in symbols else current
        elif current and _VECTOR.search(line):
            found.add(current)
    return found


def family(symbol):
    """Returns (what a kernel computes, its level)."""
    match = _KERNEL.match(symbol)
    return _TILE.sub("", match[1]), match[2]


def holes(paths):
    """Returns (number of families, messages)."""
    levels, messages = {}, []
    for path in paths:
        symbols = kernels(path)
        vectors = vectorised(path, symbols)
        seen = {}
        for symbol, address in sorted(symbols.items()):
            name, level = family(symbol)
            levels.setdefault(name, set()).add(level)
            if symbol not in vectors and address not in seen and symbol not in SCALAR:
                messages.append("hole: %s uses no vector register" % symbol)
            if address in seen:
                messages.append("hole: %s is %s" % (symbol, seen[address]))
            seen.setdefault(address, symbol)
    for name, found in sorted(levels.items()):
        messages += [
            "hole: neural_%s_%s does not exist" % (name, level)
            for level in LEVELS
            if level not in found and name not in ONE_LEVEL
        ]
    return len(levels), messages


def main(argv):
    if len(argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    count, messages = holes(argv[1:])
    print("\n".join(messages + ["%d families of kernels, %d holes" % (count, len(messages))]))
    return 1 if messages or not count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
