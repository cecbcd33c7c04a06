"""Gradients of tensors: what requires one, where it is kept, and the backward pass."""

from ctypes import byref, c_int64
from typing import TYPE_CHECKING, Any, Callable, Optional

from ._handle import Handle, Part, address_of, borrow, call
from ._library import Registry, check, fail, immortal, int64, keep_raised, lib, quick
from ._signatures import neural_grad_hook

if TYPE_CHECKING:
    from .tensor import Tensor

_requires_grad = quick.neural_tensor_requires_grad
_grad = quick.neural_tensor_grad

# Hooks by the number under which C calls them.
_hooks = Registry()
_drop_hook = _hooks.release()


@immortal
@neural_grad_hook
def _run_hook(number: int, gradient: int) -> int:
    try:
        tensor = borrow(gradient)
        result = _hooks.get(number)(tensor)
        if result is not None:
            check(lib.neural_tensor_copy(gradient, address_of(result, "hook's result")))
    except BaseException as error:  # handed on by fail()
        return keep_raised(error)
    return 0


class HookHandle:
    """What `register_hook` returns; `remove()` takes the hook away."""

    def __init__(self, tensor: "Tensor", hook_id: int) -> None:
        self._tensor: Optional["Tensor"] = tensor
        self.id = hook_id

    def remove(self) -> None:
        """Takes the hook away; a second call does nothing."""
        tensor, self._tensor = self._tensor, None
        if tensor is not None and tensor._ptr is not None:
            check(lib.neural_tensor_remove_hook(tensor, self.id))


class GradFunction:
    """The operation that made a tensor, for a look at the graph."""

    def __init__(self, op: str) -> None:
        self._op = op

    def name(self) -> str:
        """The operation's name, such as "matmul"."""
        return self._op

    def __repr__(self) -> str:
        return "<%s>" % self._op


class Gradient(Part):
    """The part of Tensor that backward knows."""

    _grad_fn: Any = None

    @property
    def requires_grad(self) -> bool:
        """Whether operations on this tensor are recorded. May be set on f32 and f64 leaves."""
        return bool(_requires_grad(address_of(self, "tensor")))

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        check(lib.neural_tensor_set_requires_grad(self._ptr, bool(value)))

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Sets requires_grad; returns self."""
        self.requires_grad = requires_grad
        return self  # type: ignore[return-value]

    @property
    def grad(self) -> Optional["Tensor"]:
        """The gradient that backward() has summed up, of this tensor's shape; None before."""
        address = _grad(address_of(self, "tensor"))
        return borrow(address) if address else None

    @grad.setter
    def grad(self, value: Optional["Tensor"]) -> None:
        gradient = None if value is None else address_of(value, "grad")
        check(lib.neural_tensor_set_grad(address_of(self, "tensor"), gradient))

    @property
    def is_recorded(self) -> bool:
        """Whether a recorded operation made this tensor."""
        return not quick.neural_tensor_is_leaf(address_of(self, "tensor"))

    @property
    def grad_fn(self) -> Any:
        """The operation that made this tensor, None for a leaf. May be set to anything."""
        if self._grad_fn is None:
            name = quick.neural_tensor_producer_name(address_of(self, "tensor"))
            return GradFunction(name.decode()) if name else None
        return self._grad_fn

    @grad_fn.setter
    def grad_fn(self, value: Any) -> None:
        self._grad_fn = value

    @property
    def is_leaf(self) -> bool:
        """Whether gradients end here: it requires one and no operation made it."""
        return self.requires_grad and self.grad_fn is None

    def backward(self, gradient: Optional["Tensor"] = None, retain_graph: bool = False) -> None:
        """Adds d self / d leaf to the grad of every leaf that requires one.

        Args:
            gradient: d result / d self, of self's shape; None stands for 1 and needs a single
                element.
            retain_graph: keeps what the graph saved, for another backward.

        Raises:
            ShapeMismatchError: the gradient's shape is not self's; the text has both.
            InvalidArgumentError: nothing is recorded, or the graph was used up.
        """
        address = None if gradient is None else address_of(gradient, "gradient")
        check(lib.neural_backward(address_of(self, "tensor"), address, bool(retain_graph)))
        if _after_backward:
            _after_backward[0](self)

    def retain_grad(self) -> None:
        """Keeps the gradient of this computed tensor as well, in grad.

        Does nothing for a tensor that requires none.
        """
        if self.requires_grad:
            check(lib.neural_tensor_retain_grad(self._ptr))

    def register_hook(self, hook: Callable[["Tensor"], Optional["Tensor"]]) -> HookHandle:
        """Calls hook(gradient) when this tensor's gradient is known, before it goes on.

        What the hook returns, unless None, takes the gradient's place; it may write into the
        gradient, too. What it raises ends the backward and is raised by it.
        """
        if not callable(hook):
            raise TypeError("hook is %s, expected a function" % type(hook).__name__)
        number, hook_id = _hooks.add(hook), c_int64()
        status = lib.neural_tensor_add_hook_owned(
            self._ptr, _run_hook, _drop_hook, number, byref(hook_id)
        )
        if status:
            _hooks.drop(number)
            fail(status)
        return HookHandle(self, hook_id.value)  # type: ignore[arg-type]

    def remove_hook(self, hook_id: int) -> None:
        """Takes away the hook with HookHandle.id."""
        check(lib.neural_tensor_remove_hook(self._ptr, int64(hook_id, "hook_id")))

    def detach(self) -> "Tensor":
        """A tensor on the same storage without history, which requires no gradient."""
        view = call(lib.neural_tensor_detach, self._ptr)
        view._base = self
        return view

    def detach_(self) -> "Tensor":
        """Becomes a leaf that requires no gradient; returns self."""
        view = call(lib.neural_tensor_detach, self._ptr)
        self._ptr, view._ptr = view._ptr, self._ptr
        self._grad_fn = None
        return self  # type: ignore[return-value]


# What autograd.py wants to know after each backward.
_after_backward: list = []
