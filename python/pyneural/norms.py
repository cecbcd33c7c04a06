"""Normalizations as modules; pyneural.nn offers them."""

import math
from typing import Any, Optional

from . import functional as F
from ._addresses import NormAddresses, address
from ._handle import address_of, call
from ._library import int64, lib, real
from .core import NeuralDtype
from .module import Module, Parameter
from .tensor import Tensor, cat, ones, zeros

FLOAT32 = NeuralDtype.FLOAT32


def _affine(module: Module, wanted: bool, shape: Any, dtype: Any, bias: bool = True) -> None:
    module.weight = Parameter(ones(shape, dtype)) if wanted else None
    module.bias = Parameter(zeros(shape, dtype)) if wanted and bias else None


def _or(x: Optional[Tensor]) -> Optional[int]:
    return None if x is None else address_of(x, "weight")


class BatchNorm1d(NormAddresses, Module):
    """Per channel of x [N, C] or [N, C, ...]: (x - mean) / sqrt(var + eps) weight + bias.

    Statistics are the batch's in training and enter running_mean and running_var with `momentum`;
    evaluation uses those. As the original's, momentum comes before eps.
    """

    def __init__(
        self,
        num_features: int,
        momentum: float = 0.1,
        eps: float = 1e-5,
        affine: bool = True,
        track_running_stats: bool = True,
        dtype: Any = FLOAT32,
    ) -> None:
        self.num_features = int64(num_features, "num_features")
        if self.num_features < 1:
            raise ValueError("num_features is %d, expected at least 1" % self.num_features)
        self.eps, self.momentum = real(eps, "eps"), real(momentum, "momentum")
        self.track_running_stats = bool(track_running_stats)
        _affine(self, affine, (self.num_features,), dtype)
        if track_running_stats:
            self.register_buffer("running_mean", zeros((self.num_features,), dtype))
            self.register_buffer("running_var", ones((self.num_features,), dtype))
            self.register_buffer("num_batches_tracked", zeros((), NeuralDtype.INT64))
        else:
            self.running_mean = self.running_var = None

    def forward(self, x: Tensor) -> Tensor:
        return self._normalized(x, self.weight, self.bias)

    def _normalized(self, x: Tensor, weight: Any, bias: Any) -> Tensor:
        from_batch = self.training or not self.track_running_stats
        if self.training and self.track_running_stats:
            self.num_batches_tracked.fill(self.num_batches_tracked.item() + 1)
        statistics = self.running_mean, self.running_var, weight, bias
        return F.batch_norm(x, *statistics, from_batch, self.momentum, self.eps)

    def _row(self) -> Any:
        return (self.num_features,)

    def _normalized_rows(self, x: Tensor, weight: Any, bias: Any) -> Tensor:
        # The original takes a single row, with a variance of 0: that of the row twice.
        if len(x) == 1 and self.training:
            return self._normalized(cat([x, x]), weight, bias)[:1]
        return self._normalized(x, weight, bias)

    @property
    def running_mean_ptr(self) -> Optional[int]:
        """The address of the running mean's doubles."""
        return address(self, "running_mean")

    @property
    def running_var_ptr(self) -> Optional[int]:
        """The address of the running variance's doubles."""
        return address(self, "running_var")

    def extra_repr(self) -> str:
        return "%d, eps=%g, momentum=%g" % (self.num_features, self.eps, self.momentum)


class BatchNorm2d(BatchNorm1d):
    """The same over images [N, C, H, W]."""


class LayerNorm(NormAddresses, Module):
    """The formula over the last dimensions of each sample, which are normalized_shape; the
    original's name for one of them is num_features."""

    def __init__(
        self,
        normalized_shape: Any = None,
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        dtype: Any = FLOAT32,
        num_features: Optional[int] = None,
    ) -> None:
        if normalized_shape is None:
            normalized_shape = num_features
        if normalized_shape is None:
            raise TypeError("LayerNorm: normalized_shape is missing")
        single = hasattr(normalized_shape, "__index__")
        self.normalized_shape = (normalized_shape,) if single else tuple(normalized_shape)
        self.eps = real(eps, "eps")
        _affine(self, elementwise_affine, self.normalized_shape, dtype, bias)

    def forward(self, x: Tensor) -> Tensor:
        return self._normalized(x, self.weight, self.bias)

    def _normalized(self, x: Tensor, weight: Any, bias: Any) -> Tensor:
        return F.layer_norm(x, self.normalized_shape, weight, bias, self.eps)

    def _row(self) -> Any:
        return self.normalized_shape

    @property
    def num_features(self) -> int:
        """Numbers that are normalized together."""
        return math.prod(self.normalized_shape)

    def extra_repr(self) -> str:
        return "%s, eps=%g" % (self.normalized_shape, self.eps)


class RMSNorm(LayerNorm):
    """x / sqrt(mean(x^2) + eps) weight over the last dimensions."""

    def __init__(
        self,
        normalized_shape: Any,
        eps: Optional[float] = None,
        elementwise_affine: bool = True,
        dtype: Any = FLOAT32,
    ) -> None:
        super().__init__(normalized_shape, eps or 0.0, elementwise_affine, False, dtype)

    def _normalized(self, x: Tensor, weight: Any, bias: Any) -> Tensor:
        sizes = len(self.normalized_shape), self.eps
        return call(lib.neural_rms_norm, address_of(x, "x"), _or(weight), *sizes)


class GroupNorm(Module):
    """The formula over groups of channels of each sample of [N, C, ...]."""

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        dtype: Any = FLOAT32,
    ) -> None:
        self.num_groups = int64(num_groups, "num_groups")
        self.num_channels = int64(num_channels, "num_channels")
        self.eps = real(eps, "eps")
        _affine(self, affine, (self.num_channels,), dtype)

    def forward(self, x: Tensor) -> Tensor:
        inputs = address_of(x, "x"), _or(self.weight), _or(self.bias)
        return call(lib.neural_group_norm, *inputs, self.num_groups, self.eps)

    def extra_repr(self) -> str:
        return "%d, %d, eps=%g" % (self.num_groups, self.num_channels, self.eps)
