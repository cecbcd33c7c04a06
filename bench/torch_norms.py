"""PyTorch's normalizations, forward and backward, for torch_ops.py: a builder per name.

rms_norm is what PyTorch 1.13 lets one write: it has no op of that name.
"""

import torch

aten = torch.ops.aten
EPSILON = 1e-5
GROUPS = 8
ALL_GRADS = [True, True, True]


def layer_norm(case):
    cols = case.shape[-1:]
    x, gamma, beta = case.uniform(), case.uniform(shape=cols), case.uniform(shape=cols)
    return lambda: torch.native_layer_norm(x, cols, gamma, beta, EPSILON)


def layer_norm_grad(case):
    cols = case.shape[-1:]
    x, gamma, beta = case.uniform(), case.uniform(shape=cols), case.uniform(shape=cols)
    dy = case.uniform()
    _, mean, rstd = torch.native_layer_norm(x, cols, gamma, beta, EPSILON)
    f = aten.native_layer_norm_backward
    return lambda: f(dy, x, cols, mean, rstd, gamma, beta, ALL_GRADS)


def batch_norm(case):
    channels = case.shape[1:2]
    x, dy = case.uniform(), case.uniform()
    gamma, beta = case.uniform(shape=channels), case.uniform(shape=channels)
    mean, var = torch.zeros_like(gamma), torch.ones_like(gamma)
    training, relu = "eval" not in case.name, "relu" in case.name

    def forward():
        y = torch.native_batch_norm(x, gamma, beta, mean, var, training, 0.1, EPSILON)
        return (y[0].relu_(), *y[1:]) if relu else y

    if not case.name.endswith("_grad"):
        return forward
    y, saved_mean, saved_rstd = forward()

    def backward():
        dz = aten.threshold_backward(dy, y, 0) if relu else dy
        return aten.native_batch_norm_backward(
            dz, x, gamma, mean, var, saved_mean, saved_rstd, training, EPSILON, ALL_GRADS
        )

    return backward


def group_norm(case):
    n, c, *sides = case.shape
    area = torch.Size(sides).numel()
    x, dy = case.uniform(), case.uniform()
    gamma, beta = case.uniform(shape=[c]), case.uniform(shape=[c])
    forward = lambda: aten.native_group_norm(x, gamma, beta, n, c, area, GROUPS, EPSILON)
    if not case.name.endswith("_grad"):
        return forward
    _, mean, rstd = forward()
    f = aten.native_group_norm_backward
    return lambda: f(dy, x, mean, rstd, gamma, n, c, area, GROUPS, ALL_GRADS)


def rms_norm(case):
    x, dy, gamma = case.uniform(), case.uniform(), case.uniform(shape=case.shape[-1:])

    def forward():
        return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPSILON) * gamma

    if not case.name.endswith("_grad"):
        return forward
    for leaf in (x, gamma):
        leaf.requires_grad_()
    with torch.enable_grad():
        y = forward()
    return lambda: torch.autograd.grad(y, (x, gamma), dy, retain_graph=True)


BATCH_NORMS = ["batch_norm", "batch_norm_eval", "batch_norm_relu"]
BUILDERS = {
    "layer_norm": layer_norm,
    "layer_norm_grad": layer_norm_grad,
    **{name + end: batch_norm for name in BATCH_NORMS for end in ("", "_grad")},
    **{"group_norm" + end: group_norm for end in ("", "_grad")},
    **{"rms_norm" + end: rms_norm for end in ("", "_grad")},
}
