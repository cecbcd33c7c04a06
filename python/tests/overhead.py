"""What the smallest calls cost: microseconds each, the best of several rounds, one thread.

    python3 python/tests/overhead.py      bazel run //python/tests:overhead

PyTorch's figures stand beside where torch is installed; both are measured in turns.
"""

import timeit

import pyneural as pn

try:
    import torch
except ImportError:
    torch = None

ROUNDS, CALLS = 7, 20_000

STATEMENTS = (
    "x + y",
    "x * 2.0",
    "x.relu()",
    "x.sum()",
    "x @ x",
    "x[0]",
    "x.reshape(1)",
    "x.T",
    "x.shape",
    "x.item()",
    "zeros((1,))",
    "w * x",
    "(w * x).sum().backward()",
)


def names(package):
    return {
        "x": package.ones(1),
        "y": package.ones(1),
        "w": package.ones(1, requires_grad=True),
        "zeros": package.zeros,
    }


def best(statement, known):
    return min(timeit.repeat(statement, globals=known, number=CALLS, repeat=1)) / CALLS * 1e6


def main():
    pn.set_num_threads(1)
    packages = [("pyneural", names(pn))]
    if torch:
        torch.set_num_threads(1)
        packages.append(("torch", names(torch)))
    print("%-28s" % "us per call" + "".join("%10s" % name for name, _ in packages))
    for statement in STATEMENTS:
        found = [min(times) for times in zip(*(
            [best(statement, known) for _, known in packages] for _ in range(ROUNDS)
        ))]
        print("%-28s" % statement + "".join("%10.2f" % figure for figure in found))


if __name__ == "__main__":
    main()
