"""Judges of the validation suite: each looks at what a command left behind.

A judge takes the finished command (a subprocess.CompletedProcess) and returns None when the result
is right, else one line that says what is wrong.
"""

import json
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def exit_zero(done):
    """Right when the command said so by its exit status: for tests that judge by themselves."""
    return None if done.returncode == 0 else "exit status %d" % done.returncode


def after_exit_zero(judge):
    """A judge that first wants an exit status of 0."""
    return lambda done: exit_zero(done) or judge(done)


def says(*patterns):
    """Each regular expression is found in what the command printed."""

    def judge(done):
        missing = [pattern for pattern in patterns if not re.search(pattern, done.stdout)]
        return "output lacks %s" % ", ".join(missing) if missing else None

    return after_exit_zero(judge)


def _last_json(done):
    lines = done.stdout.strip().splitlines()
    try:
        found = json.loads(lines[-1])
    except (IndexError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def figures(**bounds):
    """Bounds for figures of the JSON object on the last line: figures(train_loss="< 0.01")."""

    def judge(done):
        found = _last_json(done)
        if found is None:
            return "the last line is not a JSON object"
        for key, bound in bounds.items():
            relation, limit = bound.split()
            value, limit = found.get(key), float(limit)
            is_number = isinstance(value, (int, float))
            if not is_number or not (value < limit if relation == "<" else value >= limit):
                return "%s is %s, want %s" % (key, value, bound)
        return None

    return after_exit_zero(judge)


def _predictions(done, count):
    """The last field of the last `count` lines, as numbers."""
    rows = done.stdout.strip().splitlines()
    return [float(row.split(",")[-1]) for row in rows[-count:]] if len(rows) >= count else []


def predicts_xor(done):
    """Four CSV rows whose last field is the prediction, in the order of the truth table."""
    try:
        found = [round(value) for value in _predictions(done, 4)]
    except ValueError:
        return "predictions are not numbers"
    return None if found == [0, 1, 1, 0] else "predictions are %s, want [0, 1, 1, 0]" % found


def predicts(labels, least):
    """At least the share `least` of the predicted classes is as the label file says."""

    def judge(done):
        with open(os.path.join(ROOT, labels)) as lines:
            wanted = [float(line) for line in lines]
        try:
            found = _predictions(done, len(wanted))
        except ValueError:
            return "predictions are not numbers"
        if len(found) != len(wanted):
            return "%d predictions for %d rows" % (len(found), len(wanted))
        share = sum(a == b for a, b in zip(found, wanted)) / len(wanted)
        return None if share >= least else "%.4f of the classes, want %g" % (share, least)

    return after_exit_zero(judge)


def has_rows(tables):
    """Each CSV file holds so many rows of so many numbers: {"csv/x.csv": (4, 2)}."""

    def judge(_):
        for path, (rows, columns) in tables.items():
            with open(os.path.join(ROOT, path)) as lines:
                table = [[float(field) for field in line.split(",")] for line in lines]
            if len(table) != rows or any(len(row) != columns for row in table):
                return "%s: want %d rows of %d numbers" % (path, rows, columns)
        return None

    return after_exit_zero(judge)
