#!/usr/bin/env python3
"""How long `bimix import` takes for logs of many domains, runs and evaluation sets.

Usage: tests/bench/many_domains.py BIMIX FOLDER [DxNxExV ...] [--ranks 1,2] [--repeat N]

Makes logs of D domains, N runs, E sets and V volumes, and times `bimix import` of them: fit, bootstrap,
held-out folds, optimum and page. Prints the seconds by the clock, the processor seconds of all ranks
together, the largest memory of a rank and the mean error on held-out runs. Without shapes: 24x200x24x1,
39x280x39x1 and 64x1000x60x4. Logs are made once and kept in FOLDER, runs are made again each time.

The truth is additive: a loss is E + B s^-beta + 1 / sum_j C_j r_j^g_j, to which each set's own domain
counts most and some others help; set e beyond the domains follows none. Runs are drawn from
Dirichlet(1) about the uniform mixture, losses have an error of 0.3 %.
"""
import argparse
import os
import pathlib
import re
import shutil
import subprocess
import time

import h5py
import numpy as np

SHAPES = ["24x200x24x1", "39x280x39x1", "64x1000x60x4"]
NOISE = 3e-3


def shape_of(text):
    numbers = [int(n) for n in text.split("x")]
    if len(numbers) != 4 or min(numbers) < 1:
        raise SystemExit(f"{text}: a shape is domains x runs x sets x volumes, as 39x280x39x1")
    return numbers


def losses_of(share, volumes, sets, rng):
    """(runs, volumes, sets) of the truth, with errors."""
    runs, domains = share.shape
    helps = np.exp(rng.normal(-3.0, 1.0, (sets, domains)))
    own = np.arange(min(sets, domains))
    helps[own, own] = 1.0
    returns = rng.uniform(0.3, 0.9, (sets, domains))
    size = rng.uniform(0.5, 1.5, sets)
    loss = np.empty((runs, len(volumes), sets))
    for e in range(sets):
        reach = (helps[e] * share ** returns[e]).sum(axis=1)
        mixture = size[e] * reach.mean() / reach
        for v, tokens in enumerate(volumes):
            loss[:, v, e] = 1.5 + 0.5 * (tokens / volumes[-1]) ** -0.35 + mixture
    return loss * np.exp(NOISE * rng.normal(size=loss.shape))


def make_log(path, domains, runs, sets, volumes):
    """A table in the layout csv-wide; the same for the same shape."""
    rng = np.random.default_rng([domains, runs, sets, volumes])
    share = rng.dirichlet(np.ones(domains), size=runs)
    tokens = [int(1e9 / 2 ** v) for v in reversed(range(volumes))]
    loss = losses_of(share, tokens, sets, rng)
    names = [f"d{k:02d}" for k in range(domains)]
    evaluated = names[:sets] + [f"other{e:02d}" for e in range(sets - domains)]
    with open(path, "w") as out:
        print(",".join(["run", "tokens"] + [f"share/{n}" for n in names] + [f"loss/{n}" for n in evaluated]), file=out)
        for run in range(runs):
            shares = ",".join(f"{r:.17g}" for r in share[run])
            for v in range(volumes):
                print(f"run{run:04d},{tokens[v]},{shares}," + ",".join(f"{x:.6f}" for x in loss[run, v]), file=out)


def import_once(program, log, folder, ranks):
    """(clock seconds, processor seconds of all ranks, largest memory of a rank in MB)."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [program, "-q", "import", str(log), "-o", str(folder)]
    if ranks > 1:
        command = ["mpirun", "--allow-run-as-root", "-n", str(ranks)] + command
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    if status != 0:
        raise SystemExit(f"{' '.join(command)} ended with {status}")
    return wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def held_out_error(folder):
    with h5py.File(folder / "results.h5") as results:
        return np.nanmean(results["law/effective_share/held_out/error"][()])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("shapes", nargs="*", default=SHAPES)
    parser.add_argument("--ranks", default="1,2")
    parser.add_argument("--repeat", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    print("domains  runs  sets  volumes  ranks  clock s  processor s  MB a rank  held-out error")
    for text in options.shapes:
        domains, runs, sets, volumes = shape_of(text)
        log = options.folder / f"{text}.csv"
        if not log.exists():
            make_log(log, domains, runs, sets, volumes)
        for ranks in [int(n) for n in re.findall(r"\d+", options.ranks)]:
            folder = options.folder / f"run-{text}-{ranks}"
            for _ in range(options.repeat):
                wall, processor, megabytes = import_once(options.program, log, folder, ranks)
                error = held_out_error(folder)
                print(f"{domains:7d} {runs:5d} {sets:5d} {volumes:8d} {ranks:6d} {wall:8.1f} {processor:12.1f} "
                      f"{megabytes:10.0f} {100 * error:13.3f} %", flush=True)


if __name__ == "__main__":
    main()
