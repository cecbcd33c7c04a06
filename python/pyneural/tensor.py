"""Tensors: n-dimensional arrays of numbers that remember how they were computed.

The module can be called: `pyneural.tensor(data)` is `pyneural.tensor.tensor(data)`.
"""

import sys
import types
from ctypes import byref, c_double
from typing import Any, Callable, Optional, Tuple

from . import _handle, _interop, _promotion, dtypes
from ._arithmetic import Arithmetic
from ._operators import number_of
from ._gradient import Gradient
from ._handle import Handle, Part, address_of, call
from ._indexing import Indexing
from ._interop import Interop, NeuralBufferInfo, from_dlpack
from ._library import check, int64, int64_array, lib, quick, real
from ._views import cat, sizes_of, stack
from .core import NeuralDtype, seed_of
from .errors import NeuralError, NullPointerError

__all__ = [
    "NeuralBufferInfo",
    "Tensor",
    "arange",
    "as_tensor",
    "cat",
    "empty",
    "eye",
    "from_dlpack",
    "from_numpy",
    "full",
    "full_like",
    "linspace",
    "ones",
    "ones_like",
    "rand",
    "randn",
    "stack",
    "tensor",
    "zeros",
    "zeros_like",
]

FLOAT32 = NeuralDtype.FLOAT32

# arange and linspace go through a list of Python numbers, for exactness in any dtype.
_MOST_LISTED = 1 << 24


def __getattr__(name: str) -> Any:
    if name == "HAS_NUMPY":
        import importlib.util

        return importlib.util.find_spec("numpy") is not None
    raise AttributeError("module 'pyneural.tensor' has no attribute %r" % name)


def _made(function: Callable[..., int], shape: Any, dtype: Any, *more: Any) -> "Tensor":
    sizes = (shape,) if hasattr(shape, "__index__") else tuple(shape)
    dims = int64_array(sizes, "size")
    return call(function, len(dims), dims, dtypes.code_of(dtype), *more)


