"""The same numbers as PyTorch's, forward and backward, where torch is installed."""

import unittest

import numpy as np

import pyneural as pn
from pyneural import functional as F

try:
    import torch
    import torch.nn.functional as T
except ImportError:
    torch = None


def array(*shape, seed=3, low=-2.0, high=2.0):
    return np.random.default_rng(seed).uniform(low, high, shape)


@unittest.skipUnless(torch, "torch is not installed")
class SameAsTorch(unittest.TestCase):
    def compare(self, ours, theirs, *arrays, tolerance=1e-10):
        """Values, and gradients of a weighted sum, of a function of tensors in both."""
        x = [pn.tensor(a, requires_grad=True) for a in arrays]
        t = [torch.tensor(a, requires_grad=True) for a in arrays]
        y, u = ours(*x), theirs(*t)
        self.assertEqual(y.shape, tuple(u.shape))
        np.testing.assert_allclose(y.numpy(), u.detach().numpy(), tolerance, tolerance)
        weights = array(*y.shape, seed=9).astype(arrays[0].dtype)
        y.backward(pn.tensor(weights))
        u.backward(torch.tensor(weights))
        for mine, other in zip(x, t):
            np.testing.assert_allclose(mine.grad.numpy(), other.grad.numpy(), tolerance, tolerance)

    def test_arithmetic(self):
        a, b, c = array(2, 3, 4), array(3, 1, seed=4), array(4, 5, seed=5)
        for function in (
            lambda x, y: x + y * 2 - 1,
            lambda x, y: x / (y * y + 1) - 3 / (x * x + 2),
            lambda x, y: (x * y) ** 3 + (y * y + 1) ** -2,
            lambda x, y: (x * y).sum(1),
            lambda x, y: (x + y).mean(-1),
            lambda x, y: (x - y).exp().sum(),
            lambda x, y: (x * x + y * y).sqrt(),
        ):
            self.compare(function, function, a, b)
        self.compare(lambda x, y: x @ y, lambda x, y: x @ y, a, c)
        self.compare(lambda x: x.var(1), lambda x: x.var(1), a)
        self.compare(lambda x: x.amax((0, 2)), lambda x: x.amax(2).amax(0), a)
        self.compare(lambda x: x.log_softmax(1), lambda x: x.log_softmax(1), a)

    def test_views(self):
        a = array(4, 3, 6)
        for function in (
            lambda x: x[1:, ::2][..., None, 2],
            lambda x: x[[2, 0, 2]],
            lambda x: x[:, [2, 2], 1:4],
            lambda x: x.permute(2, 0, 1).reshape(3, -1),
            lambda x: x.transpose(0, 2).flatten(1),
            lambda x: x.unsqueeze(1).expand(-1, 2, -1, -1) * 1.0,
            lambda x: x.split(4, 2)[1] * x.chunk(2, 2)[0][..., :2],
            lambda x: x.unbind(1)[2],
        ):
            self.compare(function, function, a)
        self.compare(lambda x: pn.cat([x, x * 2], 1), lambda x: torch.cat([x, x * 2], 1), a)
        self.compare(lambda x: pn.stack([x, x.exp()], 2), lambda x: torch.stack([x, x.exp()], 2), a)

    def test_activations(self):
        a = array(5, 7)
        for name in "relu leaky_relu gelu silu elu selu mish hardswish softplus".split():
            self.compare(getattr(F, name), getattr(T, name), a)
        self.compare(F.sigmoid, torch.sigmoid, a)
        self.compare(F.tanh, torch.tanh, a)
        # PyTorch 1.13 takes 1/6 as a float there.
        self.compare(F.hardsigmoid, T.hardsigmoid, a, tolerance=1e-7)
        self.compare(F.hardtanh, T.hardtanh, a)
        self.compare(lambda x: F.softmax(x, 0), lambda x: T.softmax(x, 0), a)

    def test_layers(self):
        x, w, b = array(2, 4, 7, 6), array(6, 2, 3, 2, seed=4), array(6, seed=5)
        self.compare(
            lambda x, w, b: F.conv2d(x, w, b, (2, 1), (1, 2), 1, 2),
            lambda x, w, b: T.conv2d(x, w, b, (2, 1), (1, 2), 1, 2),
            *(x, w, b),
        )
        self.compare(
            lambda x, w: F.conv_transpose2d(x, w, None, 2, 1, 1),
            lambda x, w: T.conv_transpose2d(x, w, None, 2, 1, 1),
            *(x, array(4, 3, 3, 3, seed=4)),
        )
        self.compare(lambda x: F.max_pool2d(x, 3, 2, 1), lambda x: T.max_pool2d(x, 3, 2, 1), x)
        self.compare(lambda x: F.avg_pool2d(x, 2), lambda x: T.avg_pool2d(x, 2), x)
        self.compare(
            lambda x: F.adaptive_avg_pool2d(x, (3, 2)),
            lambda x: T.adaptive_avg_pool2d(x, (3, 2)),
            x,
        )
        g, h = array(6, seed=6), array(6, seed=7)
        self.compare(
            lambda x, g, h: F.layer_norm(x, 6, g, h), lambda x, g, h: T.layer_norm(x, [6], g, h),
            *(x, g, h),
        )
        self.compare(
            lambda x, g: F.batch_norm(x, None, None, g, None, True),
            lambda x, g: T.batch_norm(x, None, None, g, None, True),
            *(x, array(4, seed=8)),
        )
        self.compare(F.linear, T.linear, array(5, 3), array(4, 3, seed=2), array(4, seed=4))
        index = [[0, 2], [2, 1]]
        self.compare(
            lambda w: F.embedding(pn.tensor(index, "int64"), w),
            lambda w: T.embedding(torch.tensor(index), w),
            array(3, 4),
        )

    def test_losses(self):
        a, b, p = array(5, 4), array(5, 4, seed=4), array(5, 4, seed=5, low=0.05, high=0.95)
        labels = [0, 3, 1, -100, 2]
        weights = [0.5, 1.0, 2.0, 1.5]
        for reduction in ("mean", "sum", "none"):
            for name in ("mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss"):
                self.compare(
                    lambda x, y: getattr(F, name)(x, y, reduction=reduction),
                    lambda x, y: getattr(T, name)(x, y, reduction=reduction),
                    *(a, b),
                )
            for name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
                target = (b > 0).astype("float64")
                self.compare(
                    lambda x: getattr(F, name)(x, pn.tensor(target), reduction=reduction),
                    lambda x: getattr(T, name)(x, torch.tensor(target), reduction=reduction),
                    p,
                )
            self.compare(
                lambda x: F.cross_entropy(
                    x,
                    pn.tensor(labels, "int64"),
                    pn.tensor(weights, "float64"),
                    reduction=reduction,
                    label_smoothing=0.1,
                ),
                lambda x: T.cross_entropy(
                    x,
                    torch.tensor(labels),
                    torch.tensor(weights, dtype=torch.float64),
                    reduction=reduction,
                    label_smoothing=0.1,
                ),
                a,
            )
            self.compare(
                lambda x: F.nll_loss(
                    x.log_softmax(1), pn.tensor(labels, "int64"), None, -100, reduction
                ),
                lambda x: T.nll_loss(
                    x.log_softmax(1), torch.tensor(labels), None, None, -100, None, reduction
                ),
                a,
            )

    def test_f32_is_close(self):
        a = array(6, 6).astype("float32")
        self.compare(lambda x: (x @ x).tanh(), lambda x: (x @ x).tanh(), a, tolerance=2e-5)

    def test_arguments_mean_the_same(self):
        a = array(3, 4)
        x, t = pn.tensor(a), torch.tensor(a)
        self.assertEqual(x.argmax(1).tolist(), t.argmax(1).tolist())
        self.assertEqual(x.argmin().item(), t.argmin().item())
        self.assertEqual(x.stride(), t.stride())
        self.assertEqual(x.T.stride(), t.T.stride())
        self.assertEqual([part.shape for part in x.split(3, 1)], [(3, 3), (3, 1)])
        self.assertEqual((x > 0).tolist(), (t > 0).tolist())
        self.assertEqual(pn.arange(1, 10, 4).tolist(), torch.arange(1, 10, 4).tolist())
        self.assertEqual(pn.eye(3).tolist(), torch.eye(3).tolist())


if __name__ == "__main__":
    unittest.main()
