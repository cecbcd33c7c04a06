#!/usr/bin/python3
"""Writes the Mackey-Glass series as a forecasting task: mackey_glass_train.csv and
mackey_glass_test.csv, 500 rows each. Standard library only.

    tools/gen_mackey_glass.py [--out DIR] [--rows N]

dx/dt = 0.2 x(t - 17) / (1 + x(t - 17)^10) - 0.1 x(t), x(0) = 1.2, x = 0 before; fourth-order
Runge-Kutta with step 0.1, the delayed value between two steps from the cubic through both values
and slopes. Columns are x(t-18), x(t-12), x(t-6), x(t) and what is to be forecast, x(t+6);
t = 118 ... 1117, the first half for training (Jang, "ANFIS", 1993).
"""

import argparse
import os
import sys

TAU = 17
STEPS = 10  # of one unit of time
FIRST = 118
LAGS = (-18, -12, -6, 0, 6)
COLUMNS = ("x_18", "x_12", "x_6", "x_0", "y")


def slope(x, delayed):
    return 0.2 * delayed / (1.0 + delayed**10) - 0.1 * x


def series(last):
    """x at t = 0, 1 ... last."""
    h = 1.0 / STEPS
    x, slopes = [1.2], []
    for i in range(last * STEPS):
        j = i - TAU * STEPS
        begin, middle, end = 0.0, 0.0, 0.0  # the delayed value; x jumps to 1.2 at t = 0
        if j >= 0:
            begin, end = x[j], x[j + 1]
            middle = (begin + end) / 2 + h / 8 * (slopes[j] - slopes[j + 1])
        a = slope(x[i], begin)
        b = slope(x[i] + h / 2 * a, middle)
        c = slope(x[i] + h / 2 * b, middle)
        d = slope(x[i] + h * c, end)
        slopes.append(a)
        x.append(x[i] + h / 6 * (a + 2 * b + 2 * c + d))
    return x[::STEPS]


def write(path, x, times):
    with open(path, "w", encoding="ascii") as file:
        file.write(",".join(COLUMNS) + "\n")
        for t in times:
            file.write(",".join(repr(x[t + lag]) for lag in LAGS) + "\n")


def main(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--out", default="csv", help="directory to write to (csv)")
    parser.add_argument("--rows", type=int, default=500, help="of each file (500)")
    arguments = parser.parse_args(argv)
    os.makedirs(arguments.out, exist_ok=True)
    x = series(FIRST + 2 * arguments.rows + LAGS[-1])
    for part, first in (("train", FIRST), ("test", FIRST + arguments.rows)):
        path = os.path.join(arguments.out, "mackey_glass_%s.csv" % part)
        write(path, x, range(first, first + arguments.rows))
    print("%s/: %d training and %d test rows" % (arguments.out, arguments.rows, arguments.rows))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
