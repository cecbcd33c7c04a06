"""Rows to learn from: files, tensors, samplers, and the loader that makes batches of them."""

import os
import queue
import random
import threading
from ctypes import byref, c_void_p
from typing import Any, Iterator, List, Optional, Sequence, Tuple

from . import _signatures
from ._handle import address_of, borrow
from ._library import check, int64, lib, quick
from .core import next_seed, seed_of
from .dtypes import code_of
from .module import numbers_from
from .tensor import Tensor, stack, tensor, zeros


class Dataset:
    """Rows of a CSV file: `Dataset.from_csv(data, labels)`. Subclasses define len and [i]."""

    _x: Optional[Tensor] = None
    _y: Optional[Tensor] = None

    @classmethod
    def from_csv(
        cls,
        data_path: Any,
        labels_path: Any = None,
        n_features: Optional[int] = None,
        dtype: Any = 0,
    ) -> "Dataset":
        """Numbers of data_path, labels of labels_path (zeros without one).

        Raises:
            FileNotFoundError: a file is missing.
            DataError: a cell is no number; the text names file, line and column.
        """
        made = cls()
        made._x = _numbers_of(os.fspath(data_path), code_of(dtype))
        columns = made._x.shape[1]
        if n_features is not None and n_features != columns:
            raise ValueError("%s has %d columns, not %d" % (data_path, columns, n_features))
        rows = len(made._x)
        made._y = zeros((rows,), made._x.dtype)
        if labels_path is not None:
            labels = _numbers_of(os.fspath(labels_path), code_of(dtype)).flatten()
            if len(labels) != rows:
                raise ValueError(
                    "%s has %d rows, %s has %d" % (data_path, rows, labels_path, len(labels))
                )
            made._y = labels
        return made

    @property
    def size(self) -> int:
        """How many rows."""
        return len(self)

    def __len__(self) -> int:
        if self._x is None:
            raise NotImplementedError("%s has no __len__" % type(self).__name__)
        return len(self._x)

    def get_batch(self, batch_idx: int, batch_size: int) -> Tuple[Any, Any]:
        """Rows [batch_idx batch_size, ...) as (x, y), fewer at the end; (None, None) beyond it."""
        first = int64(batch_idx, "batch_idx") * int64(batch_size, "batch_size")
        if batch_size < 1 or not 0 <= first < len(self) or self._x is None or self._y is None:
            return None, None
        last = min(first + batch_size, len(self))
        return self._x[first:last], self._y[first:last]

    def __getitem__(self, i: int) -> Any:
        return self.get_batch(i, 1)

    def __repr__(self) -> str:
        return "Dataset(size=%d)" % len(self)


def _numbers_of(path: str, dtype: int) -> Tensor:
    """The numbers of a CSV, IDX, NPY or NPZ file."""
    options = _signatures.neural_data_options()
    options.dtype, options.target = dtype, _signatures.NEURAL_TARGET_NONE
    made = c_void_p()
    check(lib.neural_dataset_load(os.fsencode(path), byref(options), byref(made)))
    try:
        return borrow(lib.neural_dataset_x(made)).copy()
    finally:
        lib.neural_dataset_destroy(made)


class TensorDataset(Dataset):
    """Row i of every tensor, arrays or nested lists being made tensors: (x[i], y[i]) as lists."""

    def __init__(self, *tensors: Any) -> None:
        if not tensors:
            raise ValueError("TensorDataset: there are no tensors")
        self.tensors = tuple(numbers_from(given) for given in tensors)
        rows = [len(made) for made in self.tensors]
        if len(set(rows)) != 1:
            raise ValueError("TensorDataset: tensors of %s rows, expected as many each" % rows)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, i: int) -> Any:
        at = int64(i, "index")
        if not -len(self) <= at < len(self):
            raise IndexError("index %d is outside %d rows" % (at, len(self)))
        return tuple(made[at].tolist() for made in self.tensors)

    def get_batch(self, batch_idx: int, batch_size: int) -> Tuple[Any, Any]:
        first = batch_idx * batch_size
        if batch_size < 1 or not 0 <= first < len(self):
            return None, None
        parts = tuple(made[first : first + batch_size] for made in self.tensors)
        return parts if len(parts) > 1 else (parts[0], None)  # type: ignore[return-value]

    def __repr__(self) -> str:
        return "TensorDataset(size=%d)" % len(self)


