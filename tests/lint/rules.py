"""The rules of the house. Each yields "file:line: message" for what breaks it."""

import re

import code_reader
import documents

_INCLUDE = re.compile(r'^\s*[#%]\s*include\s+"([^"]+)"')
_FLOOR_LABEL = re.compile(r"^//:floor_(\d)_up$")
_OUTSIDE_FLOOR = 8  # cli and python see the public headers only
_API_FLOOR = 7
_TOP_FLOOR = 9  # tests and bench may include each other

MAX_WIDTH = 100
MAX_FUNCTION = 60
MAX_LINES = {".h": 250, ".c": 500, ".cc": 500, ".asm": 500, ".inc": 500, ".py": 500}

_VAGUE = re.compile(r"^(utils?|misc|common|helpers?)$|_(utils?|misc|common|helpers?)$")
_UNDONE = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")


def floors(tree):
    """Includes go to the own package or to a strictly lower floor, by a path from the root."""
    for path in tree.code(".c", ".h", ".cc", ".asm", ".inc"):
        own = tree.package(path)
        if own is None:
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            match = _INCLUDE.match(line)
            wrong = match and _wrong_include(tree, own, match[1])
            if wrong and not tree.excepted("floors", path):
                yield "%s:%d: %s" % (path, number, wrong)
    yield from _visibility(tree)


def _wrong_include(tree, own, target):
    # what protoc-c makes of a .proto stands beside it
    if target.replace(".pb-c.h", ".proto") not in tree.path_set:
        return '"%s" is not a path from the root' % target
    package = tree.package(target)
    if package is None or package == own:
        return None if package else '"%s" lies on no floor' % target
    here, there = tree.floors[own], tree.floors[package]
    if here == _TOP_FLOOR:
        return None
    if here == _OUTSIDE_FLOOR and there != _API_FLOOR:
        return "%s may include public headers (api/) only, not %s" % (own, target)
    if there >= here:
        return "%s is floor %d and may not include %s of floor %d" % (own, here, target, there)
    return None


def _visibility(tree):
    """A library of floor n is visible from floor n+1 up."""
    for path, package, floor in _build_files(tree):
        for target in code_reader.build_targets(tree.text(path)):
            for label in target.visibility:
                match = _FLOOR_LABEL.match(label)
                public = label == "//visibility:public" and floor < _API_FLOOR
                if public or (match and int(match[1]) != floor + 1):
                    yield "%s:%d: %s is %s, %s is floor %d: want //:floor_%d_up" % (
                        path,
                        target.line,
                        target.name,
                        label,
                        package,
                        floor,
                        floor + 1,
                    )


def _build_files(tree):
    """Yields (path, floor package, floor) of each BUILD file that stands on a floor."""
    for path in tree.code("BUILD.bazel"):
        package = tree.package(path)
        if package is not None:
            yield path, package, tree.floors[package]


def sizes(tree):
    """Files, functions and lines keep within their limits."""
    for path in tree.code():
        if tree.excepted("sizes", path):
            continue
        text = tree.text(path)
        lines = text.splitlines()
        limit = MAX_LINES.get("." + path.rpartition(".")[2])
        if limit and len(lines) > limit:
            yield "%s:%d: %d lines, limit %d" % (path, limit + 1, len(lines), limit)
        for number, line in enumerate(lines, 1):
            width = len(line.expandtabs(8))
            if width > MAX_WIDTH and "://" not in line:
                yield "%s:%d: %d columns, limit %d" % (path, number, width, MAX_WIDTH)
        if path.endswith((".c", ".h", ".cc")) or path.endswith("_template.inc"):
            for function in code_reader.functions(text):
                if function.lines > MAX_FUNCTION:
                    yield "%s:%d: function of %d lines, limit %d" % (
                        path,
                        function.line,
                        function.lines,
                        MAX_FUNCTION,
                    )


def completeness(tree):
    """Every library other packages see has a test of its stem and a benchmark."""
    benches = code_reader.build_targets(tree.text("bench/BUILD.bazel"))
    benched = {bench.name for bench in benches}
    benched.update(_absolute(dep, "bench") for bench in benches for dep in bench.deps)
    for path, _, floor in _build_files(tree):
        if floor >= _API_FLOOR:
            continue
        package = path.rpartition("/")[0]
        tests = code_reader.build_targets(tree.text("tests/%s/BUILD.bazel" % package))
        for target in code_reader.build_targets(tree.text(path)):
            if target.rule != "neural_cc_library" or not target.owns or not _is_seen(target):
                continue
            label = "//%s:%s" % (package, target.name)
            where = "%s:%d: %s" % (path, target.line, label)
            stem = re.compile(r"^%s(_\w+)?_test$" % re.escape(target.name))
            if not any(stem.match(test.name) for test in tests):
                if not tree.excepted("test", label):
                    yield "%s has no test //tests/%s:%s_test" % (where, package, target.name)
            if target.name not in benched and label not in benched:
                if not tree.excepted("bench", label):
                    yield "%s has no //bench target" % where


def _is_seen(target):
    return any(_FLOOR_LABEL.match(label) for label in target.visibility)


def _absolute(label, package):
    """Returns a label in the form //package:name."""
    if label.startswith(":"):
        return "//%s%s" % (package, label)
    if label.startswith("//") and ":" not in label:
        return "%s:%s" % (label, label.rpartition("/")[2])
    return label


def names(tree):
    """No vague names, nothing left undone, include guards spelled as the path."""
    for path in tree.paths:
        for part in path.split("/"):
            if _VAGUE.search(part.partition(".")[0]) and not tree.excepted("names", path):
                yield "%s:1: '%s' says nothing about what is in it" % (path, part)
    for path in tree.code():
        text = tree.text(path)
        for number, line in enumerate(text.splitlines(), 1):
            if _UNDONE.search(line):
                yield "%s:%d: leave no %s behind" % (path, number, _UNDONE.search(line)[1])
        if path.endswith(".h") and not tree.excepted("names", path):
            guard = re.sub(r"\W", "_", path).upper() + "_"
            want = r"^#ifndef %s\n#define %s$" % (guard, guard)
            if not re.search(want, text, re.M):
                yield "%s:1: include guard has to be %s" % (path, guard)


# rule -> (function, kinds of exceptions it asks for)
RULES = {
    "floors": (floors, {"floors"}),
    "sizes": (sizes, {"sizes"}),
    "completeness": (completeness, {"test", "bench"}),
    "names": (names, {"names"}),
    "documents": (documents.documents, set()),
}


def broken(tree, rule):
    """Returns all messages of one rule, stale exceptions among them."""
    function, kinds = RULES[rule]
    return list(function(tree)) + list(tree.stale_exceptions(kinds))
