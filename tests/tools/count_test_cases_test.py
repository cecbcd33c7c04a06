import json
import os
import tempfile
import unittest

import count_test_cases

GTEST_XML = """<?xml version="1.0"?>
<testsuites tests="4" failures="1" disabled="1" errors="0" name="AllTests">
  <testsuite name="Shape" tests="4" failures="1">
    <testcase name="Ok" status="run" result="completed" classname="Shape" />
    <testcase name="Bad" status="run" result="completed" classname="Shape">
      <failure message="1 vs 2" type=""></failure>
    </testcase>
    <testcase name="NoAvx512" status="run" result="skipped" classname="Shape">
      <skipped message="no avx512" />
    </testcase>
    <testcase name="DISABLED_Old" status="notrun" result="suppressed" classname="Shape" />
  </testsuite>
</testsuites>
"""
BAZEL_XML = """<?xml version="1.0"?>
<testsuites><testsuite name="lint" tests="1" failures="0" errors="0">
<testcase name="lint" status="run" duration="1" time="1"></testcase>
</testsuite></testsuites>
"""
FINISHED = {"id": {"buildFinished": {}}, "finished": {"exitCode": {"name": "SUCCESS"}}}


class CountTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="with space ")
        self.addCleanup(directory.cleanup)
        self.directory = directory.name

    def write(self, name, text):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as stream:
            stream.write(text)
        return path

    def result(self, label, status, xml=None, **key):
        outputs = []
        if xml:
            path = self.write(label.strip("/:") + "%s.xml" % key.get("shard", ""), xml)
            uri = "file://" + path.replace(" ", "%20")
            outputs = [{"name": "test.log", "uri": "file:///x"}, {"name": "test.xml", "uri": uri}]
        return {
            "id": {"testResult": dict(label=label, **key)},
            "testResult": {"status": status, "testActionOutput": outputs},
        }

    def completed(self, label, success):
        payload = {"success": True} if success else {}
        return {"id": {"targetCompleted": {"label": label}}, "completed": payload}

    def test_googletest_counts_cases_and_leaves_skipped_out(self):
        events = [self.result("//:a", "FAILED", GTEST_XML), FINISHED]
        self.assertEqual(count_test_cases.count(events), (1, ["//:a: Shape.Bad"], 2))

    def test_other_test_counts_one(self):
        events = [self.result("//:a", "PASSED", BAZEL_XML), self.result("//:b", "PASSED")]
        self.assertEqual(count_test_cases.count(events + [FINISHED]), (2, [], 0))

    def test_failed_without_a_failed_case_is_one_failure(self):
        events = [self.result("//:a", "TIMEOUT"), self.result("//:b", "FAILED", BAZEL_XML)]
        passed, failed, _ = count_test_cases.count(events + [FINISHED])
        self.assertEqual((passed, failed), (1, ["//:a: TIMEOUT", "//:b: FAILED"]))

    def test_shards_add_up_and_the_last_attempt_counts(self):
        events = [
            self.result("//:a", "PASSED", BAZEL_XML, shard=1),
            self.result("//:a", "FAILED", shard=2, attempt=1),
            self.result("//:a", "PASSED", BAZEL_XML, shard=2, attempt=2),
            FINISHED,
        ]
        self.assertEqual(count_test_cases.count(events), (2, [], 0))

    def test_target_that_did_not_build_is_one_failure(self):
        events = [self.completed("//:ok", True), self.completed("//:bad", False), FINISHED]
        self.assertEqual(count_test_cases.count(events), (0, ["//:bad: did not build"], 0))

    def test_unfinished_run_is_a_failure(self):
        events = [self.result("//:a", "PASSED", BAZEL_XML)]
        self.assertEqual(count_test_cases.count(events), (1, ["bazel: did not finish"], 0))

    def test_exit_status(self):
        green = self.write("green", json.dumps(self.result("//:a", "PASSED")) + "\n\n")
        with open(green, "a", encoding="utf-8") as stream:
            stream.write(json.dumps(FINISHED) + "\n")
        nothing = self.write("nothing", json.dumps(FINISHED) + "\n")
        self.assertEqual(count_test_cases.main(["", green]), 0)
        self.assertEqual(count_test_cases.main(["", nothing]), 1)
        self.assertEqual(count_test_cases.main([""]), 2)


if __name__ == "__main__":
    unittest.main()
