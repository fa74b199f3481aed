"""Evidence for section 7: attackers that rewrite their prompts, measured on the equilibria of simulated pairs.

What labels can reach is found by solving for them with the attacker's own layer; what they cannot, by exact least
squares over the equilibria that unit labels lead to. The algorithms of `numerics` are compared as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from numerics import NothingToAttackError, Prompt, label_attack
from proofs_check.evidence.comparison import Close, Relation, show
from proofs_check.evidence.kinds import Case, Exact, Floats, Formulas
from proofs_check.evidence.theorem import Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring, drawn, error, linear_part, response, seen, wanted_target
from proofs_check.instruments.at_rest import Inputs, array, one_rest, pair, rest, settles, solutions
from proofs_check.instruments.geometries import dyadic, dyadic_pair, rationals
from proofs_check.instruments.rationals import against, exact_eye, exactly, square, zeros
from proofs_check.instruments.simulation_bounds import turn_bounds
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.specification import Spec, Sum
from theory.derivation.assumptions import psd
from theory.language.symbols import S_U, S_W

__all__ = ["THEOREMS"]


def attack_is_decided(formula: Any, x: Inputs) -> str | None:
    """Some declared target makes W succeed iff the formula's condition holds."""
    both = pair({**x, "s": [0] * len(x["S_W"])})
    feasible = bool(formula.exact(**{name: x[name] for name in formula.inputs}))
    push = (exact_eye(both.w.d) - both.P) @ both.Q @ both.gap
    shift, freedom = solutions(both.P, -push)
    if not feasible or shift is None or freedom.shape[1]:
        return None
    # W can rest at its goal with this one shift only: try it from the given start.
    attacked = pair({**x, "s": shift})
    end = settles(attacked.turn, array(x["w_0"]))
    if rest(attacked.turn).states == 1 or isinstance(end, str):
        return None  # W rests at its goal and nowhere else, stable or not
    error = end - both.w_star
    if not error.any():
        return None
    return f"with the one shift {show(shift)} that lets W rest at its goal it rests with error {show(error)}"


#: Simulated turns are 2**DOUBLINGS; what they leave of the start is part of the bound.
DOUBLINGS = 8


