"""Learning rates over time. Each counts its own epochs and holds its rate.

The first argument is the initial rate, as the original's, or an optimizer, whose rate is taken and
set at every step, as PyTorch's.
"""

import math
from typing import Any, Callable, Dict, List, Optional, Sequence

from ._library import int64, real


class _LRScheduler:
    """step() goes to the next epoch, from -1, and returns its rate; get_lr(epoch) tells any."""

    def __init__(self, initial_lr: Any) -> None:
        self.optimizer = initial_lr if hasattr(initial_lr, "step") else None
        base = initial_lr.lr if self.optimizer is not None else initial_lr
        self.initial_lr = real(base, "initial_lr")
        self.last_epoch = -1 if self.optimizer is None else 0
        self.current_lr = self.initial_lr
        if self.optimizer is not None:
            self._set(self.get_lr(0))

    def get_lr(self, epoch: int) -> float:
        """The rate of an epoch, from 0."""
        raise NotImplementedError("%s has no get_lr" % type(self).__name__)

    def get_last_lr(self) -> List[float]:
        """The rate now, in a list as PyTorch has it."""
        return [self.current_lr]

    def _set(self, lr: float) -> float:
        self.current_lr = lr
        if self.optimizer is not None:
            self.optimizer.lr = lr
        return lr

    def step(self, epoch: Optional[int] = None) -> float:
        """The next epoch, or the given one; returns its rate."""
        self.last_epoch = self.last_epoch + 1 if epoch is None else int64(epoch, "epoch")
        return self._set(self.get_lr(self.last_epoch))

    def state_dict(self) -> Dict[str, Any]:
        """All that changes."""
        return {k: v for k, v in self.__dict__.items() if isinstance(v, (int, float, type(None)))}

    def load_state_dict(self, state: Dict[str, Any]) -> None:
        """Takes such a state over."""
        self.__dict__.update({k: v for k, v in state.items() if k != "optimizer"})

    def __repr__(self) -> str:
        return "%s(initial_lr=%s)" % (type(self).__name__, self.initial_lr)


