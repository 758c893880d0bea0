#!/usr/bin/env python3
"""Trains the small proxy of the tests in PyTorch, in double precision, from the same start.

Usage: tests/proxy/pinned_curve.py BUILD/tests/proxy/bimix_print_start

Takes the initial weights and fifty batches from that program (print_start.cpp), repeats the fifty steps with PyTorch's autograd and AdamW, and
prints the losses that transformer_test.cpp pins. Needs PyTorch (Debian: python3-torch).
"""

import json
import math
import subprocess
import sys

import torch
from torch.nn import functional


def start_of(program):
    ran = subprocess.run([program], check=True, capture_output=True, text=True)
    return json.loads(ran.stdout)


def norm(x):
    return x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


def turned(x, positions):
    half = x.shape[-1] // 2
    angle = positions[:, None] * 10000.0 ** (-torch.arange(half, dtype=torch.float64) / half)
    a, b = x[..., :half], x[..., half:]
    return torch.cat((a * angle.cos() - b * angle.sin(), a * angle.sin() + b * angle.cos()), -1)


def loss_of(weights, tokens, layers, heads):
    inputs, targets = tokens[:, :-1], tokens[:, 1:]
    batch, context = inputs.shape
    positions = torch.arange(context, dtype=torch.float64)
    future = torch.ones(context, context, dtype=torch.bool).triu(1)
    x = weights["embedding"][inputs]
    width = x.shape[-1]
    for layer in range(layers):
        w = {name: weights[f"layer{layer}.{name}"] for name in ("qkv", "out", "up", "down")}
        q, k, v = (part.reshape(batch, context, heads, -1).transpose(1, 2)
                   for part in (norm(x) @ w["qkv"]).split(width, -1))
        scores = turned(q, positions) @ turned(k, positions).transpose(-2, -1)
        scores = (scores / math.sqrt(width // heads)).masked_fill(future, -math.inf)
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, context, width)
        x = x + mixed @ w["out"]
        x = x + functional.gelu(norm(x) @ w["up"], approximate="tanh") @ w["down"]
    logits = norm(x) @ weights["embedding"].t()
    return functional.cross_entropy(logits.flatten(0, 1), targets.flatten())


def main():
    start = start_of(sys.argv[1])
    options, width = start["options"], start["options"]["width"]
    weights = {}
    for name, values in start["weights"].items():
        rows = {"embedding": options["vocabulary"], "down": 4 * width}.get(
            name.split(".")[-1], width)
        weights[name] = torch.tensor(values, dtype=torch.float64).reshape(rows, -1).requires_grad_()
    optimiser = torch.optim.AdamW(weights.values(), betas=(options["beta1"], options["beta2"]),
                                  weight_decay=options["weight_decay"], eps=1e-8)
    for step, batch in enumerate(start["batches"], start=1):
        warm = min(1.0, step / options["warmup_steps"])
        optimiser.param_groups[0]["lr"] = options["learning_rate"] * warm
        tokens = torch.tensor(batch).reshape(options["batch"], -1)
        loss = loss_of(weights, tokens, options["layers"], options["heads"])
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), options["clip"])
        optimiser.step()
        print(f"{loss.item():.7f}")


if __name__ == "__main__":
    main()
