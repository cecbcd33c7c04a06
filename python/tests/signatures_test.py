"""pyneural/_signatures.py against the headers and against what the library exports."""

import ctypes
import io
import os
import subprocess
import tempfile
import unittest
from contextlib import redirect_stdout

import check_exports
import gen_signatures

from pyneural import _library, _signatures

HEADER = "api/neural_api.h"


class Signatures(unittest.TestCase):
    def check(self, header, checked_in=_signatures.__file__):
        printed = io.StringIO()
        with redirect_stdout(printed):
            status = gen_signatures.main(["", "--check", checked_in, header])
        return status, printed.getvalue()

    def test_the_file_is_what_the_headers_say(self):
        status, differences = self.check(HEADER)
        self.assertEqual(
            status,
            0,
            "run tools/gen_signatures.py python/pyneural/_signatures.py api/neural_api.h\n"
            + differences,
        )

    def test_a_changed_argument_is_noticed(self):
        self.assertNotEqual(self.drift("neural_tensor *rhs,", "double rhs,")[0], 0)

    def test_a_new_function_is_noticed(self):
        status, text = self.drift(
            "NEURAL_API neural_status neural_add(",
            "NEURAL_API int neural_new(int);\nNEURAL_API neural_status neural_add(",
        )
        self.assertNotEqual(status, 0)
        self.assertIn("neural_new", text)

    def drift(self, old, new):
        """The check's answer when one header reads otherwise."""
        texts = []
        for path in check_exports.with_includes([HEADER]):
            with open(path, encoding="utf-8") as stream:
                texts.append(stream.read())
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "all.h")
            together = "\n".join(texts)
            self.assertIn(old, together)
            with open(path, "w", encoding="utf-8") as stream:
                stream.write("\n".join(check_exports.without_includes(text) for text in texts)
                             .replace(old, new))
            return self.check(path)

    def test_every_export_has_a_signature(self):
        exported = check_exports.exported_names(_library._cdll._name)
        self.assertEqual(exported, set(_signatures.SIGNATURES))

    def test_every_signature_can_be_bound(self):
        for name in _signatures.SIGNATURES:
            function = getattr(_library.lib, name)
            self.assertIsInstance(function.argtypes, tuple)

    def test_structs_have_the_compilers_sizes(self):
        names = sorted(_signatures.STRUCTS)
        lines = ["#include <stdio.h>", '#include "%s"' % HEADER, "int main(void) {"]
        lines += ['    printf("%%zu\\n", sizeof(%s));' % name for name in names]
        with tempfile.TemporaryDirectory() as directory:
            program = os.path.join(directory, "sizes")
            command = ["gcc", "-x", "c", "-", "-I.", "-o", program]
            subprocess.run(command, input="\n".join(lines + ["}"]), text=True, check=True)
            output = subprocess.run([program], stdout=subprocess.PIPE, text=True, check=True)
        sizes = [int(size) for size in output.stdout.split()]
        found = [ctypes.sizeof(getattr(_signatures, name)) for name in names]
        self.assertEqual(dict(zip(names, found)), dict(zip(names, sizes)))

    def test_an_unknown_function_is_an_attribute_error(self):
        with self.assertRaisesRegex(AttributeError, "neural_no_such"):
            _library.lib.neural_no_such


if __name__ == "__main__":
    unittest.main()
