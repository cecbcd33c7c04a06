"""nasm_toolchain: the assembler, its object format and its flags."""

def _nasm_toolchain_impl(ctx):
    return [platform_common.ToolchainInfo(
        nasm = ctx.executable.nasm,
        format = ctx.attr.format,
        flags = ctx.attr.flags,
        debug_flags = ctx.attr.debug_flags,
    )]

nasm_toolchain = rule(
    implementation = _nasm_toolchain_impl,
    attrs = {
        "nasm": attr.label(
            allow_single_file = True,
            cfg = "exec",
            executable = True,
            mandatory = True,
        ),
        "format": attr.string(default = "elf64"),
        "flags": attr.string_list(),
        "debug_flags": attr.string_list(doc = "Added with --compilation_mode=dbg."),
    },
)
