#!/usr/bin/env python3
"""Times PyTorch at training the proxy's transformer: the peer of `bimix bench proxy --shapes`.

Usage: bimix bench proxy --shapes --peer tests/bench/pytorch_step.py
       tests/bench/pytorch_step.py [--layers 4] [--width 128] [--heads 4] [--context 128] [--batch 32]
           [--vocabulary 256] [--seconds 10] [--precision fp32|bf16]

The same model (RMSNorm without gains, rotary positions, causal attention, tanh GELU, tied head,
AdamW, clipping at 1) on one thread, in fp32 or with bf16 autocast. Prints tokens per second as JSON.
Needs PyTorch (Debian: python3-torch, and libopenblas0-pthread for a fair BLAS); without it the script says so and ends with 77.
"""

import argparse
import json
import math
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # more threads are slower at these shapes
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
if "avx512f" in Path("/proc/cpuinfo").read_text():
    # OpenBLAS 0.3.21 takes processors that are newer than itself for the oldest it knows.
    os.environ.setdefault("OPENBLAS_CORETYPE", "SkylakeX")

try:
    import torch
    from torch import nn
    from torch.nn import functional
except ImportError as missing:
    print(f"pytorch_step.py: no PyTorch here ({missing}). Install python3-torch.", file=sys.stderr)
    sys.exit(77)


def norm(x):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)


def turned(x, cosine, sine):
    a, b = x.chunk(2, dim=-1)
    return torch.cat((a * cosine - b * sine, a * sine + b * cosine), dim=-1)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, 4 * width, bias=False)
        self.down = nn.Linear(4 * width, width, bias=False)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.down.weight)

    def forward(self, x, cosine, sine, mask):
        batch, context, width = x.shape
        q, k, v = (part.view(batch, context, self.heads, -1).transpose(1, 2)
                   for part in self.qkv(norm(x)).chunk(3, dim=-1))
        q, k = turned(q, cosine, sine), turned(k, cosine, sine)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1]) + mask
        mixed = (scores.softmax(-1) @ v).transpose(1, 2).reshape(batch, context, width)
        x = x + self.out(mixed)
        return x + self.down(functional.gelu(self.up(norm(x)), approximate="tanh"))


class Transformer(nn.Module):
    def __init__(self, options):
        super().__init__()
        half = options.width // options.heads // 2
        angle = torch.outer(torch.arange(options.context),
                            10000.0 ** (-torch.arange(half) / half))
        self.cosine, self.sine = angle.cos(), angle.sin()
        self.mask = torch.full((options.context, options.context), -math.inf).triu(1)
        self.embedding = nn.Parameter(
            torch.randn(options.vocabulary, options.width) * 3 / options.width)
        self.blocks = nn.ModuleList(
            Block(options.width, options.heads) for _ in range(options.layers))

    def forward(self, tokens):
        x = self.embedding[tokens]
        for block in self.blocks:
            x = block(x, self.cosine, self.sine, self.mask)
        return norm(x) @ self.embedding.t()


def median_rate(options):
    torch.manual_seed(1)
    torch.set_num_threads(1)
    model = Transformer(options)
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.25 / options.width, betas=(0.9, 0.99),
                                  weight_decay=0.01)
    sequences = torch.randint(options.vocabulary, (options.batch, options.context + 1))
    times, end = [], time.monotonic() + options.seconds
    while len(times) < 3 or time.monotonic() < end:
        start = time.monotonic()
        with torch.autocast("cpu", torch.bfloat16, enabled=options.precision == "bf16"):
            logits = model(sequences[:, :-1]).float()
        loss = functional.cross_entropy(logits.flatten(0, 1), sequences[:, 1:].flatten())
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        times.append(time.monotonic() - start)
    return options.batch * options.context / statistics.median(times[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, value in (("layers", 4), ("width", 128), ("heads", 4), ("context", 128),
                        ("batch", 32), ("vocabulary", 256)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    options = parser.parse_args()
    print(json.dumps({"name": f"PyTorch {torch.__version__.split('a')[0]}",
                      "tokens_per_second": median_rate(options)}))


if __name__ == "__main__":
    main()
