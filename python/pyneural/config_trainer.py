"""Whole runs of a config in C, as `neural train` runs them."""

import os
import signal
import sys
import threading
from contextlib import contextmanager
from ctypes import Structure, byref, c_int, c_int64, c_void_p, cast
from typing import Any, Dict, Iterator, List, Optional

from . import _signatures
from ._library import check, fail, lib, quick
from .config import Config, overrides_of
from .history import TrainingHistory
from .model import Model


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


def _config_of(config: Any, sections: Dict[str, Any]) -> Config:
    """The config with its overrides; of the sections alone where there is none."""
    if config is None:
        return Config.of(**sections)
    given = overrides_of(sections)
    if not isinstance(config, Config):
        return Config.load(config, given)
    return config.with_overrides(given) if given else config


def _with_paths(config: Config) -> Config:
    """The config, its data files found from the working directory or from the file's own."""
    if not config.path:
        return config
    found = []
    for key in _PATHS:
        name = config.get_string("data", key, "")
        beside = os.path.join(os.path.dirname(config.path), name)
        if name and not os.path.exists(name) and os.path.exists(beside):
            found.append("data.%s=%s" % (key, beside))
    return config.with_overrides(found) if found else config


class ConfigTrainer:
    """`neural train` from Python: a Config (or a path) trained by C alone.

    Sections may be given, or overridden, as keywords with a dict each:

        ConfigTrainer(model={"architecture": "2,8,1"}, data={"train_file": "xor.csv"})
        ConfigTrainer("run.ini", training={"epochs": 5})

    Between epochs nothing of Python runs unless there are callbacks(report) for every batch, which
    cost a microsecond or two each.
    """

    _address: Optional[int] = None

    def __init__(self, config: Any = None, callbacks: Any = None, **sections: Any) -> None:
        self.config = _with_paths(_config_of(config, sections))
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
