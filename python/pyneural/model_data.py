"""Raw rows and targets for a Model: what it is scored, calibrated and judged by."""

import os
from ctypes import byref, c_void_p
from typing import TYPE_CHECKING, Any, List, Optional

from ._handle import borrow
from ._library import check, lib, quick
from .config import Config
from .dtypes import int64, is_float
from .module import numbers_from
from .tensor import Tensor

if TYPE_CHECKING:
    from .model import Model

_NONE, _CLASS, _VALUE = range(3)  # neural_target_kind
_FILES = ("train_file", "train_label_file", "test_file", "test_label_file")


def config_of(config: Any) -> Config:
    """A Config as it is, or read from its path."""
    return config if isinstance(config, Config) else Config.load(config)


def found(config: Config, name: str) -> str:
    """A file's name in a config: seen from the working directory, else from the config's own."""
    beside = os.path.join(os.path.dirname(config.path or ""), name)
    return beside if not os.path.exists(name) and os.path.exists(beside) else name


def path_overrides(config: Config) -> List[str]:
    """Overrides that name the config's data files so that they are found from here."""
    named = {key: config.get_string("data", key, "") for key in _FILES}
    places = {key: os.path.abspath(found(config, name)) for key, name in named.items() if name}
    return ["data.%s=%s" % place for place in places.items()]


class ModelData:
    """Rows [N, features] as a model's file has them, before scaling, and their targets.

    Args:
        model: whose they are: its dtype, and what its targets are.
        x: rows; a Tensor, an array or nested lists.
        y: classes [N] for a classifier, else values [N] or [N, outputs]; None for rows alone.
    """

    _address: Optional[int] = None

    def __init__(self, model: "Model", x: Any, y: Any = None) -> None:
        rows = numbers_from(x).detach().to(model.dtype).contiguous()
        targets, kind, classes = None, _NONE, 0
        if y is not None and model.is_classifier:
            targets, kind, classes = _classes(y), _CLASS, model.outputs
        elif y is not None:
            targets, kind = numbers_from(y).detach().to(model.dtype), _VALUE
            targets = (targets.reshape(-1, 1) if targets.ndim == 1 else targets).contiguous()
        self._made(lib.neural_dataset_create, rows, targets, kind, classes)

    def _made(self, function: Any, *arguments: Any) -> None:
        made = c_void_p()
        check(function(*arguments, byref(made)))
        self._address = made.value

    @classmethod
    def load(cls, model: "Model", config: Any, which: str = "train") -> "ModelData":
        """The "train" or "test" files that a config (or its path) names.

        Raises:
            ValueError: the config names no such file.
            FileNotFoundError, DataError: as of the command line.
        """
        config, made = config_of(config), object.__new__(cls)
        name = config.get_string("data", which + "_file", "")
        if which not in ("train", "test") or not name:
            raise ValueError("load: the config has no [data] %s_file" % which)
        labels = config.get_string("data", which + "_label_file", "")
        made._made(
            lib.neural_model_load_data,
            model._address,
            config._address,
            os.fsencode(found(config, name)),
            os.fsencode(found(config, labels)) if labels else None,
        )
        return made

    def __del__(self, destroy: Any = quick.neural_dataset_destroy) -> None:
        if self._address:
            destroy(self._address)

    def __len__(self) -> int:
        return quick.neural_dataset_rows(self._address)

    @property
    def x(self) -> Tensor:
        """The rows [N, features], a copy."""
        return borrow(lib.neural_dataset_x(self._address)).copy()

    @property
    def y(self) -> Optional[Tensor]:
        """The targets, a copy; None without."""
        address = lib.neural_dataset_y(self._address)
        return borrow(address).copy() if address else None

    def __repr__(self) -> str:
        return "ModelData(rows=%d, features=%d)" % (
            len(self),
            quick.neural_dataset_features(self._address),
        )


def _classes(y: Any) -> Tensor:
    given = numbers_from(y).detach()
    labels = given.to(int64).flatten().contiguous()
    if is_float(given.dtype) and not (labels.to(given.dtype) == given.flatten()).all():
        raise ValueError("y: classes are whole numbers")
    return labels


def data_of(model: "Model", given: Any, needs_targets: bool, name: str) -> ModelData:
    """A ModelData, or one of (x, y), of a TensorDataset, or of rows alone."""
    if not isinstance(given, ModelData):
        given = getattr(given, "tensors", given)
        is_pair = isinstance(given, tuple) and len(given) == 2
        given = ModelData(model, *given) if is_pair else ModelData(model, given)
    if needs_targets and lib.neural_dataset_target_kind(given._address) == _NONE:
        raise ValueError("%s: there are no targets, expected (x, y)" % name)
    return given
