"""Numbers in other people's memory: what pruning, quantization and methods with addresses use."""

import ctypes
from typing import Any, Tuple

from . import dtypes
from ._handle import Handle, address_of
from ._library import int64, quick

_CODES = {
    "f": dtypes.float32,
    "d": dtypes.float64,
    "b": dtypes.int8,
    "B": dtypes.uint8,
    "q": dtypes.int64,
    "l": dtypes.int64,
}


def _of_tensor(data: Handle, name: str) -> Tuple[Any, int, int]:
    address_of(data, name)  # refuses a freed one
    if not quick.neural_tensor_is_contiguous(data):
        raise ValueError("%s is a view with gaps, expected a contiguous tensor" % name)
    code = quick.neural_tensor_dtype(data)
    return quick.neural_tensor_data(data), code, quick.neural_tensor_len(data)


def _of_pointer(data: Any, name: str) -> Tuple[Any, int, int]:
    code = _CODES.get(getattr(data._type_, "_type_", ""))
    if code is None or not data:
        raise ctypes.ArgumentError(
            "%s is %s, expected a pointer to numbers"
            % (name, type(data).__name__)
        )
    return ctypes.addressof(data.contents), code, 2**62


def _of_buffer(data: Any, name: str, writable: bool) -> Tuple[Any, int, int]:
    try:
        view = memoryview(data)
    except TypeError:
        raise ctypes.ArgumentError(
            "%s is %s, expected a ctypes array, a NumPy array or a Tensor"
            % (name, type(data).__name__)
        ) from None
    code = _CODES.get(view.format.lstrip("<=@"))
    if code is None or not view.c_contiguous or (writable and view.readonly):
        raise ctypes.ArgumentError(
            "%s is a buffer of format %r%s%s, expected numbers without gaps"
            % (
                name,
                view.format,
                "" if view.c_contiguous else ", not contiguous",
                ", read-only" if view.readonly else "",
            )
        )
    if not view.nbytes:
        return None, code, 0
    if view.readonly:
        held = (ctypes.c_char * view.nbytes).from_buffer_copy(view)
    else:
        held = (ctypes.c_char * view.nbytes).from_buffer(view)
    return held, code, view.nbytes // dtypes.BYTES[code]


def numbers_in(
    data: Any, count: Any, name: str, kinds: Tuple[int, ...], writable: bool = False
) -> Tuple[Any, int, int]:
    """What C is told about `count` numbers of data: where they are, their dtype, their count.

    The first of the three keeps the memory in place while a local name holds it.

    Raises:
        ctypes.ArgumentError: a list, or a buffer of another kind.
        ValueError: data has fewer numbers than count.
    """
    n = int64(count, "n")
    if isinstance(data, Handle):
        where, code, held = _of_tensor(data, name)
    elif isinstance(data, ctypes._Pointer):
        where, code, held = _of_pointer(data, name)
    else:
        where, code, held = _of_buffer(data, name, writable)
    if code not in kinds:
        raise ctypes.ArgumentError(
            "%s holds %s, expected %s"
            % (name, dtypes.NAMES[code], " or ".join(dtypes.NAMES[kind] for kind in kinds))
        )
    if n < 0 or n > held:
        raise ValueError("n is %d, %s has %d numbers" % (n, name, held))
    return where, code, n


FLOATS = (dtypes.float64, dtypes.float32)
BYTES = (dtypes.uint8, dtypes.int8)
SIGNED_BYTES = (dtypes.int8,)


def doubles_of(values: Handle) -> Any:
    """The elements of a contiguous f64 tensor, for `const double *`; the tensor must be held."""
    where = ctypes.c_void_p(quick.neural_tensor_data(values))
    return ctypes.cast(where, ctypes.POINTER(ctypes.c_double))
