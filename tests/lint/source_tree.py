"""The source tree as the lint rules see it.

The lint tests read the real tree, not declared inputs: a rule over all files would otherwise need a
filegroup in every package, and a new package without one would escape. The root is found by
following the runfiles link of /MODULE.bazel (outside of the sandbox's copy, hence realpath). Bazel
cannot know these inputs, so the tests are tagged `external` (they run every time) and `local`.
"""

import ast
import os
import re

_SKIPPED_DIRECTORIES = {"csv", "__pycache__", "third_party/offline"}
_CODE = (".c", ".h", ".cc", ".asm", ".inc", ".py", ".bzl", ".bazel", ".sh")


def real_root():
    """Returns the root of the workspace, given the runfiles of a test."""
    return os.path.dirname(os.path.realpath("MODULE.bazel"))


class Tree:
    """Files, floors and exceptions below a root."""

    def __init__(self, root, exceptions="tests/lint/exceptions.txt"):
        self.root = root
        self.paths = sorted(self._walk())
        self.path_set = set(self.paths)
        self.floors = self._read_floors()
        self._exceptions = self._read_exceptions(exceptions)
        self._used = set()
        self._exceptions_path = exceptions

    def _walk(self):
        for directory, subdirectories, names in os.walk(self.root):
            relative = os.path.relpath(directory, self.root)
            prefix = "" if relative == "." else relative + "/"
            subdirectories[:] = [
                name
                for name in subdirectories
                if not name.startswith("bazel-")
                and (not name.startswith(".") or name == ".ci")
                and not name.endswith(".ckpt")
                and name not in _SKIPPED_DIRECTORIES
                and prefix + name not in _SKIPPED_DIRECTORIES
            ]
            for name in names:
                yield prefix + name

    def code(self, *endings):
        """Returns the paths of source files, or of those with the given endings."""
        return [path for path in self.paths if path.endswith(endings or _CODE)]

    def text(self, path):
        """Returns the text of a file, or "" if there is none."""
        full = os.path.join(self.root, path)
        if not os.path.exists(full):
            return ""
        with open(full, encoding="utf-8") as stream:
            return stream.read()

    def _read_floors(self):
        """Returns {package directory: floor}, from tools/bazel/floors.bzl."""
        match = re.search(r"^FLOORS = (\[.*?^\])", self.text("tools/bazel/floors.bzl"), re.M | re.S)
        return {
            package[len("//") : -len("/...")]: floor
            for floor, packages in enumerate(ast.literal_eval(match[1]))
            for package in packages
        }

    def package(self, path):
        """Returns the floor package a path lies in, such as "core/asm", or None."""
        for package in self.floors:
            if path.startswith(package + "/"):
                return package
        return None

    def _read_exceptions(self, path):
        """Reads lines of "rule subject: reason"."""
        found = {}
        for number, line in enumerate(self.text(path).splitlines(), 1):
            if line.strip() and not line.startswith("#"):
                key, _, reason = line.partition(": ")
                rule, _, subject = key.partition(" ")
                if not reason.strip() or not subject:
                    raise ValueError("%s:%d: want 'rule subject: reason'" % (path, number))
                found[rule, subject] = number
        return found

    def excepted(self, rule, subject):
        """Says whether a subject is listed in exceptions.txt for a rule."""
        self._used.add((rule, subject))
        return (rule, subject) in self._exceptions

    def stale_exceptions(self, rules):
        """Yields exceptions of the given rules that nothing asked for."""
        for (rule, subject), number in self._exceptions.items():
            if rule in rules and (rule, subject) not in self._used:
                yield "%s:%d: %s no longer needs this exception" % (
                    self._exceptions_path,
                    number,
                    subject,
                )
