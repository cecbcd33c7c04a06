"""Pruning of numbers in place: ctypes arrays, NumPy arrays, buffers and Tensors of f32 or f64."""

from ctypes import POINTER, byref, c_double, c_int64, c_uint8, cast
from typing import Any, Optional

from ._buffers import BYTES, FLOATS, numbers_in
from ._library import check, int64, lib, real

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
