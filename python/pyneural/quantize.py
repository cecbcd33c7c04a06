"""8-bit quantization: of numbers (ctypes arrays, NumPy arrays, buffers and Tensors), and of whole
models.

    q = saturate(round_half_even(x / scale) + zero_point)        x = scale * (q - zero_point)
"""

from ctypes import byref, c_double, c_int, c_int8, c_void_p
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import _signatures, dtypes
from ._buffers import FLOATS, SIGNED_BYTES, numbers_in
from ._library import check, int32, int64, lib, real
from .model import Model, Score
from .model_data import data_of

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


# --- whole models ---


class QuantizedLayer(NamedTuple):
    """A Linear, Conv2d or Embedding: its own signal to noise in dB, seconds for up to 64 rows,
    and why it stays in f32 ("" in 8 bits)."""

    name: str
    kind: str
    is_8bit: bool
    snr: float
    f32_seconds: float
    int8_seconds: float
    reason: str


class Quantization(NamedTuple):
    """Scores on the rows to judge by, before and after; the layers; and for 1 and 64 rows the
    seconds of a prediction in f32 and in 8 bits."""

    before: Score
    after: Score
    layers: List[QuantizedLayer]
    seconds: Dict[int, Tuple[float, float]]

    @classmethod
    def _of(cls, report: Any) -> "Quantization":
        layers = [
            QuantizedLayer(
                layer.name.decode(),
                layer.kind.decode(),
                bool(layer.is_8bit),
                layer.snr,
                layer.f32_seconds,
                layer.int8_seconds,
                layer.reason.decode(),
            )
            for layer in report.layers[: report.count]
        ]
        seconds = {speed.rows: (speed.f32_seconds, speed.int8_seconds) for speed in report.speed}
        return cls(Score._of(report.before), Score._of(report.after), layers, seconds)


def quantize_model(
    model: Model,
    calibration: Any,
    judge: Any = None,
    method: str = "minmax",
    samples: int = 1024,
    dynamic: bool = False,
    max_drop: float = 0.003,
    keep_slow: bool = False,
) -> Model:
    """An 8-bit copy of an f32 model; its `quantization` says what that cost and gained.

    Batch norms are folded first. Where the accuracy falls further than allowed, the layer with the
    smallest signal to noise goes back to f32, and so on until it does not.

    Args:
        calibration: raw rows whose values choose the grids: a ModelData, (x, y), a TensorDataset,
            or rows alone.
        judge: rows with targets; None: `calibration`, which then has them.
        method: "minmax", "moving_average", "percentile", "entropy" or "mse".
        samples: rows of calibration that are looked at.
        dynamic: weights alone in 8 bits, inputs as they come.
        max_drop: how far the accuracy may fall (0.003: 0.3 points), or the mean squared error
            rise in parts of itself.
        keep_slow: layers that measure slower in 8 bits stay in 8 bits nevertheless.

    Raises:
        InvalidArgumentError: the model is f64, folded or in 8 bits already; options out of range.
    """
    if not isinstance(model, Model):
        raise TypeError("model is %s, expected a Model" % type(model).__name__)
    kind, options = c_int(), lib.neural_quantize_default()
    check(lib.neural_observer_kind_parse(str(method).encode(), byref(kind)))
    options.calibration, options.samples = kind.value, int64(samples, "samples")
    options.max_drop = real(max_drop, "max_drop")
    options.dynamic, options.keep_slow = bool(dynamic), bool(keep_slow)
    seen = data_of(model, calibration, judge is None, "calibration")
    judges = seen if judge is None else data_of(model, judge, True, "judge")
    report, made = _signatures.neural_quantize_report(), c_void_p()
    inputs = model._address, seen._address, judges._address
    check(lib.neural_quantize_model(*inputs, byref(options), byref(report), byref(made)))
    quantized = Model._of(made.value)
    try:
        quantized.quantization = Quantization._of(report)
    finally:
        lib.neural_quantize_report_clear(byref(report))
    return quantized
