"""The original's methods that take addresses of doubles: thin adapters over those with Tensors.

An address is an int or a c_void_p, and is believed; ctypes arrays and pointers, NumPy arrays,
buffers and Tensors are taken as well, and their length is checked. A module whose numbers are
asked for by address, or that is given addresses, keeps them in f64 from then on.
"""

import ctypes
import math
from typing import Any, Optional, Tuple

from . import dtypes, functional as F
from ._buffers import numbers_in
from ._handle import call
from ._library import int64, int64_array, lib
from .autograd import enable_grad, no_grad
from .errors import NeuralError, NullPointerError
from .module import Module, Parameter
from .tensor import Tensor

_DOUBLES = (dtypes.float64,)
_INDICES = (dtypes.int64,)
_KINDS = {dtypes.float64: _DOUBLES, dtypes.int64: _INDICES}


def _place(given: Any, count: int, name: str, dtype: int, writable: bool) -> Any:
    """What memmove takes for `count` numbers; it holds a buffer's memory in place."""
    if isinstance(given, ctypes.c_void_p):
        given = given.value
    if given is None or (type(given) is int and given == 0):
        raise NullPointerError(NeuralError.NULL_POINTER, "%s is null" % name)
    if type(given) is int:
        return ctypes.c_void_p(given)
    return numbers_in(given, count, name, _KINDS[dtype], writable)[0]


def read(given: Any, shape: Tuple[int, ...], name: str, dtype: int = dtypes.float64) -> Tensor:
    """A copy of the numbers at an address."""
    place = _place(given, math.prod(shape), name, dtype, False)
    data_bytes = int64(math.prod(shape) * dtypes.BYTES[dtype], "bytes")
    dims = int64_array(shape, "size")
    return call(lib.neural_tensor_from_data, place, data_bytes, len(dims), dims, dtype)


def write(given: Any, values: Tensor, name: str) -> None:
    """Puts doubles to an address."""
    values = values.detach().contiguous()
    place = _place(given, values.numel, name, dtypes.float64, True)
    ctypes.memmove(place, values.data_ptr, values.nbytes)


def to_doubles(module: Module) -> None:
    """Makes the module's own f32 numbers f64."""
    for name, parameter in list(module._parameters.items()):
        if parameter.dtype != dtypes.float64:
            setattr(module, name, Parameter(parameter.detach().double()))
    for name, value in list(module._buffers.items()):
        if value.dtype == dtypes.float32:
            module.register_buffer(name, value.double())


def address(module: Any, name: str) -> Optional[int]:
    """Where a parameter or buffer lies, in f64; None where there is none."""
    to_doubles(module)
    value = getattr(module, name)
    return None if value is None else value.data_ptr


def _leaf(value: Optional[Tensor]) -> Optional[Tensor]:
    """The same numbers with a gradient of their own."""
    return None if value is None else value.detach().requires_grad_()


class NormAddresses:
    """forward_f64, backward_f64 and addresses of a norm over rows of numbers."""

    # x, weight and bias as leaves, and the result of the last forward_f64
    _last: Any = None

    def _row(self) -> Tuple[int, ...]:
        """The shape of a sample."""
        raise NotImplementedError

    def _normalized(self, x: Tensor, weight: Any, bias: Any) -> Tensor:
        raise NotImplementedError

    def _normalized_rows(self, x: Tensor, weight: Any, bias: Any) -> Tensor:
        return self._normalized(x, weight, bias)

    @property
    def gamma_ptr(self) -> Optional[int]:
        """The address of the weight's doubles."""
        return address(self, "weight")

    @property
    def beta_ptr(self) -> Optional[int]:
        """The address of the bias's doubles."""
        return address(self, "bias")

    def forward_f64(self, in_ptr: Any, out_ptr: Any, batch: int) -> int:
        """Normalizes `batch` rows of doubles; 0, or -1 for a null address or no rows."""
        rows = int64(batch, "batch")
        if rows < 1:
            return -1
        try:
            x = read(in_ptr, (rows,) + self._row(), "in_ptr").requires_grad_()
            to_doubles(self)  # type: ignore[arg-type]
            weight, bias = _leaf(self.weight), _leaf(self.bias)  # type: ignore[attr-defined]
            with enable_grad():
                y = self._normalized_rows(x, weight, bias)
            write(out_ptr, y, "out_ptr")
        except NullPointerError:
            return -1
        self._last = x, weight, bias, y
        return 0

    def backward_f64(
        self, grad_out: Any, grad_in: Any, grad_gamma: Any, grad_beta: Any, batch: int
    ) -> int:
        """Writes gradients of the last forward_f64's rows, weight and bias (None: not wanted); 0,
        or -1 before it and for another batch."""
        if self._last is None or int64(batch, "batch") != self._last[0].shape[0]:
            return -1
        x, weight, bias, y = self._last
        leaves = ((grad_in, x), (grad_gamma, weight), (grad_beta, bias))
        try:
            gradient = read(grad_out, y.shape, "grad_out")
            for _, leaf in leaves:
                if leaf is not None:
                    leaf.grad = None
            y.backward(gradient, retain_graph=True)
            for place, leaf in leaves:
                if place is not None and leaf is not None:
                    write(place, leaf.grad, "gradient")
        except NullPointerError:
            return -1
        return 0


