"""Layers, activations and losses as modules: names and arguments of torch.nn.

Parameters begin as PyTorch's do, from seeds that pn.manual_seed governs. Every module takes the
dtype of its parameters as `dtype` where it has any.
"""

import math
from typing import Any, Callable, Iterator, Optional, Sequence, Union

from . import _signatures, functional as F
from ._addresses import EmbeddingAddresses
from ._library import check, int64, lib, real
from .core import NeuralDtype, seed_of
from .errors import InvalidArgumentError, NeuralError
from .module import IncompatibleKeys, Module, Parameter  # noqa: F401
from .norms import (  # noqa: F401  a part of this module's interface
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    LayerNorm,
    RMSNorm,
)
from .loss_modules import *  # noqa: F401,F403  a part of this module's interface
from .tensor import Tensor, empty

FLOAT32 = NeuralDtype.FLOAT32


def started(shape: Sequence[int], kind: int, dtype: Any) -> Parameter:
    """A new parameter, filled by the library's initialisation `kind`."""
    made = empty(tuple(shape), dtype=dtype)
    check(lib.neural_init_tensor(made, kind, seed_of(None), 0))
    return Parameter(made)


def started_bias(count: int, fan_in: int, dtype: Any) -> Parameter:
    """A new bias, uniform within +-1/sqrt(fan_in)."""
    bound = 1 / math.sqrt(fan_in) if fan_in else 0.0
    return Parameter(empty((count,), dtype=dtype).uniform_(-bound, bound))


def at_least(value: Any, least: int, name: str) -> int:
    """value as an int; InvalidArgumentError when it is below `least`."""
    number = int64(value, name)
    if number < least:
        raise InvalidArgumentError(
            NeuralError.INVALID_ARGUMENT, "%s is %d, expected at least %d" % (name, number, least)
        )
    return number


# --- layers with weights ---


class Linear(Module):
    """y = x W^T + b: x [.., in_features] -> [.., out_features]; weight [out, in], bias [out]."""

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, dtype: Any = FLOAT32
    ) -> None:
        self.in_features = at_least(in_features, 1, "in_features")
        self.out_features = at_least(out_features, 1, "out_features")
        self.has_bias = bool(bias)
        shape = (self.out_features, self.in_features)
        self.weight = started(shape, _signatures.NEURAL_INIT_DEFAULT, dtype)
        self.bias = started_bias(shape[0], shape[1], dtype) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        sizes = self.in_features, self.out_features, self.has_bias
        return "in_features=%d, out_features=%d, bias=%s" % sizes


class _Conv(Module):
    _sides = 2
    _turned = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
        dtype: Any = FLOAT32,
    ) -> None:
        self.in_channels = at_least(in_channels, 1, "in_channels")
        self.out_channels = at_least(out_channels, 1, "out_channels")
        self.groups = at_least(groups, 1, "groups")
        if self.in_channels % self.groups or self.out_channels % self.groups:
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT,
                "groups is %d, expected a divisor of %d and %d channels"
                % (groups, in_channels, out_channels),
            )
        self.kernel_size = F.pair(kernel_size, "kernel_size")[2 - self._sides :]
        self.stride, self.padding, self.dilation = stride, padding, dilation
        ends = (self.in_channels, self.out_channels)
        first, second = ends if self._turned else ends[::-1]
        shape = (first, second // self.groups) + self.kernel_size
        fan_in = shape[1]
        for size in self.kernel_size:
            fan_in *= at_least(size, 1, "kernel_size")
        self.weight = started(shape, _signatures.NEURAL_INIT_DEFAULT, dtype)
        self.bias = started_bias(self.out_channels, fan_in, dtype) if bias else None

    def extra_repr(self) -> str:
        text = "%d, %d, kernel_size=%s, stride=%s, padding=%s" % (
            self.in_channels,
            self.out_channels,
            self.kernel_size,
            self.stride,
            self.padding,
        )
        return text + (", groups=%d" % self.groups if self.groups != 1 else "")


class Conv2d(_Conv):
    """x [N, C, H, W]; weight [O, C/groups, KH, KW], bias [O]. padding: a number or a pair."""

    def forward(self, x: Tensor) -> Tensor:
        options = self.stride, self.padding, self.dilation, self.groups
        return F.conv2d(x, self.weight, self.bias, *options)


class Conv1d(_Conv):
    """x [N, C, L]; weight [O, C/groups, K], bias [O]."""

    _sides = 1

    def forward(self, x: Tensor) -> Tensor:
        options = self.stride, self.padding, self.dilation, self.groups
        return F.conv1d(x, self.weight, self.bias, *options)


class ConvTranspose2d(_Conv):
    """x [N, C, H, W]; weight [C, O/groups, KH, KW], bias [O]."""

    _turned = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
        dtype: Any = FLOAT32,
    ) -> None:
        sizes = in_channels, out_channels, kernel_size, stride, padding, dilation, groups
        super().__init__(*sizes, bias, dtype)
        self.output_padding = output_padding

    def forward(self, x: Tensor) -> Tensor:
        options = self.stride, self.padding, self.output_padding, self.groups, self.dilation
        return F.conv_transpose2d(x, self.weight, self.bias, *options)


