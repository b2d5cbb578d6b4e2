# What `.ci/run` and `.ci/full` share; to be sourced by bash.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export CARGO_TERM_COLOR=never INSTA_UPDATE=no
# The pages are tried in a real browser here, never skipped.
export RAILS_REQUIRE_BROWSER=1
# An empty name is an error to cargo; a missing one is the default.
[ -n "${CARGO_TARGET_DIR:-}" ] || unset CARGO_TARGET_DIR

# Scratch space, gone with the script.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

step() { printf '\n== %s (%s)\n' "$1" "$(date +%T)"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

what_the_build_needs() {
    step "what the build needs"
    if ! command -v cc >/dev/null || ! command -v python3 >/dev/null; then
        apt-get update -qq && apt-get install -y -qq build-essential python3
    fi
    if command -v rustup >/dev/null; then
        # Offline, any Rust that is there will do instead of the one that rust-toolchain.toml asks for.
        rustc --version || RUSTUP_TOOLCHAIN=$(cd / && rustup show active-toolchain | cut -d' ' -f1)
        [ -z "${RUSTUP_TOOLCHAIN:-}" ] || export RUSTUP_TOOLCHAIN
        { cargo clippy --version && cargo fmt --version; } >/dev/null || rustup component add clippy rustfmt
    fi
    if ! command -v chromedriver >/dev/null; then
        # Debian's names; Ubuntu's chromium is a snap, which does not run in containers.
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium chromium-driver
    fi
}
