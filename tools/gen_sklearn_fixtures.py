#!/usr/bin/python3
"""Records what scikit-learn computes, for tests that compare without it.

  tools/gen_sklearn_fixtures.py [--check] FILE

Writes FILE (tests/fixtures/metrics.txt) in the format of gen_torch_fixtures.py: a case per kind of
prediction, its inputs, and one tensor of a single number per metric (per class: one number each).
With --check it writes nothing and fails when FILE differs from what the installed scikit-learn
computes.
"""

import sys
import warnings

import fixture_file


class Numbers:
    """The same whole numbers on every machine."""

    def __init__(self, seed):
        self.state = seed * 2654435761 % 2**32 or 1

    def below(self, limit):
        self.state = (self.state * 1664525 + 1013904223) % 2**32
        return (self.state >> 16) % limit


def label_metrics(metrics, target, predicted, classes):
    yield "accuracy", [metrics.accuracy_score(target, predicted)]
    yield "balanced_accuracy", [metrics.balanced_accuracy_score(target, predicted)]
    yield "mcc", [metrics.matthews_corrcoef(target, predicted)]
    for average in ("macro", "micro", "weighted"):
        yield average, list(metrics.precision_recall_fscore_support(
            target, predicted, average=average, zero_division=0)[:3])
    names = ("precision", "recall", "f1", "support")
    values = metrics.precision_recall_fscore_support(
        target, predicted, labels=list(range(classes)), zero_division=0)
    for name, value in zip(names, values):
        yield name, [float(v) for v in value]


def class_case(metrics, name, seed, rows, classes, resolution, label):
    """Probabilities are whole multiples of 1/resolution before they are scaled to sum 1; labels
    are label(random number, the row's largest class)."""
    random = Numbers(seed)
    p, target = [], []
    for _ in range(rows):
        raw = [1 + random.below(resolution) for _ in range(classes)]
        p.append([value / sum(raw) for value in raw])
        target.append(label(random, raw.index(max(raw))))
    predicted = [row.index(max(row)) for row in p]
    results = dict(label_metrics(metrics, target, predicted, classes))
    results["log_loss"] = [metrics.log_loss(target, p, labels=list(range(classes)))]
    if set(target) == set(range(classes)):
        for key, area in (("roc_auc_ovr", metrics.roc_auc_score),
                          ("pr_auc_ovr", metrics.average_precision_score)):
            results[key] = [sum(area([t == c for t in target], [row[c] for row in p])
                                for c in range(classes)) / classes]
    if resolution > 1000 and classes > 2:
        results["top_2"] = [metrics.top_k_accuracy_score(
            target, p, k=2, labels=list(range(classes)))]
    inputs = {"probabilities": ((rows, classes), sum(p, [])), "labels": ((rows,), target)}
    return "classes " + name, inputs, results


def binary_case(metrics, name, rows, pairs):
    p, target = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    assert len(p) == rows
    results = dict(label_metrics(metrics, target, [int(value > 0.5) for value in p], 2))
    results["pr_auc"] = [metrics.average_precision_score(target, p)]
    results["roc_auc"] = [metrics.roc_auc_score(target, p)]
    results["log_loss"] = [metrics.log_loss(target, p)]
    results["brier"] = [metrics.brier_score_loss(target, p)]
    return "binary " + name, {"probabilities": ((rows,), p), "targets": ((rows,), target)}, results


def value_case(metrics, name, outputs, prediction, target):
    def table(values):
        return [values[i:i + outputs] for i in range(0, len(values), outputs)]

    dims = (len(target) // outputs, outputs)
    mse = metrics.mean_squared_error(table(target), table(prediction))
    results = {
        "mae": [metrics.mean_absolute_error(table(target), table(prediction))],
        "mse": [mse],
        "rmse": [mse**0.5],
        "r2": [metrics.r2_score(table(target), table(prediction))],
    }
    return "values " + name, {"prediction": (dims, prediction), "target": (dims, target)}, results


def cases(metrics):
    yield class_case(metrics, "at random", 1, 97, 4, 4096, lambda r, best: r.below(4))
    yield class_case(metrics, "mostly right", 2, 61, 3, 4096,
                     lambda r, best: best if r.below(4) else r.below(3))
    yield class_case(metrics, "with ties", 3, 83, 5, 3, lambda r, best: r.below(5))
    yield class_case(metrics, "all right", 4, 40, 4, 4096, lambda r, best: best)
    yield class_case(metrics, "a class that never occurs", 5, 50, 4, 4096,
                     lambda r, best: (best + 1) % 3)
    yield class_case(metrics, "one class only", 6, 30, 3, 4096, lambda r, best: 1)
    yield class_case(metrics, "two", 7, 33, 2, 4096, lambda r, best: r.below(2))
    random = Numbers(8)
    yield binary_case(metrics, "at random", 101,
                      [(random.below(4097) / 4096, random.below(2)) for _ in range(101)])
    yield binary_case(metrics, "with ties", 89,
                      [(random.below(6) / 8 + 0.125, random.below(2)) for _ in range(89)])
    yield binary_case(metrics, "equal scores", 10, [(0.25, i % 2) for i in range(10)])
    yield binary_case(metrics, "sure and wrong", 6, [(i % 2, i // 3) for i in range(6)])
    yield binary_case(metrics, "separated", 20, [(i / 32, int(i > 12)) for i in range(20)])
    many = [random.below(2001) / 100 - 10 for _ in range(120)]
    yield value_case(metrics, "one output", 1, many[:60], many[60:])
    yield value_case(metrics, "three outputs", 3, many[:60], many[60:])
    yield value_case(metrics, "equal targets", 1, many[:7], [0.5] * 7)
    yield value_case(metrics, "equal targets, met", 2, [0.5, 3.0] * 7, [0.5, 3.0] * 7)
    yield value_case(metrics, "met", 1, many[:9], many[:9])


def files(metrics, path):
    warnings.simplefilter("ignore")  # classes without rows are in the cases on purpose
    text = ""
    for name, inputs, results in cases(metrics):
        text += "case %s\n" % name
        for key, (dims, values) in inputs.items():
            text += fixture_file.tensor_line(key, dims, values)
        for key, values in results.items():
            text += fixture_file.tensor_line(key, (len(values),), values)
        text += "end\n"
    yield path, text


def main(arguments):
    return fixture_file.run(arguments, __doc__, "sklearn.metrics", files)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
