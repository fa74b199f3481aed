"""Evidence for section 3, small steps: the series of both residuals and its remainder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Prompt
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.instances import satisfied
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Needed, Theorem, Unneeded
from proofs_check.instruments.agents import is_invertible, turn_matrix
from proofs_check.instruments.at_rest import Inputs, array, one_rest, pair, rest, shrinking_steps, solutions
from proofs_check.instruments.geometries import Pair, exact_pair
from proofs_check.instruments.rationals import exact_eye, exactly, square
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.facts import Induction, NumericalRange, Regular
from proofs_check.proving.specification import Spec, Sum
from theory.derivation.assumptions import psd
from theory.families.small_step import PARTS
from theory.language.symbols import S_U, S_W

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
    step = Fraction(int(rng.choice([1, 1, 40])), int(rng.choice([2, 10, 1000, 10**6])))
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
        regular = formulas[f"small-step.{who}-regular"].exact(**inputs)
        relations += [
            Relation(f"what multiplies the remainder of {who} is invertible", regular, True),
            Relation(f"term 1 of {who} = the general term at k = 1", terms[1], general[0]),
            Relation(f"term 2 of {who} = the general term at k = 2", terms[2], general[1]),
            Relation(f"{who} of the agents = terms to order k + remainder", partial + left, residual),
        ]
    return Case(pair.shown() | {"rho": ratio, "order": order}, relations)


def _bounds(rng: np.random.Generator, formulas: Formulas) -> Case:
    """The bounds of what is left, in exact algebraic numbers, against simulated equilibria."""
    ratio = Fraction(int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    pair = exact_pair(rng, full_rank=bool(rng.random() < 0.6), dimensions=(1, 2))
    pair = _stepped(pair, Fraction(1, int(rng.integers(1, 9))) * min(pair.eta_W, pair.eta_U), ratio)
    order, relations = int(rng.integers(1, 4)), []
    inputs = pair.arguments() | {"rho": ratio, "order": order}
    if _sum_is_singular(pair):
        return Case(pair.shown(), [])
    if satisfied(formulas["small-step.M"], inputs):
        relations = [
            Relation("the turn of the agents leaves one state alone", is_invertible(_taken(pair)), True),
            Relation("M is invertible", formulas["small-step.M"].exact(**inputs), True),
        ]
    if not is_invertible(_taken(pair)):
        return Case(pair.shown(), relations)
    found = pair.interaction.equilibrium()
    for who, residual in (("e", found.residual_w), ("f", found.residual_u)):
        if not satisfied(formulas[f"small-step.{who}-bound"], inputs):
            continue
        limit = exactly(formulas[f"small-step.{who}0"], inputs)
        partial = limit + sum(
            pair.eta_W**k * exactly(formulas[f"small-step.{who}k"], inputs | {"order": k}) for k in range(1, order + 1)
        )
        for what, part, near in (("limit", "limit", limit), ("terms to order k", "bound", partial)):
            bound = formulas[f"small-step.{who}-{part}"].exact(**inputs)
            within = bool(bound >= 0 and square(residual - near) <= bound**2)
            relations.append(Relation(f"|{who} of the agents - {what}| <= bound", within, True))
    return Case(pair.shown() | {"rho": ratio, "order": order}, relations)


def _taken(pair: Pair) -> Any:
    """What one turn takes away."""
    return exact_eye(pair.d) - turn_matrix(pair)


POWER = "eta_W_to_the_order_minus_1"


@dataclass(frozen=True)
class _Side:
    """The letters of one agent's expansion, as the certificates call them."""

    e: str
    k: str
    pull: str
    taken: str
    inverse: str
    hypothesis: str

    @property
    def matrix(self) -> str:
        """What is applied from term to term, but for the step."""
        return f"H_inv {self.k}"

    @property
    def sigma(self) -> str:
        """Its largest singular value."""
        return f"sigma_max_H_inv_{self.k}"

    @property
    def tail(self) -> str:
        """What the terms to order k leave."""
        return f"(H - eta_W {self.k}) ({self.e}_inf - s{self.e}_k) = eta_W eta_W {POWER} {self.k} {self.e}_order_k"

    @property
    def divided(self) -> tuple[str, ...]:
        """The fixed-point equation, divided by the step size."""
        return (
            f"{self.taken} {self.e}_inf = {'A Q' if self.e == 'e' else '-B P'} Delta",
            f"eta_W (H - eta_W {self.k}) {self.e}_inf = eta_W {self.pull} Delta",
            f"eta_W_inv eta_W (H - eta_W {self.k}) {self.e}_inf = eta_W_inv eta_W {self.pull} Delta",
            f"(H - eta_W {self.k}) {self.e}_inf = {self.pull} Delta",
        )

    @property
    def stretch(self) -> NumericalRange:
        """What that singular value bounds."""
        return NumericalRange(self.matrix, self.sigma, f"{self.k}' H_inv'")

    def neumann(self, x: str, y: str, claim: str) -> Sum:
        """``|x| <= |y| / (1 - eta_W sigma)``, where x less ``eta_W H^-1 K x`` is y."""
        whole = f"one_minus_eta_W_{self.sigma}"
        stretch = f"NumericalRange {self.stretch.gives[0]}"
        return Sum(
            claim,
            (
                ("1", (), f"{whole}_inv ({y} - {whole} ({x}))"),
                ("1", (self.hypothesis, "eta_W > 0", stretch), f"{whole}_inv ({x})"),
            ),
        )


