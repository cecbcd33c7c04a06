"""Creation, arithmetic, reductions, comparisons and writing in place, against NumPy."""

import math
import unittest

import numpy as np

import pyneural as pn


def array(*shape, dtype="float32", seed=1):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


class Creation(unittest.TestCase):
    def test_buffers_are_copied_by_their_format(self):
        import array
        self.assertEqual(pn.tensor(b"\x00\x07\xff").tolist(), [0, 7, 255])
        self.assertEqual(pn.tensor(bytearray(b"ab"), "uint8").dtype, 3)
        grid = memoryview(bytes(range(6))).cast("B", (2, 3))
        self.assertEqual(pn.tensor(grid).tolist(), [[0, 1, 2], [3, 4, 5]])
        self.assertEqual(pn.tensor(memoryview(array.array("d", [0.1]))).tolist(), [0.1])
        self.assertEqual(pn.tensor(memoryview(array.array("H", [3, 60000]))).tolist(), [3, 60000])
        self.assertEqual(pn.tensor(memoryview(b"abcd")[::2]).tolist(), [97, 99])
        self.assertEqual(pn.tensor(b"").shape, (0,))

    def test_shapes_and_values(self):
        self.assertEqual(pn.zeros(2, 3).tolist(), [[0.0] * 3] * 2)
        self.assertEqual(pn.ones((2, 3), "float64").dtype, pn.float64)
        self.assertEqual(pn.full((2,), 2.5).tolist(), [2.5, 2.5])
        self.assertEqual(pn.eye(2).tolist(), [[1.0, 0.0], [0.0, 1.0]])
        self.assertEqual(pn.arange(2, 8, 3).tolist(), [2.0, 5.0])
        self.assertEqual(pn.linspace(0, 1, 3).tolist(), [0.0, 0.5, 1.0])

    def test_scalars_and_empty_tensors(self):
        scalar = pn.Tensor.zeros([])
        self.assertEqual((scalar.shape, scalar.numel, scalar.tolist()), ((), 1, 0.0))
        empty = pn.zeros((2, 0, 3))
        self.assertEqual((empty.numel, empty.tolist()), (0, [[], []]))
        self.assertEqual(empty.numpy().shape, (2, 0, 3))

    def test_ones_are_ones(self):
        self.assertEqual(pn.Tensor.ones((2,)).tolist(), [1.0, 1.0])

    def test_every_dtype(self):
        for name in ("float32", "float64", "int8", "uint8", "int32", "int64", "bool", "bfloat16"):
            made = pn.tensor([[1, 0], [1, 1]], name)
            self.assertEqual(made.tolist(), [[1, 0], [1, 1]])
            self.assertEqual(made.to("float64").tolist(), [[1.0, 0.0], [1.0, 1.0]])

    def test_large_integers_are_exact(self):
        number = 2**62 + 1
        self.assertEqual(pn.tensor([number], "int64").tolist(), [number])
        self.assertEqual(pn.tensor(number, "int64").item(), number)

    def test_random_numbers_repeat(self):
        pn.manual_seed(7)
        first, second = pn.rand(100), pn.randn(100)
        pn.manual_seed(7)
        self.assertEqual(first.tolist(), pn.rand(100).tolist())
        self.assertEqual(second.tolist(), pn.randn(100).tolist())
        self.assertNotEqual(pn.rand(9).tolist(), pn.rand(9).tolist())
        self.assertTrue(0 <= first.min().item() and first.max().item() < 1)

    def test_the_module_can_be_called(self):
        self.assertEqual(pn.tensor([1.0, 2.0]).tolist(), pn.tensor.tensor([1.0, 2.0]).tolist())


