#!/usr/bin/python3
"""Which form the harm of repeating should have: the table in src/law/NOTES.md, "Runs that repeat".

    BIMIX_PUBLISHED_DATA=data /usr/bin/python3 tests/law/repetition_forms.py [FORM ...]

Every form is fitted to the 229 runs of the datablations table with one (parameters, pool) left out at a time,
and judged on the one left out: the mean |error of the log loss| up to 4, up to 16 and above 16 epochs.
All forms share one law of the loss, e + P (D'/1e10)^-b + S (N/1e9)^-g, times exp(harm). Needs NumPy and SciPy;
the forms take about ten minutes together.
"""
import os
import sys

import numpy as np
from scipy.optimize import least_squares

TABLE = os.path.join(os.environ["BIMIX_PUBLISHED_DATA"], "datablations", "repetition.csv")
EPOCHS = [(0, 4), (4, 16), (16, np.inf)]
BASE = [0.6, -1.0, 0.35, -1.0, 0.35]  # log e, log P, b, log S, g


def worth(epochs, r):
    """Epochs as an equal number of first readings: 1 + R (1 - exp(-(E - 1)/R)) above one."""
    return np.where(epochs > 1, 1 + r * (1 - np.exp(-(np.maximum(epochs, 1) - 1) / r)), epochs)


def none(p, ratio, epochs):
    return 0.0


def softplus(p, ratio, epochs):
    a, w, tau = p
    return np.exp(a + w * np.log(ratio)) * np.logaddexp(0, np.log(np.maximum(epochs - 1, 1e-9)) - tau) ** 2


def saturating(p, ratio, epochs):
    c, w, q, a = p
    z = c + w * np.log(ratio) + q * np.log(np.maximum(epochs - 1, 1e-9))
    return np.exp(a) * (1 - np.exp(-np.exp(z)))


def logarithm(p, ratio, epochs):
    c, w, r, a = p
    z = np.exp(np.clip(c + w * np.log(ratio), -300, 300)) * worth(epochs, np.exp(r))
    return np.exp(a) * np.log1p(z)


def bounded(p, ratio, epochs):
    c, w, onset, a = p
    z = (np.maximum(epochs - 1, 1e-9) / np.exp(onset)) ** 2
    return np.exp(a) / (1 + np.exp(-(c + w * np.log(ratio)))) * z / (1 + z)


# form: harm, where its coefficients start, log R's start (None: the worth has no harm beside it and R follows N/n),
# and whether log R is held there
FORMS = {
    "none": (none, [], 2.7, False),
    "softplus": (softplus, [-3.0, 1.0, 3.0], 2.7, False),
    "saturating": (saturating, [-8.0, 1.0, 1.5, 0.0], 2.7, False),
    "logarithm": (logarithm, [-6.0, 1.2, 4.0, 0.3], 3.0, False),
    "bounded": (bounded, [-2.0, 1.5, 4.0, 0.1], 3.0, False),
    "bounded, R = 15": (bounded, [-2.0, 1.5, 4.0, 0.1], np.log(15.0), True),
}
R_FOLLOWS_RATIO = {"none", "softplus", "saturating"}


class Form:
    def __init__(self, name):
        self.harm, start, log_r, self.held = FORMS[name]
        self.log_r = log_r
        self.follows = name in R_FOLLOWS_RATIO
        self.start = np.array(BASE + [log_r, 0.0] + start)

    def log_loss(self, p, n, d, u):
        epochs, ratio = d / u, n / u
        log_r = self.log_r if self.held else p[5] + (p[6] * np.log(ratio) if self.follows else 0.0)
        seen = u * worth(epochs, np.exp(log_r))
        loss = np.exp(p[0]) + np.exp(p[1] - p[2] * np.log(seen / 1e10)) + np.exp(p[3] - p[4] * np.log(n / 1e9))
        return np.log(loss) + self.harm(p[7:], ratio, epochs)

    def fit(self, rows, start):
        n, d, u, loss = rows
        residual = lambda p: np.clip(self.log_loss(p, n, d, u) - np.log(loss), -9, 9)
        return least_squares(residual, start, loss="soft_l1", f_scale=0.05, x_scale="jac", max_nfev=3000).x


def left_out_errors(form, rows):
    """Error of the log loss of each run, by a fit that saw no run of its size and pool."""
    n, d, u, loss = rows
    all_runs = form.fit(rows, form.start)
    errors = np.zeros(len(loss))
    for size, pool in sorted(set(zip(n, u))):
        out = (n == size) & (u == pool)
        p = form.fit(rows[:, ~out], all_runs)
        errors[out] = form.log_loss(p, n[out], d[out], u[out]) - np.log(loss[out])
    return errors


def main():
    rows = np.genfromtxt(TABLE, delimiter=",", skip_header=1).T
    epochs = rows[1] / rows[2]
    print("harm                 to 4   to 16   above")
    for name in sys.argv[1:] or FORMS:
        errors = np.abs(left_out_errors(Form(name), rows))
        means = [errors[(epochs > low) & (epochs <= high)].mean() for low, high in EPOCHS]
        print(f"{name:18s} " + "  ".join(f"{mean:.4f}" for mean in means), flush=True)


if __name__ == "__main__":
    main()
