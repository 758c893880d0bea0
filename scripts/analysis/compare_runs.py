#!/usr/bin/env python3
"""Do two runs of the same mixtures rank them alike, and how far apart are their losses?
A cheap proxy held against a dear one, one precision against another.

Usage: scripts/analysis/compare_runs.py RESULTS RESULTS [--tokens N]

Prints, for every domain and for their mean, Spearman's rank correlation between the two runs' losses
over the mixtures that both have, at the largest volume that both have (or at --tokens), with a
90 % interval from resampling mixtures; and the mean of what the second run's losses are above the first's,
with a 90 % interval from the spread of the pairs (trials of one mixture and repeat).
Debian: apt install python3-xarray python3-netcdf4 python3-pandas
"""
import argparse

import numpy as np
import pandas
import xarray

RESAMPLES = 2000


def losses(path):
    """Losses of every trial: index (mixture, repeat, tokens), one column a domain."""
    run = xarray.open_dataset(path)
    labels = [str(label) for label in run.mixture_label.values]
    rows = [pandas.DataFrame(run.loss.isel(trial=t).values, columns=run.eval_domain.values.astype(str),
                             index=pandas.MultiIndex.from_product([[label], [int(run.repeat[t])], run.tokens.values]))
            for t, label in enumerate(labels)]
    return pandas.concat(rows).dropna()


def rank_correlation(a, b):
    """Spearman's: Pearson's correlation of the ranks, ties at their mean rank."""
    return pandas.Series(a).rank().corr(pandas.Series(b).rank())


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results", nargs=2)
    parser.add_argument("--tokens", type=int)
    options = parser.parse_args()
    first, second = (losses(path) for path in options.results)
    common = sorted(set(first.index.get_level_values(2)) & set(second.index.get_level_values(2)))
    if not common:
        raise SystemExit("compare_runs.py: the runs have no volume in common")
    tokens = options.tokens or common[-1]
    if tokens not in common:
        raise SystemExit(f"compare_runs.py: not a volume of both runs: {tokens}. Both have {common}")
    first, second = first.xs(tokens, level=2), second.xs(tokens, level=2)
    pairs = first.index.intersection(second.index)
    above = (second.loc[pairs, first.columns] - first.loc[pairs]).assign(
        mean=lambda rows: rows.mean(axis=1))
    a, b = first.groupby(level=0).mean(), second.groupby(level=0).mean()
    mixtures = a.index.intersection(b.index)
    a, b = a.loc[mixtures], b.loc[mixtures, a.columns]
    a, b = a.assign(mean=a.mean(axis=1)), b.assign(mean=b.mean(axis=1))
    if len(mixtures) < 4:
        raise SystemExit(f"compare_runs.py: only {len(mixtures)} mixtures in common")
    print(f"{len(mixtures)} mixtures, {len(pairs)} pairs of trials at {tokens} tokens; 90 % intervals")
    print("  domain       rank correlation         second above first")
    random = np.random.default_rng(1)
    draws = random.integers(len(mixtures), size=(RESAMPLES, len(mixtures)))
    for name in a.columns:
        x, y = a[name].to_numpy(), b[name].to_numpy()
        resampled = [rank_correlation(x[draw], y[draw]) for draw in draws]
        low, high = np.nanquantile(resampled, [0.05, 0.95])
        mean, error = above[name].mean(), above[name].std() / np.sqrt(len(pairs))
        print(f"  {name:<12} {rank_correlation(x, y):6.3f}  {low:.3f} to {high:.3f}    {mean:+.4f}  "
              f"{mean - 1.65 * error:+.4f} to {mean + 1.65 * error:+.4f}")


if __name__ == "__main__":
    main()
