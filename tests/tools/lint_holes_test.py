import contextlib
import io
import os
import subprocess
import tempfile
import unittest

import lint_holes

BODY = {
    "sse2": "addps xmm0, xmm0",
    "avx2": "vaddps ymm0, ymm0, ymm0",
    "avx512": "vaddps zmm0, zmm0, zmm0",
    "vnni": "vpdpbusd zmm0, zmm0, zmm0",
}


def function(symbol, body=None):
    level = symbol.rpartition("_")[2]
    text = BODY[level] if body is None else body
    return "global %s:function\n%s:\n%s\nret\n" % (symbol, symbol, text)


def functions(stem, levels=("sse2", "avx2", "avx512")):
    return "".join(function("neural_%s_%s" % (stem, level)) for level in levels)


class LintHolesTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.dir = directory.name

    def object(self, text, name="a"):
        stem = os.path.join(self.dir, name)
        with open(stem + ".asm", "w", encoding="utf-8") as stream:
            stream.write("default rel\nsection .text\n" + text)
        command = ["nasm", "-f", "elf64", "-o", stem + ".o", stem + ".asm"]
        subprocess.run(command, check=True)
        return stem + ".o"

    def test_complete_families_have_none(self):
        text = functions("relu_f32") + functions("relu_f64") + functions("crc32c")
        self.assertEqual(lint_holes.holes([self.object(text)]), (3, []))

    def test_names_the_missing_level(self):
        for level in lint_holes.LEVELS:
            others = [other for other in lint_holes.LEVELS if other != level]
            found = lint_holes.holes([self.object(functions("relu_f32", others))])
            self.assertEqual(found[1], ["hole: neural_relu_f32_%s does not exist" % level])

    def test_tiles_of_any_size_make_one_family(self):
        paths = [
            self.object(functions("gemm_f32_6x8", ["sse2"]), "a"),
            self.object(functions("gemm_f32_6x16", ["avx2"]), "b"),
            self.object(functions("gemm_f32_14x32", ["avx512"]), "c"),
        ]
        self.assertEqual(lint_holes.holes(paths), (1, []))
        self.assertEqual(
            lint_holes.holes(paths[:2])[1], ["hole: neural_gemm_f32_avx512 does not exist"]
        )

    def test_quirks_replace_no_level(self):
        found = lint_holes.holes([self.object(functions("qgemm_8x8", ["sse2", "avx2", "vnni"]))])
        self.assertEqual(found[1], ["hole: neural_qgemm_avx512 does not exist"])

    def test_scalar_body_is_a_hole(self):
        text = functions("relu_f32", ["sse2", "avx2"])
        text += function("neural_relu_f32_avx512", "nop") + functions("tanh_f32")
        found = lint_holes.holes([self.object(text)])
        self.assertEqual(found[1], ["hole: neural_relu_f32_avx512 uses no vector register"])

    def test_a_body_may_lie_behind_a_local_label(self):
        text = functions("relu_f32", ["sse2", "avx2"])
        text += function("neural_relu_f32_avx512", "jmp tiles") + "tiles:\nvmovups zmm0, [rdi]\n"
        self.assertEqual(lint_holes.holes([self.object(text)])[1], [])

    def test_alias_is_a_hole(self):
        text = functions("relu_f32", ["sse2"]) + "global neural_relu_f32_avx512:function\n"
        text += "neural_relu_f32_avx512:\n" + function("neural_relu_f32_avx2")
        found = lint_holes.holes([self.object(text)])
        self.assertEqual(found[1], ["hole: neural_relu_f32_avx512 is neural_relu_f32_avx2"])

    def test_no_kernels_at_all_is_an_error(self):
        with contextlib.redirect_stdout(io.StringIO()) as said:
            self.assertEqual(lint_holes.main(["", self.object("nop\n")]), 1)
            self.assertEqual(lint_holes.main(["", self.object(functions("relu_f32"))]), 0)
        self.assertIn("1 families of kernels, 0 holes", said.getvalue())


if __name__ == "__main__":
    unittest.main()
