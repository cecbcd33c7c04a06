"""Data, metrics, files, training and estimators."""

import math
import os
import signal
import struct
import sys
import tempfile
import threading
import unittest
import zlib

import pyneural as pn
from pyneural import dataset, fuzzy, metrics, nn, training, transforms

try:
    import numpy
except ImportError:
    numpy = None
try:
    import sklearn
except ImportError:
    sklearn = None

CONFIG = """[model]
architecture = 2,16,1
hidden_activation = tanh
output_activation = sigmoid
[data]
train_file = xor.csv
[loss]
function = bce
[training]
epochs = 300
batch_size = 4
learning_rate = 0.05
optimizer = adam
[performance]
num_threads = 1
"""


class InDirectory(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory()
        self.addCleanup(self.scratch.cleanup)

    def path(self, name):
        return os.path.join(self.scratch.name, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as stream:
            stream.write(text)
        return self.path(name)


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


class FuzzyTest(unittest.TestCase):
    def test_tipper(self):
        tip = pn.FuzzySystem(1, output_range=(0, 30))
        for name, a, b, c in (("poor", -1, 0, 5), ("good", 0, 5, 10), ("great", 5, 10, 11)):
            tip.add_input_mf(0, name, "triangular", a, b, c, range=(0, 10))
        for name, middle in (("low", 5), ("medium", 15), ("high", 25)):
            tip.add_output_mf(name, "triangular", middle - 5, middle, middle + 5)
        for term, consequent in (("poor", "low"), ("good", "medium"), ("great", "high")):
            tip.add_rule([(0, term)], consequent)
        self.assertAlmostEqual(tip.evaluate([5]), 15, 6)
        self.assertLess(tip.evaluate([1]), tip.evaluate([9]))
        with self.assertRaises(KeyError):
            tip.add_rule([(0, "awful")], "low")
        with self.assertRaises(ValueError):
            tip.evaluate([1, 2])
        self.assertEqual(fuzzy.defuzz_centroid([1, 2, 3], [0, 1, 0]), 2.0)


class TrainingTest(InDirectory):
    def xor(self, more=""):
        self.write("xor.csv", "0,0,0\n0,1,1\n1,0,1\n1,1,0\n")
        return self.write("run.ini", CONFIG + more)

    def test_run_in_c(self):
        trainer = pn.ConfigTrainer(self.xor())
        history = trainer.fit(verbose=False)
        self.assertEqual(len(history.train_loss), 300)
        self.assertLess(history.last("train_loss"), 0.1)
        self.assertFalse(trainer.interrupted)
        trainer.model.save(self.path("m.safetensors"))
        model = pn.Model.load(self.path("m.safetensors"))
        answers = model.predict([[0, 0], [0, 1], [1, 0], [1, 1]]).flatten().tolist()
        self.assertEqual([round(a) for a in answers], [0, 1, 1, 0])
        self.assertEqual(list(model.state_dict()), ["0.weight", "0.bias", "2.weight", "2.bias"])
        self.assertIn("Linear(in_features=2", model.summary())

    def test_sections_as_keywords(self):
        sections = dict(
            model={"architecture": [2, 8, 1], "hidden_activation": "tanh"},
            loss={"function": "bce"},
            data={"train_file": self.write("x.csv", "0,0,0\n0,1,1\n1,0,1\n1,1,0\n"),
                  "header": False, "na_values": "# ?"},
            training={"epochs": 300, "batch_size": 4, "learning_rate": 0.05, "optimizer": "adam"},
            options={"random_seed": 1},
        )
        trainer = pn.ConfigTrainer(**sections)
        self.assertLess(trainer.fit(verbose=False).train_loss[-1], 0.05)
        text = trainer.config.resolved()
        self.assertIn("architecture = 2,8,1", text)
        self.assertIn("# ?", text)
        again = pn.ConfigTrainer(pn.Config.parse(text), training={"epochs": 2})
        self.assertEqual(len(again.fit(verbose=False).train_loss), 2)
        with self.assertRaisesRegex(pn.NeuralException, "did you mean epochs"):
            pn.ConfigTrainer(training={"epochz": 3})
        with self.assertRaisesRegex(ValueError, "several lines"):
            pn.Config.of(model={"layers": "linear 3\nlinear 2"})

    def test_callbacks_see_and_stop(self):
        seen = []

        def stop(report):
            seen.append(report.epoch)
            return report.epoch >= 5

        trainer = pn.ConfigTrainer(self.xor(), callbacks=[stop])
        trainer.fit(verbose=False)
        self.assertTrue(trainer.interrupted)
        self.assertEqual(seen[-1], 5)
        with self.assertRaises(ZeroDivisionError):
            pn.ConfigTrainer(self.xor(), callbacks=[lambda report: 1 / 0]).fit(verbose=False)

    def test_ctrl_c_saves_the_state(self):
        trainer = pn.ConfigTrainer(pn.Config.load(self.xor(), ["training.epochs=100000000"]))
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        history = trainer.fit(verbose=False, checkpoint=self.path("state.safetensors"))
        self.assertTrue(trainer.interrupted)
        self.assertGreater(len(history.train_loss), 0)
        self.assertTrue(os.path.exists(self.path("state.safetensors")))

    def test_ctrl_c_beside_callbacks(self):
        endless = pn.Config.load(self.xor(), ["training.epochs=100000000"])
        trainer = pn.ConfigTrainer(endless, callbacks=[lambda report: False])
        lost = []
        self.addCleanup(setattr, sys, "unraisablehook", sys.unraisablehook)
        sys.unraisablehook = lost.append
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
        timer.start()
        trainer.fit(verbose=False, checkpoint=self.path("state.safetensors"))
        self.assertEqual(lost, [])
        self.assertTrue(trainer.interrupted)
        self.assertTrue(os.path.exists(self.path("state.safetensors")))
        self.assertIs(signal.getsignal(signal.SIGINT), signal.default_int_handler)

    def test_errors_of_runs_are_raised(self):
        with self.assertRaises(FileNotFoundError):
            pn.ConfigTrainer(pn.Config.parse(CONFIG.replace("xor.csv", "none.csv")))
        with self.assertRaises(pn.NeuralException):
            pn.Config.parse("[training]\nepochz = 3\n")
        self.assertEqual(pn.Config().get_int("a", "b", 7), 7)

    def test_loop_in_python(self):
        pn.manual_seed(1)
        net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
        rows = pn.TensorDataset([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])
        config = pn.TrainerConfig(epochs=300, grad_clip_norm=5.0)
        trainer = pn.Trainer(net, pn.Adam(net.parameters(), 0.05), nn.BCEWithLogitsLoss(), config)
        loader = pn.DataLoader(rows, 4, shuffle=True)
        history = trainer.fit(loader, loader, verbose=False)
        self.assertLess(history.last("val_loss"), 0.05)
        self.assertEqual(len(history.grad_norms), 300)
        pn.save_checkpoint(self.path("c"), net, 3, 0.5, 0.1)
        other = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
        facts = pn.load_checkpoint(self.path("c"), other)
        self.assertEqual(facts, {"epoch": 3, "best_loss": 0.5, "lr": 0.1})
        self.assertEqual(net[0].weight.tolist(), other[0].weight.tolist())
        with self.assertRaisesRegex(ValueError, "parameters"):
            pn.load_checkpoint(self.path("c"), nn.Linear(2, 8))
        with self.assertRaisesRegex(ValueError, "magic"):
            pn.load_checkpoint(self.write("bad", "x" * 64), other)

    def fitted(self, epochs, interrupt_after=None, load=None):
        """A net trained for so many epochs; Ctrl-C comes after some, if asked for."""
        pn.manual_seed(7)
        net = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
        rows = pn.TensorDataset([[0, 0], [0, 1], [1, 0], [1, 1]], [[0], [1], [1], [0]])

        def interrupt(epoch, history):
            if epoch + 1 == interrupt_after:
                raise KeyboardInterrupt

        trainer = pn.Trainer(net, pn.Adam(net.parameters(), 0.05), nn.BCEWithLogitsLoss(),
                             pn.TrainerConfig(epochs=epochs), callbacks=[interrupt])
        if load:
            self.assertEqual(trainer.load_checkpoint(load), 4)
        trainer.fit(pn.DataLoader(rows, 4), verbose=False, checkpoint=self.path("run"))
        return net, trainer

    def test_ctrl_c_keeps_the_state_of_a_loop(self):
        whole, _ = self.fitted(10)
        _, trainer = self.fitted(10, interrupt_after=4)
        self.assertTrue(trainer.interrupted)
        self.assertEqual(len(trainer.history.train_loss), 4)
        resumed, _ = self.fitted(6, load=self.path("run"))
        for a, b in zip(whole.parameters(), resumed.parameters()):
            self.assertEqual(a.tolist(), b.tolist())
        small = nn.Linear(2, 1)
        with self.assertRaisesRegex(ValueError, "parameters"):
            pn.Trainer(small, pn.SGD(small.parameters(), 0.1)).load_checkpoint(self.path("run"))

    def test_modes_and_norms(self):
        modes = []

        class Watched(nn.Module):
            def __init__(self):
                self.inner = nn.Linear(1, 1)

            def forward(self, x):
                modes.append(self.training)
                return self.inner(x)

        net = Watched()
        net.eval()
        rows = [(pn.tensor([[1.0]]), pn.tensor([[2.0]]))]
        config = pn.TrainerConfig(epochs=2)
        trainer = pn.Trainer(net, pn.SGD(net.parameters(), 0.0), nn.MSELoss(), config)
        history = trainer.fit(rows, rows, verbose=False)
        self.assertEqual(modes, [True, False] * 2)
        self.assertFalse(net.training)
        slope = 2 * (float(net(rows[0][0])) - 2)  # of the weight and of the bias
        self.assertAlmostEqual(history.grad_norms[1], abs(slope) * 2**0.5, places=5)

    def test_original_form(self):
        losses = iter([3.0, 2.0, 2.5, 2.6, 2.7])
        config = pn.TrainerConfig(epochs=5, early_stopping_patience=2)
        seen = []
        trainer = pn.Trainer(None, None, None, config, pn.StepLR(0.1, 1, 0.5), [
            lambda epoch, history: seen.append(epoch)
        ])
        history = trainer.fit(lambda: next(losses), verbose=False)
        self.assertEqual(history.train_loss, [3.0, 2.0, 2.5, 2.6])
        self.assertEqual(history.learning_rates, [0.1, 0.05, 0.025, 0.0125])
        self.assertEqual(seen, [0, 1, 2, 3])

    def test_detectors(self):
        detector = pn.NaNDetector()
        self.assertTrue(detector.check(pn.ones(3)))
        with self.assertRaisesRegex(RuntimeError, "NaN detected in loss"):
            detector.check(pn.tensor([1.0, math.nan]), "loss")
        self.assertEqual((detector.nan_count, detector.inf_count), (1, 0))
        self.assertAlmostEqual(training.grad_l2_norm(pn.tensor([3.0, 4.0])), 5.0, 6)

    def test_events(self):
        with pn.SummaryWriter(self.path("log")) as writer:
            writer.add_scalar("loss", 0.5, 1)
            writer.add_histogram("w", pn.randn(10), 1)
            writer.add_hparams({"lr": 0.1, "kind": "a", "flag": True}, {"accuracy": 0.9})
        self.assertGreater(len(os.listdir(self.path("log"))), 0)
        self.assertEqual(writer.logdir, self.path("log"))
        self.assertEqual(repr(writer), "SummaryWriter(logdir=%r)" % self.path("log"))

    def test_pictures(self):
        red = [[[1.0, 0.5]], [[0.0, -2.0]], [[0.0, 9.0]]]  # [3, 1, 2]
        grey = pn.tensor([[0, 7], [200, 255]], dtype=pn.uint8)
        with pn.SummaryWriter(self.path("log")) as writer:
            writer.add_image("red", red, 1)
            writer.add_image("grey", grey, 1, dataformats="HW")
            with self.assertRaisesRegex(ValueError, "expected CHW, HWC or HW"):
                writer.add_image("grey", grey, 1, dataformats="NCHW")
            with self.assertRaisesRegex(ValueError, r"the image is \[2, 2\]"):
                writer.add_image("grey", grey, 1)
        with open(writer.filepath, "rb") as stream:
            data = stream.read()
        found = [_rows_of_png(data[i:]) for i in _places_of(data, b"\x89PNG")]
        self.assertEqual(found[0], bytes([255, 0, 0, 128, 0, 255]))
        self.assertEqual(found[1], bytes([0, 7, 200, 255]))


def _places_of(data, word):
    return [i for i in range(len(data)) if data.startswith(word, i)]


def _rows_of_png(data):
    """The bytes of a PNG without row filters."""
    (width, height), channels = struct.unpack(">II", data[16:24]), {0: 1, 2: 3, 6: 4}[data[25]]
    begin = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[begin - 4 : begin])
    rows = zlib.decompress(data[begin + 4 : begin + 4 + length])
    step = width * channels + 1
    assert not any(rows[i * step] for i in range(height)), "filtered rows"
    return b"".join(rows[i * step + 1 : (i + 1) * step] for i in range(height))


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


@unittest.skipIf(numpy is None, "NumPy is not installed")
class EstimatorTest(unittest.TestCase):
    def test_classes_and_values(self):
        draws = numpy.random.RandomState(0)
        x = draws.randn(200, 3)
        words = numpy.where(x[:, 0] > x[:, 1], "left", "right")
        options = {"max_iter": 100, "random_state": 1, "learning_rate_init": 0.01}
        model = pn.MLPClassifier((16,), **options).fit(x, words)
        self.assertGreater(model.score(x, words), 0.95)
        self.assertEqual(model.predict_proba(x).shape, (200, 2))
        again = pn.MLPClassifier((16,), **options).fit(x, words)
        self.assertTrue((model.predict_proba(x) == again.predict_proba(x)).all())
        values = pn.MLPRegressor((16,), **options).fit(x, x[:, 0] - x[:, 1])
        self.assertGreater(values.score(x, x[:, 0] - x[:, 1]), 0.9)
        with self.assertRaises(ValueError):
            model.predict(x[:, :2])
        with self.assertRaisesRegex(ValueError, "max_iter is 0"):
            pn.MLPClassifier(max_iter=0).fit(x, words)
        self.assertEqual(model.get_params()["max_iter"], 100)

    @unittest.skipIf(sklearn is None, "scikit-learn is not installed")
    def test_scikit_learn_accepts_them(self):
        from sklearn.utils.estimator_checks import check_estimator

        for kind in (pn.MLPClassifier, pn.MLPRegressor):
            check_estimator(kind(max_iter=50, random_state=0, learning_rate_init=0.01))


if __name__ == "__main__":
    unittest.main()
