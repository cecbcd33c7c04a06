"""Functions of tensors, as in torch.nn.functional: activations, losses, layers without state.

All are differentiable. Tensors are f32 or f64, those of one call of one dtype; shape errors name
both shapes. Losses give a 0-dim tensor unless reduction is "none".
"""

from ctypes import byref
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence, Tuple, Union

from . import _signatures
from ._handle import address_of, call, unary
from ._library import int32, int64, int64_array, lib, real
from .core import seed_of
from .errors import InvalidArgumentError, NeuralError

if TYPE_CHECKING:
    from .tensor import Tensor

Pair = Union[int, Sequence[int]]


def _named(name: str, formula: str) -> Callable[["Tensor"], "Tensor"]:
    method = unary(name)

    def function(x: "Tensor") -> "Tensor":
        address_of(x, "%s: x" % name)
        return method(x)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = "%s, element by element, of x's shape." % formula
    return function


relu = _named("relu", "max(x, 0)")
sigmoid = _named("sigmoid", "1 / (1 + e^-x)")
tanh = _named("tanh", "tanh x")
gelu_tanh = _named("gelu_tanh", "x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))")
silu = _named("silu", "x sigmoid(x)")
swish = silu
selu = _named("selu", "Klambauer et al.'s scaled elu")
mish = _named("mish", "x tanh(softplus(x))")
hardswish = _named("hardswish", "x clamp(x + 3, 0, 6) / 6")
hardsigmoid = _named("hardsigmoid", "clamp(x + 3, 0, 6) / 6")
softplus = _named("softplus", "log(1 + e^x)")
_gelu_erf = _named("gelu", "x/2 (1 + erf(x / sqrt 2))")


def gelu(x: "Tensor", approximate: str = "none") -> "Tensor":
    """x/2 (1 + erf(x / sqrt 2)), or gelu_tanh with approximate="tanh"."""
    if approximate not in ("none", "tanh"):
        raise ValueError('gelu: approximate is %r, expected "none" or "tanh"' % (approximate,))
    return gelu_tanh(x) if approximate == "tanh" else _gelu_erf(x)


def leaky_relu(x: "Tensor", negative_slope: float = 0.01) -> "Tensor":
    """x where it is positive, else negative_slope x."""
    return call(lib.neural_leaky_relu, address_of(x, "x"), real(negative_slope, "negative_slope"))


def elu(x: "Tensor", alpha: float = 1.0) -> "Tensor":
    """x where it is positive, else alpha (e^x - 1)."""
    return call(lib.neural_elu, address_of(x, "x"), real(alpha, "alpha"))


def hardtanh(x: "Tensor", min_val: float = -1.0, max_val: float = 1.0) -> "Tensor":
    """x clamped to [min_val, max_val]."""
    bounds = real(min_val, "min_val"), real(max_val, "max_val")
    return call(lib.neural_hardtanh, address_of(x, "x"), *bounds)


def softmax(x: "Tensor", dim: int = -1) -> "Tensor":
    """e^x / sum e^x along dim."""
    return call(lib.neural_softmax, address_of(x, "x"), int32(dim, "dim"))


def log_softmax(x: "Tensor", dim: int = -1) -> "Tensor":
    """log(e^x / sum e^x) along dim."""
    return call(lib.neural_log_softmax, address_of(x, "x"), int32(dim, "dim"))


def dropout(
    x: "Tensor", p: float = 0.5, training: bool = True, seed: Optional[int] = None
) -> "Tensor":
    """Each element 0 with probability p, else divided by 1 - p; x itself unless training.

    The mask is a function of the seed, which is drawn from manual_seed's when None.
    """
    return _dropped(lib.neural_dropout, x, p, training, seed)


def dropout2d(
    x: "Tensor", p: float = 0.5, training: bool = True, seed: Optional[int] = None
) -> "Tensor":
    """dropout of whole channels of x [N, C, ...]."""
    return _dropped(lib.neural_dropout2d, x, p, training, seed)


def _dropped(
    function: Callable[..., int], x: "Tensor", p: float, training: bool, seed: Optional[int]
) -> "Tensor":
    address_of(x, "x")
    p = real(p, "p")
    if not 0 <= p <= 1:
        raise ValueError("dropout: p is %s, expected a probability" % p)
    if not training or p == 0:
        return x
    return call(function, x, p, seed_of(seed), 0)


def linear(x: "Tensor", weight: "Tensor", bias: Optional["Tensor"] = None) -> "Tensor":
    """x W^T + b: x [.., in], weight [out, in], bias [out] -> [.., out]."""
    return call(lib.neural_linear, address_of(x, "x"), address_of(weight, "weight"), _or(bias))


def embedding(index: "Tensor", weight: "Tensor", padding_idx: Optional[int] = None) -> "Tensor":
    """Rows of weight [V, D] at index [...]: [..., D]; the row padding_idx gets no gradient."""
    row = -1 if padding_idx is None else int64(padding_idx, "padding_idx")
    return call(lib.neural_embedding, address_of(weight, "weight"), address_of(index, "index"), row)


def _or(x: Optional["Tensor"]) -> Optional[int]:
    return None if x is None else address_of(x, "bias or weight")


def pair(value: Pair, name: str) -> Tuple[int, int]:
    """(value, value) of an int, or the two ints given."""
    if hasattr(value, "__index__"):
        return int64(value, name), int64(value, name)
    numbers = tuple(int64(item, name) for item in value)  # type: ignore[union-attr]
    if len(numbers) != 2:
        raise ValueError("%s has %d numbers, expected 1 or 2" % (name, len(numbers)))
    return numbers  # type: ignore[return-value]


