"""The checks of the validation suite: what is run, and how its result is judged."""

import os
import subprocess
import sys
from collections import namedtuple

from validation import readme
from validation.judges import (
    ROOT,
    exit_zero,
    figures,
    has_rows,
    predicts,
    predicts_xor,
    says,
)

Check = namedtuple("Check", "name tier command judge")

TIERS = ["smoke", "regression"]

# The one that has NumPy, where Debian's is installed.
PYTHON = "/usr/bin/python3" if os.path.exists("/usr/bin/python3") else sys.executable

_DATA = {
    "xor": (4, 4, 2),
    "sine": (1000, 200, 1),
    "spiral": (800, 200, 2),
    "deep": (2000, 500, 10),
    "mnist": (1000, 200, 784),
}

# C functions that any program needs: their names are promised.
_SYMBOLS = """init shutdown version get_simd_level get_simd_name tensor_create tensor_release
    tensor_data linear_create layer_forward relu sigmoid softmax backward sgd_create adam_create
    optimizer_step optimizer_destroy dataset_load model_load model_save""".split()


def _tables():
    tables = {}
    for name, (train, test, columns) in _DATA.items():
        for part, rows in (("train", train), ("test", test)):
            tables["csv/%s_%s.csv" % (name, part)] = rows, columns
            tables["csv/%s_%s_labels.csv" % (name, part)] = rows, 1
    return tables


def _train(name, tier, bounds, prepare="", more=""):
    model = "{tmp}/%s.safetensors" % name
    command = "./neural_framework train configs/%s_config.ini %s --json %s" % (name, model, more)
    return Check("train:" + name.split("_")[0], tier, prepare + command, figures(**bounds))


def _infer(name, tier, judge):
    """Predicts with the model of the check before, or of a training of its own."""
    words = "configs/%s_config.ini {tmp}/%s.safetensors" % (name, name)
    command = "[ -f {tmp}/%s.safetensors ] || ./neural_framework train %s --quiet >&2;" \
        " ./neural_framework infer %s" % (name, words, words)
    return Check("infer:" + name, tier, command, judge)


def _python(name, tier, bounds, shown=None):
    command = "%s tools/validation/python_check.py %s" % (PYTHON, name)
    return Check(shown or "py:" + name, tier, command, figures(**bounds))


