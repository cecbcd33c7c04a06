"""pandas.read_csv for bench/data_bench.cc: a path a line in, the seconds it took out."""

import sys
import time

import pandas

for line in sys.stdin:
    start = time.perf_counter()
    frame = pandas.read_csv(line.strip(), header=None)
    seconds = time.perf_counter() - start
    del frame
    print("%.6f" % seconds, flush=True)
