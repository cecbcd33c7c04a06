"""Modules: objects that own parameters and buffers and compute with them, as torch.nn.Module."""

from collections import OrderedDict
from typing import (
    TYPE_CHECKING,
    Any,
    Callable,
    Dict,
    Iterator,
    List,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
)

from ._handle import Handle, address_of
from .autograd import no_grad
from .errors import NeuralError, ShapeMismatchError
from .tensor import Tensor, from_dlpack, tensor


class Parameter(Tensor):
    """A tensor that modules register and optimizers train; it shares the storage of `data`."""

    def __init__(self, data: Tensor, requires_grad: bool = True) -> None:
        address_of(data, "data")
        view = data.detach()
        super().__init__(view.__dict__.pop("_ptr"))
        if requires_grad:
            self.requires_grad = True

    def __deepcopy__(self, memo: Any) -> "Parameter":
        return Parameter(self.detach().copy(), self.requires_grad)


class IncompatibleKeys(NamedTuple):
    """What load_state_dict did not find, and what it did not know."""

    missing_keys: List[str]
    unexpected_keys: List[str]


def numbers_from(value: Any) -> Tensor:
    """A Tensor of a Tensor, an array, another framework's tensor or nested lists."""
    if isinstance(value, Tensor):
        return value
    if hasattr(value, "__dlpack__") and not hasattr(value, "__array_interface__"):
        value = value.detach() if hasattr(value, "detach") else value
        return from_dlpack(value)
    return tensor(value)


class _Signature:
    """What help() shows of a class: its __init__, which Module.__new__ may hide."""

    def __get__(self, module: Any, cls: type) -> Any:
        if module is not None:
            raise AttributeError("__signature__")
        import inspect

        found = inspect.signature(cls.__init__)  # type: ignore[misc]
        return found.replace(parameters=list(found.parameters.values())[1:])


