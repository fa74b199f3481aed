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
from proofs_check.instruments.agents import declaring, is_invertible, retargeted, targeted, wanted_target
from proofs_check.instruments.at_rest import Inputs, acting, array, one_rest, pair, solutions
from proofs_check.instruments.geometries import Pair, rational, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, orthogonal, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, EYE, HALF, two
from proofs_check.proving.facts import Square
from proofs_check.proving.limits import Ends, PowersVanish
from proofs_check.proving.specification import Root, Spec, Sum
from theory import SingularError, formulas
from theory.derivation.assumptions import psd
from theory.language.nodes import Norm
from theory.language.symbols import S_U, S_W, Pi, eta_W

__all__ = ["THEOREMS"]


def one_example_exists(formula: Any, x: Inputs) -> str | None:
    """The example has a value at the given gap, or values of nearby gaps tend to one."""
    if formula.part not in ("gram", "input"):
        formula = formulas["one-example-attack.gram"]
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


def wins_alone(formula: Any, x: Inputs) -> str | None:
    """With the example the pair has exactly one state of rest."""
    pull = array(x["eta_U"]) * array(x["S_U"]) @ (array(x["u_star"]) - array(x["w_star"]))
    return one_rest(formula, {**x, "S_W": np.outer(pull, pull) / (x["eta_W"] * square(pull))})


def cycle_closes(formula: Any, x: Inputs) -> str | None:
    """Each agent can declare a target that takes it, in one move, from the other's goal to its own.

    Of a part that speaks of one agent alone, that one.
    """
    both = pair(x)
    # W's move from u* ends at w* iff P (u* - declared) is the gap; U's from w* ends at u* iff Q (...) is minus it.
    part = formula.id.split(".")[-1].upper()
    for name, matrix in (("W", both.P), ("U", both.Q)):
        if part in ("W", "U") and name != part:
            continue
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
    start = rationals(rng, pair.d)
    end = exactly(formulas["one-example-attack.limit"], inputs | {"w_0": start})
    alone = is_invertible(pair.agent_u.prompt.gram)
    claimed = exactly(formulas["one-example-attack.e"], inputs) if alone else found.w - goal
    return Case(
        pair.shown() | {"eta_W of the attack": step, "goal": goal},
        [
            Relation("the victim pulls", pair.agent_u.update(goal) - goal, pull),
            Relation("Gram of the example = formula", gram, attacker.prompt.gram),
            Relation("an attacker of this geometry keeps the goal", attacker.update(goal + pull), goal),
            Relation("which is the equilibrium", found.w, goal),
            Relation("the residual of the pair = formula", found.w - goal, claimed),
            Relation("where another start leads = formula", game.equilibrium(start).w, end),
            Relation("the victim keeps -B Delta", exactly(formulas["victim-bias"], inputs), found.residual_u),
            Relation("the pair converges", bool(game.converges()), True),
            Relation("the attack found from the prompt has this geometry", written.prompt.gram, gram),
            Relation("and honest labels", written.label_change, 0),
        ],
    )


def _mutual(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = targeted(rng, full_rank=True)
    if min(int(a.prompt.rank) for a in (pair.agent_w, pair.agent_u)) < pair.d:
        return Case(pair.shown(), [])
    inputs = pair.arguments()
    w_star, u_star = inputs["w_star"], inputs["u_star"]
    by_w, by_u = (exactly(formulas[f"mutual-attack.{who}"], inputs) for who in "wu")
    game = Interaction(declaring(pair.X_W, by_w, pair.eta_W), declaring(pair.X_U, by_u, pair.eta_U))
    run = game.simulate(w_star, 3, method="attention")
    settled = []
    if bool(game.converges()):
        found = game.equilibrium(pair.w_0)
        limit = exactly(formulas["mutual-attack.limit"], inputs | {"w_0": pair.w_0})
        settled = [
            Relation("where it leads from another start = formula", found.w, limit),
            Relation("with the other agent at its goal", found.u, u_star),
        ]
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
            Relation(
                "what lies between them = formula",
                run.u[0] - run.w[0],
                exactly(formulas["mutual-attack.cycle"], inputs),
            ),
            *settled,
        ],
    )