AGENTS = (
    _Side("e", "K", "(rho S_U - eta_W K)", "M", "M_inv", "eta_W H^-1 K below 1"),
    _Side("f", "K_T", "(eta_W K_T - S_W)", "N", "(1 + B M_inv A)", "eta_W H^-1 K^T below 1"),
)


def _certificate(x: _Side) -> Iterator[Spec]:
    """Terms, remainder and bounds of one agent."""
    e, k, name = x.e, x.k, f"small-step.{x.e}"
    yield from (Spec(f"{name}{part}") for part in "012")
    yield from (Spec(f"{name}k", goal) for goal in "12")
    whole = f"one_minus_eta_W_{x.sigma}_inv"
    yield from (
        Spec(
            f"{name}-regular",
            side,
            value=f"eta_W {x.inverse}",
            lines=(f"eta_W R_{e} = {x.taken}", *(("N B = B M", "A N = M A") if e == "f" else ())),
        )
        for side in ("right", "left")
    )
    first = f"(H - eta_W {k}) ({e}_inf - {e}_order_0) = eta_W H {e}_order_1"
    yield Spec(f"{name}-limit", claim=first, part="first", lines=x.divided)
    yield Spec(
        f"{name}-remainder",
        claim=f"(H - eta_W {k}) ({e}_inf - ({e}_order_0 + eta_W {e}_order_1)) = eta_W eta_W {k} {e}_order_1",
        part="base",
        uses=(f"{name}-limit/first",),
        lines=(
            f"H {e}_order_1 = {k} ({e}_order_0 - Delta)" if e == "e" else f"H {e}_order_1 = {k} ({e}_order_0 + Delta)",
        ),
    )
    yield Spec(
        f"{name}-remainder",
        claim=f"(H - eta_W {k}) ({e}_inf - s{e}_k_plus_1) = eta_W eta_W eta_W {POWER} {k} {e}_order_k_plus_1",
        part="step",
        when={"the relation": x.tail},
        lines=(f"H {e}_order_k_plus_1 = {k} {e}_order_k",),
    )
    every = Induction(
        x.tail,
        f"{name}-remainder/base",
        f"{name}-remainder/step",
        {
            f"s{e}_k": (f"({e}_order_0 + eta_W {e}_order_1)", f"s{e}_k_plus_1"),
            f"{e}_order_k": (f"{e}_order_1", f"{e}_order_k_plus_1"),
        },
    )
    yield Spec(
        f"{name}-remainder",
        facts=(every,),
        uses=(f"{name}-regular/right",),
        lines=(f"R_{e} ({e}_inf - s{e}_k) = eta_W eta_W {POWER} {k} {e}_order_k",),
    )
    gap = f"{e}_inf - {e}_order_0"
    yield Spec(
        f"{name}-limit",
        facts=(x.stretch,),
        uses=(f"{name}-limit/first",),
        lines=(
            f"H_inv (H - eta_W {k}) ({gap}) = eta_W {e}_order_1",
            f"{gap} - eta_W {x.matrix} ({gap}) = eta_W {e}_order_1",
            x.neumann(
                gap,
                f"eta_W {e}_order_1",
                f"eta_W eta_W {whole} {whole} {e}_order_1' {e}_order_1 >= ({e}_inf' - {e}_order_0') ({gap})",
            ),
        ),
    )
    gap, part = f"{e}_inf - s{e}_k", f"eta_W eta_W {POWER} {e}_order_k_plus_1"
    yield Spec(
        f"{name}-bound",
        facts=(every, x.stretch),
        lines=(
            f"H {e}_order_k_plus_1 = {k} {e}_order_k",
            f"(H - eta_W {k}) ({gap}) = eta_W eta_W {POWER} H {e}_order_k_plus_1",
            f"H_inv (H - eta_W {k}) ({gap}) = {part}",
            f"{gap} - eta_W {x.matrix} ({gap}) = {part}",
            x.neumann(
                gap,
                part,
                f"eta_W eta_W eta_W eta_W {POWER} {POWER} {whole} {whole} {e}_order_k_plus_1' {e}_order_k_plus_1 "
                f">= ({e}_inf' - s{e}_k') ({gap})",
            ),
        ),
    )


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "small-step",
        evidence=(Exact(_series, share=0.5), Exact(_bounds, share=0.25, name="exact, bounds")),
        certificate=(
            *(spec for agent in AGENTS for spec in _certificate(agent)),
            *(
                Spec(
                    "small-step.M",
                    side,
                    value="eta_W_inv L H_inv",
                    facts=(Regular("eta_W H_inv K", "L"),),
                    lines=("M = eta_W H (1 - eta_W H_inv K)",),
                )
                for side in ("right", "left")
            ),
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
                ("e-remainder", "f-remainder", "e-limit", "f-limit", "e-bound", "f-bound"),
                "H invertible",
                two(1, -1, rho=1, order=1) | {"eta_W": HALF, "eta_U": HALF},
                (one_rest, orders_exist),
            ),
            Needed(("e-regular", "f-regular"), "M invertible", two(2, 2, rho=1, order=1)),
            Needed(("e-limit", "e-bound"), "eta_W H^-1 K below 1", two(4, 4, rho=1, order=1)),
            Needed(("f-limit", "f-bound"), "eta_W H^-1 K^T below 1", two(4, 4, rho=1, order=1)),
            Needed(("M",), "H invertible", two(0, 0, rho=1, order=1)),
            Needed(("M",), "eta_W H^-1 K below 1", two(2, 2, rho=1, order=1)),
        ),
        unneeded=(
            Unneeded(
                (*(f"{e}{part}" for e in "ef" for part in PARTS), "M"),
                (psd(S_W), psd(S_U)),
                ALGEBRA,
            ),
        ),
    ),
)