def _labels(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = drawn(rng)
    if pair is None:
        return Case({}, [])
    d, inputs, victim = pair.d, pair.arguments(), pair.agent_u
    goal, shift = inputs["w_star"], rationals(rng, pair.d)
    shifted = replace(pair, y_W=pair.X_W @ (goal + shift))
    found = shifted.interaction.equilibrium(w_star=goal, u_star=inputs["u_star"])
    pushed = victim.update(goal)
    winning = wanted_target(pair.X_W, pair.eta_W, pushed, goal)
    relations = [
        Relation(
            "error of the attacker = formula",
            exactly(formulas["label-attack.e"], inputs | {"s": shift}),
            found.residual_w,
        ),
        Relation(
            "residual of the victim = formula",
            exactly(formulas["label-attack.victim"], inputs | {"w_inf": found.w}),
            found.residual_u,
        ),
        Relation(
            "a turn of the attacked pair = formula",
            exactly(formulas["label-attack.recursion"], inputs | {"s": shift, "w_t": pair.w_0}),
            shifted.agent_w.update(victim.update(pair.w_0)) - goal,
        ),
        Relation(
            "labels do not change what a turn does to differences",
            linear_part(lambda w: shifted.agent_w.update(victim.update(w)), d),
            linear_part(lambda w: pair.agent_w.update(victim.update(w)), d),
        ),
        Relation(
            "criterion = some labels make the agents keep the goal",
            bool(formulas["label-attack.feasible"].exact(**inputs)),
            winning is not None,
        ),
    ]
    if winning is not None:
        least = exactly(formulas["label-attack.shift"], inputs)
        attacked = declaring(pair.X_W, goal + least, pair.eta_W)
        relations += [
            Relation("with the shift of the formula the attacker succeeds", error(pair, attacked.prompt.y), zeros(d)),
            Relation("it is the least of all winning shifts", least, seen(pair.X_W, winning - goal)),
        ]
    return Case(pair.shown() | {"goal": goal, "shift": shift}, relations)


def _least_labels(rng: np.random.Generator, formulas: Formulas) -> Case:
    """The attack that `numerics` finds from the prompts, against the formulas of the theory."""
    pair = drawn(rng, inside=True)
    if pair is None or not bool(pair.interaction.converges()):
        return Case({}, [])
    inputs = pair.arguments()
    try:
        attack = label_attack(pair.agent_u, pair.X_W, inputs["w_star"], step_size=pair.agent_w.step_size)
    except NothingToAttackError:
        return Case(pair.shown(), [])
    feasible = bool(formulas["label-attack.feasible"].exact(**inputs))
    relations = [
        Relation("criterion = the attack found is feasible", feasible, attack.feasible),
        Relation("its certificate holds through the layers", attack.verify(pair.agent_u), True),
    ]
    if feasible:
        shift = exactly(formulas["label-attack.shift"], inputs)
        relations.append(
            Relation("labels written = X (goal + shift)", attack.prompt.y, pair.X_W @ (inputs["w_star"] + shift))
        )
    return Case(pair.shown(), relations)


def _labels_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    """Many turns against attackers that declare a shifted target; the bound is that of an honest pair's run."""
    pair = dyadic_pair(rng, count, d, box=(0.2, 1.8))
    inputs, shift, turns = pair.arguments(), dyadic(rng, count, d), 2**DOUBLINGS
    pair = replace(pair, y_W=(pair.X_W @ (inputs["w_star"] + shift)[..., None])[..., 0])
    run = pair.interaction.simulate(pair.w_0, turns, method="attention", keep="last")
    bounds = turn_bounds(pair.X_W, pair.y_W, pair.eta_W, pair.X_U, pair.y_U, pair.eta_U, pair.w_0)
    yield against(
        f"error of the attacker after {turns} turns = formula",
        formulas["label-attack.e"],
        inputs | {"s": shift},
        {"d": d},
        run.w_last - inputs["w_star"],
        turns * bounds.rounding + bounds.contraction.power(turns).norm * bounds.distance,
        pair.shown(),
    )


def _impossible(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = drawn(rng)
    if pair is None:
        return Case({}, [])
    inputs, d = pair.arguments(), pair.d
    start, effect = response(pair)
    # The least squares over all labels: d "examples" (the rows of the effect), which must answer -start.
    problem = Prompt(effect, -start)
    least = problem.loss(problem.target) * 2 * d
    bound = formulas["impossibility.error"].exact(**inputs) ** 2
    witness = exactly(formulas["impossibility.witness"], inputs)
    goal, nearest = inputs["w_star"], exactly(formulas["impossibility.shift"], inputs)
    others = [error(pair, rationals(rng, len(pair.X_W))) for _ in range(2)]
    return Case(
        pair.shown(),
        [
            Relation("squared bound = least squared error over all labels", bound, least),
            Relation("the best labels reach it", square(error(pair, problem.target)), bound),
            Relation("the shift of the formula reaches it", error(pair, pair.X_W @ (goal + nearest)), witness),
            Relation("other labels do not beat it", bound, [square(e) for e in others], "<="),
            Relation("the witness has this length", square(witness), bound),
            Relation("no label acts along the witness", witness @ effect, zeros(len(pair.X_W))),
            Relation("every error has the same part along it", [witness @ e for e in others], square(witness)),
            Relation(
                "the bound is zero = the criterion",
                bool(bound == 0),
                bool(formulas["impossibility.positive"].exact(**inputs)),
            ),
        ],
    )


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "label-attack",
        evidence=(
            Exact(_labels, share=0.6),
            Exact(_least_labels, share=0.25, name="exact, attacks"),
            Floats(_labels_in_floats, share=0.5),
        ),
        certificate=(
            Spec("label-attack.e"),
            Spec("label-attack.recursion"),
            Spec("label-attack.shift"),
            Spec(
                "label-attack.shift",
                "least",
                lines=(
                    "P_pinv P s = s_best",
                    Sum("s' s >= s_best' s_best", (("1", (), "s - s_best"),)),
                ),
            ),
            Spec("label-attack.shift", "feasible"),
            Spec(
                "label-attack.feasible",
                "if",
                value="-P_pinv A Q Delta",
                lines=("M e_inf = P s + A Q Delta", "P s + A Q Delta = 0", "M_inv M e_inf = 0"),
            ),
            Spec(
                "label-attack.feasible",
                "only if",
                lines=("M e_inf = P s + A Q Delta", "Q Delta = P Q Delta - P s"),
            ),
            Spec("label-attack.victim", "1"),
            Spec("label-attack.victim", "2"),
        ),
        needed=(
            Needed(("e", "victim"), "M invertible", two(2, 2, s=[0]), (one_rest,)),
            Needed(("feasible",), "M invertible", two(2, 2, w_0=[1]), (attack_is_decided,)),
            Needed(("shift",), "Q Delta in the range of P", two(0, HALF)),
        ),
        unneeded=(Unneeded(("e", "recursion", "shift", "feasible", "victim"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
    Theorem(
        "impossibility",
        evidence=(Exact(_impossible, share=0.5),),
        certificate=(
            Spec("impossibility.witness", "1", lines=("T_attack' witness = 0",)),
            Spec(
                "impossibility.witness",
                "2",
                lines=(
                    "T_attack' witness = 0",
                    "witness' r_attack = witness' witness",
                    "e_inf = T_attack s + r_attack",
                ),
            ),
            Spec(
                "impossibility.error",
                "1",
                uses=("impossibility.witness/2",),
                lines=(Sum("e_inf' e_inf >= witness' witness", (("1", (), "e_inf - witness"),)),),
            ),
            Spec(
                "impossibility.error",
                "2",
                value="-T_attack_pinv r_attack",
                lines=("e_inf = T_attack s + r_attack",),
            ),
            Spec("impossibility.shift"),
            Spec(
                "impossibility.shift",
                "least",
                lines=(
                    "T_attack s_least + r_attack = witness",
                    "T_attack' witness = 0",
                    Sum(
                        "(s' T_attack' + r_attack') (T_attack s + r_attack) >= "
                        "(s_least' T_attack' + r_attack') (T_attack s_least + r_attack)",
                        (("1", (), "T_attack s - T_attack s_least"),),
                    ),
                ),
            ),
            Spec(
                "impossibility.positive",
                "if",
                lines=("A Q Delta = P (P_pinv Q Delta - Q Delta)", "r_attack = T_attack (P_pinv Q Delta - Q Delta)"),
            ),
            Spec(
                "impossibility.positive",
                "only if",
                lines=(
                    "r_attack = T_attack T_attack_pinv r_attack",
                    "M r_attack = A Q Delta",
                    "M T_attack = P",
                    "A Q Delta = P T_attack_pinv r_attack",
                    "Q Delta = P (T_attack_pinv r_attack + Q Delta)",
                ),
            ),
        ),
        needed=(Needed(("error", "witness", "shift", "positive"), "M invertible", two(2, 2, s=[0]), (one_rest,)),),
        unneeded=(Unneeded(("error", "witness", "shift", "positive"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
)
