"""Tables in Markdown from the JSON files of google-benchmark.

What //bench writes has counters of fixed names: a figure (`gflops`, `gbps`, `ns_per_element`,
...), fractions (`peak_fraction`, `read_fraction`), a peer's figure under the peer's name, and
`ratio_best`, our speed over the fastest peer's. A row is named `sgemm/avx512/NN/64x64x64` or
`relu_f32/avx512`: one of the words between slashes is the level, or none is.
"""

import collections
import json
import math
import statistics

MAX_BYTES = 64 << 20
GOAL = 0.97  # a ratio_best below it is set in bold

# Counter -> heading, in the order of the columns.
FIGURES = {
    "gflops": "GFLOP/s",
    "gops": "GOP/s",
    "ns_per_element": "ns/element",
    "gbps": "GB/s",
    "us_per_step": "us/step",
}
FRACTIONS = {"peak_fraction": "peak", "read_fraction": "read", "speedup": "speedup"}
RATIO = "ratio_best"
PEERS = {
    "openblas": "OpenBLAS",
    "blis": "BLIS",
    "onednn": "oneDNN",
    "torch": "PyTorch",
    "pytorch": "PyTorch",
    "numpy": "NumPy",
    "libc": "libc",
}
# From the highest down; the first one a table has is its main level.
LEVELS = [
    "avx512bf16", "avx512_bf16", "bf16", "avx512vnni", "avx512_vnni", "vnni",
    "avx512", "avx2", "sse2", "c", "portable",
]  # fmt: skip


class BadResult(Exception):
    """A file that is not what google-benchmark writes; the text says why."""


def number(value):
    """Returns a finite number of a counter, else None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        value = float(value)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def read_rows(text, where):
    """Returns {benchmark name: {counter: value}} in the order of the text of one JSON file."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadResult("%s: not JSON (%s)" % (where, error or "too deep")) from None
    entries = found.get("benchmarks") if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise BadResult("%s: no list named benchmarks" % where)
    rows = {}
    for entry in entries:
        name = entry.get("name") if isinstance(entry, dict) else None
        if not isinstance(name, str) or not name:
            raise BadResult("%s: an entry of benchmarks has no name" % where)
        if entry.get("run_type") == "aggregate":
            continue
        if entry.get("error_occurred"):
            raise BadResult("%s: %s: %s" % (where, name, entry.get("error_message")))
        counters = {key: number(value) for key, value in entry.items()}
        rows[name] = {key: value for key, value in counters.items() if value is not None}
    if not rows:
        raise BadResult("%s: no benchmark ran" % where)
    return rows


def read_file(path):
    """Reads one file; see read_rows."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise BadResult("%s: %s" % (path, error.strerror)) from None
    if len(data) > MAX_BYTES:
        raise BadResult("%s: more than %d bytes" % (path, MAX_BYTES))
    return read_rows(data.decode("utf-8", "replace"), path)


def medians(runs):
    """Merges runs: a row's counter is the median over the runs that have it."""
    samples = {}
    for run in runs:
        for name, counters in run.items():
            row = samples.setdefault(name, collections.defaultdict(list))
            for counter, value in counters.items():
                row[counter].append(value)
    return {
        name: {counter: statistics.median(values) for counter, values in row.items()}
        for name, row in samples.items()
    }


def sample_text(runs):
    """Returns the sentence that tells of how many runs the medians of a table are."""
    counts = collections.Counter(
        name for run in runs for name, row in run.items() if FIGURES.keys() & row.keys()
    )
    least, most = min(counts.values(), default=0), max(counts.values(), default=0)
    if most <= 1:
        return "One run."
    return "Medians of %s runs." % (most if least == most else "%d to %d" % (least, most))


def split_name(name):
    """Returns (words without the level, level or "") of a benchmark's name."""
    words = [word for word in name.split("/") if word != "manual_time"]
    words = [word for word in words if not word.startswith(("iterations:", "repeats:"))]
    for i, word in enumerate(words):
        if word in LEVELS and len(words) > 1:
            return words[:i] + words[i + 1 :], word
    return words, ""


