"""Evidence for section 7: the attacker that steers its declared target blindly, and what a transcript shows of it.

The joint state of the blind attack is the iterate and the declared target; one turn is simulated with the layers of
both agents, and its matrix is found by moving basis vectors of that joint space.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, LSAAgent, Prompt, blind_attack
from numerics.exact import characteristic_polynomial, roots_inside_unit_circle
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Constructed, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import (
    declaring,
    framed,
    linear_part,
    number,
    retargeted,
    scalar_agent,
    targeted,
    wanted_target,
)
from proofs_check.instruments.at_rest import Inputs, Turn, acting, pair, value_of
from proofs_check.instruments.geometries import Pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.specification import Spec, Sum
from theory.derivation.assumptions import psd, relation
from theory.language import symbols
from theory.language.symbols import S_U, S_W

__all__ = ["THEOREMS", "settles"]


def _joint(p: Fraction, b: Fraction, gain: Fraction, start: int, turns: int) -> Array:
    """Return the errors of a scalar blind attacker whose victim leaves the share b of every error."""
    attacker = blind_attack(
        Prompt.from_target(ints([1]), ints(0)), ints(0), step_size=number(p), gain=number(gain)[()], allow_unproven=True
    )
    errors: Array = (
        Interaction(attacker, scalar_agent(1 - b, 1)).simulate(ints(start), turns, method="attention").w[:, 0]
    )
    return errors


def steep_attacker() -> Case:
    """A step inside the attacker's own stability box and gain 1: the joint map still has an eigenvalue below -1."""
    p, b = Fraction(3, 2), Fraction(9, 10)
    errors = _joint(p, b, Fraction(1), 1, 24)
    # Two numbers, the trace and the determinant of the joint map, follow from four consecutive errors.
    a = errors[1:5]
    minor = a[1] * a[1] - a[0] * a[2]
    trace, product = (a[1] * a[2] - a[0] * a[3]) / minor, (a[2] * a[2] - a[1] * a[3]) / minor
    return Case(
        {"p": p, "b": b, "gain": 1, "errors": errors[:6]},
        [
            Relation("both agents are inside the box", [p, 1 - b], 2, "<"),
            Relation("trace of the simulated map", trace, Fraction(-19, 20)),
            Relation("its determinant", product, Fraction(-9, 20)),
            Relation("the characteristic polynomial is negative at -1: a root below it", 1 + trace + product, 0, "<"),
            Relation("the errors grow", abs(errors[12]), abs(errors[24]), "<"),
        ],
    )


def gain_two() -> Case:
    """Gain 2 leaves an eigenvalue -1: for a victim at the edge of its box, and at p = 1 for another first target."""
    p, b = Fraction(1, 2), Fraction(-1)
    errors = _joint(p, b, Fraction(2), 4, 12)
    swing = errors[2:] - errors[1:-1] / 2  # the other eigenvalue is 1/2
    w, declared, steep = ints(1), ints(1), []
    for _ in range(6):
        w = declaring(ints([1]), declared, 1).update(scalar_agent(Fraction(1, 2), 1).update(w))
        declared = declared - 2 * w
        steep.append(w[0])
    return Case(
        {"p": p, "b": b, "gain": 2, "errors": errors, "errors at p = 1, b = 1/2, declaring 1 first": ints(*steep)},
        [
            Relation("a part of the error changes sign every turn", swing[1:], -swing[:-1]),
            Relation("and is not zero", swing[0], 0, "!="),
            Relation("at p = 1 all of it does", steep[1:], [-x for x in steep[:-1]]),
            Relation("and is not zero there", steep[0], 0, "!="),
        ],
    )


def shift_cancels_the_push(formula: Any, x: Inputs) -> str | None:
    """Some declared target lets W's error stay zero."""
    errors = set()
    for shift in (-1, 0, 1, 1000):
        both = pair({**x, "s": [shift] * len(x["S_W"])})
        errors.add(show(both.turn.update(both.w_star) - both.w_star))
    if len(errors) > 1:
        return None
    return f"whatever W declares, a turn from no error ends with error {errors.pop()}: there is no limit to reach"


def weight_is_positive(formula: Any, x: Inputs) -> str | None:
    """The weight of the Lyapunov function is positive."""
    weight = value_of(formula, x)
    return None if weight > 0 else f"the weight is {weight}"


