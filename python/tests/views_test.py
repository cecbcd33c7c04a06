"""Views, indexing and joins, against NumPy."""

import unittest

import numpy as np

import pyneural as pn


class Views(unittest.TestCase):
    def setUp(self):
        self.a = np.arange(24, dtype="float32").reshape(2, 3, 4)
        self.x = pn.from_numpy(self.a)

    def same(self, found, wanted):
        self.assertEqual(found.shape, wanted.shape)
        np.testing.assert_array_equal(found.numpy(), wanted)

    def test_shapes(self):
        a, x = self.a, self.x
        self.same(x.reshape(6, -1), a.reshape(6, -1))
        self.same(x.view((4, 6)), a.reshape(4, 6))
        self.same(x.transpose(0, -1), a.swapaxes(0, -1))
        self.same(x.permute(2, 0, 1), a.transpose(2, 0, 1))
        self.same(x.T, a.T)
        self.same(x[0].t(), a[0].T)
        self.same(x.flatten(1), a.reshape(2, 12))
        self.same(x.unsqueeze(-1), a[..., None])
        self.same(x.unsqueeze(1).squeeze(1), a)
        self.same(x[:1].squeeze(), a[0])
        self.same(x[:, :1].expand(2, 5, -1), np.broadcast_to(a[:, :1], (2, 5, 4)))
        self.same(x.expand(3, -1, -1, -1), np.broadcast_to(a, (3, 2, 3, 4)))
        with self.assertRaises(ValueError):
            x.T.view(24)

    def test_views_share_elements(self):
        view = self.x[1].reshape(-1)[::2]
        view.fill(-1.0)
        self.a[1].reshape(-1)[::2] = -1
        self.same(self.x, self.a)

    def test_basic_indices(self):
        a, x = self.a, self.x
        for index in (
            0,
            -1,
            (1, 2),
            (1, 2, 3),
            slice(1, None),
            (slice(None), 1),
            (Ellipsis, 0),
            (0, Ellipsis, slice(None, None, 3)),
            None,
            (None, 0, None),
            (slice(None), None, slice(1, 3)),
            (slice(5, 2),),
            np.int64(1),
        ):
            self.same(x[index], np.asarray(a[index]))

    def test_lists_and_masks(self):
        a, x = self.a, self.x
        self.same(x[[1, 0, 1]], a[[1, 0, 1]])
        self.same(x[:, [2, 0]], a[:, [2, 0]])
        self.same(x[:, :, np.array([-1, 0])], a[:, :, np.array([-1, 0])])
        self.same(x[pn.tensor([[1, 0]], "int64")], a[np.array([[1, 0]])])
        self.same(x[x > 10], a[a > 10])
        self.same(x[[True, False]], a[[True, False]])
        self.same(x[:, x[0, :, 0] > 0], a[:, a[0, :, 0] > 0])
        self.same(x[x > 99], a[a > 99])
        whole = pn.tensor(a, "int64")
        self.same(whole[[1, 1]], a.astype("int64")[[1, 1]])

    def test_writing(self):
        a, x = self.a, self.x
        for index, value in (
            (0, 5.0),
            ((slice(None), 1), np.array([1, 2, 3, 4], "float32")),
            ((1, 2, 3), -1),
            ((Ellipsis, slice(None, None, 2)), 0.5),
            ([1], 8.0),
            ((slice(None), [0, 2]), np.ones((2, 2, 4), "float32")),
        ):
            x[index] = pn.from_numpy(value) if isinstance(value, np.ndarray) else value
            a[index] = value
            self.same(x, a)
        x[0] = [[1, 2, 3, 4]] * 3
        a[0] = [[1, 2, 3, 4]] * 3
        self.same(x, a)

    def test_joins_and_parts(self):
        a, x = self.a, self.x
        self.same(pn.cat([x, x, x], 1), np.concatenate([a, a, a], 1))
        self.same(pn.stack([x, x], -1), np.stack([a, a], -1))
        for found, wanted in zip(x.split(2, 1), np.split(a, [2], 1)):
            self.same(found, wanted)
        for found, wanted in zip(x.split([1, 3], -1), np.split(a, [1], -1)):
            self.same(found, wanted)
        for found, wanted in zip(x.chunk(3, 2), np.split(a, [2], 2)):
            self.same(found, wanted)
        self.assertEqual([part.tolist() for part in x.unbind(1)], a.swapaxes(0, 1).tolist())
        self.assertEqual([row.tolist() for row in x], a.tolist())

    def test_gradients_go_through(self):
        x = pn.tensor(self.a, "float64", requires_grad=True)
        parts = [x[0, 1:], x[[1, 1]].reshape(6, 4)[:2], x.permute(2, 0, 1)[0], x.T[1]]
        sum(part.sum() for part in parts).backward()
        want = np.zeros((2, 3, 4))
        want[0, 1:] += 1
        want[1, :2] += 1
        want[:, :, 0] += 1
        want.T[1] += 1
        self.same(x.grad, want)


if __name__ == "__main__":
    unittest.main()
