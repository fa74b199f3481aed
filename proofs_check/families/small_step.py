"""Evidence for section 3, small steps: the series of both residuals and its remainder."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Prompt
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Needed, Theorem, Unneeded
from proofs_check.instruments.agents import is_invertible, turn_matrix
from proofs_check.instruments.at_rest import Inputs, array, one_rest, pair, rest, shrinking_steps, solutions
from proofs_check.instruments.geometries import Pair, exact_pair
from proofs_check.instruments.rationals import exact_eye, exactly, square
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.specification import HYPOTHESIS, Spec
from theory.derivation.assumptions import invertible, psd
from theory.language.symbols import S_U, S_W, H

__all__ = ["THEOREMS"]


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
    if _sum_is_singular(pair) or not is_invertible(exact_eye(pair.d) - turn_matrix(pair)):
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
    if _sum_is_singular(pair) or not is_invertible(exact_eye(pair.d) - turn_matrix(pair)):
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


REMAINS = {
    e: f"(H - eta_W {k}) ({e}_inf - s{e}_k) = eta_W eta_W eta_W_to_the_order_minus_1 {k} {e}_order_k"
    for e, k in (("e", "K"), ("f", "K_T"))
}


def _divided(e: str, k: str, pull: str) -> dict[str, Any]:
    """The fixed-point equation, divided by the step size."""
    return {
        "scalars": ("eta_W_inv",),
        "when": {"a positive step": "eta_W eta_W_inv = 1"},
        "lines": (
            f"eta_W (H - eta_W {k}) {e}_inf = eta_W {pull} Delta",
            f"eta_W_inv eta_W (H - eta_W {k}) {e}_inf = eta_W_inv eta_W {pull} Delta",
            f"(H - eta_W {k}) {e}_inf = {pull} Delta",
        ),
    }


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "small-step",
        "e_inf = sum of eta^k e_k: e_0 = H^-1 rho S_U Delta, e_1 = ..., all orders, remainder and bound.",
        evidence=(Exact(_series, share=0.5), Exact(_remainder_bound, share=0.25, name="exact, bound")),
        certificate=tuple(
            spec
            for e, k, pull in (("e", "K", "(rho S_U - eta_W K)"), ("f", "K_T", "(eta_W K_T - S_W)"))
            for spec in (
                Spec(f"small-step.{e}0", f"(H - eta_W {k}) {e}_inf = {pull} Delta", **_divided(e, k, pull)),
                Spec(f"small-step.{e}1"),
                Spec(f"small-step.{e}2"),
                Spec(f"small-step.{e}k"),
                Spec(
                    f"small-step.{e}-remainder",
                    f"(H - eta_W {k}) ({e}_inf - {e}_order_0 - eta_W {e}_order_1) = eta_W eta_W {k} {e}_order_1",
                    "base",
                    hints=True,
                    **_divided(e, k, pull),
                ),
                Spec(
                    f"small-step.{e}-bound",
                    f"(H - eta_W {k}) ({e}_inf - more) "
                    f"= eta_W eta_W eta_W eta_W_to_the_order_minus_1 {k} {e}_order_k_plus_1",
                    "step",
                    letters={"more": "d <- 1"},
                    when={
                        "one term more": f"more = s{e}_k + eta_W eta_W eta_W_to_the_order_minus_1 {e}_order_k_plus_1"
                    },
                    argued={REMAINS[e]: HYPOTHESIS},
                    prose=("the norm of the remainder, by the Neumann series",),
                    hints=True,
                ),
                Spec(
                    f"small-step.{e}-remainder",
                    argued={REMAINS[e]: "induction on the order from the two statements above"},
                    hints=True,
                ),
            )
        ),
        needed=(
            Needed(("e-remainder", "f-remainder"), "M invertible", two(2, 2, rho=1, order=1), (one_rest, orders_exist)),
            Needed(
                ("e0", "e1", "e2", "ek", "f0", "f1", "f2", "fk"),
                "H invertible",
                two(0, 0, rho=1, order=1),
                (shrinking_steps,),
            ),
            Needed(
                ("e-remainder", "f-remainder"),
                "H invertible",
                two(1, -1, rho=1, order=1) | {"eta_W": HALF, "eta_U": HALF},
                (one_rest, orders_exist),
            ),
            Needed(("e-bound",), "H invertible and eta_W H^-1 K below 1", two(4, 4, rho=1, order=1)),
            Needed(("f-bound",), "H invertible and eta_W H^-1 K^T below 1", two(4, 4, rho=1, order=1)),
        ),
        unneeded=(
            Unneeded(
                ("e-remainder", "f-remainder", "e0", "e1", "e2", "ek", "e-bound", "f0", "f1", "f2", "fk", "f-bound"),
                (psd(S_W), psd(S_U)),
                ALGEBRA,
            ),
            Unneeded(("e-bound", "f-bound"), (invertible(H),), "said by the bound on the step, which speaks of H^-1"),
        ),
    ),
)