def by_level(rows):
    """Returns ({level: {label: counters}}, labels in order); levels from the highest down."""
    split = [(split_name(name), counters) for name, counters in rows.items()]
    first = {words[0] for (words, _), _ in split}
    skip = 1 if len(first) == 1 and all(len(words) > 1 for (words, _), _ in split) else 0
    levels, labels = {}, {}
    for (words, level), counters in split:
        label = " ".join(words[skip:])
        labels[label] = None
        levels.setdefault(level, {})[label] = counters
    order = sorted(levels, key=lambda level: LEVELS.index(level) if level in LEVELS else -1)
    return {level: levels[level] for level in order}, list(labels)


def digits(value):
    """Formats a figure: three digits that count, no exponent."""
    if value == 0 or abs(value) >= 100:
        return "%.0f" % value
    return "%.*f" % (min(4, max(0, 2 - math.floor(math.log10(abs(value))))), value)


def format_value(counter, value):
    """Formats one counter; "" where a row lacks it."""
    if value is None:
        return ""
    if counter == RATIO:
        return ("**%.2f**" if value < GOAL else "%.2f") % value
    return "%.2f" % value if counter in FRACTIONS else digits(value)


def columns(levels):
    """Returns [(level, counter, heading)]; lower levels show no peers, a figure or fractions."""
    found = []
    for level, rows in levels.items():
        present = {counter for counters in rows.values() for counter in counters}
        main = level == next(iter(levels))
        wanted = dict(FIGURES, **FRACTIONS, **{RATIO: "ratio"}, **(PEERS if main else {}))
        if not main:
            figure = [key for key in FIGURES if key in present][:1]
            kept = {RATIO} | (present & set(FRACTIONS) or set(figure))
            wanted = {key: text for key, text in wanted.items() if key in kept}
        prefix = "" if main or not level else level + " "
        found += [(level, key, prefix + wanted[key]) for key in wanted if key in present]
    return found


def escape(text):
    """Makes a name harmless inside a table of Markdown."""
    text = " ".join(text.split())
    return "".join("&#%d;" % ord(c) if c in "|`<>*[]\\" else c for c in text)


def ratio_summary(levels):
    """Yields a line per level that has peers: geometric mean, minimum, share at the goal."""
    for level, rows in levels.items():
        ratios = {label: row[RATIO] for label, row in rows.items() if row.get(RATIO, 0) > 0}
        if not ratios:
            continue
        mean = math.exp(sum(map(math.log, ratios.values())) / len(ratios))
        low = min(ratios, key=ratios.get)
        at_goal = sum(1 for ratio in ratios.values() if ratio >= GOAL)
        form = "* Ratio to the fastest peer%s: geometric mean %.2f, minimum %.2f (%s); %d of %d"
        where = " at `%s`" % level if level else ""
        line = form % (where, mean, ratios[low], escape(low), at_goal, len(ratios))
        yield line + " rows at or above %.2f." % GOAL


def table(rows):
    """Returns the lines of one bench: the table and what it amounts to; rows have a figure."""
    rows = {name: row for name, row in rows.items() if FIGURES.keys() & row.keys()}
    levels, labels = by_level(rows)
    shown = columns(levels)
    if not shown:
        raise BadResult("none of its counters is known: %s" % ", ".join(FIGURES))
    main = next(iter(levels))
    lines = ["| %s | %s |" % (main, " | ".join(heading for _, _, heading in shown))]
    lines.append("|---|%s" % ("---:|" * len(shown)))
    for label in labels:
        cells = [
            format_value(counter, levels[level].get(label, {}).get(counter))
            for level, counter, _ in shown
        ]
        lines.append("| %s | %s |" % (escape(label), " | ".join(cells)))
    summary = list(ratio_summary(levels))
    return lines + ([""] + summary if summary else [])


def markers(name):
    """Returns the lines between which a block of the page is rewritten."""
    return "<!-- performance: %s -->" % name, "<!-- end: %s -->" % name


def replace_block(page, name, lines):
    """Returns the page with the lines between the markers of name replaced."""
    start, end = markers(name)
    if page.count(start) != 1 or page.count(end) != 1 or page.index(start) > page.index(end):
        raise BadResult('the page wants one "%s" and one "%s" after it' % (start, end))
    head, _, rest = page.partition(start)
    tail = rest.partition(end)[2]
    return head + start + "\n" + "\n".join(lines) + "\n" + end + tail
