"""The ops of PyTorch, one by one, for bench/torch_peer.h.

One thread. Reads lines "OP DTYPE SHAPE COUNT" ("relu f32 1000000 20", "softmax f64 4096x256 3")
from standard input and answers each with the CPU seconds per call; "-" for an op that is not in the
table. Inputs and outputs are made at the first question about (op, dtype, shape) and kept; results
go to memory that exists already wherever PyTorch lets one say so.

An op is a function (case) -> call, put into the table by @op("name", ...), or from the BUILDERS of
torch_losses.py, torch_norms.py, torch_pools.py, torch_quant.py and torch_sparse.py.
"""

import ctypes
import sys
import time

# Freed blocks stay with the process: an op without an out= form does not pay for fresh pages.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
ctypes.CDLL(None).mallopt(M_MMAP_MAX, 0)
ctypes.CDLL(None).mallopt(M_TRIM_THRESHOLD, 2**31 - 1)

import torch  # noqa: E402 (after mallopt)
import torch_losses  # noqa: E402
import torch_norms  # noqa: E402
import torch_pools  # noqa: E402
import torch_quant  # noqa: E402
import torch_sparse  # noqa: E402

aten = torch.ops.aten
DTYPES = {"f32": torch.float32, "f64": torch.float64, "bf16": torch.bfloat16}
OPS = {}


def op(*names):
    def register(build):
        for name in names:
            OPS[name] = build
        return build

    return register


class Case:
    """What a builder gets: the name asked for, dtype and shape, and makers of tensors."""

    def __init__(self, name, dtype, shape):
        self.name = name
        self.dtype = DTYPES.get(dtype)
        self.shape = [int(n) for n in shape.split("x")]
        self.generator = torch.Generator().manual_seed(1)

    def uniform(self, low=-4.0, high=4.0, shape=None):
        x = torch.empty(shape or self.shape, dtype=self.dtype)
        return x.uniform_(low, high, generator=self.generator)

    def like(self):
        return torch.zeros(self.shape, dtype=self.dtype)


# --- elementwise ---------------------------------------------------------------------------------

UNARY = {
    "neg": torch.neg,
    "abs": torch.abs,
    "square": torch.square,
    "sqrt": torch.sqrt,
    "reciprocal": torch.reciprocal,
    "exp": torch.exp,
    "log": torch.log,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "relu": lambda x, out: torch.clamp_min(x, 0, out=out),
    "leaky_relu": lambda x, out: aten.leaky_relu.out(x, 0.1, out=out),
    "gelu": lambda x, out: aten.gelu.out(x, approximate="none", out=out),
    "gelu_tanh": lambda x, out: aten.gelu.out(x, approximate="tanh", out=out),
    "silu": aten.silu.out,
    "elu": lambda x, out: aten.elu.out(x, 1.0, out=out),
    "selu": lambda x, out: aten.elu.out(x, 1.6732632423543772, 1.0507009873554805, out=out),
    "mish": aten.mish.out,
    "hardswish": aten.hardswish.out,
    "hardsigmoid": aten.hardsigmoid.out,
    "softplus": aten.softplus.out,
    "hardtanh": lambda x, out: aten.hardtanh.out(x, -1.0, 1.0, out=out),
}

BINARY = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "div": torch.div,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
}

# (dy, saved, out)
GRAD = {
    "relu_grad": lambda g, s, out: aten.threshold_backward.grad_input(g, s, 0, grad_input=out),
    "leaky_relu_grad": lambda g, s, out: aten.leaky_relu_backward.grad_input(
        g, s, 0.1, False, grad_input=out
    ),
    "sigmoid_grad": lambda g, s, out: aten.sigmoid_backward.grad_input(g, s, grad_input=out),
    "tanh_grad": lambda g, s, out: aten.tanh_backward.grad_input(g, s, grad_input=out),
    "gelu_grad": lambda g, s, out: aten.gelu_backward.grad_input(g, s, grad_input=out),
    "gelu_tanh_grad": lambda g, s, out: aten.gelu_backward.grad_input(
        g, s, approximate="tanh", grad_input=out
    ),
    "silu_grad": lambda g, s, out: aten.silu_backward.grad_input(g, s, grad_input=out),
    "elu_grad": lambda g, s, out: aten.elu_backward.grad_input(
        g, 1.0, 1.0, 1.0, True, s, grad_input=out
    ),
    "selu_grad": lambda g, s, out: aten.elu_backward.grad_input(
        g, 1.6732632423543772, 1.0507009873554805, 1.0, True, s, grad_input=out
    ),
    "mish_grad": lambda g, s, out: aten.mish_backward(g, s),
    "hardswish_grad": lambda g, s, out: aten.hardswish_backward(g, s),
    "hardsigmoid_grad": lambda g, s, out: aten.hardsigmoid_backward.grad_input(
        g, s, grad_input=out
    ),
    "softplus_grad": lambda g, s, out: aten.softplus_backward.grad_input(
        g, s, 1, 20, grad_input=out
    ),
    "hardtanh_grad": lambda g, s, out: aten.hardtanh_backward.grad_input(
        g, s, -1.0, 1.0, grad_input=out
    ),
}