class EmbeddingAddresses:
    """The same of a table."""

    num_embeddings: int
    embedding_dim: int
    weight: Any

    # the indices of the last forward
    _indices: Optional[Tensor] = None

    @property
    def weight_ptr(self) -> Optional[int]:
        """The address of the table's doubles, [num_embeddings, embedding_dim]."""
        return address(self, "weight")

    def forward_f64(self, idx_ptr: Any, n: int, out_ptr: Any) -> int:
        """Writes the rows at n indices of int64; 0, or -1 for an index outside and a null."""
        if int64(n, "n") < 1:
            return -1
        try:
            index = read(idx_ptr, (n,), "idx_ptr", dtypes.int64)
            if (index < 0).any() or (index >= self.num_embeddings).any():
                return -1
            to_doubles(self)  # type: ignore[arg-type]
            with no_grad():
                write(out_ptr, F.embedding(index, self.weight), "out_ptr")
        except NullPointerError:
            return -1
        self._indices = index
        return 0

    def backward_f64(
        self, grad_out_ptr: Any, grad_w_ptr: Any, indices_ptr: Any = None, seq_len: Any = None
    ) -> int:
        """Adds gradients of rows to a table of them; indices are the last forward's when None.

        Raises:
            RuntimeError: there was no forward, and no indices are given.
        """
        index = self._indices
        if indices_ptr is not None:
            index = read(indices_ptr, (int64(seq_len, "seq_len"),), "indices_ptr", dtypes.int64)
        if index is None:
            raise RuntimeError("Embedding.backward_f64: there was no forward")
        size = self.num_embeddings, self.embedding_dim
        try:
            gradient = read(grad_out_ptr, (index.numel, self.embedding_dim), "grad_out_ptr")
            table = read(grad_w_ptr, size, "grad_w_ptr")
            leaf = Tensor.zeros(size, dtypes.float64).requires_grad_()
            with enable_grad():
                F.embedding(index, leaf).backward(gradient)
            write(grad_w_ptr, table + leaf.grad, "grad_w_ptr")  # type: ignore[operator]
        except NullPointerError:
            return -1
        return 0


class SmoothingAddresses:
    """The same of cross-entropy with smoothed labels."""

    num_classes: int
    smoothing: float

    # logits and labels of the last forward
    _last: Any = None

    def _loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        options = {"ignore_index": None, "label_smoothing": self.smoothing}
        return F.cross_entropy(logits, labels, **options)  # type: ignore[arg-type]

    def _read(self, logits_ptr: Any, targets_ptr: Any, batch: Any) -> Tuple[Tensor, Tensor]:
        rows = int64(batch, "batch_size")
        logits = read(logits_ptr, (rows, self.num_classes), "logits_ptr")
        return logits, read(targets_ptr, (rows,), "targets_ptr", dtypes.int64)

    def forward_f64(self, logits_ptr: Any, targets_ptr: Any, batch_size: int) -> float:
        """The mean loss of batch_size rows of doubles with int64 labels."""
        self._last = self._read(logits_ptr, targets_ptr, batch_size)
        with no_grad():
            return float(self._loss(*self._last))

    def backward_f64(
        self,
        grad_ptr: Any,
        logits_ptr: Any = None,
        targets_ptr: Any = None,
        batch_size: Any = None,
    ) -> int:
        """Writes (softmax - smoothed labels) / batch_size; rows are the last forward's when None.

        Raises:
            RuntimeError: there was no forward, and no rows are given.
        """
        last = self._last
        if logits_ptr is not None:
            last = self._read(logits_ptr, targets_ptr, batch_size)
        if last is None:
            raise RuntimeError("LabelSmoothingCrossEntropy.backward_f64: there was no forward")
        logits = last[0].detach().requires_grad_()
        with enable_grad():
            self._loss(logits, last[1]).backward()
        write(grad_ptr, logits.grad, "grad_ptr")
        return 0
