"""Whole numbers and mixed dtypes: exact, and of PyTorch's dtypes and values where it is there."""

import itertools
import operator
import random
import unittest

import pyneural as pn

try:
    import torch
except ImportError:
    torch = None

NAMES = ("float32", "float64", "int8", "uint8", "int32", "int64", "bool", "bfloat16")
WHOLE = ("int8", "uint8", "int32", "int64")
BITS = {"int8": 8, "uint8": 8, "int32": 32, "int64": 64}
OPERATORS = (operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv,
             operator.mod, operator.and_, operator.or_, operator.xor)
COMPARISONS = (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)


def wrapped(value, name):
    """value modulo what a dtype holds."""
    size = 1 << BITS[name]
    rest = value % size
    return rest - size if name != "uint8" and rest >= size // 2 else rest


class WholeTest(unittest.TestCase):
    def test_exact_or_wrapping(self):
        rng = random.Random(2)
        for name in WHOLE:
            ends = 1 << (BITS[name] - 1)
            left, right = (
                [wrapped(rng.choice((rng.randint(-9, 9), rng.randint(-ends, ends))), name)
                 for _ in range(50)] for _ in range(2))
            right = [value or 3 for value in right]
            a, b = pn.tensor(left, dtype=name), pn.tensor(right, dtype=name)
            for op in (operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod,
                       operator.and_, operator.or_, operator.xor):
                found = op(a, b)
                self.assertEqual(NAMES[found.dtype], name)
                wanted = [wrapped(op(x, y), name) for x, y in zip(left, right)]
                self.assertEqual(found.tolist(), wanted, (op.__name__, name))
            self.assertEqual((-a).tolist(), [wrapped(-x, name) for x in left])
            self.assertEqual(abs(a).tolist(), [wrapped(abs(x), name) for x in left])
            self.assertEqual((~a).tolist(), [wrapped(~x, name) for x in left])
            self.assertEqual((a ** 3).tolist(), [wrapped(x ** 3, name) for x in left])
            self.assertEqual((a ** 0).tolist(), [1] * 50)
            self.assertEqual(a.square().tolist(), [wrapped(x * x, name) for x in left])
            self.assertEqual(a.relu().tolist(), [max(x, 0) for x in left])
            self.assertEqual(a.clamp(-5, 7).tolist(), [min(max(x, -5), 7) for x in left])
            self.assertEqual(a.maximum(b).tolist(), list(map(max, left, right)))
            self.assertEqual(a.minimum(b).tolist(), list(map(min, left, right)))

    def test_reductions(self):
        rng = random.Random(3)
        for name, rows, cols in itertools.product(WHOLE, (1, 2, 5), (1, 3, 8)):
            ends = 1 << (BITS[name] - 1)
            table = [[wrapped(rng.randint(-ends, ends), name) for _ in range(cols)]
                     for _ in range(rows)]
            x = pn.tensor(table, dtype=name)
            total = [wrapped(sum(row), "int64") for row in table]
            self.assertEqual(x.sum(1).tolist(), total)
            self.assertEqual(x.sum(1).dtype, pn.int64)
            self.assertEqual(x.sum().item(), wrapped(sum(total), "int64"))
            self.assertEqual(x.sum((0, 1), keepdim=True).shape, (1, 1))
            self.assertEqual(x.max(0).tolist(), [max(column) for column in zip(*table)])
            self.assertEqual(x.min(-1, keepdim=True).tolist(), [[min(row)] for row in table])
            self.assertEqual(NAMES[x.max().dtype], name)
            self.assertEqual(x.argmax(1).tolist(), [row.index(max(row)) for row in table])
            self.assertEqual(x.argmin(1).tolist(), [row.index(min(row)) for row in table])
            flat = sum(table, [])
            self.assertEqual(x.argmax().item(), flat.index(max(flat)))
            self.assertEqual(x.argmin().item(), flat.index(min(flat)))
            self.assertEqual(x.tolist(), table)  # untouched
        self.assertEqual(pn.zeros((0, 2), "int64").sum(0).tolist(), [0, 0])
        with self.assertRaises(pn.errors.ShapeMismatchError):
            pn.zeros((0, 2), "int64").max(0)
        mask = pn.tensor([1.0, 5.0, 7.0]) > 2
        self.assertEqual((mask.sum().item(), mask.sum().dtype), (2, pn.int64))

    def test_beyond_doubles(self):
        big = 2**62 + 1
        x = pn.tensor([big, big - 1], dtype="int64")
        self.assertEqual((x + 1).tolist(), [big + 1, big])
        self.assertEqual((x - (big - 1)).tolist(), [1, 0])
        self.assertEqual((x == big).tolist(), [True, False])
        self.assertEqual((x < 2**70).tolist(), [True, True])
        self.assertEqual(x.argmax().item(), 0)
        with self.assertRaises(ValueError):
            x + 2**63
        with self.assertRaises(ValueError):
            x // 0

    def test_numbers_beside(self):
        x, mask = pn.tensor([1, 2, 3], dtype="int32"), pn.tensor([0, 1, 1], dtype="bool")
        for result, dtype, values in (
            (x + 1, pn.int32, [2, 3, 4]),
            (5 - x, pn.int32, [4, 3, 2]),
            (x * 0.5, pn.float32, [0.5, 1, 1.5]),
            (x / 2, pn.float32, [0.5, 1, 1.5]),
            (6 / x, pn.float32, [6, 3, 2]),
            (7 // x, pn.int32, [7, 3, 2]),
            (7 % x, pn.int32, [0, 1, 1]),
            (x ** 2, pn.int32, [1, 4, 9]),
            (x ** 0.5 * 0, pn.float32, [0, 0, 0]),
            (mask + 1, pn.int64, [1, 2, 2]),
            (mask * 1.5, pn.float32, [0, 1.5, 1.5]),
            (mask | True, pn.bool_, [1, 1, 1]),
            (~mask, pn.bool_, [1, 0, 0]),
            (x.clamp(1.5), pn.float32, [1.5, 2, 3]),
            (x < 2.5, pn.bool_, [1, 1, 0]),
            (mask == 2, pn.bool_, [0, 0, 0]),
            (pn.tensor([200], dtype="uint8") == -56, pn.bool_, [0]),
            (pn.tensor([1.5]) + mask[:1], pn.float32, [1.5]),
        ):
            self.assertEqual((result.dtype, result.tolist()), (dtype, values))

    def test_in_place(self):
        x = pn.tensor([100, 2], dtype="int8")
        x += 100
        self.assertEqual(x.tolist(), [-56, 102])
        x -= pn.tensor([300, 300])[:2].to("int64")
        self.assertEqual(x.tolist(), [wrapped(-356, "int8"), wrapped(-198, "int8")])
        for change in (lambda: x.add_(1.5), lambda: x.div_(2), lambda: x.exp_(),
                       lambda: (x > 0).add_(1)):
            with self.assertRaises(TypeError):
                change()
        y = pn.tensor([1.0, 2.0])
        y += pn.tensor([1.0, 2.0], dtype="float64")
        y *= pn.tensor([3, 4], dtype="int64")
        self.assertEqual((y.dtype, y.tolist()), (pn.float32, [6, 16]))

    def test_what_is_refused(self):
        x, mask, f = pn.tensor([1], dtype="int64"), pn.tensor([1], dtype="bool"), pn.ones(1)
        for wrong in (lambda: x.mean(), lambda: x.std(), lambda: x @ x, lambda: mask - mask,
                      lambda: -mask, lambda: f & f, lambda: x & 1.5, lambda: x.softmax(0),
                      lambda: ~f, lambda: f // 2, lambda: f @ f.double(), lambda: x + "1",
                      lambda: pn.functional.gelu(x)):
            with self.assertRaises(TypeError):
                wrong()
        with self.assertRaises(ValueError):
            x ** -1
        x.free()
        with self.assertRaises(pn.errors.NullPointerError):
            x // 2

    def test_gradients_through_conversions(self):
        w = pn.tensor([1.0, 2.0, 3.0], requires_grad=True)
        d = pn.tensor([0.5, 0.25, 2.0], dtype="float64", requires_grad=True)
        y = (w * d).sum() + (w.double() * 3).sum()
        self.assertEqual(y.dtype, pn.float64)
        y.backward()
        self.assertEqual((w.grad.dtype, w.grad.tolist()), (pn.float32, [3.5, 3.25, 5.0]))
        self.assertEqual((d.grad.dtype, d.grad.tolist()), (pn.float64, [1, 2, 3]))
        (w * pn.tensor([1, 2, 3], dtype="int32")).sum().backward()
        self.assertEqual(w.grad.tolist(), [4.5, 5.25, 8.0])
        with pn.no_grad():
            self.assertFalse(w.double().requires_grad)


@unittest.skipIf(torch is None, "PyTorch is not installed")
class TorchTest(unittest.TestCase):
    def values(self, name, count):
        return {"bool": [True, False, True], "uint8": [7, 250, 3]}.get(name, [7, -5, 3])[:count]

    def both(self, name, count):
        """Our tensor and PyTorch's; 0-dim for a count of None."""
        values = self.values(name, count or 1)
        given = values if count else values[0]
        return pn.tensor(given, dtype=name), torch.tensor(given, dtype=getattr(torch, name))

    def assert_as_torch(self, op, ours, theirs, about):
        try:
            wanted = op(*theirs)
        except (RuntimeError, TypeError, ZeroDivisionError) as error:
            kinds = [getattr(one, "dtype", pn.bool_ if one is True else None) for one in ours]
            if "with a bool" in str(error) and kinds != [pn.bool_] * 2:
                return  # 1.0 - mask is allowed here
            with self.assertRaises((TypeError, ValueError), msg=about):
                op(*ours)
            return
        name = str(wanted.dtype).split(".")[1]
        if name == "int16":  # of int8 and uint8
            name, wanted = "int32", op(*(one.int() for one in theirs))
        is_float = wanted.dtype.is_floating_point
        if is_float and op in (operator.floordiv, operator.mod):
            return  # ours are of whole numbers
        found = op(*ours)
        self.assertEqual(NAMES[found.dtype], name, about)
        if is_float:
            limit = 0.02 if name == "bfloat16" else 1e-6
            for one, other in zip(found.flatten().tolist(), wanted.flatten().tolist()):
                if one == one or other == other:
                    if one == other:
                        continue
                    self.assertLess(abs(one - other), limit * max(1, abs(other)), about)
        else:
            self.assertEqual(found.tolist(), wanted.tolist(), about)

    def test_every_pair_of_dtypes(self):
        for left, right in itertools.product(NAMES, NAMES):
            for counts in ((3, 3), (3, None), (None, 3), (None, None)):
                ours, theirs = zip(self.both(left, counts[0]), self.both(right, counts[1]))
                for op in OPERATORS + COMPARISONS:
                    self.assert_as_torch(op, ours, theirs, (left, right, counts, op.__name__))

    def test_every_dtype_with_numbers(self):
        for name, number in itertools.product(NAMES, (True, 2, -3, 1.5, 0.0)):
            for count, turn in itertools.product((3, None), (False, True)):
                mine, other = self.both(name, count)
                for op in OPERATORS + COMPARISONS:
                    ours, theirs = (mine, number), (other, number)
                    if turn:
                        ours, theirs = ours[::-1], theirs[::-1]
                    about = (name, number, count, turn, op.__name__)
                    if name == "uint8" and number == -3 and op in COMPARISONS:
                        continue  # PyTorch turns -3 into 253
                    self.assert_as_torch(op, ours, theirs, about)


if __name__ == "__main__":
    unittest.main()
