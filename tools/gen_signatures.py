#!/usr/bin/python3
"""Writes the ctypes signatures of everything libneural.so exports, read from its headers.

    tools/gen_signatures.py [--check] OUTPUT HEADER...

Read are the given headers and every header they include by a path from the working directory.
OUTPUT, python/pyneural/_signatures.py, gets the enumerators, the structs and function types that
the exported functions mention, and argument and result types of each. With --check nothing is
written: the exit status is 1 when OUTPUT is not what would be written.
"""

import difflib
import re
import sys

import check_exports

_ENUM = re.compile(r"\benum\s*(\w+)?\s*\{([^}]*)\}")
_ENUM_TYPE = re.compile(r"\btypedef\s+enum\s+\w+\s*\{[^}]*\}\s*(\w+)\s*;")
_STRUCT = re.compile(r"\btypedef\s+struct\s+\w+\s*\{([^}]*)\}\s*(\w+)\s*;")
_FUNCTION_POINTER = re.compile(r"\btypedef\s+([\w\s*]+?)\(\s*\*\s*(\w+)\s*\)\s*\(([^;{}]*)\)\s*;")
_FUNCTION_TYPE = re.compile(r"\btypedef\s+([\w\s*]+?)\b(\w+)\s*\(([^;{}*][^;{}]*)\)\s*;")
_NUMBER = re.compile(r"^\s*#\s*define\s+(NEURAL_\w+)\s+(-?\d+)\s*$", re.M)
_PARAMETER_POINTER = re.compile(r"^(.*?)\(\s*\*\s*(\w+)\s*\)\s*\((.*)\)$")
_FIRST_FIELD = re.compile(
    r"^\s*([\w ]*?\w)(?:\s+|\s*(?=\*))((?:\*\s*(?:const\s+)?)*\w+\s*(?:\[.*)?)$"
)
_ARRAY = re.compile(r"\[\s*(\w+)\s*\]\s*$")

_BASE = {
    "char": "c_char",
    "signed char": "c_byte",
    "unsigned char": "c_ubyte",
    "int": "c_int",
    "unsigned": "c_uint",
    "unsigned int": "c_uint",
    "float": "c_float",
    "double": "c_double",
    "size_t": "c_size_t",
    "int8_t": "c_int8",
    "uint8_t": "c_uint8",
    "uint16_t": "c_uint16",
    "int32_t": "c_int32",
    "uint32_t": "c_uint32",
    "int64_t": "c_int64",
    "uint64_t": "c_uint64",
}

_HEAD = '''"""What libneural.so exports, for ctypes. tools/gen_signatures.py writes this file.

SIGNATURES has for each function its result type and its argument types, CALLBACKS those of the
function types, STRUCTS the fields of the structs. A pointer to an opaque object is a c_void_p,
text is a c_char_p; results go to POINTERs. Types are made when they are first asked for: making
them all would double the time of an import.
"""

import ctypes
from typing import Any, Dict, Tuple


class _Types(dict):
    """Names in the texts below: those of ctypes, and the structs and callbacks themselves."""

    def __missing__(self, name: str) -> Any:
        if name in STRUCTS:
            made: Any = type(name, (ctypes.Structure,), {})
            self[name] = made
            made._fields_ = [(field, self.of(text)) for field, text in STRUCTS[name]]
        elif name in CALLBACKS:
            made = ctypes.CFUNCTYPE(*self.of(CALLBACKS[name]))
        else:
            made = getattr(ctypes, name)
        self[name] = made
        return made

    def of(self, text: str) -> Any:
        return eval(text, {"__builtins__": {}}, self)


_types = _Types()


def types_of(function: str) -> Tuple[Any, Tuple[Any, ...]]:
    """Result type and argument types of an exported function; KeyError when there is none."""
    result, *arguments = _types.of(SIGNATURES[function])
    return result, tuple(arguments)


def __getattr__(name: str) -> Any:
    if name in STRUCTS or name in CALLBACKS:
        return _types[name]
    raise AttributeError("module %r has no attribute %r" % (__name__, name))
'''


