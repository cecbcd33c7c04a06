"""Start, version, errors and processor level of the library."""

import ctypes
from typing import NoReturn, Optional

from . import _library
from ._library import lib
from .errors import EXCEPTIONS, NeuralError, NeuralException, exception_of

__all__ = [
    "NeuralDtype",
    "NeuralError",
    "NeuralException",
    "clear_error",
    "get_error_message",
    "get_last_error",
    "get_num_threads",
    "get_simd_level",
    "get_simd_name",
    "init",
    "manual_seed",
    "set_num_threads",
    "shutdown",
    "version",
]

# For programs written against the original: the ctypes library itself.
_lib = _library._cdll


class NeuralDtype:
    """Element types, as ints: f32 and f64 compute, the others hold labels and masks."""

    FLOAT32 = 0
    FLOAT64 = 1
    INT8 = 2
    UINT8 = 3
    INT32 = 4
    INT64 = 5
    BOOL = 6
    BFLOAT16 = 7


class QuantParamsC(ctypes.Structure):
    """Scale, zero point and range of a quantized buffer."""

    _fields_ = [
        ("scale", ctypes.c_double),
        ("zero_point", ctypes.c_int32),
        ("min_val", ctypes.c_double),
        ("max_val", ctypes.c_double),
        ("symmetric", ctypes.c_int),
    ]


def init() -> None:
    """Starts the library; importing the package has done so. May be called again."""
    _library.check(lib.neural_init())


def shutdown() -> None:
    """Ends the worker threads and gives cached memory back. Objects stay valid."""
    lib.neural_shutdown()


def version() -> str:
    """The version of the shared library, such as "2.0.0"."""
    return lib.neural_version().decode()


def get_last_error() -> int:
    """The code of this thread's last failing call, 0 when there is none."""
    return lib.neural_last_error_code()


def get_error_message(code: int) -> str:
    """One sentence for a status code; "Internal error" for an unknown one."""
    return _library.status_message(code)


def clear_error() -> None:
    """Forgets this thread's last error."""
    lib.neural_clear_error()


def get_simd_level() -> int:
    """0 scalar, 1 SSE2, 2 AVX, 3 AVX2, 4 AVX-512."""
    return lib.neural_get_simd_level()


def get_simd_name() -> str:
    """The name of that level, such as "AVX-512"."""
    return lib.neural_get_simd_name().decode()


def set_num_threads(count: int) -> None:
    """How many threads a call may use, this one included; 0 = all cores this process may use.

    Raises:
        InvalidArgumentError: count is outside [0, 256].
    """
    _library.check(lib.neural_set_num_threads(_library.int32(count, "count")))


def get_num_threads() -> int:
    """How many threads a call may use."""
    return lib.neural_num_threads()


def manual_seed(seed: int) -> None:
    """Sets the seed from which layers and samplers draw when they are given none."""
    lib.neural_set_seed(_library.integer(seed, "seed") % 2**64)
    _drawn[0] = 0


def seed_of(seed: Optional[int]) -> int:
    """A seed as an int in [0, 2^64): any int, or the next one when None."""
    return next_seed() if seed is None else _library.integer(seed, "seed") % 2**64


# How many seeds were taken since manual_seed.
_drawn = [0]


def next_seed() -> int:
    """A seed for an object whose maker gave none: a function of manual_seed and of how many before.

    The steps are those of SplitMix64 (Steele et al. 2014), so neighbours share no stream.
    """
    _drawn[0] += 1
    mixed = (lib.neural_seed() + _drawn[0] * 0x9E3779B97F4A7C15) % 2**64
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB % 2**64
    return mixed ^ mixed >> 31


def _check_error(result: int, op: str) -> Optional[NoReturn]:
    """Raises "<op> failed" for a result other than 0."""
    if result != 0:
        raise EXCEPTIONS.get(result, NeuralException)(result, "%s failed" % op)
    return None


_exception_of = exception_of
