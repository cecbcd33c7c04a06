#!/usr/bin/python3
"""Runs the benches and rewrites the tables of docs/performance.md.

    bazel run //tools:performance
    bazel run //tools:performance -- --only sgemm,elementwise --runs 1

A table's figures are medians over the runs, of every vectorised level. A bench that fails keeps its
table; it is named at the end and the exit status is 1. The page is rewritten after each bench.
Other libraries are measured where the system has them, else their column is absent. --save DIR
keeps the JSON of every run, --load DIR makes the tables from such files (<bench>*.json) without
running anything; each may hold some of the levels.
"""

import argparse
import ctypes
import glob
import os
import shlex
import subprocess
import sys
import tempfile

import bench_tables
from bench_tables import BadResult

BENCHES = [
    "sgemm", "dgemm", "qgemm", "bgemm", "elementwise", "reduce", "update", "train_step",
]  # fmt: skip
RUNS = 5
ALL_BUT_C = "-(^|/)c(/|$)"  # rows of the portable C kernels, which the page leaves out
PAGE = os.path.join("docs", "performance.md")
_TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # checkout or runfiles
ROOT = os.environ.get("BUILD_WORKSPACE_DIRECTORY", _TREE)


def program(bench):
    """Returns the path of a bench: beside this script under Bazel, else where Bazel leaves it."""
    places = [os.path.join(_TREE, *middle, "bench", bench) for middle in ([], ["bazel-bin"])]
    for place in places:
        if os.path.isfile(place) and os.access(place, os.X_OK):
            return place
    raise BadResult("no program %s; bazel build //bench:%s" % (places[-1], bench))


def run_once(bench, out, args):
    """Runs a bench; its JSON is left in `out`."""
    command = shlex.split(args.prefix) + [program(bench), "--benchmark_out=" + out]
    command += ["--benchmark_out_format=json", "--benchmark_filter=" + args.filter]
    try:
        done = subprocess.run(
            command,
            cwd=_TREE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=args.timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise BadResult("still running after %g s" % args.timeout) from None
    except OSError as error:
        raise BadResult("%s: %s" % (command[0], error.strerror)) from None
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise BadResult("exit status %d%s" % (done.returncode, "".join(": " + t for t in last)))


def results(bench, args, scratch):
    """Returns a bench's rows of each of its runs, or of each of the files of --load."""
    if args.load:
        files = sorted(glob.glob(os.path.join(glob.escape(args.load), bench + "*.json")))
        if not files:
            raise BadResult("no %s*.json in %s" % (bench, args.load))
        return [bench_tables.read_file(file) for file in files]
    files = []
    for run in range(1, args.runs + 1):
        print("%s: run %d of %d" % (bench, run, args.runs), file=sys.stderr, flush=True)
        files.append(os.path.join(args.save or scratch, "%s.%d.json" % (bench, run)))
        run_once(bench, files[-1], args)
    return [bench_tables.read_file(file) for file in files]


def _text_of(library, function):
    """Returns what a library's `const char *function(void)` says, None without the library."""
    try:
        call = getattr(ctypes.CDLL(library), function)
    except (OSError, AttributeError):
        return None
    call.restype = ctypes.c_char_p
    return (call() or b"").decode("utf-8", "replace")


class _DnnlVersion(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int) for name in ("major", "minor", "patch")]


def _onednn():
    try:
        call = ctypes.CDLL("libdnnl.so.2").dnnl_version
    except (OSError, AttributeError):
        return None
    call.restype = ctypes.POINTER(_DnnlVersion)
    version = call().contents
    return "%d.%d.%d" % (version.major, version.minor, version.patch)


