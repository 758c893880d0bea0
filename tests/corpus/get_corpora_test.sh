#!/usr/bin/env bash
# Usage: get_corpora_test.sh SCRIPT. What scripts/get_corpora does when it cannot do its work.
set -euo pipefail
script=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME=$work/cache
mistakes=0

expect() {  # expect WHAT TEXT: the last output holds TEXT
  if ! grep -qF -- "$2" "$work/output"; then
    echo "$1: expected '$2' in:"
    cat "$work/output"
    mistakes=1
  fi
}

# A registry out of reach: what counts is the remedy, and that nothing half-made is left.
mkdir "$work/bin"
printf '#!/bin/sh\necho "E: Unable to fetch some archives" >&2\nexit 100\n' >"$work/bin/apt-get"
chmod +x "$work/bin/apt-get"
if PATH=$work/bin:$PATH "$script" --out "$work/corpora" >"$work/output" 2>&1; then
  echo "no registry: it claims success"
  mistakes=1
fi
expect "no registry" "Unable to fetch some archives"
expect "no registry" "bimix init --template builtin"
if compgen -G "$work/corpora*" >/dev/null; then
  echo "no registry: something half-made is left"
  mistakes=1
fi

# A folder of something else is not replaced.
mkdir "$work/mine"
echo precious >"$work/mine/file"
if "$script" --out "$work/mine" >"$work/output" 2>&1; then
  echo "foreign folder: it claims success"
  mistakes=1
fi
expect "foreign folder" "holds other files"
[ "$(cat "$work/mine/file")" = precious ] || mistakes=1

# A complete set is recognised by its manifest, and a changed one as well.
mkdir -p "$work/done/a/train"
printf 'abc' >"$work/done/a/train/000.txt"
cat >"$work/done/manifest.json" <<'EOF'
{"recipe": 1, "cap_bytes": 8000000, "domains": {"a": {"files": [{"file": "a/train/000.txt",
 "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}]}}}
EOF
"$script" --out "$work/done" >"$work/output" 2>&1 || mistakes=1
expect "complete" "complete and unchanged"
printf 'abd' >"$work/done/a/train/000.txt"
PATH=$work/bin:$PATH "$script" --out "$work/done" >"$work/output" 2>&1 && mistakes=1
expect "changed" "a/train/000.txt has changed"

exit "$mistakes"
