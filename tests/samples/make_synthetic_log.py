#!/usr/bin/env python3
"""Writes synthetic_bimix.csv: losses of a BiMix law whose coefficients are known (LAW below), in the
csv-long format, with all digits and no noise. tests/end_to_end recovers the coefficients from it.

    python3 tests/samples/make_synthetic_log.py > tests/samples/synthetic_bimix.csv
"""
import random

# domain: P, alpha, beta, Q of L = r^-alpha (P s^-beta + Q); alpha near the published tables' 0.02-0.1
LAW = {"web": (12.0, 0.030, 0.25, 2.10), "code": (9.0, 0.080, 0.30, 0.90), "books": (14.0, 0.050, 0.22, 2.30)}
MIXTURES, VOLUMES = 12, [250_000, 500_000, 1_000_000, 2_000_000, 4_000_000, 8_000_000, 16_000_000]

random.seed(2405)
print("run,repeat,tokens,steps,domain,share,loss_nats")
for m in range(MIXTURES):
    weights = [random.gammavariate(1.5, 1) + 0.15 for _ in LAW]
    shares = [w / sum(weights) for w in weights]
    shares[-1] = 1.0 - sum(shares[:-1])
    for s in VOLUMES:
        for (domain, (P, alpha, beta, Q)), r in zip(LAW.items(), shares):
            print(f"run{m:02d},0,{s},{s // 1000},{domain},{r!r},{r ** -alpha * (P * s ** -beta + Q)!r}")
