"""The losses of gen_torch_fixtures.py.

Options: reduction (0 mean, 1 sum, 2 batchmean, 3 none), setting (delta, beta or label smoothing in
64ths), ignore_index, log_target. Inputs: x, and target or labels, and weights of the classes.
"""

REDUCTIONS = ["mean", "sum", "batchmean", "none"]


def value_cases(torch, case, numbers):
    functional = torch.nn.functional

    def unit(seed, *dims):
        return (numbers(torch, seed, *dims) + 2.25) / 4.5

    def logs(seed, *dims):
        return torch.log_softmax(numbers(torch, seed, *dims), -1)

    def plain(seed, *dims):
        return numbers(torch, seed, *dims)

    def kl(log_target):
        return lambda x, t, r, s: functional.kl_div(x, t, reduction=r, log_target=log_target)

    # name, input, target, setting in 64ths, loss
    rows = [
        ("mse", plain, plain, None, lambda x, t, r, s: functional.mse_loss(x, t, reduction=r)),
        ("l1", plain, plain, None, lambda x, t, r, s: functional.l1_loss(x, t, reduction=r)),
        ("huber", plain, plain, 48,
         lambda x, t, r, s: functional.huber_loss(x, t, reduction=r, delta=s)),
        ("smooth_l1", plain, plain, 48,
         lambda x, t, r, s: functional.smooth_l1_loss(x, t, reduction=r, beta=s)),
        ("smooth_l1", plain, plain, 0,
         lambda x, t, r, s: functional.smooth_l1_loss(x, t, reduction=r, beta=s)),
        ("bce", unit, unit, None,
         lambda x, t, r, s: functional.binary_cross_entropy(x, t, reduction=r)),
        ("bce_with_logits", plain, unit, None,
         lambda x, t, r, s: functional.binary_cross_entropy_with_logits(x, t, reduction=r)),
        ("kl_div", logs, unit, None, kl(False)),
        ("kl_div log_target", logs, logs, None, kl(True)),
    ]
    for name, make_x, make_target, setting, loss in rows:
        for reduction, word in enumerate(REDUCTIONS):
            if word == "batchmean" and not name.startswith("kl_div"):
                continue
            for seed, dims in [(1, (3, 5)), (11, (7,))]:
                options = {"reduction": (reduction,)}
                if setting is not None:
                    options["setting"] = (setting,)
                inputs = {"x": make_x(seed, *dims), "target": make_target(seed + 1, *dims)}

                def run(x, target, loss=loss, word=word, setting=setting):
                    return loss(x, target, word, None if setting is None else setting / 64)

                yield case(name, options, inputs, run)


def class_cases(torch, case, numbers):
    functional = torch.nn.functional
    # name, rows, classes, weighted, smoothing in 64ths, ignored label
    rows = [
        ("cross_entropy", 4, 3, False, 0, None),
        ("cross_entropy", 5, 4, True, 0, None),
        ("cross_entropy", 4, 3, False, 8, None),
        ("cross_entropy", 5, 4, True, 8, None),
        ("cross_entropy", 5, 3, False, 8, -100),
        ("cross_entropy", 6, 4, True, 8, 2),
        ("nll", 4, 3, False, 0, None),
        ("nll", 6, 4, True, 0, None),
        ("nll", 6, 4, True, 0, 1),
    ]
    for seed, (name, count, classes, weighted, smoothing, ignored) in enumerate(rows):
        for reduction, word in enumerate(REDUCTIONS):
            if word == "batchmean":
                continue
            labels = torch.arange(count) * 5 % classes
            if ignored is not None:
                labels[1] = ignored
            options = {"reduction": (reduction,), "setting": (smoothing,)}
            if ignored is not None:
                options["ignore_index"] = (ignored,)
            inputs = {"x": numbers(torch, 31 + seed, count, classes), "labels": labels}
            if weighted:
                inputs["weights"] = (torch.arange(classes) + 1).to(torch.float64) / 2

            def run(x, labels, weights=None, name=name, word=word, smoothing=smoothing,
                    ignored=ignored):
                settings = {"weight": None if weights is None else weights.detach(),
                            "reduction": word,
                            "ignore_index": -100 if ignored is None else ignored}
                if name == "nll":
                    return functional.nll_loss(x, labels, **settings)
                return functional.cross_entropy(x, labels, label_smoothing=smoothing / 64,
                                                **settings)

            yield case(name, options, inputs, run)


def cases(torch, case, numbers):
    yield from value_cases(torch, case, numbers)
    yield from class_cases(torch, case, numbers)
