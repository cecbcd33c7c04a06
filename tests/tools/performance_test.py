import contextlib
import io
import json
import os
import tempfile
import unittest
from unittest import mock

import bench_tables
import performance

GOOD = {"benchmarks": [{"name": "sgemm/avx512/NN/8", "gflops": 10, "ratio_best": 1.5}]}


def page(*names):
    blocks = ("%s\nold %s\n%s\n" % (start, name, end)
              for name in names for start, end in [bench_tables.markers(name)])  # fmt: skip
    return "# Performance\n" + "\n".join(blocks)


class PerformanceTest(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.page = os.path.join(self.dir, "performance.md")
        self.write("performance.md", page("machine", "sgemm", "dgemm"))
        for replaced in (
            mock.patch.object(performance, "_TREE", self.dir),
            mock.patch.object(performance, "peers", lambda: [("BLIS", "0.9")]),
        ):
            replaced.start()
            self.addCleanup(replaced.stop)

    def write(self, name, text):
        path = os.path.join(self.dir, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def bench(self, name, script):
        """A bench as a shell script; $out is the file that it is told to write."""
        path = self.write("bench/" + name, '#!/bin/sh\nout="${1#--benchmark_out=}"\n' + script)
        os.chmod(path, 0o755)

    def run_it(self, *argv):
        """Returns (exit status, page, what was said)."""
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            status = performance.main(["--page", self.page, "--machine", "a CPU", *argv])
        with open(self.page, encoding="utf-8") as file:
            return status, file.read(), said.getvalue()

    def test_rewrites_the_table_of_a_bench(self):
        self.bench("sgemm", "echo '%s' > \"$out\"" % json.dumps(GOOD))
        status, text, _ = self.run_it("--only", "sgemm", "--date", "2025-01-02")
        self.assertEqual(status, 0)
        self.assertIn("| NN 8 | 10.0 | 1.50 |", text)
        self.assertIn("    bazel run //tools:performance -- --only sgemm\n", text)
        self.assertIn("a CPU, one thread unless a row says more", text)
        self.assertIn("; peers: BLIS 0.9. 2025-01-02.", text)
        self.assertNotIn("old sgemm", text)
        self.assertIn("old dgemm", text)
        self.assertEqual(self.run_it("--only", "sgemm", "--date", "2025-01-02")[1], text)

    def test_takes_the_median_of_the_runs(self):
        text = json.dumps(GOOD).replace("10,", "'$n',")
        script = 'n=${1##*/sgemm.}; n=${n%%.json}; [ $n = 2 ] && n=99\necho \'%s\' > "$out"'
        self.bench("sgemm", script % text)
        status, text, _ = self.run_it("--only", "sgemm", "--runs", "3")
        self.assertEqual(status, 0)
        self.assertIn("| NN 8 | 3.00 |", text)  # of 1, 99, 3
        self.assertIn("--only sgemm --runs 3\n", text)
        self.assertIn("* Medians of 3 runs.", text)
        status, text, said = self.run_it("--only", "sgemm")
        self.assertIn("| NN 8 | 4.00 |", text)  # of 1, 99, 3, 4, 5
        self.assertIn("--only sgemm\n", text)
        self.assertIn("* Medians of 5 runs.", text)
        self.assertIn("sgemm: run 5 of 5", said)

    def test_runs_every_vectorised_level_unless_told_otherwise(self):
        asked = os.path.join(self.dir, "asked")
        self.bench("sgemm", "echo \"$3\" > '%s'; echo '%s' > \"$out\"" % (asked, json.dumps(GOOD)))
        for argv, words in (
            ((), "--benchmark_filter=-(^|/)c(/|$)\n"),
            (("--filter", "avx2|sse2"), "--benchmark_filter=avx2|sse2\n"),
        ):
            text = self.run_it("--only", "sgemm", "--runs", "1", *argv)[1]
            with open(asked, encoding="utf-8") as file:
                self.assertEqual(file.read(), words)
        self.assertIn("--only sgemm --runs 1 --filter 'avx2|sse2'\n", text)
        self.assertIn("* One run.", text)

    def test_a_table_stands_before_the_next_bench_runs(self):
        self.bench("sgemm", "echo '%s' > \"$out\"" % json.dumps(GOOD))
        self.bench("dgemm", "grep -q 'NN 8 . 10.0' '%s' || exit 9; exit 4" % self.page)
        said = self.run_it("--only", "sgemm,dgemm")[2]
        self.assertIn("dgemm: exit status 4", said)

    def test_a_failing_bench_keeps_its_table_and_is_named(self):
        self.bench("sgemm", "echo '%s' > \"$out\"" % json.dumps(GOOD))
        for script, message in (
            ("echo no such CPU >&2; exit 3", "dgemm: exit status 3: no such CPU"),
            ("kill -9 $$", "dgemm: exit status -9"),
            ("exit 0", "No such file"),
            ('echo "{" > "$out"', "not JSON"),
            ('echo \'{"benchmarks": []}\' > "$out"', "no benchmark ran"),
            ("sleep 30", "dgemm: still running after 0.5 s"),
        ):
            self.bench("dgemm", script)
            status, text, said = self.run_it("--only", "dgemm,sgemm", "--timeout", "0.5")
            self.assertEqual(status, 1, script)
            self.assertIn(message, said)
            self.assertIn("its table is as it was", said)
            self.assertIn("old dgemm", text)
            self.assertIn("| NN 8 | 10.0 | 1.50 |", text)

    def test_nothing_measured_leaves_the_page_alone(self):
        status, text, said = self.run_it("--only", "sgemm")
        self.assertEqual(status, 1)
        self.assertIn("bazel build //bench:sgemm", said)
        self.assertEqual(text, page("machine", "sgemm", "dgemm"))

    def test_makes_tables_from_kept_files(self):
        kept = os.path.join(self.dir, "kept")
        self.bench("sgemm", "echo '%s' > \"$out\"" % json.dumps(GOOD))
        self.assertEqual(self.run_it("--only", "sgemm", "--save", kept)[0], 0)
        self.write("performance.md", page("machine", "sgemm", "dgemm"))
        status, text, said = self.run_it("--load", kept, "--only", "sgemm,dgemm")
        self.assertEqual(status, 1)
        self.assertIn("no dgemm*.json", said)
        self.assertIn("| NN 8 | 10.0 | 1.50 |", text)

    def test_tables_of_recorded_runs(self):
        self.write("performance.md", page("machine", "elementwise"))
        status, text, _ = self.run_it("--load", os.environ["RECORDED"], "--only", "elementwise")
        self.assertEqual(status, 0)
        for line in (
            "| avx512 | ns/element | GB/s | ratio | PyTorch | avx2 ns/element | avx2 ratio"
            " | sse2 ns/element | sse2 ratio |",
            "| add_f64 | 1.05 | 22.9 | **0.73** | 0.756 | 0.881 | **0.85** | 0.782 | **0.92** |",
            "| gelu_f64 | 2.84 | 5.63 | 4.43 | 12.6 | 5.46 | 2.33 | 16.8 | **0.75** |",
            "* Ratio to the fastest peer at `sse2`: geometric mean 0.84, minimum 0.75 (gelu_f64);"
            " 0 of 3 rows at or above 0.97.",
            "* Medians of 3 runs.",
        ):
            self.assertIn("\n%s\n" % line, text)

    def test_prefix_runs_the_bench(self):
        self.bench("sgemm", "echo '%s' > \"$out\"" % json.dumps(GOOD).replace("10,", "'$V',"))
        self.assertIn("| 42.0 |", self.run_it("--only", "sgemm", "--prefix", "env V=42")[1])
        self.assertIn("No such file", self.run_it("--only", "sgemm", "--prefix", "/nonexistent")[2])

    def test_page_that_is_absent_or_without_markers(self):
        self.bench("sgemm", "echo '%s' > \"$out\"" % json.dumps(GOOD))
        self.write("performance.md", "# nothing\n")
        status, text, said = self.run_it("--only", "sgemm")
        self.assertEqual((status, text), (1, "# nothing\n"))
        self.assertIn("the page wants one", said)
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.assertEqual(performance.main(["--page", self.page + ".none"]), 1)
        self.assertIn("No such file", said.getvalue())

    def test_usage(self):
        for argv in (["--only", "sgem"], ["--runs", "0"], ["--runs", "x"], ["extra"]):
            with self.assertRaises(SystemExit) as caught, contextlib.redirect_stderr(io.StringIO()):
                performance.main(argv)
            self.assertEqual(caught.exception.code, 2)

    def test_cpu_name(self):
        self.assertEqual(performance.cpu_name("a: b\nmodel name\t:  X  Y\n"), "X Y")
        self.assertEqual(performance.cpu_name("model name"), "")
        self.assertEqual(performance.cpu_name(""), "unknown CPU")


class PageTest(unittest.TestCase):
    def test_the_page_has_a_place_for_every_bench(self):
        with open(os.environ["PERFORMANCE_PAGE"], encoding="utf-8") as file:
            text = file.read()
        for name in ["machine"] + performance.BENCHES:
            for marker in bench_tables.markers(name):
                self.assertEqual(text.count(marker), 1, marker)


if __name__ == "__main__":
    unittest.main()
