"""What every tensor is: the address of a reference that is given back once."""

from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any, Callable, Optional, Tuple

from ._library import fail, lib, quick
from .errors import NeuralError, NullPointerError

if TYPE_CHECKING:
    from .tensor import Tensor

_release = quick.neural_tensor_release
_retain = quick.neural_tensor_retain
_new = object.__new__

# The class that `adopt` makes; tensor.py sets it.
tensor_class: Any = None


class Handle:
    """Owner of one reference to a tensor of the library.

    `_ptr` is its address, None once it was freed. Every other object that looks at the same
    storage (views, graphs, NumPy arrays) has a reference of its own, so the order in which they
    go does not matter.
    """

    _ptr: Optional[int] = None
    _owns_data = True

    @property
    def _as_parameter_(self) -> Optional[int]:
        """What ctypes passes on: functions are called with tensors themselves, so that they live
        until the call is over. Only a tensor that a local name holds may be passed by its _ptr."""
        return self._ptr

    def free(self) -> None:
        """Gives the reference back now instead of when the object goes.

        Every later use raises NullPointerError. Not to be called while another thread uses the
        tensor.
        """
        address = self.__dict__.pop("_ptr", None)
        if address and self._owns_data:
            _release(address)

    # The default argument keeps the function alive while the interpreter takes modules apart.
    def __del__(self, _release: Callable[[int], None] = _release) -> None:
        address = self.__dict__.pop("_ptr", None)
        if address and self._owns_data:
            _release(address)


if TYPE_CHECKING:

    class Part(Handle):
        """What the parts of Tensor use of each other."""

        @property
        def dtype(self) -> int:
            ...

        @property
        def shape(self) -> Tuple[int, ...]:
            ...

        @property
        def ndim(self) -> int:
            ...

        @property
        def numel(self) -> int:
            ...

        @property
        def data_ptr(self) -> int:
            ...

        def to(self, dtype: Any) -> "Tensor":
            ...

        def item(self) -> Any:
            ...

        def copy(self) -> "Tensor":
            ...

        def detach(self) -> "Tensor":
            ...

        def reshape(self, *sizes: Any) -> "Tensor":
            ...

        def permute(self, *order: Any) -> "Tensor":
            ...

        def _slice(self, dim: int, start: int, count: int, step: int) -> "Tensor":
            ...

        def _empty(self, shape: Any, dtype: int) -> "Tensor":
            ...

        def _as_tensor(self, value: Any) -> "Tensor":
            ...

else:
    Part = Handle


def adopt(address: Optional[int]) -> "Tensor":
    """A Tensor that takes over one reference."""
    tensor = _new(tensor_class)
    tensor._ptr = address
    return tensor


def borrow(address: int) -> "Tensor":
    """A Tensor with a reference of its own to what somebody else owns."""
    return adopt(_retain(address))


def address_of(value: Any, name: str) -> int:
    """The address of a Tensor argument; TypeError or NullPointerError name the argument."""
    if not isinstance(value, Handle):
        raise TypeError("%s is %s, expected a Tensor" % (name, type(value).__name__))
    if value._ptr is None:
        raise NullPointerError(NeuralError.NULL_POINTER, "%s: the tensor was freed" % name)
    return value._ptr


def call(function: Callable[..., int], *arguments: Any) -> "Tensor":
    """Calls a function whose last argument receives a new tensor, and adopts that."""
    out = c_void_p()
    status = function(*arguments, byref(out))
    if status:
        fail(status)
    return adopt(out.value)


# What the library answers for dtypes that it does not compute with.
DTYPE_CODES = (NeuralError.DTYPE_MISMATCH, NeuralError.INVALID_DTYPE)


def unary(name: str) -> Callable[[Handle], "Tensor"]:
    """A method of a tensor that calls neural_<name>(x, out); _promotion knows what f32 and f64 do
    not cover."""
    function = getattr(lib, "neural_" + name)

    def method(x: Handle) -> "Tensor":
        out = c_void_p()
        status = function(x._ptr, byref(out))
        if status:
            if status in DTYPE_CODES:
                from ._promotion import unary

                return unary(name, x, function)  # type: ignore[arg-type]
            fail(status)
        return adopt(out.value)

    return method


def recording(*tensors: Handle) -> bool:
    """Whether an operation on these would be recorded for backward now."""
    if not quick.neural_grad_enabled():
        return False
    requires = quick.neural_tensor_requires_grad
    return any(tensor._ptr and requires(tensor._ptr) for tensor in tensors)
