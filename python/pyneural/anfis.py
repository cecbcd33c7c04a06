"""Neuro-fuzzy systems (ANFIS; Jang 1993): Takagi-Sugeno rules learned from rows."""

from ctypes import byref, c_int64, c_void_p
from typing import Any, Dict, Optional, Sequence, Union

from . import _signatures, dtypes
from ._buffers import doubles_of
from ._library import check, int64, lib, quick, real
from .fll import FuzzyEngine
from .tensor import Tensor, tensor, zeros

_SHAPES = {
    "bell": _signatures.NEURAL_FUZZY_BELL,
    "gaussian": _signatures.NEURAL_FUZZY_GAUSSIAN,
    "triangle": _signatures.NEURAL_FUZZY_TRIANGLE,
    "trapezoid": _signatures.NEURAL_FUZZY_TRAPEZOID,
}
_PARTITIONS = {
    "grid": _signatures.NEURAL_ANFIS_GRID,
    "subtractive": _signatures.NEURAL_ANFIS_SUBTRACTIVE,
    "k_means": _signatures.NEURAL_ANFIS_K_MEANS,
}
_METHODS = {
    "hybrid": _signatures.NEURAL_ANFIS_HYBRID,
    "gradient": _signatures.NEURAL_ANFIS_GRADIENT,
}


def _one_of(known: Dict[str, int], word: Any, name: str) -> int:
    if word not in known:
        raise ValueError("%s is %r, expected one of %s" % (name, word, ", ".join(known)))
    return known[word]


def _table(values: Any, name: str) -> Tensor:
    """[rows, columns] of f64; a flat list is one column."""
    table = tensor(values, dtype=dtypes.float64).contiguous()
    if table.ndim == 1:
        table = table.unsqueeze(1)
    if table.ndim != 2:
        raise ValueError("%s is %s, expected [rows, columns]" % (name, list(table.shape)))
    return table


def _data(x: Tensor, y: Tensor) -> Any:
    if x.shape[0] != y.shape[0]:
        raise ValueError("X has %d rows, y %d" % (x.shape[0], y.shape[0]))
    return _signatures.neural_anfis_data(
        x=doubles_of(x), y=doubles_of(y), rows=x.shape[0], inputs=x.shape[1], outputs=y.shape[1]
    )


class ANFIS:
    """Rules whose memberships and conclusions are learned: fit(X, y), then predict(X).

    Args:
        partition: "grid" (a rule per combination of terms), "subtractive" (Chiu 1994, `radius`) or
            "k_means" (`clusters`).
        terms: of each input of a grid: one number for all, or a list.
        shape: bell, gaussian, triangle or trapezoid.
        order: of the conclusions: 1 linear, 0 constants.
        seed: of k-means and of the order of rows.
    """

    def __init__(
        self,
        partition: str = "grid",
        terms: Union[int, Sequence[int]] = 2,
        shape: str = "bell",
        order: int = 1,
        radius: float = 0.5,
        clusters: int = 8,
        seed: int = 1,
    ) -> None:
        self._address: Optional[int] = None
        self._options = lib.neural_anfis_default()
        self._options.partition = _one_of(_PARTITIONS, partition, "partition")
        self._options.shape = _one_of(_SHAPES, shape, "shape")
        self._options.order = int64(order, "order")
        self._options.radius = real(radius, "radius")
        self._options.clusters = int64(clusters, "clusters")
        self._options.seed = int64(seed, "seed")
        self._seed, self._terms = int64(seed, "seed"), terms
        self.result: Any = None

    def __del__(self, destroy: Any = quick.neural_anfis_destroy) -> None:
        if getattr(self, "_address", None):
            destroy(self._address)

    def _create(self, data: Any) -> None:
        terms = self._terms
        many = [terms] * data.inputs if isinstance(terms, int) else list(terms)
        if len(many) != data.inputs:
            raise ValueError("terms has %d numbers, X %d columns" % (len(many), data.inputs))
        counts = (c_int64 * data.inputs)(*[int64(count, "terms") for count in many])
        self._options.terms = counts
        made = c_void_p()
        check(lib.neural_anfis_create(byref(data), byref(self._options), byref(made)))
        if self._address:
            lib.neural_anfis_destroy(self._address)
        self._address = made.value

    def fit(
        self,
        X: Any,
        y: Any,
        epochs: int = 100,
        lr: float = 0.005,
        method: str = "hybrid",
        batch: int = 0,
        ridge: float = 1e-9,
        validation: Any = None,
    ) -> "ANFIS":
        """Learns from X [rows, inputs] and y [rows] or [rows, outputs], with Adam.

        Args:
            method: "hybrid" solves the conclusions by least squares in every epoch and trains the
                memberships; "gradient" trains both, `batch` rows a step (0: all).
            validation: (X, y) whose smallest error says which epoch is kept; else the rows' own.

        Returns:
            self; `result` has epochs, best_epoch, train_rmse, validation_rmse and silent_rows.
        """
        tables = [_table(X, "X"), _table(y, "y")]
        data, judged = _data(*tables), None
        if validation is not None:
            tables += [_table(validation[0], "X"), _table(validation[1], "y")]
            judged = byref(_data(*tables[2:]))
        how = lib.neural_anfis_fit_default()
        how.method, how.seed = _one_of(_METHODS, method, "method"), self._seed
        how.epochs, how.batch = int64(epochs, "epochs"), int64(batch, "batch")
        how.ridge, rate = real(ridge, "ridge"), real(lr, "lr")
        self._create(data)
        adam = _signatures.neural_adam_options(lr=rate, beta1=0.9, beta2=0.999, epsilon=1e-8)
        optimizer, result = c_void_p(), _signatures.neural_anfis_result()
        weights = lib.neural_anfis_parameters(self._address)
        check(lib.neural_adam_create(weights, byref(adam), byref(optimizer)))
        try:
            status = lib.neural_anfis_fit(
                self._address, byref(data), judged, optimizer, byref(how), byref(result)
            )
            check(status)
        finally:
            lib.neural_optimizer_destroy(optimizer)
        self.result = result
        return self

    def _fitted(self) -> int:
        if not self._address:
            raise RuntimeError("ANFIS: fit() comes first")
        return self._address

    def predict(self, X: Any) -> Any:
        """[rows] for one output, else [rows, outputs]: lists, or NumPy or Tensor where X is one."""
        ptr, x = self._fitted(), _table(X, "X")
        if x.shape[1] != lib.neural_anfis_inputs(ptr):
            wanted = lib.neural_anfis_inputs(ptr)
            raise ValueError("X is %s, expected [*, %d]" % (list(x.shape), wanted))
        outputs = lib.neural_anfis_outputs(ptr)
        out = zeros(x.shape[0], outputs, dtype=dtypes.float64)
        check(lib.neural_anfis_predict(ptr, doubles_of(x), x.shape[0], doubles_of(out)))
        out = out.squeeze(1) if outputs == 1 else out
        if isinstance(X, Tensor):
            return out
        return out.numpy() if hasattr(X, "__array_interface__") else out.tolist()

    @property
    def n_rules(self) -> int:
        """How many rules."""
        return lib.neural_anfis_rules(self._fitted())

    def to_engine(self) -> FuzzyEngine:
        """The same function as a fuzzy system, to be saved in FLL."""
        made = c_void_p()
        check(lib.neural_anfis_to_system(self._fitted(), byref(made)))
        return FuzzyEngine._of(made.value)
