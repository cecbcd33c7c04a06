"""Recording, gradients, hooks and functions of one's own."""

import threading
import unittest

import pyneural as pn
from pyneural import _gradient, autograd, function


class Recording(unittest.TestCase):
    def test_gradients(self):
        x = pn.tensor([1.0, 2.0, 3.0], requires_grad=True)
        y = (x * x + 1 / x).sum()
        self.assertTrue(y.requires_grad and not y.is_leaf and x.is_leaf)
        self.assertEqual((y.grad_fn.name(), x.grad_fn), ("sum", None))
        y.backward()
        for found, value in zip(x.grad.tolist(), (1.0, 2.0, 3.0)):
            self.assertAlmostEqual(found, 2 * value - 1 / value**2, places=5)
        (x * 2).sum().backward()
        self.assertAlmostEqual(x.grad[0].item(), 1 + 2, places=5)
        x.grad = None
        self.assertIsNone(x.grad)

    def test_backward_of_what_is_no_number(self):
        x = pn.ones((2, 3), requires_grad=True)
        with self.assertRaisesRegex(pn.NeuralException, r"\[2, 3\]"):
            (x * 2).backward()
        with self.assertRaisesRegex(pn.NeuralException, r"\[2, 3\].*\[3\]|\[3\].*\[2, 3\]"):
            (x * 2).backward(pn.ones(3))
        (x * 2).backward(pn.full((2, 3), 3.0))
        self.assertEqual(x.grad.tolist(), [[6.0] * 3] * 2)

    def test_a_graph_is_used_up(self):
        x = pn.ones(2, requires_grad=True)
        y = (x * x).sum()
        y.backward(retain_graph=True)
        y.backward()
        with self.assertRaises(pn.NeuralException):
            y.backward()
        self.assertEqual(x.grad.tolist(), [4.0, 4.0])

    def test_modes(self):
        x = pn.ones(2, requires_grad=True)
        self.assertTrue(pn.is_grad_enabled())
        with pn.no_grad():
            self.assertFalse((x * 2).requires_grad)
            with pn.enable_grad():
                self.assertTrue((x * 2).requires_grad)
            self.assertFalse(pn.is_grad_enabled())
        with pn.inference_mode() as mode:
            self.assertIsInstance(mode, pn.inference_mode)
            self.assertFalse(pn.is_grad_enabled())
        with self.assertRaises(KeyError), pn.no_grad():
            raise KeyError
        self.assertTrue(pn.is_grad_enabled())
        self.assertTrue(pn.set_grad_enabled(False))
        self.assertFalse(pn.set_grad_enabled(True))
        self.assertFalse(pn.no_grad()(lambda: pn.is_grad_enabled())())

    def test_threads_have_their_own_mode(self):
        seen = []
        with pn.no_grad():
            thread = threading.Thread(target=lambda: seen.append(pn.is_grad_enabled()))
            thread.start()
            thread.join()
        self.assertEqual(seen, [True])

    def test_detached_tensors_share_elements(self):
        x = pn.ones(2, requires_grad=True)
        y = (x * 2).detach()
        self.assertFalse(y.requires_grad)
        z = x.detach()
        z.fill(3.0)
        self.assertEqual(x.tolist(), [3.0, 3.0])
        w = x * 2
        self.assertIs(w.detach_(), w)
        self.assertFalse(w.requires_grad)

    def test_writing_in_place(self):
        x = pn.ones(2, requires_grad=True)
        with self.assertRaises(ValueError):
            x += 1
        with self.assertRaises(ValueError):
            x[0] = 1
        with pn.no_grad():
            x += 1
            x[0] = 5
        self.assertEqual(x.tolist(), [5.0, 2.0])
        y = x * 1
        y += 2  # recorded as y = y + 2
        y.sum().backward()
        self.assertEqual(x.grad.tolist(), [1.0, 1.0])

    def test_a_written_input_is_noticed(self):
        x, y = pn.ones(2, requires_grad=True), pn.ones(2)
        loss = (x * y).sum()
        y.fill(3.0)
        with self.assertRaisesRegex(ValueError, "in place"):
            loss.backward()

    def test_gradients_of_computed_tensors(self):
        x = pn.ones(2, requires_grad=True)
        y = x * 3
        y.retain_grad()
        (y * y).sum().backward()
        self.assertEqual(y.grad.tolist(), [6.0, 6.0])


