#!/usr/bin/env bash
# The program as the sanitizers see it, whose reports end it with a code of their own: a campaign at one
# and two ranks, an interruption and a resume, the import of a log.
# Usage: tests/end_to_end/sanitized.sh BIMIX SAME_RESULTS
bimix=$(realpath "$1")
same_results=$(realpath "$2")
# shellcheck source=tests/support/script.sh
. "$(dirname "$0")/../support/script.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"

wrong() { echo "WRONG: $1"; exit 1; }
# ends CODE COMMAND...: and what it said is shown where it ends otherwise.
ends() {
  local wanted=$1 code=0
  shift
  "$@" >"$work/said" 2>&1 || code=$?
  [[ $code == "$wanted" ]] || { tail -n 60 "$work/said"; wrong "exit code $code instead of $wanted: $*"; }
}
same() { ends 0 "$same_results" "$work/one/results.h5" "$work/$1/results.h5"; }

echo "== a campaign, by one rank and by two"
ends 0 "$bimix" run configs/smoke.yaml -o "$work/one"
ends 0 scripts/mpirun -n 2 "$bimix" run configs/smoke.yaml -o "$work/two"
same two
ends 0 "$bimix" verify "$work/two"
ends 0 "$bimix" report "$work/two"
echo "   ${SECONDS} s"

echo "== interrupted, and resumed by two"
"$bimix" run configs/smoke.yaml -o "$work/halves" >"$work/halves.out" 2>&1 & run=$!
deadline=$((SECONDS + 300))
until grep -q '"kind":"trial"' "$work/halves/journal.ndjson" 2>/dev/null; do
  ((SECONDS < deadline)) || { kill -9 "$run"; tail "$work/halves.out"; wrong "waited in vain until a trial had ended"; }
  sleep 0.05
done
kill -USR1 "$run"
ends 75 wait "$run"
ends 0 scripts/mpirun -n 2 "$bimix" run configs/smoke.yaml -o "$work/halves"
grep -q Resuming "$work/said" || wrong "it began anew"
same halves
echo "   ${SECONDS} s"

echo "== a log is imported, and answers; one of two runs is told that it is too short"
ends 4 "$bimix" import tests/samples/two_runs.csv -o "$work/short"
ends 0 scripts/mpirun -n 2 "$bimix" import tests/samples/synthetic_bimix.csv --law bimix -o "$work/synthetic"
ends 0 "$bimix" verify "$work/synthetic"
ends 0 "$bimix" optimize "$work/synthetic"
ends 0 "$bimix" export --to csv "$work/synthetic"
echo "all as it should be, after ${SECONDS} s"