# --- samplers ---


class Sampler:
    """Which row comes when: iterate it for row numbers."""

    def __init__(self, data_source: Any = None) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError("%s has no __iter__" % type(self).__name__)

    def __len__(self) -> int:
        raise NotImplementedError("%s has no __len__" % type(self).__name__)


class SequentialSampler(Sampler):
    """0, 1, 2, ..."""

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


def _count(num_samples: Optional[int], default: int) -> int:
    count = default if num_samples is None else int64(num_samples, "num_samples")
    if count < 0:
        raise ValueError("num_samples is %d, expected at least 0" % count)
    return count


class RandomSampler(Sampler):
    """Each row once in random order, or rows with replacement; another order every time."""

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: Optional[int] = None
    ) -> None:
        super().__init__(data_source)
        self.replacement = bool(replacement)
        count = _count(num_samples, len(data_source))
        self.num_samples = count if replacement else min(count, len(data_source))

    def __iter__(self) -> Iterator[int]:
        draws, rows = random.Random(next_seed()), len(self.data_source)
        if self.replacement:
            return iter([draws.randrange(rows) for _ in range(self.num_samples)])
        order = list(range(rows))
        draws.shuffle(order)
        return iter(order[: self.num_samples])

    def __len__(self) -> int:
        return self.num_samples


