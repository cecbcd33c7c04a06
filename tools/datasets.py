"""Generated data sets: what each holds, row by row. Standard library only.

Every generator is a function of (rows, random) that yields (features, label) pairs; `random` is a
random.Random with a fixed seed, so a data set is the same on every machine.
"""

import math
import random


def xor(rows, rng):
    """The truth table of exclusive or, over and over."""
    del rng
    table = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]
    for i in range(rows):
        yield table[i % 4]


def sine(rows, rng):
    """y = sin(x), x uniform in [-pi, pi]."""
    for _ in range(rows):
        x = rng.uniform(-math.pi, math.pi)
        yield (x,), math.sin(x)


def spiral(rows, rng):
    """Two interleaved arms of 1.5 turns with a little noise; the label is the arm."""
    for i in range(rows):
        arm = i % 2
        t = math.sqrt(rng.random()) * 3 * math.pi
        radius = t / (3 * math.pi)
        angle = t + arm * math.pi
        yield (radius * math.cos(angle) + rng.gauss(0, 0.01),
               radius * math.sin(angle) + rng.gauss(0, 0.01)), arm


def blobs(features, classes, spread):
    """Gaussian clusters: one centre per class, standard normal, and noise of `spread` around it."""

    def generate(rows, rng):
        centres_rng = random.Random(features * 1000 + classes)
        centres = [[centres_rng.gauss(0, 1) for _ in range(features)] for _ in range(classes)]
        for i in range(rows):
            label = i % classes
            yield [c + rng.gauss(0, spread) for c in centres[label]], label

    return generate


def images(channels, side, classes):
    """Pictures in [0, 1]: each class is a sum of soft spots at its own places, moved by up to two
    pixels, with noise."""

    def generate(rows, rng):
        shapes_rng = random.Random(side * 100 + classes)
        spots = [[(shapes_rng.uniform(4, side - 5), shapes_rng.uniform(4, side - 5))
                  for _ in range(4)] for _ in range(classes * channels)]
        for i in range(rows):
            label = i % classes
            dx, dy = rng.randint(-2, 2), rng.randint(-2, 2)
            pixels = []
            for channel in range(channels):
                places = spots[label * channels + channel]
                for y in range(side):
                    for x in range(side):
                        ink = sum(math.exp(-((x - sx - dx) ** 2 + (y - sy - dy) ** 2) / 6)
                                  for sx, sy in places)
                        pixels.append(min(1.0, max(0.0, ink + rng.gauss(0, 0.1))))
            yield pixels, label

    return generate


def housing(rows, rng):
    """13 features of a made-up town and a price of about 5 to 50: partly linear, partly not."""
    for _ in range(rows):
        x = [rng.gauss(0, 1) for _ in range(13)]
        price = (22 + 4 * x[5] - 3 * x[12] + 2 * x[0] * x[4] + 2 * math.sin(2 * x[7])
                 + 1.5 * abs(x[10]) + rng.gauss(0, 1.5))
        yield x, price


def wine(rows, rng):
    """11 measurements and a grade from 3 to 8 that follows them loosely: the shape and the class
    balance of the red wine data, for machines that do not have it (prepare_wine_quality.py)."""
    cuts = (-2.3, -1.65, -0.1, 0.95, 2.1)
    for _ in range(rows):
        x = [rng.gauss(0, 1) for _ in range(11)]
        merit = 0.6 * x[10] - 0.5 * x[1] + 0.4 * x[9] + 0.3 * math.tanh(x[6] * x[10])
        merit = merit / 0.93 + rng.gauss(0, 0.35)
        yield [8 + x[0], *x[1:]], 3 + sum(merit > cut for cut in cuts)


# name: (generator, training rows, test rows, decimals of the features)
DATASETS = {
    "xor": (xor, 4, 4, 0),
    "sine": (sine, 1000, 200, 9),
    "spiral": (spiral, 800, 200, 9),
    "deep": (blobs(10, 10, 0.35), 2000, 500, 6),
    "mnist": (images(1, 28, 10), 1000, 200, 4),
    "iris": (blobs(4, 3, 0.3), 120, 30, 4),
    "boston": (housing, 404, 102, 6),
    "cifar10": (images(3, 32, 10), 300, 60, 4),
}
