"""External repositories of the WORKSPACE build (Bazel 4): all of them are in the tree."""

load("//tools/bazel/nasm:configure.bzl", "nasm_configure")

_OFFLINE = [
    "google_benchmark",
    "googletest",
    "remote_coverage_tools",
    "rules_cc",
    "rules_java",
    "rules_python",
]

def neural_workspace():
    """Declares the stand-ins under third_party/offline, the host's nasm and the toolchains."""
    for name in _OFFLINE:
        native.local_repository(
            name = name,
            path = "third_party/offline/" + name,
        )
    nasm_configure(name = "nasm")
    native.register_toolchains(
        "//tools/bazel/nasm:nasm_toolchain",
        "//tools/bazel/python:toolchain",
    )
