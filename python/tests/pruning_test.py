"""Pruning in place: the original's rules, every kind of buffer, what is refused."""

import array
import ctypes
import random
import unittest

import pyneural as pn


def doubles(*numbers):
    return (ctypes.c_double * len(numbers))(*numbers)


class Functions(unittest.TestCase):
    def test_magnitude(self):
        data, mask = doubles(0.5, -0.1, 0.2, -0.2, 0.0), (ctypes.c_uint8 * 5)()
        self.assertEqual(pn.prune_magnitude(data, 5, 0.2, mask), 2)
        self.assertEqual(list(data), [0.5, 0.0, 0.2, -0.2, 0.0])  # ties stay
        self.assertEqual(list(mask), [1, 0, 1, 1, 0])
        self.assertEqual(pn.prune_magnitude(data, 0, 9.0), 0)

    def test_rows_and_columns(self):
        data, mask = doubles(3, 4, 0.3, 0.4, 6, 8), (ctypes.c_uint8 * 3)()
        self.assertEqual(pn.prune_rows(data, 3, 2, 5.0, mask), 1)
        self.assertEqual((list(data), list(mask)), ([3, 4, 0, 0, 6, 8], [1, 0, 1]))
        self.assertEqual(pn.prune_cols(data, 3, 2, 7.0), 1)
        self.assertEqual(list(data), [0, 4, 0, 0, 0, 8])

    def test_every_kind_of_memory(self):
        kinds = [doubles(1, 2, 3), (ctypes.c_float * 3)(1, 2, 3), array.array("d", [1, 2, 3]),
                 array.array("f", [1, 2, 3])]
        for data in kinds:
            self.assertEqual(pn.prune_magnitude(data, 3, 2.5), 2)
            self.assertEqual(list(data), [0, 0, 3])
        pointer = ctypes.cast(doubles(1, 2, 3), ctypes.POINTER(ctypes.c_double))
        self.assertEqual(pn.prune_magnitude(pointer, 3, 2.5), 2)
        for dtype in (pn.float32, pn.float64):
            tensor = pn.tensor([1.0, 2.0, 3.0], dtype=dtype)
            self.assertEqual(pn.prune_magnitude(tensor, 3, 2.5), 2)
            self.assertEqual(tensor.tolist(), [0, 0, 3])

    def test_numpy(self):
        try:
            import numpy as np
        except ImportError:
            self.skipTest("numpy is not installed")
        rows = np.arange(12, dtype=np.float64).reshape(3, 4)
        self.assertEqual(pn.prune_cols(rows, 3, 4, 12.0), 3)
        self.assertEqual(np.count_nonzero(rows), 3)
        with self.assertRaisesRegex(ctypes.ArgumentError, "not contiguous"):
            pn.prune_magnitude(rows[:, ::2], 2, 1.0)

    def test_what_is_refused(self):
        with self.assertRaisesRegex(ctypes.ArgumentError, "ptr is list"):
            pn.prune_magnitude([1.0, 2.0], 2, 0.5)
        with self.assertRaisesRegex(ctypes.ArgumentError, "read-only"):
            pn.prune_magnitude(b"12345678", 1, 0.5)
        with self.assertRaisesRegex(ctypes.ArgumentError, "int8"):
            pn.prune_magnitude((ctypes.c_int8 * 2)(), 2, 0.5)
        with self.assertRaisesRegex(ValueError, "n is 4, ptr has 3"):
            pn.prune_magnitude(doubles(1, 2, 3), 4, 0.5)
        with self.assertRaisesRegex(ValueError, "n is -1"):
            pn.prune_magnitude(doubles(1), -1, 0.5)
        with self.assertRaisesRegex(ValueError, "mask has 2"):
            pn.prune_magnitude(doubles(1, 2, 3), 3, 0.5, (ctypes.c_uint8 * 2)())


class Pruners(unittest.TestCase):
    def test_magnitude_keeps_ties(self):
        pruner, equal = pn.Pruner(0.5), doubles(*[2.0] * 8)
        self.assertEqual(pruner.prune(equal, 8), 0)
        data = doubles(4, -3, 2, -1)
        self.assertEqual(pruner.prune(data, 4), 2)
        self.assertEqual(list(data), [4, -3, 0, 0])
        self.assertEqual(list(pruner.mask), [1, 1, 0, 0])

    def test_topk_is_exact(self):
        rng = random.Random(3)
        for n in (1, 2, 7, 100):
            for sparsity in (0, 0.25, 0.5, 0.9, 1):
                data = doubles(*[float(rng.randrange(3)) for _ in range(n)])
                pruner = pn.Pruner(sparsity, "topk")
                pruner.prune(data, n)
                kept = int(n * (1 - sparsity) + 0.5)  # halves up, as C rounds
                self.assertEqual(sum(pruner.mask), kept, (n, sparsity))

    def test_reapply(self):
        pruner = pn.Pruner(0.5, method="topk")
        with self.assertRaises(RuntimeError):
            pruner.reapply_mask(doubles(1), 1)
        data = doubles(1, 2, 3, 4)
        pruner.prune(data, 4)
        for i in range(4):
            data[i] = 9.0
        pruner.reapply_mask(data, 4)
        self.assertEqual(list(data), [0, 0, 9, 9])
        with self.assertRaisesRegex(ValueError, "the mask has 4"):
            pruner.reapply_mask(data, 3)

    def test_counts(self):
        data = doubles(0, 1, 0, -2)
        self.assertEqual(pn.Pruner.get_sparsity(data, 4), 0.5)
        self.assertEqual(pn.Pruner.count_nonzero(data, 4), 2)

    def test_what_is_refused(self):
        for wrong in (dict(sparsity=1.5), dict(sparsity=-0.1), dict(method="best")):
            with self.assertRaises(ValueError):
                pn.Pruner(**wrong)
        self.assertEqual(repr(pn.Pruner(0.25)), "Pruner(sparsity=0.25, method='magnitude')")


if __name__ == "__main__":
    unittest.main()
