#!/usr/bin/python3
"""Records the rates of PyTorch's schedulers, for tests that compare without it.

  tools/gen_torch_schedules.py [--check] FILE

Writes FILE (tests/fixtures/schedules.txt) in the format of gen_torch_fixtures.py: a case per
scheduler, `tensor lr` its rates from base 0.1 at t = 0, 1, ..., of OneCycleLR also `tensor
momentum`. With --check it writes nothing and fails when FILE differs.
"""

import sys
import warnings

import fixture_file

STEPS = 60
METRICS = [9, 8, 8, 8, 8, 7.9999, 8.5, 8, 8, 8, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 2.9, 5, 5, 5, 5, 5, 5,
           5, 5, 5]


def rates(torch, make, metrics=None):
    """lr and momentum of SGD under make(optimizer), before each step."""
    weight = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.SGD([weight], lr=0.1, momentum=0.9)
    scheduler = make(optimizer)
    lr, momentum = [], []
    for t in range(len(metrics) if metrics else STEPS):
        lr.append(optimizer.param_groups[0]["lr"])
        momentum.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        if metrics:
            scheduler.step(metrics[t])
        elif t + 1 < STEPS:
            scheduler.step()
    return lr, momentum


def schedulers(torch):
    s = torch.optim.lr_scheduler
    yield "step", lambda o: s.StepLR(o, 7, 0.5), None
    yield "multi step", lambda o: s.MultiStepLR(o, [3, 10, 11, 40], 0.3), None
    yield "exponential", lambda o: s.ExponentialLR(o, 0.95), None
    yield "cosine", lambda o: s.CosineAnnealingLR(o, 59, 0.001), None
    yield "restarts", lambda o: s.CosineAnnealingWarmRestarts(o, 6, 2, 0.01), None
    yield "equal restarts", lambda o: s.CosineAnnealingWarmRestarts(o, 9), None
    yield "linear", lambda o: s.LinearLR(o, 0.25, 0.75, 20), None
    yield "polynomial", lambda o: s.PolynomialLR(o, 45, 2), None
    yield "one cycle", lambda o: s.OneCycleLR(o, 0.1, total_steps=STEPS), None
    yield "short one cycle", lambda o: s.OneCycleLR(
        o, 0.1, total_steps=STEPS, pct_start=0.1, div_factor=10, final_div_factor=100,
        base_momentum=0.8, max_momentum=0.9), None
    yield "warm-up, then cosine", lambda o: s.SequentialLR(
        o, [s.LinearLR(o, 0.1, 1, 5), s.CosineAnnealingLR(o, 55)], [5]), None
    yield "chain of linear and exponential", lambda o: s.ChainedScheduler(
        [s.LinearLR(o, 0.1, 1, 8), s.ExponentialLR(o, 0.9)]), None
    yield "plateau", lambda o: s.ReduceLROnPlateau(o, patience=2, factor=0.5, cooldown=1), METRICS
    yield "plateau, absolute, of a maximum", lambda o: s.ReduceLROnPlateau(
        o, mode="max", patience=1, factor=0.2, threshold=0.5, threshold_mode="abs",
        min_lr=0.0005), METRICS


def files(torch, path):
    warnings.simplefilter("ignore")
    text = ""
    for name, make, metrics in schedulers(torch):
        lr, momentum = rates(torch, make, metrics)
        text += "case %s\n" % name
        for key, values in (("lr", lr), ("momentum", momentum), ("metric", metrics)):
            if values and min(values) < max(values):
                text += fixture_file.tensor_line(key, (len(values),), values)
        text += "end\n"
    yield path, text


def main(arguments):
    return fixture_file.run(arguments, __doc__, "torch", files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
