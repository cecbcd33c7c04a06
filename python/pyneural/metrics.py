"""How good predictions are."""

from ctypes import byref, c_double, c_void_p
from typing import Any, List, Optional, Sequence, Tuple

from . import _signatures
from ._library import check, int64, lib, quick
from .core import NeuralDtype
from .tensor import Tensor, tensor


def _labels(values: Any) -> List[int]:
    flat = values.flatten().tolist() if isinstance(values, Tensor) else list(values)
    return [int(value) for value in flat]


def _pairs(targets: Any, predictions: Any) -> Tuple[List[int], List[int]]:
    true, guessed = _labels(targets), _labels(predictions)
    if len(true) != len(guessed):
        raise ValueError("%d targets, %d predictions" % (len(true), len(guessed)))
    return true, guessed


class ConfusionMatrix:
    """Rows are true classes, columns predicted ones; what is not defined is 0."""

    _address: Optional[int] = None

    def __init__(self, num_classes: int, class_names: Optional[Sequence[str]] = None) -> None:
        made = c_void_p()
        self.num_classes = int64(num_classes, "num_classes")
        check(lib.neural_confusion_create(self.num_classes, byref(made)))
        self._address = made.value
        names = [str(c) for c in range(self.num_classes)] if class_names is None else class_names
        self.class_names = list(names)
        if len(self.class_names) != self.num_classes:
            raise ValueError(
                "%d class names for %d classes" % (len(self.class_names), self.num_classes)
            )

    def __del__(self, destroy: Any = quick.neural_confusion_destroy) -> None:
        if self._address:
            destroy(self._address)

    def update(self, targets: Any, predictions: Any) -> None:
        """Counts pairs of labels; pairs with one outside the classes are left out."""
        rows = zip(*_pairs(targets, predictions))
        known = [pair for pair in rows if all(0 <= label < self.num_classes for label in pair)]
        if known:
            true, guessed = (tensor(list(part), NeuralDtype.INT64) for part in zip(*known))
            check(lib.neural_confusion_update(self._address, true, guessed))

    def reset(self) -> None:
        """Forgets all pairs."""
        lib.neural_confusion_reset(self._address)

    @property
    def total(self) -> int:
        """Pairs counted."""
        return lib.neural_confusion_total(self._address)

    @property
    def accuracy(self) -> float:
        """Share of the pairs that agree; 0 without any."""
        return lib.neural_confusion_accuracy(self._address) if self.total else 0.0

    @property
    def matrix(self) -> List[List[int]]:
        """The counts."""
        classes = range(self.num_classes)
        return [[lib.neural_confusion_count(self._address, t, p) for p in classes] for t in classes]

    def _class(self, c: int) -> Any:
        scores = _signatures.neural_class_scores()
        check(lib.neural_confusion_class(self._address, int64(c, "class"), byref(scores)))
        return scores

    def _average(self, which: int) -> Any:
        scores = _signatures.neural_class_scores()
        if self.total:
            check(lib.neural_confusion_average(self._address, which, byref(scores)))
        return scores

    def precision(self, c: int) -> float:
        """Hits of class c over what was predicted as c."""
        return self._class(c).precision

    def recall(self, c: int) -> float:
        """Hits of class c over the rows of c."""
        return self._class(c).recall

    def f1_score(self, c: int) -> float:
        """Harmonic mean of the two."""
        return self._class(c).f1

    def support(self, c: int) -> int:
        """Rows of class c."""
        return self._class(c).support

    def _mean(self, name: str) -> float:
        classes = range(self.num_classes)
        return sum(getattr(self._class(c), name) for c in classes) / self.num_classes

    def macro_precision(self) -> float:
        """Mean over all classes."""
        return self._mean("precision")

    def macro_recall(self) -> float:
        """Mean over all classes."""
        return self._mean("recall")

    def macro_f1(self) -> float:
        """Mean over all classes."""
        return self._mean("f1")

    def weighted_precision(self) -> float:
        """Mean weighted with the classes' rows."""
        return self._average(_signatures.NEURAL_AVERAGE_WEIGHTED).precision

    def weighted_recall(self) -> float:
        """Mean weighted with the classes' rows."""
        return self._average(_signatures.NEURAL_AVERAGE_WEIGHTED).recall

    def weighted_f1(self) -> float:
        """Mean weighted with the classes' rows."""
        return self._average(_signatures.NEURAL_AVERAGE_WEIGHTED).f1

    def report(self, digits: int = 4) -> str:
        """A table as scikit-learn's classification_report."""
        width = max([len(name) for name in self.class_names] + [len("weighted avg")])
        line = "%%%ds  %%9.%df  %%9.%df  %%9.%df  %%9d" % (width, digits, digits, digits)
        heads = (width, "", "precision", "recall", "f1-score", "support")
        rows = ["%*s  %9s  %9s  %9s  %9s" % heads]
        for c, name in enumerate(self.class_names):
            s = self._class(c)
            rows.append(line % (name, s.precision, s.recall, s.f1, s.support))
        accuracy = "%*s  %9s  %9s  %9.*f  %9d" % (
            (width, "accuracy", "", "", digits, self.accuracy, self.total)
        )
        macro = self.macro_precision(), self.macro_recall(), self.macro_f1(), self.total
        w = self._average(_signatures.NEURAL_AVERAGE_WEIGHTED)
        rows += ["", accuracy, line % (("macro avg",) + macro)]
        rows.append(line % ("weighted avg", w.precision, w.recall, w.f1, self.total))
        return "\n".join(rows) + "\n"

    def matrix_str(self, normalize: bool = False) -> str:
        """The matrix as text; normalize: each row by its sum."""
        width = max([len(name) for name in self.class_names] + [8])
        lines = ["Confusion Matrix (rows=true, cols=predicted):"]
        names = ["%*s" % (width, name) for name in self.class_names]
        lines.append(" ".join(["%*s" % (width, "")] + names))
        for name, row in zip(self.class_names, self.matrix):
            total = sum(row) or 1
            cells = ["%*.4f" % (width, n / total) if normalize else "%*d" % (width, n) for n in row]
            lines.append(" ".join(["%*s" % (width, name)] + cells))
        return "\n".join(lines)

    def __repr__(self) -> str:
        return "ConfusionMatrix(num_classes=%d, total=%d)" % (self.num_classes, self.total)


