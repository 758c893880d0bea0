#!/usr/bin/env python3
"""Whether small runs that repeat as the target will recommend better mixtures than runs that do not.

Usage: tests/bench/matched_proxies.py BIMIX FOLDER [RANKS]

Four domains of scripts/get_corpora, of which essays and code are cut so that they run out. The target
is 2.56M tokens; proxies train an eighth of that, on the same pools or on pools that `match_epochs`
cuts. 32 mixtures are trained at the target's volume. What each set of proxies recommends for the
target, by two laws, is then trained there with the three best of the 32, on three common seeds that
nothing was chosen by; the regret is what it loses to the best of these. About half an hour on two
cores; what is done is not done again.
"""
import json
import pathlib
import subprocess
import sys

import h5py
import numpy as np

HEAD = """name: {name}
seed: {seed}
base: {base}
domains:
  essays: {{train: corpora/essays/train/*.txt, eval: corpora/essays/eval/*.txt, share: 0.25, fraction: 0.0015}}
  code:   {{train: corpora/code/train/*.txt,   eval: corpora/code/eval/*.txt,   share: 0.25, fraction: 0.008}}
  proofs: {{train: corpora/proofs/train/*.txt, eval: corpora/proofs/eval/*.txt, share: 0.25}}
  german: {{train: corpora/german/train/*.txt, eval: corpora/german/eval/*.txt, share: 0.25}}
check: {{enabled: false}}
"""
PROXY = "layers: 2, width: 64, heads: 2, context: 128, batch: 8"
TARGET = "2.56M"


def mixtures_of(count):
    return (f"    - preset: [default]\n    - dirichlet: {{count: {count - 1}, strength: [0.5, 2], around: uniform, "
            "floor: 0.02}\n")


def main():
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    ranks = sys.argv[3] if len(sys.argv) > 3 else "2"
    folder.mkdir(parents=True, exist_ok=True)
    base = pathlib.Path(__file__).resolve().parents[2]

    def run(name, seed, rest):
        path = folder / f"{name}.yaml"
        path.write_text(HEAD.format(name=name, seed=seed, base=base) + rest)
        subprocess.run([str(base / "scripts/mpirun"), "-n", ranks, program, "run", str(path), "-o", str(folder / name)], check=True)
        return folder / name

    def recommended(run_folder):
        told = subprocess.run([program, "-q", "optimize", str(run_folder), "--tokens", TARGET, "--max-epochs", "none",
                               "--json"], check=True, capture_output=True, text=True).stdout
        return json.loads(told)["share"]

    def losses(run_folder):
        with h5py.File(run_folder / "results.h5") as h5:
            last = h5["loss"][:, -1, :].mean(axis=1)
            return ([label.decode() for label in h5["mixture_label"][:]], h5["mixture"][:], h5["repeat"][:], last)

    large = run("large", 1, "design:\n  mixtures:\n" + mixtures_of(32) +
                "  volumes: {values: [1.28M, 2.56M]}\n"
                f"source: {{proxy: {{{PROXY}}}}}\nfit: {{bootstrap: 20}}\n")
    labels, shares, _, loss = losses(large)
    best = np.argsort(loss)[:3]

    named = [(f"best-{n + 1}", shares[m]) for n, m in enumerate(best)]
    for law in ("bimix", "effective_share"):
        for name, match in (("matched", f", match_epochs: {{target: {TARGET}}}"), ("unmatched", "")):
            small = run(f"{name}-{law}", 1, "design:\n  mixtures:\n" + mixtures_of(18) +
                        "  volumes: {from: 40K, to: 320K, count: 6}\n"
                        f"source: {{proxy: {{{PROXY}{match}}}}}\n"
                        f"fit: {{law: {law}, bootstrap: 50}}\noptimize: {{tokens: {TARGET}, max_epochs: none}}\n")
            named.append((f"{name}, {law}", np.array(recommended(small))))
    domains = ("essays", "code", "proofs", "german")
    rows = "\n".join("        - {" + ", ".join(f"{d}: {s:.15g}" for d, s in zip(domains, share)) + "}"
                     for _, share in named)
    judged = run("judged", 77, "normalise: true\ndesign:\n  repeats: 3\n  mixtures:\n    - list:\n" + rows + "\n" +
                 "  volumes: {values: [1.28M, 2.56M]}\n"
                 f"source: {{proxy: {{{PROXY}}}}}\nfit: {{bootstrap: 20}}\n")
    _, seen, repeat, loss = losses(judged)
    by_name = {}
    for name, share in named:
        is_it = np.abs(seen - share).max(axis=1) < 1e-6
        by_name[name] = loss[is_it][np.argsort(repeat[is_it])]
    champion = min((name for name in by_name if name.startswith("best")), key=lambda name: by_name[name].mean())
    print(f"mean loss at {TARGET} tokens; regret against {champion} of 32, on {len(by_name[champion])} common seeds")
    for name, share in named:
        over = by_name[name] - by_name[champion]
        error = over.std(ddof=1) / np.sqrt(len(over))
        print(f"  {name:28} {' '.join(f'{s:.3f}' for s in share)}  {by_name[name].mean():.4f}  "
              f"{over.mean():+.4f} +- {error:.4f}")


if __name__ == "__main__":
    main()
