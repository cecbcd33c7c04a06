import os
import subprocess
import tempfile
import unittest

import lint_asm

HEAD = """default rel
section .note.GNU-stack noalloc noexec nowrite progbits
section .text
"""


class LintAsmTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.stem = os.path.join(directory.name, "a")

    def problems(self, text, head=HEAD):
        with open(self.stem + ".asm", "w", encoding="utf-8") as stream:
            stream.write(head + text)
        command = ["nasm", "-f", "elf64", "-o", self.stem + ".o", self.stem + ".asm"]
        subprocess.run(command, check=True)
        found = list(lint_asm.check_sections(self.stem + ".o"))
        found += lint_asm.check_instructions(self.stem + ".o")
        return [problem.partition(": ")[2] for problem in found]

    def assert_one(self, text, start):
        found = self.problems(text)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(start), found)

    def test_clean(self):
        text = """global f_avx2:function
f_avx2:
    vmovups ymm0, [k]
.loop:
    vaddps ymm0, ymm0, [rdi]
    dec rsi
    jnz .loop
    vzeroupper
    ret
f_sse2:
    movups xmm0, [k]
    ret
f_avx512:
    kmovw k1, eax
    vmovups zmm16{k1}, [k]
    ret
section .rodata
k: times 64 db 0
section .data.rel.ro progbits alloc noexec write
table: dq f_avx2
"""
        self.assertEqual(self.problems(text), [])

    def test_legacy_encoding_after_a_local_label(self):
        self.assert_one("f_avx2:\n.loop: movaps xmm1, xmm0\n ret\n", "f_avx2: legacy-SSE")

    def test_legacy_encoding_after_a_macro_label(self):
        text = "%macro m 0\n%%here: addsd xmm1, xmm0\n%endmacro\nf_avx512: nop\n m\n ret\n"
        self.assert_one(text, "f_avx512: legacy-SSE")

    def test_wide_register_below_avx512(self):
        self.assert_one("f_avx2: vaddps xmm16, xmm0, xmm1\n ret\n", "f_avx2: EVEX")

    def test_vex_in_sse2(self):
        self.assert_one("f_sse2: vaddps xmm0, xmm0, xmm1\n ret\n", "f_sse2: VEX")

    def test_beyond_sse2(self):
        self.assert_one("f_sse2: haddps xmm0, xmm1\n ret\n", "f_sse2: beyond")
        self.assert_one("f_sse2: roundps xmm0, xmm1, 0\n ret\n", "f_sse2: beyond")
        self.assert_one("f_sse2: popcnt eax, eax\n ret\n", "f_sse2: beyond")

    def test_text_relocation(self):
        self.assert_one("f: ret\ntable: dq f\n", "absolute relocation in .text")
        self.assert_one("f: ret\nsection .rodata\ntable: dq f\n", "absolute relocation in .rodata")

    def test_executable_stack(self):
        found = self.problems("f: ret\n", head="section .text\n")
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith("asks for an executable stack"), found)


if __name__ == "__main__":
    unittest.main()
