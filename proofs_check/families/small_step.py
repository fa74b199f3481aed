"""Evidence for section 3, small steps: the series of both residuals and its remainder."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Prompt
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Derivation, Exact, Formulas
from proofs_check.evidence.theorem import Theorem
from proofs_check.instruments.agents import invertible, turn_matrix
from proofs_check.instruments.at_rest import Inputs, array, pair, rest, solutions
from proofs_check.instruments.geometries import Pair, exact_pair
from proofs_check.instruments.rationals import exact_eye, exactly, square

__all__ = ["THEOREMS", "orders_exist", "shrinking_steps"]


def shrinking_steps(formula: Any, x: Inputs) -> str | None:
    """As the steps vanish in fixed ratio there is one equilibrium, and its residuals split the gap."""
    missed = set()
    for scale in (Fraction(1, 10), Fraction(1, 100), Fraction(1, 1000)):
        steps = {"eta_W": scale, "eta_U": scale * Fraction(x["rho"])}
        both = pair({**x, **steps})
        found = rest(both.turn)
        if found.states != 1 or found.point is None:
            return f"at the steps {scale} and {steps['eta_U']} {found}"
        e, f = found.point - both.w_star, both.u.update(found.point) - both.u_star
        missed.add(tuple(e - f - both.gap))
    if len(missed) == 1 and any(miss := missed.pop()) and formula.id.startswith("gap-is-shared"):
        return f"at the steps 1/10, 1/100, 1/1000 alike the residuals differ by the gap and {show(list(miss))}"
    return None


def orders_exist(formula: Any, x: Inputs) -> str | None:
    """The equation of order 0, ``H e_0 = rho S_U Delta`` (``-S_W Delta`` for U), has a solution."""
    S_W, S_U, rho = array(x["S_W"]), array(x["S_U"]), Fraction(x["rho"])
    gap = array(x["u_star"]) - array(x["w_star"])
    right = rho * S_U @ gap if ".e" in formula.id else -S_W @ gap
    point, _ = solutions(S_W + rho * S_U, right)
    if point is not None:
        return None
    both = pair(x)
    found = rest(both.turn)
    return f"there is no term of order 0: {show(S_W + rho * S_U)} e_0 = {show(right)} has no solution ({found})"


SECTION = "3 equilibrium"


def _stepped(pair: Pair, step: Fraction, ratio: Fraction) -> Pair:
    """Return the pair with step sizes `step` and ``ratio * step``."""
    return replace(pair, eta_W=step, eta_U=ratio * step)


def _sum_is_singular(pair: Pair) -> bool:
    both = np.concatenate([pair.X_W, pair.X_U])
    return bool(Prompt(both, both[:, 0]).rank < pair.d)


def _series(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Terms and remainder add up to the residual of the simulated pair, at a step of any size."""
    ratio = Fraction(int(rng.integers(1, 7)), int(rng.integers(1, 7)))
    step = Fraction(1, int(rng.choice([2, 10, 1000, 10**6])))
    pair = _stepped(exact_pair(rng, full_rank=bool(rng.random() < 0.6)), step, ratio)
    if _sum_is_singular(pair) or not invertible(exact_eye(pair.d) - turn_matrix(pair)):
        return Case(pair.shown(), [])
    found = pair.interaction.equilibrium()
    order = int(rng.integers(1, 4))
    inputs = pair.arguments() | {"rho": ratio, "order": order}
    relations = []
    for who, residual in (("e", found.residual_w), ("f", found.residual_u)):
        terms = [exactly(formulas[f"small-step.{who}{k}"], inputs) for k in (0, 1, 2)]
        general = [exactly(formulas[f"small-step.{who}k"], inputs | {"order": k}) for k in (1, 2, 3)]
        partial = terms[0] + sum(step ** (k + 1) * term for k, term in enumerate(general[:order]))
        left = exactly(formulas[f"small-step.{who}-remainder"], inputs)
        relations += [
            Relation(f"term 1 of {who} = the general term at k = 1", terms[1], general[0]),
            Relation(f"term 2 of {who} = the general term at k = 2", terms[2], general[1]),
            Relation(f"{who} of the agents = terms to order k + remainder", partial + left, residual),
        ]
    return Case(pair.shown() | {"rho": ratio, "order": order}, relations)


def _remainder_bound(rng: np.random.Generator, formulas: Formulas) -> Case:
    """The bound of the remainder, in exact algebraic numbers, against simulated equilibria."""
    ratio = Fraction(int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    pair = exact_pair(rng, full_rank=True, dimensions=(1, 2))
    pair = _stepped(pair, Fraction(1, int(rng.integers(1, 9))) * min(pair.eta_W, pair.eta_U), ratio)
    if _sum_is_singular(pair) or not invertible(exact_eye(pair.d) - turn_matrix(pair)):
        return Case(pair.shown(), [])
    found, order = pair.interaction.equilibrium(), int(rng.integers(1, 4))
    inputs = pair.arguments() | {"rho": ratio, "order": order}
    relations = []
    for who, residual in (("e", found.residual_w), ("f", found.residual_u)):
        bound = formulas[f"small-step.{who}-bound"].exact(**inputs)
        if not bound >= 0:  # a negative denominator: the step is too large for this bound
            continue
        partial = exactly(formulas[f"small-step.{who}0"], inputs) + sum(
            pair.eta_W**k * exactly(formulas[f"small-step.{who}k"], inputs | {"order": k}) for k in range(1, order + 1)
        )
        within = bool(square(residual - partial) <= bound**2)
        relations.append(Relation(f"|{who} of the agents - terms to order k| <= bound", within, True))
    return Case(pair.shown() | {"rho": ratio, "order": order}, relations)


PARTS = ("e0", "e1", "e2", "ek", "e-remainder", "e-bound", "f0", "f1", "f2", "fk", "f-remainder", "f-bound")
THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "small-step",
        SECTION,
        "e_inf = sum of eta^k e_k: e_0 = H^-1 rho S_U Delta, e_1 = ..., all orders, remainder and bound.",
        tuple(f"small-step.{part}" for part in PARTS),
        (
            Derivation(tuple(f"small-step.{part}" for part in PARTS)),
            Exact(_series, share=0.5),
            Exact(_remainder_bound, share=0.25, name="exact, bound"),
        ),
    ),
)
