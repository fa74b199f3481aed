"""Evidence for section 3: the biased equilibrium against agents that take turns.

An equilibrium is checked in the model's own words: both attention layers leave it where it is, it is the only such
state (or the only one with the frozen part of the start), and simulated runs end there.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import Ne, ZeroMatrix

from numerics import Interaction, Prompt, exact
from proofs_check.evidence.comparison import Close, Relation, show
from proofs_check.evidence.instances import satisfied
from proofs_check.evidence.kinds import Case, Exact, Floats, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring, is_invertible, pair_converges, scalar_agent, turn_matrix
from proofs_check.instruments.at_rest import Inputs, one_rest, pair, rest, settles, shrinking_steps, start_of
from proofs_check.instruments.bounds import gamma, norm
from proofs_check.instruments.geometries import dyadic_pair, exact_pair, singular_dyadic_pair
from proofs_check.instruments.rationals import (
    against,
    exact_eye,
    exactly,
    in_rationals,
    ints,
    rounded,
    rounded_once,
    square,
)
from proofs_check.instruments.simulation_bounds import turn_bounds
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, PAIR, two
from proofs_check.proving.facts import NumericalRange, Regular, SingularValue
from proofs_check.proving.limits import PowersVanish
from proofs_check.proving.specification import FROZEN, SQUARES, Spec, Sum
from theory.derivation.assumptions import invertible, psd, relation
from theory.derivation.lines import equation
from theory.derivation.sources import ABSTRACTS
from theory.families.dynamics import e_inf, f_inf
from theory.families.equilibrium import turned
from theory.language.predicates import All, Solvable, TendsTo
from theory.language.symbols import (
    S_U,
    S_W,
    Delta,
    M,
    P,
    Q,
    d,
    v_0,
    v_inf,
    v_star,
    w_0,
    w_inf,
    w_star,
    w_t,
)

__all__ = ["THEOREMS", "split"]


def no_equilibrium() -> Case:
    """Both agents overshoot to the mirror image of their distance: a constant drift."""
    pair = Interaction(scalar_agent(2, 0), scalar_agent(2, 1))
    run = pair.simulate(ints(0), 3, method="attention")
    return Case(
        {"p": 2, "q": 2, "Delta": 1},
        [
            Relation("no fixed point exists", bool(pair.equilibrium(allow_missing=True).exists), False),
            Relation("every turn moves W by the same amount", np.diff(run.w[:, 0]), run.w[1, 0]),
            Relation("which is not zero", run.w[1], 0, "!="),
        ],
    )


def one_wins() -> Case:
    """W corrects its whole error in one move, whatever U pushed."""
    half = Fraction(1, 2)
    pair = Interaction(scalar_agent(1, 0), scalar_agent(half, 1))
    found = pair.equilibrium()
    return Case(
        {"p": 1, "q": half, "Delta": 1},
        [
            pair_converges(pair),
            Relation("W reaches its target", found.residual_w, 0),
            Relation("U does not", found.residual_u, 0, "!="),
        ],
    )


def start_matters() -> Case:
    """Neither agent has an example along the second axis."""
    X = ints([1, 0])
    pair = Interaction(declaring(X, ints(1, 0), 1), declaring(X, ints(2, 0), Fraction(1, 2)))
    first, second = (pair.equilibrium(ints(0, v)).residual_w for v in (0, 1))
    return Case(
        {"X_W": X, "X_U": X, "starts": ints([0, 0], [0, 1])},
        [pair_converges(pair), Relation("the two starts end with different residuals", first, second, "!=")],
    )


def split() -> Case:
    """Half steps in one dimension share two thirds of the gap."""
    half = Fraction(1, 2)
    found = Interaction(scalar_agent(half, 0), scalar_agent(half, 1)).equilibrium()
    e, f = found.residual_w, found.residual_u
    return Case(
        {"p": half, "q": half, "Delta": 1, "e_inf": e, "f_inf": f},
        [Relation("e_inf - f_inf falls short of Delta", e - f, 1, "<"), Relation("it is 2/3", e - f, Fraction(2, 3))],
    )


def tends_to_claim(formula: Any, x: Inputs) -> str | None:
    """The error tends to the value of the formula, from the given start."""
    both = pair(x)
    who = "W" if formula.id.endswith(".e") else "U"
    turn, start, target = start_of(both, x, who)
    end = settles(turn, start)
    if isinstance(end, str):
        return f"{who}: {end}"
    claimed = exactly(formula, {name: x[name] for name in formula.inputs})
    if ((end - target) == claimed).all():
        return None
    return f"{who}'s error tends to {show(end - target)}, claimed {show(claimed)}"


def pull_shows(formula: Any, x: Inputs) -> str | None:
    """The other agent's pull shows in the residual: it is not that which no pull leaves."""
    both = pair(x)
    found = rest(both.turn)
    if found.point is None or found.states != 1:
        return str(found)
    if formula.id.partition(".")[2].startswith("e"):
        residual, pull = found.point - both.w_star, both.u.update(both.w_star) - both.w_star
    else:
        residual, pull = both.u.update(found.point) - both.u_star, both.w.update(both.u_star) - both.u_star
    if residual.any() or not pull.any():
        return None
    return f"the pull {show(pull)} leaves the residual {show(residual)}, as no pull does: it cannot be recovered"