class Headers:
    """The declarations of a set of headers."""

    def __init__(self, texts):
        code = [check_exports.without_comments(text) for text in texts]
        self.text = "\n".join(check_exports.without_directives(text) for text in code)
        self.numbers = {name: int(value) for text in code for name, value in _NUMBER.findall(text)}
        self.enumerators = {}
        for _, body in _ENUM.findall(self.text):
            self._read_enumerators(body)
        self.enums = set(_ENUM_TYPE.findall(self.text))
        self.structs = {name: body for body, name in _STRUCT.findall(self.text)}
        self.functions = {
            name: (result, arguments)
            for pattern in (_FUNCTION_POINTER, _FUNCTION_TYPE)
            for result, name, arguments in pattern.findall(self.text)
        }
        self.used = []  # structs and function types that exported functions mention

    def _read_enumerators(self, body):
        following = 0
        for entry in filter(str.strip, body.split(",")):
            name, _, value = entry.partition("=")
            following = self._constant(value) if value.strip() else following
            self.enumerators[name.strip()] = following
            following += 1

    def _constant(self, word):
        word = word.strip()
        known = self.numbers.get(word, self.enumerators.get(word))
        return int(word, 0) if known is None else known

    def use(self, name):
        """Returns the name of a struct or function type, which is noted with all it mentions."""
        if name not in self.used:
            if name in self.structs:
                self.struct_fields(name)
            else:
                self.function_types(*self.functions[name])
            self.used.append(name)
        return name

    def ctype(self, text):
        """Returns the ctypes expression for a C type such as `const double *`."""
        words = re.sub(r"\b(const|struct|enum|volatile)\b", " ", text).replace("*", " * ").split()
        depth = words.count("*")
        base = " ".join(word for word in words if word != "*")
        if depth == 0:
            return self._value(base)
        if base == "void" and depth == 1:
            return "c_void_p"
        if base == "char":
            return self._pointers("c_char_p", depth - 1)
        if base in self.functions:
            return self._pointers(self.use(base), depth - 1)
        if base in self.structs:
            return self._pointers(self.use(base), depth)
        if base in _BASE or base in self.enums:
            return self._pointers(self._value(base), depth)
        return self._pointers("c_void_p", depth - 1)

    def _value(self, base):
        if base == "void":
            return "None"
        if base in self.enums:
            return "c_int"
        if base in self.structs or base in self.functions:
            return self.use(base)
        return _BASE[base]

    def _pointers(self, inner, depth):
        for _ in range(depth):
            inner = "POINTER(%s)" % inner
        return inner

    def parameter(self, text):
        """Returns (type, name) of a parameter such as `char out[65]`."""
        text = " ".join(text.split())
        pointer = _PARAMETER_POINTER.match(text)
        if pointer:
            result, name, arguments = pointer.groups()
            return self._function(result, arguments), name
        array = _ARRAY.search(text)
        text = _ARRAY.sub("", text).strip()
        match = re.match(r"^(.*?[\s*])(\w+)$", text)
        kind, name = (match[1], match[2]) if match and match[2] not in _BASE else (text, "")
        if kind.split()[-1:] in (["const"], ["struct"]) and "*" not in kind:
            kind, name = text, ""
        return self.ctype(kind + (" *" if array else "")), name

    def _function(self, result, arguments):
        return "CFUNCTYPE(%s)" % ", ".join(self.function_types(result, arguments))

    def function_types(self, result, arguments):
        """Returns the types of a function: result first."""
        types = [self.ctype(result)]
        for argument in split_arguments(arguments):
            types.append(self.parameter(argument)[0])
        return types

    def struct_fields(self, name):
        """Returns [(name, type)] of a struct."""
        fields = []
        for declaration in filter(str.strip, self.structs[name].split(";")):
            pointer = _PARAMETER_POINTER.match(" ".join(declaration.split()))
            if pointer:
                fields.append((pointer[2], self._function(pointer[1], pointer[3])))
                continue
            fields += self._fields_of(declaration)
        return fields

    def _fields_of(self, declaration):
        first, *others = " ".join(declaration.split()).split(",")
        base, declarator = _FIRST_FIELD.match(first).groups()
        for declarator in [declarator] + others:
            declarator = re.sub(r"\bconst\b", " ", declarator)
            array = _ARRAY.search(declarator)
            field = _ARRAY.sub("", declarator).replace("*", "").strip()
            ctype = self.ctype(base + "*" * declarator.count("*"))
            yield field, "%s * %d" % (ctype, self._constant(array[1])) if array else ctype


def split_arguments(text):
    """Returns the parameters of a list, split at the commas outside of parentheses."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return [part.strip() for part in parts if part.strip() not in ("", "void", "...")]


def exported(headers):
    """Returns {name: [result type, argument types]} of the functions marked NEURAL_API."""
    found = {}
    for declaration in check_exports.declarations(headers.text):
        match = re.match(r"^\s*(.*?)\b(\w+)\s*\((.*)\)\s*$", declaration, re.S)
        found[match[2]] = headers.function_types(match[1], match[3])
    return found


def _entry(name, text):
    """A dictionary's line, or several when it is long."""
    line = '    "%s": "%s",' % (name, text)
    if len(line) <= 100:
        return [line]
    lines, rest = ['    "%s": (' % name], text
    while rest:
        cut = len(rest) if len(rest) <= 80 else rest.rindex(", ", 0, 80) + 2
        lines.append('        "%s"' % rest[:cut])
        rest = rest[cut:]
    return lines + ["    ),"]


def _types(types):
    return ", ".join(types) + "," * (len(types) == 1)


def render(headers):
    """Returns the text of the module."""
    functions = exported(headers)
    numbers = dict(headers.numbers, **headers.enumerators)
    lines = ["", "# Enumerators and numbers."]
    lines += ["%s = %d" % item for item in sorted(numbers.items()) if item[0].startswith("NEURAL_")]
    lines += ["", "STRUCTS: Dict[str, Tuple[Tuple[str, str], ...]] = {"]
    for name in sorted(set(headers.used) & set(headers.structs)):
        fields = ['        ("%s", "%s"),' % field for field in headers.struct_fields(name)]
        lines += ['    "%s": (' % name] + fields + ["    ),"]
    lines += ["}", "", "CALLBACKS: Dict[str, str] = {"]
    for name in sorted(set(headers.used) - set(headers.structs)):
        lines += _entry(name, _types(headers.function_types(*headers.functions[name])))
    lines += ["}", "", "SIGNATURES: Dict[str, str] = {"]
    for name in sorted(functions):
        lines += _entry(name, _types(functions[name]))
    return _HEAD + "\n".join(lines + ["}", ""])


def main(argv):
    check = argv[1:2] == ["--check"]
    arguments = argv[2:] if check else argv[1:]
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    texts = []
    for path in check_exports.with_includes(arguments[1:]):
        with open(path, encoding="utf-8") as stream:
            texts.append(stream.read())
    wanted = render(Headers(texts))
    if not check:
        with open(arguments[0], "w", encoding="utf-8") as stream:
            stream.write(wanted)
        return 0
    with open(arguments[0], encoding="utf-8") as stream:
        found = stream.read()
    sys.stdout.writelines(
        difflib.unified_diff(
            found.splitlines(True), wanted.splitlines(True), arguments[0], "what the headers say"
        )
    )
    return int(found != wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