#: A gap along the first axis, a start off it.
AHEAD = {"eta_U": 1, "eta_W": 1, "w_star": [0, 0], "u_star": [1, 0], "w_0": [0, 5]}
#: The step matrix of the example is the projector on the victim's pull.
KEEPS = "eta_W S_one pull = pull"
ENDS = Ends(Pi)
VICTIM = Square("Q", "Y", "y")
STILL = ("P P = P", "(P + Q) Pi = 0", Root(("P Pi", "Y Pi")), "Q Pi = 0")

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "one-example-attack",
        evidence=(Exact(_one_example, share=0.75),),
        certificate=(
            Spec("one-example-attack.gram", "1"),
            Spec("one-example-attack.gram", "2"),
            Spec("one-example-attack.gram", "3", lines=(KEEPS,)),
            Spec(
                "one-example-attack.input",
                lines=(
                    "pull pull' pull pull' = inner_pull_pull pull pull'",
                    "pull pull' pull pull' = norm_pull norm_pull pull pull'",
                    "inner_pull_pull pull pull' = norm_pull norm_pull pull pull'",
                    "norm_pull_inv norm_pull_inv inner_pull_pull pull pull' = pull pull'",
                    "norm_pull_inv norm_pull_inv pull pull' = inner_pull_pull_inv pull pull'",
                    "eta_W_sqrt_inv eta_W_sqrt_inv = eta_W_inv",
                ),
            ),
            Spec(
                "one-example-attack.e",
                facts=(VICTIM,),
                lines=(
                    "P P = P",
                    "P Q Delta = Q Delta",
                    "M e_inf = A Q Delta",
                    "A Q Delta = 0",
                    "P M e_inf = P e_inf",
                    "P e_inf = 0",
                    "Q e_inf = P Q e_inf",
                    "e_inf' P = 0",
                    "e_inf' Q e_inf = 0",
                    Root(("Y e_inf",)),
                    "Q e_inf = 0",
                    "Q_inv Q e_inf = 0",
                ),
            ),
            Spec(
                "one-example-attack.limit",
                "fixed",
                reduction=ENDS,
                facts=(VICTIM,),
                lines=(*STILL, "P Q Delta = Q Delta"),
            ),
            Spec("one-example-attack.limit", "start", reduction=ENDS),
            Spec("one-example-attack.limit", "invariant", reduction=ENDS, facts=(VICTIM,), lines=STILL),
            Spec(
                "one-example-attack.limit",
                "order",
                reduction=ENDS,
                lines=(
                    "P P = P",
                    Sum(
                        "2 P + 2 Q + P P Q + Q P P + 2 Q P Q - P P - 2 P Q - 2 Q P - Q Q - Q P P Q >= 0",
                        (
                            ("1/2", ("Q below 2",), "Q"),
                            ("1/2", ("eta_U > 0", "S_U psd"), "2 - Q"),
                            ("1", (), "P (1 - Q)"),
                        ),
                    ),
                ),
            ),
            Spec(
                "one-example-attack.limit",
                "equality",
                reduction=ENDS,
                facts=(VICTIM, Square("2 - Q", "V", "v")),
                lines=(
                    "P P = P",
                    Root(("V Q mode", "Y (2 - Q) mode", "P (1 - Q) mode", "P (1 - Q) mode")),
                    "(2 - Q) Q mode = 0",
                    "n2_minus_Q_inv (2 - Q) Q mode = Q mode",
                    "n2_minus_Q_inv (2 - Q) Q mode = 0",
                    "Q mode = 0",
                    Root(("P (1 - Q) mode", "P (1 - Q) mode", "V Q mode", "Y (2 - Q) mode")),
                    "P mode = 0",
                    "(P + Q) mode = 0",
                ),
            ),
        ),
        needed=(
            Needed(
                ("gram", "input", "e", "limit"),
                "Q Delta non-zero",
                AHEAD | {"S_U": EYE, "eta_U": HALF, "u_star": [0, 0]},
                (one_example_exists,),
            ),
            Needed(("e",), "Q invertible", AHEAD | {"S_U": [[HALF, 0], [0, 0]]}, (wins_alone,)),
            Needed(("e",), "S_U psd", AHEAD | {"S_U": [[1, 0], [0, -1]], "u_star": [1, 1]}, (wins_alone,)),
            Needed(("limit",), "S_U psd", AHEAD | {"S_U": [[HALF, 0], [0, -1]]}),
            Needed(("limit",), "Q below 2", AHEAD | {"S_U": [[HALF, 0], [0, 2]]}),
        ),
        unneeded=(Unneeded(("gram", "input"), (psd(S_U),), ALGEBRA),),
    ),
    Theorem(
        "mutual-attack",
        evidence=(Exact(_mutual, share=0.5),),
        certificate=(
            Spec("mutual-attack.w"),
            Spec("mutual-attack.u"),
            Spec("mutual-attack.cycle", "1"),
            Spec("mutual-attack.cycle", "2"),
            Spec("mutual-attack.cycle", "3"),
            Spec("mutual-attack.limit", "fixed", reduction=PowersVanish()),
            Spec("mutual-attack.limit", "start", reduction=PowersVanish()),
            Spec("mutual-attack.limit", "later", reduction=PowersVanish()),
        ),
        needed=(
            Needed(("w", "cycle", "limit"), "P invertible", two(0, 1, w_0=[5]), (cycle_closes,)),
            Needed(("u", "cycle", "limit"), "Q invertible", two(1, 0, w_0=[5]), (cycle_closes,)),
            Needed(("limit",), "AB contracts", two(3, 3, w_0=[5])),
        ),
        unneeded=(Unneeded(("w", "u", "cycle", "limit"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
)
