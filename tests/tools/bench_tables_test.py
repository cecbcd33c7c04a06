import json
import unittest

import bench_tables as tables
from bench_tables import BadResult


def document(*entries):
    return json.dumps({"context": {}, "benchmarks": [dict(entry) for entry in entries]})


def rows(*entries):
    return tables.read_rows(document(*entries), "x.json")


class ReadTest(unittest.TestCase):
    def refuses(self, text, message):
        with self.assertRaises(BadResult) as caught:
            tables.read_rows(text, "x.json")
        self.assertIn(message, str(caught.exception))
        self.assertIn("x.json", str(caught.exception))

    def test_refuses_what_google_benchmark_does_not_write(self):
        self.refuses("", "not JSON")
        self.refuses('{"benchmarks": [', "not JSON")
        self.refuses("[" * 100000, "not JSON")
        for text in ("[]", "3", "null", '"benchmarks"', "{}", '{"benchmarks": {}}'):
            self.refuses(text, "no list named benchmarks")
        for entry in ("3", "null", "[]", "{}", '{"name": 3}', '{"name": ""}', '{"name": null}'):
            self.refuses('{"benchmarks": [%s]}' % entry, "has no name")
        self.refuses('{"benchmarks": []}', "no benchmark ran")

    def test_names_the_row_that_failed(self):
        entry = {"name": "relu", "error_occurred": True, "error_message": "no memory"}
        self.refuses(document(entry), "relu: no memory")

    def test_drops_what_is_no_finite_number(self):
        text = (
            '{"benchmarks": [{"name": "a", "gflops": NaN, "blis": Infinity, "onednn": "3",'
            ' "torch": true, "openblas": null, "speedup": 1e999, "gbps": 1%s, "ratio_best": 2}]}'
        )
        found = tables.read_rows(text % ("0" * 400), "x.json")
        self.assertEqual(found, {"a": {"ratio_best": 2.0}})

    def test_skips_aggregates(self):
        found = rows({"name": "a", "gflops": 1}, {"name": "a_mean", "run_type": "aggregate"})
        self.assertEqual(list(found), ["a"])

    def test_missing_file(self):
        with self.assertRaisesRegex(BadResult, "No such file"):
            tables.read_file("/nonexistent/x.json")


