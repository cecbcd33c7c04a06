"""Tests that read what was built."""

load("@rules_python//python:defs.bzl", "py_test")
load("//tools/bazel:opt_binary.bzl", "opt_binary")
load("//tools/bazel/nasm:defs.bzl", "nasm_objects_of")

def asm_lint_test(name, script, deps, **kwargs):
    """Runs a script of tools on every object that NASM makes for deps, however deep."""
    nasm_objects_of(
        name = name + "_objects",
        deps = deps,
        tags = ["manual"],
        testonly = True,
    )
    py_test(
        name = name,
        size = "small",
        srcs = [script],
        args = ["$(rootpaths :%s_objects)" % name],
        data = [":%s_objects" % name],
        main = script,
        **kwargs
    )

def _headers_of_impl(ctx):
    contexts = [dep[CcInfo].compilation_context for dep in ctx.attr.deps]
    headers = depset(transitive = [context.headers for context in contexts])
    return [DefaultInfo(files = headers, runfiles = ctx.runfiles(transitive_files = headers))]

headers_of = rule(
    implementation = _headers_of_impl,
    attrs = {"deps": attr.label_list(providers = [CcInfo])},
    doc = "Every header that deps and their dependencies show.",
)

def exports_test(name, library, umbrella, deps, **kwargs):
    """Compares the exports of a shared library with the headers reachable from its umbrella.

    Args:
      name: target name.
      library: label of the shared library.
      umbrella: label of the header that includes all public ones.
      deps: libraries that own these headers.
      **kwargs: forwarded to py_test.
    """
    headers_of(
        name = name + "_headers",
        deps = deps,
        tags = ["manual"],
        testonly = True,
    )
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
            ":%s_headers" % name,
        ],
        main = "//tools:check_exports.py",
        **kwargs
    )

def library_test(name, library, **kwargs):
    """Checks what a shared library needs and how it loads (tools/check_library.py)."""
    py_test(
        name = name,
        size = "small",
        srcs = ["//tools:check_library.py"],
        args = ["$(rootpath %s)" % library],
        data = [library],
        main = "//tools:check_library.py",
        **kwargs
    )

def library_size_test(name, library, limit, **kwargs):
    """Checks how large a shared library is, built with -c opt and stripped.

    Args:
      name: target name.
      library: label of the shared library.
      limit: the most bytes it may have.
      **kwargs: forwarded to py_test.
    """
    opt_binary(
        name = name + "_library",
        binary = library,
        tags = ["manual"],
        testonly = True,
    )
    py_test(
        name = name,
        size = "small",
        srcs = ["//tools:check_size.py"],
        args = [
            "$(rootpath :%s_library)" % name,
            str(limit),
        ],
        data = [":%s_library" % name],
        main = "//tools:check_size.py",
        **kwargs
    )
