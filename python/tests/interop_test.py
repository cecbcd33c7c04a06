"""NumPy, buffers, lists, pickles and DLPack."""

import copy
import ctypes
import gc
import pickle
import unittest

import numpy as np

import pyneural as pn
from pyneural import _interop, _library
from pyneural._library import lib
from pyneural._signatures import neural_parameters


class NumPy(unittest.TestCase):
    def test_copies(self):
        for dtype in ("float32", "float64"):
            a = np.arange(6, dtype=dtype).reshape(2, 3)
            x = pn.Tensor.from_numpy(a)
            a[0] = 9
            self.assertEqual(x.tolist(), [[0, 1, 2], [3, 4, 5]])
            self.assertEqual(x.numpy().dtype, a.dtype)
            b = x.numpy()
            b[0] = 7
            self.assertEqual(x[0].tolist(), [0, 1, 2])

    def test_other_dtypes_become_f32(self):
        for dtype in ("int64", "uint8", "bool", "float16"):
            x = pn.from_numpy(np.array([0, 1], dtype))
            self.assertEqual((x.dtype, x.tolist()), (pn.float32, [0.0, 1.0]))
        self.assertEqual(pn.tensor(np.array([1, 2]), "int64").dtype, pn.int64)

    def test_any_layout_is_copied(self):
        a = np.arange(24.0).reshape(2, 3, 4)
        for b in (a.T, a[:, ::2], a[::-1], np.asfortranarray(a), np.broadcast_to(a[0], (5, 3, 4))):
            np.testing.assert_array_equal(pn.from_numpy(b).numpy(), b)

    def test_zero_copy(self):
        a = np.arange(6, dtype="float32").reshape(2, 3)
        x = pn.Tensor.from_numpy_zero_copy(a)
        self.assertEqual(x.data_ptr, a.ctypes.data)
        a[0, 0] = 5
        x[1, 1] = 6
        self.assertEqual((x[0, 0].item(), a[1, 1]), (5, 6))
        self.assertIs(x._numpy_ref, a)
        back = x.numpy_zero_copy()
        self.assertEqual(back.ctypes.data, a.ctypes.data)

    def test_lent_memory_lives_as_long_as_a_view(self):
        before = len(_interop._lent)
        a = np.ones(1000)
        view = pn.Tensor.from_numpy_zero_copy(a)[10:20]
        del a
        gc.collect()
        self.assertEqual(len(_interop._lent), before + 1)
        self.assertEqual(view.sum().item(), 10.0)
        del view
        self.assertEqual(len(_interop._lent), before)

    def test_an_array_keeps_its_tensor(self):
        b = pn.full((1000,), 3.0).numpy_zero_copy()
        gc.collect()
        for _ in range(10):
            pn.full((1000,), 4.0)
        self.assertEqual(b.sum(), 3000)

    def test_arrays_survive_that_parameters_move(self):
        x = pn.full((2000,), 3.0, requires_grad=True)
        a, b, c, d = x.numpy_zero_copy(), np.asarray(x), np.from_dlpack(x), np.asarray(x.buffer())
        addresses, out = (ctypes.c_void_p * 1)(x._ptr), ctypes.POINTER(neural_parameters)()
        _library.check(lib.neural_parameters_gather(addresses, None, 1, ctypes.byref(out)))
        for _ in range(10):
            pn.full((2000,), 4.0)
        self.assertNotEqual(x.data_ptr, a.ctypes.data)
        self.assertEqual([array.sum() for array in (a, b, c, d)], [6000.0] * 4)
        x.detach().fill(5.0)
        self.assertEqual((np.asarray(x).sum(), a.sum()), (10000.0, 6000.0))
        lib.neural_parameters_destroy(out)
        self.assertEqual(x.sum().item(), 10000.0)

    def test_zero_copy_refuses(self):
        a = np.ones((4, 4), "float32")
        for bad in (a.T, a[::2], a.astype("int32"), a.astype(">f4"), np.array([None])):
            with self.assertRaises(ValueError):
                pn.Tensor.from_numpy_zero_copy(bad)
        fixed = a.copy()
        fixed.flags.writeable = False
        with self.assertRaisesRegex(ValueError, "read-only"):
            pn.Tensor.from_numpy_zero_copy(fixed)

    def test_refused_elements(self):
        for bad in (np.array([None]), np.array(["a"]), np.array([1j])):
            with self.assertRaises(TypeError):
                pn.from_numpy(bad)

    def test_bfloat16_is_not_numpys(self):
        for x in (pn.ones((), "bfloat16"), pn.ones((2,), "bfloat16"), pn.ones((0,), "bfloat16")):
            self.assertEqual((x.numpy().dtype, x.numpy().shape), (np.float32, x.shape))
            self.assertEqual(str(x), str(x.numpy()))
            for refused in (lambda: np.asarray(x), x.numpy_zero_copy):
                with self.assertRaisesRegex(TypeError, "bfloat16"):
                    refused()
            with self.assertRaises(BufferError):
                x.buffer()

    def test_the_interface_of_a_view(self):
        x = pn.arange(24).reshape(2, 3, 4)
        np.testing.assert_array_equal(np.asarray(x.T), np.arange(24).reshape(2, 3, 4).T)
        np.testing.assert_array_equal(np.asarray(x[:, ::2]), x[:, ::2].tolist())
        self.assertEqual(x.strides, (48, 16, 4))

    def test_arrays_do_not_take_over(self):
        with self.assertRaises(TypeError):
            np.ones(2) + pn.ones(2)


