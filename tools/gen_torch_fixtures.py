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

Tensors are the inputs (x, weight, bias, ...), `dy`, the result `y`, the gradients (dx, dweight,
dbias, ...) of sum(dy * y), and `new_running_mean`, ... where the op changes `running_mean`, ....
To add a family, write a function that yields cases and add it to
FAMILIES.
"""

import os
import sys

import fixture_file
import torch_fixtures_losses


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


def pool_cases(torch, op, last_option, rows):
    """Rows of name, x, window, stride, padding, the pair of the last option, ceil_mode."""
    for seed, (name, x, window, stride, padding, last, ceil_mode) in enumerate(rows):
        options = {"window": window, "stride": stride, "padding": padding, last_option: last,
                   "ceil_mode": (ceil_mode,)}

        def run(x, options=options):
            window = (options["window"], options["stride"], options["padding"])
            if op == "max_pool2d":
                return torch.max_pool2d(x, *window, options["dilation"],
                                        bool(options["ceil_mode"][0]))
            return torch.nn.functional.avg_pool2d(
                x, *window, bool(options["ceil_mode"][0]), bool(options["count_include_pad"][0]))

        yield Case(op + " " + name, options, {"x": numbers(torch, seed + 201, *x)}, run)


def max_pool_cases(torch):
    return pool_cases(torch, "max_pool2d", "dilation", [
        ("halves", (2, 2, 6, 4), (2, 2), (2, 2), (0, 0), (1, 1), 0),
        ("halves of odd sides", (1, 2, 5, 7), (2, 2), (2, 2), (0, 0), (1, 1), 0),
        ("overlapping", (2, 1, 6, 7), (3, 3), (1, 1), (1, 1), (1, 1), 0),
        ("overlapping by two", (1, 2, 9, 8), (3, 3), (2, 2), (1, 1), (1, 1), 0),
        ("large window", (1, 1, 7, 9), (5, 5), (1, 1), (2, 2), (1, 1), 0),
        ("oblong", (1, 2, 6, 8), (2, 4), (1, 1), (1, 2), (1, 1), 0),
        ("stride over kernel", (1, 2, 8, 9), (2, 2), (3, 4), (0, 1), (1, 1), 0),
        ("ceil_mode", (1, 2, 6, 5), (3, 2), (2, 3), (0, 1), (1, 1), 1),
        ("ceil_mode, last window in the padding", (1, 1, 4, 5), (2, 2), (2, 2), (1, 1), (1, 1), 1),
        ("dilated", (2, 1, 8, 7), (3, 2), (1, 2), (1, 1), (2, 3), 0),
        ("one pixel", (3, 2, 1, 1), (3, 3), (1, 1), (1, 1), (1, 1), 0),
        ("one pixel, window of one", (1, 3, 1, 1), (1, 1), (1, 1), (0, 0), (1, 1), 0),
    ])


def avg_pool_cases(torch):
    return pool_cases(torch, "avg_pool2d", "count_include_pad", [
        ("halves", (2, 2, 6, 4), (2, 2), (2, 2), (0, 0), (1,), 0),
        ("overlapping", (2, 1, 6, 7), (3, 3), (1, 1), (1, 1), (1,), 0),
        ("overlapping, without padding", (2, 1, 6, 7), (3, 3), (1, 1), (1, 1), (0,), 0),
        ("overlapping by two", (1, 2, 9, 8), (3, 3), (2, 2), (1, 1), (1,), 0),
        ("large window", (1, 1, 7, 9), (5, 4), (1, 2), (2, 2), (0,), 0),
        ("stride over kernel", (1, 2, 8, 9), (2, 2), (3, 4), (0, 1), (1,), 0),
        ("ceil_mode", (1, 2, 6, 5), (3, 2), (2, 3), (0, 1), (1,), 1),
        ("ceil_mode, without padding", (1, 2, 6, 5), (3, 2), (2, 3), (1, 1), (0,), 1),
        ("one pixel", (3, 2, 1, 1), (3, 3), (1, 1), (1, 1), (1,), 0),
        ("one pixel, without padding", (3, 2, 1, 1), (3, 3), (1, 1), (1, 1), (0,), 0),
    ])


def adaptive_avg_pool_cases(torch):
    rows = [((2, 2, 5, 7), (1, 1)), ((1, 2, 5, 7), (3, 4)), ((2, 1, 2, 3), (5, 7)),
            ((3, 2, 1, 1), (2, 2)), ((1, 1, 8, 8), (4, 2))]
    for seed, (x, out) in enumerate(rows):
        def run(x, out=out):
            return torch.nn.functional.adaptive_avg_pool2d(x, out)

        yield Case("adaptive_avg_pool2d to %dx%d" % out, {"out": out},
                   {"x": numbers(torch, seed + 301, *x)}, run)


def batch_norm_cases(torch):
    # name, x, training, affine?
    rows = [("plane", (2, 3, 3, 4), 1, True), ("one sample", (1, 2, 3, 3), 1, True),
            ("one pixel", (5, 3, 1, 1), 1, True), ("columns", (6, 5), 1, True),
            ("many columns", (3, 70), 1, True), ("one dimension", (2, 3, 5), 1, False),
            ("evaluation", (2, 3, 2, 2), 0, True), ("columns in evaluation", (1, 4), 0, True)]
    for seed, (name, x, training, affine) in enumerate(rows):
        inputs = {"x": numbers(torch, 5 * seed + 401, *x),
                  "running_mean": numbers(torch, 5 * seed + 402, x[1]),
                  "running_var": numbers(torch, 5 * seed + 403, x[1]).abs() + 0.25}
        if affine:
            inputs["gamma"] = numbers(torch, 5 * seed + 404, x[1])
            inputs["beta"] = numbers(torch, 5 * seed + 405, x[1])

        def run(x, running_mean, running_var, gamma=None, beta=None, training=training):
            return torch.nn.functional.batch_norm(
                x, running_mean, running_var, gamma, beta, bool(training))

        yield Case("batch_norm " + name, {"training": (training,)}, inputs, run)


def row_norm_cases(torch):
    """layer_norm and rms_norm over the last `dims` dimensions, group_norm in `groups`."""
    functional = torch.nn.functional

    def rms_norm(x, gamma, dims):
        over = tuple(range(-dims, 0))
        return x * torch.rsqrt(x.square().mean(over, keepdim=True) + 1e-5) * gamma

    rows = [("layer_norm", (4, 5), 1), ("layer_norm", (2, 3, 4), 2), ("layer_norm", (1, 1), 1),
            ("layer_norm", (2, 67), 1), ("rms_norm", (4, 5), 1), ("rms_norm", (2, 3, 4), 2),
            ("group_norm", (2, 6, 3, 2), 3), ("group_norm", (1, 4, 1, 1), 2),
            ("group_norm", (3, 4, 5), 4), ("group_norm", (2, 4), 1)]
    for seed, (op, x, number) in enumerate(rows):
        of = x[1:2] if op == "group_norm" else x[-number:]
        inputs = {"x": numbers(torch, 3 * seed + 501, *x),
                  "gamma": numbers(torch, 3 * seed + 502, *of)}
        if op != "rms_norm":
            inputs["beta"] = numbers(torch, 3 * seed + 503, *of)

        def run(x, gamma, beta=None, op=op, number=number, of=of):
            if op == "layer_norm":
                return functional.layer_norm(x, of, gamma, beta)
            if op == "group_norm":
                return functional.group_norm(x, number, gamma, beta)
            return rms_norm(x, gamma, number)

        yield Case("%s of %s" % (op, "x".join(map(str, x))), {op: (number,)}, inputs, run)


def embedding_cases(torch):
    # name, table, index, padding
    rows = [("plain", (5, 3), [[4, 0], [2, 4], [4, 4]], -1), ("one row", (1, 4), [0], -1),
            ("one column", (7, 1), [6, 3, 3, 0], -1), ("padding", (4, 3), [1, 2, 1, 3, 2], 1)]
    for seed, (name, table, index, padding) in enumerate(rows):
        inputs = {"weight": numbers(torch, seed + 601, *table), "index": torch.tensor(index)}

        def run(weight, index, padding=padding):
            return torch.nn.functional.embedding(
                index, weight, padding if padding >= 0 else None)

        yield Case("embedding " + name, {"padding": (padding,)}, inputs, run)


FAMILIES = {
    "conv2d": conv_cases,
    "conv_transpose2d": conv_transpose_cases,
    "max_pool2d": max_pool_cases,
    "avg_pool2d": avg_pool_cases,
    "adaptive_avg_pool2d": adaptive_avg_pool_cases,
    "batch_norm": batch_norm_cases,
    "row_norms": row_norm_cases,
    "embedding": embedding_cases,
    "losses": lambda torch: torch_fixtures_losses.cases(torch, Case, numbers),
}


def torch_line(name, tensor):
    return fixture_file.tensor_line(name, tensor.shape, tensor.detach().reshape(-1).tolist())


def record(torch, case):
    inputs = {name: value.clone().requires_grad_(
        value.is_floating_point() and not name.startswith("running"))
              for name, value in case.inputs.items()}
    y = case.run(**inputs)
    dy = numbers(torch, 7, *y.shape)
    y.backward(dy)
    text = "case %s\n" % case.name
    for key, values in case.options.items():
        text += "option %s %s\n" % (key, " ".join(str(value) for value in values))
    for name, value in case.inputs.items():
        text += torch_line(name, value)
    text += torch_line("dy", dy) + torch_line("y", y)
    for name, value in inputs.items():
        if value.grad is not None:
            text += torch_line("d" + name, value.grad)
        elif name.startswith("running"):
            text += torch_line("new_" + name, value)
    return text + "end\n"


def files(torch, directory):
    torch.set_num_threads(1)
    for family, cases in FAMILIES.items():
        text = "".join(record(torch, case) for case in cases(torch))
        yield os.path.join(directory, family + ".txt"), text


def main(arguments):
    return fixture_file.run(arguments, __doc__, "torch", files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
