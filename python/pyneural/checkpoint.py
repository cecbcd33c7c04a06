"""Checkpoints of modules in the original's file format, and weights as state dicts."""

import os
import struct
from typing import Any, Dict, List

from ._interop import copy_of
from .autograd import no_grad
from .core import NeuralDtype
from .tensor import Tensor, tensor

MAGIC = b"NEURCKPT"
VERSION = 1

FLOAT64 = NeuralDtype.FLOAT64

_HEAD = struct.Struct("<8sIIIdd")


def _tensors(model: Any) -> List[Tensor]:
    parameters = list(model.parameters())
    buffers = getattr(model, "buffers", None)
    return parameters + [b for b in (buffers() if buffers else []) if b.dtype in (0, 1)]


def save_checkpoint(
    filepath: Any,
    model: Any,
    epoch: int = 0,
    best_loss: float = float("inf"),
    lr: float = 0.0,
) -> None:
    """Writes the parameters (and float buffers) of a module, complete or not at all."""
    tensors = _tensors(model)
    parts = [_HEAD.pack(MAGIC, VERSION, len(tensors), epoch, float(best_loss), float(lr))]
    for value in tensors:
        shape = value.shape
        parts.append(struct.pack("<I%dQI" % len(shape), len(shape), *shape, value.dtype))
        parts.append(bytes(value.detach().contiguous()._bytes()))
    path = os.fspath(filepath)
    spare = "%s.%d.tmp" % (path, os.getpid())
    try:
        with open(spare, "wb") as stream:
            stream.write(b"".join(parts))
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(spare, path)
    except BaseException:
        if os.path.exists(spare):
            os.unlink(spare)
        raise


class _Reader:
    def __init__(self, data: bytes, path: str) -> None:
        self.data, self.path, self.at = data, path, 0

    def take(self, count: int) -> bytes:
        part = self.data[self.at : self.at + count]
        if len(part) != count:
            raise OSError("%s: the file ends in the middle" % self.path)
        self.at += count
        return part

    def numbers(self, form: str) -> Any:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))


def load_checkpoint(filepath: Any, model: Any) -> Dict[str, Any]:
    """Reads such a file into the module; {"epoch", "best_loss", "lr"}. All is checked first.

    Raises:
        FileNotFoundError: there is no file.
        ValueError: it is not one, or of another module; the text has both shapes.
        OSError: it ends in the middle.
    """
    path = os.fspath(filepath)
    with open(path, "rb") as stream:
        reader = _Reader(stream.read(), path)
    magic, version, count, epoch, best_loss, lr = reader.numbers(_HEAD.format.lstrip("<"))
    if magic != MAGIC:
        raise ValueError("Invalid checkpoint %s: its magic is %r" % (path, magic))
    if version != VERSION:
        raise ValueError("%s: version %d, expected %d" % (path, version, VERSION))
    tensors = _tensors(model)
    if count != len(tensors):
        raise ValueError("%s: %d parameters, the model has %d" % (path, count, len(tensors)))
    read = [_read_tensor(reader, value, i) for i, value in enumerate(tensors)]
    with no_grad():
        for value, given in zip(tensors, read):
            value.detach().copy_(given)
    return {"epoch": epoch, "best_loss": best_loss, "lr": lr}


def _read_tensor(reader: _Reader, like: Tensor, i: int) -> Tensor:
    (ndim,) = reader.numbers("I")
    if ndim > 8:
        raise ValueError("%s: tensor %d has %d dimensions" % (reader.path, i, ndim))
    shape = tuple(reader.numbers("%dQ" % ndim))
    (dtype,) = reader.numbers("I")
    if shape != tuple(like.shape) or dtype != like.dtype:
        raise ValueError(
            "%s: tensor %d is %s of dtype %d, the model wants %s of %d"
            % (reader.path, i, list(shape), dtype, list(like.shape), like.dtype)
        )
    return copy_of(memoryview(reader.take(like.nbytes)), shape, dtype)


# --- whole runs ---


class _Run:
    """A model and an optimizer as what save_checkpoint takes: tensors in order."""

    def __init__(self, model: Any, optimizer: Any) -> None:
        state = optimizer.state_dict() if optimizer is not None else {"state": {}, "steps": 0}
        self.names = sorted(state["state"])
        self.states = [state["state"][name] for name in self.names]
        self.steps = tensor([float(state["steps"])], dtype=FLOAT64)
        self._tensors = _tensors(model) + self.states + [self.steps]

    def parameters(self) -> List[Tensor]:
        return self._tensors


def save_run(filepath: Any, model: Any, optimizer: Any, epoch: int) -> None:
    """Writes a module, its optimizer's state and how many epochs are done."""
    save_checkpoint(filepath, _Run(model, optimizer), epoch, lr=getattr(optimizer, "lr", 0.0))


def load_run(filepath: Any, model: Any, optimizer: Any) -> int:
    """Reads such a file into both; returns the epochs done. Errors as of load_checkpoint."""
    run = _Run(model, optimizer)
    facts = load_checkpoint(filepath, run)
    if optimizer is not None:
        state = dict(optimizer.state_dict(), lr=facts["lr"], steps=int(run.steps.tolist()[0]))
        optimizer.load_state_dict(dict(state, state=dict(zip(run.names, run.states))))
    return int(facts["epoch"])
