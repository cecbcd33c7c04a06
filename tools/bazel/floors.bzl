"""The floor plan: which packages stand on which floor (ARCHITECTURE.md draws it)."""

FLOORS = [
    ["//core/base/..."],
    ["//core/asm/..."],
    ["//core/tensor/..."],
    ["//core/autograd/..."],
    [
        "//layers/...",
        "//optim/...",
        "//metrics/...",
        "//data/...",
        "//fuzzy/...",
        "//quant/...",
        "//pruning/...",
        "//logging/...",
    ],
    ["//model/..."],
    ["//train/..."],
    ["//api/..."],
    [
        "//cli/...",
        "//examples/...",
        "//python/...",
    ],
    [
        "//tests/...",
        "//bench/...",
    ],
]

def floor_package_groups():
    """Declares floor_<n> (the packages of one floor) and floor_<n>_up (those and all above)."""
    for n, packages in enumerate(FLOORS):
        native.package_group(
            name = "floor_%d" % n,
            packages = packages,
        )
        above = [":floor_%d_up" % (n + 1)] if n + 1 < len(FLOORS) else []
        native.package_group(
            name = "floor_%d_up" % n,
            includes = [":floor_%d" % n] + above,
        )
