"""Evidence for section 7: what a transcript shows of the other agent, and what it cannot show.

Transcripts are those of simulated agents; they are judged by `numerics.detect`, which sees them only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import Interaction, Prompt, detect
from proofs_check.compare import Relation
from proofs_check.derivation import Derivation
from proofs_check.evidence import Case, Exact, Formulas
from proofs_check.geometries import rationals
from proofs_check.ledger import Theorem
from proofs_check.rewriting import declaring, linear_part, targeted, wanted_target
from proofs_check.support import exactly

__all__ = ["THEOREMS"]

SECTION = "7 adversary"
Array = NDArray[Any]


def _transcript(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Any states handed over, and the states of a real run, which is judged by `numerics` alone."""
    pair = targeted(rng, dimensions=(1, 2, 2, 3), full_rank=bool(rng.random() < 0.8), inside=True)
    inputs, d, w = pair.arguments(), pair.d, pair.agent_w
    if int(w.prompt.rank) < d:
        return Case(pair.shown(), [])
    geometry = -linear_part(lambda u: w.update(u) - u, d)
    states = rationals(rng, d + 2, d)
    run = pair.interaction.simulate(pair.w_0, d + 2, method="attention")
    relations = []
    for U in (states, run.u):
        if int(Prompt(U - U.sum(axis=0) / len(U), U[:, 0]).rank) < d:
            continue  # these states do not vary in every direction
        given = inputs | {"U_seen": U.T}
        relations += [
            Relation(
                "geometry formula = what W's layer does to differences",
                exactly(formulas["detection.geometry"], given),
                geometry,
            ),
            Relation(
                "target formula = the state that W's layer keeps",
                exactly(formulas["detection.target"], given),
                w.target,
            ),
        ]
        if U is not states:
            found = detect(run, pair.agent_u.prompt, pair.agent_u.step_size)
            honest = detect(run, pair.agent_u.prompt, pair.agent_u.step_size, declared_goal=w.target)
            relations += [
                Relation("geometry found in the transcript = formula", found.geometry, geometry),
                Relation("target found in the transcript = formula", found.target, w.target),
                Relation("with its target declared, the verdict is honest", honest.verdict == "honest", True),
            ]
    return Case(pair.shown() | {"states": states}, relations)


def _twins(rng: np.random.Generator, formulas: Formulas) -> Case:
    """An attacker with a fixed declared target makes the transcript of an honest agent that has this target."""
    pair = targeted(rng, full_rank=True, inside=True)
    inputs = pair.arguments()
    goal, victim = inputs["w_star"], pair.agent_u
    declared = wanted_target(pair.X_W, pair.eta_W, victim.update(goal), goal)
    if declared is None or not np.any(declared != goal) or int(pair.agent_w.prompt.rank) < pair.d:
        return Case(pair.shown(), [])
    attacker = declaring(pair.X_W, declared, pair.eta_W)
    # The honest agent has other examples, every one twice: the same geometry.
    honest = declaring(np.concatenate([pair.X_W, pair.X_W]), declared, pair.eta_W)
    runs = [Interaction(w, victim).simulate(pair.w_0, 3, method="attention") for w in (attacker, honest)]
    U = rationals(rng, pair.d + 2, pair.d)
    given = inputs | {"w_star": declared, "U_seen": U.T}
    if int(Prompt(U - U.sum(axis=0) / len(U), U[:, 0]).rank) < pair.d:
        return Case(pair.shown(), [])
    return Case(
        pair.shown() | {"goal": goal, "declared": declared},
        [
            Relation("both transcripts are the same, W", runs[0].w, runs[1].w),
            Relation("both transcripts are the same, U", runs[0].u, runs[1].u),
            Relation(
                "what is recovered is the declared target", exactly(formulas["detection.target"], given), declared
            ),
            Relation("which is not the goal", declared, goal, "!="),
        ],
    )


DETECTION = ("detection.geometry", "detection.target")
THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "detection",
        SECTION,
        "A transcript that excites every direction shows W's geometry and declared target, and nothing of its goal.",
        DETECTION,
        (Derivation(DETECTION), Exact(_transcript, share=0.5), Exact(_twins, share=0.25, name="exact, twins")),
    ),
)
