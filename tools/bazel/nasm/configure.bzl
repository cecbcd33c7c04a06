"""Gives the host's nasm a label, so that a new nasm reassembles everything."""

def _nasm_configure_impl(rctx):
    path = rctx.os.environ.get("NASM", "") or rctx.which("nasm")
    if not path:
        fail("nasm not found: install it (Debian: apt-get install nasm) or set NASM=/path/to/nasm")
    rctx.symlink(path, "bin/nasm")
    rctx.file("BUILD.bazel", 'exports_files(["bin/nasm"])\n')

nasm_configure = repository_rule(
    implementation = _nasm_configure_impl,
    configure = True,
    environ = [
        "NASM",
        "PATH",
    ],
    local = True,
)
