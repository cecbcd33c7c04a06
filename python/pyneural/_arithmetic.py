"""Arithmetic of tensors: operators, elementwise functions, reductions, products, comparisons.

Operands are f32 or f64 and of one dtype; shapes broadcast as NumPy's; a Python number stands for
a tensor of the other operand's dtype. Everything here is differentiable but the comparisons and
the operations in place.
"""

from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence, Tuple, Union

from . import _signatures
from ._handle import Handle, address_of, adopt, call, recording, unary
from ._library import check, fail, int32, lib, quick, real
from .errors import InvalidArgumentError, NeuralError, ShapeMismatchError

if TYPE_CHECKING:
    from .tensor import Tensor

Operand = Union["Tensor", float]
Axis = Union[None, int, Sequence[int]]

_affine = lib.neural_affine
_full = lib.neural_tensor_full
_dtype = quick.neural_tensor_dtype


def number_of(value: Any) -> Optional[float]:
    """A Python or NumPy number as a float, None for anything else."""
    if isinstance(value, (float, int)):
        return float(value)
    if hasattr(value, "__float__") and not hasattr(value, "__len__"):
        return float(value)
    return None


def _scaled(x: Handle, alpha: float, beta: float) -> "Tensor":
    """alpha x + beta, rounded once."""
    out = c_void_p()
    status = _affine(x._ptr, alpha, beta, byref(out))
    if status:
        fail(status)
    return adopt(out.value)


def like_number(x: Handle, number: float) -> "Tensor":
    """A 0-dim tensor of x's dtype."""
    return call(_full, 0, None, _dtype(address_of(x, "operand")), number)


# With a beta of -0.0 the product keeps the sign of its zeros.
def _add_number(x: Handle, number: float) -> "Tensor":
    return _scaled(x, 1.0, number)


def _sub_number(x: Handle, number: float) -> "Tensor":
    return _scaled(x, 1.0, -number)


def _rsub_number(x: Handle, number: float) -> "Tensor":
    return _scaled(x, -1.0, number)


def _mul_number(x: Handle, number: float) -> "Tensor":
    return _scaled(x, number, -0.0)


def _div_number(x: Handle, number: float) -> "Tensor":
    return call(lib.neural_div, x, like_number(x, number))


def _rdiv_number(x: Handle, number: float) -> "Tensor":
    return call(lib.neural_div, like_number(x, number), x)


def _binary(name: str, with_number: Callable[[Handle, float], "Tensor"]) -> Callable[..., Any]:
    function = getattr(lib, "neural_" + name)

    def method(self: Handle, other: Any) -> Any:
        if isinstance(other, Handle):
            out = c_void_p()
            status = function(self._ptr, other._ptr, byref(out))
            if status:
                fail(status)
            return adopt(out.value)
        number = number_of(other)
        return NotImplemented if number is None else with_number(self, number)

    return method


def _reflected(with_number: Callable[[Handle, float], "Tensor"]) -> Callable[..., Any]:
    def method(self: Handle, other: Any) -> Any:
        number = number_of(other)
        return NotImplemented if number is None else with_number(self, number)

    return method


def _comparison(which: int) -> Callable[..., Any]:
    function = lib.neural_tensor_compare

    def method(self: Handle, other: Any) -> Any:
        if not isinstance(other, Handle):
            number = number_of(other)
            if number is None:
                return NotImplemented
            other = like_number(self, number)
        return call(function, self._ptr, other, which)

    return method


def _in_place(operation: Callable[..., Any], name: str) -> Callable[..., Any]:
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
            check(lib.neural_tensor_copy(self._ptr, result))
            return self
        return result

    return method


def _named_in_place(operator: Callable[..., Any], name: str) -> Callable[..., Any]:
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


def _changed(name: str) -> Callable[..., "Tensor"]:
    """The method x.<name>_() of x.<name>()."""

    def method(self: "Tensor", *args: Any, **kwargs: Any) -> "Tensor":
        if recording(self):
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT,
                "%s_: a tensor that requires a gradient is written in place only under no_grad()"
                % name,
            )
        check(lib.neural_tensor_copy(self._ptr, getattr(self, name)(*args, **kwargs)))
        return self

    method.__doc__ = "%s() in place; returns self." % name
    return method


def _axes(x: "Tensor", axis: Axis) -> Tuple[int, ...]:
    """Axes counted from the front, each once, the last first."""
    ndim = x.ndim
    found = set()
    for item in axis if isinstance(axis, (tuple, list)) else (axis,):
        number = int32(item, "axis")
        if not -ndim <= number < ndim:
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT,
                "axis %d is out of range for a tensor of shape %s" % (number, list(x.shape)),
            )
        found.add(number % ndim)
    return tuple(sorted(found, reverse=True))


