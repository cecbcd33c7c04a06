"""nasm_library: NASM sources as a cc_library."""

load("@rules_cc//cc:defs.bzl", "cc_library")

def _object_path(ctx, src):
    prefix = ctx.label.package + "/"
    path = src.short_path
    if path.startswith(prefix):
        path = path[len(prefix):]
    return "_nasm/%s/%s.pic.o" % (ctx.label.name, path[:-len(src.extension) - 1])

def _nasm_objects_impl(ctx):
    toolchain = ctx.toolchains["//tools/bazel/nasm:toolchain_type"]
    objects = []
    for src in ctx.files.srcs:
        obj = ctx.actions.declare_file(_object_path(ctx, src))
        args = ctx.actions.args()
        args.add("-f", toolchain.format)
        args.add_all(toolchain.flags)
        if ctx.var["COMPILATION_MODE"] == "dbg":
            args.add_all(toolchain.debug_flags)
        args.add_all([".", ctx.bin_dir.path], format_each = "-I%s/")
        args.add_all(ctx.attr.defines, format_each = "-D%s")
        args.add("-o", obj)
        args.add(src)
        ctx.actions.run(
            executable = toolchain.nasm,
            arguments = [args],
            inputs = depset([src] + ctx.files.hdrs),
            outputs = [obj],
            mnemonic = "NasmAssemble",
            progress_message = "Assembling " + src.short_path,
        )
        objects.append(obj)
    return [DefaultInfo(
        files = depset(objects),
        runfiles = ctx.runfiles(files = objects),
    )]

_nasm_objects = rule(
    implementation = _nasm_objects_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".asm"]),
        "hdrs": attr.label_list(allow_files = [".inc"]),
        "defines": attr.string_list(),
    },
    toolchains = ["//tools/bazel/nasm:toolchain_type"],
)

def nasm_library(
        name,
        srcs,
        hdrs = [],
        defines = [],
        deps = [],
        tags = [],
        visibility = None,
        **kwargs):
    """Assembles each source to one position-independent object and wraps them in a cc_library.

    The objects alone are the target <name>_objs (a lint reads them). --compilation_mode=dbg adds
    DWARF line information.

    Args:
      name: target name.
      srcs: .asm files.
      hdrs: every .inc file the sources include, by its path from the root; one that is missing
        here is not found by the assembler.
      defines: NAME or NAME=value for each source.
      deps: cc libraries whose symbols the sources use.
      tags: tags of the library.
      visibility: visibility of the library.
      **kwargs: forwarded to cc_library.
    """
    _nasm_objects(
        name = name + "_objs",
        srcs = srcs,
        hdrs = hdrs,
        defines = defines,
        tags = tags + ["manual"],
        testonly = kwargs.get("testonly", False),
        visibility = visibility,
    )
    cc_library(
        name = name,
        srcs = [":" + name + "_objs"],
        linkstatic = True,
        tags = tags,
        visibility = visibility,
        deps = deps,
        **kwargs
    )
