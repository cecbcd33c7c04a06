"""Training: loops with history and early stopping, and whole runs of a config in C.

`Trainer(model, optimizer, loss_fn).fit(train)` takes a DataLoader or, as the original's, a function
that trains an epoch and returns its loss. `ConfigTrainer(config).fit()` runs every epoch in C.
"""

import math
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from ctypes import Structure, byref, c_int, c_int64, c_void_p, cast
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, Iterator, List, Optional

from . import _signatures
from ._handle import address_of
from ._library import check, fail, lib, quick, real
from .autograd import no_grad
from .config import Config
from .model import Model
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
        return any(x != x for x in t.detach().flatten().tolist())

    def has_inf(self, t: Tensor) -> bool:
        """Whether an element is infinite."""
        address_of(t, "tensor")
        return any(math.isinf(x) for x in t.detach().flatten().tolist())

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


@dataclass
class TrainingHistory:
    """What each epoch came to."""

    train_loss: List[float] = field(default_factory=list)
    val_loss: List[float] = field(default_factory=list)
    train_acc: List[float] = field(default_factory=list)
    val_acc: List[float] = field(default_factory=list)
    learning_rates: List[float] = field(default_factory=list)
    grad_norms: List[float] = field(default_factory=list)
    epoch_times: List[float] = field(default_factory=list)
    extra: Dict[str, Any] = field(default_factory=dict)

    def last(self, key: str) -> Any:
        """The last value under a name, None when there is none."""
        values = getattr(self, key, None) or self.extra.get(key)
        return values[-1] if values else None


class Trainer:
    """Epochs with clipping, schedule, validation, early stopping and callbacks(epoch, history)."""

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
            norm: Optional[float] = self.optimizer.clip_grad_norm(self.config.grad_clip_norm)
            self._norm = norm
        if self.config.grad_clip_value:
            self.optimizer.clip_grad_value(self.config.grad_clip_value)

    def _train(self, batches: Any) -> float:
        if callable(batches):
            mean = float(batches())
            self._clip()
            return mean
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
        total, count = 0.0, 0
        if isinstance(self.model, Module):
            self.model.eval()
        try:
            with no_grad():
                for x, y in batches:
                    total, count = total + float(self.loss_fn(self.model(x), y)), count + 1
        finally:
            if isinstance(self.model, Module):
                self.model.train()
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
        if self._norm is not None and self.config.enable_grad_norm_logging:
            history.grad_norms.append(self._norm)
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

    def fit(self, train_fn: Any, val_fn: Any = None, verbose: bool = True) -> TrainingHistory:
        """Runs the epochs; train_fn and val_fn are loaders of (x, y), or functions that give a
        loss. Ctrl-C ends it: `interrupted` is True then, and the history what was done."""
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
        return self.history


# --- whole runs in C ---


class _Watched(Structure):
    """neural_train_watched of train/watch.h."""

    _fields_ = [("stop", c_int), ("last", _signatures.neural_epoch_report)]


class _Line:
    """A plain line per epoch, where tqdm is not installed."""

    def __init__(self, total: int) -> None:
        self.total, self.n = total, 0

    def show(self, epoch: int, loss: float) -> None:
        if epoch > self.n:
            self.n = epoch
            print("epoch %d/%d  loss %.4f" % (epoch, self.total, loss), file=sys.stderr)

    def close(self) -> None:
        pass


class _Bar(_Line):
    def __init__(self, total: int, tqdm: Any) -> None:
        super().__init__(total)
        self.bar = tqdm(total=total, unit="epoch")

    def show(self, epoch: int, loss: float) -> None:
        if epoch > self.n:
            self.bar.update(epoch - self.n)
            self.bar.set_postfix(loss="%.4f" % loss)
            self.n = epoch

    def close(self) -> None:
        self.bar.close()


def _progress(total: int) -> _Line:
    try:
        from tqdm import tqdm
    except ImportError:
        return _Line(total)
    return _Bar(total, tqdm)


@contextmanager
def _held_interrupts() -> Iterator[List[int]]:
    """A list that Ctrl-C adds to, instead of raising: what a callback of C raises as it is entered
    would be lost. Only the main thread hears signals; only Python's own handler is replaced."""
    heard: List[int] = []
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield heard
        return
    before = signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        yield heard
    finally:
        signal.signal(signal.SIGINT, before)


_PATHS = ("train_file", "train_label_file", "test_file", "test_label_file")


def _with_paths(config: Any) -> Config:
    """The config, its data files found from the working directory or from the file's own."""
    if not isinstance(config, Config):
        config = Config.load(config)
    if not config.path:
        return config
    found = []
    for key in _PATHS:
        name = config.get_string("data", key, "")
        beside = os.path.join(os.path.dirname(config.path), name)
        if name and not os.path.exists(name) and os.path.exists(beside):
            found.append("data.%s=%s" % (key, beside))
    return Config.load(config.path, config.overrides + found) if found else config


