"""Modules, optimizers, schedulers; against PyTorch where it is installed."""

import copy
import math
import unittest

import pyneural as pn
from pyneural import functional as F, nn, optim, schedulers

try:
    import torch
except ImportError:
    torch = None


def lenet():
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.Tanh(),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 84),
        nn.LayerNorm(84),
        nn.GELU(),
        nn.Linear(84, 10),
    )


class ModuleTest(unittest.TestCase):
    def test_names_and_state(self):
        class Net(nn.Module):
            def __init__(self):
                super().__init__()
                self.body = nn.Sequential([nn.Linear(3, 4), nn.BatchNorm1d(4)])
                self.head = nn.Linear(4, 2, bias=False)
                self.scale = nn.Parameter(pn.ones(1))

            def forward(self, x):
                return self.head(self.body(x)) * self.scale

        net = Net()
        names = ["scale", "body.0.weight", "body.0.bias", "body.1.weight", "body.1.bias"]
        names += ["head.weight"]
        self.assertEqual([name for name, _ in net.named_parameters()], names)
        self.assertIn("body.1.running_mean", net.state_dict())
        self.assertEqual(len(net.parameters()), 6)
        other = Net()
        other.load_state_dict(net.state_dict())
        x = pn.randn(5, 3)
        self.assertEqual(net.eval()(x).tolist(), other.eval()(x).tolist())
        self.assertFalse(other.body[1].training)
        self.assertIn("(head): Linear(in_features=4, out_features=2, bias=False)", repr(net))
        twin = copy.deepcopy(net)
        twin.scale.detach().fill(3.0)
        self.assertEqual(net.scale.item(), 1.0)

    def test_strict_loading(self):
        net = nn.Linear(3, 2)
        with self.assertRaisesRegex(KeyError, "missing.*bias.*unexpected.*extra"):
            net.load_state_dict({"weight": net.weight, "extra": net.weight})
        with self.assertRaisesRegex(ValueError, r"weight is \[2, 4\].*wants \[2, 3\]"):
            net.load_state_dict({"weight": pn.zeros(2, 4), "bias": net.bias})
        result = net.load_state_dict({"weight": pn.ones(2, 3), "extra": 1}, strict=False)
        self.assertEqual(result.missing_keys, ["bias"])
        self.assertEqual(result.unexpected_keys, ["extra"])
        self.assertEqual(net.weight.tolist(), [[1.0] * 3] * 2)

    def test_dropout_and_its_backward(self):
        layer, x = nn.Dropout(0.5), pn.ones(1000)
        with self.assertRaises(RuntimeError):
            layer.backward(x)
        y = layer(x).tolist()
        self.assertEqual(set(y), {0.0, 2.0})
        self.assertEqual(layer.backward(x).tolist(), y)
        self.assertEqual(layer.eval()(x).tolist(), x.tolist())
        with self.assertRaises(ValueError):
            nn.Dropout(1.5)

    def test_embedding_of_lists(self):
        table = nn.Embedding(5, 3)
        rows = table([1, 1, 4])
        self.assertEqual(len(rows), 9)
        self.assertEqual(rows[:3], rows[3:6])
        with self.assertRaises(pn.NeuralException):
            table([5])

    def test_misuse_names_both_shapes(self):
        with self.assertRaisesRegex(ValueError, r"\[2, 5\].*4"):
            nn.Linear(4, 3)(pn.ones(2, 5))
        for wrong in (lambda: nn.Linear(0, 1), lambda: nn.Conv2d(3, 4, 3, groups=2)):
            with self.assertRaises(ValueError):
                wrong()

    def test_label_smoothing_of_lists(self):
        loss = nn.LabelSmoothingCrossEntropy(3, 0.1)
        got = loss([1.0, 2.0, 3.0], [2])
        logs = [x - math.log(sum(math.exp(k) for k in (1, 2, 3))) for x in (1, 2, 3)]
        want = -(0.9 * logs[2] + 0.1 / 3 * sum(logs))
        self.assertAlmostEqual(got, want, 12)


