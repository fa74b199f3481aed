"""Exact counterexamples to statements about attackers, their victims and helpers, recomputed by simulated agents.

As in `proofs_check.counterexamples`: the relations of a returned case say that the hypotheses of the claim hold and
that its conclusion does not. Only `numerics` is used, in rationals.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import (
    BlindHelper,
    Interaction,
    LSAAgent,
    NewtonHelper,
    Prompt,
    blind_attack,
    detect,
    label_attack,
)
from proofs_check.compare import Relation
from proofs_check.evidence import Case
from proofs_check.support import ints, square

__all__ = [
    "attack_spares",
    "blind_victim_with_noise",
    "gain_two",
    "helper_destabilises",
    "helper_hurts",
    "honest_agent_rests_elsewhere",
    "one_answer_more",
    "partly_spanned",
    "steep_attacker",
    "twin_transcripts",
]

Array = NDArray[Any]
Rational = int | Fraction


def _number(value: Rational) -> Array:
    return np.array(Fraction(value), dtype=object)


def _agent(X: Array, target: Array, step: Rational) -> LSAAgent:
    return LSAAgent(Prompt.from_target(X, target), _number(step))


def _scalar(p: Rational, target: Rational) -> LSAAgent:
    return _agent(ints([1]), ints(target), p)


def twin_transcripts() -> Case:
    """An attacker that declares a target makes the transcript of an honest agent that has this target."""
    half, goal = Fraction(1, 2), ints(0)
    victim = _scalar(half, 1)
    attack = label_attack(victim, ints([1]), goal, step_size=_number(half))
    honest = _scalar(half, -half)
    runs = [Interaction(w, victim).simulate(ints(4), 4, method="attention") for w in (attack.agent, honest)]
    verdicts = [detect(run, victim.prompt, victim.step_size).verdict for run in runs]
    rest = Interaction(attack.agent, victim).equilibrium().w
    return Case(
        {"p": half, "q": half, "u*": 1, "goal": 0, "declared": -half, "w": runs[0].w, "u": runs[0].u},
        [
            Relation("the attacker reaches its goal", rest, goal),
            Relation("it declares another target", attack.prompt.target, -half),
            Relation("W's transcript is that of the honest agent", runs[0].w, runs[1].w),
            Relation("and so is U's", runs[0].u, runs[1].u),
            Relation("the same verdict for both", verdicts[0] == verdicts[1], True),
        ],
    )


def honest_agent_rests_elsewhere() -> Case:
    """An honest agent, too, comes to rest away from the target that its labels declare: its plateau."""
    half = Fraction(1, 2)
    honest, victim = _scalar(half, 0), _scalar(half, 1)
    pair = Interaction(honest, victim)
    found = pair.equilibrium()
    return Case(
        {"p": half, "q": half, "w*": 0, "u*": 1, "w_inf": found.w},
        [
            Relation("the pair converges from every start", bool(pair.converges()), True),
            Relation("the honest agent declares its own target", honest.target, 0),
            Relation("it rests elsewhere", found.w, Fraction(1, 3)),
        ],
    )


def blind_victim_with_noise() -> Case:
    """Labels that no weight fits: the victim's loss is at its least, and the least is not zero."""
    X, labels = ints([1, 0], [1, 0]), ints(0, 2)
    victim = LSAAgent(Prompt(X, labels), _number(Fraction(1, 2)))
    attacker = _agent(ints([1, 0], [0, 1]), ints(1, 1), 1)
    pair = Interaction(attacker, victim)
    found = pair.equilibrium()
    loss = victim.prompt.loss(found.u)
    return Case(
        {"X_U": X, "y_U": labels, "w*": ints(1, 1), "u*": victim.target, "loss at rest": loss},
        [
            Relation("the pair converges from every start", bool(pair.converges()), True),
            Relation("the victim is blind to the gap", X @ (victim.target - ints(1, 1)), 0),
            Relation("W succeeds", found.residual_w, 0),
            Relation("the victim does not", found.residual_u, 0, "!="),
            Relation("its loss is the least of its prompt", loss, victim.prompt.loss(victim.target)),
            Relation("which is not zero", loss, Fraction(1, 2)),
        ],
    )


def attack_spares() -> Case:
    """Two overshooting agents: the honest equilibrium is far from both, the attack brings the victim close."""
    p = Fraction(19, 10)
    honest, victim = _scalar(p, 0), _scalar(p, 1)
    attack = label_attack(victim, ints([1]), ints(0), step_size=_number(p))
    before = Interaction(honest, victim).equilibrium()
    after = Interaction(attack.agent, victim).equilibrium()
    return Case(
        {"p": p, "q": p, "Delta": 1},
        [
            Relation("both pairs converge", bool(before.converges) and bool(after.converges), True),
            Relation("the attacker succeeds", after.w, 0),
            Relation("the victim misses its target by 9 beside an honest agent", square(before.residual_u), 81),
            Relation("and by 9/10 beside the attacker", square(after.residual_u), Fraction(81, 100)),
        ],
    )


def _joint(p: Fraction, b: Fraction, gain: Fraction, start: int, turns: int) -> Array:
    """Return the errors of a scalar blind attacker whose victim leaves the share b of every error."""
    attacker = blind_attack(
        Prompt.from_target(ints([1]), ints(0)),
        ints(0),
        step_size=_number(p),
        gain=_number(gain)[()],
        allow_unproven=True,
    )
    errors: Array = Interaction(attacker, _scalar(1 - b, 1)).simulate(ints(start), turns, method="attention").w[:, 0]
    return errors