class ConfigTrainer:
    """`neural train` from Python: a Config (or a path) trained by C alone.

    Between epochs nothing of Python runs unless there are callbacks(report) for every batch, which
    cost a microsecond or two each.
    """

    _address: Optional[int] = None

    def __init__(self, config: Any, callbacks: Any = None) -> None:
        self.config = _with_paths(config)
        self.callbacks = list(callbacks or ())
        self.interrupted = False
        self.report: Optional[Any] = None
        check(lib.neural_set_num_threads(self.config.get_int("performance", "num_threads", 0)))
        made = c_void_p()
        none = _signatures.neural_path_resolver()
        check(lib.neural_trainer_create(self.config._address, none, None, byref(made)))
        self._address = made.value

    def __del__(self, destroy: Any = quick.neural_trainer_destroy) -> None:
        if self._address:
            destroy(self._address)

    @property
    def model(self) -> Model:
        """The model, as it is now."""
        return Model._of(lib.neural_trainer_model(self._address), self)

    def save_checkpoint(self, path: Any) -> None:
        """All that a run needs to go on."""
        check(lib.neural_trainer_save_checkpoint(self._address, os.fsencode(path)))

    def load_checkpoint(self, path: Any) -> None:
        """Goes on from there at the next fit()."""
        check(lib.neural_trainer_load_checkpoint(self._address, os.fsencode(path)))

    def _run(self, progress: Any, context: Any, result: Dict[str, Any]) -> None:
        report = _signatures.neural_train_report()
        status = lib.neural_trainer_run(self._address, progress, context, byref(report))
        result["status"], result["report"] = status, report
        if status and status != _signatures.NEURAL_ERR_INTERRUPTED:
            try:
                fail(status)
            except BaseException as error:  # its text belongs to this thread
                result["error"] = error

    def _watched(self, line: Optional[_Line]) -> Dict[str, Any]:
        """Runs in a thread; this one shows how far it is, and hears Ctrl-C."""
        watched = _Watched()
        progress = cast(lib._library.neural_train_watch, _signatures.neural_train_progress)
        result: Dict[str, Any] = {}
        done = threading.Event()  # a join that Ctrl-C interrupts would forget the thread

        def run() -> None:
            try:
                self._run(progress, byref(watched), result)
            finally:
                done.set()

        threading.Thread(target=run, daemon=True).start()
        while not done.is_set():
            try:
                done.wait(0.1)
                if line is not None:
                    whole = watched.last.epoch - (watched.last.batch < watched.last.batches)
                    line.show(whole, watched.last.train_loss)
            except KeyboardInterrupt:
                watched.stop = 1
        return result

    def _called(self) -> Dict[str, Any]:
        """Runs here, with the callbacks."""
        result: Dict[str, Any] = {}
        raised: List[BaseException] = []

        def progress(_: Any, report: Any) -> int:
            try:
                stop = any([callback(report.contents) for callback in self.callbacks])
                return int(stop or bool(interrupts))
            except BaseException as error:
                raised.append(error)
                return 1

        with _held_interrupts() as interrupts:
            self._run(_signatures.neural_train_progress(progress), None, result)
        if raised and not isinstance(raised[0], KeyboardInterrupt):
            raise raised[0]
        return result

    def fit(self, verbose: bool = True, checkpoint: Any = None) -> TrainingHistory:
        """Runs all epochs of the config; the history of the run, earlier processes' included.

        Ctrl-C finishes the step, writes `checkpoint` (a path, None = nowhere) and returns;
        `interrupted` is True then. `report` has the figures that `neural train` prints.
        """
        epochs = self.config.get_int("training", "epochs", 0)
        line = _progress(epochs) if verbose else None
        result = self._called() if self.callbacks else self._watched(line)
        if line is not None:
            if "error" not in result and result["status"] == 0:
                line.show(result["report"].epochs, result["report"].train_loss)
            line.close()
        if "error" in result:
            raise result["error"]
        self.report = result["report"]
        self.interrupted = result["status"] == _signatures.NEURAL_ERR_INTERRUPTED
        if self.interrupted and checkpoint is not None:
            self.save_checkpoint(checkpoint)
        return self._history()

    def _history(self) -> TrainingHistory:
        count = c_int64()
        rows = lib.neural_trainer_history(self._address, byref(count))
        history = TrainingHistory()
        for row in rows[: count.value] if count.value else ():
            history.train_loss.append(row.train_loss)
            history.learning_rates.append(row.learning_rate)
            history.grad_norms.append(row.gradient_norm)
            history.train_acc.append(row.train_metric)
            if row.val_loss == row.val_loss:
                history.val_loss.append(row.val_loss)
                history.val_acc.append(row.val_metric)
        return history


