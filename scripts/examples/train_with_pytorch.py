#!/usr/bin/python3
"""A trainer for `source: command`: reads a mixture, trains, writes a table of losses.

    train_with_pytorch.py --mixture mixture.json --losses loss.csv --text name=glob [--text ...]

A byte-level GRU, small enough for a core. What matters is the contract: the mixture, volumes, seed and
repeat come from mixture.json; the losses go to a csv-long table, which is written under another name
and renamed, so that half a table is never read; the exit code says how it went (75: try again).
"""
import argparse
import glob
import json
import os
import sys

import torch

BATCH, CONTEXT, WIDTH = 8, 128, 64
EVAL_SEQUENCES = 32

parser = argparse.ArgumentParser()
parser.add_argument("--mixture", required=True)
parser.add_argument("--losses", required=True)
parser.add_argument("--text", action="append", required=True, metavar="NAME=GLOB")
args = parser.parse_args()
with open(args.mixture) as file:
    task = json.load(file)
torch.set_num_threads(1)
torch.manual_seed(1000 * task["seed"] + task["repeat"])  # the same start for every mixture of a repeat


def read(pattern):
    """Bytes of the files, the last tenth apart for evaluation."""
    data = b"".join(open(name, "rb").read() for name in sorted(glob.glob(pattern)) if os.path.isfile(name))
    if len(data) < 20 * (CONTEXT + 1):
        sys.exit(f"{pattern}: {len(data)} bytes are too few")
    tokens = torch.frombuffer(bytearray(data), dtype=torch.uint8).long()
    cut = len(tokens) * 9 // 10
    return tokens[:cut], tokens[cut:]


texts = {name: read(pattern) for name, pattern in (text.split("=", 1) for text in args.text)}
names = list(task["mixture"])
shares = torch.tensor([task["mixture"][name] for name in names])
# Streams of their own: which domain is next, and where in each domain.
choose = torch.Generator().manual_seed(task["seed"])
places = {name: torch.Generator().manual_seed(17 + k) for k, name in enumerate(names)}


def sequence(tokens, generator):
    at = int(torch.randint(len(tokens) - CONTEXT, (1,), generator=generator))
    return tokens[at : at + CONTEXT + 1]


def batch():
    domains = torch.multinomial(shares, BATCH, replacement=True, generator=choose)
    return torch.stack([sequence(texts[names[d]][0], places[names[d]]) for d in domains.tolist()])


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(256, WIDTH)
        self.gru = torch.nn.GRU(WIDTH, 2 * WIDTH, batch_first=True)
        self.head = torch.nn.Linear(2 * WIDTH, 256)

    def loss(self, tokens):
        logits = self.head(self.gru(self.embed(tokens[:, :-1]))[0])
        return torch.nn.functional.cross_entropy(logits.transpose(1, 2), tokens[:, 1:])


model = Model()
optimiser = torch.optim.AdamW(model.parameters(), lr=4e-3)
rows, trained = ["run,tokens,domain,share,loss_nats"], 0
for volume in task["tokens"]:
    while trained < volume:
        loss = model.loss(batch())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        trained += BATCH * CONTEXT
    with torch.no_grad():
        for name in names:
            held_out = texts[name][1]
            starts = torch.linspace(0, len(held_out) - CONTEXT - 1, EVAL_SEQUENCES).long()
            tokens = torch.stack([held_out[at : at + CONTEXT + 1] for at in starts.tolist()])
            share = task["mixture"][name]
            rows.append(f"{task['id']},{volume},{name},{share!r},{model.loss(tokens).item():.6f}")
    print(f"{volume} tokens: {rows[-len(names):]}", flush=True)

with open(args.losses + ".part", "w") as file:
    file.write("\n".join(rows) + "\n")
os.replace(args.losses + ".part", args.losses)