#: Simulated turns are 2**DOUBLINGS; what they leave of the start is part of the bound.
DOUBLINGS = 8


def _fixed(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, full_rank=bool(rng.random() < 0.6))
    matrix = turn_matrix(pair)
    if not is_invertible(exact_eye(pair.d) - matrix):
        return Case(pair.shown(), [])
    inputs = pair.arguments()
    one, both = (formulas[f"biased-equilibrium.{part}"] for part in ("unique", "N"))
    e, f, dual, from_f, from_e = (
        exactly(formulas[f"biased-equilibrium.{part}"], inputs)
        for part in ("e", "f", "e-dual", "e-coupling", "f-coupling")
    )
    w, u = inputs["w_star"] + e, inputs["u_star"] + f
    return Case(
        pair.shown(),
        [
            Relation("U's layer moves w_inf to u_inf", u, pair.agent_u.update(w)),
            Relation("W's layer moves u_inf to w_inf", w, pair.agent_w.update(u)),
            Relation("w_inf = the fixed point by elimination", w, pair.interaction.equilibrium().w),
            Relation("one state of rest", one.exact(**inputs | {"w_inf": w}), True),
            Relation("N is invertible", both.exact(**inputs), True),
            Relation("e = e-dual", dual, e),
            Relation("e = e-coupling", from_f, e),
            Relation("f = f-coupling", from_e, f),
        ],
    )


def _limit_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    pair = dyadic_pair(rng, count, d, box=(0.2, 1.8))
    inputs, turns = pair.arguments(), 2**DOUBLINGS
    run = pair.interaction.simulate(pair.w_0, turns, method="attention", keep="last")
    bounds = turn_bounds(pair.X_W, pair.y_W, pair.eta_W, pair.X_U, pair.y_U, pair.eta_U, pair.w_0)
    left = bounds.contraction.power(turns).norm * bounds.distance
    error = turns * bounds.rounding + left
    yield against(
        f"W's error after {turns} turns = formula",
        formulas["biased-equilibrium.e"],
        inputs,
        {"d": d},
        run.w_last - inputs["w_star"],
        error,
        pair.shown(),
    )
    # U's last move came from the turn before: one turn less, and one contraction (norm at most 1) more.
    left = bounds.contraction.power(turns - 1).norm * bounds.distance
    yield against(
        f"U's error after {turns} turns = formula",
        formulas["biased-equilibrium.f"],
        inputs,
        {"d": d},
        run.u_last - inputs["u_star"],
        turns * bounds.rounding + left,
        pair.shown(),
    )


def _singular(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng)
    inputs = pair.arguments()
    if not satisfied(formulas["singular-equilibrium.e"], inputs):
        return Case(pair.shown(), [])
    e, f = (exactly(formulas[f"singular-equilibrium.{part}"], inputs) for part in "ef")
    w, u = inputs["w_star"] + e, inputs["u_star"] + f
    found = pair.interaction.equilibrium(pair.w_0)
    both = np.concatenate([pair.X_W, pair.X_U])
    # The least-norm solution of (all examples) x = (all examples) v is v without its part in the common kernel.
    moving = Prompt.from_target(both, w - pair.w_0).target
    return Case(
        pair.shown(),
        [
            Relation("U's layer moves w_inf to u_inf", u, pair.agent_u.update(w)),
            Relation("W's layer moves u_inf to w_inf", w, pair.agent_w.update(u)),
            Relation("w_inf differs from the start off the common kernel only", moving, w - pair.w_0),
            Relation("w_inf = the fixed point by elimination", w, found.w),
            Relation("the simulated pair converges", bool(pair.interaction.converges()), True),
        ],
    )


