"""nasm_library: NASM sources as a cc_library."""

load("@rules_cc//cc:defs.bzl", "cc_library")

NasmObjectsInfo = provider(
    doc = "The objects that NASM made for a target and all it depends on.",
    fields = {"objects": "depset of files"},
)

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
        command = "%s \"$@\" -o %s" % (toolchain.nasm.path, obj.path)
        if ctx.var["COMPILATION_MODE"] == "dbg":
            args.add_all(toolchain.debug_flags)
        else:
            # Labels inside macros would show up as functions in profiles and backtraces.
            command += " && objcopy --discard-all " + obj.path
        args.add_all([".", ctx.bin_dir.path], format_each = "-I%s/")
        args.add_all(ctx.attr.defines, format_each = "-D%s")
        args.add(src)
        ctx.actions.run_shell(
            command = command,
            arguments = [args],
            inputs = depset([src] + ctx.files.hdrs),
            tools = [toolchain.nasm],
            outputs = [obj],
            mnemonic = "NasmAssemble",
            progress_message = "Assembling " + src.short_path,
        )
        objects.append(obj)
    return [DefaultInfo(files = depset(objects))]

_nasm_objects = rule(
    implementation = _nasm_objects_impl,
    attrs = {
        "srcs": attr.label_list(allow_files = [".asm"]),
        "hdrs": attr.label_list(allow_files = [".inc"]),
        "defines": attr.string_list(),
    },
    toolchains = ["//tools/bazel/nasm:toolchain_type"],
)

def _collect_aspect_impl(target, ctx):
    transitive = [
        dep[NasmObjectsInfo].objects
        for attribute in ["srcs", "deps"]
        for dep in getattr(ctx.rule.attr, attribute, [])
        if NasmObjectsInfo in dep
    ]
    if ctx.rule.kind == "_nasm_objects":
        transitive.append(target[DefaultInfo].files)
    return [NasmObjectsInfo(objects = depset(transitive = transitive))]

_collect_aspect = aspect(
    implementation = _collect_aspect_impl,
    attr_aspects = [
        "srcs",
        "deps",
    ],
)

def _nasm_objects_of_impl(ctx):
    objects = depset(transitive = [dep[NasmObjectsInfo].objects for dep in ctx.attr.deps])
    return [DefaultInfo(
        files = objects,
        runfiles = ctx.runfiles(transitive_files = objects),
    )]

nasm_objects_of = rule(
    implementation = _nasm_objects_of_impl,
    attrs = {"deps": attr.label_list(aspects = [_collect_aspect])},
    doc = "Every object that NASM makes for deps, however deep.",
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

    --compilation_mode=dbg adds DWARF line information.

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
