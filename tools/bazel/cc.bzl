"""How C libraries, googletest tests and google-benchmark programs are compiled here.

The flags live in the macros, not in .bazelrc, so that they also hold when another workspace
depends on this one.
"""

load("@rules_cc//cc:defs.bzl", "cc_binary", "cc_library", "cc_test")
load("//tools/bazel:opt_binary.bzl", "opt_binary")

_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Werror",
]

# Same bits on every machine: no contraction of a*b+c, no -m flags, no -ffast-math.
# _DEFAULT_SOURCE opens POSIX 2008 and M_PI; a file that needs more defines _GNU_SOURCE itself.
C_COPTS = _WARNINGS + [
    "-std=c11",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wvla",
    "-ffp-contract=off",
    "-fvisibility=hidden",
    "-D_DEFAULT_SOURCE",
]

CXX_COPTS = _WARNINGS + [
    "-ffp-contract=off",
    "-Wno-missing-field-initializers",
]

# --as-needed also drops the -lstdc++ that Bazel adds to every link.
_LINKOPTS = [
    "-Wl,--as-needed",
    "-Wl,-z,text",
    "-Wl,-z,noexecstack",
    "-Wl,--fatal-warnings",
]

def neural_cc_library(name, srcs = [], hdrs = [], deps = [], copts = [], **kwargs):
    """A C11 library.

    It is static and linked whole, so that functions marked NEURAL_API reach libneural.so; all
    other symbols are hidden. Objects are position independent (.bazelrc: --force_pic).

    Args:
      name: target name.
      srcs: .c and private .h files.
      hdrs: headers other packages include, by their path from the root.
      deps: libraries of lower floors.
      copts: flags beyond C_COPTS.
      **kwargs: forwarded to cc_library.
    """
    cc_library(
        name = name,
        srcs = srcs,
        hdrs = hdrs,
        deps = deps,
        copts = C_COPTS + copts,
        alwayslink = kwargs.pop("alwayslink", True),
        linkstatic = True,
        **kwargs
    )

def neural_cc_binary(name, srcs, deps = [], copts = [], linkopts = [], **kwargs):
    """A C11 program."""
    cc_binary(
        name = name,
        srcs = srcs,
        deps = deps,
        copts = C_COPTS + copts,
        linkopts = _LINKOPTS + linkopts,
        **kwargs
    )

def neural_shared_library(name, deps, version_script, soname, **kwargs):
    """A shared library that needs only what it uses and exports what its version script lists.

    Args:
      name: file name, such as libneural.so.
      deps: neural_cc_library targets; they are linked whole.
      version_script: label of the linker script with the exported names.
      soname: name that programs linked with it ask for, such as libneural.so.2.
      **kwargs: forwarded to cc_binary.
    """
    cc_binary(
        name = name,
        additional_linker_inputs = [version_script],
        linkopts = _LINKOPTS + [
            "-Wl,--version-script=$(location %s)" % version_script,
            "-Wl,-soname," + soname,
        ],
        linkshared = True,
        deps = deps,
        **kwargs
    )

def neural_cc_test(name, srcs, deps = [], copts = [], size = "small", main = False, **kwargs):
    """A googletest in C++17.

    Args:
      name: target name, the stem of what it tests plus _test.
      srcs: .cc and .h files.
      deps: the libraries under test.
      copts: flags beyond CXX_COPTS.
      size: test size; "small" means 60 s at most.
      main: True if srcs define main() themselves.
      **kwargs: forwarded to cc_test.
    """
    cc_test(
        name = name,
        srcs = srcs,
        deps = deps + ["@googletest//:gtest" if main else "@googletest//:gtest_main"],
        copts = CXX_COPTS + copts,
        size = size,
        linkstatic = True,
        **kwargs
    )

def neural_bench(
        name,
        srcs,
        deps = [],
        copts = [],
        data = [],
        linkopts = [],
        main = False,
        tags = [],
        visibility = None):
    """A google-benchmark program, always built with -c opt.

    Args:
      name: what people type: bazel run //bench:<name>.
      srcs: .cc and .h files.
      deps: the libraries to measure.
      copts: flags beyond CXX_COPTS.
      data: files needed at run time.
      linkopts: linker flags.
      main: True if srcs define main() themselves.
      tags: tags of the runnable target.
      visibility: visibility of the runnable target.
    """
    cc_binary(
        name = name + "_bin",
        srcs = srcs,
        deps = deps + [
            "@google_benchmark//:benchmark" if main else "@google_benchmark//:benchmark_main",
        ],
        copts = CXX_COPTS + copts,
        data = data,
        linkopts = linkopts,
        linkstatic = True,
        tags = ["manual"],
        testonly = True,
        visibility = ["//visibility:private"],
    )
    opt_binary(
        name = name,
        binary = ":" + name + "_bin",
        tags = tags,
        testonly = True,
        visibility = visibility,
    )
