#!/usr/bin/python3
"""Checks assembled objects for what the linker or the CPU would only punish much later.

    tools/lint_asm.py OBJECT...

- no absolute relocation in a read-only section (it would become a text relocation),
- a .note.GNU-stack section that asks for no executable stack,
- in functions ending in _avx2, _avx512, _vnni, _bf16: no legacy-SSE encoding (mixing the two costs
  a state transition), and in _avx2 ones no zmm, opmask or xmm16+ register,
- in functions ending in _sse2: no VEX encoding and no instruction beyond SSE2.
"""

import re
import subprocess
import sys

# readelf -rW names the section, then lists its relocations.
_RELOCATIONS = re.compile(r"^Relocation section '\.rela?(\S+)'")
_ABSOLUTE = re.compile(r"\bR_X86_64_(64|32|32S|16|8)\b")
_FUNCTION = re.compile(r"^[0-9a-f]+ <([^>]+)>:")
_INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\t(?:rep[nz]* |lock |bnd |notrack )*(\S+)\s*(.*)$")

_VECTOR = re.compile(r"%[xyz]mm\d+")
_EVEX_ONLY = re.compile(r"%zmm\d+|%k[0-7]|%[xy]mm(1[6-9]|2\d|3[01])\b")
_AVX_FUNCTION = re.compile(r"_(avx2|avx512\w*|vnni|bf16)$")
_BEYOND_SSE2 = re.compile(
    r"^(addsubp[sd]|h(add|sub)p[sd]|lddqu|mov(ddup|shdup|sldup|ntdqa)"  # SSE3, SSE4.1
    r"|pabs[bwd]|palignr|ph(add|sub)s?[wd]|pmaddubsw|pmulhrsw|pshufb|psign[bwd]"  # SSSE3
    r"|blendv?p[sd]|dpp[sd]|extractps|insertps|mpsadbw|packusdw|pblend(vb|w)|pcmpeqq"  # SSE4.1
    r"|pextr[bdq]|phminposuw|pinsr[bdq]|p(max|min)(sb|sd|ud|uw)|pmov[sz]x..|pmul(dq|ld)|ptest"
    r"|round[ps][sd]|pcmp[ei]str[im]|pcmpgtq|crc32\w*|popcnt\w*)$"  # SSE4.2
)


def _output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def sections(path):
    """Returns {name: flags} of an object's sections."""
    found = {}
    for line in _output_of("readelf", "-SW", path).splitlines():
        # [Nr] Name Type Address Off Size ES Flg Lk Inf Al; Flg may be empty.
        match = re.match(r"\s*\[\s*\d+\] (\S+)\s+\S+\s+[0-9a-f]{16} \w+ \w+ \w+ +([A-Z]*) ", line)
        if match:
            found[match[1]] = match[2]
    return found


def check_sections(path):
    """Yields what is wrong with the relocations and the stack note of an object."""
    flags = sections(path)
    if "X" in flags.get(".note.GNU-stack", "X"):
        yield "%s: asks for an executable stack (no .note.GNU-stack section)" % path
    section = ""
    for line in _output_of("readelf", "-rW", path).splitlines():
        match = _RELOCATIONS.match(line)
        if match:
            section = match[1]
        elif _ABSOLUTE.search(line):
            loaded, writable = "A" in flags.get(section, ""), "W" in flags.get(section, "")
            if loaded and not writable:
                yield "%s: absolute relocation in %s: %s" % (path, section, line.strip())


def wrong_instruction(function, mnemonic, operands):
    """Says why an instruction may not stand in a function of this name, or returns None."""
    if not _VECTOR.search(operands) and not _EVEX_ONLY.search(operands):
        if function.endswith("_sse2") and _BEYOND_SSE2.match(mnemonic):
            return "beyond SSE2"
        return None
    vex = mnemonic.startswith("v") or mnemonic.startswith("k")
    if _AVX_FUNCTION.search(function) and not vex:
        return "legacy-SSE encoding"
    if function.endswith("_avx2") and _EVEX_ONLY.search(operands):
        return "EVEX register"
    if function.endswith("_sse2"):
        if vex:
            return "VEX encoding"
        if _BEYOND_SSE2.match(mnemonic):
            return "beyond SSE2"
    return None


def check_instructions(path):
    """Yields each instruction that its function's name forbids."""
    function = ""
    for line in _output_of("objdump", "-dw", "--no-show-raw-insn", path).splitlines():
        match = _FUNCTION.match(line)
        if match:
            # NASM's local labels are symbols too: "name.loop" and "..@3.loop" start no function.
            if not match[1].startswith(".."):
                function = match[1].partition(".")[0]
            continue
        match = _INSTRUCTION.match(line)
        if match:
            why = wrong_instruction(function, match[1], match[2])
            if why:
                yield "%s: %s: %s: %s %s" % (path, function, why, match[1], match[2].strip())


def main(argv):
    if len(argv) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    problems = []
    for path in argv[1:]:
        problems += check_sections(path)
        problems += check_instructions(path)
    for problem in problems:
        print(problem)
    print("%d objects, %d problems" % (len(argv) - 1, len(problems)))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
