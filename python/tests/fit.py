"""Whole runs: ConfigTrainer.fit beside `neural train` on the same config, whole processes' worth.

    bazel run -c opt //python/tests:fit

1,280 generated rows, 11-64-32-6, 300 epochs; the times in turns, medians of 5. The program's time
holds its start; pyneural is imported once.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time

import prepare_wine_quality
import pyneural as pn

CONFIG = """[model]
architecture = 11,64,32,6
hidden_activation = relu
[data]
train_file = csv/wine_train.csv
label_column = quality
normalize = minmax
[training]
epochs = 300
batch_size = 32
learning_rate = 0.003
optimizer = adam
[performance]
num_threads = 1
[options]
random_seed = 1
"""


def seconds(run):
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main(program):
    program = os.path.abspath(program)
    os.chdir(tempfile.mkdtemp())
    prepare_wine_quality.main(["--generated"])
    with open("wine.ini", "w") as file:
        file.write(CONFIG)
    models = []

    def fit():
        trainer = pn.ConfigTrainer("wine.ini")
        trainer.fit(verbose=False)
        models[:] = [trainer.model.digest()]

    def train():
        words = [program, "train", "wine.ini", "wine.safetensors", "--quiet"]
        subprocess.run(words, check=True)

    ours, program_times = [], []
    for _ in range(5):
        ours.append(seconds(fit))
        program_times.append(seconds(train))
    a, b = statistics.median(ours), statistics.median(program_times)
    print("ConfigTrainer.fit %.3f s, neural train %.3f s, ratio %.2f" % (a, b, a / b))
    same = models[0] == pn.load_model("wine.safetensors").digest()
    print("same weights" if same else "other weights")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
