"""Ways to start weights, in place; pn.weight_init is this module.

The module can be called, because pn.init is the function that starts the library.
"""

import math
import sys
import types
from typing import Any, Optional, Tuple

from .core import init as _start
from .tensor import Tensor


def _fans(t: Tensor) -> Tuple[int, int]:
    shape = t.shape
    if not shape:
        raise ValueError("a tensor of shape () has no fan")
    if len(shape) == 1:
        return shape[0], shape[0]
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def calculate_gain(nonlinearity: str, param: Optional[float] = None) -> float:
    """By how much a nonlinearity shrinks what passes it: sqrt 2 for relu."""
    slope = 0.01 if param is None else param
    gains = {
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + slope**2)),
        "selu": 0.75,
    }
    return gains.get(nonlinearity, 1.0)


def _seed(seed: Optional[int]) -> Optional[int]:
    return seed or None


def uniform_(t: Tensor, low: float = 0.0, high: float = 1.0, seed: Optional[int] = None) -> None:
    """Uniform numbers in [low, high)."""
    t.uniform_(low, high, _seed(seed))


def normal_(t: Tensor, mean: float = 0.0, std: float = 1.0, seed: Optional[int] = None) -> None:
    """Normally distributed numbers."""
    t.normal_(mean, std, _seed(seed))


def constant_(t: Tensor, v: float) -> None:
    """The number v everywhere."""
    t.fill(v)


def zeros_(t: Tensor) -> None:
    """0 everywhere."""
    t.fill(0.0)


def ones_(t: Tensor) -> None:
    """1 everywhere."""
    t.fill(1.0)


def _scale(t: Tensor, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError('mode is %r, expected "fan_in" or "fan_out"' % (mode,))
    return calculate_gain(nonlinearity) / math.sqrt(_fans(t)[mode == "fan_out"] or 1)


def kaiming_uniform_(
    t: Tensor, mode: str = "fan_in", nonlinearity: str = "relu", seed: Optional[int] = None
) -> None:
    """Uniform within +-gain sqrt(3 / fan) (He et al. 2015)."""
    bound = math.sqrt(3) * _scale(t, mode, nonlinearity)
    uniform_(t, -bound, bound, seed)


def kaiming_normal_(
    t: Tensor, mode: str = "fan_in", nonlinearity: str = "relu", seed: Optional[int] = None
) -> None:
    """Normal with std gain / sqrt(fan)."""
    normal_(t, 0.0, _scale(t, mode, nonlinearity), seed)


def xavier_uniform_(t: Tensor, gain: float = 1.0, seed: Optional[int] = None) -> None:
    """Uniform within +-gain sqrt(6 / (fan_in + fan_out)) (Glorot & Bengio 2010)."""
    bound = gain * math.sqrt(6 / (sum(_fans(t)) or 1))
    uniform_(t, -bound, bound, seed)


def xavier_normal_(t: Tensor, gain: float = 1.0, seed: Optional[int] = None) -> None:
    """Normal with std gain sqrt(2 / (fan_in + fan_out))."""
    normal_(t, 0.0, gain * math.sqrt(2 / (sum(_fans(t)) or 1)), seed)


_STRATEGIES = {
    "kaiming_uniform": lambda t, relu, seed: kaiming_uniform_(t, "fan_in", relu, seed),
    "kaiming_normal": lambda t, relu, seed: kaiming_normal_(t, "fan_in", relu, seed),
    "xavier_uniform": lambda t, relu, seed: xavier_uniform_(t, 1.0, seed),
    "xavier_normal": lambda t, relu, seed: xavier_normal_(t, 1.0, seed),
    "zeros": lambda t, relu, seed: zeros_(t),
    "normal": lambda t, relu, seed: normal_(t, 0.0, 1.0, seed),
}


def init_weights(
    module: Any,
    strategy: str = "kaiming_uniform",
    nonlinearity: str = "relu",
    seed: Optional[int] = None,
) -> None:
    """Starts the weights of all Linear within a module; their biases become 0."""
    from .nn import Linear

    if strategy not in _STRATEGIES:
        raise ValueError(
            "strategy is %r, expected one of %s" % (strategy, ", ".join(_STRATEGIES))
        )
    for number, layer in enumerate(m for m in module.modules() if isinstance(m, Linear)):
        own = seed + number if seed else None
        _STRATEGIES[strategy](layer.weight.detach(), nonlinearity, own)
        if layer.bias is not None:
            layer.bias.detach().fill(0.0)


class _CallableModule(types.ModuleType):
    def __call__(self) -> None:
        _start()


sys.modules[__name__].__class__ = _CallableModule
