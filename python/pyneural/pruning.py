"""Pruning: of numbers in place (ctypes arrays, NumPy arrays, buffers and Tensors of f32 or f64),
and of whole models."""

from ctypes import POINTER, byref, c_double, c_int, c_int64, c_uint8, c_void_p, cast
from typing import Any, List, Optional

from . import _signatures
from ._buffers import BYTES, FLOATS, numbers_in
from ._library import check, int64, lib, real
from .core import seed_of
from .model import Model, WeightCost

_METHODS = ("magnitude", "topk")


def _mask(mask: Any, count: int, name: str) -> Any:
    if mask is None:
        return None
    return cast(numbers_in(mask, count, name, BYTES, writable=True)[0], POINTER(c_uint8))


def prune_magnitude(ptr: Any, n: int, threshold: float, mask: Any = None) -> int:
    """Zeroes those of n numbers with |w| < threshold; equal ones and NaN stay.

    Args:
        mask: n bytes, set to 1 = kept, 0 = pruned; or None.

    Returns:
        How many were pruned.
    """
    where, code, count = numbers_in(ptr, n, "ptr", FLOATS, writable=True)
    bytes_of_mask, pruned = _mask(mask, count, "mask"), c_int64()
    limit = real(threshold, "threshold")
    check(lib.neural_prune_magnitude(where, code, count, limit, bytes_of_mask, byref(pruned)))
    return pruned.value


def _prune_lines(
    function: Any, ptr: Any, rows: int, cols: int, threshold: float, mask: Any, lines: int
) -> int:
    rows, cols = int64(rows, "rows"), int64(cols, "cols")
    where, code, _ = numbers_in(ptr, rows * cols, "ptr", FLOATS, writable=True)
    bytes_of_mask, pruned = _mask(mask, lines, "mask"), c_int64()
    limit = real(threshold, "threshold")
    if mask is None and rows >= 0 and cols >= 0 and rows * cols == 0:
        return lines if limit > 0 else 0  # without numbers to look at, however many lines
    check(function(where, code, rows, cols, limit, bytes_of_mask, byref(pruned)))
    return pruned.value


def prune_rows(ptr: Any, rows: int, cols: int, threshold: float, row_mask: Any = None) -> int:
    """Zeroes whole rows of a [rows, cols] matrix with an L2 norm below threshold; how many."""
    return _prune_lines(lib.neural_prune_rows, ptr, rows, cols, threshold, row_mask, rows)


def prune_cols(ptr: Any, rows: int, cols: int, threshold: float, col_mask: Any = None) -> int:
    """Zeroes whole columns of a [rows, cols] matrix with an L2 norm below threshold; how many."""
    return _prune_lines(lib.neural_prune_cols, ptr, rows, cols, threshold, col_mask, cols)


class Pruner:
    """Prunes to a share of zeros and remembers which.

    Args:
        sparsity: the share, 0 ... 1.
        method: "magnitude" zeroes |w| below sorted |w|[int(n * sparsity)]: equal ones at that
            threshold stay; "topk" keeps exactly round(n * (1 - sparsity)), of equal ones the first.
    """

    def __init__(self, sparsity: float = 0.5, method: str = "magnitude") -> None:
        if method not in _METHODS:
            raise ValueError("method is %r, expected one of %s" % (method, ", ".join(_METHODS)))
        self.sparsity = real(sparsity, "sparsity")
        if not 0 <= self.sparsity <= 1:
            raise ValueError("sparsity is %r, expected 0 ... 1" % sparsity)
        self.method = method
        self._mask: Optional[Any] = None

    @property
    def mask(self) -> Optional[Any]:
        """A ctypes array of bytes, 1 = kept; None before prune()."""
        return self._mask

    def prune(self, ptr: Any, n: int) -> int:
        """Prunes n numbers; returns how many became zero."""
        where, code, count = numbers_in(ptr, n, "ptr", FLOATS, writable=True)
        mask, pruned = (c_uint8 * count)(), c_int64()
        if self.method == "topk":
            keep = 1 - self.sparsity
            check(lib.neural_prune_top(where, code, count, keep, mask, byref(pruned)))
        else:
            limit = c_double()
            check(lib.neural_prune_threshold(where, code, count, self.sparsity, byref(limit)))
            status = lib.neural_prune_magnitude(
                where, code, count, limit.value, mask, byref(pruned)
            )
            check(status)
        self._mask = mask
        return pruned.value

    def reapply_mask(self, ptr: Any, n: int) -> None:
        """Zeroes again what prune() did; RuntimeError before it."""
        where, code, count = numbers_in(ptr, n, "ptr", FLOATS, writable=True)
        if self._mask is None:
            raise RuntimeError("reapply_mask: nothing was pruned yet")
        if count != len(self._mask):
            raise ValueError("n is %d, the mask has %d" % (count, len(self._mask)))
        check(lib.neural_prune_apply_mask(where, code, count, self._mask))

    @staticmethod
    def get_sparsity(ptr: Any, n: int) -> float:
        """The share of zeros."""
        where, code, count = numbers_in(ptr, n, "ptr", FLOATS)
        share = c_double()
        check(lib.neural_prune_sparsity(where, code, count, byref(share)))
        return share.value

    @staticmethod
    def count_nonzero(ptr: Any, n: int) -> int:
        """How many are not zero."""
        where, code, length = numbers_in(ptr, n, "ptr", FLOATS)
        count = c_int64()
        check(lib.neural_prune_count_nonzero(where, code, length, byref(count)))
        return count.value

    def __repr__(self) -> str:
        return "Pruner(sparsity=%g, method=%r)" % (self.sparsity, self.method)