class OptimTest(unittest.TestCase):
    def test_original_and_new_form(self):
        parameter = pn.ones(2)
        original = optim.SGD(0.5, 0.9)
        original.step([parameter], [pn.ones(2)])
        self.assertEqual(parameter.tolist(), [0.5, 0.5])
        original.step([parameter], [[1.0, 1.0]])
        self.assertAlmostEqual(parameter.tolist()[0], 0.5 - 0.5 * 1.9, 6)
        with self.assertRaises(ValueError):
            original.step([parameter], [])
        self.assertEqual(repr(original), "SGD(lr=0.5, momentum=0.9)")
        self.assertEqual(
            repr(optim.Adam(0.01, 0.8, 0.9, 1e-7)), "Adam(lr=0.01, betas=(0.8, 0.9), eps=1e-07)"
        )
        with self.assertRaises(RuntimeError):
            optim.Adam().step()
        with self.assertRaises(ValueError):
            optim.SGD([])

    def test_every_optimizer_learns(self):
        for kind in (pn.SGD, pn.Adam, pn.AdamW, pn.RMSprop, pn.Adagrad, pn.Lion):
            pn.manual_seed(3)
            net = nn.Linear(2, 1)
            optimizer = kind(net.parameters(), lr=0.05)
            x = pn.randn(64, 2)
            y = (x.sum(axis=1, keepdim=True) * 0.5).detach()
            losses = []
            for _ in range(200):
                optimizer.zero_grad()
                loss = F.mse_loss(net(x), y)
                loss.backward()
                optimizer.step()
                losses.append(float(loss))
            self.assertLess(losses[-1], 0.1 * losses[0], kind.__name__)

    def test_state_goes_on_exactly(self):
        def run(net, optimizer, steps):
            for _ in range(steps):
                optimizer.zero_grad()
                F.mse_loss(net(pn.ones(4, 3)), pn.zeros(4, 2)).backward()
                optimizer.step()

        first = nn.Linear(3, 2)
        one = pn.Adam(first.parameters(), lr=0.1)
        run(first, one, 3)
        second = nn.Linear(3, 2)
        second.load_state_dict(first.state_dict())
        two = pn.Adam(second.parameters(), lr=0.2)
        two.load_state_dict(one.state_dict())
        run(first, one, 3)
        run(second, two, 3)
        self.assertEqual(first.weight.tolist(), second.weight.tolist())

    def test_groups_and_clipping(self):
        a, b = nn.Parameter(pn.ones(2)), nn.Parameter(pn.ones(2))
        optimizer = pn.SGD([{"params": [a]}, {"params": b, "lr": 0.2}], lr=0.1)
        (a.sum() + b.sum()).backward()
        self.assertAlmostEqual(optimizer.clip_grad_norm(1.0), 2.0, 6)
        optimizer.step()
        self.assertAlmostEqual(1 - a.tolist()[0], 0.05, 5)
        self.assertAlmostEqual(1 - b.tolist()[0], 0.1, 5)

    def test_schedulers(self):
        step = schedulers.StepLR(0.1, 2, 0.5)
        self.assertEqual([step.step() for _ in range(5)], [0.1, 0.1, 0.05, 0.05, 0.025])
        warm = schedulers.WarmupLR(1.0, 3, 0.0, schedulers.ExponentialLR(1.0, 0.5))
        self.assertEqual([warm.step() for _ in range(5)], [0.0, 0.5, 1.0, 1.0, 0.5])
        plateau = schedulers.ReduceLROnPlateau(1.0, patience=1, factor=0.1)
        self.assertEqual([plateau.step(1.0) for _ in range(4)], [1.0, 1.0, 0.1, 0.1])
        cycle = schedulers.OneCycleLR(1.0, 10)
        rates = [cycle.step() for _ in range(11)]
        self.assertEqual((rates[0], max(rates), rates[-1]), (0.04, 1.0, cycle.final_lr))
        optimizer = pn.SGD(nn.Linear(1, 1).parameters(), lr=0.1)
        cosine = schedulers.CosineAnnealingLR(optimizer, 10)
        cosine.step()
        self.assertEqual(optimizer.lr, cosine.current_lr)
        self.assertLess(optimizer.lr, 0.1)
        with self.assertRaises(ValueError):
            schedulers.StepLR(0.1, 0)


@unittest.skipIf(torch is None, "PyTorch is not installed")
class TorchTest(unittest.TestCase):
    def pair(self):
        ours, names = lenet(), torch.nn
        theirs = names.Sequential(
            names.Conv2d(1, 6, 5, padding=2),
            names.Tanh(),
            names.AvgPool2d(2),
            names.Conv2d(6, 16, 5),
            names.BatchNorm2d(16),
            names.ReLU(),
            names.MaxPool2d(2),
            names.Flatten(),
            names.Linear(400, 84),
            names.LayerNorm(84),
            names.GELU(),
            names.Linear(84, 10),
        )
        return ours, theirs

    def logits(self, ours, theirs):
        x = torch.randn(7, 1, 28, 28)
        with torch.no_grad(), pn.no_grad():
            want = theirs.eval()(x).numpy()
            got = ours.eval()(pn.from_numpy(x.numpy())).numpy()
        return abs(got - want).max()

    def test_weights_go_both_ways(self):
        ours, theirs = self.pair()
        self.assertEqual(list(ours.state_dict()), list(theirs.state_dict()))
        ours.load_state_dict(theirs.state_dict())
        self.assertLess(self.logits(ours, theirs), 1e-5)
        ours, theirs = self.pair()
        state = {name: torch.from_numpy(t.numpy()) for name, t in ours.state_dict().items()}
        theirs.load_state_dict(state)
        self.assertLess(self.logits(ours, theirs), 1e-5)

    def test_training_agrees(self):
        ours, theirs = self.pair()
        ours.load_state_dict(theirs.state_dict())
        optimizers = pn.AdamW(ours.parameters(), lr=1e-3), torch.optim.AdamW(
            theirs.parameters(), lr=1e-3, weight_decay=0.01
        )
        for step in range(3):
            x, y = torch.randn(8, 1, 28, 28), torch.arange(8)
            want = torch.nn.CrossEntropyLoss()(theirs(x), y)
            labels = pn.tensor(list(range(8)), pn.int64)
            got = nn.CrossEntropyLoss()(ours(pn.from_numpy(x.numpy())), labels)
            for loss, optimizer in zip((got, want), optimizers):
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
            self.assertLess(abs(float(got) - float(want)), 2e-4, step)


if __name__ == "__main__":
    unittest.main()
