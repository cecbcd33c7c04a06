"""Optimizers: one pass of C over all parameters, which move into one vector.

Both ways to call are there: `SGD(model.parameters(), lr=0.1)` with `step()`, and the original's
`SGD(0.1)` with `step(params, grads)`.
"""

import ctypes
from typing import Any, Dict, Iterable, List, Optional, Sequence, Tuple

from . import _signatures
from ._handle import address_of, borrow
from ._library import check, fail, lib, quick, real
from .module import numbers_from
from .tensor import Tensor, as_tensor

_destroy_optimizer = quick.neural_optimizer_destroy
_destroy_parameters = quick.neural_parameters_destroy


class _Native:
    """An optimizer of the library and the vectors of the parameters that it is made of."""

    parameters: Any = None
    address: Optional[int] = None

    def __init__(self, tensors: Sequence[Tensor], name: str, options: Any) -> None:
        self.tensors = list(tensors)  # they look into the vectors
        count = len(self.tensors)
        addresses = (ctypes.c_void_p * count)(*(address_of(t, "parameter") for t in self.tensors))
        gathered = ctypes.POINTER(_signatures.neural_parameters)()
        check(lib.neural_parameters_gather(addresses, None, count, ctypes.byref(gathered)))
        self.parameters = gathered
        made = ctypes.c_void_p()
        create = getattr(lib, "neural_%s_create" % name)
        status = create(gathered, ctypes.byref(options), ctypes.byref(made))
        if status:
            fail(status)
        self.address = made.value

    def __del__(
        self, optimizer: Any = _destroy_optimizer, parameters: Any = _destroy_parameters
    ) -> None:
        if self.address:
            optimizer(self.address)
        if self.parameters:
            parameters(self.parameters)

    def gradient(self, i: int) -> int:
        """The address of parameter i's gradient."""
        gradient = self.parameters.contents.item[i].contents.grad
        return ctypes.cast(gradient, ctypes.c_void_p).value or 0