class TableTest(unittest.TestCase):
    def test_median_is_of_the_runs_that_have_the_counter(self):
        runs = [{"a": {"gflops": v}} for v in (1, 9, 5)] + [{"a": {"blis": 4}, "b": {"gflops": 7}}]
        found = tables.medians(runs)
        self.assertEqual(found, {"a": {"gflops": 5, "blis": 4}, "b": {"gflops": 7}})

    def test_says_of_how_many_runs(self):
        run, other = {"a": {"gflops": 1}, "mean": {"ratio_best": 1}}, {"b": {"gflops": 1}}
        self.assertEqual(tables.sample_text([run, other]), "One run.")
        self.assertEqual(tables.sample_text([run] * 5), "Medians of 5 runs.")
        self.assertEqual(tables.sample_text([run, run, other]), "Medians of 1 to 2 runs.")

    def test_names(self):
        name = "sgemm/avx512/NN/8x8x8/iterations:1/manual_time"
        self.assertEqual(tables.split_name(name), (["sgemm", "NN", "8x8x8"], "avx512"))
        self.assertEqual(tables.split_name("relu_f32/c"), (["relu_f32"], "c"))
        self.assertEqual(tables.split_name("vnni/u8s8s32/8x8x8"), (["u8s8s32", "8x8x8"], "vnni"))
        self.assertEqual(tables.split_name("c"), (["c"], ""))

    def test_rows_keep_their_order_and_levels_become_columns(self):
        found = tables.table(
            rows(
                {"name": "sgemm/sse2/NN/64", "gflops": 30, "peak_fraction": 0.61},
                {"name": "sgemm/avx2/NN/64", "gflops": 60, "peak_fraction": 0.9, "ratio_best": 1.1},
                {
                    "name": "sgemm/avx512/NN/64",
                    "gflops": 123.4,
                    "peak_fraction": 0.9512,
                    "blis": 99.04,
                    "ratio_best": 1.2345,
                },
                {"name": "sgemm/avx512/NN/8", "gflops": 0.01234, "ratio_best": 0.96},
            )
        )
        self.assertEqual(
            found,
            [
                "| avx512 | GFLOP/s | peak | ratio | BLIS | avx2 peak | avx2 ratio | sse2 peak |",
                "|---|---:|---:|---:|---:|---:|---:|---:|",
                "| NN 64 | 123 | 0.95 | 1.23 | 99.0 | 0.90 | 1.10 | 0.61 |",
                "| NN 8 | 0.0123 |  | **0.96** |  |  |  |  |",
                "",
                "* Ratio to the fastest peer at `avx512`: geometric mean 1.09, minimum 0.96 (NN 8);"
                " 1 of 2 rows at or above 0.97.",
                "* Ratio to the fastest peer at `avx2`: geometric mean 1.10, minimum 1.10 (NN 64);"
                " 1 of 1 rows at or above 0.97.",
            ],
        )

    def test_lower_levels_without_fractions_show_their_figure(self):
        found = tables.table(
            rows(
                {"name": "relu_f32/avx512", "ns_per_element": 0.09, "torch": 0.1},
                {"name": "relu_f32/sse2", "ns_per_element": 0.21, "torch": 0.1},
            )
        )
        self.assertEqual(found[0], "| avx512 | ns/element | PyTorch | sse2 ns/element |")
        self.assertEqual(found[2:], ["| relu_f32 | 0.0900 | 0.100 | 0.210 |"])

    def test_summaries_of_a_bench_are_no_rows(self):
        entries = ({"name": "a", "gflops": 1}, {"name": "mean", "ratio_best": 3, "rows": 1})
        self.assertEqual(tables.table(rows(*entries))[2:], ["| a | 1.00 |"])

    def test_lower_levels_show_one_figure(self):
        found = tables.table(
            rows(
                {"name": "x/avx512", "gbps": 8, "ns_per_element": 0.5},
                {"name": "x/c", "gbps": 4, "ns_per_element": 1},
            )
        )
        self.assertEqual(found[0], "| avx512 | ns/element | GB/s | c ns/element |")

    def test_without_levels_or_peers(self):
        found = tables.table(rows({"name": "train_step/2-8-1", "us_per_step": 1.018}))
        self.assertEqual(found, ["|  | us/step |", "|---|---:|", "| 2-8-1 | 1.02 |"])

    def test_a_name_cannot_break_the_table(self):
        name = "x|y`<!-- end: a -->\n*z*"
        cell = tables.table(rows({"name": name, "gflops": 1}))[2]
        self.assertEqual(cell.count("|"), 3)
        for hostile in ("<", "`", "\n", "-->", "*"):
            self.assertNotIn(hostile, cell)

    def test_a_ratio_of_zero_or_less_is_no_part_of_the_mean(self):
        ratios = ({"name": str(v), "gflops": 1, "ratio_best": v} for v in (0, -1, 4))
        self.assertIn("mean 4.00, minimum 4.00 (4); 1 of 1", tables.table(rows(*ratios))[-1])

    def test_refuses_rows_without_a_known_counter(self):
        with self.assertRaisesRegex(BadResult, "none of its counters"):
            tables.table(rows({"name": "a", "real_time": 1}))


class PageTest(unittest.TestCase):
    page = "# A\n<!-- performance: a -->\nold\n<!-- end: a -->\ntail\n"

    def test_replaces_between_the_markers(self):
        found = tables.replace_block(self.page, "a", ["new", "er"])
        self.assertEqual(found, self.page.replace("old", "new\ner"))

    def test_refuses_a_page_whose_markers_are_not_a_pair(self):
        start, end = tables.markers("a")
        for page in ("", start, end, end + start, self.page + start, self.page + end):
            with self.assertRaisesRegex(BadResult, "the page wants"):
                tables.replace_block(page, "a", [])


if __name__ == "__main__":
    unittest.main()
