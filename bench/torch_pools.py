"""PyTorch's pooling and embedding, forward and backward, for torch_ops.py: a builder per name."""

import torch

aten = torch.ops.aten


def window_of(name):
    """max_pool_3x3_s2_p1_grad: [3, 3], [2, 2], [1, 1]."""
    size, stride, pad = name.split("_")[2:5]
    return [int(size.split("x")[0])] * 2, [int(stride[1:])] * 2, [int(pad[1:])] * 2


WINDOWS = ["2x2_s2_p0", "3x3_s2_p1", "3x3_s1_p1", "5x5_s1_p2"]


def max_pool(case):
    window = (*window_of(case.name), [1, 1], False)
    x = case.uniform()
    y, index = aten.max_pool2d_with_indices(x, *window)
    if not case.name.endswith("_grad"):
        return lambda: aten.max_pool2d_with_indices.out(x, *window, out=y, indices=index)
    dy, dx = torch.rand_like(y), case.like()
    return lambda: aten.max_pool2d_with_indices_backward.grad_input(
        dy, x, *window, index, grad_input=dx
    )


def avg_pool(case):
    window = (*window_of(case.name), False, True, None)
    x = case.uniform()
    y = aten.avg_pool2d(x, *window)
    if not case.name.endswith("_grad"):
        return lambda: aten.avg_pool2d.out(x, *window, out=y)
    dy, dx = torch.rand_like(y), case.like()
    return lambda: aten.avg_pool2d_backward.grad_input(dy, x, *window, grad_input=dx)


def adaptive_avg_pool(case):
    size = [int(case.name.split("_")[3])] * 2
    x = case.uniform()
    if not case.name.endswith("_grad"):
        return lambda: aten.adaptive_avg_pool2d(x, size)
    dy = torch.rand_like(aten.adaptive_avg_pool2d(x, size))
    return lambda: aten._adaptive_avg_pool2d_backward(dy, x)


def embedding(case):
    rows, cols, taken = case.shape
    index = torch.randint(0, rows, (taken,), generator=case.generator)
    if case.name == "embedding":
        weight = case.uniform(shape=[rows, cols])
        return lambda: aten.embedding(weight, index)
    dy = case.uniform(shape=[taken, cols])
    return lambda: aten.embedding_dense_backward(dy, index, rows, -1, False)


BUILDERS = {
    **{"max_pool_" + w + end: max_pool for w in WINDOWS for end in ("", "_grad")},
    **{"avg_pool_" + w + end: avg_pool for w in WINDOWS for end in ("", "_grad")},
    **{"adaptive_avg_pool_%d%s" % (n, end): adaptive_avg_pool
       for n in (1, 7) for end in ("", "_grad")},
    **{"embedding" + end: embedding for end in ("", "_grad")},
}
