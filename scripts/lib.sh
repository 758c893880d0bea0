# shellcheck shell=bash
# What quickstart, test and setup share. Sourced, never run; sets `root` to the project's folder.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '[%s] %s\n' "$(date +%H:%M:%S)" "$*"; }

# fail PROBLEM REMEDY: the message form of the program, and its exit code for the environment.
fail() {
  printf '%s: %s. %s.\n' "scripts/$(basename "$0")" "$1" "$2" >&2
  exit 3
}

# usage_error ARGUMENT: the script has no such option; it defines `usage`.
usage_error() {
  printf '%s: %s is not known.\n\n' "scripts/$(basename "$0")" "'$1'" >&2
  usage >&2
  exit 2
}

minutes() { printf '%d min %02d s' $(($1 / 60)) $(($1 % 60)); }

# How many compilers may run at once: a core each, and 1.5 GB of memory each.
jobs() {
  local cores kilobytes by_memory
  cores=$(nproc)
  kilobytes=$(awk '/^MemAvailable/ {print $2}' /proc/meminfo 2>/dev/null || true)
  by_memory=$((${kilobytes:-1500000} / 1500000))
  ((by_memory >= 1)) || by_memory=1
  echo "${BIMIX_JOBS:-$((cores < by_memory ? cores : by_memory))}"
}

# configure FOLDER CACHE [cmake arguments]: the cache file is one of scripts/cmake/*.cmake.
configure() {
  local folder=$1 cache=$2
  shift 2
  mkdir -p "$(dirname "$folder")"
  cmake -C "$root/scripts/cmake/$cache.cmake" -S "$root" -B "$folder" -G Ninja "$@" >"$folder.log" 2>&1 ||
    { cat "$folder.log" >&2
      fail "CMake could not configure $folder" \
        "The lines above say what it missed: install that (scripts/setup), or delete $folder and try again"; }
}

# debian_mirror: where this system's packages come from, for debootstrap.
debian_mirror() {
  local address
  address=$(grep -rhoE 'https?://[^ ]*/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null |
    head -n 1 || true)
  echo "${address:-http://deb.debian.org/debian}"
}