class Embedding(EmbeddingAddresses, Module):
    """Rows of weight [num_embeddings, embedding_dim] at indices [...]: [..., embedding_dim].

    Called with a flat list of ints it gives a flat list of floats, as the original's does.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: Optional[int] = None,
        dtype: Any = FLOAT32,
    ) -> None:
        if num_embeddings < 1 or embedding_dim < 1:
            raise ValueError(
                "Embedding: %d x %d, expected at least 1 x 1" % (num_embeddings, embedding_dim)
            )
        self.num_embeddings = int64(num_embeddings, "num_embeddings")
        self.embedding_dim = int64(embedding_dim, "embedding_dim")
        self.padding_idx = padding_idx
        table = empty((self.num_embeddings, self.embedding_dim), dtype=dtype).normal_()
        if padding_idx is not None:
            table[padding_idx] = 0.0
        self.weight = Parameter(table)

    def forward(self, index: Any) -> Any:
        if isinstance(index, Tensor):
            return F.embedding(index, self.weight, self.padding_idx)
        rows = Tensor.from_list(list(index), NeuralDtype.INT64)
        found = F.embedding(rows, self.weight, self.padding_idx).detach().flatten().tolist()
        self._indices = rows
        return found

    def extra_repr(self) -> str:
        return "%d, %d" % (self.num_embeddings, self.embedding_dim)


# --- activations and shapes ---


def _activation(name: str, function: Callable[[Tensor], Tensor]) -> Any:
    def forward(self: Module, x: Tensor) -> Tensor:
        return function(x)

    return type(name, (Module,), {"forward": forward, "__doc__": function.__doc__})


ReLU = _activation("ReLU", F.relu)
Sigmoid = _activation("Sigmoid", F.sigmoid)
Tanh = _activation("Tanh", F.tanh)
SiLU = _activation("SiLU", F.silu)
Swish = SiLU
SELU = _activation("SELU", F.selu)
Mish = _activation("Mish", F.mish)
Hardswish = _activation("Hardswish", F.hardswish)
Hardsigmoid = _activation("Hardsigmoid", F.hardsigmoid)
Softplus = _activation("Softplus", F.softplus)


class Identity(Module):
    """x itself; takes and ignores any arguments."""

    def __init__(self, *ignored: Any, **also: Any) -> None:
        pass

    def forward(self, x: Tensor) -> Tensor:
        return x


class GELU(Module):
    """x/2 (1 + erf(x / sqrt 2)), or its tanh approximation with approximate="tanh"."""

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, x: Tensor) -> Tensor:
        return F.gelu(x, self.approximate)


class LeakyReLU(Module):
    """x where it is positive, else negative_slope x."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = real(negative_slope, "negative_slope")

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return "negative_slope=%g" % self.negative_slope


class ELU(Module):
    """x where it is positive, else alpha (e^x - 1)."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = real(alpha, "alpha")

    def forward(self, x: Tensor) -> Tensor:
        return F.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return "alpha=%g" % self.alpha


class Hardtanh(Module):
    """x clamped to [min_val, max_val]."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self.min_val, self.max_val = real(min_val, "min_val"), real(max_val, "max_val")

    def forward(self, x: Tensor) -> Tensor:
        return F.hardtanh(x, self.min_val, self.max_val)


