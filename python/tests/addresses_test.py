"""The original's methods that take addresses: ctypes, NumPy and plain addresses; its rules."""

import ctypes
import math
import random
import unittest

import pyneural as pn

try:
    import numpy
except ImportError:
    numpy = None

EPS = 1e-5


def doubles(numbers):
    numbers = list(numbers)
    return (ctypes.c_double * len(numbers))(*numbers)


def indices(*numbers):
    return (ctypes.c_int64 * len(numbers))(*numbers)


def at(address, count):
    """The doubles at an address."""
    return (ctypes.c_double * count).from_address(address)


def normalized(rows, mean, var, gamma, beta):
    return [g * (x - m) / math.sqrt(v + EPS) + b
            for row in rows for x, m, v, g, b in zip(row, mean, var, gamma, beta)]


def columns(rows):
    """Mean and biased variance of each column."""
    turned = list(zip(*rows))
    means = [sum(column) / len(column) for column in turned]
    return means, [sum((x - m) ** 2 for x in column) / len(column)
                   for column, m in zip(turned, means)]


class Base(unittest.TestCase):
    def assert_close(self, found, wanted, places=11):
        self.assertEqual(len(found), len(wanted))
        for one, other in zip(found, wanted):
            self.assertAlmostEqual(one, other, places)

    def assert_gradient(self, run, place, gradient, weights):
        """gradient is d (sum of weights * run()) / d place, by central differences."""
        for i, one in enumerate(gradient):
            old, sums = place[i], []
            for step in (1e-5, -1e-5):
                place[i] = old + step
                sums.append(sum(w * y for w, y in zip(weights, run())))
            place[i] = old
            self.assertAlmostEqual(one, (sums[0] - sums[1]) / 2e-5, 6)


class BatchNormTest(Base):
    def setUp(self):
        rng = random.Random(3)
        self.rows = [[rng.gauss(1, 2) for _ in range(3)] for _ in range(5)]
        self.x = doubles(x for row in self.rows for x in row)
        self.norm = pn.BatchNorm1d(3)

    def test_training_and_evaluation(self):
        norm, out = self.norm, doubles([0] * 15)
        gamma, beta = at(norm.gamma_ptr, 3), at(norm.beta_ptr, 3)
        self.assertEqual((list(gamma), list(beta)), ([1, 1, 1], [0, 0, 0]))
        gamma[:], beta[:] = [0.5, 2, 3], [1, 0, -1]
        self.assertEqual(norm.forward_f64(self.x, out, 5), 0)
        mean, var = columns(self.rows)
        self.assert_close(out, normalized(self.rows, mean, var, gamma, beta))
        running = at(norm.running_mean_ptr, 3), at(norm.running_var_ptr, 3)
        self.assert_close(running[0], [0.1 * m for m in mean])
        self.assert_close(running[1], [0.9 + 0.1 * v * 5 / 4 for v in var])
        norm.eval()
        before = list(running[0])
        self.assertEqual(norm.forward_f64(self.x, out, 5), 0)
        self.assert_close(out, normalized(self.rows, *running, gamma, beta))
        self.assertEqual(list(running[0]), before)
        self.assertEqual(norm.weight.dtype, pn.float64)

    def test_gradients(self):
        norm, out = self.norm, doubles([0] * 15)
        weights = doubles(random.Random(5).gauss(0, 1) for _ in range(15))
        grads = doubles([9] * 15), doubles([9] * 3), doubles([9] * 3)
        self.assertEqual(norm.backward_f64(weights, *grads, 5), -1)  # no forward yet
        gamma, beta = at(norm.gamma_ptr, 3), at(norm.beta_ptr, 3)
        gamma[:] = [0.5, 2, 3]

        def run():
            self.assertEqual(norm.forward_f64(self.x, out, 5), 0)
            return list(out)

        run()
        for _ in range(2):  # written, not added up
            self.assertEqual(norm.backward_f64(weights, *grads, 5), 0)
        self.assert_gradient(run, self.x, grads[0], weights)
        self.assert_gradient(run, gamma, grads[1], weights)
        self.assert_gradient(run, beta, grads[2], weights)
        self.assertEqual(norm.backward_f64(weights, *grads, 4), -1)

    def test_a_single_row(self):
        out, grads = doubles([5] * 3), [doubles([9] * 3) for _ in range(3)]
        self.assertEqual(self.norm.forward_f64(self.x, out, 1), 0)
        self.assertEqual(list(out), [0, 0, 0])
        self.assert_close(at(self.norm.running_mean_ptr, 3), [0.1 * x for x in self.rows[0]])
        self.assert_close(at(self.norm.running_var_ptr, 3), [0.9] * 3)
        self.assertEqual(self.norm.backward_f64(doubles([1, 2, 3]), *grads, 1), 0)
        self.assertEqual([list(grad) for grad in grads], [[0] * 3, [0] * 3, [1, 2, 3]])

    def test_every_kind_of_address(self):
        wanted = doubles([0] * 15)
        pn.BatchNorm1d(3).forward_f64(self.x, wanted, 5)
        pointer = ctypes.POINTER(ctypes.c_double)
        kinds = [lambda x: x, ctypes.addressof, lambda x: ctypes.cast(x, ctypes.c_void_p),
                 lambda x: ctypes.cast(x, pointer)]
        for kind in kinds:
            out = doubles([0] * 15)
            self.assertEqual(pn.BatchNorm1d(3).forward_f64(kind(self.x), kind(out), 5), 0)
            self.assertEqual(list(out), list(wanted))
        tensor, out = pn.tensor(list(self.x), dtype=pn.float64), pn.zeros((5, 3), pn.float64)
        self.assertEqual(pn.BatchNorm1d(3).forward_f64(tensor, out.data_ptr, 5), 0)
        self.assertEqual(out.flatten().tolist(), list(wanted))
        if numpy is not None:
            x, out = numpy.array(self.x), numpy.zeros(15)
            self.assertEqual(pn.BatchNorm1d(3).forward_f64(x.ctypes.data, out.ctypes.data, 5), 0)
            self.assertEqual(out.tolist(), list(wanted))
            self.assertEqual(pn.BatchNorm1d(3).forward_f64(x, out, 5), 0)

    def test_in_place(self):
        wanted, given = doubles([0] * 15), doubles(self.x)
        self.norm.forward_f64(self.x, wanted, 5)
        self.assertEqual(pn.BatchNorm1d(3).forward_f64(given, given, 5), 0)
        self.assertEqual(list(given), list(wanted))

    def test_what_is_refused(self):
        norm, out = self.norm, doubles([0] * 15)
        for x, y, batch in ((None, out, 5), (self.x, None, 5), (0, out, 5), (self.x, out, 0),
                            (self.x, ctypes.c_void_p(), 5), (self.x, out, -1)):
            self.assertEqual(norm.forward_f64(x, y, batch), -1)
        with self.assertRaises(ValueError):
            norm.forward_f64(self.x, out, 6)  # the arrays are shorter
        for wrong in ([0.0] * 15, (ctypes.c_float * 15)(), b"bytes", True, 1.5):
            with self.assertRaises(ctypes.ArgumentError, msg=repr(wrong)):
                norm.forward_f64(wrong, out, 5)
        with self.assertRaises(ctypes.ArgumentError):
            norm.forward_f64(self.x, bytes(120), 5)  # not writable
        with self.assertRaises(TypeError):
            norm.forward_f64(self.x, out, "5")


