"""Element types: their codes, and what NumPy, ctypes and memoryview call them."""

from typing import Any, Dict, Optional

from .errors import InvalidDtypeError, NeuralError

float32, float64, int8, uint8, int32, int64, bool_, bfloat16 = range(8)

NAMES = ("float32", "float64", "int8", "uint8", "int32", "int64", "bool", "bfloat16")

# NumPy's typestr and memoryview's format; neither knows bfloat16.
TYPESTRS = ("<f4", "<f8", "|i1", "|u1", "<i4", "<i8", "|b1", None)
FORMATS = ("f", "d", "b", "B", "i", "q", "?", None)
BYTES = (4, 8, 1, 1, 4, 8, 1, 2)

_CODES: Dict[Any, int] = {name: code for code, name in enumerate(NAMES)}
_CODES.update({float: float32, int: int64, bool: bool_, "float": float32, "double": float64})


def code_of(dtype: Any) -> int:
    """The code of a dtype given as NeuralDtype's int, a name, a Python type or a NumPy dtype.

    Raises:
        InvalidDtypeError: there is no such element type.
    """
    if type(dtype) is int:
        if 0 <= dtype < len(NAMES):
            return dtype
    else:
        code = _named(dtype)
        if code is not None:
            return code
    raise InvalidDtypeError(
        NeuralError.INVALID_DTYPE, "dtype is %r, expected one of %s" % (dtype, ", ".join(NAMES))
    )


def _named(dtype: Any) -> Optional[int]:
    try:
        code = _CODES.get(dtype)
    except TypeError:  # not hashable
        return None
    if code is None:
        name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None)
        code = _CODES.get(name) if isinstance(name, str) else None
    return code


def is_float(code: int) -> bool:
    """Whether the element type computes."""
    return code == float32 or code == float64
