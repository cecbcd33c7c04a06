# Sourced by the scripts of this directory: messages, and the Debian packages that they need.
# shellcheck shell=sh disable=SC2034,SC2086  # lists of packages are split on purpose

# What builds the project.
build_packages='bazel-bootstrap nasm libgtest-dev libbenchmark-dev libjansson-dev zlib1g-dev
    librandom123-dev libprotobuf-c-dev protobuf-c-compiler python3 python3-numpy'

say() {
    printf '==> %s\n' "$*" >&2
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Prints those of the given Debian packages that are not installed.
missing_of() {
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) in
        ii*) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

# Runs a command quietly; if it fails, shows what it said.
quietly() {
    log=$(mktemp)
    if "$@" >"$log" 2>&1; then
        rm -f "$log"
    else
        cat "$log" >&2
        rm -f "$log"
        die "failed: $*"
    fi
}

install_missing() {
    if ! command -v dpkg-query >/dev/null; then
        command -v bazel >/dev/null && command -v nasm >/dev/null && return
        die "no dpkg here: install the equivalents of these Debian packages by hand: $*"
    fi
    missing=$(missing_of "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -eq 0 ]; then
        as_root=
    elif command -v sudo >/dev/null; then
        as_root=sudo
    else
        die "needs root or sudo to install: $missing
    as root: apt-get update && apt-get install --no-install-recommends $missing"
    fi
    say "installing $missing"
    quietly $as_root apt-get update
    quietly $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install --yes --no-install-recommends $missing
}
