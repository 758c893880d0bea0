#!/usr/bin/env python3
"""Reads results.h5 with xarray. Usage: scripts/analysis/read_results.py [RESULTS]

RESULTS defaults to runs/demo/results.h5. Debian: apt install python3-xarray python3-netcdf4
"""

import sys

import xarray

path = sys.argv[1] if len(sys.argv) > 1 else "runs/demo/results.h5"
run = xarray.open_dataset(path)                      # losses, mixtures, what became of each trial
done = run.where(run.status == 0, drop=True)         # 0 is ok; see run.status.flag_meanings
last = done.loss.isel(tokens=-1)                     # (trial, eval_domain), see run.loss.units
mean = last.mean("eval_domain")                      # what the optimum minimises by default
print(run.attrs["title"], dict(run.sizes))
print("best of the sweep:", done.mixture.isel(trial=int(mean.argmin())).to_series().to_dict())

law = xarray.open_dataset(path, group="law/bimix")   # every group opens with its own labels
print(law.coefficient.to_pandas().round(4))
best = xarray.open_dataset(path, group="optimum")
print(best[["default_share", "share"]].to_dataframe().round(4))
