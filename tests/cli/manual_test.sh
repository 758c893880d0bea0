#!/usr/bin/env bash
# Manual pages that groff and mandoc have nothing to say about, help on every topic, an example in the help of
# every command, and completions that the shells take; of those tools the ones that are here.
# Usage: manual_test.sh BIMIX
set -euo pipefail
bimix=$1
wrong() { echo "WRONG: $1"; exit 1; }

commands=$("$bimix" help | awk '/^Subcommands:/ {listed = 1; next} /^[^ ]/ {listed = 0} listed && /^  [a-z]/ {print $1}')
[[ $(wc -w <<<"$commands") -ge 18 ]] || wrong "bimix help lists only: $commands"
for command in $commands; do
  [[ $("$bimix" "$command" --help) == *$'\nExample:\n'*"bimix $command"* ]] || wrong "$command --help has no example of it"
  [[ $("$bimix" help "$command") == "$("$bimix" "$command" --help)" ]] || wrong "bimix help $command is other than its --help"
done
[[ $("$bimix" help rum 2>&1 || true) == *"Did you mean 'run'"* ]] || wrong "a mistyped topic is not mended"

for command in "" $commands; do
  page=$("$bimix" help man $command)
  for section in NAME SYNOPSIS DESCRIPTION OPTIONS EXAMPLE; do
    grep -q "^.SH $section" <<<"$page" || wrong "the page of '$command' has no $section"
  done
  if command -v groff >/dev/null; then
    complaints=$(groff -man -Tutf8 -ww -z <<<"$page" 2>&1)
    [[ -z $complaints ]] || wrong "groff says of '$command': $complaints"
  fi
  if command -v mandoc >/dev/null; then
    complaints=$(mandoc -T lint -W warning <<<"$page" 2>&1 | grep -v 'missing date' || true)
    [[ -z $complaints ]] || wrong "mandoc says of '$command': $complaints"
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

if command -v fish >/dev/null; then
  script=$("$bimix" help fish)
  in_fish() { fish --no-config -c "$script"$'\n'"complete -C '$1'" 2>&1; }
  [[ $(in_fish 'bimix ru') == run$'\t'* ]] || wrong "in fish, bimix ru becomes '$(in_fish 'bimix ru')'"
  [[ $(in_fish 'bimix run --wall') == --walltime* ]] || wrong "in fish, --wall becomes '$(in_fish 'bimix run --wall')'"
fi
if command -v zsh >/dev/null; then
  "$bimix" help zsh | zsh -n || wrong "zsh does not take its completion"
  # The completion, with the two functions of zsh that it gives its words to taking them down.
  in_zsh() {
    zsh -f -c 'compdef() { :; }; _describe() { print -l -- ${(P)2}; }; _arguments() { print -l -- "$@"; }
               words=("${@:2}"); CURRENT=$(( $# - 1 )); source $1' zsh <("$bimix" help zsh) "$@"
  }
  [[ $(in_zsh bimix ru) == *"run:run a campaign"* ]] || wrong "in zsh, bimix ru is offered '$(in_zsh bimix ru)'"
  [[ $(in_zsh bimix run --wall) == *"--walltime["* ]] || wrong "in zsh, --wall is offered '$(in_zsh bimix run --wall)'"
fi
echo "all as it should be"
