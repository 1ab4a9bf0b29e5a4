#!/bin/sh
# Compiles everything for macOS and Windows on a Linux machine, so that code for systems that nobody here has does not rot.
# It is no proof that it works there: nothing is linked for macOS, and nothing is run.
#
#   tests/systems.sh              both
#   tests/systems.sh macos        one of them
#
# Needs rustup, and for Windows mingw's C compiler (Debian: apt install gcc-mingw-w64-x86-64-win32). Uses target/systems, about 4 GB.
set -eu

say() { printf 'systems.sh: %s\n' "$*" >&2; }
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$here"
export CARGO_TARGET_DIR="$here/target/systems" CARGO_INCREMENTAL=0
mkdir -p ui/dist "$CARGO_TARGET_DIR"

# What is compiled: the product. The tests package drives programs of this system.
check() {
    rustup target add "$1"
    # The bundle's second program, whose name Tauri's build step wants to see.
    mkdir -p src-tauri/binaries
    touch "src-tauri/binaries/orchestron-$1" "src-tauri/binaries/orchestron-$1.exe"
    cargo check --locked --target "$1" --features orchestron-desktop/custom-protocol \
        -p orchestron-cli -p orchestron-desktop -p orchestron-adapters
}

macos() {
    # SQLite is C, and Apple's compiler is not here. A check links nothing, so an empty object does.
    stand_in="$CARGO_TARGET_DIR/no-compiler"
    # shellcheck disable=SC2016 # the script itself expands these
    printf '%s\n' '#!/bin/sh' 'while [ $# -gt 0 ]; do case "$1" in -o) shift; : > "$1" ;; esac; shift; done' > "$stand_in"
    chmod +x "$stand_in"
    CC_aarch64_apple_darwin=$stand_in AR_aarch64_apple_darwin=$stand_in SDKROOT=/ check aarch64-apple-darwin
}

windows() {
    command -v x86_64-w64-mingw32-gcc > /dev/null || {
        say "mingw's compiler is missing: apt install gcc-mingw-w64-x86-64-win32"
        exit 1
    }
    check x86_64-pc-windows-gnu
}

case ${1:-both} in
    macos) macos ;;
    windows) windows ;;
    both) macos && windows ;;
    *) sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
