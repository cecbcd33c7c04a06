"""The original's convolution and pooling on flat arrays of doubles, [batch, channels, h, w]."""

import ctypes
from typing import Any, Optional, Tuple

from . import functional as F
from ._library import int64
from .autograd import enable_grad
from .dtypes import float64
from .nn import Conv2d
from .tensor import Tensor, tensor


def calc_output_size(input_dim: int, kernel_dim: int, stride: int = 1, padding: int = 0) -> int:
    """(input_dim + 2 padding - kernel_dim) // stride + 1; -1 where no window fits."""
    if stride < 1 or input_dim + 2 * padding < kernel_dim:
        return -1
    return (input_dim + 2 * padding - kernel_dim) // stride + 1


def _array(values: Tensor) -> Any:
    flat = values.detach().flatten().tolist()
    return (ctypes.c_double * len(flat))(*flat)


def _image(data: Any, *shape: int) -> Tensor:
    count = 1
    for size in shape:
        count *= int64(size, "size")
    given = data if isinstance(data, Tensor) else tensor(data, float64)
    if given.numel < count:
        raise ValueError("%d numbers, expected %s" % (given.numel, list(shape)))
    return given.detach().to(float64).flatten()[:count].reshape(shape)


class _Windows:
    kernel_size: Tuple[int, int]
    stride: int
    padding: int

    def output_shape(self, h: int, w: int) -> Tuple[int, int]:
        """Height and width of the result for images of h x w."""
        sides = zip((h, w), self.kernel_size)
        return tuple(  # type: ignore[return-value]
            calc_output_size(size, kernel, self.stride, self.padding) for size, kernel in sides
        )


class Conv2D(_Windows):
    """A convolution in f64 that takes and gives flat sequences."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
    ) -> None:
        sizes = F.pair(kernel_size, "kernel_size")
        if min(in_channels, out_channels, stride, *sizes) < 1 or padding < 0:
            raise MemoryError("Conv2D: channels, kernel and stride from 1 on, padding from 0 on")
        options = in_channels, out_channels, sizes, stride, padding
        self._layer = Conv2d(*options, bias=bias, dtype=float64)
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride, self.padding = sizes, stride, padding
        self.has_bias = bool(bias)
        self._input: Optional[Tensor] = None

    @property
    def weight_ptr(self) -> int:
        """The address of the weights, [out, in * kh * kw]."""
        return self._layer.weight.data_ptr

    @property
    def bias_ptr(self) -> Optional[int]:
        """The address of the bias, None without one."""
        bias = self._layer.bias
        return None if bias is None else bias.data_ptr

    @property
    def weight_size(self) -> int:
        """How many weights."""
        return self._layer.weight.numel

    def forward(self, data: Any, batch: int, in_h: int, in_w: int) -> Tuple[Any, int, int]:
        """The result as an array of doubles, its height and width."""
        out_h, out_w = self.output_shape(in_h, in_w)
        if out_h < 1 or out_w < 1:
            raise RuntimeError("conv2d forward failed")
        self._input = _image(data, batch, self.in_channels, in_h, in_w)
        return _array(self._layer(self._input)), out_h, out_w

    def backward(
        self, grad_output: Any, input_data: Any = None, shape: Any = None
    ) -> Tuple[Any, Any, Any]:
        """Gradients of input, weight and bias (None without one) as arrays of doubles."""
        x = self._input
        if input_data is not None:
            batch, in_h, in_w = shape
            x = _image(input_data, batch, self.in_channels, in_h, in_w)
        if x is None:
            raise RuntimeError("Conv2D.backward: there was no forward")
        x = x.copy().requires_grad_()
        layer = self._layer
        layer.zero_grad()
        with enable_grad():
            y = layer(x)
        y.backward(_image(grad_output, *y.shape))
        leaves = [x, layer.weight] + ([] if layer.bias is None else [layer.bias])
        gradients = [_array(leaf.grad) for leaf in leaves]  # type: ignore[arg-type]
        return gradients[0], gradients[1], gradients[2] if self.has_bias else None

    def __repr__(self) -> str:
        facts = self.in_channels, self.out_channels, self.kernel_size, self.stride, self.padding
        return "Conv2D(%d, %d, kernel_size=%s, stride=%d, padding=%d)" % facts


class MaxPool2D(_Windows):
    """The largest of each window of flat sequences; the first of equal ones takes the gradient."""

    def __init__(self, kernel_size: Any, stride: Optional[int] = None, padding: int = 0) -> None:
        self.kernel_size = F.pair(kernel_size, "kernel_size")
        self.pool_h, self.pool_w = self.kernel_size
        self.stride = self.pool_h if stride is None else int64(stride, "stride")
        self.padding = int64(padding, "padding")
        self._input: Optional[Tensor] = None

    def forward(
        self, data: Any, batch: int, channels: int, in_h: int, in_w: int
    ) -> Tuple[Any, int, int]:
        """The result as an array of doubles, its height and width."""
        self._input = _image(data, batch, channels, in_h, in_w).copy().requires_grad_()
        with enable_grad():
            self._output = F.max_pool2d(self._input, self.kernel_size, self.stride, self.padding)
        return (_array(self._output),) + tuple(self._output.shape[2:])  # type: ignore[return-value]

    def backward(self, grad_output: Any, mask: Any = None, shape: Any = None) -> Any:
        """The gradient of the last forward's input as an array of doubles."""
        if self._input is None:
            raise RuntimeError("MaxPool2D.backward: there was no forward")
        self._input.grad = None
        self._output.backward(_image(grad_output, *self._output.shape), retain_graph=True)
        return _array(self._input.grad)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        facts = self.kernel_size, self.stride, self.padding
        return "MaxPool2D(kernel_size=%s, stride=%d, padding=%d)" % facts
