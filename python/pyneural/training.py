"""Training: loops with history and early stopping, and whole runs of a config in C.

`Trainer(model, optimizer, loss_fn).fit(train)` takes a DataLoader or, as the original's, a function
that trains an epoch and returns its loss. `ConfigTrainer(config).fit()` runs every epoch in C.
"""

import math
import sys
import time
from ctypes import byref, c_int64
from dataclasses import dataclass
from typing import Any, Callable, Iterable, Optional

from ._handle import address_of
from ._library import check, lib, real
from .autograd import no_grad
from .checkpoint import load_run, save_run
from .config_trainer import ConfigTrainer  # noqa: F401  a part of this module's interface
from .history import TrainingHistory
from .module import Module
from .tensor import Tensor


class NaNDetector:
    """Looks for NaN and infinities in tensors and counts what it finds."""

    def __init__(self, raise_on_detect: bool = True) -> None:
        self.raise_on_detect = bool(raise_on_detect)
        self.reset_counts()

    def reset_counts(self) -> None:
        """Forgets what was found."""
        self.nan_count = self.inf_count = 0

    def has_nan(self, t: Tensor) -> bool:
        """Whether an element is NaN."""
        address_of(t, "tensor")
        with no_grad():
            return (t != t).any()

    def has_inf(self, t: Tensor) -> bool:
        """Whether an element is infinite."""
        address_of(t, "tensor")
        with no_grad():
            return (t.abs() == math.inf).any()

    def check(self, t: Tensor, name: str = "tensor") -> bool:
        """True when all is finite; else counts, and raises RuntimeError("NaN detected in ...")."""
        position = c_int64(-1)
        check(lib.neural_tensor_find_nonfinite(address_of(t, name), byref(position)))
        if position.value < 0:
            return True
        is_nan = self.has_nan(t)
        self.nan_count += is_nan
        self.inf_count += not is_nan
        if self.raise_on_detect:
            raise RuntimeError("%s detected in %s" % ("NaN" if is_nan else "Inf", name))
        return False


def grad_l2_norm(t: Tensor) -> float:
    """The square root of the sum of squares."""
    address_of(t, "tensor")
    return math.sqrt(float((t.detach() * t.detach()).sum()))


class EarlyStopping:
    """step(metric) is True once the metric has not improved by min_delta for `patience` steps."""

    def __init__(self, patience: int = 10, min_delta: float = 0.0, mode: str = "min") -> None:
        if mode not in ("min", "max"):
            raise ValueError('EarlyStopping: mode is %r, expected "min" or "max"' % (mode,))
        self.patience, self.min_delta, self.mode = patience, real(min_delta, "min_delta"), mode
        self.best_score: Optional[float] = None
        self.best_epoch = self.counter = 0
        self.should_stop = False

    def step(self, metric: Any, epoch: int = 0) -> bool:
        """Whether to stop, after one more value."""
        value = real(metric, "metric")
        best = self.best_score
        gain = 0.0 if best is None else (best - value if self.mode == "min" else value - best)
        if best is None or gain > self.min_delta:
            self.best_score, self.best_epoch, self.counter = value, epoch, 0
        else:
            self.counter += 1
        self.should_stop = self.counter >= self.patience
        return self.should_stop


@dataclass
class TrainerConfig:
    """How Trainer.fit goes about."""

    epochs: int = 100
    log_interval: int = 1
    enable_nan_detection: bool = True
    enable_grad_norm_logging: bool = True
    grad_clip_norm: Optional[float] = None
    grad_clip_value: Optional[float] = None
    early_stopping_patience: Optional[int] = None
    early_stopping_min_delta: float = 0.0
    early_stopping_mode: str = "min"


