"""Tensors from and to everybody else: NumPy, buffers, lists, DLPack.

NumPy is imported when one of its functions is asked for, not before.
"""

import array
import ctypes
from typing import TYPE_CHECKING, Any, List, Optional, Tuple

from . import dtypes
from ._handle import Handle, address_of, adopt, call
from ._library import Registry, check, immortal, int64_array, lib, quick
from ._views import Views
from .errors import (
    DtypeMismatchError,
    InvalidArgumentError,
    NeuralError,
    ShapeMismatchError,
)

if TYPE_CHECKING:
    from .tensor import Tensor

_data = quick.neural_tensor_data
_bytes = quick.neural_tensor_bytes

# Arrays whose memory tensors look at, by the number under which C gives them back.
_lent = Registry()
_give_back = _lent.release()


class NeuralBufferInfo(ctypes.Structure):
    """What the original's buffer interface told about a tensor; strides in bytes."""

    _fields_ = [
        ("data", ctypes.c_void_p),
        ("itemsize", ctypes.c_uint64),
        ("ndim", ctypes.c_uint64),
        ("shape", ctypes.POINTER(ctypes.c_uint64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("readonly", ctypes.c_int),
        ("format", ctypes.c_char * 8),
    ]


def numpy_module() -> Any:
    """numpy; ImportError says what wants it."""
    try:
        import numpy
    except ImportError:
        raise ImportError("pyneural: this needs numpy, which is not installed") from None
    return numpy


def wrap_memory(owner: Any, data: int, shape: Any, strides: Any, dtype: int) -> "Tensor":
    """A tensor over memory that `owner` keeps alive; strides in elements, None = row by row."""
    dims = int64_array(shape, "size")
    steps = None if strides is None else int64_array(strides, "stride")
    number = _lent.add(owner)
    out = ctypes.c_void_p()
    status = lib.neural_tensor_wrap(
        data, len(dims), dims, steps, dtype, _give_back, number, ctypes.byref(out)
    )
    if status:
        _lent.drop(number)
        check(status)
    return adopt(out.value)


def copy_of(view: memoryview, shape: Any, dtype: int) -> "Tensor":
    """A tensor with the bytes of a contiguous buffer."""
    dims = int64_array(shape, "size")
    source = (ctypes.c_char * view.nbytes).from_buffer_copy(view) if view.nbytes else None
    return call(lib.neural_tensor_from_data, source, view.nbytes, len(dims), dims, dtype)


def numbers_of(data: Any) -> Tuple[List[Any], Tuple[int, ...]]:
    """The numbers of nested lists, row by row, and their shape.

    Raises:
        ShapeMismatchError: lists of one level differ in length; the text has both.
    """
    shape: List[int] = []
    level = [data]
    while level and isinstance(level[0], (list, tuple)):
        lengths = {len(item) if isinstance(item, (list, tuple)) else -1 for item in level}
        if len(lengths) > 1:
            raise ShapeMismatchError(
                NeuralError.SHAPE_MISMATCH,
                "nested lists of different lengths %s at depth %d"
                % (sorted(lengths), len(shape)),
            )
        shape.append(lengths.pop())
        level = [number for item in level for number in item]
        if len(shape) > 8:
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT, "lists are nested deeper than 8 levels"
            )
    return level, tuple(shape)


def typecode(dtype: int) -> str:
    """The array module's code for a dtype; bool as bytes, bf16 as floats to be cast."""
    return {dtypes.bool_: "B", dtypes.bfloat16: "f"}.get(dtype) or str(dtypes.FORMATS[dtype])


class Interop(Views):
    """Making tensors from arrays and lists, and the way back."""

    @classmethod
    def from_list(cls, data: Any, dtype: Any = dtypes.float32) -> "Tensor":
        """A copy of nested lists of numbers, or of a single number."""
        code = dtypes.code_of(dtype)
        numbers, shape = numbers_of(data)
        letter = typecode(code)
        if letter in "fd":
            numbers = [float(number) for number in numbers]
        elif code == dtypes.bool_:
            numbers = [bool(number) for number in numbers]
        else:
            numbers = [int(number) for number in numbers]
        packed = memoryview(array.array(letter, numbers))
        if code == dtypes.bfloat16:
            return copy_of(packed, shape, dtypes.float32).to(code)
        return copy_of(packed, shape, code)

    @classmethod
    def from_numpy(cls, arr: Any) -> "Tensor":
        """A copy of an array. f32 and f64 stay what they are, all else becomes f32.

        Raises:
            DtypeMismatchError: the elements are no numbers.
        """
        return cls._from_array(arr, None)

    @classmethod
    def _from_array(cls, arr: Any, code: Optional[int]) -> "Tensor":
        numpy = numpy_module()
        arr = numpy.asarray(arr)
        if code is None:
            code = dtypes.float64 if arr.dtype == numpy.float64 else dtypes.float32
        if arr.dtype.kind not in "fiub":
            raise DtypeMismatchError(
                NeuralError.DTYPE_MISMATCH,
                "from_numpy: the array holds %s, expected numbers" % arr.dtype,
            )
        kind = numpy.dtype(dtypes.TYPESTRS[code] or "<f4")
        arr = numpy.ascontiguousarray(arr, kind).reshape(arr.shape)
        known = dtypes.float32 if code == dtypes.bfloat16 else code
        dims = int64_array(arr.shape, "size")
        data = arr.ctypes.data if arr.size else None
        tensor = call(lib.neural_tensor_from_data, data, arr.nbytes, len(dims), dims, known)
        return tensor if known == code else tensor.to(code)

    @classmethod
    def from_numpy_zero_copy(cls, arr: Any) -> "Tensor":
        """A tensor on the memory of an array, which it keeps alive.

        Raises:
            ValueError: the array is not f32 or f64, not C-contiguous, not aligned or read-only.
        """
        numpy = numpy_module()
        if not isinstance(arr, numpy.ndarray):
            raise TypeError("from_numpy_zero_copy: %s is no array" % type(arr).__name__)
        if arr.dtype not in (numpy.dtype("<f4"), numpy.dtype("<f8")):
            raise ValueError(
                "from_numpy_zero_copy: dtype is %s, expected float32 or float64" % arr.dtype
            )
        if not arr.flags.c_contiguous or not arr.flags.aligned:
            raise ValueError(
                "from_numpy_zero_copy: an array of shape %s with strides %s is not C-contiguous"
                % (list(arr.shape), list(arr.strides))
            )
        if not arr.flags.writeable:
            raise ValueError("from_numpy_zero_copy: the array is read-only")
        code = dtypes.float32 if arr.dtype.itemsize == 4 else dtypes.float64
        tensor = wrap_memory(arr, arr.ctypes.data, arr.shape, None, code)
        tensor._numpy_ref = arr
        return tensor

    # Views that keep the storage at which others look, though this tensor may move: optimizers
    # gather parameters in one vector.
    _pinned: Any = None

    def _pin(self) -> "Tensor":
        pinned = self._pinned
        if pinned is None or pinned.data_ptr != self.data_ptr:
            pinned = call(lib.neural_tensor_detach, self._ptr)
            pinned._earlier = self._pinned
            self._pinned = pinned
        return pinned

    @property
    def __array_interface__(self) -> dict:
        address = address_of(self, "tensor")
        self._pin()
        typestr = dtypes.TYPESTRS[self.dtype]
        if typestr is None:
            raise TypeError("NumPy has no bfloat16: convert the tensor by to('float32')")
        item = dtypes.BYTES[self.dtype]
        return {
            "version": 3,
            "shape": self.shape,
            "typestr": typestr,
            "data": (_data(address) or 0, False),
            "strides": None if self.is_contiguous else tuple(i * item for i in self.stride()),
        }

    def numpy(self) -> Any:
        """A copy as an array of this shape; bfloat16 becomes float32."""
        if self.dtype == dtypes.bfloat16:
            return self.to(dtypes.float32).numpy()
        return self.numpy_zero_copy().copy()

    def numpy_zero_copy(self) -> Any:
        """An array on this tensor's memory, which it keeps alive.

        Parameters move once, when an optimizer is made of them: arrays from before show what was.
        """
        numpy = numpy_module()
        if self.numel == 0:
            return numpy.zeros(self.shape, self.__array_interface__["typestr"])
        return numpy.asarray(self)

    def buffer(self) -> memoryview:
        """A writable memoryview of this shape on this tensor's memory, which it keeps alive.

        Until Python 3.12 a class cannot offer the buffer protocol itself, so `memoryview(tensor)`
        works from there on only. A tensor without elements gives a flat view.

        Raises:
            BufferError: the tensor is not contiguous, or is bfloat16.
        """
        form = dtypes.FORMATS[self.dtype]
        if not self.is_contiguous or form is None:
            raise BufferError(
                "a tensor of %s, shape %s, strides %s is no plain buffer"
                % (dtypes.NAMES[self.dtype], list(self.shape), list(self.stride()))
            )
        address = address_of(self, "tensor")
        memory = (ctypes.c_char * _bytes(address)).from_address(_data(address))
        memory._tensor = self._pin()
        flat = memoryview(memory).cast("B")
        return flat.cast(form, self.shape) if len(flat) else flat.cast(form)

    def __buffer__(self, flags: int) -> memoryview:
        return self.buffer()

    def tolist(self) -> Any:
        """Nested lists of this shape; a single number for a 0-dim tensor."""
        if dtypes.FORMATS[self.dtype] is None:
            return self.to(dtypes.float32).tolist()
        if self.numel == 0:
            return _empty_lists(self.shape)
        return self.detach().contiguous().buffer().tolist()

    def item(self) -> Any:
        """The number of a tensor with one element.

        Raises:
            ShapeMismatchError: there are more or none; the text has the shape.
        """
        out = ctypes.c_double()
        check(lib.neural_tensor_item(self._ptr, ctypes.byref(out)))
        code = self.dtype
        if dtypes.is_float(code) or code == dtypes.bfloat16:
            return out.value
        return bool(out.value) if code == dtypes.bool_ else int(self.reshape(()).tolist())

    # --- DLPack ---

    def __dlpack_device__(self) -> Tuple[int, int]:
        return (1, 0)  # kDLCPU

    def __dlpack__(self, stream: Any = None, **ignored: Any) -> Any:
        """A capsule "dltensor" on this tensor's memory; whoever takes it names it used."""
        return _capsule_of(self)


def _empty_lists(shape: Tuple[int, ...]) -> Any:
    if not shape or shape[0] == 0:
        return []
    return [_empty_lists(shape[1:]) for _ in range(shape[0])]


_python = ctypes.pythonapi
_capsule_new = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p
)(("PyCapsule_New", _python))
_capsule_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", _python)
)
_capsule_name = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object, ctypes.c_char_p)(
    ("PyCapsule_SetName", _python)
)
# In a destructor the capsule has no references any more: it is passed on by its address.
_dying_is = ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_IsValid", _python)
)
_dying_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p)(
    ("PyCapsule_GetPointer", _python)
)
_delete = quick.neural_dlpack_delete


