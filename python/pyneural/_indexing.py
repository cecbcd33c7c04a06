"""tensor[...]: ints, slices, None and ... give views; lists, masks and index tensors copies."""

from typing import TYPE_CHECKING, Any, List, Tuple

from ._operators import number_of
from ._handle import Handle, Part, call, recording
from ._library import check, lib
from ._views import Views, position
from .dtypes import is_float
from .errors import InvalidArgumentError, NeuralError, ShapeMismatchError

if TYPE_CHECKING:
    from .tensor import Tensor


def _is_int(item: Any) -> bool:
    if isinstance(item, bool):
        return False
    if isinstance(item, Part):
        return item.ndim == 0 and not is_float(item.dtype)
    return hasattr(item, "__index__") and not getattr(item, "ndim", 0)


def _is_list(item: Any) -> bool:
    return isinstance(item, (Handle, list)) or hasattr(item, "__array_interface__")


def _complete(index: Any, ndim: int) -> List[Any]:
    """The index as a list with one entry per dimension, besides None."""
    items = list(index) if isinstance(index, tuple) else [index]
    gaps = [i for i, item in enumerate(items) if item is Ellipsis]
    if len(gaps) > 1:
        raise IndexError("an index may have one ellipsis only")
    used = sum(_dims_used(item) for item in items if item is not Ellipsis)
    if used > ndim:
        raise IndexError("%d indices for a tensor of %d dimensions" % (used, ndim))
    place = gaps[0] if gaps else len(items)
    items[place : place + len(gaps)] = [slice(None)] * (ndim - used)
    return items


def _dims_used(item: Any) -> int:
    if item is None:
        return 0
    return max(1, _mask_dims(item)) if _is_list(item) else 1


def _mask_dims(item: Any) -> int:
    """The dimensions of a mask, 0 for what is none."""
    if isinstance(item, list):
        depth, first = 0, item
        while isinstance(first, list) and first:
            depth, first = depth + 1, first[0]
        return depth if isinstance(first, bool) else 0
    is_bool = str(getattr(item, "dtype", "")) in ("bool", "6")
    return item.ndim if is_bool else 0


def _flat(nested: Any) -> List[Any]:
    if isinstance(nested, list):
        return [number for item in nested for number in _flat(item)]
    return [nested]


