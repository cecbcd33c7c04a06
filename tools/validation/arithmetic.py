"""Compares the library with arithmetic written out here: verify_simple, verify_full.

verify_simple uses Python's floats alone, verify_full NumPy's f64. Both return the largest deviation
of each part as {"name": error}.
"""

import math

import pyneural as pn
from pyneural import functional, nn

F64 = pn.core.NeuralDtype.FLOAT64


def _worst(found, wanted):
    """The largest |found - wanted| / max(1, |wanted|) over two nested lists."""
    if isinstance(wanted, (list, tuple)):
        return max(_worst(f, w) for f, w in zip(found, wanted)) if wanted else 0.0
    return abs(found - wanted) / max(1.0, abs(wanted))


def _product(a, b):
    columns = list(zip(*b))
    return [[sum(x * y for x, y in zip(row, column)) for column in columns] for row in a]


def verify_simple():
    """Sums, products, activations and a perceptron's gradients against plain Python."""
    a = [[0.5, -1.25, 2.0], [3.5, 0.125, -0.75]]
    b = [[1.0, -2.0], [0.25, 4.0], [-1.5, 0.5]]
    ta, tb = pn.tensor(a, F64), pn.tensor(b, F64)
    worst = {
        "add": _worst((ta + ta).tolist(), [[x + x for x in row] for row in a]),
        "matmul": _worst((ta @ tb).tolist(), _product(a, b)),
        "sigmoid": _worst(
            ta.sigmoid().tolist(), [[1 / (1 + math.exp(-x)) for x in row] for row in a]
        ),
        "tanh": _worst(ta.tanh().tolist(), [[math.tanh(x) for x in row] for row in a]),
        "relu": _worst(ta.relu().tolist(), [[max(x, 0.0) for x in row] for row in a]),
        "sum": _worst(ta.sum().tolist(), sum(map(sum, a))),
    }
    worst.update(_perceptron_gradients(a))
    return worst


def _perceptron_gradients(x):
    """y = tanh(x w) v, loss = mean(y^2): dloss/dv and dloss/dw by the chain rule."""
    w = [[0.3, -0.2], [0.1, 0.4], [-0.5, 0.25]]
    v = [[0.7], [-0.6]]
    tw, tv = pn.tensor(w, F64), pn.tensor(v, F64)
    tw.requires_grad = tv.requires_grad = True
    y = (pn.tensor(x, F64) @ tw).tanh() @ tv
    (y * y).mean().backward()
    hidden = [[math.tanh(z) for z in row] for row in _product(x, w)]
    dy = [[2 * row[0] / len(x)] for row in _product(hidden, v)]
    dv = _product(list(zip(*hidden)), dy)
    dz = [
        [dy[i][0] * v[j][0] * (1 - hidden[i][j] ** 2) for j in range(2)] for i in range(len(x))
    ]
    dw = _product(list(zip(*x)), dz)
    return {"dv": _worst(tv.grad.tolist(), dv), "dw": _worst(tw.grad.tolist(), dw)}


def verify_full():
    """Products, convolution, softmax, batch norm and Adam in f32 against NumPy's f64."""
    import numpy as np

    rng = np.random.default_rng(1)

    def deviation(found, wanted):
        return float(np.max(np.abs(found.numpy() - wanted) / np.maximum(1, np.abs(wanted))))

    a, b = rng.standard_normal((37, 53)), rng.standard_normal((53, 29))
    image, weight = rng.standard_normal((2, 3, 9, 8)), rng.standard_normal((4, 3, 3, 3))
    single = lambda array: pn.Tensor.from_numpy(array.astype("float32"))
    a, b, image, weight = (array.astype("float32").astype("float64") for array in
                           (a, b, image, weight))
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3), axis=(2, 3))
    power = np.exp(a - a.max(axis=1, keepdims=True))
    mean, variance = a.mean(axis=0), a.var(axis=0)
    norm = nn.BatchNorm1d(53)
    return {
        "matmul": deviation(single(a) @ single(b), a @ b),
        "conv2d": deviation(
            functional.conv2d(single(image), single(weight)),
            np.einsum("nchwij,ocij->nohw", windows, weight),
        ),
        "softmax": deviation(single(a).softmax(1), power / power.sum(axis=1, keepdims=True)),
        "batch_norm": deviation(norm(single(a)), (a - mean) / np.sqrt(variance + norm.eps)),
        "adam": _adam_deviation(np, rng),
    }


def _adam_deviation(np, rng):
    """Five steps of Adam (Kingma and Ba, 2015, algorithm 1) on given gradients."""
    w = rng.standard_normal(17)
    parameter = pn.Tensor.from_numpy(w)
    optimizer = pn.Adam(0.01)
    m, v = np.zeros(17), np.zeros(17)
    for t in range(1, 6):
        g = rng.standard_normal(17)
        optimizer.step([parameter], [pn.Tensor.from_numpy(g)])
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - 0.01 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return float(np.max(np.abs(parameter.numpy() - w)))
