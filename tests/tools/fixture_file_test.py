"""Recorded figures are compared by value, and written or checked, never both."""

import os
import tempfile
import unittest

import fixture_file


class FixtureFileTest(unittest.TestCase):
    def test_numbers_are_compared_by_value(self):
        self.assertTrue(fixture_file.close("tensor y 1 : 0.1",
                                           "tensor y 1 : 0.10000000000000001"))
        self.assertFalse(fixture_file.close("tensor y 1 : 0.1", "tensor y 1 : 0.2"))
        self.assertFalse(fixture_file.close("case a", "case b"))
        self.assertFalse(fixture_file.close("1 2", "1"))

    def test_a_check_writes_nothing(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "x.txt")
            self.assertEqual(fixture_file.write_or_check(path, "a 1\n", False), 0)
            self.assertEqual(fixture_file.write_or_check(path, "a 1.0\n", True), 0)
            self.assertEqual(fixture_file.write_or_check(path, "a 2\n", True), 1)
            with open(path, encoding="ascii") as file:
                self.assertEqual(file.read(), "a 1\n")

    def test_without_the_library_there_is_nothing_to_check(self):
        self.assertEqual(fixture_file.run(["--check", "x"], "usage", "no_such_library", None), 0)
        self.assertEqual(fixture_file.run(["x"], "usage", "no_such_library", None), 1)
        with self.assertRaises(SystemExit):
            fixture_file.run([], "usage", "os", None)


if __name__ == "__main__":
    unittest.main()