def compute_accuracy(targets: Any, preds: Any) -> float:
    """Share of the labels that agree; 0 without any."""
    true, guessed = _pairs(targets, preds)
    return sum(t == p for t, p in zip(true, guessed)) / len(true) if true else 0.0


def _scores(scores: Any) -> Tensor:
    return scores if isinstance(scores, Tensor) else tensor(scores, NeuralDtype.FLOAT64)


def top_k_accuracy(targets: Any, scores: Any, k: int = 5) -> float:
    """Share of the rows whose label is among their k largest scores [B, C]."""
    labels, out = tensor(_labels(targets), NeuralDtype.INT64), c_double()
    if len(labels) == 0:
        return 0.0
    given = _scores(scores)
    check(lib.neural_top_k_accuracy(given, labels, int64(k, "k"), byref(out)))
    return out.value


def roc_auc_score(y_true: Any, y_score: Any) -> float:
    """Area under the ROC curve, labels above 0.5 being positive; 0 with one class only."""
    true = y_true.flatten().tolist() if isinstance(y_true, Tensor) else list(y_true)
    score = y_score.flatten().tolist() if isinstance(y_score, Tensor) else list(y_score)
    if not true or len(true) != len(score):
        raise ValueError("%d labels, %d scores; expected as many, at least 1" % (
            len(true), len(score)))
    positives = sum(label > 0.5 for label in true)
    if positives in (0, len(true)):
        return 0.0
    labels, scores, out = tensor(true, NeuralDtype.FLOAT64), _scores(score), c_double()
    check(lib.neural_roc_auc(scores, labels, byref(out)))
    return out.value
