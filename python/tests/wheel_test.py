"""The wheel holds a package that runs from where it is unpacked, and a true record of itself."""

import base64
import csv
import hashlib
import io
import os
import subprocess
import sys
import tempfile
import unittest
import zipfile

import wheel_builder

import pyneural as pn
from pyneural import _library


class Wheel(unittest.TestCase):
    def setUp(self):
        with open(_library._cdll._name, "rb") as stream:
            content = stream.read()
        wheel_builder.library = lambda: content  # what Bazel would build
        self.directory = tempfile.TemporaryDirectory()
        self.addCleanup(self.directory.cleanup)
        self.path = os.path.join(
            self.directory.name, wheel_builder.build_wheel(self.directory.name)
        )

    def test_it_runs_where_it_is_unpacked(self):
        place = os.path.join(self.directory.name, "site")
        with zipfile.ZipFile(self.path) as archive:
            archive.extractall(place)
        program = (
            "import pyneural as pn\n"
            "print(pn.__version__, pn.__file__, pn.core._lib._name, (pn.ones(2) + 1).tolist())"
        )
        environment = {"PYTHONPATH": place, "PATH": os.environ.get("PATH", "")}
        output = subprocess.run(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            env=environment,
            cwd="/",
        ).stdout
        package = os.path.join(place, "pyneural")
        wanted = "%s %s/__init__.py %s/libneural.so [2.0, 2.0]\n"
        self.assertEqual(output, wanted % (pn.__version__, package, package))

    def test_the_record_is_true(self):
        with zipfile.ZipFile(self.path) as archive:
            names = archive.namelist()
            (record,) = [name for name in names if name.endswith("/RECORD")]
            rows = list(csv.reader(io.StringIO(archive.read(record).decode())))
            self.assertEqual([row[0] for row in rows], names)
            for name, digest, size in rows[:-1]:
                content = archive.read(name)
                found = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
                self.assertEqual((digest, int(size)), ("sha256=" + found.decode(), len(content)))
            self.assertIn("pyneural/py.typed", names)
            self.assertIn("pyneural/__init__.pyi", names)
            self.assertIn("pyneural-%s.dist-info/METADATA" % pn.__version__, names)

    def test_equal_sources_give_equal_wheels(self):
        with open(self.path, "rb") as stream:
            first = stream.read()
        wheel_builder.build_wheel(self.directory.name)
        with open(self.path, "rb") as stream:
            self.assertEqual(first, stream.read())

    def test_what_pip_asks_first(self):
        self.assertEqual(wheel_builder.get_requires_for_build_wheel(), [])
        folder = wheel_builder.prepare_metadata_for_build_wheel(self.directory.name)
        with open(os.path.join(self.directory.name, folder, "METADATA"), "rb") as stream:
            prepared = stream.read()
        with zipfile.ZipFile(self.path) as archive:
            self.assertEqual(archive.read(folder + "/METADATA"), prepared)


if __name__ == "__main__":
    unittest.main()
