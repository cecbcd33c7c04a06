"""Files of recorded figures: written, or compared with what is computed now."""

import sys


def tensor_line(name, dims, values):
    return "tensor %s %s : %s\n" % (name, " ".join(str(dim) for dim in dims),
                                    " ".join("%.17g" % value for value in values))


def close(have, want):
    """Whether two files agree: words exactly, numbers to 1e-12."""
    have, want = have.split(), want.split()
    if len(have) != len(want):
        return False
    for h, w in zip(have, want):
        try:
            if abs(float(h) - float(w)) > 1e-12 * max(1, abs(float(w))):
                return False
        except ValueError:
            if h != w:
                return False
    return True


def write_or_check(path, text, check):
    """Writes the text; with check compares instead and returns 1 when the file differs."""
    if not check:
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        return 0
    with open(path, encoding="ascii") as file:
        if close(file.read(), text):
            return 0
    print("%s differs from what is computed now" % path)
    return 1


def run(arguments, usage, library, record):
    """The program of a generator: [--check] PATH. `library` is imported here, so that a machine
    without it has nothing to compare; record(library, path) yields (path, text) of each file."""
    check = "--check" in arguments
    paths = [argument for argument in arguments if argument != "--check"]
    if len(paths) != 1:
        sys.exit(usage)
    try:
        module = __import__(library, fromlist=["*"])
    except ImportError:
        print("no %s: nothing to compare with" % library)
        return 0 if check else 1
    return max(write_or_check(path, text, check) for path, text in record(module, paths[0]))
