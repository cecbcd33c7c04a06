"""Losses as modules; pyneural.nn offers them. They give a 0-dim tensor, a float to the hand."""

from typing import Any, Dict, List, Optional

from . import functional as F
from ._addresses import SmoothingAddresses
from ._library import real
from .core import NeuralDtype
from .module import Module
from .tensor import Tensor, tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "FocalLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LabelSmoothingCrossEntropy",
    "MSELoss",
    "NLLLoss",
    "SmoothL1Loss",
]


class _Loss(Module):
    """`options` are passed on to the function of pyneural.functional."""

    _function: Any = None

    def __init__(self, reduction: str = "mean") -> None:
        self._options: Dict[str, Any] = {"reduction": reduction}

    def forward(self, prediction: Tensor, target: Tensor) -> Tensor:
        return type(self)._function(prediction, target, **self._options)


class MSELoss(_Loss):
    """(p - t)^2."""

    _function = staticmethod(F.mse_loss)


class L1Loss(_Loss):
    """|p - t|."""

    _function = staticmethod(F.l1_loss)


class BCELoss(_Loss):
    """Binary cross-entropy of probabilities."""

    _function = staticmethod(F.binary_cross_entropy)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy of logits."""

    _function = staticmethod(F.binary_cross_entropy_with_logits)


class HuberLoss(_Loss):
    """Quadratic up to delta, then linear."""

    _function = staticmethod(F.huber_loss)

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        self._options = {"reduction": reduction, "delta": delta}


class SmoothL1Loss(_Loss):
    """Huber's loss over beta."""

    _function = staticmethod(F.smooth_l1_loss)

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        self._options = {"reduction": reduction, "beta": beta}


class KLDivLoss(_Loss):
    """Divergence of a distribution from log-probabilities."""

    _function = staticmethod(F.kl_div)

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        self._options = {"reduction": reduction, "log_target": log_target}


class CrossEntropyLoss(_Loss):
    """-log softmax(logits)[label] of logits [B, C] and labels [B], whole numbers of any dtype."""

    _function = staticmethod(F.cross_entropy)

    def __init__(
        self,
        weight: Optional[Tensor] = None,
        ignore_index: Optional[int] = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        self._options = {
            "weight": weight,
            "ignore_index": ignore_index,
            "reduction": reduction,
            "label_smoothing": label_smoothing,
        }


class NLLLoss(_Loss):
    """-log_p[label]."""

    _function = staticmethod(F.nll_loss)

    def __init__(
        self,
        weight: Optional[Tensor] = None,
        ignore_index: Optional[int] = -100,
        reduction: str = "mean",
    ) -> None:
        self._options = {"weight": weight, "ignore_index": ignore_index, "reduction": reduction}


class FocalLoss(_Loss):
    """Cross-entropy times (1 - p)^gamma."""

    _function = staticmethod(F.focal_loss)

    def __init__(
        self, weight: Optional[Tensor] = None, gamma: float = 2.0, reduction: str = "mean"
    ) -> None:
        self._options = {"weight": weight, "gamma": gamma, "reduction": reduction}


class LabelSmoothingCrossEntropy(SmoothingAddresses, Module):
    """Cross-entropy against (1 - smoothing) onehot + smoothing / K.

    Takes logits [B, K] and labels as Tensors, or as flat lists and then gives a float.
    """

    def __init__(self, num_classes: int, smoothing: float = 0.1) -> None:
        if num_classes < 1 or not 0 <= real(smoothing, "smoothing") <= 1:
            raise ValueError(
                "LabelSmoothingCrossEntropy: %s classes, smoothing %s; expected at least 1, and 0 "
                "to 1" % (num_classes, smoothing)
            )
        self.num_classes, self.smoothing = num_classes, smoothing

    def forward(self, logits: Any, targets: Any) -> Any:
        if isinstance(logits, Tensor):
            return F.cross_entropy(logits, targets, label_smoothing=self.smoothing)
        rows: List[float] = list(logits)
        given = tensor(rows, NeuralDtype.FLOAT64).reshape(-1, self.num_classes)
        labels = tensor([int(label) for label in targets], NeuralDtype.INT64)
        self._last = given, labels
        return float(self._loss(given, labels))

    def extra_repr(self) -> str:
        return "num_classes=%d, smoothing=%s" % (self.num_classes, self.smoothing)