@op(*UNARY)
def unary(case):
    f, y = UNARY[case.name], case.like()
    x = case.uniform(0.25, 4.0) if case.name in ("sqrt", "log") else case.uniform()
    return lambda: f(x, out=y)


@op(*BINARY)
def binary(case):
    f, y = BINARY[case.name], case.like()
    a, b = case.uniform(), case.uniform()
    return lambda: f(a, b, out=y)


@op(*GRAD)
def grad(case):
    f, y = GRAD[case.name], case.like()
    dy, saved = case.uniform(), case.uniform()
    return lambda: f(dy, saved, y)


@op("affine")
def affine(case):
    x, y, beta = case.uniform(), case.like(), torch.tensor(1.0, dtype=case.dtype)
    return lambda: torch.add(beta, x, alpha=0.1, out=y)


@op("axpy")
def axpy(case):
    x, y = case.uniform(), case.like()
    return lambda: y.add_(x, alpha=1e-9)


@op("fill")
def fill(case):
    y = case.like()
    return lambda: y.fill_(1.5)


# --- reductions ----------------------------------------------------------------------------------

REDUCTIONS = {
    "sum": lambda x: x.sum(),
    "sumsq": lambda x: torch.linalg.vector_norm(x),
    "max": lambda x: x.max(),
    "min": lambda x: x.min(),
    "mean_var": lambda x: torch.var(x, unbiased=False),  # var_mean takes 6 times as long
}


@op(*REDUCTIONS)
def reduction(case):
    f, x = REDUCTIONS[case.name], case.uniform()
    return lambda: f(x)


@op("dot")
def dot(case):
    x, y = case.uniform(), case.uniform()
    return lambda: torch.dot(x, y)


@op("argmax")
def argmax(case):
    x = case.uniform()
    return lambda: torch.argmax(x, -1)


@op("col_sum", "row_sum")
def axis_sum(case):
    axis = 0 if case.name == "col_sum" else 1
    x, y = case.uniform(), case.like().sum(axis)
    return lambda: torch.sum(x, axis, out=y)


# --- softmax -------------------------------------------------------------------------------------


@op("softmax", "log_softmax")
def softmax(case):
    f = aten._softmax.out if case.name == "softmax" else aten._log_softmax.out
    x, y = case.uniform(), case.like()
    return lambda: f(x, 1, False, out=y)


@op("softmax_grad", "log_softmax_grad")
def softmax_grad(case):
    x, dy, dx = case.uniform(), case.uniform(), case.like()
    if case.name == "softmax_grad":
        f, y = aten._softmax_backward_data.out, x.softmax(1)
        return lambda: f(dy, y, 1, case.dtype, grad_input=dx)
    f, y = aten._log_softmax_backward_data.out, x.log_softmax(1)
    return lambda: f(dy, y, 1, case.dtype, out=dx)


# --- copies --------------------------------------------------------------------------------------


@op("transpose")
def transpose(case):
    x = case.uniform()
    y = case.uniform(shape=case.shape[::-1])
    return lambda: y.copy_(x.t())


# --- rows by index: shape [rows, cols] or [rows] ------------------------------------------------


def random_rows(case):
    return torch.randint(0, case.shape[0], (case.shape[0],), generator=case.generator)


@op("gather_rows")
def gather_rows(case):
    table, index, y = case.uniform(), random_rows(case), case.like()
    return lambda: torch.index_select(table, 0, index, out=y)


@op("scatter_add")
def scatter_add(case):
    rows, index, y = case.uniform(), random_rows(case), case.like()
    return lambda: y.index_add_(0, index, rows)


# --- products: shape m x n x k -------------------------------------------------------------------


@op("matmul", "matmul_nt")
def matmul(case):
    m, n, k = case.shape
    a, b, y = case.uniform(shape=[m, k]), case.uniform(shape=[k, n]), case.uniform(shape=[m, n])
    if case.name == "matmul_nt":
        b = case.uniform(shape=[n, k]).t()
    return lambda: torch.mm(a, b, out=y)


