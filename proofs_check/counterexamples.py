"""Exact counterexamples to statements that are false as they stand, recomputed by simulated agents.

The relations of a returned case say that the hypotheses of the claim hold and that its conclusion does not. Only
`numerics` is used, in rationals.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import Interaction, LSAAgent, LSALayer, Prompt
from proofs_check.compare import Relation
from proofs_check.evidence import Case
from proofs_check.support import exact_eye, ints, square

__all__ = [
    "across_lines",
    "angle",
    "biased_alone",
    "closed_box",
    "commuting",
    "diverging_member",
    "more_examples",
    "nearly_isotropic",
    "no_equilibrium",
    "one_gap",
    "one_wins",
    "rotating",
    "split",
    "start_matters",
    "trained_step",
]

Array = NDArray[Any]
Rational = int | Fraction


def _agent(X: Array, target: Array, step: Rational) -> LSAAgent:
    return LSAAgent(Prompt.from_target(X, target), np.array(Fraction(step), dtype=object))


def _scalar(p: Rational, target: int) -> LSAAgent:
    """Return a one-dimensional agent whose step times Gram is p."""
    return _agent(ints([1]), ints(target), p)


def _pair(w: LSAAgent, u: LSAAgent) -> Interaction:
    return Interaction(w, u)


def _squared_gap(pair: Interaction) -> Any:
    w, u = pair.agent_w, pair.agent_u
    if not (isinstance(w, LSAAgent) and isinstance(u, LSAAgent)):
        raise TypeError("both agents must be LSAAgents, which know their targets")
    return square(u.target - w.target)


def _converges(pair: Interaction) -> Relation:
    return Relation("the pair converges from every start", bool(pair.converges()), True)


def angle() -> Case:
    """Diagonal geometries whose residual is larger at a right angle than for opposite targets."""
    X_W, X_U = ints([1, 0], [0, Fraction(1, 2)]), ints([Fraction(1, 2), 0], [0, 1])
    w = _agent(X_W, ints(1, 0), 1)
    square_angle, opposite = _pair(w, _agent(X_U, ints(0, 1), 1)), _pair(w, _agent(X_U, ints(-1, 0), 1))
    at_90, at_180 = (square(pair.equilibrium().residual_w) for pair in (square_angle, opposite))
    return Case(
        {"X_W": X_W, "X_U": X_U, "eta": 1, "|e|^2 at 90 degrees": at_90, "|e|^2 at 180 degrees": at_180},
        [
            _converges(square_angle),
            _converges(opposite),
            Relation("the gap grows", _squared_gap(square_angle), _squared_gap(opposite), "<"),
            Relation("W's squared residual at 90 degrees", at_90, Fraction(50, 81)),
            Relation("W's squared residual at 180 degrees", at_180, Fraction(4, 81)),
            Relation("the residual shrinks", at_180, at_90, "<"),
        ],
    )


def nearly_isotropic() -> Case:
    """Beyond tan(theta/2) = 40 the residual falls, in geometries within 1/10 of the identity."""
    X_U, t = ints([1, Fraction(1, 10)], [Fraction(1, 10), 1]), 40
    half = Fraction(1, 2)
    w = _agent(ints([1, 0], [0, 1]), ints(1, 0), half)
    cosine, sine = Fraction(1 - t * t, 1 + t * t), Fraction(2 * t, 1 + t * t)
    sizes = {}
    for sense in (1, -1):
        for name, target in (("before", ints(cosine, sense * sine)), ("opposite", ints(-1, 0))):
            pair = _pair(w, _agent(X_U, target, half))
            sizes[sense, name] = square(pair.equilibrium().residual_w)
    falls = [sizes[sense, "opposite"] < sizes[sense, "before"] for sense in (1, -1)]
    return Case(
        {"X_W": ints([1, 0], [0, 1]), "X_U": X_U, "eta": half, "tan(theta/2)": t},
        [
            _converges(pair),
            Relation("the residual falls before 180 degrees in one sense of rotation", any(falls), True),
            Relation("and not in the other", all(falls), False),
        ],
    )


def one_gap() -> Case:
    """A turn that is the identity for equal targets and a drift for others."""
    pair = _pair(_scalar(2, 0), _scalar(2, 0))
    run = pair.simulate(ints(5), 6, method="attention")
    other = _pair(_scalar(2, 0), _scalar(2, 1)).simulate(ints(5), 6, method="attention")
    return Case(
        {"p": 2, "q": 2, "Delta": 0},
        [
            Relation("every turn returns to the start", run.w[:, 0], run.w[0, 0]),
            Relation("one turn multiplies differences by 1", pair.turn_map.matrix, ints([1])),
            Relation(
                "with gap 1 every turn moves by the same amount", np.diff(other.w[:, 0]), other.w[1, 0] - other.w[0, 0]
            ),
            Relation("and that amount is not zero", other.w[1], other.w[0], "!="),
        ],
    )


def no_equilibrium() -> Case:
    """Both agents overshoot to the mirror image of their distance: a constant drift."""
    pair = _pair(_scalar(2, 0), _scalar(2, 1))
    run = pair.simulate(ints(0), 3, method="attention")
    return Case(
        {"p": 2, "q": 2, "Delta": 1},
        [
            Relation("no fixed point exists", bool(pair.equilibrium(allow_missing=True).exists), False),
            Relation("every turn moves W by the same amount", np.diff(run.w[:, 0]), run.w[1, 0]),
            Relation("which is not zero", run.w[1], 0, "!="),
        ],
    )


def trained_step() -> Case:
    """One example, large enough that the learned step overshoots by more than it corrects."""
    step, X = Fraction(1, 3), ints([3])
    agent = _agent(X, ints(0), step)
    after = agent.update(ints(1))
    return Case(
        {"n": 1, "d": 1, "eta = n/(n+d+1)": step, "example": X},
        [
            Relation("the step is n/(n+d+1)", step, Fraction(1, 1 + 1 + 1)),
            Relation("eta S is outside the box", 2, step * agent.prompt.gram[0, 0], "<"),
            Relation("one move doubles the distance from the target", after, -2),
        ],
    )


def across_lines() -> Case:
    """Two projections on nearly parallel lines: they meet far away from both targets."""
    X_W, X_U, y_U = ints([1, 0]), ints([1, Fraction(1, 10)]), ints(1)
    step_u = 1 / Fraction(101, 100)
    w = _agent(X_W, ints(0, 0), 1)
    u = LSAAgent(Prompt(X_U, y_U), np.array(step_u, dtype=object))
    found = _pair(w, u).equilibrium()
    return Case(
        {"X_W": X_W, "X_U": X_U, "y_U": y_U, "eta_W": 1, "eta_U": step_u, "e_inf": found.residual_w},
        [
            _converges(_pair(w, u)),
            Relation("the steps satisfy eta lambda_max <= 1", [1 * 1, step_u * Fraction(101, 100)], 1, "<="),
            Relation("the gap is shorter than 1", square(u.target - w.target), 1, "<"),
            Relation("W's residual has length 10", square(found.residual_w), 100),
        ],
    )


def commuting() -> Case:
    """Both agents overshoot almost twofold: stable, and far from both targets."""
    p = Fraction(19, 10)
    pair = _pair(_scalar(p, 0), _scalar(p, 1))
    return Case(
        {"p": p, "q": p, "Delta": 1},
        [_converges(pair), Relation("|e_inf| = 9 |Delta|", pair.equilibrium().residual_w, -9)],
    )


def one_wins() -> Case:
    """W corrects its whole error in one move, whatever U pushed."""
    half = Fraction(1, 2)
    pair = _pair(_scalar(1, 0), _scalar(half, 1))
    found = pair.equilibrium()
    return Case(
        {"p": 1, "q": half, "Delta": 1},
        [
            _converges(pair),
            Relation("W reaches its target", found.residual_w, 0),
            Relation("U does not", found.residual_u, 0, "!="),
        ],
    )


def start_matters() -> Case:
    """Neither agent has an example along the second axis."""
    X = ints([1, 0])
    pair = _pair(_agent(X, ints(1, 0), 1), _agent(X, ints(2, 0), Fraction(1, 2)))
    first, second = (pair.equilibrium(ints(0, v)).residual_w for v in (0, 1))
    return Case(
        {"X_W": X, "X_U": X, "starts": ints([0, 0], [0, 1])},
        [_converges(pair), Relation("the two starts end with different residuals", first, second, "!=")],
    )


def split() -> Case:
    """Half steps in one dimension share two thirds of the gap."""
    half = Fraction(1, 2)
    found = _pair(_scalar(half, 0), _scalar(half, 1)).equilibrium()
    e, f = found.residual_w, found.residual_u
    return Case(
        {"p": half, "q": half, "Delta": 1, "e_inf": e, "f_inf": f},
        [Relation("e_inf - f_inf falls short of Delta", e - f, 1, "<"), Relation("it is 2/3", e - f, Fraction(2, 3))],
    )


def diverging_member() -> Case:
    """U damps more than W amplifies."""
    p, q = Fraction(5, 2), Fraction(9, 10)
    pair = _pair(_scalar(p, 0), _scalar(q, 1))
    alone = _scalar(p, 0).update(ints(1))
    return Case(
        {"p": p, "q": q},
        [
            Relation("alone, W multiplies its error by -3/2", alone, Fraction(-3, 2)),
            _converges(pair),
        ],
    )


def closed_box() -> Case:
    """A step of exactly 2/lambda_max reflects for ever."""
    w, u = _scalar(2, 0), _agent(ints([0]), ints(0), 1)
    pair = _pair(w, u)
    run = pair.simulate(ints(1), 4, method="attention")
    return Case(
        {"p": 2, "q": 0},
        [
            Relation("W's error changes sign for ever", run.w[:, 0], [1, -1, 1, -1, 1]),
            Relation("the pair does not converge", bool(pair.converges()), False),
        ],
    )


def more_examples() -> Case:
    """W gains an example, on which both agents' targets disagree, and ends farther from its target."""
    X_U, step = ints([3, 3]), Fraction(1, 100)
    u = _agent(X_U, ints(1, 1), step)
    before, after = ints([1, 0], [0, 1], [0, 0]), ints([1, 0], [0, 1], [1, 3])
    residuals = [square(_pair(_agent(X, ints(0, 0), step), u).equilibrium().residual_w) for X in (before, after)]
    return Case(
        {"X_W before": before, "X_W after": after, "X_U": X_U, "eta": step},
        [Relation("W's residual grows with its prompt", residuals[0], residuals[1], "<")],
    )