def _singular_in_floats(rng: np.random.Generator, count: int, rank: int, formulas: Formulas) -> Iterator[Close]:
    """Simulated runs with a common kernel, which no coordinates single out, against exact limits.

    The data are dyadic, so both limits are computed in rationals and rounded once: all that the bound allows for is the
    simulation, its last subtraction and that one rounding. The projector on the common kernel, which bounds the
    simulation, is that of the geometry as drawn, exact up to one rounding as well.
    """
    pair, frames = singular_dyadic_pair(rng, count, rank, rank + int(rng.integers(1, 3)), box=(0.2, 1.8))
    inputs, turns = pair.arguments(), 2**DOUBLINGS
    run = pair.interaction.simulate(pair.w_0, turns, method="attention", keep="last")
    frozen = exact_eye(pair.d) - (exact.pinv(in_rationals(frames)) @ in_rationals(frames))
    given = (pair.X_W, pair.y_W, pair.eta_W, pair.X_U, pair.y_U, pair.eta_U, pair.w_0)
    bounds = turn_bounds(*given, frozen=rounded_once(frozen))
    # U's last move came from the turn before: one turn less, and one contraction (norm at most 1) more.
    for who, part, last, target, whole_turns in (
        ("W", "e", run.w_last, inputs["w_star"], turns),
        ("U", "f", run.u_last, inputs["u_star"], turns - 1),
    ):
        residual = last - target
        predicted = rounded(formulas[f"singular-equilibrium.{part}"], inputs)
        once = gamma(1) * (norm(predicted[..., None]) + norm(residual[..., None]))
        left = bounds.contraction.power(whole_turns).norm * bounds.distance
        yield Close(
            f"{who}'s error after {turns} turns = formula",
            predicted,
            residual,
            turns * bounds.rounding + left + once,
            norm(residual[..., None]),
            pair.shown(),
        )


def _shared(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, full_rank=bool(rng.random() < 0.6))
    if not is_invertible(exact_eye(pair.d) - turn_matrix(pair)):
        return Case(pair.shown(), [])
    found, ratio = pair.interaction.equilibrium(), pair.eta_U / pair.eta_W
    inputs = pair.arguments() | {"w_inf": found.w, "rho": ratio}
    difference = exactly(formulas["gap-is-shared"], inputs)
    apart = found.residual_w - found.residual_u
    relations = [Relation("e_inf - f_inf of the agents = formula", difference, apart)]
    rate = formulas["gap-is-shared.rate"]
    if is_invertible(inputs["S_W"] + ratio * inputs["S_U"]):
        split = exactly(formulas["gap-is-shared.small-step"], inputs)
        relations.append(Relation("the limits split the gap", split, inputs["u_star"] - inputs["w_star"]))
        if pair.d < 3 and satisfied(rate, inputs):
            bound = rate.exact(**inputs)
            within = bool(bound >= 0 and square(apart - split) <= bound**2)
            relations.append(Relation("the agents miss the gap by no more than the bound", within, True))
    return Case(pair.shown() | {"rho": ratio}, relations)