def gain_and_step_settle(formula: Any, x: Inputs) -> str | None:
    """The condition holds iff the attack at gain 1 settles along a direction (p, b)."""
    W, U = exact_eye(1) * Fraction(x["p"]), exact_eye(1) * (1 - Fraction(x["b"]))

    def turn(state: Array) -> Array:
        w = acting(W, state[1:]).update(acting(U, state[:1] * 0).update(state[:1]))
        return np.concatenate([w, state[1:] - w])

    matrix = Turn(2, turn).map.matrix
    settled = roots_inside_unit_circle(characteristic_polynomial(matrix))
    condition = bool(formula.exact(**{name: x[name] for name in formula.inputs}))
    if settled == condition:
        return None
    polynomial = show(characteristic_polynomial(matrix))
    return f"the condition is {str(condition).lower()}, but the joint map has the polynomial {polynomial}"


def joint_turn(pair: Pair, victim: LSAAgent, gain: Fraction, w: Array, declared: Array) -> tuple[Array, Array]:
    """Simulate one turn: the victim moves, the attacker answers with what it declares, and shifts that."""
    answer = declaring(pair.X_W, declared, pair.eta_W).update(victim.update(w))
    return answer, declared - gain * (answer - pair.arguments()["w_star"])


def settles(pair: Pair, gain: Fraction) -> bool:
    """Decide exactly whether the simulated attack comes to rest from every start and declared target."""
    d, victim = pair.d, pair.agent_u
    goal = pair.arguments()["w_star"]

    def move(state: Array) -> Array:
        return np.concatenate(joint_turn(pair, victim, gain, state[:d], goal + state[d:]))

    return roots_inside_unit_circle(characteristic_polynomial(linear_part(move, 2 * d)))


def _gain(rng: np.random.Generator) -> Fraction:
    return Fraction(int(rng.integers(1, 16)), 8)


