#!/usr/bin/python3
"""Writes the seeds of the fuzz targets: make_corpus.py [--packed] NEURAL CONFIGS OUT

NEURAL is the program, CONFIGS a directory of configs. OUT/NAME/ gets the seeds of target NAME and
OUT/NAME.dict its words, where it has any. With --packed OUT/NAME.seeds gets all seeds of NAME, each
behind its length in 8 bytes. All of them are generated; standard library only.
"""

import glob
import gzip
import io
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zipfile

XOR = "0,0,0\n0,1,1\n1,0,1\n1,1,0\n"
RUN = """[model]
architecture = 2,4,1
hidden_activation = tanh
output_activation = sigmoid
[loss]
loss_function = bce
[data]
header = false
train_file = xor.csv
[performance]
num_threads = 1
[training]
epochs = 4
batch_size = 4
optimizer = adam
[logging]
save_checkpoint_every = 2
tensorboard = events
[options]
random_seed = 1
"""
CONV = """[model]
input = 1x6x6
layers = {
  conv2d 4 3x3 pad=1 | batchnorm | relu | maxpool2d 2x2 |
  residual { conv2d 4 1x1 } | flatten | linear 3
}
[data]
header = false
train_file = pictures.csv
[performance]
num_threads = 1
[training]
epochs = 1
batch_size = 8
"""
TABLE = """[model]
architecture = 4,2
[data]
train_file = table.csv
categorical = auto
encoding = onehot
missing = median
[performance]
num_threads = 1
[training]
epochs = 1
batch_size = 2
"""
LAYERS = [
    "linear 256 | relu | dropout 0.2 | linear 10",
    "conv2d 8 3x3 pad=1 stride=2 | batchnorm | relu | flatten | linear 10",
    "residual { conv2d 3 3x3 pad=same | groupnorm 3 } { conv2d 3 1x1 } | global_avgpool",
    "concat { conv2d 4 1x1 } { maxpool2d 3x3 stride=1 pad=1 } | avgpool2d 2x2 | reshape 7x30",
    "flatten | embedding 10 4 padding=0",
    "784,256,128,10",
    "2,relu,8,sigmoid,1",
    "Sequential(Linear(2,8), ReLU(), Linear(8,1), Sigmoid())",
]
FLL = """Engine: heater
  description: warms
InputVariable: cold
  enabled: true
  range: 0.000 30.000
  lock-range: false
  term: low Triangle 0.000 0.000 15.000
  term: mid Trapezoid 5 10 20 25
  term: high Ramp 10 30
InputVariable: wind
  enabled: true
  range: -inf inf
  term: calm Gaussian 0 2
  term: storm Bell 20 5 3
  term: any Discrete 0 0 5 0.5 10 1
OutputVariable: power
  enabled: true
  range: 0 1
  lock-range: true
  aggregation: Maximum
  defuzzifier: Centroid 100
  default: nan
  lock-previous: false
  term: weak ZShape 0 0.5
  term: strong SShape 0.5 1
OutputVariable: speed
  range: 0 10
  aggregation: none
  defuzzifier: WeightedAverage TakagiSugeno
  term: c Constant 2
  term: l Linear 0.5 1 2
  term: f Function 2*cold + sin(wind)^2
RuleBlock: main
  enabled: true
  conjunction: Minimum
  disjunction: AlgebraicSum
  implication: AlgebraicProduct
  activation: General
  rule: if cold is low and wind is not storm then power is strong with 0.5
  rule: if cold is very high or (wind is somewhat calm and cold is mid) then power is weak
  rule: if wind is any then speed is c and speed is l and speed is f
"""
FLL_WORDS = """
Engine InputVariable OutputVariable RuleBlock description enabled range lock-range term
aggregation defuzzifier default lock-previous conjunction disjunction implication activation rule
if then is and or not any with very extremely somewhat seldom Triangle Trapezoid Rectangle
Discrete SemiEllipse Bell Cosine Gaussian GaussianProduct PiShape SigmoidDifference SigmoidProduct
Spike Arc Binary Concave Ramp Sigmoid SShape ZShape Constant Linear Function Minimum Maximum
AlgebraicProduct AlgebraicSum BoundedDifference DrasticProduct EinsteinProduct HamacherProduct
NilpotentMinimum UnboundedSum NormalizedSum Centroid Bisector SmallestOfMaximum WeightedAverage
WeightedSum ExactCentroid General First Last Highest Lowest Proportional Threshold none nan inf
true false
""".split()


