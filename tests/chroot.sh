#!/bin/sh
# Rehearses ./dev on a machine that has nothing: a bare Debian 12 (debootstrap, minbase) with Rust, Node and git.
#
#   tests/chroot.sh DIR make          make the machine in DIR/root (about two minutes)
#   tests/chroot.sh DIR dev ARGS…     run ./dev ARGS there, on a clone of the latest commit of this repository
#   tests/chroot.sh DIR sh COMMAND    run a shell command there
#   tests/chroot.sh DIR remove        remove the machine
#
# CHROOT_USER=newcomer runs as somebody who is not root and has no sudo. Needs root, debootstrap and unshare. Every
# run has its own mounts and process ids: when it ends, everything it started and mounted is gone.
set -eu

say() { printf 'chroot.sh: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

[ $# -ge 2 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
mkdir -p "$1"
root=$(CDPATH='' cd -- "$1" && pwd)/root
verb=$2
shift 2
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
home=/home/newcomer
[ "$(id -u)" -eq 0 ] || fail "run it as root: it makes a chroot"

# Runs its arguments inside. Nothing of the caller's environment gets in but what the network may need.
inside() {
    # shellcheck disable=SC2016 # the inner shell expands these
    unshare --mount --pid --fork --kill-child sh -euc '
        root=$1 rust=$2 user=$3
        shift 3
        # A mount point, as the root of a machine is: tests that make mount namespaces of their own need one.
        mount --bind "$root" "$root"
        mount -t proc proc "$root/proc"
        mount --rbind /sys "$root/sys"
        mount --rbind /dev "$root/dev"
        mount --bind "$rust" "$root/opt/rust"
        mount -o remount,ro,bind "$root/opt/rust"
        set -- chroot --userspec="$user" "$root" env -i "$@"
        exec "$@"
    ' inside "$root" "$(rustc --print sysroot)" "${CHROOT_USER:-root}" \
        PATH=/opt/rust/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin \
        HOME="$([ "${CHROOT_USER:-root}" = root ] && echo /root || echo "$home")" \
        LANG=C.UTF-8 TERM="${TERM:-dumb}" ${CI:+CI="$CI"} \
        ${http_proxy:+http_proxy="$http_proxy"} ${https_proxy:+https_proxy="$https_proxy"} ${no_proxy:+no_proxy="$no_proxy"} \
        SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
        "$@"
}

# Settings of this machine for package registries, where there are any: apt, npm and cargo have to work in there too.
copy_network_settings() {
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    grep -lsE 'Acquire::(http|https|Retries|Check|Force)' /etc/apt/apt.conf /etc/apt/apt.conf.d/* |
        while read -r file; do cp "$file" "$root/etc/apt/apt.conf.d/90-host-$(basename "$file")"; done
    if [ -f /etc/apt/sources.list.d/debian.sources ]; then
        cp /etc/apt/sources.list.d/debian.sources "$root/etc/apt/sources.list.d/"
        : >"$root/etc/apt/sources.list"
    fi
    cp -r /etc/apt/auth.conf.d/. "$root/etc/apt/auth.conf.d/" 2>/dev/null || true
    cp /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    mkdir -p "$root/root/.cargo"
    for file in .npmrc .cargo/config.toml; do
        if [ -f "$HOME/$file" ]; then cp "$HOME/$file" "$root/root/$file"; fi
    done
}

copy_node() {
    mkdir -p "$root/usr/local/bin" "$root/usr/local/lib/node_modules"
    cp "$(node -p process.execPath)" "$root/usr/local/bin/node"
    cp -r "$(npm root -g)/npm" "$root/usr/local/lib/node_modules/npm"
    ln -sf ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
    ln -sf ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
}

make_machine() {
    [ ! -e "$root" ] || fail "$root is there already; remove it first: $0 $(dirname "$root") remove"
    command -v debootstrap >/dev/null || fail "debootstrap is not installed: apt-get install debootstrap"
    mirror=$(sed -n 's/^URIs: *\([^ ]*debian\/*\)$/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null | head -n 1)
    say "debootstrap minbase bookworm from ${mirror:-the usual mirror} (log: $(dirname "$root")/debootstrap.log)"
    # It is made beside its place and renamed, so that a half-made machine is never taken for a whole one.
    rm -rf "$root.half"
    debootstrap --variant=minbase --include=git,ca-certificates bookworm "$root.half" \
        "${mirror:-http://deb.debian.org/debian}" >"$(dirname "$root")/debootstrap.log" 2>&1 ||
        fail "debootstrap failed: see $(dirname "$root")/debootstrap.log"
    mv "$root.half" "$root"
    mkdir -p "$root/opt/rust"
    copy_network_settings
    copy_node
    chroot "$root" useradd --create-home --home-dir "$home" newcomer
    inside sh -c 'printf "machine: Debian %s, %s, node %s, npm %s, %s, cc: %s\n" "$(cat /etc/debian_version)" \
        "$(cargo --version)" "$(node --version)" "$(npm --version 2>/dev/null)" "$(git --version)" "$(command -v cc || echo none)"'
}

# A clone knows nothing of files that are not committed, just as a newcomer's.
update_clone() {
    clone=$root/srv/orchestron
    if [ ! -d "$clone" ]; then git clone --quiet --no-hardlinks "$here" "$clone"; fi
    git -C "$clone" fetch --quiet "$here" HEAD
    git -C "$clone" reset --quiet --hard FETCH_HEAD
    say "commit $(git -C "$clone" log -1 --format='%h %s')"
}

case $verb in
make) make_machine ;;
dev)
    [ -d "$root" ] || fail "there is no machine in $root: $0 $(dirname "$root") make"
    update_clone
    began=$(date +%s)
    status=0
    # shellcheck disable=SC2016
    inside sh -c 'cd /srv/orchestron && exec ./dev "$@"' dev "$@" || status=$?
    say "./dev $* ended with $status after $(($(date +%s) - began)) s"
    exit "$status"
    ;;
sh) inside sh -c 'cd /srv/orchestron 2>/dev/null || cd /; eval "$@"' sh "$@" ;;
remove)
    # Mounts live only in the runs' own namespaces; should one be here all the same, nothing is removed through it.
    if grep -q " $root/" /proc/mounts; then fail "something is mounted below $root: umount it first"; fi
    rm -rf "$root" "$root.half" "$(dirname "$root")/debootstrap.log"
    ;;
*) fail "there is no verb \"$verb\" (make, dev, sh, remove)" ;;
esac