CHECKS = [
    Check("build:exe", "smoke", "make && ./neural_framework version", says(r"neural \d+\.\d+")),
    Check(
        "build:shared",
        "smoke",
        "make lib && PYTHONPATH=python %s -c 'import pyneural as pn;"
        " print(pn.version(), pn.get_simd_level())'" % PYTHON,
        says(r"(?m)^\d+\.\d+\.\d+ [0-4]$"),
    ),
    Check("data:generate", "smoke", "python3 tools/gen_datasets.py", has_rows(_tables())),
    Check(
        "smoke:framework_test",
        "smoke",
        "./neural_framework test",
        says("Linear layer +PASS", "Gradient of conv2d +PASS", r"\d\d+ passed, 0 failed"),
    ),
    _python(
        "verify_simple",
        "smoke",
        dict.fromkeys("add matmul sigmoid tanh relu sum dv dw".split(), "< 1e-14"),
        "smoke:verify_simple",
    ),
    _python(
        "verify_full",
        "smoke",
        dict(dict.fromkeys("matmul conv2d softmax batch_norm".split(), "< 1e-5"), adam="< 1e-14"),
        "smoke:verify_full",
    ),
    _train("xor", "smoke", {"train_loss": "< 0.01", "val_accuracy": ">= 1"}),
    _infer("xor", "smoke", predicts_xor),
    _python("autograd", "regression", {"error": "< 1e-8"}),
    _python(
        "dataloader",
        "regression",
        {"whole_epochs": ">= 2", "orders": ">= 3", "batches": ">= 11", "full_batches": "< 11"},
    ),
    _python(
        "grad_clip",
        "regression",
        dict.fromkeys("told_error norm_error direction_error short_change".split(), "< 1e-6"),
    ),
    _python(
        "grad_clip_comprehensive",
        "regression",
        dict.fromkeys("value_error zero_norm many_error loose_change".split(), "< 1e-6"),
    ),
    _python(
        "grad_clip_integration", "regression", {"longest_step": "< 0.1001", "loss_share": "< 0.05"}
    ),
    _python("adamw_simple", "regression", {"error": "< 1e-8"}),
    _python("adamw_minimal", "regression", {"error": "< 1e-12", "distance": "< 0.5"}),
    _python("convergence", "regression", {"loss": "< 0.1", "accuracy": ">= 0.99"}),
    _train("sine", "regression", {"val_mse": "< 0.001"}),
    _train("mnist", "regression", {"train_loss": "< 0.1", "val_accuracy": ">= 0.99"}),
    _infer("mnist", "regression", predicts("csv/mnist_test_labels.csv", 0.99)),
    _train(
        "wine_quality",
        "regression",
        {"val_accuracy": ">= 0.7", "train_loss": "< 0.55"},
        prepare="python3 tools/prepare_wine_quality.py --generated && ",
    ),
    Check(
        "compat:nm_symbols",
        "smoke",
        "nm -D --defined-only libneural.so | awk '$2 == \"T\" && $3 !~ /^neural_/"
        " {{print \"foreign\", $3}} END {{print NR, \"symbols\"}}'",
        says(r"^\d\d\d+ symbols"),
    ),
    Check(
        "compat:required_symbols",
        "smoke",
        "nm -D --defined-only libneural.so",
        says(*[r" T neural_%s\b" % name for name in _SYMBOLS]),
    ),
    Check(
        "compat:header_vs_exports",
        "smoke",
        "python3 tools/check_exports.py libneural.so api/neural_api.h",
        exit_zero,
    ),
    Check(
        "compat:python_signatures",
        "smoke",
        "python3 tools/gen_signatures.py --check python/pyneural/_signatures.py api/neural_api.h",
        exit_zero,
    ),
    Check(
        "debug:assembly_lines",
        "regression",
        "bazel build -c dbg --noshow_progress //cli:neural &&"
        " objdump --dwarf=decodedline bazel-bin/cli/neural | grep -m1 'update\\.asm'",
        says(r"update\.asm"),
    ),
]

# What the shell commands of the README end with.
_README_JUDGES = {
    "tools/start train": says(r"test accuracy +8[89]|accuracy.*8[89]\.\d"),
    "bazel run //bench:sgemm": says(r"1024", r"OpenBLAS|openblas|no peer"),
}


def readme_checks():
    """Everything that the README shows, run."""
    script = "%s tools/validation/readme.py " % PYTHON
    blocks = [
        Check("readme:" + name, "smoke", script + name, exit_zero) for name in ("python", "c")
    ]
    lines = [
        Check("readme:" + line, "regression", line, _README_JUDGES.get(line, exit_zero))
        for line in readme.commands()
    ]
    named = "bazel query --noshow_progress 'set(%s)'" % " ".join(readme.labels())
    targets = Check("readme:targets", "smoke", named, exit_zero)
    shown = Check("readme:transcript", "regression", script + "transcript", exit_zero)
    return blocks + [targets] + lines + [shown]


def bazel_checks(name, query, mode):
    """A check for each Bazel test that a query finds."""
    command = ["bazel", "query", "--noshow_progress", query]
    found = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    test = "bazel test %s --noshow_progress --cache_test_results=no " % mode
    return [
        Check(name + label.rpartition(":")[2], "regression", test + label, exit_zero)
        for label in sorted(found.stdout.split())
    ]


def all_checks(tier):
    """The checks of a tier, in the order to run them."""
    checks = [check for check in CHECKS + readme_checks() if tier != "smoke" or check.tier == tier]
    if tier == "regression":
        checks += bazel_checks("example:", "tests(//tests/examples/...)", "")
        checks += bazel_checks("full:", r"attr(tags, '\bvalidate\b', tests(//...))", "-c opt")
    return checks
