"""Functions with a gradient of their own, in Python."""

import ctypes
from typing import TYPE_CHECKING, Any, Callable, List, Tuple

from ._handle import Handle, adopt, borrow, recording
from ._library import Registry, check, fail, immortal, keep_raised, lib, quick
from ._signatures import neural_function_backward

if TYPE_CHECKING:
    from .tensor import Tensor


class Context:
    """What a Function's forward leaves to its backward: saved tensors and any attributes."""

    needs_input_grad: Tuple[bool, ...] = ()

    def __init__(self) -> None:
        self._saved: Tuple[Any, ...] = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keeps tensors for backward, where they are ctx.saved_tensors."""
        self._saved = tensors

    @property
    def saved_tensors(self) -> Tuple[Any, ...]:
        """What forward saved."""
        return self._saved


class Function:
    """A differentiable function of tensors, defined by two static methods:

        class Square(Function):
            @staticmethod
            def forward(ctx, x):
                ctx.save_for_backward(x)
                return x * x

            @staticmethod
            def backward(ctx, gradient):
                (x,) = ctx.saved_tensors
                return gradient * x * 2

        y = Square.apply(x)

    forward takes at most 8 tensors among its arguments and returns one tensor. backward returns
    a gradient, or None, per argument of forward, each of its argument's shape; a single argument's
    needs no tuple. Neither is recorded itself.
    """

    if TYPE_CHECKING:  # subclasses name their arguments
        forward: Callable[..., Any]
        backward: Callable[..., Any]

    else:

        @staticmethod
        def forward(ctx: Context, *args: Any) -> "Tensor":
            """The result; to be overridden."""
            raise NotImplementedError("a Function defines forward")

        @staticmethod
        def backward(ctx: Context, gradient: "Tensor") -> Any:
            """The arguments' gradients; to be overridden."""
            raise NotImplementedError("a Function defines backward")

    @classmethod
    def apply(cls, *args: Any) -> "Tensor":
        """Runs forward and records it when a tensor among the arguments requires a gradient.

        Raises:
            TypeError: forward did not return a Tensor.
            InvalidArgumentError: more than 8 tensors.
        """
        tensors = [arg for arg in args if isinstance(arg, Handle)]
        ctx = Context()
        requires = quick.neural_tensor_requires_grad
        ctx.needs_input_grad = tuple(
            isinstance(arg, Handle) and bool(arg._ptr and requires(arg._ptr)) for arg in args
        )
        previous = quick.neural_set_grad_enabled(False)
        try:
            result = cls.forward(ctx, *args)
        finally:
            quick.neural_set_grad_enabled(previous)
        if not isinstance(result, Handle):
            raise TypeError(
                "%s.forward returned %s, expected a Tensor" % (cls.__name__, type(result).__name__)
            )
        if recording(*tensors):
            return _recorded(cls, ctx, args, tensors, result)
        return result  # type: ignore[return-value]


_calls = Registry()
_release = _calls.release()


def _recorded(cls: Any, ctx: Context, args: Any, tensors: List[Any], result: Any) -> "Tensor":
    places = [i for i, arg in enumerate(args) if isinstance(arg, Handle)]
    number = _calls.add((cls, ctx, places, len(args)))
    inputs = (ctypes.c_void_p * len(tensors))(*[tensor._ptr for tensor in tensors])
    out = ctypes.c_void_p()
    status = lib.neural_function_record(
        _backward, _release, number, inputs, len(tensors), result, ctypes.byref(out)
    )
    if status:
        fail(status)
    return adopt(out.value)


@immortal
@neural_function_backward
def _backward(number: int, grad_out: int, grad_in: Any, count: int) -> int:
    previous = quick.neural_set_grad_enabled(False)
    try:
        cls, ctx, places, total = _calls.get(number)
        gradients = cls.backward(ctx, borrow(grad_out))
        if not isinstance(gradients, tuple):
            gradients = (gradients,)
        if len(gradients) != total:
            raise ValueError(
                "%s.backward returned %d gradients, forward takes %d arguments"
                % (cls.__name__, len(gradients), total)
            )
        for i, place in enumerate(places):
            if grad_in[i] and gradients[place] is not None:
                _store(cls, grad_in[i], gradients[place])
    except BaseException as error:  # handed on by fail()
        return keep_raised(error)
    finally:
        quick.neural_set_grad_enabled(previous)
    return 0


def _store(cls: Any, target: int, gradient: Any) -> None:
    if not isinstance(gradient, Handle):
        raise TypeError(
            "%s.backward returned %s, expected a Tensor or None"
            % (cls.__name__, type(gradient).__name__)
        )
    check(lib.neural_tensor_copy(target, gradient))
