"""Losses as functions of a prediction and a target, as in torch.nn.functional.

reduction: "mean" (0-dim), "sum" (0-dim) or "none" (an element per term, or per row for classes).
Targets of classes are labels [B], int64, int32 or floats holding integers, for logits [B, C].
"""

from typing import TYPE_CHECKING, Optional

from . import _signatures
from ._handle import address_of, call
from ._library import int64, lib, real

if TYPE_CHECKING:
    from .tensor import Tensor

REDUCTIONS = {
    "mean": _signatures.NEURAL_REDUCE_MEAN,
    "sum": _signatures.NEURAL_REDUCE_SUM,
    "batchmean": _signatures.NEURAL_REDUCE_BATCH_MEAN,
    "none": _signatures.NEURAL_REDUCE_NONE,
}


def reduction_of(name: str) -> int:
    """The library's number for a reduction's name."""
    try:
        return REDUCTIONS[name]
    except (KeyError, TypeError):
        raise ValueError(
            "reduction is %r, expected one of %s" % (name, ", ".join(REDUCTIONS))
        ) from None


def _ignored(ignore_index: Optional[int]) -> int:
    return -(2**63) if ignore_index is None else int64(ignore_index, "ignore_index")


def _both(prediction: "Tensor", target: "Tensor") -> tuple:
    return address_of(prediction, "prediction"), address_of(target, "target")


def _weights(weight: Optional["Tensor"]) -> Optional[int]:
    return None if weight is None else address_of(weight, "weight")


def mse_loss(prediction: "Tensor", target: "Tensor", reduction: str = "mean") -> "Tensor":
    """(p - t)^2."""
    return call(lib.neural_mse_loss_with, *_both(prediction, target), reduction_of(reduction))


def l1_loss(prediction: "Tensor", target: "Tensor", reduction: str = "mean") -> "Tensor":
    """|p - t|."""
    return call(lib.neural_l1_loss, *_both(prediction, target), reduction_of(reduction))


def huber_loss(
    prediction: "Tensor", target: "Tensor", reduction: str = "mean", delta: float = 1.0
) -> "Tensor":
    """d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), of d = p - t."""
    inputs = _both(prediction, target)
    return call(lib.neural_huber_loss, *inputs, real(delta, "delta"), reduction_of(reduction))


def smooth_l1_loss(
    prediction: "Tensor", target: "Tensor", reduction: str = "mean", beta: float = 1.0
) -> "Tensor":
    """d^2 / (2 beta) where |d| < beta, else |d| - beta / 2, of d = p - t."""
    inputs = _both(prediction, target)
    return call(lib.neural_smooth_l1_loss, *inputs, real(beta, "beta"), reduction_of(reduction))


def binary_cross_entropy(
    prediction: "Tensor", target: "Tensor", reduction: str = "mean"
) -> "Tensor":
    """-(t log p + (1 - t) log(1 - p)) of probabilities p, logarithms at least -100."""
    return call(lib.neural_bce_loss_with, *_both(prediction, target), reduction_of(reduction))


def binary_cross_entropy_with_logits(
    logits: "Tensor", target: "Tensor", reduction: str = "mean"
) -> "Tensor":
    """The same of p = sigmoid(logits), without overflow."""
    inputs = _both(logits, target)
    return call(lib.neural_bce_with_logits_loss_with, *inputs, reduction_of(reduction))


def kl_div(
    log_prediction: "Tensor",
    target: "Tensor",
    reduction: str = "mean",
    log_target: bool = False,
) -> "Tensor":
    """t (log t - x) of log-probabilities x; "batchmean" is the divergence of rows."""
    inputs = _both(log_prediction, target)
    return call(lib.neural_kl_div_loss, *inputs, bool(log_target), reduction_of(reduction))


def cross_entropy(
    logits: "Tensor",
    target: "Tensor",
    weight: Optional["Tensor"] = None,
    ignore_index: Optional[int] = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> "Tensor":
    """-log softmax(logits)[label], with weights [C] of the classes and label smoothing."""
    inputs = _both(logits, target) + (_weights(weight),)
    smoothing = real(label_smoothing, "label_smoothing")
    options = smoothing, _ignored(ignore_index), reduction_of(reduction)
    return call(lib.neural_cross_entropy_loss_with, *inputs, *options)


def nll_loss(
    log_p: "Tensor",
    target: "Tensor",
    weight: Optional["Tensor"] = None,
    ignore_index: Optional[int] = -100,
    reduction: str = "mean",
) -> "Tensor":
    """-weight[label] log_p[label]."""
    inputs = _both(log_p, target) + (_weights(weight),)
    return call(lib.neural_nll_loss, *inputs, _ignored(ignore_index), reduction_of(reduction))


def focal_loss(
    logits: "Tensor",
    target: "Tensor",
    weight: Optional["Tensor"] = None,
    gamma: float = 2.0,
    reduction: str = "mean",
) -> "Tensor":
    """-weight[label] (1 - p)^gamma log p of p = softmax(logits)[label]; the mean is over rows."""
    inputs = _both(logits, target) + (_weights(weight),)
    return call(lib.neural_focal_loss, *inputs, real(gamma, "gamma"), reduction_of(reduction))
