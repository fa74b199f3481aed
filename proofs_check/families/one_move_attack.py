"""Evidence for section 7: attackers whose single move undoes what the other agent did.

One honest example along the victim's pull suffices for that; if both agents declare what takes them from one target to
the other, they play a cycle of two states.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Rational

from numerics import Interaction, one_example_attack
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring, retargeted, targeted, wanted_target
from proofs_check.instruments.at_rest import Inputs, acting, array, pair, solutions
from proofs_check.instruments.geometries import Pair, rational
from proofs_check.instruments.rationals import exact_eye, exactly, orthogonal, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, EYE, HALF, two
from proofs_check.proving.specification import Spec
from theory import SingularError
from theory.derivation.assumptions import psd
from theory.language.nodes import Norm
from theory.language.symbols import S_U, S_W, eta_W

__all__ = ["THEOREMS"]


def one_example_exists(formula: Any, x: Inputs) -> str | None:
    """The formula has a value at the given gap, or values of nearby gaps tend to one."""
    with suppress(SingularError):
        formula.exact(**{name: x[name] for name in formula.inputs})
        return None
    w_star = array(x["w_star"])
    seen = set()
    for direction in exact_eye(len(w_star)):
        gaps = ((w_star + size * direction).tolist() for size in (HALF, HALF**9))
        near = {str(formula.exact(**{n: ({**x, "u_star": u})[n] for n in formula.inputs}).tolist()) for u in gaps}
        seen |= near
        if len(near) > 1:
            return None
    if len(seen) < 2:
        return None
    return f"undefined, and no limit: gaps in different directions, however small, give {' and '.join(sorted(seen))}"


def cycle_closes(formula: Any, x: Inputs) -> str | None:
    """Each agent can declare a target that takes it, in one move, from the other's goal to its own."""
    both = pair(x)
    # W's move from u* ends at w* iff P (u* - declared) is the gap; U's from w* ends at u* iff Q (...) is minus it.
    for name, matrix in (("W", both.P), ("U", both.Q)):
        point, _ = solutions(matrix, both.gap)
        if point is None:
            stays = acting(matrix, both.w_star).update(both.u_star if name == "W" else both.w_star)
            return f"nothing that {name} declares takes it to its goal (it ends at {show(stays)} declaring w*)"
    return None


def _rational_pull(rng: np.random.Generator) -> tuple[Pair, Array] | None:
    """Draw a victim that pulls on the attacker's goal by a vector of rational length, other than zero."""
    pair = targeted(rng, full_rank=True, inside=True)
    frame = orthogonal(rng, pair.d)
    if rng.random() < 0.4:  # a victim of any rank
        X_U = frame[: int(rng.integers(1, pair.d + 1))]
        pair = replace(pair, X_U=X_U, y_U=zeros(len(X_U)), eta_U=Fraction(int(rng.integers(1, 8)), 4))
    goal, pull = pair.arguments()["w_star"], rational(rng) * frame[0]
    u_star = wanted_target(pair.X_U, pair.eta_U, goal, goal + pull)
    if u_star is None or not np.any(pull != 0):
        return None
    return retargeted(pair, goal, u_star), pull


def _rooted(formula: Any, inputs: dict[str, Any]) -> Any:
    """Evaluate the roots and lengths in a formula first, where they are rational: a square step, a rational pull."""
    step = inputs["eta_W"]
    lengths = {x: replace(formula, compact=x, unfold=()).exact(**inputs) for x in formula.expr.atoms(Norm)}
    value = formula.expr.xreplace(lengths).subs(eta_W, Rational(step.numerator, step.denominator))
    return replace(formula, compact=value, unfold=())


