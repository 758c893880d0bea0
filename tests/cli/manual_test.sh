#!/usr/bin/env bash
# Manual pages that groff has nothing to say about, and a completion that bash takes.
# Usage: manual_test.sh BIMIX
set -euo pipefail
bimix=$1
wrong() { echo "WRONG: $1"; exit 1; }

for command in "" run plan bench help; do
  page=$("$bimix" help man $command)
  for section in NAME SYNOPSIS DESCRIPTION OPTIONS EXAMPLE; do
    grep -q "^.SH $section" <<<"$page" || wrong "the page of '$command' has no $section"
  done
  if command -v groff >/dev/null; then
    complaints=$(groff -man -Tutf8 -ww -z <<<"$page" 2>&1)
    [[ -z $complaints ]] || wrong "groff says of '$command': $complaints"
  fi
done
[[ $("$bimix" help man rum 2>&1 || true) == *"Did you mean 'run'"* ]] || wrong "a mistyped command is not mended"

eval "$("$bimix" help bash)"
completed() {  # WORD...: what follows the last one
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
  _bimix
  echo "${COMPREPLY[*]}"
}
[[ $(completed bimix ru) == run ]] || wrong "bimix ru becomes '$(completed bimix ru)'"
[[ $(completed bimix run --wall) == --walltime ]] || wrong "--wall becomes '$(completed bimix run --wall)'"
[[ $(completed bimix plan --slu) == --slurm ]] || wrong "--slu becomes '$(completed bimix plan --slu)'"
echo "all as it should be"
