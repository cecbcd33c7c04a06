"""Exceptions: a class per code, both shapes in the text, and no misuse that ends the process."""

import unittest

import pyneural as pn
from pyneural import core, errors


class Classes(unittest.TestCase):
    def test_one_class_per_code(self):
        codes = {
            value for name, value in vars(pn.NeuralError).items() if name.isupper() and value != 0
        }
        self.assertEqual(codes, set(errors.EXCEPTIONS))
        self.assertEqual(len(set(errors.EXCEPTIONS.values())), len(codes))
        for code, kind in errors.EXCEPTIONS.items():
            raised = errors.exception_of(code)
            self.assertIsInstance(raised, pn.NeuralException)
            self.assertIsInstance(raised, kind)
            self.assertEqual(raised.error_code, code)
            self.assertEqual(str(raised), "NeuralError(%d): %s" % (code, raised.message))
            self.assertEqual(raised.message, pn.get_error_message(code))

    def test_pythons_own_classes(self):
        self.assertTrue(issubclass(errors.ShapeMismatchError, ValueError))
        self.assertTrue(issubclass(errors.OutOfMemoryError, MemoryError))
        self.assertTrue(issubclass(errors.FileMissingError, FileNotFoundError))

    def test_the_originals_form(self):
        raised = pn.NeuralException(4, "text")
        self.assertEqual((raised.error_code, str(raised)), (4, "NeuralError(4): text"))
        self.assertEqual(str(pn.NeuralException(99)), "NeuralError(99): Internal error")
        self.assertEqual(pn.get_error_message(2**70), "Internal error")
        core._check_error(0, "op")
        with self.assertRaisesRegex(pn.NeuralException, "op failed"):
            core._check_error(4, "op")

    def test_the_last_error(self):
        pn.clear_error()
        self.assertEqual(pn.get_last_error(), 0)
        with self.assertRaises(pn.NeuralException):
            pn.zeros((-1,))
        self.assertEqual(pn.get_last_error(), pn.NeuralError.INVALID_ARGUMENT)
        pn.clear_error()


class Misuse(unittest.TestCase):
    def refuse(self, kind, text, function):
        with self.assertRaisesRegex(kind, text):
            function()

    def test_shapes_are_named(self):
        a, b = pn.ones(2, 3), pn.ones(4, 5)
        for operation in (lambda: a + b, lambda: a @ b, lambda: a == b, lambda: a.copy_(b)):
            self.refuse(ValueError, r"\[2, 3\].*\[4, 5\]|\[4, 5\].*\[2, 3\]", operation)
        self.refuse(ValueError, r"\[2, 3\].*\[4\]", lambda: a.reshape(4))
        self.refuse(ValueError, r"\[2, 3\].*\[4, 5\]", lambda: pn.cat([a, b]))
        self.refuse(ValueError, r"\[2, 3\].*\[4, 5\]", lambda: a.expand(4, 5))
        self.refuse(ValueError, r"\[2, 3\]", lambda: a.item())
        self.refuse(ValueError, r"\[4, 5\]", lambda: a.__setitem__(slice(None), b))

    def test_dtypes(self):
        a = pn.ones(2)
        self.refuse(TypeError, "f32.*f64", lambda: a @ pn.ones((2,), "float64"))
        self.refuse(TypeError, "int64", lambda: pn.ones((2,), "int64").mean())
        for dtype in (99, -1, "float16", None, [1], object, 2**70, True):
            self.refuse(TypeError, "dtype", lambda: pn.zeros((2,), dtype=dtype))
        with self.assertRaises(pn.NeuralException) as caught:
            pn.zeros((2,), 7777)
        self.assertEqual(caught.exception.error_code, pn.NeuralError.INVALID_DTYPE)

    def test_sizes(self):
        self.refuse(ValueError, "-1", lambda: pn.zeros((-1, 2)))
        self.refuse(ValueError, "64 bits", lambda: pn.zeros((2**70,)))
        self.refuse(MemoryError, "", lambda: pn.zeros((2**40, 2**40)))
        self.refuse(MemoryError, "", lambda: pn.zeros((2**50,)))
        self.refuse(ValueError, "9", lambda: pn.zeros((1,) * 9))
        self.refuse(TypeError, "float", lambda: pn.zeros((1.5,)))
        self.refuse(TypeError, "str", lambda: pn.zeros("ab"))

    def test_indices(self):
        a = pn.ones(2, 3)
        self.refuse(IndexError, r"5.*\[2, 3\]", lambda: a[5])
        self.refuse(IndexError, "", lambda: a[0, 0, 0])
        self.refuse(IndexError, "", lambda: a[[0, 9]])
        self.refuse(IndexError, "ellipsis", lambda: a[..., ...])
        self.refuse(ValueError, "step", lambda: a[::-1])
        self.refuse(TypeError, "", lambda: a["x"])
        self.refuse(TypeError, "", lambda: a[0.5])
        self.refuse(ValueError, r"\[2, 3\]", lambda: a.sum(2))
        self.refuse(ValueError, "32 bits", lambda: a.sum(2**40))
        self.refuse(ValueError, "", lambda: a.permute(0, 0))
        self.refuse(ValueError, "", lambda: a.transpose(0, 7))

    def test_freed_tensors(self):
        a, b = pn.ones(2), pn.ones(2)
        b.free()
        b.free()
        self.assertEqual(repr(b), "Tensor(freed)")
        for use in (
            lambda: a + b,
            lambda: b + 1,
            lambda: b.shape,
            lambda: b.tolist(),
            lambda: b[0],
            lambda: b.backward(),
            lambda: b.fill(1.0),
            lambda: pn.cat([a, b]),
            lambda: float(b),
            lambda: b.__array_interface__,
            lambda: b.requires_grad,
            lambda: b.transpose(0, 0),
            lambda: b.detach(),
            lambda: b.__dlpack__(),
            lambda: b.copy(),
        ):
            self.refuse(errors.NullPointerError, "", use)

    def test_wrong_kinds(self):
        a = pn.ones(2)
        for other in ("x", [1.0, 2.0], None, object()):
            self.refuse(TypeError, "", lambda: a + other)
            self.refuse(TypeError, "", lambda: a @ other)
            self.refuse(TypeError, "", lambda: a.matmul(other))
            self.refuse(TypeError, "", lambda: pn.cat([a, other]))
            self.refuse(TypeError, "", lambda: a.fill(other))
        self.refuse(ValueError, "different lengths", lambda: pn.tensor([[1.0], [2.0, 3.0]]))
        self.refuse(TypeError, "address", lambda: pn.Tensor([1.0]))
        self.refuse(pn.NeuralException, "null", lambda: pn.Tensor(None))
        self.refuse(ValueError, "", lambda: pn.cat([]))


if __name__ == "__main__":
    unittest.main()