class LayerNormTest(Base):
    def test_values_and_gradients(self):
        rng = random.Random(8)
        rows = [[rng.gauss(1, 2) for _ in range(4)] for _ in range(3)]
        norm, out = pn.LayerNorm(4), doubles([0] * 12)
        x, weights = doubles(v for row in rows for v in row), doubles([1, -2, 3] * 4)
        gamma, beta = at(norm.gamma_ptr, 4), at(norm.beta_ptr, 4)
        gamma[:], beta[:] = [1, 2, 0.5, -1], [0, 1, 2, 3]

        def run():
            self.assertEqual(norm.forward_f64(x, out, 3), 0)
            return list(out)

        wanted = []
        for row in rows:
            means, variances = columns([[value] for value in row])
            wanted += normalized([row], means * 4, variances * 4, gamma, beta)
        self.assert_close(run(), wanted)
        norm.eval()
        self.assert_close(run(), wanted)
        grads = doubles([9] * 12), doubles([9] * 4), doubles([9] * 4)
        self.assertEqual(norm.backward_f64(weights, *grads, 3), 0)
        for place, grad in zip((x, gamma, beta), grads):
            self.assert_gradient(run, place, grad, weights)


class EmbeddingTest(Base):
    def test_rows(self):
        table, out = pn.Embedding(5, 3), doubles([0] * 9)
        numbers = at(table.weight_ptr, 15)
        numbers[:] = range(15)
        self.assertEqual(table.forward_f64(indices(4, 0, 4), 3, out), 0)
        self.assertEqual(list(out), [12, 13, 14, 0, 1, 2, 12, 13, 14])
        self.assertEqual(table([1]), [3, 4, 5])
        for wrong in (indices(5), indices(-1)):
            self.assertEqual(table.forward_f64(wrong, 1, out), -1)
        self.assertEqual(table.forward_f64(None, 1, out), -1)

    def test_gradients_add_up(self):
        table, grad = pn.Embedding(4, 2), doubles([1] * 8)
        with self.assertRaises(RuntimeError):
            table.backward_f64(doubles([1] * 4), grad)
        table([1, 3, 1])
        self.assertEqual(table.backward_f64(doubles([1, 2, 3, 4, 5, 6]), grad), 0)
        self.assertEqual(list(grad), [1, 1, 7, 9, 1, 1, 4, 5])
        self.assertEqual(table.backward_f64(doubles([1, 1]), grad, indices(0), 1), 0)
        self.assertEqual(list(grad), [2, 2, 7, 9, 1, 1, 4, 5])


class SmoothingTest(Base):
    def test_values_and_gradients(self):
        loss = pn.LabelSmoothingCrossEntropy(3, 0.2)
        logits, labels = doubles([1, 2, 0.5, -1, 0, 3]), indices(1, 0)
        grad = doubles([9] * 6)
        with self.assertRaises(RuntimeError):
            loss.backward_f64(grad)
        wanted, gradient = 0.0, []
        for row, label in ((logits[:3], 1), (logits[3:], 0)):
            total = sum(map(math.exp, row))
            for k, value in enumerate(row):
                share = 0.8 * (k == label) + 0.2 / 3
                wanted -= share * (value - math.log(total)) / 2
                gradient.append((math.exp(value) / total - share) / 2)
        self.assertAlmostEqual(loss.forward_f64(logits, labels, 2), wanted, 12)
        self.assertEqual(loss.backward_f64(grad), 0)
        self.assert_close(grad, gradient)
        self.assertAlmostEqual(loss(list(logits), [1, 0]), wanted, 12)
        grad[:] = [9] * 6
        self.assertEqual(loss.backward_f64(grad, logits, labels, 2), 0)
        self.assert_close(grad, gradient)
        with self.assertRaises(pn.NeuralException):
            loss.forward_f64(logits, indices(1, 3), 2)


if __name__ == "__main__":
    unittest.main()
