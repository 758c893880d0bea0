#!/usr/bin/env python3
"""Draws how time and memory of a run grow with its size, from what `bimix bench scale --json` printed.

Usage: tests/bench/plot_scale.py SCALE.json [PICTURE]
PICTURE defaults to scale.svg; what its name ends in says its format. Each step is a line, on axes by
powers of ten; the exponents in the legend are those that the program found.
Debian: apt install python3-matplotlib
"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.fonttype"] = "none"
import matplotlib.pyplot as plt

if len(sys.argv) not in (2, 3):
    sys.exit(__doc__)
with open(sys.argv[1]) as file:
    bench = json.load(file)
picture = sys.argv[2] if len(sys.argv) == 3 else "scale.svg"

figure, axes = plt.subplots(2, 2, figsize=(13, 8), sharex="col", layout="constrained")
for column, grows in enumerate(("trials", "domains")):
    series = bench[f"by_{grows}"]
    sizes = [one[grows] for one in series["sizes"]]
    time, memory = axes[0][column], axes[1][column]
    for number, step in enumerate(one["step"] for one in series["sizes"][0]["steps"]):
        costs = [one["steps"][number] for one in series["sizes"]]
        exponent = series["exponents"][step]
        label = step if exponent is None else f"{step}, {exponent:.2f}"
        time.plot(sizes, [cost["seconds"] for cost in costs], "o-", ms=4, label=label)
        memory.plot(sizes, [cost["peak_bytes"] / 1e6 for cost in costs], "o-", ms=4, label=label)
    time.set(xscale="log", yscale="log", ylabel="seconds", title=f"By {grows}, with exponents of processor time")
    memory.set(xscale="log", yscale="log", xlabel=grows, ylabel="peak MB of all ranks")
    memory.set_xticks(sizes, [f"{size:,}" for size in sizes])
    memory.minorticks_off()
    time.legend(fontsize=8, loc="upper left", bbox_to_anchor=(1.0, 1.0))
figure.suptitle(f"law {bench['law']}, {bench['resamples']} resamples, {bench['ranks']} rank(s)")
figure.savefig(picture, dpi=120)
