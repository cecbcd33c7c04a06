"""Event files for TensorBoard, as torch.utils.tensorboard.SummaryWriter."""

import os
from ctypes import POINTER, byref, c_char_p, c_double, c_uint8, c_void_p, cast
from typing import Any, Dict, Mapping, Optional

from . import _signatures, dtypes
from ._library import check, int64, lib, quick, real
from .module import numbers_from
from .tensor import Tensor


class SummaryWriter:
    """Writes to a new file in logdir, which is made; a context closes it. log_dir is PyTorch's
    name for it."""

    _address: Optional[int] = None

    def __init__(
        self,
        logdir: Any = "runs",
        comment: str = "",
        purge_step: Optional[int] = None,
        flush_secs: float = 0.0,
        filename_suffix: str = "",
        log_dir: Any = None,
    ) -> None:
        made = c_void_p()
        options = _signatures.neural_summary_options()
        options.flush_seconds = real(flush_secs, "flush_secs")
        options.filename_suffix = filename_suffix.encode() or None
        options.is_resumed = purge_step is not None
        options.purge_step = 0 if purge_step is None else int64(purge_step, "purge_step")
        path = os.fsencode(os.fspath(logdir if log_dir is None else log_dir)) + comment.encode()
        check(lib.neural_summary_writer_create(path, byref(options), byref(made)))
        self._address = made.value

    def __del__(self, destroy: Any = quick.neural_summary_writer_destroy) -> None:
        if self._address:
            destroy(self._address)

    @property
    def log_dir(self) -> str:
        """The directory."""
        return os.fsdecode(lib.neural_summary_writer_dir(self._address))

    def get_logdir(self) -> str:
        """The directory."""
        return self.log_dir

    @property
    def file_path(self) -> str:
        """The event file."""
        return os.fsdecode(lib.neural_summary_writer_path(self._address))

    logdir, filepath = log_dir, file_path  # the original's names

    def _add(self, what: str, tag: str, *values: Any) -> None:
        function = getattr(lib, "neural_summary_writer_add_" + what)
        check(function(self._address, tag.encode(), *values))

    def add_scalar(
        self, tag: str, value: Any = None, global_step: int = 0, scalar_value: Any = None
    ) -> None:
        """One number; scalar_value is PyTorch's name for it."""
        number = real(value if scalar_value is None else scalar_value, "value")
        self._add("scalar", tag, number, int64(global_step, "global_step"))

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: Mapping[str, Any], global_step: int = 0
    ) -> None:
        """Several numbers for one diagram."""
        names = [name.encode() for name in tag_scalar_dict]
        values = [real(value, "scalar") for value in tag_scalar_dict.values()]
        arrays = (c_char_p * len(names))(*names), (c_double * len(values))(*values)
        self._add("scalars", main_tag, *arrays, len(names), int64(global_step, "global_step"))

    def add_histogram(self, tag: str, values: Any, global_step: int = 0) -> None:
        """The distribution of a tensor's elements."""
        given = numbers_from(values)
        self._add("histogram", tag, given, int64(global_step, "global_step"))

    def add_histogram_stats(self, tag: str, values: Any, global_step: int = 0) -> None:
        """Smallest, largest and mean element as three scalars."""
        given = numbers_from(values)
        self._add("histogram_stats", tag, given, int64(global_step, "global_step"))

    def add_image(
        self, tag: str, img_tensor: Any, global_step: int = 0, dataformats: str = "CHW"
    ) -> None:
        """A picture: floats of 0 ... 1 or bytes; 1 grey, 3 RGB or 4 RGBA channels.

        Args:
            img_tensor: [C, H, W], or as dataformats says: "CHW", "HWC" or "HW".
        """
        pixels = _pixels(numbers_from(img_tensor), dataformats)
        where = cast(pixels.data_ptr, POINTER(c_uint8))
        self._add("image", tag, where, *pixels.shape, int64(global_step, "global_step"))

    def add_text(self, tag: str, text_string: str, global_step: int = 0) -> None:
        """Markdown."""
        self._add("text", tag, text_string.encode(), int64(global_step, "global_step"))

    def add_pr_curve(
        self, tag: str, labels: Any, predictions: Any, global_step: int = 0,
        num_thresholds: int = 127, weights: Any = None,
    ) -> None:
        """Precision and recall of a binary classifier over thresholds."""
        parts = numbers_from(labels), numbers_from(predictions)
        weight = None if weights is None else numbers_from(weights)
        numbers = int64(num_thresholds, "num_thresholds"), int64(global_step, "global_step")
        self._add("pr_curve", tag, *parts, weight, *numbers)

    def add_hparams(
        self, hparam_dict: Dict[str, Any], metric_dict: Dict[str, Any], run_name: str = ""
    ) -> None:
        """Settings of a run and what came of them."""
        made = (_signatures.neural_hparam * len(hparam_dict))()
        for slot, (name, value) in zip(made, hparam_dict.items()):
            slot.name = name.encode()
            if isinstance(value, str):
                slot.kind, slot.text = _signatures.NEURAL_HPARAM_TEXT, value.encode()
            else:
                is_bool = isinstance(value, bool)
                slot.kind = (
                    _signatures.NEURAL_HPARAM_BOOL if is_bool else _signatures.NEURAL_HPARAM_NUMBER
                )
                slot.number = real(value, name)
        names = (c_char_p * len(metric_dict))(*(name.encode() for name in metric_dict))
        values = (c_double * len(metric_dict))(*(real(v, "metric") for v in metric_dict.values()))
        run = run_name.encode() or None
        counts = made, len(made), names, values, len(metric_dict)
        check(lib.neural_summary_writer_add_hparams(self._address, run, *counts, 0))

    def flush(self) -> None:
        """Hands what waits to the system."""
        check(lib.neural_summary_writer_flush(self._address))

    def close(self) -> None:
        """Writes what waits and closes the file; may be repeated."""
        check(lib.neural_summary_writer_close(self._address))

    def __repr__(self) -> str:
        return "SummaryWriter(logdir=%r)" % self.log_dir

    def __enter__(self) -> "SummaryWriter":
        return self

    def __exit__(self, *raised: Any) -> None:
        self.close()


def _pixels(image: Tensor, dataformats: str) -> Tensor:
    """[H, W, C] of bytes, dense."""
    order = {"CHW": (1, 2, 0), "HWC": (0, 1, 2), "HW": None}
    if dataformats not in order:
        raise ValueError("dataformats is %r, expected CHW, HWC or HW" % (dataformats,))
    if image.ndim != len(dataformats):
        raise ValueError("the image is %s, expected %s" % (list(image.shape), list(dataformats)))
    axes = order[dataformats]
    image = image.detach().unsqueeze(2) if axes is None else image.detach().permute(*axes)
    if dtypes.is_float(image.dtype):
        image = (image.clamp(0, 1) * 255 + 0.5).to(dtypes.uint8)
    return image.to(dtypes.uint8).contiguous()
