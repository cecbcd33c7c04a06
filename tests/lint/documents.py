"""What the pages say about files is true: yields "file:line: message" for what is not."""

import os
import re

_RECIPE = "docs/adding-a-kernel.md"
_WORD = re.compile(r"`([\w.-]+(?:/[\w.-]+)+)`")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
_STEP = re.compile(r"^\d+\. `([\w./-]+)`:")
_ENDINGS = (".c", ".h", ".cc", ".asm", ".inc", ".py", ".md", ".ini", ".bzl", ".bazel", ".txt")
_PLACEHOLDER = re.compile(r"\b(?!BUILD\b)[A-Z]{3,}")


def documents(tree):
    """Files that a page names or links to exist; the recipe quotes the files as they are."""
    tops = {path.partition("/")[0] for path in tree.paths if "/" in path}
    for path in tree.code(".md"):
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            for wrong in _wrong_names(tree, tops, path, line):
                yield "%s:%d: %s" % (path, number, wrong)
    yield from _recipe(tree)


def _wrong_names(tree, tops, path, line):
    for name in _WORD.findall(line):
        is_file = name.partition("/")[0] in tops and name.endswith(_ENDINGS)
        if is_file and not _PLACEHOLDER.search(name) and name not in tree.path_set:
            yield "%s does not exist" % name
    for link in _LINK.findall(line):
        target = os.path.normpath(os.path.join(os.path.dirname(path), link))
        if not os.path.exists(os.path.join(tree.root, target)):
            yield "%s leads nowhere" % link


def _recipe(tree):
    """Each line of code below "1. `FILE`: ..." stands in FILE, but for its indentation."""
    source, known = None, set()
    for number, line in enumerate(tree.text(_RECIPE).splitlines(), 1):
        step = _STEP.match(line)
        if step:
            source = step[1]
            known = {" ".join(text.split()) for text in tree.text(source).splitlines()}
        elif line and not line.startswith(" "):
            source = None
        quoted = " ".join(line.split())
        if source and line.startswith(" " * 7) and quoted not in known | {"..."}:
            yield "%s:%d: %s has no line: %s" % (_RECIPE, number, source, quoted)
