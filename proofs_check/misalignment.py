"""Evidence for section 4: residuals against the gap, its length and its angle."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import Interaction, LSAAgent, Prompt
from proofs_check.compare import Close, Relation
from proofs_check.derivation import Derivation
from proofs_check.dynamics import invertible, turn_matrix
from proofs_check.evidence import Case, Constructed, Exact, Floats, Formulas
from proofs_check.geometries import Pair, dyadic_pair, exact_pair, rational, rationals
from proofs_check.ledger import Theorem
from proofs_check.simulation_bounds import turn_bounds
from proofs_check.support import against, exact_eye, exactly, ints, square, zeros

__all__ = ["THEOREMS", "orthogonal"]

SECTION = "4 misalignment"
Array = NDArray[Any]
DOUBLINGS = 8
#: Where falling residuals are looked for: tan(theta/2) of 2000 angles.
GRID = np.tan(np.linspace(0.0, np.pi, 2002)[1:-1] / 2)


def orthogonal(rng: np.random.Generator, d: int) -> Array:
    """Draw a rational orthogonal matrix: a Householder reflection."""
    normal = rationals(rng, d)
    size = square(normal)
    return exact_eye(d) if size == 0 else exact_eye(d) - normal[:, None] * normal[None, :] * 2 / size


def _residual(pair: Pair, w_star: Array, u_star: Array) -> Array:
    """Return W's residual at the equilibrium of agents with the prompts of `pair` and other targets."""
    w = LSAAgent(Prompt.from_target(pair.X_W, w_star), np.array(pair.eta_W, dtype=object))
    u = LSAAgent(Prompt.from_target(pair.X_U, u_star), np.array(pair.eta_U, dtype=object))
    return np.asarray(Interaction(w, u).equilibrium(w_star=w_star).residual_w)


def _drawn(rng: np.random.Generator, dimensions: tuple[int, ...] = (1, 2, 2, 3)) -> Pair | None:
    pair = exact_pair(rng, dimensions=dimensions, full_rank=bool(rng.random() < 0.6))
    return pair if invertible(exact_eye(pair.d) - turn_matrix(pair)) else None