def biased_alone() -> Case:
    """A key block of 2 makes the agent solve for twice its iterate."""
    prompt = Prompt.from_target(ints([1]), ints(1))
    agent = LSAAgent.with_layer(prompt, LSALayer.from_blocks(ints([Fraction(-1, 4)]), ints([2])))
    half = Fraction(1, 2)
    return Case(
        {"V31": Fraction(-1, 4), "K13": 2, "target": 1},
        [
            Relation("the agent alone rests at half its target", agent.update(ints(half)), half),
            Relation("and gets there", agent.update(ints(1)), Fraction(3, 4)),
        ],
    )


def rotating() -> Case:
    """Both agents overshoot in some direction, and the turn rotates."""
    X_W, X_U = ints([1, 0], [0, 2]), ints([1, 1], [1, 0])
    pair = _pair(_agent(X_W, ints(0, 0), Fraction(3, 4)), _agent(X_U, ints(1, 0), Fraction(4, 3)))
    turn = pair.turn_map.matrix
    trace, determinant = turn.trace(), turn[0, 0] * turn[1, 1] - turn[0, 1] * turn[1, 0]
    # 2I - eta S is positive definite iff its trace and determinant are.
    inside = []
    for X, step in ((X_W, Fraction(3, 4)), (X_U, Fraction(4, 3))):
        rest = 2 * exact_eye(2) - step * X.T @ X / 2
        inside += [rest.trace(), rest[0, 0] * rest[1, 1] - rest[0, 1] * rest[1, 0]]
    return Case(
        {"X_W": X_W, "X_U": X_U, "eta_W": Fraction(3, 4), "eta_U": Fraction(4, 3), "turn": turn},
        [
            _converges(pair),
            Relation("both steps are inside the box", 0, inside, "<"),
            Relation("the turn has complex eigenvalues", trace**2, 4 * determinant, "<"),
        ],
    )
