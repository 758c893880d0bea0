#!/usr/bin/env python3
"""Draws what `bimix evaluate --json` found: error by law, predicted against seen, and error by how many mixtures
trained (of several files) or by domain (of one).

Usage: scripts/analysis/plot_evaluation.py EVALUATION... [--law LAW] [-o PICTURE]
  bimix -q evaluate runs/mine --protocol draws --train 8 --json > 8.json        # and so for 12 and 25
  scripts/analysis/plot_evaluation.py 8.json 12.json 25.json

PICTURE defaults to evaluation.png. Points are of LAW, by default the one with the least error; of several files
the first two pictures are of the last one. Debian: apt install python3-matplotlib
"""
import argparse
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

BASELINES = {"persistence": "--", "mean_baseline": ":"}


def plain(name):
    """A name as text: matplotlib reads what stands between dollars as a formula."""
    return "".join(c if c.isprintable() else "?" for c in str(name)).replace("$", r"\$")


def column(values):
    return np.array([np.nan if value is None else value for value in values], float)


class Evaluation:
    """One file's points as columns, the prediction of each law among them."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            found = json.load(file)
        self.protocol, self.domains = str(found["protocol"]), [plain(name) for name in found["domains"]]
        self.trains = {len(ids) for ids in found["training_mixtures"]}
        self.domain = np.array(found["points"]["domain"], int)
        self.seen = column(found["points"]["seen"])
        self.baseline = {name: column(found["points"][name]) for name in BASELINES}
        self.predicted = {str(law["law"]): column(law["predicted"]) for law in found["laws"]}
        columns = [self.domain, *self.baseline.values(), *self.predicted.values()]
        if not self.predicted or any(len(one) != len(self.seen) for one in columns):
            raise ValueError("its columns differ in length, or there is no law")
        if len(self.domain) and not 0 <= self.domain.min() <= self.domain.max() < len(self.domains):
            raise ValueError("it has points of a domain that it does not name")

    def error(self, predicted):
        """Mean relative error in percent of each domain; NaN where nothing was predicted."""
        errors = 100 * np.abs(predicted - self.seen) / self.seen
        errors[~np.isfinite(errors)] = np.nan
        each = [errors[(self.domain == d) & ~np.isnan(errors)] for d in range(len(self.domains))]
        return np.array([one.mean() if len(one) else np.nan for one in each])

    def mean_error(self, predicted):
        errors = self.error(predicted)
        return np.nanmean(errors) if np.isfinite(errors).any() else np.nan


def draw_laws(axes, evaluation, colours):
    laws = sorted(evaluation.predicted, key=lambda law: np.nan_to_num(
        evaluation.mean_error(evaluation.predicted[law]), nan=np.inf), reverse=True)
    errors = [evaluation.mean_error(evaluation.predicted[law]) for law in laws]
    axes.barh(range(len(laws)), np.nan_to_num(errors), color=[colours[law] for law in laws])
    axes.set_yticks(range(len(laws)), [plain(law) for law in laws])
    for place, error in enumerate(errors):
        axes.text(np.nan_to_num(error), place, f" {error:.2f}" if np.isfinite(error) else " nothing", va="center",
                  fontsize=8)
    for name, style in BASELINES.items():
        error = evaluation.mean_error(evaluation.baseline[name])
        if np.isfinite(error) and error <= 2 * np.nanmax(np.append(errors, error / 2)):
            axes.axvline(error, color="0.3", ls=style, lw=1, label=name.replace("_baseline", " of others"))
    axes.margins(x=0.15)
    axes.set(xlabel="mean error, %", title=plain(f"Held out by protocol {evaluation.protocol}"))
    if axes.get_legend_handles_labels()[0]:
        axes.legend(fontsize=8)
    return laws[-1]


def draw_points(axes, evaluation, law):
    for d, name in enumerate(evaluation.domains):
        use = (evaluation.domain == d) & np.isfinite(evaluation.predicted[law]) & np.isfinite(evaluation.seen)
        if use.any():
            middle = evaluation.seen[use].mean()  # domains differ by more than mixtures do
            axes.plot(evaluation.seen[use] - middle, evaluation.predicted[law][use] - middle, ".", ms=4,
                      label=name, color=plt.get_cmap("tab20")(d % 20))
    if axes.get_legend_handles_labels()[0]:
        ends = [min(axes.get_xlim()[0], axes.get_ylim()[0]), max(axes.get_xlim()[1], axes.get_ylim()[1])]
        axes.plot(ends, ends, color="0.7", lw=1, zorder=0)
        axes.legend(fontsize=7, ncols=1 + len(evaluation.domains) // 12)
    axes.set(xlabel="seen, above the domain's mean", ylabel="predicted", title=f"Predicted by {plain(law)}")


def draw_by_count(axes, evaluations, colours):
    evaluations = sorted(evaluations, key=lambda one: min(one.trains))
    counts = [min(one.trains) for one in evaluations]
    for law in colours:
        errors = [one.mean_error(one.predicted[law]) if law in one.predicted else np.nan for one in evaluations]
        if np.isfinite(errors).any():
            axes.plot(counts, errors, "o-", ms=4, color=colours[law], label=plain(law))
    axes.set(xlabel="mixtures that train", ylabel="mean error, %", yscale="log", title="Error by how many train")
    axes.set_xticks(sorted(set(counts)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("{x:g}")
    if axes.lines:
        axes.legend(fontsize=7, loc="upper left", bbox_to_anchor=(1, 1))


def draw_by_domain(axes, evaluation, laws):
    errors = np.array([evaluation.error(evaluation.predicted[law]) for law in laws])
    axes.imshow(np.log10(np.maximum(errors, 1e-3)), cmap="YlOrRd", aspect="auto")
    if errors.size <= 300:
        for (i, d), error in np.ndenumerate(errors):
            axes.text(d, i, f"{error:.2f}" if np.isfinite(error) else "-", ha="center", va="center", fontsize=7)
    axes.set_yticks(range(len(laws)), [plain(law) for law in laws])
    axes.set_xticks(range(len(evaluation.domains)), evaluation.domains, rotation=30, ha="right")
    axes.set(title="Mean error by domain, %")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("evaluation", nargs="+")
    parser.add_argument("--law")
    parser.add_argument("-o", "--output", default="evaluation.png", metavar="PICTURE")
    options = parser.parse_args()
    evaluations = []
    for path in options.evaluation:
        try:
            evaluations.append(Evaluation(path))
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise SystemExit(f"plot_evaluation.py: {path}: cannot be drawn ({error!r}). "
                             "Write it with `bimix -q evaluate DIR --json`.") from error
    several = len(evaluations) > 1
    if several and any(len(one.trains) != 1 for one in evaluations):
        raise SystemExit("plot_evaluation.py: of several files each must say how many mixtures trained "
                         "(protocols draws and unseen).")
    last = evaluations[-1]
    names = list(dict.fromkeys(law for one in evaluations for law in one.predicted))
    colours = {law: plt.get_cmap("tab20")(n % 20) for n, law in enumerate(names)}
    figure, (laws, points, third) = plt.subplots(1, 3, figsize=(15, 4.8), layout="constrained")
    best = draw_laws(laws, last, colours)
    law = options.law or best
    if law not in last.predicted:
        raise SystemExit(f"plot_evaluation.py: --law: '{law}' is not in {options.evaluation[-1]} "
                         f"(there are: {', '.join(last.predicted)}).")
    draw_points(points, last, law)
    if several:
        draw_by_count(third, evaluations, colours)
    else:
        draw_by_domain(third, last, list(last.predicted))
    figure.savefig(options.output, dpi=110)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    sys.exit(main())