class Trainer:
    """Epochs with clipping, schedule, validation, early stopping and callbacks(epoch, history).

    Loops in Python over any model; `ConfigTrainer` runs whole epochs in C. The model is in training
    mode while it trains, in evaluation mode while it is validated, and as it was afterwards.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Any = None,
        loss_fn: Any = None,
        config: Optional[TrainerConfig] = None,
        scheduler: Any = None,
        callbacks: Optional[Iterable[Callable[[int, TrainingHistory], Any]]] = None,
    ) -> None:
        self.model, self.optimizer, self.loss_fn = model, optimizer, loss_fn
        self.config = config or TrainerConfig()
        self.scheduler, self.callbacks = scheduler, list(callbacks or ())
        self.history = TrainingHistory()
        self.interrupted = False

    def _clip(self) -> None:
        if not getattr(self.optimizer, "_ptr", None):
            return
        if self.config.grad_clip_norm:
            self._norm = self.optimizer.clip_grad_norm(self.config.grad_clip_norm)
        if self.config.grad_clip_value:
            self.optimizer.clip_grad_value(self.config.grad_clip_value)

    def _log_norm(self) -> None:
        """The norm of the epoch's last gradients, before they were clipped."""
        if not self.config.enable_grad_norm_logging or not getattr(self.optimizer, "_ptr", None):
            return
        if self._norm is None:
            self._norm = self.optimizer.clip_grad_norm(sys.float_info.max)
        self.history.grad_norms.append(self._norm)

    def _set_mode(self, training: bool) -> None:
        if isinstance(self.model, Module) and self.model.training != training:
            self.model.train(training)

    def _train(self, batches: Any) -> float:
        if callable(batches):
            mean = float(batches())
            self._clip()
            return mean
        self._set_mode(True)
        total, count = 0.0, 0
        for x, y in batches:
            self.optimizer.zero_grad()
            loss = self.loss_fn(self.model(x), y)
            loss.backward()
            self._clip()
            self.optimizer.step()
            value = float(loss)
            if self.config.enable_nan_detection and not math.isfinite(value):
                raise RuntimeError("NaN detected in loss" if value != value else "Inf in loss")
            total, count = total + value, count + 1
        return total / max(count, 1)

    def _validate(self, batches: Any) -> float:
        if callable(batches):
            return float(batches())
        self._set_mode(False)
        total, count = 0.0, 0
        with no_grad():
            for x, y in batches:
                total, count = total + float(self.loss_fn(self.model(x), y)), count + 1
        return total / max(count, 1)

    def _schedule(self, metric: float) -> Optional[float]:
        if self.scheduler is None:
            rate = getattr(self.optimizer, "lr", None)
        elif hasattr(self.scheduler, "patience"):
            rate = self.scheduler.step(metric)
        else:
            rate = self.scheduler.step()
        if rate is not None and self.scheduler is not None and hasattr(self.optimizer, "lr"):
            self.optimizer.lr = rate
        return rate

    def _epoch(self, train: Any, validate: Any) -> None:
        history, start = self.history, time.perf_counter()
        self._norm = None
        loss = self._train(train)
        history.train_loss.append(loss)
        rate = self._schedule(loss)
        if rate is not None:
            history.learning_rates.append(rate)
        self._log_norm()
        if validate is not None:
            history.val_loss.append(self._validate(validate))
        history.epoch_times.append(time.perf_counter() - start)

    def _line(self, epoch: int) -> str:
        history = self.history
        parts = ["Epoch %4d" % epoch, "train_loss=%.6f" % history.train_loss[-1]]
        if history.val_loss:
            parts.append("val_loss=%.6f" % history.val_loss[-1])
        if history.learning_rates:
            parts.append("lr=%.6g" % history.learning_rates[-1])
        return " | ".join(parts + ["%.2fs" % history.epoch_times[-1]])

    def fit(
        self,
        train_fn: Any,
        val_fn: Any = None,
        verbose: bool = True,
        checkpoint: Any = None,
    ) -> TrainingHistory:
        """Runs the epochs; train_fn and val_fn are loaders of (x, y), or functions that give a
        loss.

        Ctrl-C ends it: `interrupted` is True then, the history is what was done, and `checkpoint`
        (a path, None = nowhere) has the state for load_checkpoint.
        """
        mode = getattr(self.model, "training", None)
        try:
            self._fit(train_fn, val_fn, verbose)
        finally:
            if mode is not None:
                self._set_mode(mode)
        if self.interrupted and checkpoint is not None:
            self.save_checkpoint(checkpoint)
        return self.history

    def save_checkpoint(self, path: Any) -> None:
        """Writes the model, the optimizer's state and the epochs that are done, whole or not at
        all."""
        save_run(path, self.model, self.optimizer, len(self.history.epoch_times))

    def load_checkpoint(self, path: Any) -> int:
        """Reads them into this trainer's model and optimizer; the number of epochs done."""
        return load_run(path, self.model, self.optimizer)

    def _fit(self, train_fn: Any, val_fn: Any, verbose: bool) -> None:
        config = self.config
        stopping = None
        if config.early_stopping_patience is not None:
            rules = config.early_stopping_min_delta, config.early_stopping_mode
            stopping = EarlyStopping(config.early_stopping_patience, *rules)
        self.interrupted = False
        try:
            for epoch in range(config.epochs):
                self._epoch(train_fn, val_fn)
                if verbose and epoch % max(config.log_interval, 1) == 0:
                    print(self._line(epoch))
                for callback in self.callbacks:
                    callback(epoch, self.history)
                losses = self.history.val_loss or self.history.train_loss
                if stopping is not None and stopping.step(losses[-1], epoch):
                    break
        except KeyboardInterrupt:
            self.interrupted = True
            if verbose:
                print("interrupted after %d epochs" % len(self.history.epoch_times))