def _one_turn(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, gain = targeted(rng, full_rank=bool(rng.random() < 0.7)), _gain(rng)
    inputs, w, shift = pair.arguments(), rationals(rng, pair.d), rationals(rng, pair.d)
    goal, victim = inputs["w_star"], pair.agent_u
    limit = wanted_target(pair.X_W, pair.eta_W, victim.update(goal), goal)
    if limit is None or int(pair.agent_w.prompt.rank) < pair.d:
        return Case(pair.shown(), [])
    answer, declared = joint_turn(pair, victim, gain, w, goal + shift)
    inputs |= {"w_t": w, "s": shift, "gamma": gain}
    game = Interaction(
        blind_attack(pair.agent_w.prompt, goal, step_size=pair.agent_w.step_size, gain=gain, allow_unproven=True),
        victim,
    )
    run = game.simulate(w, 2, method="attention")
    first = joint_turn(pair, victim, gain, w, goal)
    return Case(
        pair.shown() | {"w": w, "shift": shift, "gain": gain},
        [
            Relation("error after a turn = formula", exactly(formulas["blind-attack.e"], inputs), answer - goal),
            Relation(
                "distance of what it declares = formula", exactly(formulas["blind-attack.z"], inputs), declared - limit
            ),
            Relation(
                "the attacker of numerics moves alike", run.w[1:], [first[0], joint_turn(pair, victim, gain, *first)[0]]
            ),
        ],
    )


def _gentle_attacker(rng: np.random.Generator) -> tuple[Pair, Array]:
    """Draw an attacker with ``0 < P <= I`` and rational principal directions, and any victim with ``0 <= Q <= 2I``."""
    drawn = targeted(rng, dimensions=(1, 2, 2), inside=True)
    d = drawn.d
    X, frame = framed(rng, d)
    largest = max(square(x) for x in X) / d
    pair = replace(drawn, X_W=X, y_W=zeros(d), eta_W=Fraction(int(rng.integers(1, 5)), 4) / largest)
    if rng.random() < 0.3:  # the edge of the victim's box: Q has the eigenvalue 2
        pair = replace(pair, X_U=ints([1] * d), y_U=ints(0), eta_U=Fraction(2, d))
    given = drawn.arguments()
    return retargeted(pair, given["w_star"], given["u_star"]), frame


def _energy(formulas: Formulas, pair: Pair, frame: Array, gain: Fraction, e: Array, z: Array) -> Any:
    """``|e|^2 + z' R z`` with the weight of the formula in every principal direction of the attacker."""
    sizes = [square(pair.agent_w.prompt.gram @ direction * pair.eta_W) for direction in frame.T]
    # P is applied to unit eigenvectors: the lengths are the eigenvalues, whose squares are squares of rationals.
    values = [direction @ (pair.agent_w.prompt.gram @ direction) * pair.eta_W for direction in frame.T]
    if any(value**2 != size for value, size in zip(values, sizes, strict=True)):
        raise ValueError("the frame does not consist of principal directions")
    weights = [exactly(formulas["blind-attack.weight"], {"p": p, "gamma": gain}) for p in values]
    return square(e) + sum(r * (z @ x) ** 2 for r, x in zip(weights, frame.T, strict=True))


def _lyapunov(rng: np.random.Generator, formulas: Formulas) -> Case:
    (pair, frame), gain = _gentle_attacker(rng), _gain(rng)
    goal, victim = pair.arguments()["w_star"], pair.agent_u
    limit = wanted_target(pair.X_W, pair.eta_W, victim.update(goal), goal)
    w, declared = rationals(rng, pair.d), rationals(rng, pair.d)
    energies = []
    for _ in range(4):
        energies.append(_energy(formulas, pair, frame, gain, w - goal, declared - limit))
        w, declared = joint_turn(pair, victim, gain, w, declared)
    return Case(
        pair.shown() | {"gain": gain},
        [
            Relation("V never grows", energies[1:], energies[:-1], "<="),
            Relation("V is positive off the limit", 0, energies[0], "<="),
            Relation("the attack settles, with no error, from every start", settles(pair, gain), True),
        ],
    )


def _scalar(p: Fraction, b: Fraction) -> Pair:
    """Return scalar agents: the attacker's step times Gram is p, the victim leaves the share b of an error."""
    pair = Pair(ints([1]), ints(0), ints([1]), ints(1), p, 1 - b, ints(1))
    if b == 1:
        pair = replace(pair, X_U=ints([0]), y_U=ints(0), eta_U=Fraction(1))
    return replace(pair, w_star=ints(0), u_star=ints(1))


def _lost(formulas: Formulas) -> Iterator[Case]:
    """The quadratic form that V loses, recovered from simulated turns of an attacker whose victim stands still."""
    for p in (Fraction(k, 6) for k in range(1, 7)):
        for gain in (Fraction(1, 4), Fraction(1), Fraction(7, 4)):
            pair, inputs = _scalar(p, Fraction(1)), {"p": p, "gamma": gain}
            weight = exactly(formulas["blind-attack.weight"], inputs)

            def lost(e: int, z: int, pair: Pair = pair, gain: Fraction = gain, weight: Any = weight) -> Any:
                after, declared = joint_turn(pair, pair.agent_u, gain, ints(e), ints(z))
                return e * e + weight * z * z - square(after) - weight * square(declared)

            corner, other = lost(1, 0), lost(0, 1)
            mixed = (lost(1, 1) - corner - other) / 2
            yield Case(
                inputs,
                [
                    Relation("the weight is positive", 0, weight, "<"),
                    Relation(
                        "taken from the error = formula", exactly(formulas["blind-attack.corner"], inputs), corner
                    ),
                    Relation(
                        "determinant = formula",
                        exactly(formulas["blind-attack.determinant"], inputs),
                        corner * other - mixed**2,
                    ),
                    Relation("all of it is non-negative", 0, [corner, other, corner * other - mixed**2], "<="),
                ],
            )


def _bounds(formulas: Formulas) -> Iterator[Case]:
    """Gains at p = 1, and step sizes at gain 1, on both sides of the bounds."""
    for b in (Fraction(k, 10) for k in (-10, -9, -3, 0, 5, 9, 10)):
        for gain in (Fraction(1, 8), Fraction(1), Fraction(15, 8), Fraction(2), Fraction(5, 2)):
            decided = bool(formulas["blind-attack.gain-bound"].exact(gamma=gain))
            yield Case(
                {"p": 1, "b": b, "gain": gain},
                [
                    Relation(
                        "bound on the gain = the simulated attack settles",
                        decided,
                        settles(_scalar(Fraction(1), b), gain),
                    )
                ],
            )
        for p in (Fraction(k, 8) for k in range(1, 16)):
            decided = bool(formulas["blind-attack.step-bound"].exact(p=p, b=b))
            yield Case(
                {"p": p, "b": b, "gain": 1},
                [
                    Relation(
                        "bound on the step = the simulated attack settles", decided, settles(_scalar(p, b), Fraction(1))
                    )
                ],
            )


_T = "gamma_p_minus_1_minus_p_inv"
_W = "one_plus_2_p_plus_p_p_plus_gamma_gamma_p_p_minus_2_gamma_p_minus_2_gamma_p_p_inv"
GAINS = {"p > 0": "p > 0", "p <= 1": "1 - p >= 0", "gamma < 2": "2 - gamma > 0"}
DENOMINATOR = Sum("1 + p - gamma p > 0", (("1", ("p <= 1",), "1"), ("1", ("p > 0", "gamma < 2"), "1")), "denominator")

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "blind-attack",
        "Integral action wins knowing nothing of the victim: 0 < P <= I, |B| <= 1, any gain in (0, 2).",
        evidence=(
            Exact(_one_turn, share=0.5),
            Exact(_lyapunov, share=0.5, name="exact, Lyapunov"),
            Constructed(_lost, "18 attackers", name="exact, losses"),
            Constructed(_bounds, "140 scalar pairs", name="exact, bounds"),
        ),
        certificate=(
            Spec("blind-attack.e"),
            Spec("blind-attack.z"),
            Spec(
                "blind-attack.corner",
                f"gamma {_T} p + {_T} p p p - 2 {_T} p - {_T} p p >= 0",
                positive=GAINS,
                lines=(
                    DENOMINATOR,
                    Sum(f"-{_T} >= 0", (("1", ("denominator",), _T),), "its inverse"),
                    Sum(
                        f"gamma {_T} p + {_T} p p p - 2 {_T} p - {_T} p p >= 0",
                        (("1", ("its inverse", "p > 0", "gamma < 2"), "1"), ("1", ("its inverse", "p <= 1"), "p")),
                    ),
                ),
            ),
            Spec(
                "blind-attack.determinant",
                f"2 {_W} p p p + gamma {_W} p p p p - gamma {_W} p p p - 2 {_W} p p p p >= 0",
                positive=GAINS,
                lines=(
                    Sum(f"{_W} >= 0", (("1", (), f"{_W} (1 + p - gamma p)"),), "its inverse"),
                    Sum(
                        f"2 {_W} p p p + gamma {_W} p p p p - gamma {_W} p p p - 2 {_W} p p p p >= 0",
                        (("1", ("its inverse", "p > 0", "p <= 1", "gamma < 2"), "p"),),
                    ),
                ),
            ),
        ),
        unproved=(
            "The eigenvalues of a matrix are taken one at a time; that the bounds are sharp is shown by examples."
        ),
        needed=(
            Needed(
                ("e", "z"), "P invertible", two(0, HALF, s=[0], w_t=[0], gamma=1, w_0=[0]), (shift_cancels_the_push,)
            ),
            Needed(("weight",), "p at most 1", {"p": 3, "gamma": Fraction(3, 2)}, (weight_is_positive,)),
            Needed(("weight",), "p positive", {"p": 0, "gamma": 1}, (weight_is_positive,)),
            Needed(("weight",), "gamma below 2", {"p": 1, "gamma": 3}, (weight_is_positive,)),
            Needed(("corner",), "p at most 1", {"p": 3, "gamma": 1}),
            Needed(("corner", "determinant"), "p positive", {"p": -HALF, "gamma": 1}),
            Needed(("corner", "determinant"), "gamma below 2", {"p": HALF, "gamma": Fraction(5, 2)}),
            Needed(("determinant",), "p at most 1", {"p": 2, "gamma": 1}),
            Needed(("step-bound",), "p below 2", {"p": 3, "b": -1}, (gain_and_step_settle,)),
            Needed(("step-bound",), "b at most 1 in modulus", {"p": Fraction(3, 2), "b": -3}, (gain_and_step_settle,)),
        ),
        unneeded=(
            Unneeded(("e", "z"), (psd(S_W), psd(S_U)), ALGEBRA),
            Unneeded(
                ("step-bound",), (relation(symbols.p > 0, "p positive"),), "the condition implies it: 1 - tr + det = p"
            ),
        ),
        claims=(
            Claim(
                "blind-attack-in-the-box",
                "A blind attack with gain 1 wins for every stable step of the attacker (0 < P < 2I).",
                "true for steps up to 1/lambda_max",
                steep_attacker,
                "p = 3/2, b = 9/10: the joint map has trace -19/20 and determinant -9/20, so an eigenvalue below -1",
            ),
            Claim(
                "blind-attack-any-gain",
                "A blind attack wins with any gain up to and including 2.",
                "closed version of the bound",
                gain_two,
                "p = 1/2, q = 2, gain 2: a part of the attacker's error changes sign for ever",
            ),
        ),
    ),
)