def _linear(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = _drawn(rng)
    if pair is None:
        return Case({}, [])
    d, inputs = pair.d, pair.arguments()
    w_star, first, second, scale = rationals(rng, d), rationals(rng, d), rationals(rng, d), rational(rng)
    inputs |= {"w_star": w_star, "u_star": w_star + first}
    one, two, both = (_residual(pair, w_star, w_star + g) for g in (first, second, scale * first + second))
    response = np.stack([_residual(pair, zeros(d), e) for e in exact_eye(d)], axis=-1)
    low, high = (formulas[f"linear-in-gap.{side}"].exact(**inputs) for side in ("lower", "upper"))
    return Case(
        pair.shown() | {"gaps": [first, second], "scale": scale},
        [
            Relation("residual of the agents = formula", exactly(formulas["linear-in-gap.e"], inputs), one),
            Relation("residuals of the agents are linear in the gap", both, scale * one + two),
            Relation("response of the agents = formula", exactly(formulas["linear-in-gap.G"], inputs), response),
            Relation("the lower bound holds", bool(low**2 <= square(one)), True),
            Relation("the upper bound holds", bool(square(one) <= high**2), True),
        ],
    )


def _linear_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    pair = dyadic_pair(rng, count, d, box=(0.2, 1.8))
    inputs, turns = pair.arguments(), 2**DOUBLINGS
    run = pair.interaction.simulate(pair.w_0, turns, method="attention", keep="last")
    bounds = turn_bounds(pair.X_W, pair.y_W, pair.eta_W, pair.X_U, pair.y_U, pair.eta_U, pair.w_0)
    error = turns * bounds.rounding + bounds.contraction.power(turns).norm * bounds.distance
    residual = run.w_last - inputs["w_star"]
    yield against(
        "residual of the agents = formula", formulas["linear-in-gap.e"], inputs, {"d": d}, residual, error, pair.shown()
    )


def _turned(t: Fraction, r: Fraction, w_hat: Array, v: Array) -> tuple[Array, Array]:
    """Return the targets of norm r at the angle whose half has tangent t."""
    return r * w_hat, r * ((1 - t * t) * w_hat + 2 * t * v) / (1 + t * t)


def _angle(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = _drawn(rng, (2, 2, 3))
    if pair is None:
        return Case({}, [])
    frame = orthogonal(rng, pair.d)
    w_hat, v = frame[:, 0], frame[:, 1]
    t, r = Fraction(int(rng.integers(1, 30)), int(rng.integers(1, 10))), Fraction(int(rng.integers(1, 5)))
    inputs = pair.arguments() | {"w_hat": w_hat, "v": v, "tau": t, "r": r}
    residual = _residual(pair, *_turned(t, r, w_hat, v))
    relations = [
        Relation(
            "squared residual of the agents = formula",
            exactly(formulas["monotone-in-angle.squared-error"], inputs),
            square(residual),
        )
    ]
    monotone = bool(formulas["monotone-in-angle.criterion"].exact(**inputs))
    fall = _find_fall(pair, w_hat, v)
    if monotone:
        # The agents never contradict it: not where a grid looks steepest, not between coarse angles.
        steps = [Fraction(1, 8), Fraction(1, 2), Fraction(1), Fraction(2), Fraction(8), Fraction(64)]
        sizes = [square(_residual(pair, *_turned(s, Fraction(1), w_hat, v))) for s in steps]
        relations.append(Relation("no smaller residual at a larger angle", sizes[:-1], sizes[1:], "<="))
    if fall is not None:
        before, after = (square(_residual(pair, *_turned(s, Fraction(1), w_hat, v))) for s in fall)
        found = after < before
        relations.append(Relation("criterion = no fall of the residual found", monotone, not found))
    elif not monotone:
        relations = []  # a fall too slight for the grid shows nothing
    return Case(pair.shown() | {"w_hat": w_hat, "v": v, "tan(theta/2)": t, "r": r}, relations)


def _find_fall(pair: Pair, w_hat: Array, v: Array) -> tuple[Fraction, Fraction] | None:
    """Look on a grid of angles, in floats, for the steepest fall of the simulated residual."""
    d = pair.d
    along, across = (_residual(pair, zeros(d), x).astype(float) for x in (w_hat, v))
    # The residual of a gap is linear in it; the gap is cos - 1 times the one and sin times the other direction.
    angles = 2 * np.arctan(GRID)
    gaps = (np.cos(angles) - 1)[:, None] * along + np.sin(angles)[:, None] * across
    sizes = np.square(gaps).sum(axis=1)
    change = np.diff(sizes)
    steepest = int(np.argmin(change))
    if change[steepest] > -1e-12 * sizes.max():
        return None
    return Fraction(float(GRID[steepest])).limit_denominator(10**6), Fraction(
        float(GRID[steepest + 1])
    ).limit_denominator(10**6)


def _isotropic(rng: np.random.Generator, formulas: Formulas) -> Case:
    d = int(rng.integers(2, 4))
    unit, frame = exact_eye(d), orthogonal(rng, d)
    p, q = (Fraction(int(rng.integers(1, 20)), 8) for _ in range(2))
    if p + q == p * q:
        return Case({"p": p, "q": q}, [])
    # The Gram matrix of the d unit vectors is I/d; a rotated basis has the same one.
    pair = Pair(unit, zeros(d), frame, zeros(d), p * d, q * d, zeros(d))
    t, r = Fraction(int(rng.integers(1, 30)), int(rng.integers(1, 10))), Fraction(int(rng.integers(1, 5)))
    residual = _residual(pair, *_turned(t, r, frame[:, 0], frame[:, 1]))
    later = _residual(pair, *_turned(t + Fraction(1, 3), r, frame[:, 0], frame[:, 1]))
    value = exactly(formulas["monotone-in-angle.isotropic"], {"p": p, "q": q, "tau": t, "r": r})
    return Case(
        {"d": d, "p": p, "q": q, "tan(theta/2)": t, "r": r},
        [
            Relation("squared residual of the agents = formula", value, square(residual)),
            Relation("a larger angle leaves no smaller residual", square(residual), square(later), "<="),
        ],
    )


def _counterexample(formulas: Formulas) -> Iterator[Case]:
    half = Fraction(1, 2)
    X_W, X_U = ints([1, 0], [0, half]), ints([half, 0], [0, 1])
    pair = Pair(X_W, zeros(2), X_U, zeros(2), Fraction(1), Fraction(1), zeros(2))
    w_hat, v = exact_eye(2)
    for t in (Fraction(k, 4) for k in (1, 2, 3, 4, 6, 8, 12, 16, 40, 400)):
        sizes = [square(_residual(pair, *_turned(s, Fraction(1), w_hat, v))) for s in (t, 2 * t)]
        relations = [
            Relation(
                "squared residual of the agents = formula",
                exactly(formulas["not-always-monotone"], {"tau": t}),
                sizes[0],
            )
        ]
        if t == 1:
            relations.append(Relation("50/81 at a right angle", sizes[0], Fraction(50, 81)))
        if t >= 2:
            relations.append(Relation("a larger angle, a smaller residual", sizes[1], sizes[0], "<"))
        yield Case({"X_W": X_W, "X_U": X_U, "tan(theta/2)": t}, relations)
    opposite = square(_residual(pair, w_hat, -w_hat))
    yield Case(
        {"X_W": X_W, "X_U": X_U, "theta": "pi"},
        [Relation("4/81 for opposite targets", opposite, Fraction(4, 81))],
    )


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "linear-in-gap",
        SECTION,
        "e_inf = G Delta, between sigma_min(G)|Delta| and sigma_max(G)|Delta|.",
        tuple(f"linear-in-gap.{part}" for part in ("e", "G", "lower", "upper")),
        (
            Derivation(tuple(f"linear-in-gap.{part}" for part in ("e", "G", "lower", "upper"))),
            Exact(_linear, share=0.5),
            Floats(_linear_in_floats),
        ),
    ),
    Theorem(
        "monotone-in-angle",
        SECTION,
        "|e_inf| never falls with the angle iff c + (2a - c)t^2 - 3bt + bt^3 >= 0 for all t > 0 (so b >= 0).",
        tuple(f"monotone-in-angle.{part}" for part in ("squared-error", "criterion", "isotropic")),
        (
            Derivation(tuple(f"monotone-in-angle.{part}" for part in ("squared-error", "criterion", "isotropic"))),
            Exact(_angle, share=0.5),
            Exact(_isotropic, share=0.5, name="exact, isotropic"),
        ),
    ),
    Theorem(
        "not-always-monotone",
        SECTION,
        "diag(1,1/2) against diag(1/2,1): the residual is larger at 90 degrees than at 180.",
        ("not-always-monotone",),
        (Derivation(("not-always-monotone",)), Constructed(_counterexample, "11 angles", name="exact")),
    ),
)
