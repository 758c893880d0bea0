#!/usr/bin/env python3
"""How the cost of every command grows with the size of a campaign or a log.

Usage: tests/bench/cost_by_size.py BIMIX [--runs 5000] [--mixtures 50000] [--only WORD]

Makes logs of N and 4 N runs (3 domains, 4 volumes, csv-wide) and campaigns of M and 4 M mixtures, gives them
to the commands that read them, and prints user seconds, peak memory and the ratio of the two sizes: 4 is
linear, 16 is quadratic. User time, so that what else the machine does counts little. One process, no trial is
trained. Speed is never part of pass or fail; tests named after the faults count the work.
"""
import argparse
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

LAW = {"web": (12.0, 0.030, 0.25, 2.10), "code": (9.0, 0.080, 0.30, 0.90), "books": (14.0, 0.050, 0.22, 2.30)}
VOLUMES = [1_000_000, 3_000_000, 10_000_000, 30_000_000]


def write_log(path, runs):
    """Losses of a BiMix law with 0.2 % of noise."""
    draw = random.Random(7)
    with open(path, "w") as out:
        out.write("run,repeat,tokens," + ",".join(f"share/{d}" for d in LAW) + ","
                  + ",".join(f"loss/{d}" for d in LAW) + "\n")
        for n in range(runs):
            weights = [draw.gammavariate(1.5, 1) + 0.15 for _ in LAW]
            shares = [w / sum(weights) for w in weights]
            shares[-1] = 1.0 - sum(shares[:-1])
            for s in VOLUMES:
                losses = [r ** -alpha * (P * s ** -beta + Q) * draw.gauss(1, 0.002)
                          for (P, alpha, beta, Q), r in zip(LAW.values(), shares)]
                out.write(f"run{n},0,{s}," + ",".join(map(repr, shares)) + "," + ",".join(map(repr, losses)) + "\n")


def campaign(mixtures):
    """A campaign of a command that is never run, with these groups of mixtures."""
    return ("name: many\ndomains:\n  a: {share: 0.5}\n  b: {share: 0.3}\n  c: {share: 0.2}\n"
            f"design:\n  mixtures:\n{mixtures}  volumes: {{values: [1M, 4M]}}\n"
            "source: {command: {run: ['true'], losses: '{dir}/loss.csv'}}\n")


def write_designs(folder, count):
    draw = random.Random(3)
    steps = round(count ** 0.5)
    values = ", ".join(repr(0.45 * (i + 1) / steps) for i in range(steps))
    groups = {
        "dirichlet": f"    - dirichlet: {{count: {count}, strength: [0.5, 4]}}\n",
        "grid": f"    - grid: {{a: [{values}], b: [{values}]}}\n",
        "list": "    - list:\n" + "".join(
            f"        - {{a: {x!r}, b: {y!r}, c: {1.0 - x - y!r}}}\n"
            for x, y in ((draw.uniform(0, 0.5), draw.uniform(0, 0.5)) for _ in range(count // 4))),
    }
    for name, group in groups.items():
        (folder / f"{name}.yaml").write_text(campaign(group))
    return groups


class Timed:
    """Runs the program and keeps what it used: user seconds, peak MiB."""

    def __init__(self, bimix, folder):
        self.bimix, self.folder, self.used = bimix, folder, {}

    def __call__(self, name, *arguments, quiet=True):
        start = time.perf_counter()
        sink = open(os.devnull, "w") if quiet else None
        process = subprocess.Popen([self.bimix, *arguments], cwd=self.folder, stdout=sink, stderr=subprocess.PIPE,
                                   text=True)
        talk = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            print(f"  {name}: exit code {process.returncode}\n{talk[-400:]}", file=sys.stderr)
        self.used[name] = (used.ru_utime, used.ru_maxrss / 1024, time.perf_counter() - start)


def measure_log(bimix, folder, runs):
    folder.mkdir()
    write_log(folder / "log.csv", runs)
    run = Timed(bimix, folder)
    run("import", "import", str(folder / "log.csv"), "-o", "first", "--law", "bimix")
    run("run again", "run", "first/campaign.yaml", "-o", "first")
    run("plan (replay)", "plan", "first/campaign.yaml", "-o", "first")
    run("status", "status", "first")
    run("verify", "verify", "first")
    run("export csv", "export", "first", "--to", "csv", "-o", "table.csv")
    run("merge", "merge", "first", "-o", "merged")
    run("report", "report", "first")
    page = folder / "first" / "report.html"
    print(f"  {runs} runs: page of {page.stat().st_size / 2**20:.1f} MiB, "
          f"results.h5 of {(folder / 'first' / 'results.h5').stat().st_size / 2**20:.1f} MiB")
    return run.used


def measure_design(bimix, folder, mixtures):
    folder.mkdir()
    run = Timed(bimix, folder)
    for name in write_designs(folder, mixtures):
        run(f"validate {name}", "validate", f"{name}.yaml")
        run(f"plan {name}", "plan", f"{name}.yaml", "-o", "nowhere")
    return run.used


def show(sizes, small, large):
    print(f"{'command':<20}{sizes[0]:>12}{sizes[1]:>12}  user s, ratio; peak MiB")
    for name, (seconds, memory, _) in small.items():
        if name not in large:
            continue
        more, most, _ = large[name]
        print(f"{name:<20}{seconds:>12.2f}{more:>12.2f}{more / max(seconds, 0.01):>8.1f}{memory:>8.0f}{most:>8.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bimix")
    parser.add_argument("--runs", type=int, default=5000)
    parser.add_argument("--mixtures", type=int, default=50_000)
    parser.add_argument("--only", default="", help="log or design")
    options = parser.parse_args()
    bimix = str(pathlib.Path(options.bimix).resolve())
    with tempfile.TemporaryDirectory() as place:
        for word, size, measure in (("log", options.runs, measure_log), ("design", options.mixtures, measure_design)):
            if options.only not in ("", word):
                continue
            sizes = size, 4 * size
            show(sizes, *(measure(bimix, pathlib.Path(place) / f"{word}-{n}", n) for n in sizes))


if __name__ == "__main__":
    main()