def hexadecimal(match):
    """A character as dictionaries write it."""
    return "\\x%02X" % ord(match.group())


class Corpus:
    """Seeds and dictionaries below one directory."""

    def __init__(self, out, packed):
        self.out, self.packed = out, packed
        self.counts = {}
        os.makedirs(out, exist_ok=True)

    def add(self, target, data):
        data = data.encode() if isinstance(data, str) else data
        number = self.counts[target] = self.counts.get(target, 0) + 1
        if self.packed:
            mode = "wb" if number == 1 else "ab"
            with open(os.path.join(self.out, target + ".seeds"), mode) as file:
                file.write(struct.pack("<Q", len(data)) + data)
            return
        os.makedirs(os.path.join(self.out, target), exist_ok=True)
        with open(os.path.join(self.out, target, "seed_%03d" % number), "wb") as file:
            file.write(data)

    def words(self, target, words):
        lines = sorted({'"%s"' % re.sub(r'[^ -~]|["\\]', hexadecimal, word) for word in words})
        with open(os.path.join(self.out, target + ".dict"), "w") as file:
            file.write("\n".join(lines) + "\n")


def add_texts(corpus, program, configs):
    page = subprocess.run(
        [program, "config", "--reference"], stdout=subprocess.PIPE, text=True, check=True
    ).stdout
    sections = re.findall(r"^## (\[\w+\])", page, re.M)
    words = re.findall(r"`([\w.]+)`", page)
    corpus.words("config", sections + [word + " = " for word in words] + words)
    lines = re.findall(r"^\| `([a-z_0-9]+)[^`]*` \|", page, re.M)
    corpus.words("layers", lines + [" | ", "{ ", " }", "pad=same", "3x3", "stride=", "bias=false"])
    corpus.words("fll", FLL_WORDS + ["\n" + word + ": " for word in FLL_WORDS[:19]])
    corpus.words("csv", ["\r\n", '"', '""', ",,", "nan", "NA", "?", "1e308", "-0", "0x1p3", ";"])
    for path in sorted(glob.glob(os.path.join(configs, "*.ini"))):
        with open(path) as file:
            corpus.add("config", file.read())
    corpus.add("config", '[data]\nna_values = "a # ""b"""\n[model]\nlayers = linear (\n 3)\n')
    for line in LAYERS:
        corpus.add("layers", line)
    corpus.add("fll", FLL)
    for part in FLL.split("RuleBlock")[0].split("OutputVariable"):
        corpus.add("fll", part)


def add_tables(corpus):
    tables = [
        XOR,
        "a,b,class\n1,2,x\n3,,y\n-1e-3,?,x\n",
        '"long ""name""";b;c\r\n1;2;3\r\n4;5;6\r\n',
        "1\t2\t0\n# no\n3 4 1\n",
        "colour,size,y\nred,1,0\ngreen,2,1\nred,NA,1\n",
    ]
    for number, table in enumerate(tables):
        for options in (b"\x00\x00", b"\x02\x00", b"\x05\x00", bytes([0x62, number << 2])):
            corpus.add("csv", options + table.encode())


