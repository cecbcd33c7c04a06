"""Event files: scalars, pictures."""

import os
import struct
import unittest
import zlib

import pyneural as pn
from in_directory import InDirectory


class EventsTest(InDirectory):
    def test_events(self):
        with pn.SummaryWriter(self.path("log")) as writer:
            writer.add_scalar("loss", 0.5, 1)
            writer.add_histogram("w", pn.randn(10), 1)
            writer.add_hparams({"lr": 0.1, "kind": "a", "flag": True}, {"accuracy": 0.9})
        self.assertGreater(len(os.listdir(self.path("log"))), 0)
        self.assertEqual(writer.logdir, self.path("log"))
        self.assertEqual(repr(writer), "SummaryWriter(logdir=%r)" % self.path("log"))

    def test_pictures(self):
        red = [[[1.0, 0.5]], [[0.0, -2.0]], [[0.0, 9.0]]]  # [3, 1, 2]
        grey = pn.tensor([[0, 7], [200, 255]], dtype=pn.uint8)
        with pn.SummaryWriter(self.path("log")) as writer:
            writer.add_image("red", red, 1)
            writer.add_image("grey", grey, 1, dataformats="HW")
            with self.assertRaisesRegex(ValueError, "expected CHW, HWC or HW"):
                writer.add_image("grey", grey, 1, dataformats="NCHW")
            with self.assertRaisesRegex(ValueError, r"the image is \[2, 2\]"):
                writer.add_image("grey", grey, 1)
        with open(writer.filepath, "rb") as stream:
            data = stream.read()
        found = [_rows_of_png(data[i:]) for i in _places_of(data, b"\x89PNG")]
        self.assertEqual(found[0], bytes([255, 0, 0, 128, 0, 255]))
        self.assertEqual(found[1], bytes([0, 7, 200, 255]))


def _places_of(data, word):
    return [i for i in range(len(data)) if data.startswith(word, i)]


def _rows_of_png(data):
    """The bytes of a PNG without row filters."""
    (width, height), channels = struct.unpack(">II", data[16:24]), {0: 1, 2: 3, 6: 4}[data[25]]
    begin = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[begin - 4 : begin])
    rows = zlib.decompress(data[begin + 4 : begin + 4 + length])
    step = width * channels + 1
    assert not any(rows[i * step] for i in range(height)), "filtered rows"
    return b"".join(rows[i * step + 1 : (i + 1) * step] for i in range(height))


if __name__ == "__main__":
    unittest.main()
