"""What Tensor's operators are made of: with numbers, in place, compared, of whole numbers.

The library's f32 and f64 functions are tried first; what they refuse is _promotion's affair.
"""

from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any, Callable, Optional, Union

from . import _promotion
from ._handle import DTYPE_CODES, Handle, address_of, adopt, call, recording
from ._library import check, fail, lib, quick
from ._promotion import DTYPE_ERRORS, kind
from .dtypes import NAMES, float64, int64
from .errors import InvalidArgumentError, InvalidDtypeError, NeuralError

if TYPE_CHECKING:
    from .tensor import Tensor

Operand = Union["Tensor", float]
_WithNumber = Callable[[Handle, float], "Tensor"]
_Operator = Callable[[Any, Any], "Tensor"]

_affine = lib.neural_affine
_full = lib.neural_tensor_full
dtype_of = quick.neural_tensor_dtype


def number_of(value: Any) -> Optional[float]:
    """A Python or NumPy number as a float, None for anything else."""
    if isinstance(value, (float, int)):
        return float(value)
    if hasattr(value, "__float__") and not hasattr(value, "__len__"):
        return float(value)
    return None


def scaled(x: Handle, alpha: float, beta: float) -> "Tensor":
    """alpha x + beta, rounded once."""
    out = c_void_p()
    status = _affine(x._ptr, alpha, beta, byref(out))
    if status:
        fail(status)
    return adopt(out.value)


def like_number(x: Handle, number: float) -> "Tensor":
    """A 0-dim tensor of x's dtype."""
    return call(_full, 0, None, dtype_of(address_of(x, "operand")), number)


# With a beta of -0.0 the product keeps the sign of its zeros.
def add_number(x: Handle, number: float) -> "Tensor":
    return scaled(x, 1.0, number)


def sub_number(x: Handle, number: float) -> "Tensor":
    return scaled(x, 1.0, -number)


def rsub_number(x: Handle, number: float) -> "Tensor":
    return scaled(x, -1.0, number)


def mul_number(x: Handle, number: float) -> "Tensor":
    return scaled(x, number, -0.0)


def div_number(x: Handle, number: float) -> "Tensor":
    return call(lib.neural_div, x, like_number(x, number))


def rdiv_number(x: Handle, number: float) -> "Tensor":
    return call(lib.neural_div, like_number(x, number), x)


def binary(name: str, with_number: _WithNumber) -> _Operator:
    function = getattr(lib, "neural_" + name)

    def method(self: Handle, other: Any) -> Any:
        if isinstance(other, Handle):
            out = c_void_p()
            status = function(self._ptr, other._ptr, byref(out))
            if status:
                if status in DTYPE_CODES:
                    return _promotion.binary(name, self, other)
                fail(status)
            return adopt(out.value)
        number = number_of(other)
        if number is None:
            return NotImplemented
        try:
            return with_number(self, number)
        except DTYPE_ERRORS:
            return _promotion.binary(name, self, other)

    return method


def reflected(name: str, with_number: _WithNumber) -> _Operator:
    def method(self: Handle, other: Any) -> Any:
        number = number_of(other)
        if number is None:
            return NotImplemented
        try:
            return with_number(self, number)
        except DTYPE_ERRORS:
            return _promotion.binary(name, other, self)

    return method


def of_whole(name: str, is_reflected: bool = False) -> _Operator:
    """An operator of whole numbers only."""

    def method(self: Handle, other: Any) -> Any:
        address_of(self, "operand")
        if isinstance(other, Handle):
            address_of(other, "operand")
        elif number_of(other) is None:
            return NotImplemented
        operands = (other, self) if is_reflected else (self, other)
        return _promotion.binary(name, *operands)

    return method


def _compared(x: Handle, number: Any) -> "Tensor":
    """What a number beside x is compared as: x's float dtype, else exactly."""
    dtype = dtype_of(address_of(x, "operand"))
    if kind(dtype) == 2:
        return like_number(x, float(number))
    is_whole = hasattr(number, "__index__") and -(2**63) <= int(number) < 2**63
    return _promotion.number_tensor(number, int64 if is_whole else float64)


def comparison(which: int) -> Callable[..., Any]:
    function = lib.neural_tensor_compare

    def method(self: Handle, other: Any) -> Any:
        if not isinstance(other, Handle):
            if number_of(other) is None:
                return NotImplemented
            other = _compared(self, other)
        return call(function, self._ptr, other, which)

    return method


def in_place(operation: Callable[..., Any], name: str) -> Callable[..., Any]:
    def method(self: "Tensor", other: Any) -> Any:
        if recording(self) or (isinstance(other, Handle) and recording(other)):
            if self.is_recorded:
                return NotImplemented  # x += y is x = x + y, recorded
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT,
                "%s: a leaf that requires a gradient is written in place only under no_grad()"
                % name,
            )
        result = operation(self, other)
        if result is not NotImplemented:
            check(lib.neural_tensor_copy(self._ptr, _fitting(self, result, name)))
            return self
        return result

    return method


def _fitting(x: "Tensor", result: "Tensor", name: str) -> "Tensor":
    """The result as it may be written to x."""
    have, wanted = result.dtype, x.dtype
    if kind(have) > kind(wanted):
        raise InvalidDtypeError(
            NeuralError.INVALID_DTYPE,
            "%s: the result is %s, which cannot be written to %s"
            % (name, NAMES[have], NAMES[wanted]),
        )
    return result if have == wanted or kind(wanted) == 2 else _promotion.narrowed(result, wanted)


def named_in_place(operator: Callable[..., Any], name: str) -> Callable[..., Any]:
    def method(self: "Tensor", other: Operand) -> "Tensor":
        result = operator(self, other)
        if result is NotImplemented and isinstance(other, (Handle, float, int)):
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT,
                "%s: the result would be recorded; write it without the underscore" % name,
            )
        if result is NotImplemented:
            raise TypeError(
                "%s: other is %s, expected a Tensor or a number" % (name, type(other).__name__)
            )
        return result

    method.__doc__ = "%s in place: self becomes the result, whose shape must be self's." % name
    return method


def changed(name: str) -> Callable[..., "Tensor"]:
    """The method x.<name>_() of x.<name>()."""

    def method(self: "Tensor", *args: Any, **kwargs: Any) -> "Tensor":
        if recording(self):
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT,
                "%s_: a tensor that requires a gradient is written in place only under no_grad()"
                % name,
            )
        result = getattr(self, name)(*args, **kwargs)
        check(lib.neural_tensor_copy(self._ptr, _fitting(self, result, name + "_")))
        return self

    method.__doc__ = "%s() in place; returns self." % name
    return method
