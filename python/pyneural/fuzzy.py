"""Fuzzy logic: memberships, connectives, defuzzifiers, and Mamdani systems with named terms."""

from ctypes import byref, c_double, c_int64, c_void_p
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ._library import check, int64, int64_array, lib, quick, real
from .errors import NeuralException

_METHODS = ("centroid", "bisector", "mom")
_SHAPES = ("triangular", "trapezoidal", "gaussian")


def triangular(x: float, a: float, b: float, c: float) -> float:
    """1 at b, 0 outside a ... c, straight between; a vertical shoulder belongs to the term."""
    return lib.neural_fuzzy_triangular(x, a, b, c)


def trapezoidal(x: float, a: float, b: float, c: float, d: float) -> float:
    """1 from b to c, 0 outside a ... d, straight between."""
    return lib.neural_fuzzy_trapezoidal(x, a, b, c, d)


def gaussian(x: float, mean: float, sigma: float) -> float:
    """exp(-((x - mean) / sigma)^2 / 2); 0 for sigma <= 0."""
    return lib.neural_fuzzy_gaussian(x, mean, sigma)


def fuzzy_and(a: float, b: float) -> float:
    """The smaller."""
    return lib.neural_fuzzy_and(a, b)


def fuzzy_or(a: float, b: float) -> float:
    """The larger."""
    return lib.neural_fuzzy_or(a, b)


def fuzzy_not(a: float) -> float:
    """1 - a."""
    return lib.neural_fuzzy_not(a)


def _defuzzified(function: Callable[..., float], values: Any, memberships: Any) -> float:
    x, y = [real(v, "value") for v in values], [real(m, "membership") for m in memberships]
    if len(x) != len(y):
        raise ValueError("%d values, %d memberships" % (len(x), len(y)))
    return function((c_double * len(x))(*x), (c_double * len(y))(*y), len(x))


def defuzz_centroid(values: Sequence[float], memberships: Sequence[float]) -> float:
    """Mean of the values, weighted with their memberships."""
    return _defuzzified(lib.neural_fuzzy_centroid, values, memberships)


def defuzz_bisector(values: Sequence[float], memberships: Sequence[float]) -> float:
    """The first value up to which half of the memberships are reached."""
    return _defuzzified(lib.neural_fuzzy_bisector, values, memberships)


def defuzz_mom(values: Sequence[float], memberships: Sequence[float]) -> float:
    """Mean of the values of the largest membership."""
    return _defuzzified(lib.neural_fuzzy_mean_of_maximum, values, memberships)


class FuzzySystem:
    """A Mamdani system of n_inputs and one output: min of the conditions, clipped terms, their
    maximum over `resolution` samples of the output's range, defuzzified."""

    _address: Optional[int] = None

    def __init__(
        self,
        n_inputs: int,
        output_range: Tuple[float, float] = (0.0, 1.0),
        resolution: int = 200,
        defuzz_method: str = "centroid",
    ) -> None:
        if defuzz_method not in _METHODS:
            raise ValueError(
                "defuzz_method is %r, expected one of %s" % (defuzz_method, ", ".join(_METHODS))
            )
        inputs, samples = int64(n_inputs, "n_inputs"), int64(resolution, "resolution")
        made, self.defuzz_method = c_void_p(), defuzz_method
        method = _METHODS.index(defuzz_method)
        check(lib.neural_mamdani_create(inputs, samples, method, byref(made)))
        self._address = made.value
        low, high = (real(end, "output_range") for end in output_range)
        check(lib.neural_mamdani_set_output_range(self._address, low, high))
        self.input_term_names: List[Dict[str, int]] = [{} for _ in range(inputs)]
        self.output_term_names: Dict[str, int] = {}

    def __del__(self, destroy: Any = quick.neural_mamdani_destroy) -> None:
        if self._address:
            destroy(self._address)

    @property
    def n_inputs(self) -> int:
        """How many inputs."""
        return lib.neural_mamdani_inputs(self._address)

    @property
    def n_rules(self) -> int:
        """How many rules."""
        return lib.neural_mamdani_rules(self._address)

    def set_input_range(self, i: int, lo: float, hi: float) -> None:
        """The range of an input; it does not limit values."""
        ends = real(lo, "lo"), real(hi, "hi")
        check(lib.neural_mamdani_set_input_range(self._address, int64(i, "input"), *ends))

    def add_input_mf(
        self, i: int, name: str, type: str, *params: float, range: Any = None
    ) -> int:
        """A term of input i, type triangular, trapezoidal or gaussian; returns its index."""
        if range is not None:
            self.set_input_range(i, *range)
        at, index = int64(i, "input"), c_int64()
        term = _shape(type), _params(params), byref(index)
        _engine(lib.neural_mamdani_add_input_term(self._address, at, *term))
        self.input_term_names[at][name] = index.value
        return index.value

    def add_output_mf(self, name: str, type: str, *params: float) -> int:
        """A term of the output; returns its index."""
        index = c_int64()
        term = _shape(type), _params(params), byref(index)
        _engine(lib.neural_mamdani_add_output_term(self._address, *term))
        self.output_term_names[name] = index.value
        return index.value

    def add_rule(
        self, antecedents: Sequence[Tuple[int, str]], consequent: str, weight: float = 1.0
    ) -> None:
        """If every (input, term) holds, the output is `consequent`.

        Raises:
            ValueError: no conditions, or an input that there is not.
            KeyError: a term that there is not.
        """
        pairs = list(antecedents)
        if not pairs or any(not 0 <= i < self.n_inputs for i, _ in pairs):
            raise ValueError("add_rule: conditions %s, inputs 0 to %d" % (pairs, self.n_inputs - 1))
        inputs = [i for i, _ in pairs]
        terms = [self.input_term_names[i][term] for i, term in pairs]
        out = self.output_term_names[consequent]
        arrays = int64_array(inputs, "input"), int64_array(terms, "term")
        numbers = len(pairs), out, real(weight, "weight")
        _engine(lib.neural_mamdani_add_rule(self._address, *arrays, *numbers))

    def evaluate(self, inputs: Sequence[float]) -> float:
        """The output for one row of inputs; 0 when no rule fires."""
        row = [real(value, "input") for value in inputs]
        if len(row) != self.n_inputs:
            raise ValueError("%d inputs, the system has %d" % (len(row), self.n_inputs))
        if self.n_rules == 0:
            raise RuntimeError("FuzzySystem.evaluate: there are no rules")
        out = c_double()
        values = (c_double * len(row))(*row)
        check(lib.neural_mamdani_evaluate(self._address, values, len(row), byref(out)))
        return out.value

    def __repr__(self) -> str:
        facts = self.n_inputs, self.n_rules, self.defuzz_method
        return "FuzzySystem(n_inputs=%d, n_rules=%d, defuzz=%r)" % facts


def _engine(status: int) -> None:
    """The original's RuntimeError for what the engine refuses."""
    try:
        check(status)
    except NeuralException as error:
        raise RuntimeError(str(error)) from error


def _shape(word: str) -> int:
    if word not in _SHAPES:
        raise ValueError("type is %r, expected one of %s" % (word, ", ".join(_SHAPES)))
    return _SHAPES.index(word)


def _params(params: Sequence[float]) -> Any:
    if len(params) > 4:
        raise ValueError("%d parameters, expected at most 4" % len(params))
    return (c_double * 4)(*(real(value, "parameter") for value in params))