class Optimizer:
    """Base of all: subclasses name the library's optimizer and fill its options."""

    _name = ""
    _rate = 0.01

    def __init__(
        self, params: Any = None, lr: Optional[float] = None, learning_rate: Any = None
    ) -> None:
        given = lr if learning_rate is None else learning_rate
        if params is not None and _is_number(params):
            params, given = None, params if given is None else given
        self._lr = self._rate if given is None else real(given, "lr")
        self._native: Optional[_Native] = None
        self._groups: List[Dict[str, Any]] = []
        if params is not None:
            self._gather(params)
        elif type(self) is not Optimizer:
            self._create(())  # complains of options out of range

    def _options(self) -> Any:
        raise NotImplementedError("%s has no options" % type(self).__name__)

    def _create(self, tensors: Sequence[Tensor]) -> _Native:
        return _Native(tensors, self._name, self._options())

    def _gather(self, params: Any) -> None:
        groups = list(params.values()) if isinstance(params, dict) else list(params)
        if not groups:
            raise ValueError("%s: there are no parameters" % type(self).__name__)
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        tensors: List[Tensor] = []
        scales: List[Tuple[int, float, float]] = []
        for group in groups:
            members = group["params"]
            members = [members] if isinstance(members, Tensor) else list(members)
            rate = real(group.get("lr", self._lr), "lr")
            decay = real(group.get("weight_decay", self._decay()), "weight_decay")
            if rate != self._lr or decay != self._decay():
                scale = rate / self._lr if self._lr else 1.0, decay / (self._decay() or 1.0)
                scales += [(len(tensors) + i,) + scale for i in range(len(members))]
            tensors += members
            self._groups.append(dict(group, params=members, lr=rate))
        self._native = self._create(tensors)
        for i, rate_scale, decay_scale in scales:
            check(lib.neural_optimizer_set_scale(self._native.address, i, rate_scale, decay_scale))

    def _decay(self) -> float:
        return getattr(self, "weight_decay", 0.0)

    def _made(self) -> _Native:
        if self._native is None:
            raise RuntimeError(
                "%s was made without parameters: call step(params, grads)" % type(self).__name__
            )
        return self._native

    @property
    def _ptr(self) -> Optional[_Native]:
        """What the original calls the native handle; no address, which tensors' methods take."""
        return self._native

    @property
    def lr(self) -> float:
        """The learning rate; may be set."""
        return self._lr

    @lr.setter
    def lr(self, value: float) -> None:
        rate = real(value, "lr")
        if self._native:
            check(lib.neural_optimizer_set_lr(self._native.address, rate))
        for group in self._groups:
            group["lr"] *= rate / self._lr if self._lr else 1.0
        self._lr = rate

    learning_rate = lr

    @property
    def param_groups(self) -> List[Dict[str, Any]]:
        """The groups with their parameters and rates, for a look; set rates through `lr`."""
        return self._groups

    def zero_grad(self, grads: Optional[Iterable[Tensor]] = None) -> None:
        """Sets the gradients of all parameters to zero, or fills the given ones with zeros."""
        if grads is not None and not isinstance(grads, bool):
            for gradient in grads:
                gradient.fill(0.0)
        elif self._native:
            status = lib.neural_optimizer_zero_grad(self._native.address)
            if status:
                fail(status)

    def step(
        self, params: Optional[Sequence[Tensor]] = None, grads: Optional[Sequence[Any]] = None
    ) -> Any:
        """One update by the parameters' own gradients, or of params by grads.

        A function given as the only argument is called first, and its result returned.
        """
        result = None
        if params is not None and grads is None and callable(params):
            result = params()
            params = None
        if params is not None or grads is not None:
            self._take(params, grads)
        status = lib.neural_optimizer_step(self._made().address)
        if status:
            fail(status)
        return result

    def _take(self, params: Any, grads: Any) -> None:
        params, grads = list(params or ()), list(grads or ())
        if len(params) != len(grads):
            raise ValueError("step: %d parameters, %d gradients" % (len(params), len(grads)))
        known = self._native.tensors if self._native else []
        if len(known) != len(params) or any(a is not b for a, b in zip(known, params)):
            flags = [parameter.requires_grad for parameter in params]
            for parameter in params:
                parameter.requires_grad = True
            self._native = self._create(params)
            for parameter, flag in zip(params, flags):
                parameter.requires_grad = flag
        for i, (parameter, gradient) in enumerate(zip(params, grads)):
            given = as_tensor(gradient).reshape(parameter.shape)
            native: Any = self._native
            check(lib.neural_tensor_copy(native.gradient(i), given))

    # --- clipping ---

    def clip_grad_norm(self, max_norm: float) -> float:
        """Scales all gradients so that their norm is at most max_norm; returns what it was."""
        norm = ctypes.c_double()
        largest = real(max_norm, "max_norm")
        check(lib.neural_clip_grad_norm(self._made().parameters, largest, ctypes.byref(norm)))
        return norm.value

    def clip_grad_value(self, clip_value: float) -> None:
        """Clamps every gradient to [-clip_value, clip_value]."""
        check(lib.neural_clip_grad_value(self._made().parameters, real(clip_value, "clip_value")))

    # --- state ---

    def _states(self) -> Dict[str, Tensor]:
        found: Dict[str, Tensor] = {}
        name = ctypes.c_char_p()
        while True:
            args = self._made().address, len(found), ctypes.byref(name)
            address = lib.neural_optimizer_state(*args)
            if not address:
                return found
            found[(name.value or b"").decode()] = borrow(address)

    def state_dict(self) -> Dict[str, Any]:
        """The rate, the steps taken, and copies of the state's vectors."""
        state = {name: value.copy() for name, value in self._states().items()}
        steps = lib.neural_optimizer_steps(self._made().address)
        return {"name": self._name, "lr": self._lr, "steps": steps, "state": state}

    def load_state_dict(self, state: Dict[str, Any]) -> None:
        """Takes such a state over; KeyError or ShapeMismatchError when it is of another kind."""
        own = self._states()
        if state["name"] != self._name or set(own) != set(state["state"]):
            raise KeyError(
                "load_state_dict: the state is of %s, this is %s" % (state["name"], self._name)
            )
        for name, value in own.items():
            value.copy_(numbers_from(state["state"][name]))
        check(lib.neural_optimizer_set_steps(self._made().address, state["steps"]))
        self.lr = state["lr"]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class SGD(Optimizer):
    """SGD(params, lr=0.01, momentum=0, dampening=0, weight_decay=0, nesterov=False), or
    SGD(learning_rate=0.01, momentum=0.0)."""

    _name = "sgd"

    def __init__(
        self,
        params: Any = None,
        *values: Any,
        lr: Optional[float] = None,
        learning_rate: Optional[float] = None,
        momentum: Optional[float] = None,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ) -> None:
        names = ("momentum",) if params is None or _is_number(params) else ("lr", "momentum")
        found = dict(zip(names, values))
        lr, momentum = found.get("lr", lr), found.get("momentum", momentum)
        self.momentum = real(momentum or 0.0, "momentum")
        self.dampening, self.weight_decay = real(dampening, "dampening"), weight_decay
        self.nesterov = bool(nesterov)
        super().__init__(params, lr, learning_rate)

    def _options(self) -> Any:
        numbers = self._lr, self.momentum, self.dampening, real(self.weight_decay, "weight_decay")
        return _signatures.neural_sgd_options(*numbers, self.nesterov)

    def __repr__(self) -> str:
        return "SGD(lr=%s, momentum=%s)" % (self._lr, self.momentum)