def _torch():
    command = ["/usr/bin/python3", "-c", "import torch; print(torch.__version__)"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None


def peers():
    """Returns [(name, version)] of the libraries that the benches find at run time."""
    openblas = _text_of("libopenblas.so.0", "openblas_get_config")
    found = [
        ("OpenBLAS", openblas and openblas.split()[1] if openblas else None),
        ("BLIS", _text_of("libblis.so.4", "bli_info_get_version_str")),
        ("oneDNN", _onednn()),
        ("PyTorch", _torch()),
    ]
    return [(name, version) for name, version in found if version]


def cpu_name(text):
    """Returns the model of the CPU from the text of /proc/cpuinfo."""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            return " ".join(value.split())
    return "unknown CPU"


def machine(args):
    """Returns the lines that say where the figures come from."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            cpu = cpu_name(file.read())
    except OSError:
        cpu = cpu_name("")
    cpu = args.machine or cpu
    others = ", ".join("%s %s" % peer for peer in peers()) or "none was found"
    line = "%s, one thread unless a row says more; peers: %s." % (cpu, others)
    return [bench_tables.escape(line + (" %s." % args.date if args.date else ""))]


def options(args):
    """Returns what the command above a table wants besides --only."""
    found = [] if args.runs == RUNS else ["--runs %d" % args.runs]
    found += [] if args.filter == ALL_BUT_C else ["--filter '%s'" % args.filter]
    return "".join(" " + option for option in found)


def block(bench, runs, args):
    """Returns the lines between the markers of a bench."""
    command = "    bazel run //tools:performance -- --only %s%s" % (bench, options(args))
    table = bench_tables.table(bench_tables.medians(runs))
    return ["", command, "", *table, "* " + bench_tables.sample_text(runs), ""]


def write_page(path, page):
    """Replaces the page at once."""
    temporary = path + ".new"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(page)
    os.replace(temporary, path)


def rewrite(args, name, lines):
    """Puts lines between the markers of name; the rest of the page stays as it is on the disk."""
    with open(args.page, encoding="utf-8") as file:
        old = file.read()
    page = bench_tables.replace_block(old, name, lines)
    if page != old:
        write_page(args.page, page)


def update(args):
    """Measures and rewrites table by table; returns {bench: what went wrong}."""
    failures = {}
    with tempfile.TemporaryDirectory() as scratch:
        for bench in args.only:
            try:
                rewrite(args, bench, block(bench, results(bench, args, scratch), args))
            except BadResult as error:
                failures[bench] = str(error)
    if len(failures) < len(args.only):
        try:
            rewrite(args, "machine", machine(args))
        except BadResult as error:
            failures["machine"] = str(error)
    return failures


def bench_list(text):
    names = [name for name in text.split(",") if name]
    for name in names:
        if name not in BENCHES:
            raise argparse.ArgumentTypeError("%s is none of %s" % (name, ", ".join(BENCHES)))
    return names


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("%s is below 1" % text)
    return value


def parse(argv):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", type=bench_list, default=BENCHES, metavar="NAME,...")
    parser.add_argument("--runs", type=positive, default=RUNS, help="default %(default)s")
    parser.add_argument("--filter", default=ALL_BUT_C, metavar="REGEX", help="rows to run")
    parser.add_argument("--page", default=os.path.join(ROOT, PAGE))
    parser.add_argument("--date", default="", help="a date for the machine's line; default none")
    parser.add_argument("--machine", default="", help="the CPU's name, if it hides it")
    parser.add_argument("--prefix", default="", metavar="COMMAND", help="such as 'taskset -c 1'")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds per run")
    parser.add_argument("--save", metavar="DIR", type=os.path.abspath)
    parser.add_argument("--load", metavar="DIR", type=os.path.abspath)
    return parser.parse_args(argv)


def main(argv=None):
    args = parse(argv)
    try:
        if args.save:
            os.makedirs(args.save, exist_ok=True)
        with open(args.page, encoding="utf-8"):
            failures = update(args)
    except (OSError, UnicodeDecodeError) as error:
        print("performance: %s" % error, file=sys.stderr)
        return 1
    for bench, wrong in failures.items():
        print("performance: %s: %s; its table is as it was" % (bench, wrong), file=sys.stderr)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
