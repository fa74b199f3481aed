"""Evidence for section 4: residuals against the gap, its length and its angle."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Rational

from numerics import Interaction, LSAAgent, Prompt
from numerics.validation import Array
from proofs_check.evidence.comparison import Close, Relation
from proofs_check.evidence.kinds import Case, Constructed, Exact, Floats, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import (
    declaring,
    is_invertible,
    pair_converges,
    scalar_agent,
    squared_gap,
    turn_matrix,
)
from proofs_check.instruments.at_rest import Inputs, array, one_rest, pair, settles, start_of
from proofs_check.instruments.geometries import Pair, dyadic_pair, exact_pair, rational, rationals
from proofs_check.instruments.rationals import against, exact_eye, exactly, ints, orthogonal, square, zeros
from proofs_check.instruments.simulation_bounds import turn_bounds
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.facts import CommutingRoot, SingularValue
from proofs_check.proving.limits import SignOfSlope
from proofs_check.proving.specification import Spec, Sum
from theory.derivation.assumptions import below, commute, psd, relation
from theory.derivation.sources import ABSTRACTS, SUMMARY
from theory.families.dynamics import e_inf
from theory.families.misalignment import AXES
from theory.language.nodes import Norm
from theory.language.predicates import Loewner
from theory.language.symbols import S_U, S_W, A, B, Delta, I, P, Q

__all__ = ["THEOREMS", "angle", "commuting"]


def _commuting(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Gram matrices with common eigenvectors; one agent's step is at most one over its largest eigenvalue."""
    d = int(rng.integers(1, 4))
    frame = orthogonal(rng, d)
    sizes = [abs(rationals(rng, d)) for _ in range(2)]
    if any(a == 0 and b == 0 for a, b in zip(*sizes, strict=True)):
        return Case({"frame": frame}, [])
    steps = [d / max(x * x for x in size) if np.any(size != 0) else Fraction(1) for size in sizes]
    careful = int(rng.integers(0, 2))
    steps = [
        step * (Fraction(int(rng.integers(1, 9)), 8) if i == careful else Fraction(int(rng.integers(1, 40)), 8))
        for i, step in enumerate(steps)
    ]
    X_W, X_U = (size[:, None] * frame for size in sizes)
    pair = Pair(X_W, rationals(rng, d), X_U, rationals(rng, d), steps[0], steps[1], zeros(d))
    found, inputs = pair.interaction.equilibrium(), pair.arguments()
    part, residual = (("commuting", found.residual_w), ("commuting-u", found.residual_u))[careful]
    bound = formulas[f"residual-can-exceed-gap.{part}"].exact(**inputs)
    return Case(
        pair.shown(),
        [
            Relation(
                "the simulated Gram matrices commute", inputs["S_W"] @ inputs["S_U"], inputs["S_U"] @ inputs["S_W"]
            ),
            Relation("the careful agent's residual is within the bound", bool(square(residual) <= bound**2), True),
        ],
    )


def _family(formulas: Formulas) -> Iterator[Case]:
    for m in (1, 2, 3, 10, 1000, Fraction(7, 3)):
        for step_w, step_u in ((1, 1), (Fraction(1, 3), Fraction(3, 2)), (Fraction(1, 100), Fraction(1, 1000))):
            normal = ints(m, 1)
            # The Gram matrix of the one example (m, 1) is the projector times m^2 + 1.
            pair = Pair(
                ints([1, 0]),
                ints(0),
                ints(normal),
                ints(m),
                Fraction(step_w),
                Fraction(step_u) / square(normal),
                zeros(2),
            )
            # (1, 0) fits the example (m, 1) with label m, and so does U's own target on the line.
            found = pair.interaction.equilibrium(w_star=zeros(2), u_star=ints(1, 0))
            value = exactly(formulas["residual-can-exceed-gap.family"], {"m": m})
            yield Case(
                pair.shown(),
                [
                    Relation("residual of the agents = (0, formula)", [0, value], found.residual_w),
                    Relation("the gap has length 1", square(ints(1, 0)), 1),
                    Relation("the simulated pair converges", bool(pair.interaction.converges()), True),
                ],
            )