class Adam(Optimizer):
    """Adam(params, lr=0.001, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False), or
    Adam(learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8)."""

    _name = "adam"
    _rate = 0.001
    _is_decoupled = False
    _default_decay = 0.0

    def __init__(
        self,
        params: Any = None,
        *values: Any,
        lr: Optional[float] = None,
        learning_rate: Optional[float] = None,
        betas: Optional[Sequence[float]] = None,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: Optional[float] = None,
        epsilon: float = 1e-8,
        weight_decay: Optional[float] = None,
        amsgrad: bool = False,
    ) -> None:
        is_original = params is None or _is_number(params)
        names = ("beta1", "beta2", "epsilon") if is_original else ("lr", "betas", "eps")
        found = dict(zip(names, values))
        lr, betas = found.get("lr", lr), found.get("betas", betas)
        self.beta1, self.beta2 = found.get("beta1", beta1), found.get("beta2", beta2)
        if betas is not None:
            self.beta1, self.beta2 = betas
        eps = found.get("eps", eps)
        self.epsilon = found.get("epsilon", epsilon) if eps is None else eps
        self.weight_decay = self._default_decay if weight_decay is None else weight_decay
        self.amsgrad = bool(amsgrad)
        super().__init__(params, lr, learning_rate)

    def _options(self) -> Any:
        numbers = [self._lr, self.beta1, self.beta2, self.epsilon, self.weight_decay]
        values = [real(number, "an option of Adam") for number in numbers]
        return _signatures.neural_adam_options(*values, self._is_decoupled, self.amsgrad)

    def __repr__(self) -> str:
        numbers = type(self).__name__, self._lr, self.beta1, self.beta2, self.epsilon
        return "%s(lr=%s, betas=(%s, %s), eps=%s)" % numbers


class AdamW(Adam):
    """Adam with decoupled weight decay, 0.01 when not given."""

    _is_decoupled = True
    _default_decay = 0.01


class RMSprop(Optimizer):
    """RMSprop(params, lr=0.01, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False).
    """

    _name = "rmsprop"

    def __init__(
        self,
        params: Any = None,
        lr: Optional[float] = None,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ) -> None:
        self.alpha, self.eps, self.weight_decay = alpha, eps, weight_decay
        self.momentum, self.centered = momentum, bool(centered)
        super().__init__(params, lr)

    def _options(self) -> Any:
        numbers = self._lr, self.alpha, self.eps, self.weight_decay, self.momentum
        return _signatures.neural_rmsprop_options(*numbers, self.centered)


class Adagrad(Optimizer):
    """Adagrad(params, lr=0.01, lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10).
    """

    _name = "adagrad"

    def __init__(
        self,
        params: Any = None,
        lr: Optional[float] = None,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ) -> None:
        self.lr_decay, self.eps, self.weight_decay = lr_decay, eps, weight_decay
        self.initial_accumulator_value = initial_accumulator_value
        super().__init__(params, lr)

    def _options(self) -> Any:
        numbers = self._lr, self.lr_decay, self.eps, self.weight_decay
        return _signatures.neural_adagrad_options(*numbers, self.initial_accumulator_value)


class Lion(Optimizer):
    """Lion(params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0)."""

    _name = "lion"
    _rate = 1e-4

    def __init__(
        self,
        params: Any = None,
        lr: Optional[float] = None,
        betas: Sequence[float] = (0.9, 0.99),
        weight_decay: float = 0.0,
    ) -> None:
        self.betas, self.weight_decay = tuple(betas), weight_decay
        super().__init__(params, lr)

    def _options(self) -> Any:
        return _signatures.neural_lion_options(self._lr, *self.betas, self.weight_decay)
