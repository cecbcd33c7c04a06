"""Arithmetic of tensors: operators, elementwise functions, reductions, products, comparisons.

Shapes broadcast as NumPy's; a Python number stands for a tensor of the other operand's dtype. What
is not f32 or f64 on both sides is _promotion's affair. Everything here is differentiable but the
comparisons, the operations in place and those of whole numbers.
"""

from typing import TYPE_CHECKING, Any, Callable, Optional, Sequence, Tuple, Union

from . import _promotion, _signatures
from ._handle import Handle, Part, address_of, call, unary
from ._library import check, int32, lib, real
from ._operators import (
    Operand,
    add_number,
    binary,
    changed,
    comparison,
    div_number,
    dtype_of,
    in_place,
    mul_number,
    named_in_place,
    number_of,
    of_whole,
    rdiv_number,
    reflected,
    rsub_number,
    scaled,
    sub_number,
)
from ._promotion import DTYPE_ERRORS, kind
from .dtypes import bool_, float32, int64
from .errors import InvalidArgumentError, NeuralError, ShapeMismatchError

if TYPE_CHECKING:
    from .tensor import Tensor

Axis = Union[None, int, Sequence[int]]


def _axes(x: Part, axis: Axis) -> Tuple[int, ...]:
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
        address_of(self, "tensor")
        axes = (_signatures.NEURAL_ALL_AXES,) if axis is None else _axes(self, axis)
        out = self
        try:
            for one in axes:
                out = call(function, out, one, bool(keepdim))
        except DTYPE_ERRORS:
            for place in (None,) if axis is None else axes:
                out = _promotion.reduced(name, out, place, bool(keepdim), function)
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


def _not_a_number(x: Handle, number: float) -> "Tensor":
    raise TypeError("expected a Tensor, not a number")


_maximum = binary("maximum", _not_a_number)
_minimum = binary("minimum", _not_a_number)


class Arithmetic(Part):
    """Operators and functions of Tensor."""

    __add__ = binary("add", add_number)
    __sub__ = binary("sub", sub_number)
    __mul__ = binary("mul", mul_number)
    __truediv__ = binary("div", div_number)
    __radd__ = reflected("add", add_number)
    __rsub__ = reflected("sub", rsub_number)
    __rmul__ = reflected("mul", mul_number)
    __rtruediv__ = reflected("div", rdiv_number)

    __floordiv__ = of_whole("floordiv")
    __rfloordiv__ = of_whole("floordiv", True)
    __mod__ = of_whole("mod")
    __rmod__ = of_whole("mod", True)
    __and__ = __rand__ = of_whole("and")
    __or__ = __ror__ = of_whole("or")
    __xor__ = __rxor__ = of_whole("xor")

    __iadd__ = in_place(__add__, "add_")
    __isub__ = in_place(__sub__, "sub_")
    __imul__ = in_place(__mul__, "mul_")
    __itruediv__ = in_place(__truediv__, "div_")
    add_ = named_in_place(__iadd__, "add_")
    sub_ = named_in_place(__isub__, "sub_")
    mul_ = named_in_place(__imul__, "mul_")
    div_ = named_in_place(__itruediv__, "div_")

    neg_ = changed("neg")
    abs_ = changed("abs")
    square_ = changed("square")
    sqrt_ = changed("sqrt")
    exp_ = changed("exp")
    log_ = changed("log")
    relu_ = changed("relu")
    sigmoid_ = changed("sigmoid")
    tanh_ = changed("tanh")
    clamp_ = changed("clamp")
    pow_ = changed("pow")

    __eq__ = comparison(_signatures.NEURAL_EQUAL)
    __ne__ = comparison(_signatures.NEURAL_NOT_EQUAL)
    __lt__ = comparison(_signatures.NEURAL_LESS)
    __le__ = comparison(_signatures.NEURAL_LESS_EQUAL)
    __gt__ = comparison(_signatures.NEURAL_GREATER)
    __ge__ = comparison(_signatures.NEURAL_GREATER_EQUAL)
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

    def __invert__(self) -> "Tensor":
        """Not, of bools; every bit turned, of whole numbers."""
        is_bool = dtype_of(address_of(self, "operand")) == bool_
        return _promotion.binary("xor", self, is_bool or -1)

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
        if kind(self.dtype) < 2:
            return self._power_of_whole(exponent)
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

    def _power_of_whole(self, exponent: Any) -> "Tensor":
        if not hasattr(exponent, "__index__"):
            return self.to(float32) ** exponent
        if not 0 <= int(exponent) <= 64:
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT,
                "pow: exponent is %d, of whole numbers 0 to 64 is expected" % exponent,
            )
        base = self.to(int64) if self.dtype == bool_ else self
        if int(exponent) < 2:
            return base.copy() if exponent else base.copy().fill(1.0)
        return base._whole_power(int(exponent))

    def _whole_power(self, exponent: int) -> "Tensor":
        if exponent == 0:
            return scaled(self, 0.0, 1.0)
        result, base = None, self
        while exponent:
            if exponent & 1:
                result = base if result is None else result * base
            exponent >>= 1
            if exponent:
                base = base.square()
        made = scaled(self, 1.0, -0.0) if result is self else result
        return made  # type: ignore[return-value]

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
        address_of(other, "other")
        return _maximum(self, other)

    def minimum(self, other: "Tensor") -> "Tensor":
        """The smaller of each pair of elements; NaN when either is."""
        address_of(other, "other")
        return _minimum(self, other)

    def clamp(self, min: float = -float("inf"), max: float = float("inf")) -> "Tensor":
        """Elements below min become min, those above max become max."""
        low, high = real(min, "min"), real(max, "max")
        if self._ptr and kind(dtype_of(self)) < 2:
            return _promotion.clamped(self, min, max)  # type: ignore[arg-type]
        return call(lib.neural_hardtanh, self._ptr, low, high)

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
        axis = _axis_arguments("argmax", axis, False, other)[0]  # type: ignore[assignment]
        rows = self.reshape(1, -1) if axis is None else self._rows_along(axis)
        if rows.shape[1] == 0:
            raise ShapeMismatchError(
                NeuralError.SHAPE_MISMATCH, "argmax: the axis of %s is empty" % list(self.shape)
            )
        if kind(rows.dtype) < 2:
            rows = _promotion.first_place(rows, 1, "max")
        found = self._empty(rows.shape[:1], _signatures.NEURAL_DTYPE_I64)
        check(lib.neural_argmax(rows.detach().contiguous(), found))
        shape = self.shape
        rest = () if axis is None else shape[: axis % len(shape)] + shape[axis % len(shape) + 1 :]
        return found.reshape(rest)

    def argmin(self, axis: Optional[int] = None, **other: Any) -> "Tensor":
        """Where the smallest element along `axis` stands: int64."""
        if kind(dtype_of(address_of(self, "tensor"))) == 2:
            return self.detach().neg().argmax(axis, **other)
        axis = _axis_arguments("argmin", axis, False, other)[0]  # type: ignore[assignment]
        if axis is None:
            return self.reshape(-1).argmin(0)
        (place,) = _axes(self, axis)
        return _promotion.first_place(self, place, "min").argmax(place)

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
