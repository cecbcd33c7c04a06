"""libneural.so: found, loaded, and its functions bound with their types at first use."""

import ctypes
import operator
import os
import threading
from typing import Any, Callable, Dict, Iterator, NoReturn, Optional, Sequence

from . import _signatures
from .errors import exception_of

_NAME = "libneural.so"


def _places() -> Iterator[str]:
    """Where the library is looked for, in this order; the bare name is the loader's affair."""
    package = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(os.path.dirname(package))
    if "PYNEURAL_LIBRARY" in os.environ:
        yield os.environ["PYNEURAL_LIBRARY"]
        return
    yield os.path.join(package, _NAME)  # installed from a wheel
    yield os.path.join(os.path.dirname(package), _NAME)
    yield os.path.join(root, "api", _NAME)  # Bazel's runfiles
    yield os.path.join(root, "bazel-bin", "api", _NAME)  # a checkout
    yield os.path.join(root, _NAME)
    directories = [os.getcwd(), "/usr/local/lib", "/usr/lib"]
    directories += filter(None, os.environ.get("LD_LIBRARY_PATH", "").split(":"))
    for directory in directories:
        yield os.path.join(directory, _NAME)


def _path() -> str:
    places = list(_places())
    for place in places:
        if os.path.exists(place):
            return place
    if "PYNEURAL_LIBRARY" in os.environ:
        raise ImportError("pyneural: PYNEURAL_LIBRARY=%s does not exist" % places[0])
    return _NAME


class _Functions:
    """Attribute access binds an exported function: `lib.neural_add` is it with its types set."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Callable[..., Any]:
        try:
            result, arguments = _signatures.types_of(name)
        except KeyError:
            raise AttributeError("libneural.so has no public function %s" % name) from None
        function = getattr(self._library, name)
        function.restype = result
        function.argtypes = arguments
        setattr(self, name, function)
        return function


def _load() -> Sequence[Any]:
    path = _path()
    try:
        return ctypes.CDLL(path), ctypes.PyDLL(path)
    except OSError as error:
        raise ImportError("pyneural: %s cannot be loaded: %s" % (path, error)) from error


_cdll, _pydll = _load()

# Every call through `lib` lets other Python threads run; `quick` keeps the interpreter's lock and
# is for what takes some nanoseconds: queries and releases.
lib: Any = _Functions(_cdll)
quick: Any = _Functions(_pydll)

_last_error_code = quick.neural_last_error_code
_last_error = quick.neural_last_error
_status_message = quick.neural_status_message

# Exceptions that Python callbacks raised while the library called them, one slot per thread.
_callbacks = threading.local()

_release_callback = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


def status_message(code: int) -> str:
    """The library's sentence for a status code."""
    in_range = isinstance(code, int) and -(2**31) <= code < 2**31
    return _status_message(code if in_range else -1).decode()


def last_error(code: int) -> str:
    """The text of this thread's last failing call, if it failed with this code."""
    text = _last_error() if _last_error_code() == code else b""
    return text.decode("utf-8", "replace") if text else status_message(code)


def fail(status: int) -> NoReturn:
    """Raises what a failing status stands for; what a callback raised goes first."""
    raised: Optional[BaseException] = getattr(_callbacks, "raised", None)
    if raised is not None:
        _callbacks.raised = None
        raise raised
    raise exception_of(status, last_error(status))


def check(status: int) -> None:
    """Raises unless status is 0."""
    if status:
        fail(status)


def keep_raised(error: BaseException) -> int:
    """For callbacks: remembers the exception for `fail`; returns the status to hand back to C."""
    _callbacks.raised = error
    return _signatures.NEURAL_ERR_INTERNAL


_INT32 = 2**31
_INT64 = 2**63


def int32(value: Any, name: str) -> int:
    """value as an int that a C int holds; TypeError or ValueError name the argument."""
    number = integer(value, name)
    if not -_INT32 <= number < _INT32:
        raise ValueError("%s is %d, beyond 32 bits" % (name, number))
    return number


def int64(value: Any, name: str) -> int:
    """value as an int that an int64_t holds."""
    number = integer(value, name)
    if not -_INT64 <= number < _INT64:
        raise ValueError("%s is %d, beyond 64 bits" % (name, number))
    return number


def integer(value: Any, name: str) -> int:
    """value as an int of any size; TypeError names the argument."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError("%s is %s, expected an int" % (name, type(value).__name__)) from None


def real(value: Any, name: str) -> float:
    """value as a float."""
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError("%s is %s, expected a number" % (name, type(value).__name__)) from None


def int64_array(values: Sequence[Any], name: str) -> Any:
    """values as a C array of int64_t."""
    for value in values:
        if type(value) is not int or not -_INT64 <= value < _INT64:
            values = [int64(each, name) for each in values]
            break
    return (ctypes.c_int64 * len(values))(*values)


def immortal(callback: Any) -> Any:
    """A C callback that is never freed: the library may hold it longer than its module lives."""
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(callback))
    return callback


class Registry:
    """Python objects that C knows by a number: contexts of callbacks.

    An object stays until C says that it is done with it.
    """

    def __init__(self) -> None:
        self._objects: Dict[int, Any] = {}
        self._last = 0
        self._lock = threading.Lock()

    def add(self, value: Any) -> int:
        """Keeps value; returns its number, which is never 0."""
        with self._lock:
            self._last += 1
            self._objects[self._last] = value
            return self._last

    def get(self, number: int) -> Any:
        return self._objects[number]

    def drop(self, number: int) -> None:
        self._objects.pop(number, None)

    def release(self) -> Any:
        """The C function that drops an object, for `release(context)` arguments."""

        def drop(number: int, drop: Callable[[int, Any], Any] = self._objects.pop) -> None:
            drop(number, None)

        return immortal(_release_callback(drop))

    def __len__(self) -> int:
        return len(self._objects)
