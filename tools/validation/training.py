"""Checks of training from Python: gradients, batches, clipping, AdamW, convergence.

Each function returns figures as {"name": number}; tools/validation/checks.py holds their bounds.
"""

import math
import random

import pyneural as pn
from pyneural import nn

F64 = pn.core.NeuralDtype.FLOAT64


def _loss_of(x, w, v):
    return ((x @ w).tanh() @ v).sigmoid().mean()


def autograd():
    """Gradients of a small net against central differences in f64."""
    rng = random.Random(3)
    rows = lambda m, n: [[rng.uniform(-1, 1) for _ in range(n)] for _ in range(m)]
    x, weights = pn.tensor(rows(5, 3), F64), rows(3, 4)
    v = pn.tensor(rows(4, 1), F64)
    w = pn.tensor(weights, F64)
    w.requires_grad = True
    _loss_of(x, w, v).backward()
    gradient, step, worst = w.grad.tolist(), 1e-6, 0.0
    for i in range(3):
        for j in range(4):
            sides = []
            for sign in (1, -1):
                moved = [list(row) for row in weights]
                moved[i][j] += sign * step
                sides.append(float(_loss_of(x, pn.tensor(moved, F64), v)))
            worst = max(worst, abs(gradient[i][j] - (sides[0] - sides[1]) / (2 * step)))
    return {"error": worst}


def dataloader():
    """Every row comes once an epoch, in another order each time; the last batch is kept or not."""
    x = pn.tensor([[float(i), float(-i)] for i in range(103)])
    y = pn.tensor([[float(i)] for i in range(103)])
    loader = pn.DataLoader(pn.TensorDataset(x, y), batch_size=10, shuffle=True)
    epochs = []
    for _ in range(2):
        rows = [row for batch, target in loader for row in zip(batch.tolist(), target.tolist())]
        assert all(a[0] == b[0] == -a[1] for a, b in rows), "features and labels were torn apart"
        epochs.append([int(b[0]) for _, b in rows])
    whole = sum(sorted(epoch) == list(range(103)) for epoch in epochs)
    full = pn.DataLoader(pn.TensorDataset(x, y), batch_size=10, drop_last=True)
    return {
        "whole_epochs": whole,
        "orders": len({tuple(epoch) for epoch in epochs + [list(range(103))]}),
        "batches": len(list(loader)),
        "full_batches": len(list(full)),
    }


def _with_gradients(*gradients):
    """Parameters that have these gradients, and an optimizer over them."""
    parameters = [pn.tensor([0.0] * len(gradient), F64) for gradient in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.requires_grad = True
        (parameter * pn.tensor(gradient, F64)).sum().backward()
    return parameters, pn.optim.SGD(parameters, lr=1.0)


def _norm(parameters):
    return math.sqrt(sum(g * g for parameter in parameters for g in parameter.grad.tolist()))


def grad_clip():
    """Gradients of norm 13 come down to 1, in the same direction; those of norm 0.5 stay."""
    long, optimizer = _with_gradients([3.0, 4.0], [12.0])
    told = optimizer.clip_grad_norm(1.0)
    short, other = _with_gradients([0.3, 0.4])
    other.clip_grad_norm(1.0)
    return {
        "told_error": abs(told - 13),
        "norm_error": abs(_norm(long) - 1),
        "direction_error": abs(long[0].grad.tolist()[0] - 3 / 13),
        "short_change": abs(_norm(short) - 0.5),
    }


def grad_clip_comprehensive():
    """By value; norm 0; many parameters; a limit that is no limit."""
    by_value, optimizer = _with_gradients([-7.0, 0.25, 7.0])
    optimizer.clip_grad_value(0.5)
    zero, at_zero = _with_gradients([0.0, 0.0])
    many, over_many = _with_gradients(*[[1.0]] * 400)
    loose, under = _with_gradients([5.0])
    under.clip_grad_norm(1e300)
    return {
        "value_error": sum(
            abs(a - b) for a, b in zip(by_value[0].grad.tolist(), [-0.5, 0.25, 0.5])
        ),
        "zero_norm": at_zero.clip_grad_norm(1.0) + _norm(zero),
        "many_error": abs(over_many.clip_grad_norm(2.0) - 20) + abs(_norm(many) - 2),
        "loose_change": abs(_norm(loose) - 5),
    }


def grad_clip_integration():
    """A step moves the weights by no more than lr times the limit, and training still learns."""
    pn.manual_seed(1)
    net = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = pn.optim.SGD(net.parameters(), lr=0.2)
    points = [[-1 + i / 32] for i in range(64)]
    x = pn.tensor(points)
    y = pn.tensor([[10 * math.sin(3 * p[0])] for p in points])
    longest, first, last = 0.0, None, None
    for _ in range(3000):
        before = [parameter.copy() for parameter in net.parameters()]
        optimizer.zero_grad()
        loss = nn.MSELoss()(net(x), y)
        loss.backward()
        optimizer.clip_grad_norm(0.5)
        optimizer.step()
        moved = sum(float(((a - b) * (a - b)).sum()) for a, b in zip(net.parameters(), before))
        longest, last = max(longest, math.sqrt(moved)), float(loss)
        first = last if first is None else first
    return {"longest_step": longest, "loss_share": last / first}


def adamw_simple():
    """One step against the formula: w - lr (m^ / (sqrt(v^) + eps) + decay w)."""
    w = pn.tensor([1.5, -2.0], F64)
    pn.AdamW(0.1, weight_decay=0.01).step([w], [pn.tensor([0.5, -3.0], F64)])
    wanted = [1.5 * (1 - 0.001) - 0.1, -2.0 * (1 - 0.001) + 0.1]
    return {"error": max(abs(a - b) for a, b in zip(w.tolist(), wanted))}


def adamw_minimal():
    """200 steps down (w - 3)^2 against the same steps in Python; decay acts apart from m and v."""
    w, optimizer = pn.tensor([0.0], F64), pn.AdamW(0.05, weight_decay=0.1)
    mine, m, v = 0.0, 0.0, 0.0
    for t in range(1, 201):
        optimizer.step([w], [pn.tensor([2 * (w.tolist()[0] - 3)], F64)])
        g = 2 * (mine - 3)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        step = m / (1 - 0.9**t) / (math.sqrt(v / (1 - 0.999**t)) + 1e-8)
        mine = mine * (1 - 0.05 * 0.1) - 0.05 * step
    return {"error": abs(w.tolist()[0] - mine), "distance": abs(mine - 3)}


def convergence():
    """Two spirals of 200 points: a 2-24-24-1 net tells them apart."""
    points, labels = [], []
    for i in range(200):
        arm, turn = i % 2, math.sqrt((i // 2 + 0.5) / 100) * 3 * math.pi
        angle = turn + arm * math.pi
        points.append([turn / 4 * math.cos(angle), turn / 4 * math.sin(angle)])
        labels.append([float(arm)])
    x, y = pn.tensor(points), pn.tensor(labels)
    pn.manual_seed(1)
    net = nn.Sequential(
        nn.Linear(2, 24), nn.Tanh(), nn.Linear(24, 24), nn.Tanh(), nn.Linear(24, 1)
    )
    optimizer = pn.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(1500):
        optimizer.zero_grad()
        loss = nn.BCEWithLogitsLoss()(net(x), y)
        loss.backward()
        optimizer.step()
    found = net(x).tolist()
    right = sum((logit[0] > 0) == (label[0] > 0.5) for logit, label in zip(found, labels))
    return {"loss": float(loss), "accuracy": right / len(labels)}
