"""Products with pruned weights for torch_ops.py: PyTorch's dense one and scipy's CSR.

Shapes are rows x outputs x inputs x percent x single: `percent` of the weights are kept, in blocks
of 16 outputs x 1 input, or as single weights.
"""

import torch

try:
    import scipy.sparse
except ImportError:
    scipy = None

BLOCK = 16


def weight_of(case):
    _, outputs, inputs, percent, single = case.shape
    weight = case.uniform(-1, 1, [outputs, inputs])
    strips = (outputs + BLOCK - 1) // BLOCK
    mask = torch.rand([outputs if single else strips, inputs], generator=case.generator)
    mask = mask < percent / 100
    return weight * (mask if single else mask.repeat_interleave(BLOCK, 0)[:outputs])


def dense(case):
    rows, outputs, inputs = case.shape[:3]
    x, weight = case.uniform(shape=[rows, inputs]), weight_of(case)
    bias, y = case.uniform(shape=[outputs]), case.uniform(shape=[rows, outputs])
    return lambda: torch.addmm(bias, x, weight.t(), out=y)


def csr(case):
    weight = scipy.sparse.csr_matrix(weight_of(case).numpy())
    x = case.uniform(shape=[case.shape[2], case.shape[0]]).numpy()
    x = x[:, 0].copy() if case.shape[0] == 1 else x
    return lambda: weight @ x


BUILDERS = {"sparse_dense": dense}
if scipy:
    BUILDERS["sparse_csr"] = csr