class Module:
    """Base of all layers and networks: subclasses set parameters and children as attributes in
    __init__ and define forward()."""

    __signature__ = _Signature()

    training: bool
    _parameters: "OrderedDict[str, Parameter]"
    _buffers: "OrderedDict[str, Tensor]"
    _children: "OrderedDict[str, Module]"

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        made = object.__new__(cls)
        for name in ("_parameters", "_buffers", "_children"):
            object.__setattr__(made, name, OrderedDict())
        object.__setattr__(made, "training", True)
        return made

    def __init__(self) -> None:
        pass

    def __setattr__(self, name: str, value: Any) -> None:
        kinds: Any = (
            (self._parameters, Parameter),
            (self._children, Module),
            (self._buffers, Handle),
        )
        for known, kind in kinds:
            if isinstance(value, kind) and (kind is not Handle or name in known):
                known[name] = value
            elif name in known and (value is not None or kind is not Parameter):
                del known[name]
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        every: Any = (self._parameters, self._children, self._buffers)
        for known in every:
            known.pop(name, None)
        object.__delattr__(self, name)

    # --- the original's names ---

    @property
    def _modules(self) -> List["Module"]:
        return list(self._children.values())

    @property
    def _training(self) -> bool:
        return self.training

    # --- what it is made of ---

    def register_parameter(self, name: str, value: Optional[Parameter]) -> None:
        """Sets an attribute that is a parameter, or None for a parameter that is absent."""
        setattr(self, name, value)

    def register_buffer(self, name: str, value: Optional[Tensor]) -> None:
        """Sets an attribute that is saved with the parameters but not trained."""
        if value is not None:
            self._buffers[name] = value
        object.__setattr__(self, name, value)

    def add_module(self, name: str, module: "Module") -> None:
        """Sets a child under a name."""
        if not isinstance(module, Module):
            raise TypeError("%s is %s, expected a Module" % (name, type(module).__name__))
        setattr(self, name, module)

    def children(self) -> Iterator["Module"]:
        """The modules directly within this one."""
        return iter(list(self._children.values()))

    def named_children(self) -> Iterator[Tuple[str, "Module"]]:
        """The same with their names."""
        return iter(list(self._children.items()))

    def modules(self) -> Iterator["Module"]:
        """This module and all within it."""
        for _, module in self.named_modules():
            yield module

    def named_modules(self, prefix: str = "") -> Iterator[Tuple[str, "Module"]]:
        """The same with names such as "body.0"."""
        yield prefix, self
        for name, child in self._children.items():
            yield from child.named_modules(prefix + "." + name if prefix else name)

    def _named(self, which: str, prefix: str = "") -> Iterator[Tuple[str, Tensor]]:
        seen = set()
        for path, module in self.named_modules(prefix):
            for name, value in getattr(module, which).items():
                if id(value) not in seen:
                    seen.add(id(value))
                    yield (path + "." + name if path else name), value

    def parameters(self) -> List[Parameter]:
        """All parameters, each once, in order; also those of children."""
        return [value for _, value in self._named("_parameters")]  # type: ignore[misc]

    def named_parameters(self, prefix: str = "") -> Iterator[Tuple[str, Parameter]]:
        """The same with PyTorch's names: "0.weight"."""
        return self._named("_parameters", prefix)  # type: ignore[return-value]

    def buffers(self) -> List[Tensor]:
        """All buffers, such as running statistics."""
        return [value for _, value in self._named("_buffers")]

    def named_buffers(self, prefix: str = "") -> Iterator[Tuple[str, Tensor]]:
        """The same with their names."""
        return self._named("_buffers", prefix)

    # --- state ---

    def state_dict(self, prefix: str = "") -> Dict[str, Tensor]:
        """Names to tensors on the same storage, without gradients: parameters and buffers, in
        PyTorch's order."""
        state: Dict[str, Tensor] = OrderedDict()
        for path, module in self.named_modules(prefix.rstrip(".")):
            for known in (module._parameters, module._buffers):
                for name, value in known.items():  # type: ignore[attr-defined]
                    state[path + "." + name if path else name] = value.detach()
        return state

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Copies numbers of tensors, arrays or PyTorch's tensors into parameters and buffers.

        Raises:
            KeyError: strict, and names are missing or unexpected; the text lists them.
            ShapeMismatchError: a shape differs; nothing has been copied then.
        """
        own = self.state_dict()
        missing = [name for name in own if name not in state]
        unexpected = [name for name in state if name not in own]
        if strict and (missing or unexpected):
            raise KeyError("load_state_dict: missing %s, unexpected %s" % (missing, unexpected))
        given = {name: numbers_from(state[name]) for name in own if name in state}
        for name, value in given.items():
            if tuple(value.shape) != tuple(own[name].shape):
                raise ShapeMismatchError(
                    NeuralError.SHAPE_MISMATCH,
                    "load_state_dict: %s is %s, the module wants %s"
                    % (name, list(value.shape), list(own[name].shape)),
                )
        with no_grad():
            for name, value in given.items():
                own[name].copy_(value)
        return IncompatibleKeys(missing, unexpected)

    # --- modes and changes ---

    def train(self, mode: bool = True) -> "Module":
        """Training or evaluation, here and in all children; returns self."""
        for module in self.modules():
            object.__setattr__(module, "training", bool(mode))
        return self

    def eval(self) -> "Module":
        """train(False)."""
        return self.train(False)

    def apply(self, function: Callable[["Module"], Any]) -> "Module":
        """Calls function with every module within and then with this one; returns self."""
        for child in self.children():
            child.apply(function)
        function(self)
        return self

    def requires_grad_(self, requires_grad: bool = True) -> "Module":
        """Sets requires_grad of all parameters; returns self."""
        for parameter in self.parameters():
            parameter.requires_grad = requires_grad
        return self

    def zero_grad(self) -> None:
        """Sets all gradients to zero."""
        for parameter in self.parameters():
            gradient = parameter.grad
            if gradient is not None:
                gradient.zero_()

    # --- running ---

    if TYPE_CHECKING:  # subclasses name their inputs, and set attributes in __init__
        forward: Callable[..., Any]

        def __getattr__(self, name: str) -> Any:
            ...

    else:

        def forward(self, *inputs: Any) -> Any:
            """What a subclass computes."""
            raise NotImplementedError("%s has no forward()" % type(self).__name__)

    def __call__(self, *inputs: Any, **options: Any) -> Any:
        return self.forward(*inputs, **options)

    # --- text ---

    def extra_repr(self) -> str:
        """What stands between the parentheses."""
        return ""

    def __repr__(self) -> str:
        lines = [
            "  (%s): %s" % (name, repr(child).replace("\n", "\n  "))
            for name, child in self._children.items()
        ]
        if not lines:
            return "%s(%s)" % (type(self).__name__, self.extra_repr())
        return "%s(\n%s\n)" % (type(self).__name__, "\n".join(lines))
