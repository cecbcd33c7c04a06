#!/usr/bin/python3
"""Counts the test cases of one `bazel test` run.

    bazel test --keep_going --build_event_json_file=EVENTS //...
    tools/count_test_cases.py EVENTS

The build event file tells which targets took part, so that neither logs of former runs nor targets
that did not compile distort the count. A googletest counts as many as it has cases, any other test
as one; a skipped case counts neither as passed nor as failed; a target that did not build is one
failure. The last line printed is "N passed, N failed"; exit status 0 means something passed and
nothing failed.
"""

import json
import sys
import urllib.parse
import xml.etree.ElementTree


def cases_in_xml(path):
    """Returns (passed, failed, skipped) of a JUnit-style XML file; failed is a list of names."""
    passed, failed, skipped = 0, [], 0
    for case in xml.etree.ElementTree.parse(path).iter("testcase"):
        name = ".".join(filter(None, [case.get("classname"), case.get("name")]))
        if case.find("failure") is not None or case.find("error") is not None:
            failed.append(name)
        elif (
            case.find("skipped") is not None
            or case.get("result") in ("skipped", "suppressed")
            or case.get("status") == "notrun"
        ):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def read_events(path):
    """Yields the events of a build event JSON file (one object per line)."""
    with open(path, encoding="utf-8") as stream:
        for line in stream:
            if line.strip():
                yield json.loads(line)


def xml_of(result):
    """Returns the path of the test.xml of a testResult event, or None."""
    for output in result.get("testActionOutput", []):
        if output.get("name") == "test.xml":
            return urllib.parse.unquote(urllib.parse.urlparse(output["uri"]).path)
    return None


def count(events):
    """Returns (passed, failed, skipped); failed is a list of "target: case"."""
    attempts = {}
    unbuilt = []
    exit_name = "did not finish"
    for event in events:
        identity = event.get("id", {})
        if "testResult" in identity:
            key = identity["testResult"]
            # Of several attempts of one run the last one counts.
            attempts[key["label"], key.get("run", 1), key.get("shard", 1)] = event["testResult"]
        elif "targetCompleted" in identity:
            if not event.get("completed", {}).get("success"):
                unbuilt.append(identity["targetCompleted"]["label"] + ": did not build")
        elif "buildFinished" in identity:
            exit_name = event["finished"]["exitCode"]["name"]

    passed, failed, skipped = 0, unbuilt, 0
    for (label, _, _), result in sorted(attempts.items()):
        green = result.get("status") in ("PASSED", "FLAKY")
        path = xml_of(result)
        more_passed, names, more_skipped = cases_in_xml(path) if path else (int(green), [], 0)
        if not green and not names:
            names = [result.get("status", "no status")]
        passed += more_passed
        skipped += more_skipped
        failed += ["%s: %s" % (label, name) for name in names]
    if exit_name != "SUCCESS" and not failed:
        failed = ["bazel: " + exit_name]
    return passed, failed, skipped


def main(argv):
    if len(argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    passed, failed, skipped = count(read_events(argv[1]))
    for name in failed:
        print("FAILED " + name)
    if skipped:
        print("%d skipped" % skipped)
    print("%d passed, %d failed" % (passed, len(failed)))
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv))
