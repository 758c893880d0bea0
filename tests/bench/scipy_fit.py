#!/usr/bin/env python3
"""Times SciPy at the BiMix fit, on the very points that `bimix bench fit` fits, in the same run.

Usage: tests/bench/scipy_fit.py BIMIX [--problems 3] [--starts 32]

For each reference problem (100 points) SciPy's least_squares fits P, Q, alpha and beta to the relative
residuals of L = r^-alpha (P s^-beta + Q) from that many random starts, by `trf` with bounds and by `lm`
without, with its own numerical and with the exact Jacobian. Prints fits (of all starts) in a second of
processor time, how many times as many bimix does, and both minima. Ends with 1 if a minimum of bimix lies above SciPy's best by more
than 1e-6 of it, with 77 if there is no SciPy. One thread. Debian: apt install python3-scipy
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import time

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")  # more threads are slower at matrices of 100 x 4

try:
    import numpy as np
    import scipy
    from scipy.optimize import least_squares
except ImportError as missing:
    print(f"scipy_fit.py: no SciPy here ({missing}). Install python3-scipy.", file=sys.stderr)
    sys.exit(77)

TOLERANCE = 1e-6  # least_squares stops at 1e-8 of the cost; both minima are near 2.5e-3


class Problem:
    """The points of one reference problem, volumes about 1 so that P and Q have one scale."""

    def __init__(self, found):
        self.share, tokens, self.loss = (np.array(found[name]) for name in ("share", "tokens", "loss_nats"))
        self.ours = found["objective"]
        self.volume = tokens / np.exp(np.log(tokens).mean())

    def parts(self, x):
        p, q, alpha, beta = x
        return self.share ** -alpha / self.loss, p * self.volume ** -beta, q

    def residuals(self, x):
        front, falling, rest = self.parts(x)
        return front * (falling + rest) - 1

    def jacobian(self, x):
        front, falling, rest = self.parts(x)
        return np.stack([front * self.volume ** -x[3], front, -np.log(self.share) * front * (falling + rest),
                         -np.log(self.volume) * front * falling], axis=1)

    def starts(self, count):
        """(P, Q) that add up to the mean loss, exponents spread over what laws have."""
        random = np.random.default_rng(1)
        part, alpha, beta = random.uniform(0.1, 0.9, count), 10 ** random.uniform(-2, 0, count), \
            10 ** random.uniform(-1.5, 0, count)
        mean = self.loss.mean()
        return np.stack([part * mean, (1 - part) * mean, alpha, beta], axis=1)

    def minimum(self, method, exact, starts):
        """Sum of squared residuals of the best start, or infinity."""
        settings = {"method": method, "jac": self.jacobian if exact else "2-point"}
        if method == "trf":
            settings["bounds"] = (0, np.inf)
        best = np.inf
        with np.errstate(all="ignore"):  # without bounds a step may leave what can be computed
            for start in starts:
                try:
                    fit = least_squares(self.residuals, start, **settings)
                except ValueError:
                    continue
                if np.isfinite(fit.cost) and (fit.x >= 0).all():
                    best = min(best, 2 * fit.cost)
        return best


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bimix", help="the program")
    parser.add_argument("--problems", type=int, default=3)
    parser.add_argument("--starts", type=int, default=32)
    options = parser.parse_args()
    ran = subprocess.run([options.bimix, "-q", "bench", "fit", "--laws", "bimix", "--json",
                          "--problems", str(options.problems)],
                         check=True, stdout=subprocess.PIPE, text=True)
    found = json.loads(ran.stdout)
    problems = [Problem(one) for one in found["problem"]]
    ours = found["fits_per_second"]
    print(f"{len(problems)} problems of {len(problems[0].loss)} points, {options.starts} starts, "
          f"SciPy {scipy.__version__}, one thread")
    print(f"  {'bimix':<28}{ours:>10.0f} fits/s")
    best = [np.inf] * len(problems)
    for method in ("trf", "lm"):
        for exact in (False, True):
            seconds = []
            for n, problem in enumerate(problems):
                began = time.process_time()
                minimum = problem.minimum(method, exact, problem.starts(options.starts))
                seconds.append(time.process_time() - began)
                best[n] = min(best[n], minimum)
            rate = 1 / statistics.median(seconds)
            name = f"{method}, {'exact' if exact else 'numerical'} Jacobian"
            print(f"  {name:<28}{rate:>10.2f} fits/s; bimix {ours / rate:,.0f} times as many")
    print("Minima (sum of squared relative residuals)")
    worse = False
    for n, problem in enumerate(problems):
        above = problem.ours / best[n] - 1
        worse |= not above < TOLERANCE
        print(f"  problem {n}: bimix {problem.ours:.12g}, SciPy's best {best[n]:.12g}, "
              f"bimix above by {above:+.1e} of it")
    print("bimix did NOT reach SciPy's minimum" if worse else "both reach the same minima" if
          all(abs(p.ours / b - 1) < TOLERANCE for p, b in zip(problems, best)) else "bimix reaches lower minima")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
