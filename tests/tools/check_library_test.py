import os
import subprocess
import tempfile
import unittest

import check_library


class CheckLibraryTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.library = os.path.join(directory.name, "liba.so")

    def build(self, *options, source="int f(void) { return 1; }\n"):
        command = ["gcc", "-shared", "-x", "c", "-", "-o", self.library, *options]
        subprocess.run(command, input=source, text=True, check=True, stderr=subprocess.DEVNULL)
        return check_library.main(["check_library.py", self.library])

    def test_a_library_on_libc_and_libm(self):
        self.assertEqual(self.build("-fPIC", "-Wl,--no-as-needed", "-lm"), 0)

    def test_a_library_that_needs_another(self):
        self.assertEqual(self.build("-fPIC", "-Wl,--no-as-needed", "-lgcc_s"), 1)

    def test_an_executable_stack(self):
        self.assertEqual(self.build("-fPIC", "-Wl,-z,execstack"), 1)

    def test_text_relocations(self):
        source = '__asm__(".data\\nx: .long 1\\n.text\\n.quad x\\n");\n'
        self.assertEqual(self.build("-Wl,-z,notext", source=source), 1)


if __name__ == "__main__":
    unittest.main()