class Softmax(Module):
    """e^x / sum e^x over a dimension."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return F.softmax(x, self.dim)

    def extra_repr(self) -> str:
        return "dim=%d" % self.dim


class LogSoftmax(Softmax):
    """The logarithm of it."""

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(x, self.dim)


class Flatten(Module):
    """Dimensions start_dim to end_dim as one."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(self.start_dim, self.end_dim)


class _Dropout(Module):
    _drop: Any = None

    def __init__(self, p: float = 0.5) -> None:
        self.p = real(p, "p")
        if not 0 <= self.p <= 1:
            raise ValueError("%s: p is %s, expected 0 to 1" % (type(self).__name__, p))
        self._ran: Any = None

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            self._ran = x.dtype, None
            return x.copy() if not x.requires_grad else x
        seed = seed_of(None)
        self._ran = x.dtype, seed
        return type(self)._drop(x, self.p, True, seed=seed)

    def backward(self, grad: Tensor) -> Tensor:
        """The last forward's mask and scale on a gradient."""
        if self._ran is None:
            raise RuntimeError("%s.backward: there was no forward" % type(self).__name__)
        seed = self._ran[1]
        return grad.copy() if seed is None else type(self)._drop(grad, self.p, True, seed=seed)

    def extra_repr(self) -> str:
        return "p=%s" % self.p


class Dropout(_Dropout):
    """Zeroes elements with probability p in training and scales the others by 1 / (1 - p)."""

    _drop = staticmethod(F.dropout)


class Dropout2d(_Dropout):
    """The same with whole channels of [N, C, ...]."""

    _drop = staticmethod(F.dropout2d)


# --- pooling ---


class _Pool(Module):
    def __init__(self, kernel_size: Any, stride: Any = None, padding: Any = 0) -> None:
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride

    def extra_repr(self) -> str:
        sizes = self.kernel_size, self.stride, self.padding
        return "kernel_size=%s, stride=%s, padding=%s" % sizes


class MaxPool2d(_Pool):
    """The largest of each window of x [N, C, H, W]."""

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool2d(x, self.kernel_size, self.stride, self.padding)


class AvgPool2d(_Pool):
    """The mean of each window of x [N, C, H, W]."""

    def forward(self, x: Tensor) -> Tensor:
        return F.avg_pool2d(x, self.kernel_size, self.stride, self.padding)


class AdaptiveAvgPool2d(Module):
    """Means over windows that give planes of output_size."""

    def __init__(self, output_size: Any) -> None:
        self.output_size = F.pair(output_size, "output_size")

    def forward(self, x: Tensor) -> Tensor:
        return F.adaptive_avg_pool2d(x, self.output_size)


# --- containers ---


class Sequential(Module):
    """Modules one after the other: Sequential(a, b), or Sequential([a, b])."""

    def __init__(self, *modules: Any) -> None:
        given = modules
        if len(modules) == 1 and not isinstance(modules[0], Module) and modules[0] is not None:
            given = modules[0].items() if hasattr(modules[0], "items") else modules[0]
        for item in given:
            if item is None:
                continue
            name, module = item if isinstance(item, tuple) else (str(len(self)), item)
            self.add_module(name, module)

    def add(self, module: Module) -> "Sequential":
        """Appends a module; returns self."""
        self.add_module(str(len(self)), module)
        return self

    append = add

    def forward(self, x: Any) -> Any:
        for module in self._children.values():
            x = module(x)
        return x

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, index: Union[int, slice]) -> Any:
        modules = self._modules
        return Sequential(*modules[index]) if isinstance(index, slice) else modules[index]

    def __repr__(self) -> str:
        return super().__repr__() if self._children else "Sequential(\n)"


class ModuleList(Sequential):
    """Modules in a list; forward() is the owner's affair."""

    def __init__(self, modules: Sequence[Module] = ()) -> None:
        super().__init__(*modules)

    def forward(self, x: Any) -> Any:
        raise NotImplementedError("ModuleList has no forward()")