def angle() -> Case:
    """Diagonal geometries whose residual is larger at a right angle than for opposite targets."""
    X_W, X_U = ints([1, 0], [0, Fraction(1, 2)]), ints([Fraction(1, 2), 0], [0, 1])
    w = declaring(X_W, ints(1, 0), 1)
    square_angle, opposite = (
        Interaction(w, declaring(X_U, ints(0, 1), 1)),
        Interaction(w, declaring(X_U, ints(-1, 0), 1)),
    )
    at_90, at_180 = (square(pair.equilibrium().residual_w) for pair in (square_angle, opposite))
    return Case(
        {"X_W": X_W, "X_U": X_U, "eta": 1, "|e|^2 at 90 degrees": at_90, "|e|^2 at 180 degrees": at_180},
        [
            pair_converges(square_angle),
            pair_converges(opposite),
            Relation("the gap grows", squared_gap(square_angle), squared_gap(opposite), "<"),
            Relation("W's squared residual at 90 degrees", at_90, Fraction(50, 81)),
            Relation("W's squared residual at 180 degrees", at_180, Fraction(4, 81)),
            Relation("the residual shrinks", at_180, at_90, "<"),
        ],
    )


def nearly_isotropic() -> Case:
    """Beyond tan(theta/2) = 40 the residual falls, in geometries within 1/10 of the identity."""
    X_U, t = ints([1, Fraction(1, 10)], [Fraction(1, 10), 1]), 40
    half = Fraction(1, 2)
    w = declaring(ints([1, 0], [0, 1]), ints(1, 0), half)
    cosine, sine = Fraction(1 - t * t, 1 + t * t), Fraction(2 * t, 1 + t * t)
    sizes = {}
    for sense in (1, -1):
        for name, target in (("before", ints(cosine, sense * sine)), ("opposite", ints(-1, 0))):
            pair = Interaction(w, declaring(X_U, target, half))
            sizes[sense, name] = square(pair.equilibrium().residual_w)
    falls = [sizes[sense, "opposite"] < sizes[sense, "before"] for sense in (1, -1)]
    return Case(
        {"X_W": ints([1, 0], [0, 1]), "X_U": X_U, "eta": half, "tan(theta/2)": t},
        [
            pair_converges(pair),
            Relation("the residual falls before 180 degrees in one sense of rotation", any(falls), True),
            Relation("and not in the other", all(falls), False),
        ],
    )


def across_lines() -> Case:
    """Two projections on nearly parallel lines: they meet far away from both targets."""
    X_W, X_U, y_U = ints([1, 0]), ints([1, Fraction(1, 10)]), ints(1)
    step_u = 1 / Fraction(101, 100)
    w = declaring(X_W, ints(0, 0), 1)
    u = LSAAgent(Prompt(X_U, y_U), np.array(step_u, dtype=object))
    found = Interaction(w, u).equilibrium()
    return Case(
        {"X_W": X_W, "X_U": X_U, "y_U": y_U, "eta_W": 1, "eta_U": step_u, "e_inf": found.residual_w},
        [
            pair_converges(Interaction(w, u)),
            Relation("the steps satisfy eta lambda_max <= 1", [1 * 1, step_u * Fraction(101, 100)], 1, "<="),
            Relation("the gap is shorter than 1", square(u.target - w.target), 1, "<"),
            Relation("W's residual has length 10", square(found.residual_w), 100),
        ],
    )


def commuting() -> Case:
    """Both agents overshoot almost twofold: stable, and far from both targets."""
    p = Fraction(19, 10)
    pair = Interaction(scalar_agent(p, 0), scalar_agent(p, 1))
    return Case(
        {"p": p, "q": p, "Delta": 1},
        [pair_converges(pair), Relation("|e_inf| = 9 |Delta|", pair.equilibrium().residual_w, -9)],
    )


