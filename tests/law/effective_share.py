"""Prints what tests/law/effective_share_test.cpp expects: the law at its usual coefficients, for four
domains, own domain the first, in plain Python and without the library's tricks."""
from math import exp

E, LOG_Q, LOG_P, BETA, KAPPA = 0.75, -1.8, -3.0, 0.35, 0.3
T = [0.0, -1.5, -1.5, -1.5]
G = [0.6, 0.9, 0.9, 0.9]


def rho(shares):
    return sum(exp(t) * r**g for t, r, g in zip(T, shares, G))


for shares in ([0.25] * 4, [0, 0.5, 0.25, 0.25], [0.6, 0.2, 0.2, 0]):
    effective = rho(shares) / rho([0.25] * 4)
    for v in (0.125, 1):
        loss = E + exp(LOG_Q) / effective + exp(LOG_P) * effective**-KAPPA * v**-BETA
        print(f"{loss:.12f}")
