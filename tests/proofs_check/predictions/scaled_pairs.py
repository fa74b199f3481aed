"""Pairs of prompts of every scale, and what is true of them by rationals that share no code with the packages.

``python -m tests.proofs_check.predictions.scaled_pairs N [SEED]`` judges N pairs and prints how they came out.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from fractions import Fraction

import numpy as np
from flint import fmpq, fmpq_mat
from mpmath import mp

from proofs_check.inputs.prompts import PromptTable
from proofs_check.predictions.pair import predict
from proofs_check.predictions.simulation import compare, simulate

#: Powers of ten that columns and labels are scaled by.
ORDERS = 12


def decimal_table(name, rng, n, columns, label, target, rank):
    """Whole numbers, times a power of ten for each column; labels from a target, or any."""
    d = len(columns)
    whole = rng.integers(-99, 100, size=(n, d))
    if rank is not None and rank < d:
        whole = rng.integers(-9, 10, size=(n, rank)) @ rng.integers(-3, 4, size=(rank, d))
    y = rng.integers(-99, 100, size=n) if target is None else whole @ target
    cells = tuple(
        (*(f"{x}e{c}" for x, c in zip(row, columns, strict=True)), f"{v}e{label}")
        for row, v in zip(whole, y, strict=True)
    )
    values = np.array([[float(cell) for cell in row] for row in cells])
    features = tuple(f"x{i}" for i in range(d))
    return PromptTable(name, features, "y", values[:, :-1], values[:, -1], True, cells)


def written(rows, name="w.csv"):
    """A table of these rows of decimals, the label last."""
    cells = tuple(tuple(row.split(",")) for row in rows)
    values = np.array([[float(cell) for cell in row] for row in cells])
    features = tuple("abcdefgh"[: values.shape[1] - 1])
    return PromptTable(name, features, "y", values[:, :-1], values[:, -1], True, cells)


def drawn(seed):
    """Two tables and two step sizes (None: the default): all scales, ranks, common targets, steps around the box."""
    rng = np.random.default_rng(seed)
    d, kind = int(rng.integers(1, 5)), rng.integers(4)
    one = int(rng.integers(-ORDERS, ORDERS + 1))
    scales = [
        [int(c) for c in rng.integers(-ORDERS, ORDERS + 1, size=d)],
        [one] * d,
        [int(c) for c in rng.integers(-3, 4, size=d)],
        [0] * d,
    ][kind]
    label = int(rng.integers(-ORDERS, ORDERS + 1)) if kind < 2 else 0
    targets = [None if rng.random() < 0.7 else rng.integers(-9, 10, size=d) for _ in "WU"]
    if rng.random() < 0.3:
        targets = [rng.integers(-9, 10, size=d)] * 2
    ranks = [None if rng.random() < 0.6 else int(rng.integers(0, d + 1)) for _ in "WU"]
    tables = [
        decimal_table(name, rng, int(rng.integers(1, 8)), scales, label, target, rank)
        for name, target, rank in zip(("w.csv", "u.csv"), targets, ranks, strict=True)
    ]
    steps = [None, None]
    for k, table in enumerate(tables):
        largest = float(np.linalg.norm(table.X, 2)) ** 2 / len(table.y)
        if rng.random() < 0.5 and largest > 0:
            steps[k] = float(f"{rng.choice([0.1, 0.9, 1.5, 1.99, 2.0, 2.01, 2.5]) / largest:.6g}")
    return tables, steps


def truth(tables, steps):
    """Whether the pair converges, and the exact residuals where it does, from the decimals alone."""
    maps, stars = [], []
    for table, step in zip(tables, steps, strict=True):
        cells = [[Fraction(cell) for cell in row] for row in table.decimals]
        X = fmpq_mat(len(cells), len(cells[0]) - 1, [_q(x) for row in cells for x in row[:-1]])
        y = fmpq_mat(len(cells), 1, [_q(row[-1]) for row in cells])
        gram, moment = X.transpose() * X / len(cells), X.transpose() * y / len(cells)
        maps.append((gram * _q(step), moment * _q(step)))
        stars.append(_least_norm(gram, moment))
    (P, p), (Q, q) = maps
    D, c = P + Q - P * Q, p + q - P * q
    moving = _columns(P, Q)
    if not moving.ncols():
        return True, [_zero(P) - star for star in stars]
    # W starts at zero and moves along what either agent sees, so there it rests.
    block = _solve(moving.transpose() * moving, moving.transpose() * D * moving)
    if not _below_one(block):
        return False, None
    z = _solve(moving.transpose() * D * moving, moving.transpose() * c)
    w = moving * z
    assert D * w == c
    u = w - Q * w + q
    return True, [w - stars[0], u - stars[1]]


def judged(seed):
    """Say how a pair came out; an assertion fails where a verdict is wrong."""
    tables, steps = drawn(seed)
    prediction, pair = predict(*tables, eta_w=steps[0], eta_u=steps[1])
    assert prediction.exact
    used = [
        Fraction(agent.step_size) if step is None else Fraction(repr(step))
        for agent, step in zip((prediction.w, prediction.u), steps, strict=True)
    ]
    converges, residuals = truth(tables, used)
    assert prediction.converges == converges, (seed, prediction.rate, prediction.shortfall)
    if not converges:
        return "does not converge"
    for word, found, exact in zip(prediction.reaches, (prediction.e, prediction.f), residuals, strict=True):
        values = [float(Fraction(int(x.p), int(x.q))) for x in exact.entries()]
        np.testing.assert_allclose(found, values, rtol=1e-14, atol=0, err_msg=str(seed))
        assert (word == "zero") == (not any(values)), seed
    simulation = simulate(prediction, pair)
    verdict = compare(prediction, simulation).verdict
    assert verdict == "confirms", (seed, simulation.method, verdict)
    return f"{simulation.method}, {prediction.winner()}"


def _q(x):
    return fmpq(x.numerator, x.denominator)


def _zero(P):
    return fmpq_mat(P.nrows(), 1)


def _solve(matrix, right):
    return matrix.solve(right)


def _columns(*matrices):
    """Independent columns that span those of symmetric matrices together."""
    rows = [row for matrix in matrices for row in matrix.tolist()]
    reduced, rank = fmpq_mat(rows).rref()
    kept = reduced.tolist()[:rank]
    return fmpq_mat(kept).transpose() if rank else fmpq_mat(len(rows[0]), 0)


def _least_norm(gram, moment):
    basis = _columns(gram)
    if not basis.ncols():
        return _zero(gram)
    return basis * _solve(basis.transpose() * gram * basis, basis.transpose() * moment)


def _below_one(block):
    """Whether every eigenvalue of 1 - block lies in the unit circle; on the circle up to 300 digits is not inside."""
    with mp.workdps(400):
        size = block.nrows()
        entries = [[mp.mpf(int(x.p)) / mp.mpf(int(x.q)) for x in row] for row in block.tolist()]
        roots = mp.eig(mp.matrix(entries), left=False, right=False) if size > 1 else [entries[0][0]]
        excess = [-2 * mp.re(z) + abs(z) ** 2 for z in roots]
        return all(x < -(mp.mpf(10) ** -200) for x in excess)


if __name__ == "__main__":
    number, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0
    started, counted = time.monotonic(), Counter()
    for seed in range(first, first + number):
        counted[judged(seed)] += 1
    for outcome, times in counted.most_common():
        print(f"{times:6}  {outcome}")
    print(f"{number} pairs, none wrong, {time.monotonic() - started:.0f} s")
