#!/usr/bin/env python3
"""The run as tables: one row a trial, losses at the last volume beside its shares, the best first.

Usage: scripts/analysis/table_with_pandas.py [RESULTS [CSV]]
RESULTS defaults to runs/demo/results.h5. With CSV the long table (trial, tokens, domain, loss) is written there.
Debian: apt install python3-xarray python3-netcdf4 python3-pandas
"""
import sys

import pandas
import xarray

path = sys.argv[1] if len(sys.argv) > 1 else "runs/demo/results.h5"
run = xarray.open_dataset(path)

long = run.loss.to_dataframe("loss_nats").dropna().reset_index()
shares = run.mixture.to_pandas().add_prefix("share of ")
last = run.loss.isel(tokens=-1).to_pandas().add_prefix("loss on ")
trials = pandas.concat([run.mixture_label.to_series().rename("mixture"), shares, last], axis=1)
trials["mean loss"] = last.mean(axis=1)
print(trials.sort_values("mean loss").round(4).to_string(index=False))
print()
print(f"mean over trials, {run.loss.units}")
print(long.pivot_table(index="tokens", columns="eval_domain", values="loss_nats").round(4).to_string())
if len(sys.argv) > 2:
    long.to_csv(sys.argv[2], index=False)
    print(f"wrote {sys.argv[2]}: {len(long)} rows")