class StepLR(_LRScheduler):
    """initial_lr gamma^floor(epoch / step_size)."""

    def __init__(self, initial_lr: Any, step_size: int, gamma: float = 0.1) -> None:
        self.step_size, self.gamma = int64(step_size, "step_size"), real(gamma, "gamma")
        if self.step_size < 1:
            raise ValueError("StepLR: step_size is %d, expected at least 1" % self.step_size)
        super().__init__(initial_lr)

    def get_lr(self, epoch: int) -> float:
        return self.initial_lr * self.gamma ** (max(epoch, 0) // self.step_size)


class MultiStepLR(_LRScheduler):
    """initial_lr gamma^(milestones reached)."""

    def __init__(self, initial_lr: Any, milestones: Sequence[int], gamma: float = 0.1) -> None:
        self.milestones, self.gamma = sorted(milestones), real(gamma, "gamma")
        super().__init__(initial_lr)

    def get_lr(self, epoch: int) -> float:
        return self.initial_lr * self.gamma ** sum(m <= epoch for m in self.milestones)


class ExponentialLR(_LRScheduler):
    """initial_lr gamma^epoch."""

    def __init__(self, initial_lr: Any, gamma: float = 0.99) -> None:
        self.gamma = real(gamma, "gamma")
        super().__init__(initial_lr)

    def get_lr(self, epoch: int) -> float:
        return self.initial_lr * self.gamma ** max(epoch, 0)


class CosineAnnealingLR(_LRScheduler):
    """eta_min + (initial_lr - eta_min) (1 + cos(pi epoch / T_max)) / 2."""

    def __init__(self, initial_lr: Any, T_max: int, eta_min: float = 0.0) -> None:
        self.T_max, self.eta_min = int64(T_max, "T_max"), real(eta_min, "eta_min")
        super().__init__(initial_lr)

    def get_lr(self, epoch: int) -> float:
        if self.T_max <= 0:
            return 0.0
        cosine = math.cos(math.pi * max(epoch, 0) / self.T_max)
        return self.eta_min + (self.initial_lr - self.eta_min) * (1 + cosine) / 2


class LambdaLR(_LRScheduler):
    """initial_lr times what a function gives for the epoch."""

    def __init__(self, initial_lr: Any, lr_lambda: Callable[[int], float]) -> None:
        self.lr_lambda = lr_lambda
        super().__init__(initial_lr)

    def get_lr(self, epoch: int) -> float:
        return self.initial_lr * self.lr_lambda(max(epoch, 0))


class WarmupLR(_LRScheduler):
    """Linear from warmup_start_lr to initial_lr in warmup_epochs, then after_scheduler's rates."""

    def __init__(
        self,
        initial_lr: Any,
        warmup_epochs: int,
        warmup_start_lr: float = 0.0,
        after_scheduler: Optional[_LRScheduler] = None,
    ) -> None:
        self.warmup_epochs = int64(warmup_epochs, "warmup_epochs")
        self.warmup_start_lr = real(warmup_start_lr, "warmup_start_lr")
        self.after_scheduler = after_scheduler
        super().__init__(initial_lr)

    def get_lr(self, epoch: int) -> float:
        if epoch < self.warmup_epochs:
            part = max(epoch, 0) / max(self.warmup_epochs - 1, 1)
            return self.warmup_start_lr + (self.initial_lr - self.warmup_start_lr) * part
        if self.after_scheduler is not None:
            return self.after_scheduler.get_lr(epoch - self.warmup_epochs)
        return self.initial_lr


class ReduceLROnPlateau(_LRScheduler):
    """step(metric) multiplies the rate by factor after more than `patience` steps without an
    improvement by more than threshold (absolute)."""

    def __init__(
        self,
        initial_lr: Any,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        min_lr: float = 0.0,
        cooldown: int = 0,
    ) -> None:
        if mode not in ("min", "max"):
            raise ValueError('ReduceLROnPlateau: mode is %r, expected "min" or "max"' % (mode,))
        self.mode, self.factor, self.patience = mode, real(factor, "factor"), patience
        self.threshold, self.min_lr = real(threshold, "threshold"), real(min_lr, "min_lr")
        self.cooldown = cooldown
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = self.cooldown_counter = 0
        super().__init__(initial_lr)

    def get_lr(self, epoch: int) -> float:
        return getattr(self, "current_lr", self.initial_lr)

    def _is_better(self, metric: float) -> bool:
        gain = self.best - metric if self.mode == "min" else metric - self.best
        return gain > self.threshold

    def step(self, metric: Any = None) -> float:  # type: ignore[override]
        """The rate after one more value of the metric."""
        value = real(metric, "metric")
        self.last_epoch += 1
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self.num_bad_epochs, self.cooldown_counter = 0, self.cooldown
            return self._set(max(self.current_lr * self.factor, self.min_lr))
        return self.current_lr


class OneCycleLR(_LRScheduler):
    """Linear up from max_lr / div_factor to max_lr, then along a cosine down to the first rate over
    final_div_factor; per step, not per epoch."""

    def __init__(
        self,
        max_lr: Any,
        total_steps: Any,
        pct_start: float = 0.3,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        **torch_form: Any,
    ) -> None:
        optimizer = None
        if hasattr(max_lr, "step"):  # (optimizer, max_lr, total_steps=...)
            optimizer, max_lr = max_lr, total_steps
            total_steps = torch_form.pop("total_steps", None)
        if torch_form:
            raise TypeError("OneCycleLR: unknown arguments %s" % sorted(torch_form))
        self.max_lr, self.total_steps = real(max_lr, "max_lr"), int64(total_steps, "total_steps")
        self.pct_start = real(pct_start, "pct_start")
        if self.total_steps < 1 or not 0 <= self.pct_start <= 1:
            raise ValueError(
                "OneCycleLR: total_steps is %d, pct_start %s; expected at least 1, and 0 to 1"
                % (self.total_steps, pct_start)
            )
        first = self.max_lr / real(div_factor, "div_factor")
        self.final_lr = first / real(final_div_factor, "final_div_factor")
        self._warmup_steps = int(self.total_steps * self.pct_start)
        self._decay_steps = self.total_steps - self._warmup_steps
        super().__init__(first)
        self.last_epoch = 0
        self.optimizer = optimizer
        self._set(self.get_lr(0))

    def get_lr(self, epoch: int) -> float:
        step = max(epoch, 0)
        if step >= self.total_steps:
            return self.final_lr
        if step < self._warmup_steps:
            return self.initial_lr + (self.max_lr - self.initial_lr) * step / self._warmup_steps
        part = (step - self._warmup_steps) / max(self._decay_steps, 1)
        half = (1 + math.cos(math.pi * part)) / 2
        return self.final_lr + (self.max_lr - self.final_lr) * half

    def step(self, epoch: Optional[int] = None) -> float:
        """The rate of the step that is due, which is then counted."""
        if epoch is not None:
            self.last_epoch = int64(epoch, "epoch")
        lr = self._set(self.get_lr(self.last_epoch))
        self.last_epoch += 1
        return lr

    def __repr__(self) -> str:
        return "OneCycleLR(max_lr=%s, total_steps=%d)" % (self.max_lr, self.total_steps)


class LRFinder:
    """Rates that grow by one factor from start_lr to end_lr, the losses at them, a suggestion."""

    def __init__(
        self,
        start_lr: float = 1e-7,
        end_lr: float = 10.0,
        num_steps: int = 100,
        smooth_factor: float = 0.05,
        diverge_threshold: float = 4.0,
    ) -> None:
        if not 0 < start_lr < end_lr or num_steps < 2:
            raise ValueError(
                "LRFinder: rates %s to %s in %s steps; expected 0 < start_lr < end_lr, at least 2"
                % (start_lr, end_lr, num_steps)
            )
        self.start_lr, self.end_lr, self.num_steps = start_lr, end_lr, num_steps
        self.smooth_factor, self.diverge_threshold = smooth_factor, diverge_threshold
        self.lrs: List[float] = []
        self.losses: List[float] = []
        self.smoothed_losses: List[float] = []
        self._average, self._weight = 0.0, 1.0

    def get_lr(self, i: int) -> float:
        """The rate of step i."""
        return self.start_lr * (self.end_lr / self.start_lr) ** (i / (self.num_steps - 1))

    def record(self, i: int, loss: Any) -> bool:
        """Notes the loss of step i; True when the smoothed loss has run away."""
        value, keep = real(loss, "loss"), 1 - self.smooth_factor
        self._average = keep * self._average + self.smooth_factor * value
        self._weight *= keep
        smoothed = self._average / (1 - self._weight)
        best = min(self.smoothed_losses, default=smoothed)
        self.lrs.append(self.get_lr(i))
        self.losses.append(value)
        self.smoothed_losses.append(smoothed)
        return i > 0 and not smoothed <= self.diverge_threshold * best

    def suggestion(self) -> float:
        """The rate where the smoothed loss falls fastest, else where it is smallest."""
        if len(self.lrs) < 3:
            raise RuntimeError("LRFinder: %d losses recorded, expected 3 or more" % len(self.lrs))
        pairs = list(zip(self.lrs, self.smoothed_losses))
        falls = [(b[1] - a[1], a[0]) for a, b in zip(pairs, pairs[1:])]
        steepest = min(falls)
        return steepest[1] if steepest[0] < 0 else min(pairs, key=lambda pair: pair[1])[0]

    @property
    def results(self) -> Dict[str, List[float]]:
        """Copies of the three lists."""
        names = ("lrs", "losses", "smoothed_losses")
        return {name: list(getattr(self, name)) for name in names}

    def plot(self, ax: Any = None) -> Any:
        """Draws smoothed losses over rates with matplotlib; returns the axes."""
        if ax is None:
            import matplotlib.pyplot as pyplot

            ax = pyplot.subplots()[1]
        ax.semilogx(self.lrs, self.smoothed_losses)
        ax.set_xlabel("learning rate")
        ax.set_ylabel("loss")
        return ax

    def __repr__(self) -> str:
        numbers = self.start_lr, self.end_lr, self.num_steps, len(self.lrs)
        return "LRFinder(start_lr=%s, end_lr=%s, num_steps=%d, recorded=%d)" % numbers