# --- optimizer updates, random numbers, dropout --------------------------------------------------


def optimizer(name, make):
    """<name>_foreach and <name>_loop: one step over one parameter."""

    def build(case):
        param = torch.nn.Parameter(case.uniform())
        param.grad = case.uniform()
        return make([param], case.name.endswith("_foreach")).step

    op(name + "_foreach", name + "_loop")(build)


optimizer("sgd", lambda p, each: torch.optim.SGD(p, lr=1e-9, momentum=0.9, foreach=each))
optimizer("adam", lambda p, each: torch.optim.Adam(p, lr=1e-9, foreach=each))
optimizer("amsgrad", lambda p, each: torch.optim.Adam(p, lr=1e-9, amsgrad=True, foreach=each))
optimizer("rmsprop", lambda p, each: torch.optim.RMSprop(p, lr=1e-9, foreach=each))
optimizer(
    "rmsprop_full",
    lambda p, each: torch.optim.RMSprop(p, lr=1e-9, momentum=0.9, centered=True, foreach=each),
)
optimizer("adagrad", lambda p, each: torch.optim.Adagrad(p, lr=1e-9, foreach=each))


@op("lion")
def lion(case):
    """PyTorch has none: the steps of its authors' implementation, in place."""
    param, grad, mean, c = case.uniform(), case.uniform(), case.uniform(), case.like()

    def step():
        torch.mul(mean, 0.9, out=c).add_(grad, alpha=0.1).sign_()
        param.add_(c, alpha=-1e-9)
        mean.mul_(0.99).add_(grad, alpha=0.01)

    return step


@op("ema")
def ema(case):
    average, param = case.uniform(), case.uniform()
    return lambda: average.lerp_(param, 0.001)


@op("scale_clip")
def scale_clip(case):
    grad = case.uniform()
    return lambda: grad.mul_(1.0).clamp_(-3.0, 3.0)


@op("uniform")
def uniform(case):
    x = case.like()
    return lambda: x.uniform_(-1, 1)


@op("normal")
def normal(case):
    x = case.like()
    return lambda: x.normal_()


@op("bernoulli")
def bernoulli(case):
    x = case.like()
    return lambda: x.bernoulli_(0.25)


@op("dropout")
def dropout(case):
    x = case.uniform()
    return lambda: torch.nn.functional.dropout(x, 0.25, True)


@op("mask_scale")
def mask_scale(case):
    dy, mask = case.uniform(), torch.empty(case.shape, dtype=torch.bool).bernoulli_(0.75)
    return lambda: aten.native_dropout_backward(dy, mask, 4 / 3)


@op("random_words")
def random_words(case):
    x = torch.zeros(case.shape, dtype=torch.int32)
    return lambda: x.random_()


@op("keep_mask")
def keep_mask(case):
    x = torch.zeros(case.shape, dtype=torch.uint8)
    return lambda: x.bernoulli_(0.75)


# --- convolutions: N x C x size x filters x kernel x stride x pad ---------------------------------


@op("conv2d_forward", "conv2d_backward")
def conv2d(case):
    n, c, size, filters, kernel, stride, pad, groups = (case.shape + [1])[:8]
    x = case.uniform(shape=[n, c, size, size])
    weight = case.uniform(shape=[filters, c // groups, kernel, kernel])
    bias = case.uniform(shape=[filters])
    forward = lambda: torch.nn.functional.conv2d(x, weight, bias, stride, pad, 1, groups)
    if case.name == "conv2d_forward":
        return forward
    dy = torch.ones_like(forward())
    return lambda: aten.convolution_backward(
        dy, x, weight, [filters], [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], groups, [True] * 3
    )


for nouns in (torch_losses, torch_norms, torch_pools, torch_quant, torch_sparse):
    OPS.update(nouns.BUILDERS)


# --- answers -------------------------------------------------------------------------------------

WARM_UP_CALLS = 3


def seconds_per_call(call, count):
    call()  # its own caches and branch history
    start = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - start) / count


def main():
    torch.set_num_threads(1)
    calls = {}
    with torch.no_grad():
        for line in sys.stdin:
            name, dtype, shape, count = line.split()
            key = (name, dtype, shape)
            if name in OPS and key not in calls:
                calls[key] = OPS[name](Case(*key))
                for _ in range(WARM_UP_CALLS):
                    calls[key]()
            print(seconds_per_call(calls[key], int(count)) if key in calls else "-", flush=True)


if __name__ == "__main__":
    main()
