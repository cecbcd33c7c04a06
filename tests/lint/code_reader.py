"""Reading C and BUILD files well enough to judge them."""

import ast
import builtins
import re
import sys
from collections import namedtuple

_LEXEME = re.compile(
    r"/\*.*?\*/"  # comments
    r"|//[^\n]*"
    r"|R\"\(.*?\)\""  # literals
    r"|\"(?:\\.|[^\"\\\n])*\""
    r"|'(?:\\.|[^'\\\n])+'",
    re.S,
)
_DIGIT_SEPARATOR = re.compile(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])")
_FUNCTION_HEAD = re.compile(r"\)\s*(?:const\b|noexcept\b|override\b|->[\w\s:<>*&]+)*\s*$")
_TRANSPARENT_HEAD = re.compile(r"\b(namespace|extern\s*\"\"|struct|class|union|enum)\b[^()=]*$")

_BUILTINS = {
    name: getattr(builtins, name)
    for name in ("dict", "enumerate", "len", "list", "range", "sorted", "str", "tuple", "zip")
}

Function = namedtuple("Function", "line lines")
# owns: whether the target has files of its own
Target = namedtuple("Target", "rule name line owns deps visibility")


def blank(match):
    """Replaces a comment or literal by its newlines, leaving an empty literal."""
    text = match[0]
    edge = "" if text.startswith("/") else text[-1]
    return edge + "\n" * text.count("\n") + edge


def bare(text):
    """Returns C text without comments, contents of literals, directives and #else branches."""
    text = _LEXEME.sub(blank, _DIGIT_SEPARATOR.sub("", text))
    lines = []
    skipped = []  # per open #if: whether we stand in its #else part
    continued = False
    for line in text.split("\n"):
        word = re.match(r"\s*#\s*(\w+)", line) if not continued else None
        if word and word[1] in ("if", "ifdef", "ifndef"):
            skipped.append(False)
        elif word and word[1] in ("else", "elif") and skipped:
            skipped[-1] = True
        elif word and word[1] == "endif" and skipped:
            skipped.pop()
        directive = word or continued
        continued = bool(directive) and line.endswith("\\")
        lines.append("" if directive or any(skipped) else line)
    return "\n".join(lines)


def functions(text):
    """Yields a Function(line of the opening brace, number of lines) for each function body."""
    line = 1
    head = ""
    stack = []  # ("function", line), ("scope", 0) or ("other", 0) per open brace
    for char in bare(text):
        if char == "\n":
            line += 1
        if char == "{":
            inside = any(kind == "function" for kind, _ in stack)
            if not inside and _FUNCTION_HEAD.search(head):
                stack.append(("function", line))
            elif not inside and _TRANSPARENT_HEAD.search(head):
                stack.append(("scope", 0))
            else:
                stack.append(("other", 0))
            head = ""
        elif char == "}":
            kind, start = stack.pop() if stack else ("other", 0)
            if kind == "function":
                yield Function(start, line - start + 1)
            head = ""
        elif char == ";":
            head = ""
        else:
            head += char


class _Unknown:
    """Stands for whatever a BUILD file loads; a call with a name records a target."""

    def __init__(self, rule, targets):
        self._rule = rule
        self._targets = targets

    def __call__(self, *_, **attributes):
        if isinstance(attributes.get("name"), str):
            self._targets.append(
                Target(
                    rule=self._rule,
                    name=attributes["name"],
                    line=sys._getframe(1).f_lineno,
                    owns=bool(attributes.get("srcs") or attributes.get("hdrs")),
                    deps=[dep for dep in attributes.get("deps") or [] if isinstance(dep, str)],
                    visibility=attributes.get("visibility"),
                )
            )
        return _Unknown(self._rule, self._targets)

    def __iter__(self):
        return iter(())

    def __add__(self, other):
        return other

    __radd__ = __add__


def build_targets(text):
    """Returns the targets of a BUILD file: it is run as Python, with every rule recorded."""
    module = ast.parse(text)
    targets = []
    defaults = []

    def package(default_visibility=(), **_):
        defaults.extend(default_visibility)

    names = {node.id for node in ast.walk(module) if isinstance(node, ast.Name)}
    scope = {name: _Unknown(name, targets) for name in names - _BUILTINS.keys()}
    scope.update(__builtins__=_BUILTINS, package=package)
    exec(compile(module, "BUILD.bazel", "exec"), scope)
    return [
        target._replace(visibility=list(target.visibility or defaults)) for target in targets
    ]