def add_arrays(corpus):
    def idx(kind, dims, data):
        return struct.pack(">BBBB%dI" % len(dims), 0, 0, kind, len(dims), *dims) + data

    pictures, labels = idx(8, (3, 2, 2), bytes(range(12))), idx(8, (3,), b"\x00\x01\x02")
    reals = idx(13, (2, 2), struct.pack(">4f", 0, 1, -2.5, 1e30))
    for data in (pictures, labels, reals, gzip.compress(pictures), idx(9, (0, 4), b"")):
        for options in (b"\x00", b"\x02", b"\x0b"):
            corpus.add("idx", options + data)

    def npy(descr, shape, data, version=1):
        head = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
        head += b" " * (-(len(head) + 11) % 64) + b"\n"
        length = struct.pack("<H" if version == 1 else "<I", len(head))
        return b"\x93NUMPY" + bytes([version, 0]) + length + head + data

    x = npy("<f4", (3, 2), struct.pack("<6f", *range(6)))
    y = npy("<i8", (3,), struct.pack("<3q", 0, 1, 1))
    arrays = [x, y, npy("|u1", (2, 3), b"abcdef", 2), npy(">f8", (1, 1), struct.pack(">d", 2))]
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.writestr("x.npy", x)
            archive.writestr("y.npy", y)
        arrays.append(packed.getvalue())
    for data in arrays:
        for options in (b"\x00", b"\x02", b"\x05"):
            corpus.add("npy", options + data)


def opened(data):
    """HEADER NUL DATA, the form that the targets take; they put the right checksum in."""
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + length])
    return json.dumps(header, separators=(",", ":")).encode() + b"\0" + data[8 + length:]


def add_models(corpus, program):
    """Models, an 8-bit and a pruned one, checkpoints, event files of two tiny runs."""
    with tempfile.TemporaryDirectory() as directory:
        def run(*words):
            subprocess.run([program, *words], cwd=directory, stdout=subprocess.PIPE, check=True)

        for name, text in (
            ("xor.ini", RUN), ("conv.ini", CONV), ("table.ini", TABLE), ("xor.csv", XOR),
            ("table.csv", "colour,size,kind\nred,1,a\ngreen,,b\nblue,3,a\nred,4,b\n"),
        ):
            with open(os.path.join(directory, name), "w") as file:
                file.write(text)
        with open(os.path.join(directory, "pictures.csv"), "w") as file:
            for row in range(48):
                cells = [str((row * 7 + cell * cell) % 9 / 8) for cell in range(36)]
                file.write(",".join(cells + [str(row % 3)]) + "\n")
        run("train", "xor.ini", "xor.safetensors", "--quiet")
        run("train", "conv.ini", "conv.safetensors", "--quiet")
        run("train", "table.ini", "table.safetensors", "--quiet")
        run("quantize", "conv.ini", "conv.safetensors", "--max-drop", "1", "--keep-slow")
        run("prune", "conv.ini", "conv.safetensors", "--sparsity", "0.5", "--exclude", "none",
            "-o", "pruned.safetensors", "--quiet")
        for path in sorted(glob.glob(directory + "/**", recursive=True)):
            with open(path, "rb") if os.path.isfile(path) else io.BytesIO() as file:
                data = file.read()
            if "tfevents" in path:
                corpus.add("event", data)
                corpus.add("event", data[:300])
            elif path.endswith(".safetensors") and ".ckpt" in path:
                corpus.add("checkpoint", opened(data))
            elif path.endswith(".safetensors"):
                corpus.add("model", opened(data))
                corpus.add("safetensors", opened(data))
                add_column_lines(corpus, data)
    words = ['"dtype":"F32"', '"shape":[', '"data_offsets":[0,', '"__metadata__":{', "U8", "I64"]
    for target in ("safetensors", "model", "checkpoint"):
        corpus.words(target, words)
    corpus.add("safetensors", '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}\0abcd')


def add_column_lines(corpus, data):
    length = struct.unpack("<Q", data[:8])[0]
    for key, text in json.loads(data[8:8 + length])["__metadata__"].items():
        if "column" in key:
            corpus.add("columns", text)


def main(argv):
    packed = argv[0] == "--packed"
    program, configs, out = argv[packed:]
    program = os.path.abspath(program)
    corpus = Corpus(out, packed)
    add_texts(corpus, program, configs)
    add_tables(corpus)
    add_arrays(corpus)
    add_models(corpus, program)


if __name__ == "__main__":
    main(sys.argv[1:])
