"""The shipped networks for images give one file per seed: with 1, 2 and 3 threads, with AVX2 and
AVX-512, and when they are resumed. On a small slice of generated pictures.

    same_bits_test.py PROGRAM NAME
"""

import json
import os
import random
import subprocess
import sys
import tempfile

import datasets
import gen_datasets

FLAGS = {"avx2": {"avx2", "fma", "bmi2"}, "avx512": {"avx512f", "avx512bw", "avx512dq", "avx512vl"}}
ROWS = {"train": 101, "test": 20}


def has_isa(name):
    with open("/proc/cpuinfo", encoding="utf-8") as stream:
        for line in stream:
            if line.startswith("flags"):
                return FLAGS[name] <= set(line.split())
    return False


def write_slice():
    """Writes a little of the generated stand-in for MNIST."""
    pictures, _, _, decimals = datasets.DATASETS["mnist"]
    for part, rows in ROWS.items():
        generated = pictures(rows, random.Random(part))
        gen_datasets.write_part(".", "", part, generated, decimals)


def train(program, config, *more, isa=None):
    """Trains one epoch of an odd and an even batch, unless told otherwise."""
    command = [program, "train", config, "m.safetensors", "--json", "--quiet"]
    settings = ["data.train_file=train.csv", "data.train_labels=train_labels.csv",
                "data.test_file=test.csv", "data.test_labels=test_labels.csv",
                "training.batch_size=51", "training.epochs=1"]
    for setting in settings:
        command += ["--set", setting]
    env = dict(os.environ, **({"NEURAL_ISA": isa} if isa else {}))
    done = subprocess.run(command + list(more), stdout=subprocess.PIPE, text=True, check=False,
                          env=env)
    if done.returncode != 0:
        sys.exit("%s: exit code %d" % (" ".join(command), done.returncode))
    with open("m.safetensors", "rb") as stream:
        return json.loads(done.stdout.splitlines()[-1]), stream.read()


def check(condition, text):
    if not condition:
        sys.exit(text)


def check_threads_and_instruction_sets(program, config):
    _, expected = train(program, config, "--threads", "1")
    for isa in filter(has_isa, FLAGS):
        for threads in (1, 2, 3):
            case = "%s with %d threads" % (isa, threads)
            figures, file = train(program, config, "--threads", str(threads), isa=isa)
            check((figures["parallel_calls"] > 0) == (threads > 1), case + ": nothing was split")
            check(file == expected, case + ": another file")
            print("equal: " + case)


def check_resume(program, config):
    """A run of three epochs, again from its checkpoint after the second one."""
    three = ("--set", "training.epochs=3", "--set", "logging.save_checkpoint_every=2")
    _, expected = train(program, config, *three)
    os.remove("m.safetensors")
    figures, file = train(program, config, *three, "--resume")
    check(figures["steps"] == 6, "resumed: %d steps, expected 6" % figures["steps"])
    check(file == expected, "resumed: another file than of the whole run")
    print("equal: resumed after the second epoch")


def main(argv):
    program, name = os.path.abspath(argv[0]), argv[1]
    config = os.path.abspath(os.path.join("configs", name + ".ini"))
    os.chdir(tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR")))
    write_slice()
    if has_isa("avx2"):
        check_threads_and_instruction_sets(program, config)
    check_resume(program, config)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
