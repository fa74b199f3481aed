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
from numpy.typing import NDArray

from numerics import Interaction, LSAAgent, blind_attack
from numerics.exact import roots_inside_unit_circle
from proofs_check.compare import Relation
from proofs_check.derivation import Derivation
from proofs_check.evidence import Case, Constructed, Exact, Formulas
from proofs_check.geometries import Pair, rationals
from proofs_check.ledger import Theorem
from proofs_check.rewriting import declaring, framed, linear_part, retargeted, targeted, wanted_target
from proofs_check.support import characteristic, exactly, ints, square, zeros

__all__ = ["THEOREMS", "joint_turn", "settles"]

SECTION = "7 adversary"
Array = NDArray[Any]


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

    return roots_inside_unit_circle(characteristic(linear_part(move, 2 * d)))


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


BLIND = tuple(f"blind-attack.{p}" for p in ("e", "z", "weight", "corner", "determinant", "gain-bound", "step-bound"))
THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "blind-attack",
        SECTION,
        "Integral action wins knowing nothing of the victim: 0 < P <= I, |B| <= 1, any gain in (0, 2).",
        BLIND,
        (
            Derivation(BLIND),
            Exact(_one_turn, share=0.5),
            Exact(_lyapunov, share=0.5, name="exact, Lyapunov"),
            Constructed(_lost, "18 attackers", name="exact, losses"),
            Constructed(_bounds, "140 scalar pairs", name="exact, bounds"),
        ),
    ),
)
