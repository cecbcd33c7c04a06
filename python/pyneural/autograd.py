"""Switches of recording, hooks on every backward, and functions with their own gradient."""

import functools
from typing import Any, Callable, Dict, List

from . import _gradient
from ._handle import address_of
from ._library import lib, quick
from .function import Context, Function

__all__ = [
    "Context",
    "Function",
    "backward",
    "clear_hooks",
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "no_grad",
    "register_hook",
    "remove_hook",
    "set_grad_enabled",
]


def is_grad_enabled() -> bool:
    """Whether operations of this thread are recorded."""
    return bool(quick.neural_grad_enabled())


def set_grad_enabled(flag: bool) -> bool:
    """Switches recording of this thread; returns what it was."""
    return bool(quick.neural_set_grad_enabled(bool(flag)))


class _Mode:
    """A context in which recording is on or off; also a decorator. May be entered again."""

    _enabled = False

    def __init__(self) -> None:
        self._previous: List[bool] = []

    def __enter__(self) -> "_Mode":
        self._previous.append(set_grad_enabled(self._enabled))
        return self

    def __exit__(self, *raised: Any) -> None:
        set_grad_enabled(self._previous.pop())

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def inside(*args: Any, **kwargs: Any) -> Any:
            with type(self)():
                return function(*args, **kwargs)

        return inside


class no_grad(_Mode):
    """`with no_grad():` nothing is recorded; also `@no_grad()`."""


class enable_grad(_Mode):
    """`with enable_grad():` operations are recorded, within no_grad, too."""

    _enabled = True


class inference_mode(_Mode):
    """As no_grad; with mode=False it changes nothing."""

    def __init__(self, mode: bool = True) -> None:
        super().__init__()
        self._mode = bool(mode)

    def __enter__(self) -> "_Mode":
        self._previous.append(is_grad_enabled())
        if self._mode:
            set_grad_enabled(False)
        return self


_hooks: Dict[int, Callable[[Any], Any]] = {}
_next_hook = [0]


def _run_hooks(root: Any) -> None:
    for hook in list(_hooks.values()):
        hook(root)


def register_hook(fn: Callable[[Any], Any]) -> int:
    """Calls fn(root) after each backward() of any thread; returns a handle, an int.

    For the gradient of one tensor there is Tensor.register_hook.
    """
    if not callable(fn):
        raise TypeError("hook is %s, expected a function" % type(fn).__name__)
    handle = _next_hook[0]
    _next_hook[0] += 1
    _hooks[handle] = fn
    _gradient._after_backward[:] = [_run_hooks]
    return handle


def remove_hook(handle: int) -> bool:
    """Takes a hook away; False when there is none with this handle."""
    return isinstance(handle, int) and _hooks.pop(handle, None) is not None


def clear_hooks() -> None:
    """Takes all hooks of register_hook away."""
    _hooks.clear()
    del _gradient._after_backward[:]


def backward(tensor: Any, gradient: Any = None, retain_graph: bool = False) -> None:
    """tensor.backward(gradient, retain_graph)."""
    address_of(tensor, "tensor")
    tensor.backward(gradient, retain_graph)


def node_count() -> int:
    """Recorded operations alive in the process."""
    return lib.neural_node_count()
