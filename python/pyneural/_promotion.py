"""Operands of different dtypes, and of whole numbers: PyTorch's rules of promotion.

Operators try the library's f32 and f64 functions first; only what those refuse comes here.

Kinds rank bool < whole < float. Tensors with dimensions decide; a 0-dim tensor, and after it a
Python number, changes the dtype only when its kind ranks higher. Of two float dtypes, and of two
whole ones, the wider is taken; int8 with uint8 give int32 (PyTorch's int16 is not there). A Python
float beside whole numbers stands for float32, an int beside bools for int64.
"""

from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any, Callable, Dict, Optional

from . import _handle, _signatures, dtypes
from ._handle import Handle, adopt, call, recording
from ._library import fail, lib, quick
from .dtypes import bfloat16, bool_, float32, float64, int8, int32, int64, uint8
from .errors import DtypeMismatchError, InvalidDtypeError, NeuralError, ShapeMismatchError

if TYPE_CHECKING:
    from .tensor import Tensor

DTYPE_ERRORS = (DtypeMismatchError, InvalidDtypeError)

# Functions whose result of whole numbers is float32, as PyTorch's.
_TO_FLOAT = ("exp", "log", "sqrt", "sigmoid", "tanh")

_WIDTH = {bool_: 0, uint8: 1, int8: 1, int32: 2, int64: 3, bfloat16: 4, float32: 5, float64: 6}

_WHOLE = {
    "add": _signatures.NEURAL_WHOLE_ADD,
    "sub": _signatures.NEURAL_WHOLE_SUB,
    "mul": _signatures.NEURAL_WHOLE_MUL,
    "floordiv": _signatures.NEURAL_WHOLE_FLOOR_DIV,
    "mod": _signatures.NEURAL_WHOLE_REMAINDER,
    "minimum": _signatures.NEURAL_WHOLE_MINIMUM,
    "maximum": _signatures.NEURAL_WHOLE_MAXIMUM,
    "and": _signatures.NEURAL_WHOLE_AND,
    "or": _signatures.NEURAL_WHOLE_OR,
    "xor": _signatures.NEURAL_WHOLE_XOR,
}
_FLOAT: Dict[str, Any] = {
    "add": lib.neural_add,
    "sub": lib.neural_sub,
    "mul": lib.neural_mul,
    "div": lib.neural_div,
    "minimum": lib.neural_minimum,
    "maximum": lib.neural_maximum,
}


def kind(dtype: int) -> int:
    """0 for bool, 1 for whole numbers, 2 for floats."""
    return 0 if dtype == bool_ else 2 if _WIDTH[dtype] >= _WIDTH[bfloat16] else 1


def promoted(one: int, other: int) -> int:
    """The dtype that holds what both hold."""
    if {one, other} == {int8, uint8}:
        return int32
    return one if _WIDTH[one] >= _WIDTH[other] else other


def _combined(higher: Optional[int], lower: Optional[int]) -> Optional[int]:
    if higher is None or lower is None:
        return lower if higher is None else higher
    return promoted(higher, lower) if kind(lower) > kind(higher) else higher


def _is_whole_number(value: Any) -> bool:
    return hasattr(value, "__index__")


def result_type(*operands: Any) -> int:
    """The dtype of an operation on tensors and numbers."""
    found: Dict[int, int] = {}
    for operand in operands:
        if isinstance(operand, Handle):
            dtype = quick.neural_tensor_dtype(operand)
            rank = 0 if quick.neural_tensor_ndim(operand) else 1
        elif isinstance(operand, bool):
            dtype, rank = bool_, 2
        else:
            dtype, rank = int64 if _is_whole_number(operand) else float32, 2
        found[rank] = promoted(found[rank], dtype) if rank in found else dtype
    result = _combined(_combined(found.get(0), found.get(1)), found.get(2))
    return float32 if result is None else result


def number_tensor(value: Any, dtype: int) -> "Tensor":
    """A 0-dim tensor: int64 for whole dtypes, else of dtype."""
    if kind(dtype) == 2:
        return call(lib.neural_tensor_full, 0, None, dtype, float(value))
    if not -(2**63) <= int(value) < 2**63:
        raise ValueError("%d is beyond 64 bits" % value)
    return _handle.tensor_class.from_list(int(value), int64)


def converted(x: "Tensor", dtype: int) -> "Tensor":
    """x in a dtype; recorded when x is and both are floats."""
    have = quick.neural_tensor_dtype(x)
    if have == dtype:
        return x
    if kind(dtype) == 2 and recording(x):
        from .function import Function

        class Convert(Function):
            """The gradient goes back in x's dtype."""

            @staticmethod
            def forward(ctx: Any, x: "Tensor") -> "Tensor":
                return call(lib.neural_tensor_cast, x, dtype)

            @staticmethod
            def backward(ctx: Any, gradient: "Tensor") -> "Tensor":
                return call(lib.neural_tensor_cast, gradient, have)

        return Convert.apply(x)
    return call(lib.neural_tensor_cast, x, dtype)


def whole(name: str, lhs: "Tensor", rhs: "Tensor", dtype: int) -> "Tensor":
    """An operation of neural_tensor_whole."""
    out = c_void_p()
    status = lib.neural_tensor_whole(lhs, rhs, _WHOLE[name], dtype, byref(out))
    if status:
        fail(status)
    return adopt(out.value)