def steep_attacker() -> Case:
    """A step inside the attacker's own stability box and gain 1: the joint map still has an eigenvalue below -1."""
    p, b = Fraction(3, 2), Fraction(9, 10)
    errors = _joint(p, b, Fraction(1), 1, 24)
    # Two numbers, the trace and the determinant of the joint map, follow from four consecutive errors.
    a = errors[1:5]
    minor = a[1] * a[1] - a[0] * a[2]
    trace, product = (a[1] * a[2] - a[0] * a[3]) / minor, (a[2] * a[2] - a[1] * a[3]) / minor
    return Case(
        {"p": p, "b": b, "gain": 1, "errors": errors[:6]},
        [
            Relation("both agents are inside the box", [p, 1 - b], 2, "<"),
            Relation("trace of the simulated map", trace, Fraction(-19, 20)),
            Relation("its determinant", product, Fraction(-9, 20)),
            Relation("the characteristic polynomial is negative at -1: a root below it", 1 + trace + product, 0, "<"),
            Relation("the errors grow", abs(errors[12]), abs(errors[24]), "<"),
        ],
    )


def gain_two() -> Case:
    """Gain 2 leaves an eigenvalue -1: for a victim at the edge of its box, and at p = 1 for another first target."""
    p, b = Fraction(1, 2), Fraction(-1)
    errors = _joint(p, b, Fraction(2), 4, 12)
    swing = errors[2:] - errors[1:-1] / 2  # the other eigenvalue is 1/2
    w, declared, steep = ints(1), ints(1), []
    for _ in range(6):
        w = _agent(ints([1]), declared, 1).update(_scalar(Fraction(1, 2), 1).update(w))
        declared = declared - 2 * w
        steep.append(w[0])
    return Case(
        {"p": p, "b": b, "gain": 2, "errors": errors, "errors at p = 1, b = 1/2, declaring 1 first": ints(*steep)},
        [
            Relation("a part of the error changes sign every turn", swing[1:], -swing[:-1]),
            Relation("and is not zero", swing[0], 0, "!="),
            Relation("at p = 1 all of it does", steep[1:], [-x for x in steep[:-1]]),
            Relation("and is not zero there", steep[0], 0, "!="),
        ],
    )


def one_answer_more() -> Case:
    """Two scalar main agents with the same first answer need different second moves, and W's answer comes on top."""
    start, mains = ints(0), (_scalar(Fraction(1, 2), 2), _scalar(Fraction(1, 4), 4))
    runs = []
    for main in mains:
        helper = BlindHelper(ints([1]), step_size=_number(1))
        runs.append(Interaction(main, helper).simulate(start, 3))
    first = [run.w[1] for run in runs]
    errors = np.array([[run.w[t, 0] - main.target[0] for t in range(4)] for run, main in zip(runs, mains, strict=True)])
    shares = [main.update(ints(1)) - main.update(start) for main in mains]
    return Case(
        {"m": 1, "p": [Fraction(1, 2), Fraction(1, 4)], "w*": [2, 4], "errors": errors},
        [
            Relation("both first answers are the same", first[0], first[1]),
            Relation("their fixed points are not", mains[0].target, mains[1].target, "!="),
            # So no second move is right for both: an answer is right only to the fixed point itself.
            Relation("answers keep a share of every distance", 0, shares, "<"),
            Relation("the error after turn m + 1 is not zero", np.any(errors[:, 2] != 0), True),
            Relation("after turn m + 2 it is", errors[:, 3], 0),
        ],
    )


def partly_spanned() -> Case:
    """A helper with one oblique example: its full step leaves a part of the error along that very example."""
    main = _agent(ints([1, 0]), ints(0, 0), Fraction(1, 2))
    helper = NewtonHelper(main, ints([1, 1]), step_size=_number(1))
    u = helper.update(ints(1, 0))
    return Case(
        {"X_W": ints([1, 0]), "X_U": ints([1, 1]), "damping": 1, "w": ints(1, 0), "u": u},
        [
            Relation("the helper moves along its example only", u - ints(1, 0), ints(Fraction(-1, 2), Fraction(-1, 2))),
            Relation("of what the main agent sees half is left", u[0], Fraction(1, 2)),
            Relation("and an error that it cannot see is new", u[1], 0, "!="),
        ],
    )


def helper_hurts() -> Case:
    """The main agent alone would be done after this turn; the oblique helper moves it where it is slow."""
    X, start = ints([1, 0], [0, Fraction(1, 2)]), ints(1, 0)
    main = _agent(X, ints(0, 0), 2)
    helper = NewtonHelper(main, ints([1, 1]), step_size=_number(1))
    alone, helped = main.update(start), main.update(helper.update(start))
    return Case(
        {"X_W": X, "eta_W": 2, "X_U": ints([1, 1]), "damping": 1, "w": start, "helped": helped},
        [
            Relation("alone the main agent arrives at once", alone, 0),
            Relation("helped it does not", helped, 0, "!="),
        ],
    )


def helper_destabilises() -> Case:
    """An estimate of a third of the Gram matrix: every turn multiplies the error by -3/2."""
    main = _scalar(Fraction(1, 4), 0)
    helper = NewtonHelper(main, ints([1]), step_size=_number(1), gram=ints([Fraction(1, 3)]))
    run = Interaction(main, helper).simulate(ints(1), 4)
    alone = abs(main.update(ints(1)))
    return Case(
        {"p": Fraction(1, 4), "estimate": Fraction(1, 3), "damping": 1, "errors": run.w[:, 0]},
        [
            Relation("alone every move shortens the error", alone, 1, "<"),
            Relation("helped, every turn multiplies it by -3/2", run.w[1:], run.w[:-1] * Fraction(-3, 2)),
        ],
    )
