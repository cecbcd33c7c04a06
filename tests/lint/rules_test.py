import os
import tempfile
import unittest

import code_reader
import rules
import source_tree

FLOORS = """FLOORS = [
    ["//core/base/..."],
    ["//core/asm/..."],
    [
        "//layers/...",
        "//optim/...",
    ],
    ["//model/..."],
    ["//train/..."],
    ["//x5/..."],
    ["//x6/..."],
    ["//api/..."],
    ["//cli/..."],
    ["//tests/...", "//bench/..."],
]
"""
LIBRARY = """load("//tools/bazel:cc.bzl", "neural_cc_library")
neural_cc_library(
    name = "linear",
    hdrs = ["linear.h"],
    deps = SHARED + ["//core/asm"],
    visibility = ["//:floor_3_up"],
)
neural_cc_library(name = "inner", srcs = ["inner.c"])
neural_cc_library(name = "layers", deps = [":linear"], visibility = ["//:floor_3_up"])
"""


class RulesTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.root = directory.name
        self.write("tools/bazel/floors.bzl", FLOORS)

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as stream:
            stream.write(text)

    def broken(self, rule):
        return rules.broken(source_tree.Tree(self.root), rule)

    def assert_one(self, rule, start, part):
        found = self.broken(rule)
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(start), found)
        self.assertIn(part, found[0])

    def test_include_of_own_package_and_lower_floor(self):
        self.write("core/base/status.h", "")
        self.write("layers/linear.h", "")
        self.write("layers/linear.c", '#include "core/base/status.h"\n#include "layers/linear.h"\n')
        self.assertEqual(self.broken("floors"), [])

    def test_include_of_a_sibling(self):
        self.write("optim/sgd.h", "")
        self.write("layers/linear.c", '#include <math.h>\n  #  include "optim/sgd.h"\n')
        self.assert_one("floors", "layers/linear.c:2:", "optim/sgd.h of floor 2")

    def test_include_of_a_higher_floor_from_assembly(self):
        self.write("core/asm/macros.inc", "")
        self.write("core/base/a.asm", '%include "core/asm/macros.inc"\n')
        self.assert_one("floors", "core/base/a.asm:1:", "floor 1")

    def test_include_that_does_not_start_at_the_root(self):
        self.write("layers/linear.h", "")
        self.write("layers/linear.c", '#include "linear.h"\n')
        self.assert_one("floors", "layers/linear.c:1:", "not a path from the root")

    def test_the_outside_world_sees_public_headers_only(self):
        self.write("api/neural_api.h", "")
        self.write("model/model.h", "")
        self.write("cli/main.c", '#include "api/neural_api.h"\n#include "model/model.h"\n')
        self.assert_one("floors", "cli/main.c:2:", "public headers")

    def test_benches_and_tests_share(self):
        self.write("tests/cases.h", "")
        self.write("bench/a.cc", '#include "tests/cases.h"\n')
        self.assertEqual(self.broken("floors"), [])

    def test_visibility_of_the_wrong_floor(self):
        self.write("layers/BUILD.bazel", LIBRARY.replace("floor_3", "floor_2", 1))
        self.assert_one("floors", "layers/BUILD.bazel:2:", "want //:floor_3_up")

    def test_exception_and_stale_exception(self):
        self.write("layers/linear.c", '#include "linear.h"\n')
        self.write("tests/lint/exceptions.txt", "floors layers/linear.c: a reason\n")
        self.assertEqual(self.broken("floors"), [])
        self.write("layers/linear.c", "\n")
        self.assert_one("floors", "tests/lint/exceptions.txt:1:", "no longer")

    def test_exception_without_a_reason(self):
        self.write("tests/lint/exceptions.txt", "\nfloors layers/linear.c\n")
        with self.assertRaisesRegex(ValueError, "exceptions.txt:2"):
            self.broken("floors")

    def test_completeness(self):
        self.write("layers/BUILD.bazel", LIBRARY)
        found = self.broken("completeness")
        self.assertEqual(len(found), 2, found)
        self.assertIn("layers/BUILD.bazel:2: //layers:linear has no test", found[0])
        self.assertIn("no //bench target", found[1])
        self.write("bench/BUILD.bazel", 'neural_bench(name = "nets", deps = ["//layers:linear"])')
        tests = '[neural_cc_test(name = n + "_test", srcs = [n]) for n in ["a", "linear"]]'
        self.write("tests/layers/BUILD.bazel", tests)
        self.assertEqual(self.broken("completeness"), [])

    def test_default_visibility_of_a_package(self):
        library = 'neural_cc_library(name = "a", srcs = glob(["a/*.c"]) + ["b.c"])\n'
        package = 'package(default_visibility = ["//:floor_3_up"])\n'
        self.write("layers/BUILD.bazel", package + library)
        self.assertEqual(len(self.broken("completeness")), 2)
        self.write("layers/BUILD.bazel", library)
        self.assertEqual(self.broken("completeness"), [])

    def test_long_file_line_and_function(self):
        self.write("layers/a.c", "\n" * 501)
        self.assert_one("sizes", "layers/a.c:501:", "501 lines, limit 500")
        self.write("layers/a.c", "int f(void)\n{\n" + "    g();\n" * 59 + "}\n")
        self.assert_one("sizes", "layers/a.c:2:", "61 lines, limit 60")
        self.write("layers/a.c", "\n" + "x" * 101 + "\n")
        self.assert_one("sizes", "layers/a.c:2:", "101 columns")

    def test_names(self):
        self.write("layers/utils.py", "")
        self.assert_one("names", "layers/utils.py:1:", "utils")

    def test_unfinished_work(self):
        self.write("layers/a.py", "x = 1\n# TO" "DO: more\n")
        self.assert_one("names", "layers/a.py:2:", "TO" "DO")

    def test_include_guard(self):
        self.write("core/base/my_log.h", "#ifndef MY_LOG_H\n#define MY_LOG_H\n#endif\n")
        self.assert_one("names", "core/base/my_log.h:1:", "CORE_BASE_MY_LOG_H_")

    def test_pages_name_files_that_exist(self):
        self.write("layers/linear.c", "")
        self.write(
            "docs/layers.md",
            "`layers/linear.c` `layers/NAME.c` `layers/*.c` `n/2048` `x/y.c` `layers/linear`\n"
            "[a](layers.md) [b](../layers/linear.c#x) [c](https://example.org/x.md) [d](#here)\n",
        )
        self.assertEqual(self.broken("documents"), [])
        self.write("docs/layers.md", "\n`layers/gone.c`\n")
        self.assert_one("documents", "docs/layers.md:2:", "layers/gone.c does not exist")
        self.write("docs/layers.md", "[a](gone.md)")
        self.assert_one("documents", "docs/layers.md:1:", "gone.md leads nowhere")

    def test_recipe_quotes_its_files(self):
        self.write("core/asm/slots.inc", "  A(b)  c\n")
        step = "1. `core/asm/slots.inc`: text\n\n       A(b) c\n       ...\n   B(x)\n"
        self.write("docs/adding-a-kernel.md", step + "\nProse.\n\n       free\n")
        self.assertEqual(self.broken("documents"), [])
        self.write("docs/adding-a-kernel.md", step + "\n       A(z)\n")
        self.assert_one("documents", "docs/adding-a-kernel.md:7:", "slots.inc has no line: A(z)")


class FunctionsTest(unittest.TestCase):
    def lines(self, text):
        return [(function.line, function.lines) for function in code_reader.functions(text)]

    def test_braces_that_are_not_code(self):
        text = """#define M(x) { \\
    x
const char *s = "{"; // {
char c = '{'; /* {
{ */
int f(int n) {
    if (n) {
        return '}';
    }
    return 0;
}
"""
        self.assertEqual(self.lines(text), [(6, 6)])

    def test_only_the_first_branch_of_a_conditional_counts(self):
        text = "#if A\nint f(int a) {\n#else\nint f(long a) {\n#endif\n    return 0;\n}\n"
        self.assertEqual(self.lines(text), [(2, 6)])

    def test_scopes_initialisers_and_methods(self):
        text = """namespace {
struct S {
    int get() const {
        return 1'000;
    }
};
int table[] = {1, 2};
TEST(A, b) {
    auto f = [](int x) { return x; };
}
}  // namespace
"""
        self.assertEqual(self.lines(text), [(3, 3), (8, 3)])


if __name__ == "__main__":
    unittest.main()
