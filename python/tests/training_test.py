"""Training: loops in Python and whole runs in C."""

import math
import os
import signal
import sys
import threading
import unittest

import pyneural as pn
from in_directory import InDirectory
from pyneural import nn, training

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


if __name__ == "__main__":
    unittest.main()
