#!/usr/bin/env python3
"""Draws a run: loss curves with the fitted law, the recommended mixture, predicted against trained.

Usage: scripts/analysis/plot_results.py [RESULTS [PICTURE]]
RESULTS defaults to runs/demo/results.h5, PICTURE to results.png.
Debian: apt install python3-xarray python3-netcdf4 python3-matplotlib
"""
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import xarray

path = sys.argv[1] if len(sys.argv) > 1 else "runs/demo/results.h5"
picture = sys.argv[2] if len(sys.argv) > 2 else "results.png"
run = xarray.open_dataset(path)
law = xarray.open_dataset(path, group="law/bimix")
best = xarray.open_dataset(path, group="optimum")
domains = [str(name) for name in run.eval_domain.values]
colours = plt.get_cmap("tab10").colors
figure, (curves, shares, check) = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained")

# Loss curves of the first mixture (the default one in the demo) and the law through them.
volumes = np.geomspace(float(run.tokens.min()), float(run.tokens.max()), 100)
for name, colour in zip(domains, colours):
    c = law.coefficient.sel(eval_domain=name)
    own = run.train_domain.values[int(run.share_of.sel(eval_domain=name))]
    share = float(run.mixture.isel(trial=0).sel(train_domain=own))
    fitted = share ** -float(c.sel(parameter="alpha")) * (
        float(c.sel(parameter="P")) * volumes ** -float(c.sel(parameter="beta")) + float(c.sel(parameter="Q")))
    seen = volumes >= float(law.tokens_low)
    curves.plot(volumes[seen], fitted[seen], color=colour, label=name)
    curves.plot(run.tokens, run.loss.isel(trial=0).sel(eval_domain=name), "o", ms=4, color=colour)
curves.set(xscale="log", yscale="log", xlabel="training tokens", ylabel=f"loss ({run.loss.units})",
           title=f"Mixture '{run.mixture_label.values[0]}': seen (dots), law (lines)")
curves.legend(fontsize=8)

# The optimum with its 90 % interval beside the default.
place = np.arange(best.sizes["train_domain"])
errors = np.abs(np.stack([best.share - best.share_low, best.share_high - best.share]))
shares.bar(place - 0.2, best.default_share, 0.4, color="0.75", label="default")
shares.bar(place + 0.2, best.share, 0.4, color="tab:blue", yerr=errors, capsize=3, label="optimum, 90 %")
shares.set_xticks(place, best.train_domain.values, rotation=30, ha="right")
shares.set(ylabel="share", title=f"Best mixture for {float(best.volume_tokens):,.0f} tokens")
shares.legend(fontsize=8)

# Predicted against trained, where the run checked its recommendation.
try:
    trained = xarray.open_dataset(path, group="check")
except (OSError, KeyError):
    trained = None
if trained is not None:
    for row, (label, marker) in enumerate(zip(trained.label.values, "os")):
        for name, colour in zip(domains, colours):
            at = dict(label=row, eval_domain=domains.index(name))
            check.plot(trained.predicted_nats.isel(at), trained.trained_nats.isel(at), marker, color=colour)
        check.plot([], [], marker, color="0.4", label=str(label))
    ends = [min(check.get_xlim()[0], check.get_ylim()[0]), max(check.get_xlim()[1], check.get_ylim()[1])]
    check.plot(ends, ends, color="0.7", lw=1)
    gain, error = float(trained.mean_gain_nats), float(trained.mean_gain_error_nats)
    check.set(xlabel="predicted loss", ylabel="trained loss",
              title=f"Check: gain {gain:+.4f} ± {error:.4f} {run.loss.units}")
    check.legend(fontsize=8)
else:
    check.set_axis_off()
figure.savefig(picture, dpi=110)
print(f"wrote {picture}")