class WeightedRandomSampler(Sampler):
    """Rows with replacement, every class equally often: class c weighs n / (num_classes count_c).
    """

    def __init__(
        self,
        labels: Sequence[int],
        num_classes: int,
        num_samples: Optional[int] = None,
        replacement: bool = True,
        seed: Optional[int] = 0,
    ) -> None:
        super().__init__(labels)
        labels = [int(label) for label in labels]
        counts = [0] * int64(num_classes, "num_classes")
        for label in labels:
            if 0 <= label < num_classes:
                counts[label] += 1
        share = [len(labels) / (num_classes * count) if count else 0.0 for count in counts]
        self.weights = [share[x] if 0 <= x < num_classes else 0.0 for x in labels]
        self.num_samples = _count(num_samples, len(labels))
        self._seed = seed or None

    def __iter__(self) -> Iterator[int]:
        draws = random.Random(seed_of(self._seed))
        if not any(self.weights):
            return iter([])
        rows = range(len(self.weights))
        return iter(draws.choices(rows, weights=self.weights, k=self.num_samples))

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """Lists of batch_size row numbers of a sampler."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False) -> None:
        super().__init__(sampler)
        self.sampler, self.batch_size = sampler, int64(batch_size, "batch_size")
        if self.batch_size < 1:
            raise ValueError("batch_size is %d, expected at least 1" % self.batch_size)
        self.drop_last = bool(drop_last)

    def __iter__(self) -> Iterator[List[int]]:
        batch: List[int] = []
        for row in self.sampler:
            batch.append(row)
            if len(batch) == self.batch_size:
                yield batch
                batch = []
        if batch and not self.drop_last:
            yield batch

    def __len__(self) -> int:
        rows, size = len(self.sampler), self.batch_size
        return rows // size if self.drop_last else -(-rows // size)


# --- batches ---


class NativeWalk:
    """Batches that C shuffles and gathers, in the order of one epoch."""

    _dataset: Optional[int] = None
    _walk: Optional[int] = None

    def __init__(self, x: Tensor, y: Tensor, batch_size: int, shuffle: bool, seed: int) -> None:
        address_of(x, "x"), address_of(y, "y")
        batch_size, seed = int64(batch_size, "batch_size"), seed_of(seed)
        made, walk = c_void_p(), c_void_p()
        check(lib.neural_dataset_create(x, y, _kind_of(y), _classes_of(y), byref(made)))
        self._dataset = made.value
        args = made, None, len(x), batch_size, bool(shuffle), seed
        check(lib.neural_batches_create(*args, byref(walk)))
        self._walk = walk.value

    def batches(self, epoch: int) -> Iterator[Tuple[Tensor, Tensor]]:
        check(lib.neural_batches_seek(self._walk, int64(epoch, "epoch"), 0))
        x, y = c_void_p(), c_void_p()
        while True:
            check(lib.neural_batches_next(self._walk, byref(x), byref(y)))
            if not x.value:
                return
            yield borrow(x.value), borrow(y.value)  # type: ignore[arg-type]

    def __del__(
        self,
        walk: Any = quick.neural_batches_destroy,
        dataset: Any = quick.neural_dataset_destroy,
    ) -> None:
        if self._walk:
            walk(self._walk)
        if self._dataset:
            dataset(self._dataset)


def _kind_of(y: Tensor) -> int:
    is_labels = y.dtype == _signatures.NEURAL_DTYPE_I64
    return _signatures.NEURAL_TARGET_CLASS if is_labels else _signatures.NEURAL_TARGET_VALUE


def _classes_of(y: Tensor) -> int:
    return int(max(y.tolist())) + 1 if y.dtype == _signatures.NEURAL_DTYPE_I64 else 0


class DataLoader:
    """Batches (x, y) of a dataset.

    Args:
        dataset: a Dataset, TensorDataset, or anything with len and [i] -> (x, y).
        shuffle: another random order every epoch.
        sampler, batch_sampler: row numbers, or lists of them, in the order to take.
        num_workers: threads that gather batches ahead; batches come in order nevertheless.
        drop_last: a last batch that is not full is left out.
        prefetch_factor: batches that each worker may be ahead.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        drop_last: bool = False,
        prefetch_factor: int = 2,
    ) -> None:
        self.dataset, self.batch_size = dataset, int64(batch_size, "batch_size")
        if self.batch_size < 1 or int64(num_workers, "num_workers") < 0:
            raise ValueError(
                "DataLoader: batch_size %d, num_workers %d" % (batch_size, num_workers)
            )
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.num_workers, self.prefetch_factor = num_workers, max(1, prefetch_factor)
        self.sampler = sampler
        if batch_sampler is None:
            default = RandomSampler(dataset) if shuffle else SequentialSampler(dataset)
            batch_sampler = BatchSampler(sampler or default, self.batch_size, drop_last)
        self.batch_sampler = batch_sampler

    def _columns(self) -> Optional[Tuple[Tensor, ...]]:
        if isinstance(self.dataset, TensorDataset):
            return self.dataset.tensors
        is_whole = getattr(self.dataset, "_x", None) is not None
        return (self.dataset._x, self.dataset._y) if is_whole else None

    def _gather(self, rows: List[int]) -> Tuple[Any, ...]:
        columns = self._columns()
        if columns is not None:
            return tuple(column[rows] for column in columns)
        parts = zip(*(self.dataset[row] for row in rows))
        return tuple(_stacked(list(part)) for part in parts)

    def __iter__(self) -> Iterator[Tuple[Any, ...]]:
        if self.num_workers:
            return self._ahead()
        return (self._gather(list(rows)) for rows in self.batch_sampler)

    def _ahead(self) -> Iterator[Tuple[Any, ...]]:
        """Worker threads gather; a queue per batch keeps the order."""
        work: Any = queue.Queue()
        waiting: List[Any] = []
        stop = threading.Event()

        def gather() -> None:
            while not stop.is_set():
                job = work.get()
                if job is None:
                    return
                rows, done = job
                try:
                    done.put((self._gather(rows), None))
                except BaseException as error:  # raised where the batch is asked for
                    done.put((None, error))

        workers = [threading.Thread(target=gather, daemon=True) for _ in range(self.num_workers)]
        for worker in workers:
            worker.start()
        source = iter(self.batch_sampler)
        try:
            while True:
                for rows in source:
                    done: Any = queue.Queue()
                    work.put((list(rows), done))
                    waiting.append(done)
                    if len(waiting) >= self.num_workers * self.prefetch_factor:
                        break
                if not waiting:
                    return
                batch, error = waiting.pop(0).get()
                if error is not None:
                    raise error
                yield batch
        finally:
            stop.set()
            for _ in workers:
                work.put(None)

    def __len__(self) -> int:
        return len(self.batch_sampler)

    def __repr__(self) -> str:
        facts = self.dataset, self.batch_size, self.shuffle, self.num_workers
        return "DataLoader(dataset=%r, batch_size=%d, shuffle=%s, num_workers=%d)" % facts


def _stacked(rows: List[Any]) -> Tensor:
    if isinstance(rows[0], Tensor):
        return stack(rows)
    return tensor(rows)