class TheOriginalsNames(unittest.TestCase):
    """What the original's public package offers of tensors, by its names and meanings."""

    def test_creation(self):
        for name in ("create", "zeros", "ones"):
            made = getattr(pn.Tensor, name)([2, 3], pn.NeuralDtype.FLOAT64)
            self.assertEqual((made.shape, made.dtype, made.numel), ((2, 3), 1, 6))
        x = pn.Tensor.from_list([[1, 2], [3, 4]])
        self.assertEqual((x.ndim, x.nbytes, x.strides, x.is_contiguous), (2, 16, (8, 4), True))
        self.assertIsInstance(x._ptr, int)
        self.assertTrue(x._owns_data and x.data_ptr)
        self.assertEqual(pn.tensor.zeros((2,), 1).dtype, 1)
        self.assertTrue(pn.tensor.HAS_NUMPY and pn.tensor.NeuralBufferInfo)
        for wrong, code in ((((-1,), 0), 3), (((2,), 7777), 12)):
            with self.assertRaises(pn.NeuralException) as caught:
                pn.Tensor.create(*wrong)
            self.assertEqual(caught.exception.error_code, code)

    def test_facts_and_contents(self):
        x = pn.Tensor.zeros((2, 2))
        self.assertIs(x.fill(3.0), x)
        y = x.copy()
        y.fill(4.0)
        self.assertEqual((x.tolist(), y.numpy().tolist()), ([[3.0] * 2] * 2, [[4.0] * 2] * 2))
        self.assertEqual(x.__array_interface__["version"], 3)
        self.assertEqual(x.__array_interface__["data"], (x.data_ptr, False))
        self.assertEqual(pn.Tensor.zeros([]).tolist(), 0.0)

    def test_what_gradients_are_called(self):
        x = pn.Tensor.ones((2,))
        self.assertEqual((x.requires_grad, x.grad, x.grad_fn), (False, None, None))
        self.assertFalse(x.is_leaf)
        x.requires_grad = True
        self.assertTrue(x.is_leaf)
        x.grad = pn.Tensor.ones((2,))
        self.assertEqual(x.grad.tolist(), [1.0, 1.0])
        x.grad_fn = "mine"
        self.assertEqual((x.grad_fn, x.is_leaf), ("mine", False))
        y = x.detach()
        self.assertIs(y._base, x)
        self.assertEqual((y.requires_grad, y.grad_fn), (False, None))
        self.assertIs(x.detach_(), x)
        x.retain_grad()
        self.assertFalse(x.requires_grad)

    def test_refusals(self):
        x = pn.Tensor.ones((2, 3))
        for wrong in ("x", None, [1.0]):
            with self.assertRaises(TypeError):
                x + wrong
        with self.assertRaises(TypeError):
            x @ 2
        with self.assertRaises(ValueError):
            x @ x
        with self.assertRaises(pn.NeuralException) as caught:
            pn.Tensor(0)
        self.assertEqual(caught.exception.error_code, 1)