def residual_below_gap(formula: Any, x: Inputs) -> str | None:
    """The residual of the agent that the formula speaks of is no longer than the gap, from the given start."""
    both = pair(x)
    who = "U" if formula.id.endswith("-u") else "W"
    turn, start, target = start_of(both, x, who)
    end = settles(turn, start)
    if isinstance(end, str):
        return None
    long, short = square(end - target), square(both.gap)
    return f"{who} rests with squared error {long}, the squared gap is {short}" if long > short else None


def family_rests(formula: Any, x: Inputs) -> str | None:
    """The pair of the family has exactly one state of rest."""
    w_hat, normal = array(x["w_hat"]), x["m"] * array(x["w_hat"]) + array(x["v"])
    steps = {name: x[name] for name in ("eta_W", "eta_U")}
    grams = {"S_W": np.outer(w_hat, w_hat), "S_U": np.outer(normal, normal)}
    return one_rest(formula, {**steps, **grams, "w_star": x["w_star"], "u_star": array(x["w_star"]) + w_hat})


def falling_rests(formula: Any, x: Inputs) -> str | None:
    """The pair whose residual falls has exactly one state of rest."""
    along, across = (np.outer(axis, axis) for axis in (array(x["w_hat"]), array(x["v"])))
    grams = {"S_W": (4 * along + across) / Fraction(8), "S_U": (along + 4 * across) / Fraction(8)}
    return one_rest(formula, {**grams, "eta_W": 1, "eta_U": 1, "w_star": x["w_hat"], "u_star": x["v"]})


DOUBLINGS = 8
#: Where falling residuals are looked for: tan(theta/2) of 2000 angles.
GRID = np.tan(np.linspace(0.0, np.pi, 2002)[1:-1] / 2)


def _residual(pair: Pair, w_star: Array, u_star: Array) -> Array:
    """Return W's residual at the equilibrium of agents with the prompts of `pair` and other targets."""
    w = LSAAgent(Prompt.from_target(pair.X_W, w_star), np.array(pair.eta_W, dtype=object))
    u = LSAAgent(Prompt.from_target(pair.X_U, u_star), np.array(pair.eta_U, dtype=object))
    return np.asarray(Interaction(w, u).equilibrium(w_star=w_star).residual_w)