def _neither(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, full_rank=bool(rng.random() < 0.6))
    d, inputs = pair.d, pair.arguments()
    unit = exact_eye(d)
    gap = inputs["u_star"] - inputs["w_star"]
    seen = [np.any(prompt.X @ gap != 0) for prompt in (pair.agent_w.prompt, pair.agent_u.prompt)]
    # A and B are what one layer leaves of a difference of inputs.
    leaves = [np.stack([a.update(x) - a.update(x * 0) for x in unit], axis=-1) for a in (pair.agent_w, pair.agent_u)]
    found = pair.interaction.equilibrium(allow_missing=True)
    if not (found.exists and all(seen) and all(map(is_invertible, leaves))):
        return Case(pair.shown(), [])
    inputs["w_inf"] = found.w
    return Case(
        pair.shown(),
        [
            Relation(
                "U's pull, recovered from W's residual",
                exactly(formulas["neither-wins.e"], inputs),
                pair.agent_u.update(inputs["w_star"]) - inputs["w_star"],
            ),
            Relation(
                "W's pull, recovered from U's residual",
                exactly(formulas["neither-wins.f"], inputs),
                inputs["u_star"] - pair.agent_w.update(inputs["u_star"]),
            ),
            Relation("W's residual is not zero", found.residual_w, 0, "!="),
            Relation("U's residual is not zero", found.residual_u, 0, "!="),
            *(
                Relation(f"{who} says so", formulas[f"neither-wins.{who}-nonzero"].exact(**inputs), True)
                for who in ("e", "f")
            ),
        ],
    )


#: The turn less what it leaves alone has no eigenvalue 1.
OFF_KERNEL = Regular("A B (1 - Pi)", "L")
#: What the common kernel is to both moves and to a turn.
KERNEL = (
    *FROZEN,
    "Pi Pi = Pi",
    "A Pi = Pi",
    "B Pi = Pi",
    "Pi A = Pi",
    "Pi B = Pi",
    "M Pi = 0",
    "Pi M = 0",
    "1 - A B (1 - Pi) = M + Pi",
)
#: The same for a turn that W begins.
U_KERNEL = (*KERNEL[:-3], "N Pi = 0", "Pi N = 0", "1 - (1 - Pi) B A = N + Pi")
F_GAP = "(w_0 - Q (w_0 - u_star) - (u_star + Pi f_0 - N_pinv B P Delta))"
#: What the step leaves of 1, inverted, and what the largest singular value bounds.
LESS = "one_minus_eta_W_sigma_max_H_inv_K_inv"
STRETCH = NumericalRange("H_inv K", "sigma_max_H_inv_K", "K' H_inv'")


