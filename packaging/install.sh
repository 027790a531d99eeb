# The common part of ./run and ./test: installs missing packages, configures, builds. A bash with
# `set -euo pipefail` sources it in the root of the tree. Sourcing it changes nothing.
# shellcheck shell=bash

say() { printf '==> %s\n' "$*"; }
die() {
    printf '\nerror: %s\n' "$1" >&2
    shift
    if (($#)); then printf '       %s\n' "$@" >&2; fi
    exit 1
}

# Runs a command as root, directly or by sudo.
as_root() {
    if ((EUID == 0)); then "$@"; else sudo "$@"; fi
}

# The package names of the lists: one per line, # begins a comment.
listed_packages() { sed -e 's/#.*//' -e '/^[[:space:]]*$/d' -- "$@"; }

# Node.js and npm from elsewhere count: Debian's cannot be installed beside them.
missing_packages() {
    local package status
    listed_packages "$@" | sort -u | while read -r package; do
        if [[ $package == nodejs ]] && command -v node >/dev/null; then continue; fi
        if [[ $package == npm ]] && command -v npm >/dev/null; then continue; fi
        status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
        [[ $status == installed ]] || printf '%s\n' "$package"
    done
}

# Debian starts a daemon as soon as its package is installed, some of them on all interfaces. A
# policy-rc.d that answers 101 forbids it. The former file is restored afterwards.
policy=/usr/sbin/policy-rc.d
policy_before=$policy.before-vitals
forbid_daemons() {
    [[ -e $policy_before ]] || ! [[ -e $policy ]] || as_root mv "$policy" "$policy_before" || return
    printf '#!/bin/sh\n# vitals, while it installs\nexit 101\n' | as_root tee "$policy" >/dev/null &&
        as_root chmod 755 "$policy"
}
allow_daemons() {
    if [[ -e $policy_before ]]; then
        as_root mv "$policy_before" "$policy"
    elif grep -qs 'vitals, while it installs' "$policy"; then
        as_root rm -f "$policy"
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l \
        apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@"
}

# install_packages LIST...: installs the missing packages of the lists.
install_packages() {
    local lists=("$@") missing reached=yes
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        die "this is not a Debian system: apt-get and dpkg-query are not there." \
            "vitals is built on Debian 12. The packages it needs are listed in ${lists[*]}."
    fi
    mapfile -t missing < <(missing_packages "${lists[@]}")
    ((${#missing[@]})) || return 0
    say "installing ${#missing[@]} missing packages: ${missing[*]}"
    if ((EUID != 0)) && ! command -v sudo >/dev/null; then
        die "packages are missing, and only root can install them (there is no sudo here)." \
            "As root: apt-get install --no-install-recommends ${missing[*]}"
    fi
    apt_get update -o APT::Update::Error-Mode=any || reached=no
    if ! (
        trap allow_daemons EXIT
        forbid_daemons && apt_get install -y --no-install-recommends "${missing[@]}"
    ); then
        if [[ $reached == no ]]; then
            die "the package index cannot be reached (see apt-get's messages above), and without it these packages cannot be installed:" \
                "${missing[*]}" \
                "Check the network, a proxy (Acquire::http::Proxy) and /etc/apt/sources.list*, then run this again;" \
                "or install them yourself. Nothing else is needed from the network."
        fi
        die "apt-get could not install: ${missing[*]}" \
            "Its messages above say why. vitals is built on Debian 12 (bookworm) with its own packages only."
    fi
    mapfile -t missing < <(missing_packages "${lists[@]}")
    ((${#missing[@]} == 0)) || die "apt-get succeeded, yet these are not installed: ${missing[*]}"
}

# The number of concurrent compilers: one per processor, and 1 GiB of memory for each.
build_jobs() {
    local processors kib limit jobs
    processors=$(nproc)
    kib=$(awk '$1 == "MemAvailable:" {print $2}' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max)
    if [[ $limit =~ ^[0-9]+$ ]] && ((limit / 1024 < kib)); then kib=$((limit / 1024)); fi
    jobs=$((kib / 1048576))
    if ((jobs > processors)); then jobs=$processors; fi
    if ((jobs < 1)); then jobs=1; fi
    printf '%s\n' "$jobs"
}

# build PRESET [--target NAME]... [-DOPTION=VALUE]...
build() {
    local preset=$1 jobs log options=() targets=()
    shift
    while (($#)); do
        case $1 in
            -D*) options+=("$1") ;;
            *) targets+=("$1") ;;
        esac
        shift
    done
    jobs=$(build_jobs)
    mkdir -p "build/$preset"
    log=build/$preset/configure.log
    say "configuring build/$preset"
    if ! cmake --preset "$preset" "${options[@]}" >"$log" 2>&1; then
        cat "$log" >&2
        die "cmake could not configure the preset '$preset' (see above, and $log)." \
            "If build/$preset is from another place or version: rm -r build/$preset, and run this again."
    fi
    say "building build/$preset, $jobs at once (the first time takes minutes)"
    cmake --build "build/$preset" -j "$jobs" "${targets[@]}" ||
        die "the build of '$preset' failed; the first message of the compiler above says where."
}
