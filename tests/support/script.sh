# Sourced by the tests that are shell scripts: where they are, and how they are left out.
# shellcheck shell=bash
set -euo pipefail
# shellcheck disable=SC2034
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$PATH:/usr/sbin:/sbin

skip() { echo "skipped: $1"; exit 77; }
# needs_root REASON
needs_root() { [[ $(id -u) == 0 ]] || skip "$1"; }
# needs TOOL GROUP: of scripts/setup
needs() { command -v "$1" >/dev/null || skip "there is no $1 here (scripts/setup $2)"; }
