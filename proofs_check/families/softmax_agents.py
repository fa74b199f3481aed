"""Evidence for section 12, agents that are almost linear: how far errors of their layers move the plateau."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sympy import MatAdd

from numerics import Prompt, SoftmaxAgent
from proofs_check.evidence.comparison import Relation
from proofs_check.evidence.instances import satisfied
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import is_invertible, turn_matrix
from proofs_check.instruments.at_rest import Turn, one_rest, rest
from proofs_check.instruments.geometries import exact_pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, in_rationals, ints, square
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.facts import Regular
from proofs_check.proving.specification import Spec
from theory.derivation.assumptions import psd
from theory.derivation.lines import equation
from theory.derivation.sources import THIS
from theory.families.softmax_agents import r_U, r_W, w_near
from theory.language.predicates import Unique
from theory.language.symbols import S_U, S_W, P, Q, u_star, w_star

__all__ = ["THEOREMS"]


def _almost_linear(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Layers that answer with an error, at rest, beside the pair that makes none."""
    pair = exact_pair(rng, dimensions=(1, 2, 2))
    if rng.random() < 0.5:
        pair = replace(pair, eta_W=pair.eta_W / 4, eta_U=pair.eta_U / 4)
    errors = {"r_W": rationals(rng, pair.d), "r_U": rationals(rng, pair.d)}
    w, u = pair.agent_w, pair.agent_u
    turn = Turn(pair.d, lambda x: w.update(u.update(x) + errors["r_U"]) + errors["r_W"])
    unique = is_invertible(exact_eye(pair.d) - turn_matrix(pair))
    inputs, shown = pair.arguments() | errors, pair.shown() | errors
    bounded = satisfied(formulas["softmax-plateau.bound"], inputs)
    relations = [Relation("a turn that shortens has one state of rest", bounded and not unique, False)]
    if not unique:
        return Case(shown, relations)
    near, linear = rest(turn).point, rest(Turn(pair.d, lambda x: w.update(u.update(x)))).point
    assert near is not None
    assert linear is not None
    other = u.update(near) + errors["r_U"] - u.update(linear)
    relations += [
        Relation("shift of W's plateau = formula", exactly(formulas["softmax-plateau.shift"], inputs), near - linear),
        Relation("shift of U's = formula", exactly(formulas["softmax-plateau.u"], inputs), other),
    ]
    if bounded:
        bound = formulas["softmax-plateau.bound"].exact(**inputs)
        within = bool(bound >= 0 and square(near - linear) <= bound**2)
        relations += [
            Relation("M is invertible", formulas["softmax-plateau.M"].exact(**inputs), True),
            Relation("|shift of the agents| <= bound", within, True),
        ]
    return Case(shown, relations)


def one_example_drifts() -> Case:
    """Whatever its error, one example is given the weight 1: an answer is the question less eta x."""
    agent = SoftmaxAgent(Prompt(np.array([[1.0]]), np.array([0.0])), 0.5, 3.0)
    answers = in_rationals(agent.update(np.array([[-4.0], [0.0], [0.5], [8.0]]))[:, 0])
    twice = in_rationals(agent.update(agent.update(np.array([0.0]))))
    return Case(
        {"X": ints([1]), "y": ints(0), "eta": HALF, "beta": 3},
        [
            Relation("each answer is 1/2 less", answers, ints(-4 - HALF, -HALF, 0, 8 - HALF)),
            Relation("and stays so, turn after turn", twice, ints(-1)),
        ],
    )


def _errs(x: Any) -> Any:
    """W's weights after a turn with both errors."""
    u = x - Q * (x - u_star) + r_U
    return MatAdd(u - P * (u - w_star), r_W)


#: Steps of 3 and 3, which turns multiply by 4; of 2 and 2, which they do not change. Errors of both.
WIDER, SAME = (two(p, p, r_W=[1], r_U=[1]) for p in (3, 2))

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "softmax-plateau",
        evidence=(Exact(_almost_linear),),
        certificate=(
            *(
                Spec("softmax-plateau.M", side, value="L", facts=(Regular("A B", "L"),), lines=("M = 1 - A B",))
                for side in ("right", "left")
            ),
            Spec("softmax-plateau.shift"),
            Spec("softmax-plateau.u"),
        ),
        unproved="The bound divides by 1 less a largest singular value; the formal proof has it.",
        needed=(
            Needed(("M",), "A B shortens", SAME),
            Needed(("bound",), "A B shortens", WIDER),
            Needed(("shift", "u"), "M invertible", SAME, (one_rest,)),
        ),
        unneeded=(Unneeded(("M", "shift", "u", "bound"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "softmax-agents-always-rest",
                f"reading of {THIS}: for any temperature and short steps the fixed point exists",
                one_example_drifts,
                "one example, x = 1: it is given the weight 1 whatever the error, and the weights fall by eta for ever",
                says=Unique(w_near, equation(w_near, _errs(w_near))),
                of="softmax-plateau.shift",
                inputs=two(0, 0, gap=0, r_W=[-1], r_U=[-1]),
            ),
        ),
    ),
)
