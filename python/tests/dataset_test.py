"""Data from files, loaders, transforms, metrics, initialisation."""

import math
import unittest

import pyneural as pn
from in_directory import InDirectory
from pyneural import dataset, metrics, nn, transforms

try:
    import numpy
except ImportError:
    numpy = None


class DataTest(InDirectory):
    def test_csv(self):
        data = self.write("d.csv", "1,2\n3,4\n5,6\n")
        labels = self.write("l.csv", "0\n1\n2\n")
        rows = pn.Dataset.from_csv(data, labels)
        self.assertEqual(repr(rows), "Dataset(size=3)")
        x, y = rows.get_batch(1, 2)
        self.assertEqual((x.tolist(), y.tolist()), ([[5.0, 6.0]], [2.0]))
        self.assertEqual(rows.get_batch(2, 2), (None, None))
        with self.assertRaises(FileNotFoundError):
            pn.Dataset.from_csv(self.path("none.csv"))
        with self.assertRaisesRegex(ValueError, "d2.csv:2"):
            pn.Dataset.from_csv(self.write("d2.csv", "1,2\n3,x\n"))

    def test_loaders_give_every_row_once(self):
        rows = pn.TensorDataset([[float(i)] for i in range(50)], list(range(50)))
        orders = []
        for workers in (0, 3):
            loader = pn.DataLoader(rows, 8, shuffle=True, num_workers=workers)
            self.assertEqual(len(loader), 7)
            order = [int(v) for x, y in loader for v in y.tolist()]
            self.assertEqual(sorted(order), list(range(50)))
            orders.append(order)
        self.assertNotEqual(orders[0], orders[1])
        kept = list(pn.DataLoader(rows, 8, drop_last=True, num_workers=2))
        self.assertEqual([y.tolist()[0] for _, y in kept], [0.0, 8.0, 16.0, 24.0, 32.0, 40.0])
        sampler = pn.WeightedRandomSampler([0] * 90 + [1] * 10, 2, 2000, seed=5)
        share = sum(i >= 90 for i in sampler) / 2000
        self.assertAlmostEqual(share, 0.5, delta=0.05)
        self.assertEqual(list(sampler), list(sampler))

    def test_worker_errors_are_raised(self):
        class Broken(dataset.Dataset):
            def __len__(self):
                return 4

            def __getitem__(self, i):
                raise KeyError("row %d" % i)

        with self.assertRaises(KeyError):
            list(pn.DataLoader(Broken(), 2, num_workers=2))

    def test_transforms(self):
        normal = transforms.Normalize().fit([1, 2, 3, 6], 2)
        self.assertEqual(normal.mean, [2.0, 4.0])
        back = normal.inverse(normal([1, 2, 3, 6], 2), 2)
        for got, want in zip(back, [1, 2, 3, 6]):
            self.assertAlmostEqual(got, want, 9)
        with self.assertRaises(ValueError):
            pn.compute_stats([1, 2, 3], 2)
        with self.assertRaises(RuntimeError):
            transforms.Normalize().inverse([1.0], 1)


class MetricsTest(unittest.TestCase):
    def test_confusion(self):
        confusion = pn.ConfusionMatrix(3, ["a", "b", "c"])
        confusion.update([0, 1, 2, 2, 7], [0, 2, 2, 1, 0])
        self.assertEqual((confusion.total, confusion.accuracy), (4, 0.5))
        self.assertEqual(confusion.precision(2), 0.5)
        self.assertAlmostEqual(confusion.macro_recall(), 0.5)
        self.assertIn("weighted avg", confusion.report())
        confusion.reset()
        self.assertEqual(confusion.accuracy, 0.0)
        with self.assertRaises(ValueError):
            confusion.update([1], [])

    def test_ranking(self):
        self.assertEqual(pn.roc_auc_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 0.75)
        self.assertEqual(pn.roc_auc_score([1, 1], [0.1, 0.2]), 0.0)
        self.assertEqual(pn.top_k_accuracy([0, 1], [[0.9, 0.1, 0], [0.5, 0.2, 0.3]], 2), 0.5)
        self.assertEqual(metrics.compute_accuracy([], []), 0.0)


class InitTest(unittest.TestCase):
    def test_bounds_and_seeds(self):
        weight = pn.zeros(30, 20)
        pn.weight_init.kaiming_uniform_(weight, seed=3)
        bound = math.sqrt(2) * math.sqrt(3 / 20)
        self.assertLessEqual(abs(weight).max().item(), bound)
        self.assertGreater(abs(weight).max().item(), 0.9 * bound)
        other = pn.zeros(30, 20)
        pn.weight_init.kaiming_uniform_(other, seed=3)
        self.assertEqual(weight.tolist(), other.tolist())
        self.assertTrue(callable(pn.init))
        net = nn.Sequential(nn.Linear(3, 4))
        pn.weight_init.init_weights(net, "zeros")
        self.assertEqual(net[0].weight.tolist(), [[0.0] * 3] * 4)


class ConvTest(unittest.TestCase):
    def test_flat_arrays(self):
        conv = pn.Conv2D(1, 2, 3, padding=1)
        out, height, width = conv.forward([1.0] * 25, 1, 5, 5)
        self.assertEqual((len(out), height, width), (50, 5, 5))
        inputs, weights, bias = conv.backward([1.0] * 50)
        self.assertEqual((len(inputs), len(weights), list(bias)), (25, 18, [25.0, 25.0]))
        self.assertEqual(pn.calc_output_size(5, 3, 2, 1), 3)
        with self.assertRaises(MemoryError):
            pn.Conv2D(0, 1, 3)
        pool = pn.MaxPool2D(2)
        out, _, _ = pool.forward([1.0, 2.0, 3.0, 3.0], 1, 1, 2, 2)
        self.assertEqual(list(out), [3.0])
        self.assertEqual(list(pool.backward([5.0])), [0.0, 0.0, 5.0, 0.0])




if __name__ == "__main__":
    unittest.main()
