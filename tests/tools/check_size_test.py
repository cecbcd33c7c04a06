import os
import subprocess
import tempfile
import unittest

import check_size


class CheckSizeTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.library = os.path.join(directory.name, "liba.so")
        source = "const char f[100000] = {1};\n"
        command = ["gcc", "-g", "-shared", "-fPIC", "-x", "c", "-", "-o", self.library]
        subprocess.run(command, input=source, text=True, check=True)

    def check(self, limit):
        return check_size.main(["check_size.py", self.library, str(limit)])

    def test_symbols_do_not_count(self):
        size = check_size.stripped_size(self.library)
        self.assertGreater(size, 100000)
        self.assertLess(size, os.path.getsize(self.library))

    def test_the_limit_itself_is_allowed_and_a_byte_less_is_not(self):
        size = check_size.stripped_size(self.library)
        self.assertEqual(self.check(size), 0)
        self.assertEqual(self.check(size - 1), 1)

    def test_usage(self):
        self.assertEqual(check_size.main(["check_size.py", self.library]), 2)


if __name__ == "__main__":
    unittest.main()
