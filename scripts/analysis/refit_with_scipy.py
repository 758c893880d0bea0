#!/usr/bin/env python3
"""Fits the BiMix law again with SciPy and compares: the numbers of results.h5 are nobody's secret.

Usage: scripts/analysis/refit_with_scipy.py [RESULTS]
RESULTS defaults to runs/demo/results.h5. Ends with 1 if the two disagree in the digits that are printed.
Debian: apt install python3-xarray python3-netcdf4 python3-scipy

The law is L(r, s) = r^-alpha (P / s^beta + Q), all four at least 0, fitted domain by domain to the relative
residuals of every volume from the smallest one fitted on (fit.residual: relative, the default).
"""
import sys

import numpy as np
import xarray
from scipy.optimize import least_squares

path = sys.argv[1] if len(sys.argv) > 1 else "runs/demo/results.h5"
run = xarray.open_dataset(path)
law = xarray.open_dataset(path, group="law/bimix")
run = run.isel(trial=(run.status == 0).values, tokens=(run.tokens >= float(law.tokens_low)).values)


def refit(domain):
    """The best of several starts for one evaluation domain: P, Q, alpha, beta."""
    loss = run.loss.sel(eval_domain=domain)
    share = run.mixture.isel(train_domain=int(run.share_of.sel(eval_domain=domain)))
    share, tokens, loss = (a.values.ravel() for a in xarray.broadcast(share, run.tokens, loss))
    use = np.isfinite(loss) & (share > 0)
    share, tokens, loss = share[use], tokens[use], loss[use]
    unit = np.exp(np.log(tokens).mean())  # volumes near 1, or P and beta could hardly be told apart

    def residuals(x):
        p, q, alpha, beta = x
        return share ** -alpha * (p * (tokens / unit) ** -beta + q) / loss - 1

    fits = [least_squares(residuals, [part * loss.mean(), (1 - part) * loss.mean(), 0.1, beta], bounds=(0, np.inf),
                          xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=5000)
            for part in (0.2, 0.5, 0.9) for beta in (0.1, 0.3, 0.6)]
    p, q, alpha, beta = min(fits, key=lambda fit: fit.cost).x
    rmse = np.sqrt(2 * min(fit.cost for fit in fits) / use.sum())
    return {"P": p * unit ** beta, "Q": q, "alpha": alpha, "beta": beta}, rmse


agree = True
print(f"{'domain':<14}" + "".join(f"{name:>24}" for name in ("alpha", "beta", "Q", "rmse")) + "   (ours, SciPy)")
for domain in law.eval_domain.values:
    theirs, rmse = refit(domain)
    ours = law.coefficient.sel(eval_domain=domain)
    line = f"{domain:<14}"
    for name in ("alpha", "beta", "Q"):
        mine = float(ours.sel(parameter=name))
        line += f"{mine:>13.4f} {theirs[name]:>10.4f}"
        agree &= abs(mine - theirs[name]) < 1e-4
    mine = float(law.rmse_relative.sel(eval_domain=domain))
    agree &= abs(mine - rmse) < 1e-5
    print(line + f"{100 * mine:>11.3f} % {100 * rmse:>8.3f} %")
print("the same" if agree else "NOT the same")
sys.exit(0 if agree else 1)