class Hooks(unittest.TestCase):
    def test_hooks_see_and_replace_gradients(self):
        x = pn.ones(2, requires_grad=True)
        y = x * 2
        seen = []
        y.register_hook(lambda gradient: seen.append(gradient.tolist()))
        handle = x.register_hook(lambda gradient: gradient * 10)
        y.sum().backward()
        self.assertEqual((seen, x.grad.tolist()), ([[1.0, 1.0]], [20.0, 20.0]))
        handle.remove()
        handle.remove()
        x.grad = None
        (x * 2).sum().backward()
        self.assertEqual(x.grad.tolist(), [2.0, 2.0])

    def test_hooks_outlive_the_python_object_and_go_with_the_graph(self):
        before, seen = len(_gradient._hooks), []
        x = pn.ones(2, requires_grad=True)
        y = x * 2
        y.register_hook(lambda gradient: seen.append(1))
        z = y.sum()
        del y
        z.backward()
        self.assertEqual(seen, [1])
        del x, z
        self.assertEqual(len(_gradient._hooks), before)

    def test_what_a_hook_raises_is_raised(self):
        x = pn.ones(2, requires_grad=True)

        def hook(gradient):
            raise KeyError("mine")

        x.register_hook(hook)
        with self.assertRaisesRegex(KeyError, "mine"):
            x.sum().backward()

    def test_hooks_of_every_backward(self):
        seen = []
        first, second = pn.register_hook(seen.append), pn.register_hook(lambda root: None)
        x = pn.ones(2, requires_grad=True)
        root = x.sum()
        root.backward()
        self.assertEqual(len(seen), 1)
        self.assertIs(seen[0], root)
        self.assertTrue(pn.remove_hook(first))
        self.assertFalse(pn.remove_hook(first))
        pn.clear_hooks()
        self.assertFalse(pn.remove_hook(second))
        x.sum().backward()
        self.assertEqual(len(seen), 1)


class Scaled(pn.Function):
    """x * y * factor, with gradients of its own."""

    @staticmethod
    def forward(ctx, x, y, factor):
        ctx.save_for_backward(x, y)
        ctx.factor = factor
        return x * y * factor

    @staticmethod
    def backward(ctx, gradient):
        x, y = ctx.saved_tensors
        assert not pn.is_grad_enabled()
        return gradient * y * ctx.factor, gradient * x * ctx.factor, None


class Functions(unittest.TestCase):
    def test_gradients(self):
        before, nodes = len(function._calls), autograd.node_count()
        x = pn.tensor([1.0, 2.0], requires_grad=True)
        y = pn.tensor([3.0, 4.0], requires_grad=True)
        z = Scaled.apply(x, y, 5.0)
        self.assertEqual(z.tolist(), [15.0, 40.0])
        (z * 2).sum().backward()
        self.assertEqual(x.grad.tolist(), [30.0, 40.0])
        self.assertEqual(y.grad.tolist(), [10.0, 20.0])
        del z
        self.assertEqual((len(function._calls), autograd.node_count()), (before, nodes))

    def test_nothing_is_recorded_without_need(self):
        before = len(function._calls)
        self.assertFalse(Scaled.apply(pn.ones(2), pn.ones(2), 1.0).requires_grad)
        with pn.no_grad():
            x = pn.ones(2, requires_grad=True)
            self.assertFalse(Scaled.apply(x, x, 1.0).requires_grad)
        self.assertEqual(len(function._calls), before)

    def test_needs_input_grad(self):
        seen = []

        class Looks(pn.Function):
            @staticmethod
            def forward(ctx, x, y):
                seen.append(ctx.needs_input_grad)
                return x + y

            @staticmethod
            def backward(ctx, gradient):
                return gradient, None

        x = pn.ones(2, requires_grad=True)
        Looks.apply(x, pn.ones(2)).sum().backward()
        self.assertEqual((seen, x.grad.tolist()), ([(True, False)], [1.0, 1.0]))

    def test_mistakes(self):
        x = pn.ones(2, requires_grad=True)

        def make(forward, backward):
            return type(
                "Bad",
                (pn.Function,),
                {"forward": staticmethod(forward), "backward": staticmethod(backward)},
            )

        with self.assertRaisesRegex(TypeError, "forward returned int"):
            make(lambda ctx, x: 1, None).apply(x)
        with self.assertRaisesRegex(ValueError, "2 gradients"):
            make(lambda ctx, x: x * 1, lambda ctx, g: (g, g)).apply(x).sum().backward()
        with self.assertRaisesRegex(pn.NeuralException, r"\[3\].*\[2\]"):
            make(lambda ctx, x: x * 1, lambda ctx, g: pn.ones(3)).apply(x).sum().backward()
        with self.assertRaises(ZeroDivisionError):
            make(lambda ctx, x: x * 1, lambda ctx, g: 1 / 0).apply(x).sum().backward()
        with self.assertRaises(NotImplementedError):
            pn.Function.apply(x)
        self.assertTrue(pn.is_grad_enabled())


if __name__ == "__main__":
    unittest.main()
