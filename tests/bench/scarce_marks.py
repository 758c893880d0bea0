#!/usr/bin/env python3
"""What the campaign configs/scarce.yaml shows of text that runs out.

Usage: tests/bench/scarce_marks.py BIMIX FOLDER [RANKS]

Runs the campaign, the same one without the cut, and seven mixtures of its own that go from a tenth to
seven tenths of essays, two seeds each. Prints the errors of held-out mixtures beside those without the
cut, and the epochs of essays at which more of them stops helping: as the law says that never saw the
seven, and as they show. About a quarter of an hour on two cores; what is done is not done again. The
figures in src/law/NOTES.md are its output.
"""
import csv
import io
import json
import pathlib
import re
import subprocess
import sys

import h5py
import numpy as np

DOMAINS = ("essays", "code", "proofs", "german")


def on_the_line(essays):
    return [essays] + [(1.0 - essays) / 3.0] * 3


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    ranks = sys.argv[3] if len(sys.argv) > 3 else "2"
    folder.mkdir(parents=True, exist_ok=True)
    base = pathlib.Path(__file__).resolve().parents[2]
    scarce = (base / "configs/scarce.yaml").read_text().replace("base: ..", f"base: {base}")
    scarce = re.sub(r"^check:.*$", "check: {enabled: false}", scarce, flags=re.M)

    def run(name, text):
        path = folder / f"{name}.yaml"
        path.write_text(text.replace("name: scarce", f"name: {name}"))
        subprocess.run([str(base / "scripts/mpirun"), "-n", ranks, program, "run", str(path), "-o", str(folder / name)], check=True)
        return folder / name

    def told(*words):
        return subprocess.run([program, "-q", *map(str, words)], check=True, capture_output=True, text=True).stdout

    def held_out(run_folder):
        held = json.loads(told("fit", run_folder, "--json"))["held_out"]
        return np.array(held["error"]), np.array(held["r2"])

    rows = "".join("        - {" + ", ".join(f"{d}: {s:.15g}" for d, s in zip(DOMAINS, on_the_line(e / 10))) + "}\n"
                   for e in range(1, 8))
    line = re.sub(r"design:\n.*?\nsource:", "design:\n  repeats: 2\n  mixtures:\n    - list:\n" + rows +
                  "  volumes: {values: [1.28M, 2.56M]}\n\nsource:", scarce, flags=re.S) + "normalise: true\n"
    cut, uncut, seven = run("cut", scarce), run("uncut", re.sub(r", fraction: [0-9.]+", "", scarce)), run("line", line)

    (error, r2), (error_uncut, _) = held_out(cut), held_out(uncut)
    print(f"held out, essays: {100 * error[0]:.2f} %, R2 {r2[0]:.3f}; mean of the sets {100 * error.mean():.2f} %, "
          f"without the cut {100 * error_uncut.mean():.2f} %: {error.mean() / error_uncut.mean():.2f} times as much")

    table = "\n".join([",".join(DOMAINS)] + [",".join(f"{s:.15g}" for s in on_the_line(e / 100)) for e in range(10, 71)])
    (folder / "line.csv").write_text(table + "\n")
    predicted = list(csv.DictReader(io.StringIO(
        told("predict", cut, "--mixtures", folder / "line.csv", "--tokens", "2.56M", "--csv"))))
    best = min(predicted, key=lambda row: float(row["loss/essays"]))
    with h5py.File(seven / "results.h5") as h5:
        share, epochs, loss = h5["mixture"][:, 0], h5["epochs"][:, 0], h5["loss"][:, -1, 0]
    steps = np.unique(np.round(share, 6))
    mean = np.array([loss[np.isclose(share, s)].mean() for s in steps])
    near = slice(max(mean.argmin() - 1, 0), mean.argmin() + 2)
    a, b, _ = np.polyfit(steps[near], mean[near], 2)
    turn = -b / (2 * a) * (epochs / share)[0]
    said = float(best["epochs/essays"])
    print(f"more essays stop helping at {said:.1f} epochs as predicted, {turn:.1f} as trained: {100 * (said / turn - 1):+.0f} %")
    for s, m in zip(steps, mean):
        row = min(predicted, key=lambda row: abs(float(row["share/essays"]) - s))
        print(f"  essays {s:.1f}, {s * (epochs / share)[0]:4.1f} epochs: predicted {float(row['loss/essays']):.4f}, trained {m:.4f}")


if __name__ == "__main__":
    main()
