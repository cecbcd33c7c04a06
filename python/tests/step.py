"""What a training step written in Python costs, beside PyTorch's in the same run, one thread.

    bazel run -c opt //python/tests:step
"""

import statistics
import time

import pyneural as pn

try:
    import torch
except ImportError:
    torch = None


def wine(nn):
    return nn.Sequential(
        nn.Linear(11, 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 6)
    )


def lenet(nn):
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, 10),
    )


CASES = (("wine 11-64-32-6, batch 32", wine, (32, 11), 6), ("LeNet-5, batch 64", lenet, None, 10))


def step_of(framework, build, shape, classes):
    """A function that makes one step."""
    shape = shape or (64, 1, 28, 28)
    net = build(framework.nn)
    optimizer = framework.optim.Adam(net.parameters(), lr=1e-3)
    criterion = framework.nn.CrossEntropyLoss()
    x = framework.randn(*shape)
    labels = [i % classes for i in range(shape[0])]
    y = framework.tensor(labels, dtype=framework.int64)

    def step():
        optimizer.zero_grad()
        loss = criterion(net(x), y)
        loss.backward()
        optimizer.step()

    return step


def seconds(step, count):
    begin = time.perf_counter()
    for _ in range(count):
        step()
    return (time.perf_counter() - begin) / count


def main():
    pn.set_num_threads(1)
    if torch is not None:
        torch.set_num_threads(1)
    for name, build, shape, classes in CASES:
        ours = step_of(pn, build, shape, classes)
        count = max(1, int(0.05 / seconds(ours, 20)))
        theirs = step_of(torch, build, shape, classes) if torch is not None else None
        pairs = []
        for _ in range(15):  # in turn
            pairs.append((seconds(ours, count), seconds(theirs, 20) if theirs else 0.0))
        mine, other = (statistics.median(column) * 1e6 for column in zip(*pairs))
        line = "%-26s %8.1f us" % (name, mine)
        print(line + ("   PyTorch %8.1f us   %.1f times" % (other, other / mine) if other else ""))


if __name__ == "__main__":
    main()
