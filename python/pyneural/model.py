"""Models of config files: loaded, asked, saved; what `neural train` writes."""

import os
from ctypes import byref, c_char_p, c_void_p
from typing import Any, Optional

from ._handle import borrow, call
from ._library import check, lib, quick
from .module import numbers_from
from .tensor import Tensor


class Model:
    """A network with its input contract, scaling and class names; `Model.load(path)`."""

    _address: Optional[int] = None
    _owner: Any = None

    def __init__(self) -> None:
        raise TypeError("Model.load(path) reads a model; ConfigTrainer(config).model is one")

    @classmethod
    def _of(cls, ptr: Optional[int], owner: Any = None) -> "Model":
        """The model at an address, which `owner` keeps alive, or which becomes this object's."""
        made = object.__new__(cls)
        made._address, made._owner = ptr, owner
        return made

    @classmethod
    def load(cls, path: Any) -> "Model":
        """A model file, quantized ones too."""
        made = c_void_p()
        check(lib.neural_model_load(os.fsencode(path), byref(made)))
        return cls._of(made.value)

    def __del__(self, destroy: Any = quick.neural_model_destroy) -> None:
        if self._address and self._owner is None:
            destroy(self._address)

    @property
    def features(self) -> int:
        """Numbers in a row of inputs."""
        return lib.neural_model_features(self._address)

    @property
    def outputs(self) -> int:
        """Numbers in a row of predictions."""
        return lib.neural_model_outputs(self._address)

    def predict(self, rows: Any) -> Tensor:
        """Predictions [N, outputs] for raw rows [N, features]: probabilities for classes."""
        given = numbers_from(rows)
        return call(lib.neural_model_predict, self._address, given)

    def class_name(self, c: int) -> Optional[str]:
        """The name of a class, None when it has none."""
        name = lib.neural_model_class_name(self._address, c)
        return None if name is None else name.decode()

    def state_dict(self) -> Any:
        """Names to tensors on the model's storage: parameters, then buffers."""
        network = lib.neural_model_network(self._address)
        found = {}
        for kind, value in (("weight", "weight"), ("buffer", "buffer_value")):
            count = "parameter_count" if kind == "weight" else "buffer_count"
            for i in range(getattr(lib, "neural_layer_" + count)(network)):
                name = getattr(lib, "neural_layer_%s_name" % kind)(network, i).decode()
                found[name] = borrow(getattr(lib, "neural_layer_" + value)(network, i)).detach()
        return found

    def save(self, path: Any) -> None:
        """Writes a model file."""
        check(lib.neural_model_save(self._address, None, os.fsencode(path)))

    def summary(self) -> str:
        """The table of layers."""
        text = c_char_p()
        check(lib.neural_model_summary(self._address, byref(text)))
        try:
            return (text.value or b"").decode()
        finally:
            lib.neural_text_free(text)

    def __repr__(self) -> str:
        return "Model(features=%d, outputs=%d)" % (self.features, self.outputs)
