"""PyTorch's quantization of numbers, for torch_ops.py: a builder per name."""

import torch
from torch.ao.quantization import observer

SCALE, ZERO = 8.6 / 255, 119


def numbers(case):
    return torch.empty(case.shape).normal_(0.3, 1, generator=case.generator)


def per_tensor(case):
    x = numbers(case)
    return lambda: torch.quantize_per_tensor(x, SCALE, ZERO, torch.quint8)


def per_channel(case):
    x, rows = numbers(case), case.shape[0]
    scales, zeros = torch.full([rows], SCALE), torch.zeros(rows, dtype=torch.int64)
    return lambda: torch.quantize_per_channel(x, scales, zeros, 0, torch.qint8)


def dequantize(case):
    q = torch.quantize_per_tensor(numbers(case), SCALE, ZERO, torch.quint8)
    return lambda: torch.dequantize(q)


def fake(case):
    x = numbers(case)
    return lambda: torch.fake_quantize_per_tensor_affine(x, SCALE, ZERO, 0, 255)


def fake_channels(case):
    """With the grids of the rows, as ours."""
    x = numbers(case)
    zeros = torch.zeros(case.shape[0], dtype=torch.int32)

    def call():
        scales = x.abs().amax(1) / 127
        return torch.fake_quantize_per_channel_affine(x, scales, zeros, 0, -127, 127)

    return call


OBSERVERS = {
    "quant_observe_minmax": observer.MinMaxObserver,
    "quant_observe_moving_average": observer.MovingAverageMinMaxObserver,
    "quant_observe_mse": observer.HistogramObserver,
    "quant_calibrate_channels": observer.PerChannelMinMaxObserver,
}


def observe(case):
    """Makes an observer, shows it the numbers and asks for scale and zero point."""
    x = numbers(case)

    def call():
        watching = OBSERVERS[case.name]()
        watching(x)
        return watching.calculate_qparams()

    return call


BUILDERS = {
    "quant_quantize_per_tensor": per_tensor,
    "quant_quantize_per_channel": per_channel,
    "quant_dequantize": dequantize,
    "quant_fake_quant": fake,
    "quant_fake_quant_channels": fake_channels,
    **{name: observe for name in OBSERVERS},
}