class Indexing(Views):
    """Reading and writing parts of a tensor."""

    def __getitem__(self, index: Any) -> "Tensor":
        """A view for ints, slices with a step of at least 1, None and ...; a copy for at most one
        list, mask or index tensor among them.

        Raises:
            IndexError: an index is out of range, or there are more than dimensions.
            ValueError: a step below 1.
        """
        shape = self.shape
        if type(index) is int and shape:
            row = self._slice(0, position(index, shape[0], shape), 1, 1)
            return row.reshape(shape[1:])
        items = _complete(index, len(shape))
        lists = [i for i, item in enumerate(items) if _is_list(item) and not _is_int(item)]
        if not lists:
            return self._basic(items)
        if len(lists) > 1:
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT, "an index may have one list or mask only"
            )
        return self._picked(items, lists[0])

    def _basic(self, items: List[Any]) -> "Tensor":
        out: Any = self
        dim, shape, changed = 0, [], False
        for item in items:
            if item is None:
                shape.append(1)
                changed = True
                continue
            size = self.shape[dim] if out is self else out.shape[dim]
            if isinstance(item, slice):
                out, length = out._sliced(dim, item, size)
                shape.append(length)
            elif _is_int(item):
                at = position(item.item() if isinstance(item, Part) else item, size, self.shape)
                out = out._slice(dim, int(at), 1, 1)
                changed = True
            else:
                raise TypeError("an index cannot be %s" % type(item).__name__)
            dim += 1
        if changed or out is self:
            return out.reshape(shape)
        return out

    def _sliced(self, dim: int, item: slice, size: int) -> Tuple[Any, int]:
        if item.step is not None and item.step < 1:
            raise ValueError("slice step is %s, expected at least 1" % item.step)
        places = range(size)[item]
        if len(places) == size:
            return self, size
        start = places.start if len(places) else 0
        return self._slice(dim, start, len(places), places.step if len(places) else 1), len(places)

    def _picked(self, items: List[Any], at: int) -> "Tensor":
        """The index with a list at `at`: the others first, then the list along its dimension."""
        item = items[at]
        masked = _mask_dims(item)
        rest = items[:at] + [slice(None)] * max(1, masked) + items[at + 1 :]
        dim = sum(1 for other in items[:at] if other is None or isinstance(other, slice))
        base = self._basic(rest)
        if masked:
            return base._masked(item, dim, masked)
        numbers = item if isinstance(item, list) else item.tolist()
        shape: List[int] = list(item.shape) if hasattr(item, "shape") else _list_shape(item)
        size = base.shape[dim]
        rows = [position(number, size, self.shape) for number in _flat(numbers)]
        return base._rows(rows, dim, shape)

    def _masked(self, mask: Any, dim: int, count: int) -> "Tensor":
        values = mask if isinstance(mask, list) else mask.tolist()
        shape = list(mask.shape) if hasattr(mask, "shape") else _list_shape(mask)
        if shape != list(self.shape[dim : dim + count]):
            raise ShapeMismatchError(
                NeuralError.SHAPE_MISMATCH,
                "the mask is %s, the tensor's part %s"
                % (shape, list(self.shape[dim : dim + count])),
            )
        chosen = [i for i, value in enumerate(_flat(values)) if value]
        return self.flatten(dim, dim + count - 1)._rows(chosen, dim, [len(chosen)])

    def _rows(self, rows: List[int], dim: int, shape: List[int]) -> "Tensor":
        """Elements rows of dimension dim, which become dimensions of `shape`."""
        before, after = self.shape[:dim], self.shape[dim + 1 :]
        target = before + tuple(shape) + after
        if not is_float(self.dtype) or 0 in target:
            return self._copied_rows(rows, dim).reshape(target)
        order = [dim] + [i for i in range(self.ndim) if i != dim]
        width = self.numel // self.shape[dim]
        table = self.permute(order).reshape(self.shape[dim], width)
        picked = call(lib.neural_embedding, table, self._row_numbers(rows), -1)
        back = [i + 1 if i < dim else i for i in range(self.ndim)]
        back[dim] = 0
        return picked.reshape((len(rows),) + before + after).permute(back).reshape(target)

    def _row_numbers(self, rows: List[int]) -> "Tensor":
        return self.from_list(rows, "int64")  # type: ignore[attr-defined]

    def _copied_rows(self, rows: List[int], dim: int) -> "Tensor":
        shape = self.shape
        out = self._empty(shape[:dim] + (len(rows),) + shape[dim + 1 :], self.dtype)
        for to, row in enumerate(rows):
            source, place = self._slice(dim, row, 1, 1), out._slice(dim, to, 1, 1)
            check(lib.neural_tensor_copy(place, source))
        return out

    def __setitem__(self, index: Any, value: Any) -> None:
        """Writes a number, or what broadcasts to the part, into a part named by ints, slices, None
        and ...

        Raises:
            ShapeMismatchError: the value's shape does not broadcast to the part's.
            InvalidArgumentError: the tensor requires a gradient and recording is on.
        """
        if recording(self):
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT,
                "a tensor that requires a gradient is written only under no_grad()",
            )
        items = _complete(index, self.ndim)
        lists = [i for i, item in enumerate(items) if _is_list(item) and not _is_int(item)]
        if len(lists) > 1:
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT, "an index may have one list or mask only"
            )
        if lists:
            self._set_picked(items, lists[0], value)
        else:
            self.detach()._basic(items)._assign(value)

    def _set_picked(self, items: List[Any], at: int, value: Any) -> None:
        item = items[at]
        if _mask_dims(item) > 1:
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT, "a mask to write through has one dimension"
            )
        numbers = item if isinstance(item, list) else item.tolist()
        if _mask_dims(item):
            if len(numbers) != self.shape[sum(1 for i in items[:at] if i is not None)]:
                raise IndexError("the mask has %d elements" % len(numbers))
            numbers = [i for i, chosen in enumerate(numbers) if chosen]
        dim = sum(1 for other in items[:at] if other is None or isinstance(other, slice))
        value = value if number_of(value) is not None else self._as_tensor(value)
        for to, number in enumerate(_flat(numbers)):
            part = self.detach()._basic(items[:at] + [number] + items[at + 1 :])
            one = isinstance(value, Part) and value.ndim > dim
            part._assign(value[(slice(None),) * dim + (to,)] if one else value)

    def _assign(self, value: Any) -> None:
        """Every element becomes what `value` broadcasts to."""
        number = None if isinstance(value, Handle) else number_of(value)
        if number is not None:
            check(lib.neural_tensor_fill(self._ptr, number))
            return
        source = self._as_tensor(value).detach()
        check(lib.neural_tensor_copy(self._ptr, source.expand(self.shape)))


def _list_shape(nested: Any) -> List[int]:
    shape = []
    while isinstance(nested, list):
        shape.append(len(nested))
        nested = nested[0] if nested else None
    return shape