class Arithmetic(unittest.TestCase):
    def same(self, found, wanted, tolerance=1e-6):
        self.assertEqual(found.shape, np.shape(wanted))
        np.testing.assert_allclose(found.numpy(), wanted, rtol=tolerance, atol=tolerance)

    def test_operators_broadcast(self):
        for dtype in ("float32", "float64"):
            for left, right in (((2, 3), (2, 3)), ((2, 3), (3,)), ((4, 1, 3), (2, 1)), ((), (2,))):
                a, b = array(*left, dtype=dtype), array(*right, dtype=dtype, seed=2) + 3
                x, y = pn.from_numpy(a), pn.from_numpy(b)
                self.same(x + y, a + b)
                self.same(x - y, a - b)
                self.same(x * y, a * b)
                self.same(x / y, a / b)
                self.same(x.maximum(y), np.maximum(a, b))
                self.same(x.minimum(y), np.minimum(a, b))

    def test_numbers_on_either_side(self):
        a = array(2, 3) + 4
        x = pn.from_numpy(a)
        self.same(x + 2, a + 2)
        self.same(2 + x, a + 2)
        self.same(x - 2, a - 2)
        self.same(2 - x, 2 - a)
        self.same(x * 3, a * 3)
        self.same(x / 3, a / np.float32(3), 0)
        self.same(3 / x, np.float32(3) / a, 0)
        self.same(x + np.float32(2), a + 2)
        self.same(-x, -a)
        self.same(abs(-x), a)
        for power in (0, 1, 2, 3, 7, -1, -2, 0.5, 1.7):
            self.same(x**power, a**power, 1e-5)

    def test_zeros_keep_their_sign(self):
        x = pn.tensor([-0.0, 0.0])
        for result in (x * 2.0, x - 0.0, x**1, x.clone()):
            self.assertEqual([math.copysign(1, v) for v in result.tolist()], [-1.0, 1.0])

    def test_functions(self):
        a = abs(array(5)) + 0.1
        x = pn.from_numpy(a)
        for name in ("exp", "log", "sqrt", "square", "tanh"):
            self.same(getattr(x, name)(), getattr(np, name)(a), 1e-6)
        self.same(x.clamp(0.5, 1.0), np.clip(a, 0.5, 1.0))
        self.same(x.softmax(), np.exp(a) / np.exp(a).sum())

    def test_products(self):
        for left, right in (((2, 3), (3, 4)), ((3,), (3, 4)), ((5, 2, 3), (3, 4)), ((3,), (3,))):
            a, b = array(*left), array(*right)
            self.same(pn.from_numpy(a) @ pn.from_numpy(b), a @ b, 1e-5)

    def test_reductions(self):
        a = array(2, 3, 4)
        x = pn.from_numpy(a)
        for name in ("sum", "mean", "max", "min"):
            for axis in (None, 0, 1, -1, (0, 2), (1, -1)):
                for keepdim in (False, True):
                    wanted = getattr(np, name)(a, axis=axis, keepdims=keepdim)
                    found = getattr(x, name)(axis=axis, keepdim=keepdim)
                    self.same(found, wanted, 1e-5)
        self.same(x.var(1), a.var(1, ddof=1), 1e-5)
        self.same(x.std(unbiased=False), a.std(), 1e-5)
        self.same(x.norm(), np.linalg.norm(a), 1e-5)
        for axis in (None, 0, 1, -1):
            self.same(x.argmax(axis), a.argmax(axis))
            self.same(x.argmin(axis), a.argmin(axis))

    def test_comparisons(self):
        a, b = np.array([[1, 2, 3], [4, 5, np.nan]], "float32"), np.array([1, 5, 2], "float32")
        x, y = pn.from_numpy(a), pn.from_numpy(b)
        for operator in ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"):
            found = getattr(x, operator)(y)
            self.assertEqual(found.dtype, pn.bool_)
            self.same(found, getattr(a, operator)(b))
            self.same(getattr(x, operator)(2), getattr(a, operator)(2))
        whole = pn.tensor([2**62, 2**62 + 1], "int64")
        self.assertEqual((whole == whole[0]).tolist(), [True, False])
        self.assertTrue((x == x).any())
        self.assertFalse((x == x).all())
        self.assertEqual((pn.tensor([0.1]) == 0.1).tolist(), [True])
        self.assertEqual((pn.tensor([1, 2], "int32") > 1.5).tolist(), [False, True])

    def test_in_place(self):
        a, b = array(2, 3), array(3, seed=2)
        x, y = pn.from_numpy(a), pn.from_numpy(b)
        alias, address = x, x.data_ptr
        x += y
        x *= 2
        x -= y
        x /= 3
        self.assertIs(alias, x)
        self.assertEqual(address, x.data_ptr)
        self.same(x, ((a + b) * 2 - b) / 3)
        view = x[:, 1]
        view += 5
        x.mul_(2).add_(1).sub_(y).div_(2)
        wanted = ((a + b) * 2 - b) / 3
        wanted[:, 1] += 5
        self.same(x, (wanted * 2 + 1 - b) / 2)

    def test_functions_in_place(self):
        a = abs(array(4, 3)) + 0.5
        for name in "neg abs square sqrt exp log relu sigmoid tanh".split():
            x = pn.from_numpy(a).T
            address = x.data_ptr
            self.assertIs(getattr(x, name + "_")(), x)
            self.same(x, getattr(pn.from_numpy(a), name)().numpy().T)
            self.assertEqual(x.data_ptr, address)
        self.same(pn.from_numpy(a).clamp_(0.6, 0.9), a.clip(0.6, 0.9))
        self.same(pn.from_numpy(a).pow_(2), a * a)
        x = pn.zeros(1000).uniform_(-2, 3, seed=5)
        self.assertTrue((x >= -2).all() and (x < 3).all() and abs(x.mean().item() - 0.5) < 0.2)
        self.assertEqual(x.tolist(), pn.zeros(1000).uniform_(-2, 3, seed=5).tolist())
        self.assertAlmostEqual(x.normal_(1.0, 2.0, seed=1).std().item(), 2.0, delta=0.2)

    def test_a_single_number_is_one(self):
        loss = pn.tensor([3.0, 4.0]).mean()
        self.assertEqual(float(loss), 3.5)
        self.assertEqual("%.2f %s" % (loss, format(loss, ".1f")), "3.50 3.5")
        self.assertTrue(loss < 4 and loss == 3.5 and not loss > 4)
        self.assertEqual((int(loss), round(loss, 0), math.floor(loss)), (3, 4.0, 3))
        self.assertEqual(sum([loss, loss]).item(), 7.0)
        self.assertFalse(math.isnan(loss))
        with self.assertRaisesRegex(ValueError, r"\[2\]"):
            bool(pn.ones(2))

    def test_text(self):
        self.assertEqual(repr(pn.zeros(2, 3)), "Tensor(shape=(2, 3), dtype=float32)")
        self.assertEqual(str(pn.zeros(2)), str(np.zeros(2, "float32")))


if __name__ == "__main__":
    unittest.main()
