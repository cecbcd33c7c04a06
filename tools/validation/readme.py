#!/usr/bin/python3
"""Does what README.md shows, from the project's root.

    tools/validation/readme.py --list   names what there is
    tools/validation/readme.py NAME     python, c or transcript: runs it, looks at the result

`commands()` returns the lines of the shell blocks, which the suite runs one by one.
"""

import os
import re
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


def text():
    with open(os.path.join(ROOT, "README.md")) as file:
        return file.read()


def blocks(language):
    """The fenced blocks of a language, in order."""
    return [body for kind, body in _FENCE.findall(text()) if kind == language]


def commands():
    """The commands of the shell blocks, without their comments."""
    lines = "".join(blocks("sh")).splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def labels():
    """The Bazel targets that the page names."""
    return sorted(set(re.findall(r"(?<![\w/])//[\w/]+:[\w.]+", text())))


def _run(command, directory, **more):
    return subprocess.run(
        command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        check=False, **more
    )


def python_block(directory):
    """Learns XOR: prints a small loss and four probabilities."""
    more = {"PYTHONPATH": ROOT + "/python", "PYNEURAL_LIBRARY": ROOT + "/libneural.so"}
    done = _run([sys.executable, "-c", blocks("python")[0]], directory,
                env=dict(os.environ, **more))
    numbers = [float(number) for number in re.findall(r"\d+\.\d+(?:e-?\d+)?", done.stdout)]
    found = [round(number) for number in numbers[1:]]
    if done.returncode or len(numbers) != 5 or numbers[0] > 0.05 or found != [0, 1, 1, 0]:
        sys.exit(done.stdout + "\nwant a loss below 0.05 and [0, 1, 1, 0]")
    print(done.stdout)


# What stands around the block: 64 points in a circle or around it, and the last loss.
_C_BEFORE = """
#include <math.h>
#include <stdio.h>
int main(void) {
    const int64_t dims[] = {64, 2}, target[] = {64, 1};
    neural_tensor *x, *y;
    double last = 1;
    if (neural_tensor_create(2, dims, NEURAL_DTYPE_F32, &x)) return 1;
    if (neural_tensor_create(2, target, NEURAL_DTYPE_F32, &y)) return 1;
    for (int i = 0; i < 64; i++) {
        ((float *)neural_tensor_data(x))[2 * i] = (float)(cos(0.4 * i) * (i % 2 + 0.5));
        ((float *)neural_tensor_data(x))[2 * i + 1] = (float)(sin(0.4 * i) * (i % 2 + 0.5));
        ((float *)neural_tensor_data(y))[i] = (float)(i % 2);
    }
"""
_C_AFTER = """
    printf("%f\\n", last);
    neural_optimizer_destroy(adam);
    neural_parameters_destroy(weights);
    neural_layer_destroy(net);
    neural_tensor_release(x);
    neural_tensor_release(y);
    return 0;
}
"""
_RELEASE = "    neural_tensor_release(loss);\n"


def c_block(directory):
    """Compiles and runs: the loss of its last step is small."""
    include, _, body = blocks("c")[0].partition("\n")
    reading = "    neural_tensor_item(loss, &last);\n"
    if _RELEASE not in body:
        sys.exit("the block in C does not release its loss")
    source = include + _C_BEFORE + body.replace(_RELEASE, reading + _RELEASE) + _C_AFTER
    with open(os.path.join(directory, "readme.c"), "w") as file:
        file.write(source)
    build = ["cc", "-std=c11", "-Wall", "-Werror", "-I" + ROOT, "readme.c", "-o", "readme",
             ROOT + "/libneural.so", "-lm", "-Wl,-rpath," + ROOT]
    for command in (build, ["./readme"]):
        done = _run(command, directory)
        if done.returncode:
            sys.exit(done.stdout)
    if not float(done.stdout) < 0.05:
        sys.exit("the last loss is %s, want below 0.05" % done.stdout)
    print("last loss", done.stdout)


def transcript(directory):
    """The commands behind `$`, with the config above them; a line shown below one has to come."""
    with open(os.path.join(directory, "fashion.ini"), "w") as file:
        file.write(blocks("ini")[0])
    with open(os.path.join(directory, "pictures.csv"), "w") as file:
        file.write("".join(",".join(["0"] * 784) + "\n" for _ in range(3)))
    os.symlink(ROOT + "/neural_framework", os.path.join(directory, "neural_framework"))
    shown = [block for block in blocks("") if block.startswith("$ ")][0]
    for step in shown[2:].split("\n$ "):
        command, _, wanted = step.strip().partition("\n")
        done = _run(command, directory, shell=True)
        print("$ %s\n%s" % (command, done.stdout[-1500:]))
        if (done.returncode != 0) != bool(wanted) or wanted.strip() not in done.stdout:
            sys.exit("status %d, want the text %r" % (done.returncode, wanted))


RUNS = {"python": python_block, "c": c_block, "transcript": transcript}


def main(argv):
    if argv == ["--list"]:
        print("\n".join(list(RUNS) + commands() + labels()))
    elif len(argv) == 1 and argv[0] in RUNS:
        with tempfile.TemporaryDirectory() as directory:
            RUNS[argv[0]](directory)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
