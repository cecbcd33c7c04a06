"""Tests that read what was built."""

load("@rules_python//python:defs.bzl", "py_test")
load("//tools/bazel/nasm:defs.bzl", "nasm_objects_of")

def asm_lint_test(name, deps, **kwargs):
    """Runs tools/lint_asm.py on every object that NASM makes for deps, however deep."""
    nasm_objects_of(
        name = name + "_objects",
        deps = deps,
        tags = ["manual"],
        testonly = True,
    )
    py_test(
        name = name,
        size = "small",
        srcs = ["//tools:lint_asm.py"],
        args = ["$(rootpaths :%s_objects)" % name],
        data = [":%s_objects" % name],
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
