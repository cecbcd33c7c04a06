import os
import subprocess
import tempfile
import unittest

import check_exports

HEADER = """
#define NEURAL_API __attribute__((visibility("default")))
#include "inner.h"
/* NEURAL_API int neural_in_a_comment(void); */
NEURAL_API int neural_one(int (*callback)(void *), int n);
NEURAL_API const char *
neural_two(void);
NEURAL_API __attribute__((format(printf, 1, 2))) int neural_three(const char *text, ...);
NEURAL_API extern const int neural_table[2][3];
int neural_private(void);
"""
SOURCE = """
#include "outer.h"
int neural_one(int (*callback)(void *), int n) { return callback ? n : 0; }
const char *neural_two(void) { return ""; }
int neural_three(const char *text, ...) { return text[0]; }
int neural_four(void) { return neural_private(); }
int neural_private(void) { return 4; }
const int neural_table[2][3] = {{1}};
"""


class CheckExportsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(directory.name)
        self.write("outer.h", HEADER)
        self.write("inner.h", "NEURAL_API int neural_four(void);\n")

    def write(self, path, text):
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)

    def check(self, source, *flags):
        self.write("a.c", source)
        command = ["gcc", "-shared", "-fPIC", "-fvisibility=hidden", "-I.", *flags]
        subprocess.run(command + ["a.c", "-o", "liba.so"], check=True)
        return check_exports.main(["", "liba.so", "outer.h"])

    def test_declared_names(self):
        names = {"neural_one", "neural_two", "neural_three", "neural_table"}
        self.assertEqual(check_exports.declared_names(HEADER), names)

    def test_exact(self):
        self.assertEqual(self.check(SOURCE), 0)

    def test_symbol_versions_are_ignored(self):
        self.write("a.lds", "NEURAL_2 { global: neural_*; local: *; };")
        self.assertEqual(self.check(SOURCE, "-Wl,--version-script=a.lds"), 0)

    def test_declared_and_missing(self):
        source = SOURCE.replace("int neural_four(void) {", "int other(void) {")
        self.assertEqual(self.check(source), 1)

    def test_exported_and_undeclared(self):
        extra = '__attribute__((visibility("default"))) int neural_extra(void) { return 0; }'
        self.assertEqual(self.check(SOURCE + extra), 1)


if __name__ == "__main__":
    unittest.main()
