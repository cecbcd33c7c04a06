"""8-bit quantization of numbers: ctypes arrays, NumPy arrays, buffers and Tensors.

    q = saturate(round_half_even(x / scale) + zero_point)        x = scale * (q - zero_point)
"""

from ctypes import byref, c_double, c_int8
from typing import Any, Optional

from . import _signatures, dtypes
from ._buffers import FLOATS, SIGNED_BYTES, numbers_in
from ._library import check, int32, int64, lib, real

_SYMMETRIC, _AFFINE = 0, 1  # neural_quant_scheme: -127 ... 127 and -128 ... 127


class QuantParams:
    """A grid of 8-bit numbers: its step, the number that stands for 0, the range it covers."""

    def __init__(
        self,
        scale: float = 1.0,
        zero_point: int = 0,
        min_val: float = 0.0,
        max_val: float = 0.0,
        symmetric: bool = True,
    ) -> None:
        self.scale = real(scale, "scale")
        self.zero_point = int32(zero_point, "zero_point")
        self.min_val = real(min_val, "min_val")
        self.max_val = real(max_val, "max_val")
        self.symmetric = bool(symmetric)

    def _c(self) -> Any:
        return _signatures.neural_quant_params(
            scale=self.scale,
            zero_point=self.zero_point,
            min=self.min_val,
            max=self.max_val,
            scheme=_SYMMETRIC if self.symmetric else _AFFINE,
        )

    def __repr__(self) -> str:
        return "QuantParams(%s, scale=%.6g, zp=%d, range=[%.4g, %.4g])" % (
            "symmetric" if self.symmetric else "affine",
            self.scale,
            self.zero_point,
            self.min_val,
            self.max_val,
        )


class Quantizer:
    """Chooses a grid by data and converts by it.

    Args:
        symmetric: -127 ... 127 around 0, else -128 ... 127 with a zero point.
        percentile: p > 0 cuts the range to sorted[int(n p)] ... sorted[int(n (1 - p))].
    """

    def __init__(self, symmetric: bool = True, percentile: float = 0.0) -> None:
        self.symmetric = bool(symmetric)
        self.percentile = real(percentile, "percentile")
        if not 0 <= self.percentile <= 0.5:
            raise ValueError("percentile is %r, expected 0 ... 0.5" % percentile)
        self.params: Optional[QuantParams] = None

    def calibrate(self, ptr: Any, n: int) -> QuantParams:
        """The grid for n numbers; RuntimeError for n <= 0."""
        if int64(n, "n") <= 0:
            raise RuntimeError("calibrate: n is %d, expected at least 1" % n)
        where, code, count = numbers_in(ptr, n, "ptr", FLOATS)
        scheme = _SYMMETRIC if self.symmetric else _AFFINE
        found = _signatures.neural_quant_params()
        if self.percentile > 0:
            status = lib.neural_quant_calibrate_percentile(
                where, code, count, self.percentile, scheme, byref(found)
            )
        else:
            status = lib.neural_quant_calibrate_minmax(where, code, count, scheme, byref(found))
        check(status)
        self.params = QuantParams(
            found.scale, found.zero_point, found.min, found.max, self.symmetric
        )
        return self.params

    def _grid(self, what: str) -> Any:
        if self.params is None:
            raise RuntimeError("%s: the quantizer is not calibrated" % what)
        return self.params._c()

    def quantize(self, ptr: Any, n: int) -> Any:
        """n numbers as a ctypes array of int8."""
        grid = self._grid("quantize")
        where, code, count = numbers_in(ptr, n, "ptr", FLOATS)
        out = (c_int8 * count)()
        check(lib.neural_quantize(where, code, count, byref(grid), out))
        return out

    def dequantize(self, q: Any, n: int) -> Any:
        """n numbers of int8 as a ctypes array of double."""
        grid = self._grid("dequantize")
        where, _, count = numbers_in(q, n, "q", SIGNED_BYTES)
        out = (c_double * count)()
        check(lib.neural_dequantize(where, count, byref(grid), out, dtypes.float64))
        return out

    def _measure(self, function: Any, what: str, ptr: Any, n: int) -> float:
        grid, result = self._grid(what), c_double()
        where, code, count = numbers_in(ptr, n, "ptr", FLOATS)
        check(function(where, code, count, byref(grid), byref(result)))
        return result.value

    def error(self, ptr: Any, n: int) -> float:
        """Mean squared error of quantizing n numbers."""
        return self._measure(lib.neural_quantization_error, "error", ptr, n)

    def snr(self, ptr: Any, n: int) -> float:
        """Signal to noise of that in dB; 999.0 when the error is below 1e-30."""
        return self._measure(lib.neural_quantization_snr, "snr", ptr, n)

    def __repr__(self) -> str:
        kind = "symmetric" if self.symmetric else "affine"
        state = "uncalibrated" if self.params is None else repr(self.params)
        return "Quantizer(%s, %s)" % (kind, state)


def quantized_matmul(
    a_i8: Any,
    b_i8: Any,
    m: int,
    k: int,
    n: int,
    params_a: QuantParams,
    params_b: QuantParams,
) -> Any:
    """The product of a [m, k] and b [k, n] of int8 as a ctypes array of m * n doubles."""
    m, k, n = int64(m, "m"), int64(k, "k"), int64(n, "n")
    a, _, _ = numbers_in(a_i8, m * k, "a_i8", SIGNED_BYTES)
    b, _, _ = numbers_in(b_i8, k * n, "b_i8", SIGNED_BYTES)
    grid_a, grid_b, out = params_a._c(), params_b._c(), (c_double * (m * n))()
    status = lib.neural_quantized_matmul(
        a, b, m, k, n, byref(grid_a), byref(grid_b), out, dtypes.float64
    )
    check(status)
    return out