def binary(name: str, lhs: Any, rhs: Any) -> "Tensor":
    """lhs op rhs of tensors of any dtypes and numbers; `div` is of floats always."""
    dtype = result_type(lhs, rhs)
    if name == "div" and kind(dtype) < 2:
        dtype = float32
    is_float = kind(dtype) == 2
    if name not in (_FLOAT if is_float else _WHOLE):
        raise _refused(name, dtype)
    if dtype == bool_ and name in ("sub", "floordiv", "mod"):
        raise _refused(name, dtype, "; ^ is exclusive or" if name == "sub" else "")
    computing = float32 if dtype == bfloat16 else dtype
    operands: Any = [x if isinstance(x, Handle) else number_tensor(x, dtype) for x in (lhs, rhs)]
    if not is_float:
        if name in ("floordiv", "mod", "minimum", "maximum"):  # here the front bits count
            operands = [narrowed(x, dtype) for x in operands]
        return whole(name, operands[0], operands[1], dtype)
    lhs, rhs = (converted(x, computing) for x in operands)
    return converted(call(_FLOAT[name], lhs, rhs), dtype)


def _refused(name: str, dtype: int, more: str = "") -> InvalidDtypeError:
    text = "%s: not defined for %s%s" % (name, dtypes.NAMES[dtype], more)
    return InvalidDtypeError(NeuralError.INVALID_DTYPE, text)


def _zero() -> "Tensor":
    return _handle.tensor_class.from_list(0, int64)


def unary(name: str, x: "Tensor", function: Callable[..., int]) -> "Tensor":
    """A function of one tensor that is neither f32 nor f64: bfloat16 through float32; neg, abs,
    relu and square of whole numbers stay whole, what is left gives float32."""
    dtype = quick.neural_tensor_dtype(x)
    if dtype == bfloat16:
        return converted(call(function, converted(x, float32)), dtype)
    if name in _TO_FLOAT:
        return call(function, converted(x, float32))
    if name == "square":
        return whole("mul", x, x, int64 if dtype == bool_ else dtype)
    if dtype == bool_ or name not in ("neg", "abs", "relu"):
        raise _refused(name, dtype)
    if name == "relu":
        return whole("maximum", x, _zero(), dtype)
    negative = whole("sub", _zero(), x, dtype)
    if name == "neg":
        return negative
    return x.copy() if dtype == uint8 else whole("maximum", x, negative, dtype)


def narrowed(x: "Tensor", dtype: int) -> "Tensor":
    """Whole numbers modulo dtype's size."""
    return x if quick.neural_tensor_dtype(x) == dtype else whole("or", x, _zero(), dtype)


def clamped(x: "Tensor", low: Any, high: Any) -> "Tensor":
    """clamp of whole numbers: whole where the bounds are (or infinite), else float32."""
    bounds = [bound for bound in (low, high) if abs(bound) != float("inf")]
    if not all(hasattr(bound, "__index__") for bound in bounds):
        return converted(x, float32).clamp(low, high)
    dtype = quick.neural_tensor_dtype(x)
    for name, bound in (("maximum", low), ("minimum", high)):
        if bound in bounds:
            x = whole(name, x, number_tensor(bound, dtype), dtype)
    return x


def reduced(
    name: str, x: "Tensor", axis: Optional[int], keepdim: bool, function: Callable[..., int]
) -> "Tensor":
    """A reduction of what is neither f32 nor f64, over one axis or, of None, all."""
    dtype = quick.neural_tensor_dtype(x)
    if dtype == bfloat16:
        place = _signatures.NEURAL_ALL_AXES if axis is None else axis
        return converted(call(function, converted(x, float32), place, keepdim), dtype)
    if name not in _JOINS:
        raise _refused(name, dtype, "; convert by x.float() or x.double()")
    rows = x.reshape(-1) if axis is None else x
    place = 0 if axis is None else axis % x.ndim
    if rows.shape[place] == 0 and name != "sum":
        raise ShapeMismatchError(
            NeuralError.SHAPE_MISMATCH, "%s: the axis of %s is empty" % (name, list(x.shape))
        )
    rows = _joined(_JOINS[name], rows, place, int64 if name == "sum" else dtype)
    if axis is None:
        return rows.reshape((1,) * x.ndim if keepdim else ())
    return rows if keepdim else rows.squeeze(place)


_JOINS = {"sum": "add", "max": "maximum", "min": "minimum"}


def _joined(join: str, rows: "Tensor", place: int, dtype: int) -> "Tensor":
    """Halves are joined until one is left, so that nothing is rounded."""
    shape = rows.shape
    if shape[place] == 0:
        return _handle.tensor_class.zeros(shape[:place] + (1,) + shape[place + 1 :], dtype)
    rows = call(lib.neural_tensor_cast, rows, dtype)
    while rows.shape[place] > 1:
        count = rows.shape[place]
        half = count // 2
        lower, upper = rows._slice(place, 0, half, 1), rows._slice(place, half, half, 1)
        joined = whole(join, lower, upper, dtype)
        if count % 2:
            first, last = joined._slice(place, 0, 1, 1), rows._slice(place, count - 1, 1, 1)
            first.copy_(whole(join, first, last, dtype))
        rows = joined
    return rows


def first_place(x: Any, axis: int, name: str) -> "Tensor":
    """Where the largest ("max") or smallest ("min") whole number along an axis stands: float32,
    1 there and at its equals."""
    extreme = reduced(name, x, axis, True, lib.neural_max)
    return call(lib.neural_tensor_cast, x == extreme, float32)
