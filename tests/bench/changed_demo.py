#!/usr/bin/env python3
"""What a setting of the proxy does to the demo's losses, law and optimum.

Usage: tests/bench/changed_demo.py BIMIX FOLDER [--ways linupper quadratic extremes] [--seeds 4] [--ranks 2]

The domains of configs/demo.yaml and 12 mixtures like its own, the same for all, on a fifth of its volumes (to
512K tokens) and a third of its evaluation text, in single precision. Each way (below: to weigh sequences by
their losses after a twentieth of the steps, or products of bf16) is run with several seeds; differences are to
the unchanged run of the same seed, +- what they vary by over seeds (standard error). A way takes 1.5 minutes
of one core a seed; what is done is not done again.
"""
import argparse
import pathlib
import subprocess

import h5py
import numpy as np
import yaml

WAYS = {
    "none": ", precision: fp32",
    "bf16": ", precision: bf16",
    "linupper": ", precision: fp32, reweight: linupper, reweight_after: 25",
    "quadratic": ", precision: fp32, reweight: quadratic, reweight_after: 25",
    "extremes": ", precision: fp32, reweight: extremes, reweight_after: 25",
}
CAMPAIGN = """
design:
  mixtures:
    - preset: [default, uniform, entropy-conditional]
    - list:
{mixtures}
  volumes: {{from: 64K, to: 512K, count: 4}}
source: {{proxy: {{layers: 2, width: 64, heads: 2, context: 128, batch: 8, eval_sequences: 64{way}}}}}
entropy: {{measures: [conditional]}}
fit: {{law: bimix, bootstrap: 20, min_tokens: 100K}}
optimize: {{tokens: 512K}}
check: {{enabled: false}}
"""


def drawn_mixtures(domains):
    """Nine, as `dirichlet: {count: 9, strength: [0.5, 2], around: uniform, floor: 0.03}` draws them."""
    random = np.random.default_rng(1)
    floor, rows = 0.03, []
    for strength in np.geomspace(0.5, 2, 9):
        share = floor + (1 - floor * len(domains)) * random.dirichlet(np.full(len(domains), strength))
        rows.append("        - {" + ", ".join(f"{d}: {s:.17g}" for d, s in zip(domains, share)) + "}")
    return "\n".join(rows)


def read(folder):
    with h5py.File(folder / "results.h5") as h5:
        law = h5["law/bimix"]
        return {"loss": h5["loss"][:, -1, :], "seconds": h5["wall_seconds"][:].sum(), "share": h5["optimum/share"][:],
                "gain": h5["optimum/gain_nats"][()], "error": law["held_out/error"][:].mean(),
                "coefficient": law["coefficient"][:], "parameter": [p.decode() for p in law["parameter"][:]]}


def about(differences, digits=4):
    values = np.asarray(differences)
    return f"{values.mean():+.{digits}f} +- {values.std(ddof=1) / np.sqrt(len(values)):.{digits}f}"


def rank_correlation(a, b):
    return np.corrcoef(np.argsort(np.argsort(a)), np.argsort(np.argsort(b)))[0, 1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--ways", nargs="+", choices=list(WAYS)[1:], default=["linupper", "quadratic", "extremes"])
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--ranks", default="2")
    options = parser.parse_args()
    folder, seeds = options.folder.resolve(), range(1, options.seeds + 1)
    folder.mkdir(parents=True, exist_ok=True)
    base = pathlib.Path(__file__).resolve().parents[2]
    domains = yaml.safe_load((base / "configs/demo.yaml").read_text())["domains"]
    runs = {}
    for seed in seeds:
        for way in ["none", *options.ways]:
            name = f"{way}-{seed}"
            path = folder / f"{name}.yaml"
            head = yaml.safe_dump({"name": name, "seed": seed, "base": str(base), "domains": domains}, sort_keys=False)
            path.write_text(head + CAMPAIGN.format(mixtures=drawn_mixtures(list(domains)), way=WAYS[way]))
            subprocess.run([str(base / "scripts/mpirun"), "-n", options.ranks, options.program, "-q", "run", str(path), "-o",
                            str(folder / name)], check=True, stdout=subprocess.DEVNULL)
            runs[way, seed] = read(folder / name)

    plain = [runs["none", seed] for seed in seeds]
    between = [np.abs(a["share"] - b["share"]).sum() / 2 for i, a in enumerate(plain) for b in plain[:i]]
    print(f"unchanged: mean loss {np.mean([run['loss'].mean() for run in plain]):.4f}, held-out error "
          f"{100 * np.mean([run['error'] for run in plain]):.2f} %, optimum "
          f"{' '.join(f'{d} {s:.3f}' for d, s in zip(domains, np.mean([run['share'] for run in plain], axis=0)))}, "
          f"gain {np.mean([run['gain'] for run in plain]):.4f}; optima of two seeds differ by {np.mean(between):.3f}; "
          f"{np.mean([run['seconds'] for run in plain]):.0f} s of trials")
    for way in options.ways:
        pairs = [(runs[way, seed], runs["none", seed]) for seed in seeds]
        print(f"\n{way}: trials take {np.mean([a['seconds'] / b['seconds'] for a, b in pairs]):.2f} x the time")
        print(f"  mean loss {about([(a['loss'] - b['loss']).mean() for a, b in pairs])}; "
              f"rank correlation of mixtures' mean losses "
              f"{np.mean([rank_correlation(a['loss'].mean(axis=1), b['loss'].mean(axis=1)) for a, b in pairs]):.3f}")
        for e, domain in enumerate(domains):
            print(f"    {domain:<11} {about([(a['loss'] - b['loss'])[:, e].mean() for a, b in pairs])}")
        print(f"  held-out error, points of a hundred {about([100 * (a['error'] - b['error']) for a, b in pairs], 2)}")
        for p, parameter in enumerate(plain[0]["parameter"]):
            print(f"  {parameter:<6} {np.mean([b['coefficient'][:, p].mean() for _, b in pairs]):.4f}, "
                  f"{about([(a['coefficient'] - b['coefficient'])[:, p].mean() for a, b in pairs])}")
        print(f"  gain {about([a['gain'] - b['gain'] for a, b in pairs])}; optimum differs by "
              f"{np.mean([np.abs(a['share'] - b['share']).sum() / 2 for a, b in pairs]):.3f} (half the sum of differences)")
        print("   ", " ".join(f"{d} {about([(a['share'] - b['share'])[k] for a, b in pairs], 3)}"
                              for k, d in enumerate(domains)))


if __name__ == "__main__":
    main()
