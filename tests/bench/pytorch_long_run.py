#!/usr/bin/env python3
"""Trains the proxy's transformer in PyTorch on the text of a run, and compares the losses.

Usage: tests/bench/pytorch_long_run.py RESULTS MIXTURE_LABEL NAME=TRAIN_GLOB:EVAL_GLOB ... [--seeds 4]

The model, its start, optimiser and schedule are those of bimix (tests/bench/pytorch_step.py has the
model), and so is the way text is read: each domain's sequences in a random order, each once, in the
quotas of the mixture. The orders differ, so the two agree within what seeds make, not to the bit. Both
evaluate all of the text that was held out: the run needs `eval_sequences: 1000000`. Prints, for each domain at the last volume, both means over seeds with
their standard errors, and the difference with a 90 % interval.
Needs PyTorch and h5py (Debian: python3-torch python3-h5py).
"""
import argparse
import glob
import math

import h5py
import numpy as np
import torch
from pytorch_step import Transformer
from torch.nn import functional


def text_of(pattern):
    data = b"".join(open(path, "rb").read() for path in sorted(glob.glob(pattern)))
    return torch.tensor(np.frombuffer(data, dtype=np.uint8).astype(np.int64))


def rows(text, context):
    """All sequences of a text: (n, context + 1)."""
    count = (len(text) - 1) // context
    return torch.stack([text[s * context:(s + 1) * context + 1] for s in range(count)])


def loss_of(model, tokens):
    logits = model(tokens[:, :-1])
    return functional.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())


def train(options, texts, shares, steps, seed):
    torch.manual_seed(seed)
    random = np.random.default_rng(seed)
    model = Transformer(options)
    for block in model.blocks:  # products of unit variance
        for matrix in (block.qkv, block.up):
            torch.nn.init.normal_(matrix.weight, std=1 / math.sqrt(options.width))
    rate = 0.25 / options.width
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, betas=(0.9, 0.99), weight_decay=0.01)
    orders = [random.permutation(len(learned)) for learned, _ in texts]
    drawn = np.zeros(len(texts), dtype=int)
    for step in range(1, steps + 1):
        optimiser.param_groups[0]["lr"] = rate * min(1, step / 20)
        batch = []
        for _ in range(options.batch):
            d = int(np.argmax(shares * (drawn.sum() + 1) - drawn))  # furthest behind its quota
            batch.append(texts[d][0][orders[d][drawn[d] % len(orders[d])]])
            drawn[d] += 1
        optimiser.zero_grad(set_to_none=True)
        loss_of(model, torch.stack(batch)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
    with torch.no_grad():
        return [float(np.mean([float(loss_of(model, part)) for part in held_out.split(64)[:-1]]))
                for _, held_out in texts]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("results")
    parser.add_argument("label")
    parser.add_argument("domains", nargs="+", metavar="NAME=TRAIN:EVAL")
    parser.add_argument("--seeds", type=int, default=4)
    for name, value in (("layers", 2), ("width", 64), ("heads", 2), ("context", 128), ("batch", 8),
                        ("vocabulary", 256)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(1)
    texts = [tuple(rows(text_of(pattern), options.context)
                   for pattern in domain.split("=", 1)[1].split(":")) for domain in options.domains]
    with h5py.File(options.results) as run:
        trials = [t for t, label in enumerate(run["mixture_label"].asstr()) if label == options.label]
        ours = run["loss"][trials, -1, :]
        tokens, shares = int(run["tokens"][-1]), run["mixture"][trials[0], :]
    steps = tokens // (options.batch * options.context)
    theirs = np.array([train(options, texts, shares, steps, seed) for seed in range(options.seeds)])
    print(f"{tokens} tokens, {len(trials)} seeds of bimix, {options.seeds} of PyTorch")
    for d, domain in enumerate(options.domains):
        a, b = ours[:, d], theirs[:, d]
        errors = [x.std(ddof=1) / math.sqrt(len(x)) for x in (a, b)]
        both = math.hypot(*errors)
        print(f"  {domain.split('=')[0]:<10} bimix {a.mean():.4f} +- {errors[0]:.4f}   PyTorch "
              f"{b.mean():.4f} +- {errors[1]:.4f}   difference {a.mean() - b.mean():+.4f} "
              f"({a.mean() - b.mean() - 1.65 * both:+.4f} to {a.mean() - b.mean() + 1.65 * both:+.4f})")


if __name__ == "__main__":
    main()