# --- whole models ---

_SCOPES = {None: -1, "global": 0, "layer": 1}  # neural_prune_scope


def _options(sparsity: float, score: str, scope: Optional[str], exclude: Any, seed: int) -> Any:
    options = _signatures.neural_prune_options()
    options.sparsity = real(sparsity, "sparsity")
    if scope not in _SCOPES:
        raise ValueError("scope is %r, expected global, layer or None" % (scope,))
    options.scope = _SCOPES[scope]
    options.seed = seed_of(seed)
    options.exclude = None if exclude is None else str(exclude).encode()
    options.score = _parsed(lib.neural_prune_score_parse, score)
    return options


def _parsed(parse: Any, word: str) -> int:
    found = c_int()
    check(parse(str(word).encode(), byref(found)))
    return found.value


def prune_model(
    model: Model,
    sparsity: float = 0.5,
    method: str = "weights",
    score: str = "l2",
    scope: Optional[str] = None,
    exclude: Optional[str] = None,
    seed: int = 0,
) -> Model:
    """Masks the weights of Linear and convolution layers and zeroes what they prune.

    Args:
        sparsity: the share of the weights that goes, 0 ... 1; "2:4" and "4:8" do not look at it.
        method: what goes as one: "weights", "blocks" (16 x 1, as sparse kernels want them),
            "rows", "columns", "channels", "2:4" or "4:8".
        score: "l1" or "l2" norm of it, or "random" by the seed.
        scope: "global", "layer" (the same share of each); None: global for weights and blocks.
        exclude: layers that stay whole: "first", "last", beginnings of names as "3.", with
            commas between, or "none"; None: the last.

    Returns:
        The model itself; training on keeps what was pruned.

    Raises:
        InvalidArgumentError: nothing is left to prune, no such method or score.
    """
    options = _options(sparsity, score, scope, exclude, seed)
    options.method = _parsed(lib.neural_prune_method_parse, method)
    check(lib.neural_model_prune(_address(model), byref(options)))
    return model


def prune_channels(
    model: Model,
    sparsity: float = 0.5,
    score: str = "l2",
    scope: Optional[str] = None,
    exclude: Optional[str] = None,
    seed: int = 0,
) -> Model:
    """A smaller model without the share `sparsity` of the channels of every layer whose channels
    can go (scope "global": of all together); what reads them becomes smaller, too."""
    options, made = _options(sparsity, score, scope, exclude, seed), c_void_p()
    check(lib.neural_model_prune_channels(_address(model), byref(options), byref(made)))
    return Model._of(made.value)


def weight_costs(model: Model) -> List[WeightCost]:
    """What each weight with more than one dimension costs, and what of it is left."""
    rows, count = POINTER(_signatures.neural_prune_row)(), c_int()
    check(lib.neural_model_prune_rows(_address(model), byref(rows), byref(count)))
    try:
        return [
            WeightCost(row.name.decode(), row.weights, row.kept, row.macs, row.macs_kept)
            for row in rows[: count.value]
        ]
    finally:
        lib.neural_prune_rows_free(rows)


def _address(model: Any) -> Any:
    if not isinstance(model, Model):
        raise TypeError("model is %s, expected a Model" % type(model).__name__)
    return model._address
