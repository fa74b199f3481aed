"""Evidence for section 11: targets that move from turn to turn, each move through an attention layer made for it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from numerics import LSAAgent, Prompt
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation
from proofs_check.evidence.instances import satisfied
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Needed, Theorem, Unneeded
from proofs_check.instruments.at_rest import Inputs, Turn, acting, array, rest
from proofs_check.instruments.geometries import exact_pair, rationals
from proofs_check.instruments.rationals import exactly
from proofs_check.instruments.small_pairs import ALGEBRA, two
from proofs_check.proving.limits import PowersVanish
from proofs_check.proving.specification import Spec
from theory.derivation.assumptions import psd
from theory.language.symbols import S_U, S_W

__all__ = ["THEOREMS"]


def one_lag(formula: Any, x: Inputs) -> str | None:
    """There is exactly one error that a turn, after which both targets move, leaves as it is."""
    del formula
    w, u = (acting(array(x[f"eta_{a}"]) * array(x[f"S_{a}"]), array(x[f"{a.lower()}_star"])) for a in "WU")
    goal = array(x["w_star"])
    moved = array(x["drift"]) if "drift" in x else goal * 0
    found = rest(Turn(w.d, lambda e: w.update(u.update(goal + e)) - (goal + moved)))
    return None if found.states == 1 else str(found)


def _chase(agents: tuple[LSAAgent, LSAAgent], goals: tuple[Array, Array], w: Array) -> Array:
    """A turn of agents with the same inputs and these targets: the weights after it."""
    for agent, goal in zip(reversed(agents), reversed(goals), strict=True):
        w = LSAAgent(Prompt.from_target(agent.prompt.X, goal), agent.step_size).update(w)
    return w


def _drifting_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng)
    inputs = pair.arguments()
    goals = inputs["w_star"], inputs["u_star"]
    drift, apart = rationals(rng, pair.d), rationals(rng, pair.d)
    inputs |= {"drift": drift, "drift_apart": apart, "t": int(rng.integers(0, 4))}
    if not pair.interaction.equilibrium(allow_missing=True).unique:
        return Case(pair.shown(), [])
    agents = pair.agent_w, pair.agent_u
    lag = exactly(formulas["drifting-targets.rest"], inputs)
    after = _chase(agents, goals, goals[0] + lag) - (goals[0] + drift)
    inputs["e_lag"] = lag
    # From the formula's line on, the error stays on it, as the gap grows.
    gaps = [goals[1] - goals[0] + k * apart for k in (inputs["t"], inputs["t"] + 1)]
    still = inputs | {"drift": drift * 0, "e_lag": lag * 0}
    bias = [exactly(formulas["drifting-targets.rest"], still | {"u_star": goals[0] + gap}) for gap in gaps]
    step = exactly(formulas["drifting-targets.rest"], still | {"u_star": goals[0], "drift": bias[1] - bias[0]})
    lines = [one + step for one in bias]
    moved = _chase(agents, (goals[0], goals[0] + gaps[0]), goals[0] + lines[0]) - goals[0]
    relations = [
        Relation("a turn after which both targets move leaves the formula's error", after, lag),
        Relation("a turn at a gap leads from the line to where it is at the next gap", moved, lines[1]),
        Relation("error after it = formula", exactly(formulas["drifting-targets.apart"], inputs), moved),
    ]
    settles = formulas["drifting-targets.settles"]
    contracts = satisfied(settles, inputs)
    relations.append(Relation("a turn contracts = the pair converges", contracts, bool(pair.interaction.converges())))
    if contracts:
        relations.append(Relation("the chase leads there: formula", bool(settles.exact(**inputs)), True))
    return Case(pair.shown() | {"drift": drift, "apart": apart}, relations)


LAG = {"drift": [1], "drift_apart": [1], "e_lag": [0], "t": 1}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "drifting-targets",
        evidence=(Exact(_drifting_exactly),),
        certificate=(
            Spec("drifting-targets.rest"),
            *(Spec("drifting-targets.settles", goal, reduction=PowersVanish()) for goal in ("fixed", "start", "later")),
        ),
        unproved="A number of turns is no letter of certificates; that the error grows with the gap is proved in Rocq.",
        needed=(
            Needed(("rest", "apart"), "M invertible", two(0, 0) | LAG, (one_lag,)),
            Needed(("settles",), "a turn leaves the error e_lag", two(1, Fraction(1, 2)) | LAG),
            Needed(("settles",), "AB contracts", two(3, 3, 0) | LAG | {"e_lag": [Fraction(1, 3)]}),
        ),
        unneeded=(Unneeded(("rest", "settles", "apart"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
)