def conv_options(stride: Pair, padding: Pair, dilation: Pair, groups: int) -> Any:
    """The options of a convolution: each pair is down, then across."""
    down, across = pair(padding, "padding")
    options = _signatures.neural_conv_options()
    options.stride[:] = pair(stride, "stride")
    options.pad[:] = (down, across, down, across)
    options.dilation[:] = pair(dilation, "dilation")
    options.groups = int64(groups, "groups")
    return options


def _convolved(
    function: Callable[..., int],
    x: "Tensor",
    weight: "Tensor",
    bias: Optional["Tensor"],
    options: Any,
    *more: Any,
) -> "Tensor":
    inputs = address_of(x, "x"), address_of(weight, "weight"), _or(bias)
    return call(function, *inputs, byref(options), *more)


def conv2d(
    x: "Tensor",
    weight: "Tensor",
    bias: Optional["Tensor"] = None,
    stride: Pair = 1,
    padding: Pair = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> "Tensor":
    """Cross-correlation of x [N, C, H, W] with weight [O, C/groups, KH, KW], bias [O]."""
    options = conv_options(stride, padding, dilation, groups)
    return _convolved(lib.neural_conv2d, x, weight, bias, options)


def conv1d(
    x: "Tensor",
    weight: "Tensor",
    bias: Optional["Tensor"] = None,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    groups: int = 1,
) -> "Tensor":
    """Cross-correlation of x [N, C, L] with weight [O, C/groups, K], bias [O]."""
    options = conv_options((1, stride), (0, padding), (1, dilation), groups)
    return _convolved(lib.neural_conv1d, x, weight, bias, options)


def conv_transpose2d(
    x: "Tensor",
    weight: "Tensor",
    bias: Optional["Tensor"] = None,
    stride: Pair = 1,
    padding: Pair = 0,
    output_padding: Pair = 0,
    groups: int = 1,
    dilation: Pair = 1,
) -> "Tensor":
    """The transpose of conv2d: x [N, C, H, W], weight [C, O/groups, KH, KW], bias [O]."""
    options = conv_options(stride, padding, dilation, groups)
    extra = int64_array(pair(output_padding, "output_padding"), "output_padding")
    return _convolved(lib.neural_conv_transpose2d, x, weight, bias, options, extra)


def pool_options(
    kernel_size: Pair,
    stride: Optional[Pair] = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:
    """The options of a pooling: each pair is down, then across."""
    options = _signatures.neural_pool_options()
    options.window[:] = pair(kernel_size, "kernel_size")
    options.stride[:] = (0, 0) if stride is None else pair(stride, "stride")
    options.pad[:] = pair(padding, "padding")
    options.dilation[:] = pair(dilation, "dilation")
    options.ceil_mode = bool(ceil_mode)
    options.count_exclude_pad = not count_include_pad
    return options


def max_pool2d(
    x: "Tensor",
    kernel_size: Pair,
    stride: Optional[Pair] = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
) -> "Tensor":
    """The largest element of each window of x [N, C, H, W]; stride None is kernel_size."""
    options = pool_options(kernel_size, stride, padding, dilation, ceil_mode)
    return call(lib.neural_max_pool2d, address_of(x, "x"), byref(options))


def avg_pool2d(
    x: "Tensor",
    kernel_size: Pair,
    stride: Optional[Pair] = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> "Tensor":
    """The mean of each window of x [N, C, H, W]."""
    options = pool_options(kernel_size, stride, padding, 1, ceil_mode, count_include_pad)
    return call(lib.neural_avg_pool2d, address_of(x, "x"), byref(options))


def adaptive_avg_pool2d(x: "Tensor", output_size: Pair) -> "Tensor":
    """Planes of output_size: each result is the mean of its share of x [N, C, H, W]."""
    return call(lib.neural_adaptive_avg_pool2d, address_of(x, "x"), *pair(output_size, "size"))


def batch_norm(
    x: "Tensor",
    running_mean: Optional["Tensor"],
    running_var: Optional["Tensor"],
    weight: Optional["Tensor"] = None,
    bias: Optional["Tensor"] = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> "Tensor":
    """(x - mean) / sqrt(var + eps) weight + bias per channel of x [N, C, ...], the others [C]."""
    given = [address_of(x, "x")] + [_or(t) for t in (weight, bias, running_mean, running_var)]
    numbers = real(momentum, "momentum"), real(eps, "eps")
    return call(lib.neural_batch_norm, *given, bool(training), *numbers)


def layer_norm(
    x: "Tensor",
    normalized_shape: Union[int, Sequence[int]],
    weight: Optional["Tensor"] = None,
    bias: Optional["Tensor"] = None,
    eps: float = 1e-5,
) -> "Tensor":
    """The same formula over the last dimensions of each sample, which are normalized_shape."""
    address_of(x, "x")
    single = hasattr(normalized_shape, "__index__")
    sizes = [normalized_shape] if single else list(normalized_shape)  # type: ignore[arg-type]
    if list(x.shape[len(x.shape) - len(sizes) :]) != sizes or not sizes:
        raise InvalidArgumentError(
            NeuralError.INVALID_ARGUMENT,
            "layer_norm: x is %s, its last sizes should be %s" % (list(x.shape), sizes),
        )
    return call(lib.neural_layer_norm, x, _or(weight), _or(bias), len(sizes), real(eps, "eps"))


from .losses import (  # noqa: E402,F401  a part of this module's interface
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    cross_entropy,
    focal_loss,
    huber_loss,
    kl_div,
    l1_loss,
    mse_loss,
    nll_loss,
    smooth_l1_loss,
)