class Tensor(Arithmetic, Gradient, Indexing, Interop):
    """An n-dimensional array of at most 8 dimensions.

    Elements are float32 or float64 where arithmetic is meant; int8, uint8, int32, int64, bool and
    bfloat16 are for storage, labels and masks. Views share their elements; with requires_grad
    set, operations are recorded and `backward()` differentiates through them.

    `Tensor(ptr)` wraps the address of a tensor of the library and takes over one reference to it
    unless owns_data is False. Make tensors with `pyneural.tensor`, `zeros`, `from_numpy`.
    """

    _base: Any = None
    _numpy_ref: Any = None

    def __init__(self, ptr: Optional[int], owns_data: bool = True) -> None:
        if ptr is None or ptr == 0:
            raise NullPointerError(NeuralError.NULL_POINTER, "Tensor: the address is null")
        if not isinstance(ptr, int) or isinstance(ptr, bool):
            raise TypeError(
                "Tensor takes an address; pyneural.tensor(data) makes one from %s"
                % type(ptr).__name__
            )
        self._ptr = ptr
        self._owns_data = bool(owns_data)

    # --- creation ---

    @classmethod
    def create(cls, shape: Any, dtype: Any = FLOAT32) -> "Tensor":
        """Zeros, as `zeros`."""
        return cls.zeros(shape, dtype)

    @classmethod
    def zeros(cls, shape: Any, dtype: Any = FLOAT32) -> "Tensor":
        """Zeros of a shape (a sequence of ints, () for a single number) and dtype.

        Raises:
            InvalidArgumentError: a negative size, or more than 8.
            InvalidDtypeError: no element type.
            TensorTooLargeError, OutOfMemoryError: there is no room.
        """
        return _made(lib.neural_tensor_zeros, shape, dtype)

    @classmethod
    def ones(cls, shape: Any, dtype: Any = FLOAT32) -> "Tensor":
        """Ones; errors as of `zeros`."""
        return _made(lib.neural_tensor_ones, shape, dtype)

    def _empty(self, shape: Any, dtype: int) -> "Tensor":
        return _made(lib.neural_tensor_create, shape, dtype)

    def _as_tensor(self, value: Any) -> "Tensor":
        return value if isinstance(value, Tensor) else tensor(value, self.dtype)

    # --- facts ---

    @property
    def dtype(self) -> int:
        """The element type, an int of NeuralDtype."""
        return quick.neural_tensor_dtype(address_of(self, "tensor"))

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return quick.neural_tensor_bytes(address_of(self, "tensor"))

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return dtypes.BYTES[self.dtype]

    @property
    def data_ptr(self) -> int:
        """The address of the first element; 0 when there is none."""
        return quick.neural_tensor_data(address_of(self, "tensor")) or 0

    @property
    def strides(self) -> Tuple[int, ...]:
        """Distances between neighbours along each dimension, in bytes."""
        return tuple(step * self.itemsize for step in self.stride())

    @property
    def data(self) -> "Tensor":
        """The same elements without history."""
        return self.detach()

    # --- contents ---

    def fill(self, value: float) -> "Tensor":
        """Sets every element; returns self."""
        number = number_of(value)
        if number is None:
            raise TypeError("fill: value is %s, expected a number" % type(value).__name__)
        check(lib.neural_tensor_fill(self._ptr, number))
        return self

    fill_ = fill

    def zero_(self) -> "Tensor":
        """Sets every element to 0; returns self."""
        return self.fill(0.0)

    def uniform_(self, low: float = 0.0, high: float = 1.0, seed: Any = None) -> "Tensor":
        """Uniform numbers in [low, high), seeded as `rand`; returns self."""
        bounds = real(low, "low"), real(high, "high")
        check(lib.neural_tensor_fill_uniform(self._ptr, seed_of(seed), *bounds))
        return self

    def normal_(self, mean: float = 0.0, std: float = 1.0, seed: Any = None) -> "Tensor":
        """Normally distributed numbers, seeded as `rand`; returns self."""
        numbers = real(mean, "mean"), real(std, "std")
        check(lib.neural_tensor_fill_normal(self._ptr, seed_of(seed), *numbers))
        return self

    def copy_(self, source: Any) -> "Tensor":
        """Takes over what `source` broadcasts to, its dtype converted; returns self."""
        self._assign(source)
        return self

    def copy(self) -> "Tensor":
        """A contiguous copy without history."""
        return call(lib.neural_tensor_clone, self._ptr)

    def clone(self) -> "Tensor":
        """A contiguous, differentiable copy."""
        return self + self._empty((), self.dtype).fill(-0.0) if self.requires_grad else self.copy()

    def __copy__(self) -> "Tensor":
        return self.copy()

    def __deepcopy__(self, memo: Any) -> "Tensor":
        copy = self.copy()
        if self.requires_grad:
            copy.requires_grad = True
        return copy

    def __reduce__(self) -> Any:
        return _unpickled, (
            bytes(self.detach().contiguous()._bytes()),
            self.shape,
            self.dtype,
            self.requires_grad,
        )

    def _bytes(self) -> Any:
        return self._viewed_as_bytes().buffer()

    def _viewed_as_bytes(self) -> "Tensor":
        address = address_of(self, "tensor")
        return _interop.wrap_memory(self, self.data_ptr, (self.nbytes,), None, dtypes.uint8) if (
            address and self.nbytes
        ) else _made(lib.neural_tensor_create, (0,), dtypes.uint8)

    def to(self, dtype: Any) -> "Tensor":
        """Converted to dtype, differentiable between floats; self when it has it already."""
        code = dtypes.code_of(dtype)
        address_of(self, "tensor")
        return _promotion.converted(self, code)

    def float(self) -> "Tensor":
        """As float32."""
        return self.to(dtypes.float32)

    def double(self) -> "Tensor":
        """As float64."""
        return self.to(dtypes.float64)

    def long(self) -> "Tensor":
        """As int64, truncated."""
        return self.to(dtypes.int64)

    # --- a single number ---

    def _number(self, what: str) -> Any:
        if self.numel != 1:
            raise ValueError(
                "%s of a tensor of shape %s, expected one element" % (what, list(self.shape))
            )
        return self.item()

    def __float__(self) -> Any:
        out = c_double()
        check(lib.neural_tensor_item(self._ptr, byref(out)))
        return out.value

    def __int__(self) -> int:
        return int(self._number("int()"))

    def __bool__(self) -> bool:
        return bool(self._number("the truth"))

    def __round__(self, digits: Optional[int] = None) -> Any:
        return round(float(self._number("round()")), digits)

    def __format__(self, spec: str) -> str:
        return format(self._number("formatting"), spec) if spec else str(self)

    # --- text ---

    def __repr__(self) -> str:
        if self._ptr is None:
            return "Tensor(freed)"
        return "Tensor(shape=%s, dtype=%s)" % (self.shape, dtypes.NAMES[self.dtype])

    def __str__(self) -> str:
        if self._ptr is None:
            return "Tensor(freed)"
        try:
            return str(self.detach().numpy())
        except ImportError:
            return str(self.tolist()) if self.numel <= 1000 else repr(self)


