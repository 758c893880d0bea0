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
is_picture() { [[ $(head -c 4 "$1" | tail -c 3) == PNG ]] || wrong "$1 is no picture"; }
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
  is_picture "$work/picture.png"
done

# What laws predict, of one protocol and by how many mixtures train.
evaluated() { "$bimix" -q evaluate "$work/replay" --laws bimix,linear,noise_capacity --json "${@:2}" >"$work/$1.json"; }
evaluated kfold
evaluated 4 --protocol draws --draws 2 --train 4
evaluated 6 --protocol draws --draws 2 --train 6
example plot_evaluation.py "$work/kfold.json" --law linear -o "$work/one.png"
example plot_evaluation.py "$work/4.json" "$work/6.json" -o "$work/several.png"
is_picture "$work/one.png"
is_picture "$work/several.png"
# Names are text, not formulas; what is missing stays away; what is no evaluation is named.
cat >"$work/odd.json" <<'END'
{"protocol": "draws $x_{", "domains": ["$\\frac{", "a\nb"], "mixtures": ["$"], "training_mixtures": [[0, 1]],
 "points": {"group": [0, 0], "mixture": [0, 0], "domain": [0, 1], "seen": [2.0, null],
            "persistence": [null, null], "mean_baseline": [2.5, null]},
 "laws": [{"law": "bimix", "predicted": [null, null]}, {"law": "$^", "predicted": [2.1, null]}]}
END
example plot_evaluation.py "$work/odd.json" "$work/odd.json" -o "$work/odd.png"
example plot_evaluation.py "$work/odd.json" --law bimix -o "$work/odd.png"
is_picture "$work/odd.png"
sed 's/\[2.1, null\]/[2.1]/' "$work/odd.json" >"$work/short.json"
head -c 300 "$work/kfold.json" >"$work/torn.json"
echo '[1, 2]' >"$work/list.json"
for bad in short torn list no_such; do
  "$python" scripts/analysis/plot_evaluation.py "$work/$bad.json" -o "$work/bad.png" 2>"$work/out" &&
    wrong "it draws $bad.json"
  has "$bad.json: cannot be drawn"
done
"$python" scripts/analysis/plot_evaluation.py "$work/kfold.json" --law none 2>"$work/out" && wrong "it draws no law"
has "there are: bimix"

# Two runs of the same mixtures: here a run and itself.
example compare_runs.py "$work/smoke/results.h5" "$work/smoke/results.h5"
has "1.00"
echo "all as it should be"