def _drawn(rng: np.random.Generator, dimensions: tuple[int, ...] = (1, 2, 2, 3)) -> Pair | None:
    pair = exact_pair(rng, dimensions=dimensions, full_rank=bool(rng.random() < 0.6))
    return pair if is_invertible(exact_eye(pair.d) - turn_matrix(pair)) else None


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
    along, across = (_residual(pair, zeros(pair.d), x) for x in (w_hat, v))
    a, b, c = square(along), along @ across, square(across)
    necessary, cubic = (
        bool(formulas[f"monotone-in-angle.{part}"].exact(**inputs)) for part in ("necessary", "sufficient")
    )
    relations += [
        Relation("the necessary condition = how the agents' responses lean", necessary, bool(b >= 0)),
        Relation("what never falls fulfils it", monotone and not necessary, False),
        Relation("what suffices is the cubic of the criterion", cubic, monotone),
        Relation("and does suffice", bool(b >= 0 and 2 * b <= c <= 2 * a) and not monotone, False),
    ]
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
        del relations[1:]  # a fall too slight for the grid shows nothing
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
    value, slope = (
        exactly(formulas[f"monotone-in-angle.{part}"], {"p": p, "q": q, "tau": t, "r": r})
        for part in ("isotropic", "isotropic-slope")
    )
    gain = square(_residual(pair, zeros(d), frame[:, 0]))
    return Case(
        {"d": d, "p": p, "q": q, "tan(theta/2)": t, "r": r},
        [
            Relation("squared residual of the agents = formula", value, square(residual)),
            Relation("slope from the agents' response = formula", slope, 8 * gain * r**2 * t / (1 + t**2) ** 2),
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
            relations += [
                Relation("50/81 at a right angle", sizes[0], Fraction(50, 81)),
                Relation("which the formula says", sizes[0], formulas["not-always-monotone.right-angle"].exact()),
            ]
        if t >= 3:
            late = formulas["not-always-monotone.falls"].exact(w_hat=[1, 0])
            relations.append(Relation("the residual is below the value of the formula", sizes[0], late**2, "<="))
        if t >= 2:
            relations.append(Relation("a larger angle, a smaller residual", sizes[1], sizes[0], "<"))
        yield Case({"X_W": X_W, "X_U": X_U, "tan(theta/2)": t}, relations)
    opposite = square(_residual(pair, w_hat, -w_hat))
    yield Case(
        {"X_W": X_W, "X_U": X_U, "theta": "pi"}, [Relation("4/81 for opposite targets", opposite, Fraction(4, 81))]
    )


CUBIC = "angle_c + 2 angle_a tau tau + angle_b tau tau tau - 3 angle_b tau - angle_c tau tau >= 0"
#: Powers of 1 + tau^2 as letters, and what stands 81 times under a residual.
FOURTH = "one_plus_2_tau_tau_plus_tau_tau_tau_tau"
CUBED = "one_plus_3_tau_tau_plus_3_tau_tau_tau_tau_plus_tau_tau_tau_tau_tau_tau"
SCALED = "n81_plus_162_tau_tau_plus_81_tau_tau_tau_tau"
SQUARED = (
    f"{FOURTH} = one_plus_tau_tau one_plus_tau_tau",
    f"{FOURTH} one_plus_tau_tau_inv one_plus_tau_tau_inv = 1",
    f"one_plus_tau_tau_inv one_plus_tau_tau_inv = {FOURTH}_inv",
)
CHORD = "Delta = 2 one_plus_tau_tau_inv r tau (v - tau w_hat)"
#: Where each axis of the plane is stretched by either agent: W's residual, and its square.
FALLING = (
    *SQUARED,
    CHORD,
    "P = 1/2 w_hat w_hat' + 1/8 v v'",
    "Q = 1/8 w_hat w_hat' + 1/2 v v'",
    "P w_hat = 1/2 w_hat",
    "P v = 1/8 v",
    "Q w_hat = 1/8 w_hat",
    "Q v = 1/2 v",
    "M w_hat = 9/16 w_hat",
    "M v = 9/16 v",
    "M e_inf = A Q Delta",
    "A Q Delta = 7/8 one_plus_tau_tau_inv tau v - 1/8 one_plus_tau_tau_inv tau tau w_hat",
    "M e_inf = M (14/9 one_plus_tau_tau_inv tau v - 2/9 one_plus_tau_tau_inv tau tau w_hat)",
    "e_inf = 14/9 one_plus_tau_tau_inv tau v - 2/9 one_plus_tau_tau_inv tau tau w_hat",
    "v' e_inf = 14/9 one_plus_tau_tau_inv tau",
    "w_hat' e_inf = -2/9 one_plus_tau_tau_inv tau tau",
    "e_inf' e_inf = (14/9 one_plus_tau_tau_inv tau v' - 2/9 one_plus_tau_tau_inv tau tau w_hat') e_inf",
    f"e_inf' e_inf = 4/81 {FOURTH}_inv tau tau (49 + tau tau)",
)
#: Commuting geometries: everything commutes with the inverse, and a square root of one commutes with the other.
TOGETHER = ("P M = M P", "Q M = M Q", "M_inv P = P M_inv", "M_inv Q = Q M_inv")
ANGLE = {"w_hat": [1, 0], "v": [0, 1], "r": 1, "tau": 1, "eta_W": 1, "eta_U": 1}
ROUND = ANGLE | {"S_W": [[HALF, 0], [0, HALF]], "S_U": [[HALF, 0], [0, HALF]], "p": HALF, "q": HALF}
PLANE = {"w_hat": [1, 0], "v": [0, 1], "m": 1, "w_star": [0, 0], "eta_W": 1, "eta_U": 1}
FALLS = {"w_hat": [1, 0], "v": [0, 1], "tau": 3}
FLIPS = ANGLE | {"S_W": [[2, 0], [0, 2]], "S_U": [[2, 0], [0, 2]], "p": 2, "q": 2}
#: Within a tenth of half the identity, and what such a geometry may have off the diagonal.
NEAR = Rational(9, 20) * I, Rational(11, 20) * I
TILT = Fraction(1, 20)

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "residual-can-exceed-gap",
        evidence=(Exact(_commuting, name="exact, commuting"), Constructed(_family, "18 members", name="exact, family")),
        certificate=(
            Spec(
                "residual-can-exceed-gap.commuting",
                facts=(CommutingRoot("Q", "T", "P"),),
                lines=(
                    *TOGETHER,
                    "e_inf = A Q M_inv Delta",
                    "Delta = (P + A Q) M_inv Delta",
                    "P A P + A P A = P A",
                    "T' P A T = P A Q",
                    "T' P A P T + T' A P A T = P A Q",
                    "Q A P = P A Q",
                    "Delta' Delta = Delta' M_inv' (P P + 2 P A Q + Q A A Q) M_inv Delta",
                    "e_inf' e_inf = Delta' M_inv' Q A A Q M_inv Delta",
                    Sum(
                        "Delta' Delta >= e_inf' e_inf",
                        (
                            ("1", (), "P M_inv Delta"),
                            ("2", ("A psd",), "P T M_inv Delta"),
                            ("2", ("eta_W > 0", "S_W psd"), "A T M_inv Delta"),
                        ),
                    ),
                ),
            ),
            Spec(
                "residual-can-exceed-gap.commuting-u",
                facts=(CommutingRoot("P", "T", "Q"),),
                lines=(
                    *TOGETHER,
                    "f_inf = -B P M_inv Delta",
                    "Delta = (Q + B P) M_inv Delta",
                    "Q B Q + B Q B = Q B",
                    "T' Q B T = Q B P",
                    "T' Q B Q T + T' B Q B T = Q B P",
                    "P B Q = Q B P",
                    "Delta' Delta = Delta' M_inv' (Q Q + 2 Q B P + P B B P) M_inv Delta",
                    "f_inf' f_inf = Delta' M_inv' P B B P M_inv Delta",
                    Sum(
                        "Delta' Delta >= f_inf' f_inf",
                        (
                            ("1", (), "Q M_inv Delta"),
                            ("2", ("B psd",), "Q T M_inv Delta"),
                            ("2", ("eta_U > 0", "S_U psd"), "B T M_inv Delta"),
                        ),
                    ),
                ),
            ),
            Spec(
                "residual-can-exceed-gap.family",
                lines=(
                    "P v = 0",
                    "normal' (m v - w_hat) = 0",
                    "Q (m v - w_hat) = 0",
                    "M e_inf = A Q w_hat",
                    "M v m = A Q w_hat",
                    "M_inv M e_inf = M_inv M v m",
                ),
            ),
        ),
        needed=(
            Needed(("commuting",), "S_W psd", two(-HALF, Fraction(1, 4), w_0=[0]), (residual_below_gap,)),
            Needed(("commuting",), "S_U psd", two(HALF, Fraction(-3, 4), w_0=[0]), (residual_below_gap,)),
            Needed(
                ("commuting",),
                "P and Q commute",
                {
                    "S_W": [[1, 0], [0, 0]],
                    "S_U": [[Fraction(4, 5), Fraction(2, 5)], [Fraction(2, 5), Fraction(1, 5)]],
                    "eta_W": 1,
                    "eta_U": 1,
                    "w_star": [0, 0],
                    "u_star": [1, 0],
                    "w_0": [0, 2],
                },
                (residual_below_gap,),
            ),
            Needed(("commuting",), "A psd", two(Fraction(19, 10), Fraction(19, 10), w_0=[0]), (residual_below_gap,)),
            Needed(("commuting", "commuting-u"), "M invertible", two(0, 0, w_0=[5]), (residual_below_gap,)),
            Needed(("commuting-u",), "S_W psd", two(Fraction(-3, 4), HALF, w_0=[0]), (residual_below_gap,)),
            Needed(("commuting-u",), "S_U psd", two(Fraction(1, 4), -HALF, w_0=[0]), (residual_below_gap,)),
            Needed(
                ("commuting-u",),
                "P and Q commute",
                {
                    "S_W": [[Fraction(4, 5), Fraction(2, 5)], [Fraction(2, 5), Fraction(1, 5)]],
                    "S_U": [[1, 0], [0, 0]],
                    "eta_W": 1,
                    "eta_U": 1,
                    "w_star": [1, 0],
                    "u_star": [0, 0],
                    "w_0": [0, 2],
                },
                (residual_below_gap,),
            ),
            Needed(("commuting-u",), "B psd", two(Fraction(19, 10), Fraction(19, 10), w_0=[0]), (residual_below_gap,)),
            Needed(("family",), "w_hat of length 1", PLANE | {"w_hat": [2, 0]}),
            Needed(("family",), "v of length 1", PLANE | {"v": [0, 2]}),
            Needed(("family",), "w_hat and v orthogonal", PLANE | {"v": [Fraction(3, 5), Fraction(4, 5)]}),
            Needed(
                ("family",),
                "M invertible",
                PLANE | {"w_hat": [1, 0, 0], "v": [0, 1, 0], "w_star": [0, 0, 0]},
                (family_rests,),
            ),
        ),
        claims=(
            Claim(
                "residual-below-gap",
                f"reading of {ABSTRACTS}",
                across_lines,
                "x_W = (1, 0), x_U = (1, 1/10), both projecting: |e_inf| = 10, |Delta| < 1",
                says=Norm(e_inf) <= Norm(Delta),
                given=(psd(S_W), psd(S_U), psd(A), psd(B)),
                of="residual-can-exceed-gap.commuting",
                inputs={
                    "S_W": [[1, 0], [0, 0]],
                    "S_U": [[1, Fraction(1, 10)], [Fraction(1, 10), Fraction(1, 100)]],
                    "eta_W": 1,
                    "eta_U": Fraction(100, 101),
                    "w_star": [0, 0],
                    "u_star": [Fraction(100, 101), Fraction(10, 101)],
                },
            ),
            Claim(
                "residual-below-gap-in-the-box",
                f"reading of {ABSTRACTS}",
                commuting,
                "p = q = 19/10: |e_inf| = 9 |Delta|",
                says=Norm(e_inf) <= Norm(Delta),
                given=(psd(S_W), psd(S_U), commute(P, Q), below(P, 2), below(Q, 2)),
                of="residual-can-exceed-gap.commuting",
                inputs=two(Fraction(19, 10), Fraction(19, 10)),
            ),
        ),
    ),
    Theorem(
        "linear-in-gap",
        evidence=(Exact(_linear, share=0.5), Floats(_linear_in_floats)),
        certificate=(
            Spec("linear-in-gap.e"),
            *(
                Spec(
                    f"linear-in-gap.{which}",
                    facts=(fact,),
                    lines=("e_inf = G Delta", Sum(claim, (("1", (f"SingularValue {fact.gives[0]}",), "Delta"),))),
                )
                for which, fact, claim in (
                    (
                        "lower",
                        SingularValue("G", "sigma_min_G", largest=False),
                        "e_inf' e_inf >= sigma_min_G sigma_min_G Delta' Delta",
                    ),
                    (
                        "upper",
                        SingularValue("G", "sigma_max_G"),
                        "sigma_max_G sigma_max_G Delta' Delta >= e_inf' e_inf",
                    ),
                )
            ),
        ),
        needed=(Needed(("e", "G", "lower", "upper"), "M invertible", two(2, 2), (one_rest,)),),
        unneeded=(Unneeded(("e", "G", "lower", "upper"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
    Theorem(
        "monotone-in-angle",
        evidence=(Exact(_angle, share=0.5), Exact(_isotropic, share=0.5, name="exact, isotropic")),
        certificate=(
            Spec("monotone-in-angle.squared-error", lines=(*SQUARED, CHORD, "e_inf = G Delta")),
            *(
                Spec(
                    f"monotone-in-angle.{part}",
                    "slope",
                    reduction=SignOfSlope(),
                    lines=(
                        f"{CUBED} = {FOURTH} + tau tau {FOURTH}",
                        f"{FOURTH}_inv = {CUBED}_inv + tau tau {CUBED}_inv",
                    ),
                )
                for part in ("criterion", "necessary")
            ),
            Spec(
                "monotone-in-angle.sufficient",
                lines=(
                    Sum(
                        CUBIC,
                        (
                            ("1", ("c at least 2b",), "1"),
                            ("1", ("c at most 2a",), "tau"),
                            ("1", ("b at least 0", "tau > 0"), "tau - 1"),
                            ("2", ("b at least 0",), "tau - 1"),
                        ),
                    ),
                ),
            ),
            Spec(
                "monotone-in-angle.isotropic",
                lines=(
                    CHORD,
                    "M = p_plus_q_minus_p_q",
                    "M e_inf = A Q Delta",
                    "A Q = q - p q",
                    "M e_inf = p_plus_q_minus_p_q e_inf",
                    "A Q Delta = q Delta - p q Delta",
                    "p_plus_q_minus_p_q e_inf = q Delta - p q Delta",
                    "e_inf = g Delta",
                    "Delta' Delta = 4 one_plus_tau_tau_inv one_plus_tau_tau_inv r r tau tau (1 + tau tau)",
                    "Delta' Delta = 4 one_plus_tau_tau_inv r r tau tau",
                ),
            ),
            Spec(
                "monotone-in-angle.isotropic-slope",
                "slope",
                reduction=SignOfSlope(),
                lines=(
                    Sum(
                        f"8 g g {FOURTH}_inv r r tau >= 0", (("8", ("tau > 0", f"{FOURTH} > 0"), f"g r {FOURTH}_inv"),)
                    ),
                ),
            ),
        ),
        needed=(
            Needed(("squared-error", "criterion", "necessary"), "M invertible", FLIPS, (one_rest,)),
            Needed(("isotropic", "isotropic-slope"), "p + q - p q non-zero", FLIPS, (one_rest,)),
            Needed(("sufficient",), "b at least 0", ROUND | {"v": [-HALF, 1]}),
            Needed(("sufficient",), "c at least 2b", ROUND | {"v": [HALF, 0]}),
            Needed(("sufficient",), "c at most 2a", ROUND | {"v": [0, 2]}),
            Needed(
                ("isotropic",),
                "P isotropic",
                ROUND | {"S_W": [[Fraction(3, 4), 0], [0, Fraction(1, 4)]], "p": Fraction(3, 4)},
                (one_rest,),
            ),
            Needed(
                ("isotropic",),
                "Q isotropic",
                ROUND | {"S_U": [[Fraction(3, 4), 0], [0, Fraction(1, 4)]], "q": Fraction(3, 4)},
                (one_rest,),
            ),
            Needed(("isotropic",), "w_hat of length 1", ROUND | {"w_hat": [2, 0]}, (one_rest,)),
            Needed(("isotropic",), "v of length 1", ROUND | {"v": [0, 2]}, (one_rest,)),
            Needed(
                ("isotropic",), "w_hat and v orthogonal", ROUND | {"v": [Fraction(3, 5), Fraction(4, 5)]}, (one_rest,)
            ),
        ),
        unneeded=(Unneeded(("squared-error", "criterion", "necessary", "sufficient"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "monotone-degradation",
                SUMMARY,
                angle,
                "X_W = diag(1,1/2), X_U = diag(1/2,1), eta = 1: |e_inf|^2 is 50/81 at 90 degrees, 4/81 at 180",
                says=lambda formula: formula.says.args[0],
                given=(psd(S_W), psd(S_U), below(P, 2), below(Q, 2), *AXES),
                of="monotone-in-angle.criterion",
                inputs=ANGLE | {"S_W": [[HALF, 0], [0, Fraction(1, 8)]], "S_U": [[Fraction(1, 8), 0], [0, HALF]]},
            ),
            Claim(
                "nearly-isotropic",
                f"reading of {SUMMARY}: in nearly isotropic geometries, here within a tenth, the degradation grows "
                "with the angle up to 180 degrees",
                nearly_isotropic,
                "S_U off the identity by 1/10: rotating in one of the two senses, |e_inf| falls before 180 degrees "
                "(b < 0)",
                says=lambda formula: formula.says.args[0],
                given=(*(relation(Loewner(*order)) for X in (P, Q) for order in ((NEAR[0], X), (X, NEAR[1]))), *AXES),
                of="monotone-in-angle.criterion",
                inputs=ANGLE
                | {"S_W": [[HALF, -TILT], [-TILT, HALF]], "S_U": [[HALF, TILT], [TILT, HALF]], "v": [0, -1]},
            ),
        ),
    ),
    Theorem(
        "not-always-monotone",
        evidence=(Constructed(_counterexample, "11 angles", name="exact"),),
        certificate=(
            Spec(
                "not-always-monotone",
                lines=(*FALLING, f"{SCALED} = 81 {FOURTH}", f"{SCALED}_inv = 1/81 {FOURTH}_inv"),
            ),
            Spec(
                "not-always-monotone.right-angle",
                lines=(*FALLING, f"{FOURTH} = 4", f"{FOURTH}_inv = 1/4", f"e_inf' e_inf = 200/81 {FOURTH}_inv"),
            ),
            Spec(
                "not-always-monotone.falls",
                lines=(
                    *FALLING,
                    "w_star' w_star = 1",
                    Sum(
                        f"25/81 - 4/81 {FOURTH}_inv tau tau (49 + tau tau) >= 0",
                        (
                            ("21/81", (f"{FOURTH} > 0",), f"(tau - 3) (tau - 3) {FOURTH}_inv"),
                            ("252/81", ("tau at least 3", f"{FOURTH} > 0"), f"(tau - 3) {FOURTH}_inv"),
                            ("988/81", (f"{FOURTH} > 0",), f"(tau - 3) {FOURTH}_inv"),
                            ("1392/81", ("tau at least 3", f"{FOURTH} > 0"), f"{FOURTH}_inv"),
                            ("412/81", (f"{FOURTH} > 0",), f"{FOURTH}_inv"),
                        ),
                        name="at most 25/81",
                    ),
                    Sum("25/81 w_star' w_star >= e_inf' e_inf", (("1", ("at most 25/81",), "1"),)),
                ),
            ),
        ),
        needed=(
            Needed(("right-angle",), "tau is 1", FALLS | {"tau": 2}),
            Needed(("falls",), "tau at least 3", FALLS | {"tau": 2}),
            *(
                Needed((part,), hypothesis, FALLS | changed | {"tau": tau}, judges)
                for part, tau in (("", 1), ("right-angle", 1), ("falls", 3))
                for hypothesis, changed, judges in (
                    ("w_hat of length 1", {"w_hat": [2, 0]}, ()),
                    ("v of length 1", {"v": [0, 2]}, ()),
                    ("w_hat and v orthogonal", {"v": [-Fraction(4, 5), Fraction(3, 5)]}, ()),
                    ("M invertible", {"w_hat": [1, 0, 0], "v": [0, 1, 0]}, (falling_rests,)),
                )
            ),
        ),
    ),
)
