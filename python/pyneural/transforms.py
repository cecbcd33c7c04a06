"""Scaling of features given as flat sequences with their number; results are lists of floats."""

from ctypes import c_double
from typing import Any, Dict, List, Optional, Sequence

from ._library import check, int64, lib, real
from .core import NeuralDtype
from .tensor import Tensor, tensor


def _table(data: Any, num_features: int) -> Tensor:
    flat = data.flatten().tolist() if isinstance(data, Tensor) else [float(x) for x in data]
    columns = int64(num_features, "num_features")
    if not flat or columns < 1 or len(flat) % columns:
        raise ValueError(
            "%d numbers in rows of %d features, expected whole rows, at least one"
            % (len(flat), columns)
        )
    return tensor(flat, NeuralDtype.FLOAT64).reshape(-1, columns)


def compute_stats(data: Any, num_features: int) -> Dict[str, List[float]]:
    """mean, population std, min and max of each feature, as lists."""
    table = _table(data, num_features)
    parts = [(c_double * table.shape[1])() for _ in range(4)]
    check(lib.neural_column_stats(table, None, len(table), *parts))
    return dict(zip(("mean", "std", "min", "max"), (list(part) for part in parts)))


class _Scaling:
    """(x - offset) / scale of each feature; fitted at the first call when not before."""

    def __init__(self, first: Any, second: Any, eps: float) -> None:
        self.eps = real(eps, "eps")
        self._first = None if first is None else [float(x) for x in first]
        self._second = None if second is None else [float(x) for x in second]

    @property
    def _fitted(self) -> bool:
        return self._first is not None and self._second is not None

    def _stats(self, data: Any, num_features: int) -> Any:
        raise NotImplementedError

    def _scale(self) -> Any:
        raise NotImplementedError

    def fit(self, data: Any, num_features: int) -> Any:
        """Takes its numbers from data; returns self."""
        self._first, self._second = self._stats(data, num_features)
        return self

    def _apply(self, data: Any, num_features: int, inverse: bool) -> List[float]:
        table = _table(data, num_features)
        if len(self._first or ()) != table.shape[1]:
            raise ValueError(
                "%d features, fitted for %d" % (table.shape[1], len(self._first or ()))
            )
        offset, scale = (tensor(part, NeuralDtype.FLOAT64) for part in (self._first, self._scale()))
        made = table * scale + offset if inverse else (table - offset) / scale
        return made.flatten().tolist()

    def __call__(self, data: Any, num_features: int) -> List[float]:
        if not self._fitted:
            self.fit(data, num_features)
        return self._apply(data, num_features, False)

    def inverse(self, data: Any, num_features: int) -> List[float]:
        """Undoes it; RuntimeError when nothing was fitted."""
        if not self._fitted:
            raise RuntimeError("%s.inverse: it is not fitted" % type(self).__name__)
        return self._apply(data, num_features, True)

    def __repr__(self) -> str:
        return "%s(fitted=%s, eps=%s)" % (type(self).__name__, self._fitted, self.eps)


class Normalize(_Scaling):
    """(x - mean) / (std + eps)."""

    def __init__(
        self,
        mean: Optional[Sequence[float]] = None,
        std: Optional[Sequence[float]] = None,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(mean, std, eps)

    mean = property(lambda self: self._first)
    std = property(lambda self: self._second)

    def _stats(self, data: Any, num_features: int) -> Any:
        stats = compute_stats(data, num_features)
        return stats["mean"], stats["std"]

    def _scale(self) -> List[float]:
        return [std + self.eps for std in self._second or ()]


class MinMaxScale(_Scaling):
    """(x - min) / (max - min + eps)."""

    def __init__(
        self,
        min_val: Optional[Sequence[float]] = None,
        max_val: Optional[Sequence[float]] = None,
        eps: float = 1e-8,
    ) -> None:
        super().__init__(min_val, max_val, eps)

    min_val = property(lambda self: self._first)
    max_val = property(lambda self: self._second)

    def _stats(self, data: Any, num_features: int) -> Any:
        stats = compute_stats(data, num_features)
        return stats["min"], stats["max"]

    def _scale(self) -> List[float]:
        pairs = zip(self._first or (), self._second or ())
        return [largest - smallest + self.eps for smallest, largest in pairs]


class Compose:
    """Transforms one after the other."""

    def __init__(self, transforms: Sequence[Any]) -> None:
        self.transforms = list(transforms)

    def __call__(self, data: Any, num_features: int) -> Any:
        for transform in self.transforms:
            data = transform(data, num_features)
        return data

    def __repr__(self) -> str:
        return "Compose([%s])" % ", ".join(repr(transform) for transform in self.transforms)
