#!/usr/bin/python3
"""Compares what a shared library exports with what its headers declare.

    tools/check_exports.py LIBRARY HEADER...

Read are the given headers and every header they include by a path from the working directory. The
exported names have to be exactly those declared with NEURAL_API, no more and no less.
"""

import os
import re
import subprocess
import sys

_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
_DIRECTIVE = re.compile(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", re.M)
_DECLARATION = re.compile(r"\bNEURAL_API\b([^;{]*)")
_ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")


def with_includes(headers):
    """Returns the headers and all they include, directly or not."""
    found, pending = [], list(headers)
    while pending:
        header = pending.pop()
        if header in found or not os.path.exists(header):
            continue
        found.append(header)
        with open(header, encoding="utf-8") as stream:
            pending += _INCLUDE.findall(_COMMENT.sub(" ", stream.read()))
    return found


def without_comments(text):
    return _COMMENT.sub(" ", text)


def without_includes(text):
    return _INCLUDE.sub(" ", text)


def without_directives(text):
    return _DIRECTIVE.sub(" ", text)


def declarations(text):
    """Yields what stands between NEURAL_API and the semicolon, in a text without comments."""
    for declaration in _DECLARATION.findall(text):
        yield _ATTRIBUTE.sub(" ", declaration)


def declared_names(text):
    """Returns the names that the text of a header declares with NEURAL_API."""
    names = set()
    for declaration in declarations(without_directives(without_comments(text))):
        # The first word before "(" is a function's name, else it is a variable's.
        match = re.search(r"(\w+)\s*\(", declaration) or re.search(
            r"(\w+)\s*(?:\[[^\]]*\]\s*)*$", declaration
        )
        names.add(match[1])
    return names


def exported_names(library):
    """Returns the defined dynamic symbols of a shared library, without symbol versions."""
    command = ["nm", "-D", "--defined-only", "--format=posix", library]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    symbols = (line.split() for line in output.splitlines())
    # Type A is the name of a version itself.
    return {symbol[0].partition("@")[0] for symbol in symbols if symbol[1] != "A"}


def main(argv):
    if len(argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    declared = {}
    for header in with_includes(argv[2:]):
        with open(header, encoding="utf-8") as stream:
            for name in declared_names(stream.read()):
                declared[name] = header
    exported = exported_names(argv[1])
    hidden = sorted(set(declared) - exported)
    unlisted = sorted(exported - set(declared))
    for name in hidden:
        print("%s: %s is declared here and not exported" % (declared[name], name))
    for name in unlisted:
        print("%s: %s is exported and not declared in a header" % (argv[1], name))
    print("%d declared, %d exported" % (len(declared), len(exported)))
    return 1 if hidden or unlisted or not declared else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
