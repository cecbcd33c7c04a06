#!/usr/bin/python3
"""Records what PyTorch computes, for tests that compare without PyTorch.

  tools/gen_torch_fixtures.py [--check] DIRECTORY

Writes one text file per family into DIRECTORY (tests/fixtures). With --check it writes nothing and
fails when a committed file differs from what the installed PyTorch computes.

A file has one case after the other, numbers in f64 with 17 digits:

  case NAME
  option KEY INTEGER...       what the op is called with
  tensor NAME DIM... : NUMBER...
  end

Tensors are the inputs (x, weight, bias, ...), `dy`, the result `y` and the gradients (dx, dweight,
dbias, ...) of sum(dy * y). To add a family, write a function that yields cases and add it to
FAMILIES.
"""

import os
import sys


class Case:
    """One call of an op; `run` maps the inputs, tensors that require gradients, to the result."""

    def __init__(self, name, options, inputs, run):
        self.name, self.options, self.inputs, self.run = name, options, inputs, run


def numbers(torch, seed, *dims):
    """Multiples of 1/64 in [-2, 2], so that files stay small; the same on every machine."""
    count = 1
    for dim in dims:
        count *= dim
    values, state = [], seed * 2654435761 % 2**32 or 1
    for _ in range(count):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(((state >> 16) % 257 - 128) / 64)
    return torch.tensor(values, dtype=torch.float64).reshape(dims)


def conv_cases(torch):
    # name, x, weight, bias?, stride, padding, dilation, groups
    rows = [
        ("plain", (2, 3, 5, 4), (4, 3, 3, 3), True, (1, 1), (0, 0), (1, 1), 1),
        ("padded", (1, 2, 5, 6), (3, 2, 3, 3), True, (1, 1), (1, 1), (1, 1), 1),
        ("stride over kernel", (2, 2, 7, 7), (2, 2, 2, 2), False, (3, 4), (0, 1), (1, 1), 1),
        ("padding over half kernel", (1, 1, 3, 3), (2, 1, 3, 2), True, (1, 2), (3, 2), (1, 1), 1),
        ("one pixel", (3, 4, 1, 1), (2, 4, 3, 3), True, (1, 1), (1, 1), (1, 1), 1),
        ("dilated", (1, 2, 7, 8), (2, 2, 3, 2), True, (2, 1), (1, 2), (2, 3), 1),
        ("groups", (2, 4, 4, 5), (6, 2, 3, 3), True, (1, 1), (1, 0), (1, 1), 2),
        ("depthwise", (2, 3, 5, 5), (3, 1, 3, 3), True, (2, 2), (1, 1), (1, 1), 3),
        ("depthwise, two filters", (1, 2, 4, 6), (4, 1, 1, 3), False, (1, 1), (0, 1), (1, 1), 2),
    ]
    for seed, (name, x, weight, bias, stride, padding, dilation, groups) in enumerate(rows):
        inputs = {
            "x": numbers(torch, 3 * seed + 1, *x),
            "weight": numbers(torch, 3 * seed + 2, *weight),
        }
        if bias:
            inputs["bias"] = numbers(torch, 3 * seed + 3, weight[0])
        options = {"stride": stride, "padding": padding, "dilation": dilation, "groups": (groups,)}

        def run(x, weight, bias=None, options=options):
            return torch.nn.functional.conv2d(
                x, weight, bias, options["stride"], options["padding"], options["dilation"],
                options["groups"][0])

        yield Case("conv2d " + name, options, inputs, run)


def conv_transpose_cases(torch):
    # name, x, weight, stride, padding, output_padding, dilation, groups
    rows = [
        ("plain", (2, 3, 4, 3), (3, 2, 3, 3), (1, 1), (0, 0), (0, 0), (1, 1), 1),
        ("doubling", (1, 2, 3, 4), (2, 3, 3, 3), (2, 2), (1, 1), (1, 1), (1, 1), 1),
        ("stride over kernel", (1, 2, 3, 3), (2, 2, 2, 1), (3, 2), (0, 0), (2, 1), (1, 1), 1),
        ("dilated groups", (2, 4, 3, 2), (4, 1, 2, 3), (2, 1), (1, 1), (0, 0), (1, 2), 2),
    ]
    for seed, (name, x, weight, stride, padding, extra, dilation, groups) in enumerate(rows):
        inputs = {
            "x": numbers(torch, 3 * seed + 101, *x),
            "weight": numbers(torch, 3 * seed + 102, *weight),
            "bias": numbers(torch, 3 * seed + 103, weight[1] * groups),
        }
        options = {"stride": stride, "padding": padding, "output_padding": extra,
                   "dilation": dilation, "groups": (groups,)}

        def run(x, weight, bias, options=options):
            return torch.nn.functional.conv_transpose2d(
                x, weight, bias, options["stride"], options["padding"], options["output_padding"],
                options["groups"][0], options["dilation"])

        yield Case("conv_transpose2d " + name, options, inputs, run)


FAMILIES = {
    "conv2d": conv_cases,
    "conv_transpose2d": conv_transpose_cases,
}


def tensor_line(name, tensor):
    dims = " ".join(str(dim) for dim in tensor.shape)
    values = " ".join("%.17g" % value for value in tensor.detach().reshape(-1).tolist())
    return "tensor %s %s : %s\n" % (name, dims, values)


def record(torch, case):
    inputs = {name: value.clone().requires_grad_(value.is_floating_point())
              for name, value in case.inputs.items()}
    y = case.run(**inputs)
    dy = numbers(torch, 7, *y.shape)
    y.backward(dy)
    text = "case %s\n" % case.name
    for key, values in case.options.items():
        text += "option %s %s\n" % (key, " ".join(str(value) for value in values))
    for name, value in inputs.items():
        text += tensor_line(name, value)
    text += tensor_line("dy", dy) + tensor_line("y", y)
    for name, value in inputs.items():
        if value.grad is not None:
            text += tensor_line("d" + name, value.grad)
    return text + "end\n"


def close(have, want):
    """Whether two files agree: words exactly, numbers to 1e-12."""
    have, want = have.split(), want.split()
    if len(have) != len(want):
        return False
    for h, w in zip(have, want):
        try:
            if abs(float(h) - float(w)) > 1e-12 * max(1, abs(float(w))):
                return False
        except ValueError:
            if h != w:
                return False
    return True


def main(arguments):
    check = "--check" in arguments
    directories = [argument for argument in arguments if argument != "--check"]
    if len(directories) != 1:
        sys.exit(__doc__)
    try:
        import torch
    except ImportError:
        print("no PyTorch: nothing to compare with")
        return 0 if check else 1
    torch.set_num_threads(1)
    wrong = 0
    for family, cases in FAMILIES.items():
        text = "".join(record(torch, case) for case in cases(torch))
        path = os.path.join(directories[0], family + ".txt")
        if not check:
            with open(path, "w", encoding="ascii") as file:
                file.write(text)
            continue
        with open(path, encoding="ascii") as file:
            if not close(file.read(), text):
                print("%s differs from what PyTorch %s computes" % (path, torch.__version__))
                wrong += 1
    print("%d families, PyTorch %s, %d differ" % (len(FAMILIES), torch.__version__, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
