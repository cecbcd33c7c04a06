"""PyTorch's losses, forward and backward, for torch_ops.py: a builder per name."""

import torch

F = torch.nn.functional


def focal_loss(x, y):
    log_p = F.log_softmax(x, 1).gather(1, y[:, None])[:, 0]
    return -((1 - log_p.exp()) ** 2 * log_p).mean()


VALUE_LOSSES = {
    "mse_loss": F.mse_loss,
    "bce_loss": F.binary_cross_entropy,
    "bce_with_logits_loss": F.binary_cross_entropy_with_logits,
    "l1_loss": F.l1_loss,
    "huber_loss": lambda x, t: F.huber_loss(x, t, delta=0.3),
    "smooth_l1_loss": lambda x, t: F.smooth_l1_loss(x, t, beta=0.3),
    "kl_div_loss": lambda x, t: torch.kl_div(x, t, 1),
}
CLASS_LOSSES = {
    "cross_entropy_loss": lambda x, y, w: F.cross_entropy(x, y),
    "cross_entropy_smooth": lambda x, y, w: F.cross_entropy(x, y, label_smoothing=0.1),
    "cross_entropy_weighted": lambda x, y, w: F.cross_entropy(x, y, w),
    "nll_loss": lambda x, y, w: F.nll_loss(x, y),
    "focal_loss": lambda x, y, w: focal_loss(x, y),
}


def differentiated(x, forward):
    x.requires_grad_()

    def call():
        x.grad = None
        with torch.enable_grad():
            forward().backward()

    return call


def value_loss(case):
    f, x, t = VALUE_LOSSES[case.name], case.uniform(0.05, 0.95), case.uniform(0.05, 0.95)
    return differentiated(x, lambda: f(x, t))


def class_loss(case):
    rows, classes = case.shape
    f, x, w = CLASS_LOSSES[case.name], case.uniform(0.05, 0.95), case.uniform(1, 1, [classes])
    y = torch.arange(rows) * 7 % classes
    return differentiated(x, lambda: f(x, y, w))


BUILDERS = {
    **{name: value_loss for name in VALUE_LOSSES},
    **{name: class_loss for name in CLASS_LOSSES},
}