def reduction(name: str) -> Callable[..., "Tensor"]:
    """A method that reduces over one axis, several, or all."""
    function = getattr(lib, "neural_" + name)

    def method(self: "Tensor", axis: Axis = None, keepdim: bool = False, **other: Any) -> "Tensor":
        axis, keepdim = _axis_arguments(name, axis, keepdim, other)
        if axis is None:
            return call(function, self._ptr, _signatures.NEURAL_ALL_AXES, bool(keepdim))
        out = self
        for one in _axes(self, axis):
            out = call(function, out, one, bool(keepdim))
        return out

    method.__doc__ = (
        "The %s over `axis` (an int, several, or None for all elements; negative counts from the "
        "end). `keepdim` leaves sizes of 1. `dim` and `keepdims` are other names." % name
    )
    return method


def _axis_arguments(name: str, axis: Axis, keepdim: bool, other: Any) -> Tuple[Axis, bool]:
    axis = other.pop("dim", axis)
    keepdim = other.pop("keepdims", keepdim)
    if other:
        raise TypeError("%s: unexpected argument %s" % (name, ", ".join(other)))
    return axis, keepdim


class Arithmetic(Handle):
    """Operators and functions of Tensor."""

    __add__ = _binary("add", _add_number)
    __sub__ = _binary("sub", _sub_number)
    __mul__ = _binary("mul", _mul_number)
    __truediv__ = _binary("div", _div_number)
    __radd__ = _reflected(_add_number)
    __rsub__ = _reflected(_rsub_number)
    __rmul__ = _reflected(_mul_number)
    __rtruediv__ = _reflected(_rdiv_number)

    __iadd__ = _in_place(__add__, "add_")
    __isub__ = _in_place(__sub__, "sub_")
    __imul__ = _in_place(__mul__, "mul_")
    __itruediv__ = _in_place(__truediv__, "div_")
    add_ = _named_in_place(__iadd__, "add_")
    sub_ = _named_in_place(__isub__, "sub_")
    mul_ = _named_in_place(__imul__, "mul_")
    div_ = _named_in_place(__itruediv__, "div_")

    neg_ = _changed("neg")
    abs_ = _changed("abs")
    square_ = _changed("square")
    sqrt_ = _changed("sqrt")
    exp_ = _changed("exp")
    log_ = _changed("log")
    relu_ = _changed("relu")
    sigmoid_ = _changed("sigmoid")
    tanh_ = _changed("tanh")
    clamp_ = _changed("clamp")
    pow_ = _changed("pow")

    __eq__ = _comparison(_signatures.NEURAL_EQUAL)
    __ne__ = _comparison(_signatures.NEURAL_NOT_EQUAL)
    __lt__ = _comparison(_signatures.NEURAL_LESS)
    __le__ = _comparison(_signatures.NEURAL_LESS_EQUAL)
    __gt__ = _comparison(_signatures.NEURAL_GREATER)
    __ge__ = _comparison(_signatures.NEURAL_GREATER_EQUAL)
    __hash__ = object.__hash__

    # NumPy leaves `array + tensor` to us, which refuse it, instead of guessing.
    __array_ufunc__ = None

    sum = reduction("sum")
    mean = reduction("mean")
    max = reduction("max")
    min = reduction("min")
    amax = max
    amin = min

    abs = __abs__ = unary("abs")
    neg = __neg__ = unary("neg")
    square = unary("square")
    sqrt = unary("sqrt")
    exp = unary("exp")
    log = unary("log")
    relu = unary("relu")
    sigmoid = unary("sigmoid")
    tanh = unary("tanh")

    def __pos__(self) -> "Tensor":
        return self  # type: ignore[return-value]

    def __matmul__(self, other: Any) -> "Tensor":
        """The matrix product [.., m, k] @ [.., k, n], leading dimensions broadcast."""
        if not isinstance(other, Handle):
            return NotImplemented
        return call(lib.neural_matmul, self._ptr, other)

    def matmul(self, other: "Tensor") -> "Tensor":
        """self @ other."""
        return call(lib.neural_matmul, self._ptr, address_of(other, "other"))

    mm = dot = matmul

    def __pow__(self, exponent: float) -> "Tensor":
        """self to a number's power: whole exponents by products, others e^(exponent log self)."""
        number = number_of(exponent) if not isinstance(exponent, Handle) else None
        if number is None:
            return NotImplemented
        if number == 0.5:
            return self.sqrt()
        if not -64 <= number <= 64 or number != int(number):
            return (self.log() * number).exp()
        power = self._whole_power(abs(int(number)))
        return power if number >= 0 else 1.0 / power

    def pow(self, exponent: float) -> "Tensor":
        """self ** exponent."""
        result = self.__pow__(exponent)
        if result is NotImplemented:
            raise TypeError("pow: exponent is %s, expected a number" % type(exponent).__name__)
        return result

    def _whole_power(self, exponent: int) -> "Tensor":
        if exponent == 0:
            return _scaled(self, 0.0, 1.0)
        result, base = None, self
        while exponent:
            if exponent & 1:
                result = base if result is None else result * base
            exponent >>= 1
            if exponent:
                base = base.square()
        return result if result is not self else _scaled(self, 1.0, -0.0)

    def add(self, other: Operand) -> "Tensor":
        """self + other."""
        return self + other

    def sub(self, other: Operand) -> "Tensor":
        """self - other."""
        return self - other

    def mul(self, other: Operand) -> "Tensor":
        """self * other."""
        return self * other

    def div(self, other: Operand) -> "Tensor":
        """self / other."""
        return self / other

    def maximum(self, other: "Tensor") -> "Tensor":
        """The larger of each pair of elements; NaN when either is."""
        return call(lib.neural_maximum, self._ptr, address_of(other, "other"))

    def minimum(self, other: "Tensor") -> "Tensor":
        """The smaller of each pair of elements; NaN when either is."""
        return call(lib.neural_minimum, self._ptr, address_of(other, "other"))

    def clamp(self, min: float = -float("inf"), max: float = float("inf")) -> "Tensor":
        """Elements below min become min, those above max become max."""
        return call(lib.neural_hardtanh, self._ptr, real(min, "min"), real(max, "max"))

    def softmax(self, dim: int = -1) -> "Tensor":
        """e^x / sum e^x along dim."""
        return call(lib.neural_softmax, self._ptr, int32(dim, "dim"))

    def log_softmax(self, dim: int = -1) -> "Tensor":
        """log(e^x / sum e^x) along dim."""
        return call(lib.neural_log_softmax, self._ptr, int32(dim, "dim"))

    def var(self, axis: Axis = None, unbiased: bool = True, keepdim: bool = False) -> "Tensor":
        """The variance over `axis`, divided by n - 1 when unbiased, else by n."""
        deviation = self - self.mean(axis, keepdim=True)
        total = deviation.square().sum(axis, keepdim)
        count = self.numel // total.numel if total.numel else 0
        return total / float(count - bool(unbiased))

    def std(self, axis: Axis = None, unbiased: bool = True, keepdim: bool = False) -> "Tensor":
        """The square root of var()."""
        return self.var(axis, unbiased, keepdim).sqrt()

    def norm(self, axis: Axis = None, keepdim: bool = False) -> "Tensor":
        """The square root of the sum of squares over `axis`."""
        return self.square().sum(axis, keepdim).sqrt()

    def argmax(self, axis: Optional[int] = None, **other: Any) -> "Tensor":
        """Where the largest element along `axis` stands (of all elements when None): int64. The
        first of equal ones."""
        axis, _ = _axis_arguments("argmax", axis, False, other)
        rows = self.reshape(1, -1) if axis is None else self._rows_along(axis)
        if rows.shape[1] == 0:
            raise ShapeMismatchError(
                NeuralError.SHAPE_MISMATCH, "argmax: the axis of %s is empty" % list(self.shape)
            )
        found = self._empty(rows.shape[:1], _signatures.NEURAL_DTYPE_I64)
        check(lib.neural_argmax(rows.detach().contiguous(), found))
        shape = self.shape
        rest = () if axis is None else shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
        return found.reshape(rest)

    def argmin(self, axis: Optional[int] = None, **other: Any) -> "Tensor":
        """Where the smallest element along `axis` stands: int64."""
        return self.detach().neg().argmax(axis, **other)

    def _rows_along(self, axis: Any) -> "Tensor":
        """self as [rest, axis]."""
        (front,) = _axes(self, axis)
        order = [i for i in range(self.ndim) if i != front] + [front]
        return self.permute(order).reshape(-1, self.shape[front]) if self.numel else self._empty(
            (self.numel, self.shape[front]), self.dtype
        )

    def all(self) -> bool:
        """Whether no element is 0."""
        return bool(self.numel == 0 or self.to("float64").abs().min().item() > 0)

    def any(self) -> bool:
        """Whether some element is not 0."""
        return bool(self.numel and self.to("float64").abs().max().item() > 0)
