"""Fuzzy systems in the FuzzyLite Language: read, evaluated in batches, checked, drawn."""

import os
from ctypes import byref, c_double, c_void_p, create_string_buffer
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

from . import _signatures, dtypes
from ._buffers import doubles_of
from ._library import check, int64, lib, quick, real
from .tensor import Tensor, tensor, zeros


class Finding(NamedTuple):
    """What FuzzyEngine.check() found: the kind of flaw, a sentence, the variable it is about."""

    flaw: str
    text: str
    variable: Optional[str]


class FuzzyEngine:
    """A fuzzy system of any kind (Mamdani, Larsen, Takagi-Sugeno, Tsukamoto, hybrid).

    Made by load() or parse(). Not for two threads at once.
    """

    _address: Optional[int] = None

    def __init__(self) -> None:
        raise TypeError("FuzzyEngine.load(path) and FuzzyEngine.parse(text) make one")

    @classmethod
    def _of(cls, ptr: Optional[int]) -> "FuzzyEngine":
        """The system at an address, which becomes this object's."""
        made = object.__new__(cls)
        made._address = ptr
        return made

    def __del__(self, destroy: Any = quick.neural_fuzzy_system_destroy) -> None:
        if getattr(self, "_address", None):
            destroy(self._address)

    @classmethod
    def load(cls, path: Any) -> "FuzzyEngine":
        """The system of an FLL file. Raises: a ParseError "path:7:12: expected ..., found ..."."""
        made = c_void_p()
        check(lib.neural_fuzzy_fll_load(os.fsencode(os.fspath(path)), byref(made)))
        return cls._of(made.value)

    @classmethod
    def parse(cls, text: str, name: str = "fll") -> "FuzzyEngine":
        """The system of a text; errors call it `name`."""
        data, made = text.encode(), c_void_p()
        check(lib.neural_fuzzy_fll_parse(name.encode(), data, len(data), byref(made)))
        return cls._of(made.value)

    # --- as text ---

    def text(self) -> str:
        """The system in FLL; reading that gives the same text again."""
        size = lib.neural_fuzzy_fll_text(self._address, None, 0)
        out = create_string_buffer(size + 1)
        lib.neural_fuzzy_fll_text(self._address, out, size + 1)
        return out.value.decode()

    def save(self, path: Any) -> None:
        """Writes text() to a file, complete or not at all."""
        check(lib.neural_fuzzy_fll_save(self._address, os.fsencode(os.fspath(path))))

    # --- what is in it ---

    @property
    def inputs(self) -> List[str]:
        """Names of the inputs, in the order of evaluate()."""
        count = lib.neural_fuzzy_system_inputs(self._address)
        variable = lib.neural_fuzzy_system_input
        return [variable(self._address, i).contents.name.decode() for i in range(count)]

    @property
    def outputs(self) -> List[str]:
        """Names of the outputs."""
        count = lib.neural_fuzzy_system_outputs(self._address)
        variable = lib.neural_fuzzy_system_output
        return [variable(self._address, i).contents.name.decode() for i in range(count)]

    @property
    def n_rules(self) -> int:
        """Rules of all blocks."""
        return lib.neural_fuzzy_system_rules(self._address)

    def _input(self, name: str) -> int:
        names = self.inputs
        if name not in names:
            raise ValueError("the system has no input %r, expected one of %s" % (name, names))
        return names.index(name)

    # --- evaluation ---

    def _rows(self, rows: Any) -> Tuple[Tensor, bool]:
        if isinstance(rows, dict):
            unknown = sorted(set(rows) - set(self.inputs))
            if unknown or len(rows) < len(self.inputs):
                raise ValueError("inputs are %s, expected %s" % (sorted(rows), self.inputs))
            rows = [rows[name] for name in self.inputs]
        x = tensor(rows, dtype=dtypes.float64).contiguous()
        is_one = x.ndim == 1
        if x.ndim not in (1, 2) or x.shape[-1] != len(self.inputs):
            raise ValueError(
                "rows have the shape %s, expected (%d,) or (*, %d)"
                % (tuple(x.shape), len(self.inputs), len(self.inputs))
            )
        return x, is_one

    def evaluate(self, rows: Any) -> Any:
        """Outputs of one row of inputs or of many.

        Args:
            rows: [inputs] or [rows, inputs], as lists, NumPy array or Tensor; or {name: value}.

        Returns:
            [outputs] or [rows, outputs]: lists, or a NumPy array or a Tensor where rows is one.
        """
        x, is_one = self._rows(rows)
        count = 1 if is_one else x.shape[0]
        out = zeros(count, len(self.outputs), dtype=dtypes.float64)
        given, found = doubles_of(x), doubles_of(out)
        check(lib.neural_fuzzy_system_evaluate(self._address, given, count, found))
        out = out[0] if is_one else out
        if isinstance(rows, Tensor):
            return out
        return out.numpy() if hasattr(rows, "__array_interface__") else out.tolist()

    def reset(self) -> None:
        """Forgets the values of outputs that keep their previous one."""
        lib.neural_fuzzy_system_reset(self._address)

    # --- surfaces ---

    def surface(
        self,
        x: str,
        y: Optional[str] = None,
        resolution: int = 41,
        fixed: Optional[Dict[str, float]] = None,
    ) -> Tuple[List[float], List[float], Tensor]:
        """Outputs over a grid of one input or two.

        Args:
            x, y: names of the inputs that vary over their ranges; without y a curve.
            resolution: values of each, both ends included.
            fixed: where other inputs stand, else in the middle of their ranges.

        Returns:
            Values of x, values of y ([] without), Tensor [y, x, outputs] of f64 (without y 1).
        """
        n = int64(resolution, "resolution")
        if n < 1:
            raise ValueError("resolution is %d, expected at least 1" % n)
        count, i = len(self.inputs), self._input(x)
        j = -1 if y is None else self._input(y)
        middle = lib.neural_fuzzy_grid_middle
        stands = (c_double * count)(*[middle(self._address, k) for k in range(count)])
        for name, value in (fixed or {}).items():
            stands[self._input(name)] = real(value, name)
        rows = 1 if y is None else n
        grid = _signatures.neural_fuzzy_grid(x=i, y=j, columns=n, rows=rows, fixed=stands)
        out = zeros(rows, n, len(self.outputs), dtype=dtypes.float64)
        check(lib.neural_fuzzy_surface(self._address, byref(grid), doubles_of(out)))
        at = lib.neural_fuzzy_grid_value
        along_x = [at(self._address, i, k, n) for k in range(n)]
        along_y = [] if y is None else [at(self._address, j, k, n) for k in range(n)]
        return along_x, along_y, out

    def plot(
        self,
        path: Any,
        x: str,
        y: Optional[str] = None,
        output: Optional[str] = None,
        resolution: int = 41,
        fixed: Optional[Dict[str, float]] = None,
    ) -> None:
        """Draws one output over one input or two into a PNG, PDF or SVG file.

        Raises:
            ImportError: matplotlib is not installed.
        """
        figure = _figure()
        names = self.outputs
        which = names[0] if output is None else output
        if which not in names:
            raise ValueError("the system has no output %r, expected one of %s" % (which, names))
        along_x, along_y, values = self.surface(x, y, resolution, fixed)
        drawn = values[:, :, names.index(which)].tolist()
        if y is None:
            axes = figure.add_subplot()
            axes.plot(along_x, drawn[0])
            axes.set_ylabel(which)
        else:
            axes = figure.add_subplot()
            colours = axes.pcolormesh(along_x, along_y, drawn, shading="nearest")
            figure.colorbar(colours, label=which)
            axes.set_ylabel(y)
        axes.set_xlabel(x)
        figure.savefig(os.fspath(path))

    # --- checking ---

    def check(self, samples: int = 0) -> List[Finding]:
        """Gaps, unused terms, rules that never fire; [] where all is well.

        Args:
            samples: points of the inputs to look at; 0: 100,000.
        """
        made = c_void_p()
        check(lib.neural_fuzzy_system_check(self._address, int64(samples, "samples"), byref(made)))
        try:
            report = made.value
            return [
                _finding(lib.neural_fuzzy_report_finding(report, i).contents)
                for i in range(lib.neural_fuzzy_report_findings(report))
            ]
        finally:
            lib.neural_fuzzy_report_destroy(made.value)

    def __repr__(self) -> str:
        return "FuzzyEngine(inputs=%s, outputs=%s, rules=%d)" % (
            self.inputs,
            self.outputs,
            self.n_rules,
        )


def _text(value: Optional[bytes]) -> Optional[str]:
    return None if value is None else value.decode()


def _finding(finding: Any) -> Finding:
    name = lib.neural_fuzzy_flaw_name(finding.flaw).decode()
    return Finding(name, finding.text.decode(), _text(finding.variable))


def _figure() -> Any:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise ImportError("pyneural: plot() needs matplotlib, which is not installed") from None
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    return figure
