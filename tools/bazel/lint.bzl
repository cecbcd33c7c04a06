"""Tests that read what was built."""

load("@rules_python//python:defs.bzl", "py_test")

def asm_lint_test(name, objects, **kwargs):
    """Runs tools/lint_asm.py on the objects of nasm_library targets (their <name>_objs)."""
    py_test(
        name = name,
        size = "small",
        srcs = ["//tools:lint_asm.py"],
        args = ["$(rootpaths %s)" % target for target in objects],
        data = objects,
        main = "//tools:lint_asm.py",
        **kwargs
    )

def exports_test(name, library, umbrella, headers, **kwargs):
    """Compares the exports of a shared library with the headers reachable from its umbrella.

    Args:
      name: target name.
      library: label of the shared library.
      umbrella: label of the header that includes all public ones.
      headers: labels of all headers, or of libraries whose headers are meant.
      **kwargs: forwarded to py_test.
    """
    py_test(
        name = name,
        size = "small",
        srcs = ["//tools:check_exports.py"],
        args = [
            "$(rootpath %s)" % library,
            "$(rootpath %s)" % umbrella,
        ],
        data = [
            library,
            umbrella,
        ] + headers,
        main = "//tools:check_exports.py",
        **kwargs
    )
