"""Shapes, views, indexing and joins of tensors. Views share storage and are differentiable."""

import operator
from ctypes import c_int, c_void_p
from typing import TYPE_CHECKING, Any, List, Optional, Sequence, Tuple, Union

from ._handle import Handle, Part, address_of, call, recording
from ._library import check, int32, int64, int64_array, lib, quick
from .errors import InvalidArgumentError, NeuralError, ShapeMismatchError

if TYPE_CHECKING:
    from .tensor import Tensor

_dims = quick.neural_tensor_dims
_ndim = quick.neural_tensor_ndim
_len = quick.neural_tensor_len
_reshape = lib.neural_reshape
_strides = quick.neural_tensor_strides


def sizes_of(sizes: Tuple[Any, ...]) -> Tuple[Any, ...]:
    """(2, 3) of both f(2, 3) and f((2, 3))."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        return tuple(sizes[0])
    return sizes


def _refused(text: str, *values: Any) -> InvalidArgumentError:
    return InvalidArgumentError(NeuralError.INVALID_ARGUMENT, text % values)


class Views(Part):
    """What a tensor's shape is, and other looks at the same elements."""

    @property
    def shape(self) -> Tuple[int, ...]:
        """The sizes, () for a single number."""
        address = address_of(self, "tensor")
        return tuple(_dims(address)[: _ndim(address)])

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return _ndim(address_of(self, "tensor"))

    def dim(self) -> int:
        """The number of dimensions."""
        return self.ndim

    def size(self, dim: Optional[int] = None) -> Union[int, Tuple[int, ...]]:
        """The shape, or its size at `dim`."""
        return self.shape if dim is None else self.shape[self._axis("size", dim)]

    @property
    def numel(self) -> int:
        """The number of elements."""
        return _len(address_of(self, "tensor"))

    def stride(self) -> Tuple[int, ...]:
        """Distances between neighbours along each dimension, in elements."""
        address = address_of(self, "tensor")
        return tuple(_strides(address)[: _ndim(address)])

    @property
    def is_contiguous(self) -> bool:
        """Whether the elements lie row by row without gaps."""
        return bool(quick.neural_tensor_is_contiguous(address_of(self, "tensor")))

    def contiguous(self) -> "Tensor":
        """self when it is contiguous, else a differentiable copy that is."""
        if self.is_contiguous:
            return self  # type: ignore[return-value]
        copy = self._empty(self.shape, self.dtype)
        if recording(self):
            return self + copy.fill(-0.0)
        check(lib.neural_tensor_copy(copy, self))
        return copy

    def __len__(self) -> int:
        shape = self.shape
        if not shape:
            raise TypeError("len() of a 0-dim tensor")
        return shape[0]

    def __iter__(self) -> Any:
        return (self[i] for i in range(len(self)))  # type: ignore[index]

    def _axis(self, name: str, dim: Any, ndim: Optional[int] = None) -> int:
        """dim counted from the front."""
        number, count = int32(dim, "dim"), self.ndim if ndim is None else ndim
        if not -count <= number < count:
            raise _refused(
                "%s: dim %d is out of range for shape %s", name, number, list(self.shape)
            )
        return number % count

    # --- shapes ---

    def reshape(self, *shape: Any) -> "Tensor":
        """The elements in another shape, one size of which may be -1: a view when the strides
        allow one, else a copy.

        Raises:
            ShapeMismatchError: the number of elements differs; the text has both shapes.
        """
        sizes = int64_array(sizes_of(shape), "size")
        return call(_reshape, self._ptr, len(sizes), sizes)

    def view(self, *shape: Any) -> "Tensor":
        """As reshape, but InvalidArgumentError where that would copy."""
        sizes = int64_array(sizes_of(shape), "size")
        if not self.is_contiguous:
            call(lib.neural_tensor_view, self._ptr, len(sizes), sizes)
        return call(lib.neural_reshape, self._ptr, len(sizes), sizes)

    def flatten(self, start_dim: int = 0, end_dim: int = -1) -> "Tensor":
        """Dimensions start_dim to end_dim as one."""
        shape = self.shape or (1,)
        start = self._axis("flatten", start_dim, len(shape))
        end = self._axis("flatten", end_dim, len(shape))
        if start > end:
            raise _refused("flatten: start_dim %d is behind end_dim %d", start, end)
        length = 1
        for size in shape[start : end + 1]:
            length *= size
        return self.reshape(shape[:start] + (length,) + shape[end + 1 :])

    def transpose(self, dim0: int, dim1: int) -> "Tensor":
        """Dimensions dim0 and dim1 exchanged."""
        return call(lib.neural_transpose, self._ptr, int32(dim0, "dim0"), int32(dim1, "dim1"))

    def t(self) -> "Tensor":
        """The transpose of a matrix."""
        if self.ndim > 2:
            raise _refused("t: shape is %s, expected at most two dimensions", list(self.shape))
        return self.transpose(0, 1) if self.ndim == 2 else self.permute(range(self.ndim))

    @property
    def T(self) -> "Tensor":
        """All dimensions in reverse order."""
        if self.ndim == 2:
            return call(lib.neural_transpose, self._ptr, 0, 1)
        return self.permute(range(self.ndim)[::-1])

    def permute(self, *dims: Any) -> "Tensor":
        """Dimension i of the result is dimension dims[i]."""
        given = dims[0] if len(dims) == 1 and not hasattr(dims[0], "__index__") else dims
        order = [self._axis("permute", dim) for dim in given]
        if sorted(order) != list(range(self.ndim)):
            raise _refused("permute: %s is no order of shape %s", list(given), list(self.shape))
        return call(lib.neural_permute, self._ptr, (c_int * len(order))(*order))

    def squeeze(self, dim: Optional[int] = None) -> "Tensor":
        """Without its sizes of 1, or without `dim` if its size is 1."""
        shape = self.shape
        if dim is None:
            return self.reshape(tuple(size for size in shape if size != 1))
        axis = self._axis("squeeze", dim)
        return self.reshape(shape[:axis] + shape[axis + 1 :] if shape[axis] == 1 else shape)

    def unsqueeze(self, dim: int) -> "Tensor":
        """With a size of 1 inserted before dimension `dim`."""
        axis = self._axis("unsqueeze", dim, self.ndim + 1)
        return self.reshape(self.shape[:axis] + (1,) + self.shape[axis:])

    def expand(self, *sizes: Any) -> "Tensor":
        """Sizes of 1 and new leading dimensions stretched without a copy; -1 keeps a size."""
        wanted = [int64(size, "size") for size in sizes_of(sizes)]
        shape = self.shape
        for i in range(1, min(len(shape), len(wanted)) + 1):
            if wanted[-i] == -1:
                wanted[-i] = shape[-i]
        return call(lib.neural_expand, self._ptr, len(wanted), int64_array(wanted, "size"))

    def expand_as(self, other: "Tensor") -> "Tensor":
        """Expanded to other's shape."""
        address_of(other, "other")
        return self.expand(other.shape)

    # --- parts ---

    def narrow(self, dim: int, start: int, length: int) -> "Tensor":
        """Elements start to start + length - 1 along dim."""
        return self._slice(self._axis("narrow", dim), int64(start, "start"), length, 1)

    def split(self, split_size: Union[int, Sequence[int]], dim: int = 0) -> Tuple["Tensor", ...]:
        """Views of `split_size` along dim, the last perhaps shorter, or of the sizes in a list."""
        axis = self._axis("split", dim)
        total = self.shape[axis]
        if isinstance(split_size, (list, tuple)):
            sizes = [int64(size, "split_size") for size in split_size]
            if sum(sizes) != total or min(sizes, default=0) < 0:
                raise ShapeMismatchError(
                    NeuralError.SHAPE_MISMATCH,
                    "split: sizes %s do not add up to dim %d of %s"
                    % (sizes, axis, list(self.shape)),
                )
        else:
            step = int64(split_size, "split_size")
            if step < 1:
                raise _refused("split: split_size is %d, expected at least 1", step)
            sizes = [min(step, total - i) for i in range(0, total, step)] or [0]
        starts = [sum(sizes[:i]) for i in range(len(sizes))]
        return tuple(self._slice(axis, start, size, 1) for start, size in zip(starts, sizes))

    def chunk(self, chunks: int, dim: int = 0) -> Tuple["Tensor", ...]:
        """At most `chunks` views of equal size along dim, the last perhaps shorter."""
        if int64(chunks, "chunks") < 1:
            raise _refused("chunk: chunks is %d, expected at least 1", chunks)
        total = self.shape[self._axis("chunk", dim)]
        return self.split(max(1, -(-total // chunks)), dim)

    def unbind(self, dim: int = 0) -> Tuple["Tensor", ...]:
        """The views at each index of dim, without that dimension."""
        axis = self._axis("unbind", dim)
        shape = self.shape[:axis] + self.shape[axis + 1 :]
        return tuple(self._slice(axis, i, 1, 1).reshape(shape) for i in range(self.shape[axis]))

    def _slice(self, dim: int, start: int, count: int, step: int) -> "Tensor":
        return call(
            lib.neural_slice, self._ptr, dim, start, int64(count, "length"), int64(step, "step")
        )


def _row(tensors: Any, name: str) -> Tuple[List["Tensor"], Any]:
    if isinstance(tensors, Handle) or not hasattr(tensors, "__iter__"):
        raise TypeError("%s: expected a list of tensors, not %s" % (name, type(tensors).__name__))
    kept = list(tensors)
    addresses = [address_of(tensor, "%s: tensor %d" % (name, i)) for i, tensor in enumerate(kept)]
    return kept, (c_void_p * len(kept))(*addresses)


def cat(tensors: Sequence["Tensor"], dim: int = 0) -> "Tensor":
    """The tensors behind one another along `dim`; all other sizes and dtypes are equal.

    Raises:
        ShapeMismatchError: two shapes do not fit; the text has both.
    """
    kept, row = _row(tensors, "cat")
    return call(lib.neural_concat, row, len(kept), int32(dim, "dim"))


def stack(tensors: Sequence["Tensor"], dim: int = 0) -> "Tensor":
    """Tensors of one shape along a new dimension `dim`."""
    kept, row = _row(tensors, "stack")
    return call(lib.neural_stack, row, len(kept), int32(dim, "dim"))


def position(index: Any, size: int, shape: Sequence[int]) -> int:
    """An index in [-size, size) counted from the front; IndexError names the shape."""
    number = operator.index(index)
    if not -size <= number < size:
        raise IndexError("index %d is out of range for size %d of %s" % (number, size, list(shape)))
    return number % size