_handle.tensor_class = Tensor


def _unpickled(data: bytes, shape: Any, dtype: int, requires_grad: bool) -> Tensor:
    made = _interop.copy_of(memoryview(data), shape, dtype)
    if requires_grad:
        made.requires_grad = True
    return made


def zeros(*shape: Any, dtype: Any = FLOAT32, requires_grad: bool = False) -> Tensor:
    """Zeros: zeros((2, 3)), zeros((2, 3), dtype) or zeros(2, 3, dtype=...)."""
    return _of_shape(lib.neural_tensor_zeros, shape, dtype, requires_grad)


def ones(*shape: Any, dtype: Any = FLOAT32, requires_grad: bool = False) -> Tensor:
    """Ones, with the arguments of `zeros`."""
    return _of_shape(lib.neural_tensor_ones, shape, dtype, requires_grad)


def empty(*shape: Any, dtype: Any = FLOAT32, requires_grad: bool = False) -> Tensor:
    """A tensor with any contents, with the arguments of `zeros`."""
    return _of_shape(lib.neural_tensor_create, shape, dtype, requires_grad)


def _of_shape(
    function: Callable[..., int], shape: Tuple[Any, ...], dtype: Any, requires_grad: bool
) -> Tensor:
    if len(shape) == 2 and not hasattr(shape[0], "__index__"):
        dtype, shape = shape[1], shape[:1]
    return _leaf(_made(function, sizes_of(shape), dtype), requires_grad)


def _leaf(made: Tensor, requires_grad: bool) -> Tensor:
    if requires_grad:
        made.requires_grad = True
    return made


def full(
    shape: Any, fill_value: float, dtype: Any = FLOAT32, requires_grad: bool = False
) -> Tensor:
    """A tensor whose elements are fill_value."""
    return _leaf(_made(lib.neural_tensor_full, shape, dtype, float(fill_value)), requires_grad)


def zeros_like(other: Tensor) -> Tensor:
    """Zeros of other's shape and dtype."""
    address_of(other, "other")
    return _made(lib.neural_tensor_zeros, other.shape, other.dtype)


def ones_like(other: Tensor) -> Tensor:
    """Ones of other's shape and dtype."""
    address_of(other, "other")
    return _made(lib.neural_tensor_ones, other.shape, other.dtype)


def full_like(other: Tensor, fill_value: float) -> Tensor:
    """A tensor of other's shape and dtype whose elements are fill_value."""
    address_of(other, "other")
    return full(other.shape, fill_value, other.dtype)


