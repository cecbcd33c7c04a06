"""8-bit quantization of buffers, against arithmetic written out here."""

import ctypes
import math
import random
import unittest

import pyneural as pn


def doubles(numbers):
    return (ctypes.c_double * len(numbers))(*numbers)


def normal(count, seed=1, shift=0.0):
    rng = random.Random(seed)
    return [rng.gauss(shift, 1) for _ in range(count)]


class Quantizers(unittest.TestCase):
    def test_round_trip(self):
        for symmetric in (True, False):
            for shift in (0.0, 5.0, -5.0):
                numbers = normal(500, shift=shift)
                quantizer = pn.Quantizer(symmetric)
                params = quantizer.calibrate(doubles(numbers), 500)
                q = quantizer.quantize(doubles(numbers), 500)
                back = quantizer.dequantize(q, 500)
                worst = max(abs(x - y) for x, y in zip(numbers, back))
                self.assertLessEqual(worst, params.scale / 2 * (1 + 1e-6))
                self.assertEqual(params.symmetric, symmetric)
                self.assertTrue(params.min_val <= 0 <= params.max_val)  # 0 is on the grid
                zero = quantizer.dequantize(quantizer.quantize(doubles([0.0]), 1), 1)
                self.assertEqual(zero[0], 0.0)

    def test_the_grids_formula(self):
        numbers = [-1.0, 0.5, 3.0]
        params = pn.Quantizer(True).calibrate(doubles(numbers), 3)
        self.assertAlmostEqual(params.scale, 3 / 127, places=8)
        self.assertEqual(params.zero_point, 0)
        params = pn.Quantizer(False).calibrate(doubles(numbers), 3)
        self.assertAlmostEqual(params.scale, 4 / 255, places=8)
        self.assertEqual(params.zero_point, round(-128 + 1 / params.scale))

    def test_ties_go_to_even(self):
        quantizer = pn.Quantizer()
        quantizer.params = pn.QuantParams(scale=1.0)
        q = quantizer.quantize(doubles([0.5, 1.5, -0.5, -2.5, 1000.0, -1000.0, math.nan]), 7)
        self.assertEqual(list(q), [0, 2, 0, -2, 127, -127, -127])

    def test_percentile(self):
        numbers = [float(i) for i in range(100)] + [1e6]
        cut = pn.Quantizer(True, percentile=0.01).calibrate(doubles(numbers), 101)
        self.assertEqual(cut.max_val, sorted(numbers)[int(101 * 0.99)])

    def test_error_and_snr(self):
        numbers = normal(300)
        quantizer = pn.Quantizer()
        quantizer.calibrate(doubles(numbers), 300)
        back = quantizer.dequantize(quantizer.quantize(doubles(numbers), 300), 300)
        error = sum((x - y) ** 2 for x, y in zip(numbers, back)) / 300
        power = sum(x * x for x in numbers) / 300
        self.assertAlmostEqual(quantizer.error(doubles(numbers), 300) / error, 1, places=6)
        snr = 10 * math.log10(power / error)
        self.assertAlmostEqual(quantizer.snr(doubles(numbers), 300), snr, places=5)
        self.assertEqual(quantizer.snr(doubles([0.0]), 1), 999.0)

    def test_tensors_and_floats(self):
        tensor = pn.tensor([0.0, 1.0, -2.0], dtype=pn.float32)
        quantizer = pn.Quantizer()
        quantizer.calibrate(tensor, 3)
        self.assertEqual(list(quantizer.quantize(tensor, 3)), [0, 64, -127])

    def test_what_is_refused(self):
        quantizer = pn.Quantizer()
        for call in (quantizer.quantize, quantizer.dequantize, quantizer.error, quantizer.snr):
            with self.assertRaisesRegex(RuntimeError, "not calibrated"):
                call(doubles([1.0]), 1)
        for n in (0, -1):
            with self.assertRaises(RuntimeError):
                quantizer.calibrate(doubles([1.0]), n)
        with self.assertRaises(pn.NeuralException):
            quantizer.calibrate(doubles([1.0, math.nan]), 2)
        with self.assertRaises(ctypes.ArgumentError):
            quantizer.calibrate([1.0], 1)
        with self.assertRaises(ValueError):
            pn.Quantizer(percentile=0.7)
        self.assertEqual(repr(quantizer), "Quantizer(symmetric, uncalibrated)")
        self.assertIn("range=[-1, 3]", repr(pn.QuantParams(0.5, 3, -1, 3, False)))


class Products(unittest.TestCase):
    def test_against_integers(self):
        rng = random.Random(7)
        m, k, n = 3, 50, 4
        a = (ctypes.c_int8 * (m * k))(*[rng.randrange(-128, 128) for _ in range(m * k)])
        b = (ctypes.c_int8 * (k * n))(*[rng.randrange(-128, 128) for _ in range(k * n)])
        grid_a = pn.QuantParams(0.5, 3, symmetric=False)
        grid_b = pn.QuantParams(0.25, -7, symmetric=False)
        found = pn.quantized_matmul(a, b, m, k, n, grid_a, grid_b)
        for i in range(m):
            for j in range(n):
                want = sum((a[i * k + p] - 3) * (b[p * n + j] + 7) for p in range(k))
                self.assertEqual(found[i * n + j], want * 0.125)
        with self.assertRaisesRegex(ValueError, "a_i8 has 150"):
            pn.quantized_matmul(a, b, 4, k, n, grid_a, grid_b)


if __name__ == "__main__":
    unittest.main()