@immortal
@ctypes.PYFUNCTYPE(None, ctypes.c_void_p)
def _capsule_dies(
    capsule: int, is_valid: Any = _dying_is, pointer: Any = _dying_pointer, delete: Any = _delete
) -> None:
    if is_valid(capsule, b"dltensor"):
        delete(pointer(capsule, b"dltensor"))


def _capsule_of(tensor: Handle) -> Any:
    managed = ctypes.c_void_p()
    check(lib.neural_tensor_to_dlpack(address_of(tensor, "tensor"), ctypes.byref(managed)))
    destructor = ctypes.cast(_capsule_dies, ctypes.c_void_p)
    return _capsule_new(managed, b"dltensor", destructor)


def from_dlpack(source: Any) -> "Tensor":
    """A tensor on the memory of another framework's: an object with __dlpack__, or its capsule.

    Raises:
        DtypeMismatchError: elements that tensors cannot hold.
        InvalidArgumentError: not in main memory, negative strides, or a capsule that was used.
    """
    if hasattr(source, "__dlpack__"):
        device = source.__dlpack_device__()
        if int(device[0]) != 1:
            raise InvalidArgumentError(
                NeuralError.INVALID_ARGUMENT,
                "from_dlpack: device %s is not main memory" % (tuple(device),),
            )
        source = source.__dlpack__()
    if type(source).__name__ != "PyCapsule":
        raise TypeError("from_dlpack: %s has no __dlpack__" % type(source).__name__)
    try:
        managed = _capsule_pointer(source, b"dltensor")
    except ValueError:
        raise InvalidArgumentError(
            NeuralError.INVALID_ARGUMENT, "from_dlpack: the capsule is none of a tensor, or used"
        ) from None
    tensor = call(lib.neural_tensor_from_dlpack, managed)
    _capsule_name(source, b"used_dltensor")
    return tensor