def _one_example(rng: np.random.Generator, formulas: Formulas) -> Case:
    drawn = _rational_pull(rng)
    if drawn is None:
        return Case({}, [])
    pair, pull = drawn
    step = Fraction(int(rng.integers(1, 9)), int(rng.integers(1, 5))) ** 2
    inputs = pair.arguments() | {"eta_W": step}
    goal = inputs["w_star"]
    attacker = declaring(exactly(_rooted(formulas["one-example-attack.input"], inputs), inputs)[None, :], goal, step)
    game = Interaction(attacker, pair.agent_u)
    found = game.equilibrium(goal, w_star=goal, u_star=inputs["u_star"])
    written = one_example_attack(pair.agent_u, goal, step_size=attacker.step_size)
    gram = exactly(formulas["one-example-attack.gram"], inputs)
    return Case(
        pair.shown() | {"eta_W of the attack": step, "goal": goal},
        [
            Relation("the victim pulls", pair.agent_u.update(goal) - goal, pull),
            Relation("Gram of the example = formula", gram, attacker.prompt.gram),
            Relation("an attacker of this geometry keeps the goal", attacker.update(goal + pull), goal),
            Relation("which is the equilibrium", found.w, goal),
            Relation("the victim keeps -B Delta", exactly(formulas["victim-bias"], inputs), found.residual_u),
            Relation("the pair converges", bool(game.converges()), True),
            Relation("the attack found from the prompt has this geometry", written.prompt.gram, gram),
            Relation("and honest labels", written.label_change, 0),
        ],
    )


def _mutual(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = targeted(rng, full_rank=True, inside=True)
    if min(int(a.prompt.rank) for a in (pair.agent_w, pair.agent_u)) < pair.d:
        return Case(pair.shown(), [])
    inputs = pair.arguments()
    w_star, u_star = inputs["w_star"], inputs["u_star"]
    by_w, by_u = (exactly(formulas[f"mutual-attack.{who}"], inputs) for who in "wu")
    game = Interaction(declaring(pair.X_W, by_w, pair.eta_W), declaring(pair.X_U, by_u, pair.eta_U))
    run = game.simulate(w_star, 3, method="attention")
    found = game.equilibrium(pair.w_0)
    return Case(
        pair.shown(),
        [
            Relation(
                "W's target = the one found by solving for it",
                by_w,
                wanted_target(pair.X_W, pair.eta_W, u_star, w_star),
            ),
            Relation(
                "U's target = the one found by solving for it",
                by_u,
                wanted_target(pair.X_U, pair.eta_U, w_star, u_star),
            ),
            Relation("W stands on its goal after every move", run.w, np.broadcast_to(w_star, run.w.shape)),
            Relation("U stands on its goal after every move", run.u, np.broadcast_to(u_star, run.u.shape)),
            Relation("the cycle is the only one", [found.w, found.u], [w_star, u_star]),
            Relation("the pair converges to it from every start", bool(game.converges()), True),
        ],
    )


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "one-example-attack",
        "One honest example along the victim's pull wins, for 0 < Q < 2I.",
        evidence=(Exact(_one_example, share=0.75),),
        certificate=(
            Spec(
                "one-example-attack.gram",
                "(1 - eta_W S_one) Q Delta = 0",
                prose=("for 0 < Q < 2I the pair converges: step-size-box",),
            ),
            Spec("one-example-attack.input", "eta_W S_one pull = pull"),
        ),
        needed=(
            Needed(
                ("gram", "input"),
                "Q Delta non-zero",
                {"S_U": EYE, "eta_U": HALF, "eta_W": 1, "w_star": [0, 0], "u_star": [0, 0]},
                (one_example_exists,),
            ),
        ),
        unneeded=(Unneeded(("gram", "input"), (psd(S_U),), ALGEBRA),),
    ),
    Theorem(
        "mutual-attack",
        "Both attack: a 2-cycle with w_t = w*, u_t = u*; each wins on its own turn.",
        evidence=(Exact(_mutual, share=0.5),),
        certificate=(Spec("mutual-attack.w", "w_next_turn = w_star"), Spec("mutual-attack.u", "u_turn = u_star")),
        needed=(
            Needed(("w", "u"), "P invertible", two(0, 1), (cycle_closes,)),
            Needed(("w", "u"), "Q invertible", two(1, 0), (cycle_closes,)),
        ),
        unneeded=(Unneeded(("w", "u"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
)
