#!/usr/bin/env python3
"""Counts 10^8 pairs of tokens with numpy.unique: the peer of bimix_entropy_bench's pair_counter.

Usage: tests/bench/bigram_peer.py [VOCABULARY]     50257 unless said
"""
import sys
import time

import numpy

vocabulary = int(sys.argv[1]) if len(sys.argv) > 1 else 50257
random = numpy.random.default_rng(1)
tokens = (numpy.exp(random.random(100_000_000) * numpy.log(vocabulary)) - 1).astype("<u4")
word = "<u4" if vocabulary <= 65536 else "<u8"
bits = (vocabulary - 1).bit_length()
for _ in range(3):
    begin = time.perf_counter()
    pairs = (tokens[:-1].astype(word) << bits) + tokens[1:].astype(word)
    values, counts = numpy.unique(pairs, return_counts=True)
    seconds = time.perf_counter() - begin
    print(f"numpy.unique: {len(tokens) / seconds / 1e6:.1f}M tokens/s, {len(values)} pairs")
