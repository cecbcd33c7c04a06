"""Commands, options, help and exit code 2."""

import subprocess
import unittest

from cli_testing import CliTest, program


class UsageTest(CliTest):
    def assert_usage(self, done, *words):
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        first, second = done.stderr.splitlines()
        self.assertTrue(first.startswith("neural: "), first)
        self.assertTrue(second.startswith("usage: neural "), second)
        for word in words:
            self.assertIn(word, first)

    def test_help_lists_commands_and_exit_codes(self):
        for args in (["help"], ["--help"], ["-h"], ["HELP"]):
            done = self.run_well(*args)
            for word in ("train", "eval", "infer", "test", "info", "config", "version", "130"):
                self.assertIn(word, done.stdout)
            self.assertEqual(done.stderr, "")

    def test_help_on_a_command(self):
        for args in (["help", "train"], ["train", "--help"], ["Train", "-h"]):
            self.assertIn("--resume", self.run_well(*args).stdout)
        self.assertEqual(self.run_program("help", "nothing").returncode, 2)

    def test_version(self):
        for word in ("version", "--version", "-V"):
            self.assertRegex(self.run_well(word).stdout, r"^neural \d+\.\d+\.\d+\n$")

    def test_no_command(self):
        self.assert_usage(self.run_program(), "command")

    def test_unknown_command_is_suggested(self):
        self.assert_usage(self.run_program("trian"), "trian", "did you mean train?")

    def test_unknown_option_is_suggested(self):
        done = self.run_program("train", "x.ini", "--jsn")
        self.assert_usage(done, "--jsn", "did you mean --json?")

    def test_option_of_another_command(self):
        self.assert_usage(self.run_program("eval", "a", "b", "--resume"), "--resume")

    def test_missing_and_superfluous_arguments(self):
        self.assert_usage(self.run_program("train"), "CONFIG")
        self.assert_usage(self.run_program("infer", "a"), "CONFIG MODEL")
        self.assert_usage(self.run_program("train", "a", "b", "c"), "unexpected argument c")

    def test_arguments_of_options(self):
        self.assert_usage(self.run_program("train", "a", "--set"), "SECTION.KEY=VALUE")
        self.assert_usage(self.run_program("train", "a", "--json=1"), "--json")
        for value in ("x", "-1", "257", "1.5", ""):
            done = self.run_program("train", "a", "--threads", value)
            self.assert_refused(done, 2, "--threads", "from 0 to 256")

    def test_double_dash_ends_options(self):
        done = self.run_program("train", "--", "--json")
        self.assert_refused(done, 3, "--json")

    def test_closed_standard_streams_do_not_end_up_in_the_model(self):
        self.write_xor()
        self.run_well("train", "xor.ini", "--quiet")
        wanted = self.read("xor.safetensors")
        for closed, code in (("<&-", 0), (">&-", 1), ("<&- >&- 2>&-", 1)):
            line = '"$0" train xor.ini m.safetensors ' + closed
            command = ["bash", "-c", line, program()]
            done = subprocess.run(command, cwd=self.directory, capture_output=True, check=False)
            self.assertEqual(done.returncode, code, closed)
            self.assertEqual(self.read("m.safetensors"), wanted, closed)

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run(
                [program(), "help"], stdout=full, stderr=subprocess.PIPE, check=False
            )
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)


if __name__ == "__main__":
    unittest.main()
