"""Evidence for section 4: residuals against the gap, its length and its angle."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

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
from proofs_check.instruments.at_rest import Inputs, array, one_rest, pair, settles
from proofs_check.instruments.geometries import Pair, dyadic_pair, exact_pair, rational, rationals
from proofs_check.instruments.rationals import against, exact_eye, exactly, ints, orthogonal, square, zeros
from proofs_check.instruments.simulation_bounds import turn_bounds
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.specification import Spec, Sum
from theory.derivation.assumptions import psd
from theory.language.symbols import S_U, S_W

__all__ = ["THEOREMS", "angle", "commuting"]


def _commuting(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Gram matrices with common eigenvectors, steps with ``eta lambda_max <= 1``."""
    d = int(rng.integers(1, 4))
    frame = orthogonal(rng, d)
    sizes = [abs(rationals(rng, d)) for _ in range(2)]
    if any(a == 0 and b == 0 for a, b in zip(*sizes, strict=True)):
        return Case({"frame": frame}, [])
    steps = [d / max(x * x for x in size) if np.any(size != 0) else Fraction(1) for size in sizes]
    shrink = [Fraction(int(rng.integers(1, 9)), 8) for _ in range(2)]
    X_W, X_U = (size[:, None] * frame for size in sizes)
    pair = Pair(X_W, rationals(rng, d), X_U, rationals(rng, d), steps[0] * shrink[0], steps[1] * shrink[1], zeros(d))
    found, inputs = pair.interaction.equilibrium(), pair.arguments()
    bound = formulas["residual-can-exceed-gap.commuting"].exact(**inputs)
    return Case(
        pair.shown(),
        [
            Relation(
                "the simulated Gram matrices commute", inputs["S_W"] @ inputs["S_U"], inputs["S_U"] @ inputs["S_W"]
            ),
            Relation("the agents' residual is within the bound", bool(square(found.residual_w) <= bound**2), True),
            Relation("and so is the other's", bool(square(found.residual_u) <= bound**2), True),
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
    """W's residual is no longer than the gap, from the given start."""
    both = pair(x)
    end = settles(both.turn, array(x["w_0"]))
    if isinstance(end, str):
        return None
    long, short = square(end - both.w_star), square(both.gap)
    return f"W rests with squared error {long}, the squared gap is {short}" if long > short else None


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
        {"X_W": X_W, "X_U": X_U, "theta": "pi"}, [Relation("4/81 for opposite targets", opposite, Fraction(4, 81))]
    )


CUBIC = "angle_c + 2 angle_a x x - angle_c x x - 3 angle_b x + angle_b x x x >= 0"
ANGLE = {"w_hat": [1, 0], "v": [0, 1], "r": 1, "tau": 1, "eta_W": 1, "eta_U": 1}
ROUND = ANGLE | {"S_W": [[HALF, 0], [0, HALF]], "S_U": [[HALF, 0], [0, HALF]], "p": HALF, "q": HALF}
FLIPS = ANGLE | {"S_W": [[2, 0], [0, 2]], "S_U": [[2, 0], [0, 2]], "p": 2, "q": 2}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "residual-can-exceed-gap",
        "Commuting, eta lambda_max <= 1: |e_inf| <= |Delta|. Otherwise no constant bounds |e_inf|/|Delta|.",
        evidence=(Exact(_commuting, name="exact, commuting"), Constructed(_family, "18 members", name="exact, family")),
        unproved=(
            "The bound for commuting geometries needs common eigenvectors. That no constant bounds the ratio is "
            "shown by a rational family."
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
            Needed(("commuting",), "M invertible", two(0, 0, w_0=[5]), (residual_below_gap,)),
        ),
        claims=(
            Claim(
                "residual-below-gap",
                "For steps with eta lambda_max <= 1 no residual exceeds the gap.",
                "true of commuting geometries only",
                across_lines,
                "x_W = (1, 0), x_U = (1, 1/10), both projecting: |e_inf| = 10, |Delta| < 1",
            ),
            Claim(
                "residual-below-gap-in-the-box",
                "For commuting geometries and stable steps (below 2/lambda_max) no residual exceeds the gap.",
                "true for steps up to 1/lambda_max",
                commuting,
                "p = q = 19/10: |e_inf| = 9 |Delta|",
            ),
        ),
    ),
    Theorem(
        "linear-in-gap",
        "e_inf = G Delta, between sigma_min(G)|Delta| and sigma_max(G)|Delta|.",
        evidence=(Exact(_linear, share=0.5), Floats(_linear_in_floats)),
        certificate=(
            Spec("linear-in-gap.e"),
            *(
                Spec(
                    f"linear-in-gap.{which}",
                    claim,
                    "order",
                    scalars=("sigma",),
                    positive={"singular value": bound},
                    lines=("e_inf = G Delta", Sum(claim, (("1", ("singular value",), "Delta"),))),
                    prose=(f"sigma^2 is the {extreme} eigenvalue of G' G",),
                )
                for which, bound, claim, extreme in (
                    ("lower", "G' G - sigma sigma >= 0", "e_inf' e_inf - sigma sigma Delta' Delta >= 0", "least"),
                    ("upper", "sigma sigma - G' G >= 0", "sigma sigma Delta' Delta - e_inf' e_inf >= 0", "largest"),
                )
            ),
        ),
        words={"G": "the definition of G"},
        needed=(Needed(("e", "G", "lower", "upper"), "M invertible", two(2, 2), (one_rest,)),),
        unneeded=(Unneeded(("e", "G", "lower", "upper"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
    Theorem(
        "monotone-in-angle",
        "|e_inf| never falls with the angle iff c + (2a - c)t^2 - 3bt + bt^3 >= 0 for all t > 0 (so b >= 0).",
        evidence=(Exact(_angle, share=0.5), Exact(_isotropic, share=0.5, name="exact, isotropic")),
        certificate=(
            Spec(
                "monotone-in-angle.criterion",
                CUBIC,
                "sufficient",
                scalars=("x",),
                positive={
                    "b >= 0": "angle_b >= 0",
                    "2b <= c": "angle_c - 2 angle_b >= 0",
                    "c <= 2a": "2 angle_a - angle_c >= 0",
                    "x > 0": "x >= 0",
                },
                lines=(
                    Sum(
                        CUBIC,
                        (
                            ("1", ("2b <= c",), "1"),
                            ("1", ("c <= 2a",), "x"),
                            ("1", ("b >= 0", "x > 0"), "x - 1"),
                            ("2", ("b >= 0",), "x - 1"),
                        ),
                    ),
                ),
            ),
        ),
        unproved="The circle on which the target moves, and its sine, are not polynomials in the letters.",
        needed=(
            Needed(("squared-error", "criterion", "isotropic"), "M invertible", FLIPS, (one_rest,)),
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
        unneeded=(Unneeded(("squared-error", "criterion"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "monotone-degradation",
                "The degradation grows with the misalignment of the targets.",
                "arXiv:2511.08710",
                angle,
                "X_W = diag(1,1/2), X_U = diag(1/2,1), eta = 1: |e_inf|^2 is 50/81 at 90 degrees, 4/81 at 180",
            ),
            Claim(
                "nearly-isotropic",
                "In nearly isotropic geometries the degradation grows with the angle up to 180 degrees.",
                "reading of arXiv:2511.08710",
                nearly_isotropic,
                "S_U off the identity by 1/10: rotating in one of the two senses, |e_inf| falls before 180 degrees "
                "(b < 0)",
            ),
        ),
    ),
    Theorem(
        "not-always-monotone",
        "diag(1,1/2) against diag(1/2,1): the residual is larger at 90 degrees than at 180.",
        evidence=(Constructed(_counterexample, "11 angles", name="exact"),),
        unproved="It states that a counterexample exists, and shows it in rational numbers.",
    ),
)