class Buffers(unittest.TestCase):
    def test_a_view_of_the_memory(self):
        x = pn.arange(6).reshape(2, 3)
        view = x.buffer()
        self.assertEqual((view.shape, view.format), ((2, 3), "f"))
        view[1, 2] = 50.0
        self.assertEqual(x[1, 2].item(), 50.0)
        del x
        self.assertEqual(view.tolist(), [[0, 1, 2], [3, 4, 50]])
        with self.assertRaises(BufferError):
            pn.ones(2, 3).T.buffer()

    def test_pickles_and_copies(self):
        for dtype in ("float32", "float64", "int64", "bool", "bfloat16"):
            x = pn.tensor([[1, 0], [1, 1]], dtype)
            for y in (pickle.loads(pickle.dumps(x)), copy.copy(x), copy.deepcopy(x)):
                self.assertEqual((y.dtype, y.tolist()), (x.dtype, x.tolist()))
                self.assertNotEqual(y.data_ptr, x.data_ptr)
        self.assertTrue(pickle.loads(pickle.dumps(pn.ones(1, requires_grad=True))).requires_grad)
        self.assertEqual(pickle.loads(pickle.dumps(pn.zeros(0, 3))).shape, (0, 3))


class DLPack(unittest.TestCase):
    def test_to_numpy_and_back(self):
        for dtype in ("float32", "float64", "int8", "uint8", "int32", "int64"):
            x = pn.tensor([[1, 2, 3], [4, 5, 6]], dtype)
            a = np.from_dlpack(x)
            self.assertEqual((a.ctypes.data, str(a.dtype)), (x.data_ptr, dtype))
            np.testing.assert_array_equal(np.from_dlpack(x.T), a.T)
            b = a.copy()
            y = pn.from_dlpack(b)
            self.assertEqual((y.data_ptr, y.dtype), (b.ctypes.data, x.dtype))
            self.assertEqual(pn.from_dlpack(b.T).tolist(), b.T.tolist())
            del b
            self.assertEqual(y.tolist(), a.tolist())

    def test_memory_lives_as_long_as_needed(self):
        a = np.from_dlpack(pn.full((1000,), 3.0))
        gc.collect()
        pn.full((1000,), 4.0)
        self.assertEqual(a.sum(), 3000)

    def test_a_capsule_is_used_once(self):
        capsule = pn.ones(2).__dlpack__()
        x = pn.from_dlpack(capsule)
        with self.assertRaises(pn.NeuralException):
            pn.from_dlpack(capsule)
        self.assertEqual(x.tolist(), [1.0, 1.0])

    def test_unused_capsules_free_their_tensor(self):
        allocated = pn.core.lib.neural_alloc_bytes
        x = pn.ones(2)
        x.__dlpack__()
        before = allocated()
        for _ in range(2000):
            pn.full((1 << 16,), 1.0).__dlpack__()
        self.assertLess(allocated() - before, 1 << 21)

    def test_refused(self):
        for bad in (1, "x", None, object()):
            with self.assertRaises(TypeError):
                pn.from_dlpack(bad)
        with self.assertRaises((pn.NeuralException, BufferError)):
            pn.from_dlpack(np.ones(2, "complex64"))
        with self.assertRaises(pn.NeuralException):
            pn.from_dlpack(np.ones(3)[::-1])


try:
    import torch
except ImportError:
    torch = None


@unittest.skipUnless(torch, "torch is not installed")
class Torch(unittest.TestCase):
    def test_exchange(self):
        x = pn.arange(6).reshape(2, 3)
        t = torch.from_dlpack(x)
        self.assertEqual((t.data_ptr(), t.tolist()), (x.data_ptr, x.tolist()))
        t[0, 0] = 9
        self.assertEqual(x[0, 0].item(), 9)
        s = torch.arange(12, dtype=torch.float64).reshape(3, 4)
        y = pn.from_dlpack(s.t())
        self.assertEqual((y.data_ptr, y.tolist()), (s.data_ptr(), s.t().tolist()))
        del s
        gc.collect()
        self.assertEqual(y.sum().item(), 66)


if __name__ == "__main__":
    unittest.main()