def _has_plain_numbers(data: Any) -> bool:
    view = memoryview(data)
    return view.c_contiguous and view.format in dtypes.FORMATS


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A copy of numbers: nested lists, an array, a buffer, another tensor, a single number.

    Args:
        data: the numbers.
        dtype: None keeps f32 and f64 arrays and any tensor's dtype; all else becomes f32.
    """
    if isinstance(data, Part):
        made = data.copy() if dtype is None else data.detach().to(dtype).copy()
    elif hasattr(data, "__array_interface__"):
        made = Tensor._from_array(data, None if dtype is None else dtypes.code_of(dtype))
    elif isinstance(data, (bytes, bytearray, memoryview)) and _has_plain_numbers(data):
        view = memoryview(data)
        made = _interop.copy_of(view, view.shape, dtypes.FORMATS.index(view.format))
        if dtype is not None or not dtypes.is_float(made.dtype):
            made = made.to(FLOAT32 if dtype is None else dtype)
    else:
        if isinstance(data, (range, memoryview)) or hasattr(data, "_length_"):
            data = list(data)
        made = Tensor.from_list(data, FLOAT32 if dtype is None else dtype)
    return _leaf(made, requires_grad)


def as_tensor(data: Any, dtype: Any = None) -> Tensor:
    """data itself when it is a tensor of this dtype, else `tensor(data, dtype)`."""
    if isinstance(data, Tensor) and (dtype is None or data.dtype == dtypes.code_of(dtype)):
        return data
    return tensor(data, dtype)


def from_numpy(arr: Any) -> Tensor:
    """Tensor.from_numpy."""
    return Tensor.from_numpy(arr)


def arange(*bounds: float, dtype: Any = FLOAT32) -> Tensor:
    """Numbers as of range(): arange(stop), arange(start, stop), arange(start, stop, step)."""
    if not 1 <= len(bounds) <= 3:
        raise TypeError("arange takes 1 to 3 numbers, not %d" % len(bounds))
    start, stop = (0, bounds[0]) if len(bounds) == 1 else bounds[:2]
    step = bounds[2] if len(bounds) == 3 else 1
    if step == 0:
        raise ValueError("arange: step is 0")
    count = max(0, int(-(-(stop - start) // step)))
    if count > _MOST_LISTED:
        raise ValueError("arange: %d numbers, at most %d are listed" % (count, _MOST_LISTED))
    return Tensor.from_list([start + i * step for i in range(count)], dtype)


def linspace(start: float, end: float, steps: int, dtype: Any = FLOAT32) -> Tensor:
    """`steps` numbers from start to end, both included, at equal distances."""
    if not 0 <= int64(steps, "steps") <= _MOST_LISTED:
        raise ValueError("linspace: steps is %d, expected 0 to %d" % (steps, _MOST_LISTED))
    start, end = real(start, "start"), real(end, "end")
    gap = (end - start) / (steps - 1) if steps > 1 else 0.0
    numbers = [start + i * gap for i in range(steps - 1)] + [end if steps > 1 else start]
    return Tensor.from_list(numbers[:steps], dtype)


def eye(n: int, dtype: Any = FLOAT32) -> Tensor:
    """The n x n identity."""
    made = zeros((n, n), dtype)
    if n:
        made.reshape(-1)._slice(0, 0, n, n + 1).fill(1.0)
    return made


def rand(*shape: Any, dtype: Any = FLOAT32, seed: Optional[int] = None) -> Tensor:
    """Uniform numbers in [0, 1); the seed is drawn from manual_seed's when None."""
    return _random(lib.neural_tensor_fill_uniform, shape, dtype, seed, (0.0, 1.0))


def randn(*shape: Any, dtype: Any = FLOAT32, seed: Optional[int] = None) -> Tensor:
    """Numbers of the standard normal distribution, seeded as rand's."""
    return _random(lib.neural_tensor_fill_normal, shape, dtype, seed, (0.0, 1.0))


def _random(
    function: Callable[..., int],
    shape: Tuple[Any, ...],
    dtype: Any,
    seed: Optional[int],
    numbers: Tuple[float, float],
) -> Tensor:
    made = _of_shape(lib.neural_tensor_create, shape, dtype, False)
    check(function(made, seed_of(seed), *numbers))
    return made


class _CallableModule(types.ModuleType):
    def __call__(self, data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
        return tensor(data, dtype, requires_grad)


sys.modules[__name__].__class__ = _CallableModule
