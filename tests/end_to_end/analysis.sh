#!/usr/bin/env bash
# Every example of scripts/analysis on real result files.
# Usage: tests/end_to_end/analysis.sh BIMIX      77: a Python library is missing
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bimix=$(realpath "$1")
python=/usr/bin/python3
for module in xarray netCDF4 scipy pandas matplotlib; do
  "$python" -c "import $module" 2>/dev/null || { echo "skipped: there is no $module for $python"; exit 77; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong() { echo "WRONG: $1"; exit 1; }
example() { "$python" "$root/scripts/analysis/$1" "${@:2}" >"$work/out" || { cat "$work/out"; wrong "$1 failed"; }; }
has() { grep -qF -e "$1" "$work/out" || { cat "$work/out"; wrong "it does not say '$1'"; }; }

cd "$root"
for campaign in smoke replay; do
  "$bimix" run "configs/$campaign.yaml" -o "$work/$campaign" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
  results=$work/$campaign/results.h5
  example read_results.py "$results"
  has "best of the sweep"
  example table_with_pandas.py "$results" "$work/long.csv"
  has "mean loss"
  [[ $(wc -l <"$work/long.csv") -gt 100 ]] || wrong "the long table is short"
  # SciPy knows nothing of our solver and comes to the same digits.
  example refit_with_scipy.py "$results"
  has "the same"
  example plot_results.py "$results" "$work/picture.png"
  [[ $(head -c 4 "$work/picture.png" | tail -c 3) == PNG ]] || wrong "that is no picture"
done

# Two runs of the same mixtures: here a run and itself.
example compare_runs.py "$work/smoke/results.h5" "$work/smoke/results.h5"
has "1.00"
echo "all as it should be"