DRIFT = two(2, 2)
STILL = two(2, 2, 0, w_0=[1])
#: A turn of two agents with the same geometries and the same gap, whose targets are elsewhere.
SAME_GAP = turned(w_t, (Q, v_star + Delta), (P, v_star))
#: Neither agent sees the second weight, in which two runs start differently.
BOTH_BLIND = {
    "S_W": [[1, 0], [0, 0]],
    "S_U": [[1, 0], [0, 0]],
    "eta_W": 1,
    "eta_U": HALF,
    "w_star": [1, 0],
    "u_star": [2, 0],
    "v_star": [1, 0],
    "w_0": [0, 0],
    "w_inf": [1, 0],
    "v_0": [0, 1],
    "v_inf": [1, 1],
}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "biased-equilibrium",
        evidence=(Exact(_fixed), Floats(_limit_in_floats)),
        certificate=(
            Spec("biased-equilibrium.unique", "exists", value="w_star + M_inv A Q Delta"),
            Spec(
                "biased-equilibrium.unique",
                "unique",
                lines=("M (other - w_star) = A Q Delta", "M (w_inf - w_star) = A Q Delta", "M (other - w_inf) = 0"),
            ),
            *(
                Spec("biased-equilibrium.N", side, value="1 + B M_inv A", lines=("N B = B M", "A N = M A"))
                for side in ("right", "left")
            ),
            *(
                Spec(f"biased-equilibrium.{part}", uses=("biased-equilibrium.N/right",) if "N" in inverts else ())
                for part, inverts in (("e", "M"), ("f", "N"), ("e-dual", "M"), ("e-coupling", "N"), ("f-coupling", "M"))
            ),
        ),
        needed=(
            Needed(("unique", "N", "e", "f", "e-dual", "e-coupling", "f-coupling"), "M invertible", DRIFT, (one_rest,)),
        ),
        unneeded=(
            Unneeded(("unique", "N", "e", "f", "e-dual", "e-coupling", "f-coupling"), (psd(S_W), psd(S_U)), ALGEBRA),
        ),
        claims=(
            Claim(
                "always-an-equilibrium",
                f"reading of {ABSTRACTS}",
                no_equilibrium,
                "p = q = 2, Delta = 1: every turn moves W by the same amount",
                says=Solvable(w_inf, equation(w_inf, turned(w_inf))),
                of="biased-equilibrium.unique",
                inputs=DRIFT,
            ),
        ),
    ),
    Theorem(
        "singular-equilibrium",
        evidence=(Exact(_singular), Floats(_singular_in_floats)),
        certificate=(
            Spec(
                "singular-equilibrium.e",
                claim="M_pinv M = 1 - Pi",
                part="split",
                facts=(*SQUARES, OFF_KERNEL),
                lines=(
                    *KERNEL,
                    "Pi M_pinv M = 0",
                    "(M + Pi) (1 - Pi - M_pinv M) = 0",
                    "(1 - A B (1 - Pi)) (1 - Pi - M_pinv M) = 0",
                    "L (1 - A B (1 - Pi)) (1 - Pi - M_pinv M) = 0",
                    "L (1 - A B (1 - Pi)) (1 - Pi - M_pinv M) = 1 - Pi - M_pinv M",
                ),
            ),
            Spec(
                "singular-equilibrium.e",
                claim="M M_pinv = 1 - Pi",
                part="image",
                facts=(*SQUARES, OFF_KERNEL),
                lines=(
                    *KERNEL,
                    "M M_pinv Pi = 0",
                    "(1 - Pi - M M_pinv) (1 - A B (1 - Pi)) = 0",
                    "(1 - Pi - M M_pinv) (1 - A B (1 - Pi)) L = 0",
                    "(1 - Pi - M M_pinv) (1 - A B (1 - Pi)) L = 1 - Pi - M M_pinv",
                ),
            ),
            *(
                Spec(
                    "singular-equilibrium.e",
                    goal,
                    reduction=PowersVanish(),
                    facts=SQUARES,
                    uses=("singular-equilibrium.e/split", "singular-equilibrium.e/image"),
                    lines=(*KERNEL, *lines),
                )
                for goal, lines in (
                    ("fixed", ("Pi A Q = 0", "M (Pi e_0 + M_pinv A Q Delta) = A Q Delta")),
                    ("start", ("Pi M_pinv = 0", "Pi (w_0 - (w_star + Pi e_0 + M_pinv A Q Delta)) = 0")),
                    ("later", ("A B Pi = Pi", "Pi A B = Pi")),
                )
            ),
            Spec(
                "singular-equilibrium.e",
                claim="M e_inf = A Q Delta",
                part="cleared",
                facts=SQUARES,
                uses=("singular-equilibrium.e/image",),
                lines=(*KERNEL, "e_inf = Pi e_0 + M_pinv A Q Delta", "Pi A Q = 0", "M e_inf = M M_pinv A Q Delta"),
            ),
            Spec("singular-equilibrium.e", "beside", reduction=PowersVanish()),
            Spec(
                "singular-equilibrium.f",
                "beside",
                reduction=PowersVanish("B (1 - Pi)", "A"),
                facts=SQUARES,
                uses=("singular-equilibrium.e/cleared", "singular-equilibrium.e/split", "singular-equilibrium.f/split"),
                lines=(
                    *U_KERNEL,
                    "Pi M_pinv = 0",
                    "e_inf = Pi e_0 + M_pinv A Q Delta",
                    "Pi e_inf = Pi e_0",
                    "f_inf = B (e_inf - Delta)",
                    "Pi f_inf = Pi (e_inf - Delta)",
                    "Pi f_0 = Pi (w_0 - u_star)",
                    "Pi f_inf = Pi f_0",
                    "N B = B M",
                    "N f_inf = B M e_inf - B M Delta",
                    "N f_inf = B A Q Delta - B M Delta",
                    "N f_inf = -B P Delta",
                    "N_pinv N f_inf = -N_pinv B P Delta",
                    "f_inf - Pi f_inf = -N_pinv B P Delta",
                ),
            ),
            Spec(
                "singular-equilibrium.f",
                claim="N_pinv N = 1 - Pi",
                part="split",
                facts=(*SQUARES, OFF_KERNEL),
                lines=(
                    *U_KERNEL,
                    "Pi N_pinv N = 0",
                    "(N + Pi) (1 - Pi - N_pinv N) = 0",
                    "(1 - (1 - Pi) B A) (1 - Pi - N_pinv N) = 0",
                    "L' (1 - (1 - Pi) B A) (1 - Pi - N_pinv N) = 0",
                    "L' (1 - (1 - Pi) B A) (1 - Pi - N_pinv N) = 1 - Pi - N_pinv N",
                ),
            ),
            Spec(
                "singular-equilibrium.f",
                claim="N N_pinv = 1 - Pi",
                part="image",
                facts=(*SQUARES, OFF_KERNEL),
                lines=(
                    *U_KERNEL,
                    "N N_pinv Pi = 0",
                    "(1 - Pi - N N_pinv) (N + Pi) = 0",
                    "(1 - Pi - N N_pinv) (1 - (1 - Pi) B A) = 0",
                    "(1 - Pi - N N_pinv) (1 - (1 - Pi) B A) L' = 0",
                    "(1 - Pi - N N_pinv) (1 - (1 - Pi) B A) L' = 1 - Pi - N N_pinv",
                ),
            ),
            *(
                Spec(
                    "singular-equilibrium.f",
                    goal,
                    reduction=PowersVanish("B (1 - Pi)", "A"),
                    facts=SQUARES,
                    uses=("singular-equilibrium.f/split", "singular-equilibrium.f/image"),
                    lines=(*U_KERNEL, *lines),
                )
                for goal, lines in (
                    (
                        "fixed",
                        ("Pi B P = 0", "N N_pinv B P Delta = B P Delta", "N (Pi f_0 - N_pinv B P Delta) = -B P Delta"),
                    ),
                    (
                        "start",
                        (
                            "Pi N_pinv = 0",
                            "w_0 - Q (w_0 - u_star) - u_star = f_0",
                            f"Pi {F_GAP} = 0",
                            f"Pi A {F_GAP} = Pi {F_GAP}",
                            f"B Pi A {F_GAP} = B Pi {F_GAP}",
                            f"B Pi {F_GAP} = 0",
                            f"B A {F_GAP} = B (1 - Pi) A {F_GAP}",
                        ),
                    ),
                    ("later", ("B A Pi = Pi", "Pi B A = Pi")),
                )
            ),
        ),
        needed=(
            Needed(("e", "f"), "S_W psd", two(-2, 2, w_0=[1]), (tends_to_claim,)),
            Needed(("e", "f"), "S_U psd", two(2, -2, w_0=[1]), (tends_to_claim,)),
            Needed(("e", "f"), "AB contracts off the kernel", STILL, (tends_to_claim,)),
        ),
        claims=(
            Claim(
                "gap-and-geometry-decide",
                f"{ABSTRACTS}: the residuals depend on the gap and the two geometries only",
                start_matters,
                "X_W = X_U = (1, 0): the start decides the second weight, and nothing moves it",
                says=equation(w_inf - w_star, v_inf - v_star),
                given=(
                    relation(TendsTo(w_t, turned(w_t), w_0, w_inf), "one run"),
                    relation(TendsTo(w_t, SAME_GAP, v_0, v_inf), "another with this gap and these geometries"),
                ),
                of=PAIR,
                inputs=BOTH_BLIND,
            ),
        ),
    ),
    Theorem(
        "gap-is-shared",
        evidence=(Exact(_shared),),
        certificate=(
            Spec("gap-is-shared"),
            Spec("gap-is-shared.small-step"),
            Spec(
                "gap-is-shared.rate",
                facts=(STRETCH, SingularValue("S_U", "sigma_max_S_U", turned="S_U")),
                lines=(
                    "M e_inf = A Q Delta",
                    "eta_W (H - eta_W K) (e_inf - Delta) = -eta_W S_W Delta",
                    "eta_W_inv eta_W (H - eta_W K) (e_inf - Delta) = -eta_W_inv eta_W S_W Delta",
                    "(H - eta_W K) (e_inf - Delta) = -S_W Delta",
                    "H_inv (H - eta_W K) (e_inf - Delta) = -H_inv S_W Delta",
                    "e_inf - Delta - eta_W H_inv K (e_inf - Delta) = -H_inv S_W Delta",
                    "H_inv' H H_inv = H_inv",
                    "H_inv' H H_inv = H_inv'",
                    "H_inv = H_inv'",
                    Sum(
                        f"{LESS} {LESS} Delta' S_W H_inv H_inv S_W Delta >= (e_inf' - Delta') (e_inf - Delta)",
                        (
                            ("1", (), f"{LESS} (H_inv S_W Delta + {LESS.removesuffix('_inv')} (e_inf - Delta))"),
                            (
                                "1",
                                ("eta_W H^-1 K below 1", "eta_W > 0", f"NumericalRange {STRETCH.gives[0]}"),
                                f"{LESS} (e_inf - Delta)",
                            ),
                        ),
                        "distance",
                    ),
                    "e_inf - Delta - f_inf = eta_W rho S_U (e_inf - Delta)",
                    Sum(
                        f"eta_W eta_W {LESS} {LESS} rho rho sigma_max_S_U sigma_max_S_U "
                        "Delta' S_W H_inv H_inv S_W Delta >= (e_inf' - Delta' - f_inf') (e_inf - Delta - f_inf)",
                        (
                            ("1", ("distance",), "eta_W rho sigma_max_S_U"),
                            (
                                "1",
                                ("SingularValue sigma_max_S_U sigma_max_S_U - S_U S_U >= 0",),
                                "eta_W rho (e_inf - Delta)",
                            ),
                        ),
                    ),
                ),
            ),
        ),
        needed=(
            Needed(("small-step", "rate"), "H invertible", two(1, -1, rho=1, order=1), (shrinking_steps,)),
            Needed(("rate",), "eta_W H^-1 K below 1", two(4, 4, rho=1, order=1)),
        ),
        unneeded=(
            Unneeded(("", "small-step", "rate"), (psd(S_W), psd(S_U)), ALGEBRA),
            Unneeded(("",), (invertible(M),), "the identity holds wherever the agents rest"),
        ),
        claims=(
            Claim(
                "gap-splits-exactly",
                f"reading of {ABSTRACTS}; true as the steps vanish",
                split,
                "p = q = 1/2: e_inf - f_inf = 2/3 Delta",
                says=equation(e_inf - f_inf, Delta),
                given=(invertible(M),),
                of="biased-equilibrium.f-coupling",
                inputs=two(HALF, HALF),
            ),
        ),
    ),
    Theorem(
        "neither-wins",
        evidence=(Exact(_neither),),
        certificate=(
            *(Spec(f"neither-wins.{e}") for e in "ef"),
            Spec("neither-wins.e-nonzero", lines=("Q Delta = A_inv M e_inf", "Q Delta = 0", "eta_U_inv Q Delta = 0")),
            Spec("neither-wins.f-nonzero", lines=("P Delta = -B_inv N f_inf", "P Delta = 0", "eta_W_inv P Delta = 0")),
        ),
        needed=(
            Needed(("e", "e-nonzero"), "W rests at w_inf", two(HALF, HALF, w_inf=[0])),
            Needed(("f", "f-nonzero"), "W rests at w_inf", two(HALF, HALF, w_inf=[1])),
            Needed(("e", "e-nonzero"), "A invertible", two(1, HALF, w_inf=[0]), (pull_shows,)),
            Needed(("e-nonzero",), "S_U Delta non-zero", two(HALF, 0, w_inf=[0])),
            Needed(("f", "f-nonzero"), "B invertible", two(HALF, 1, w_inf=[HALF]), (pull_shows,)),
            Needed(("f-nonzero",), "S_W Delta non-zero", two(0, HALF, w_inf=[1])),
        ),
        unneeded=(
            Unneeded(("e", "f", "e-nonzero", "f-nonzero"), (psd(S_W), psd(S_U)), ALGEBRA),
            Unneeded(
                ("e", "f", "e-nonzero", "f-nonzero"),
                (invertible(M),),
                "it holds at every state of rest",
            ),
        ),
        claims=(
            Claim(
                "misalignment-biases-both",
                ABSTRACTS,
                one_wins,
                "eta_W S_W = 1, eta_U S_U = 1/2: W ends exactly on its target (A is not invertible)",
                says=All(*(Ne(residual, ZeroMatrix(d, 1), evaluate=False) for residual in (e_inf, f_inf))),
                given=(invertible(M), relation(Ne(Delta, ZeroMatrix(d, 1), evaluate=False), "Delta non-zero")),
                of="biased-equilibrium.f-coupling",
                inputs=two(1, HALF),
            ),
        ),
    ),
)
