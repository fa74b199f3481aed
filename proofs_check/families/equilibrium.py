"""Evidence for section 3: the biased equilibrium against agents that take turns.

An equilibrium is checked in the model's own words: both attention layers leave it where it is, it is the only such
state (or the only one with the frozen part of the start), and simulated runs end there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, Prompt
from numerics.validation import Array
from proofs_check.evidence.comparison import Close, Relation, show
from proofs_check.evidence.kinds import Case, Exact, Floats, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring, is_invertible, pair_converges, scalar_agent, turn_matrix
from proofs_check.instruments.at_rest import Inputs, one_rest, pair, settles, shrinking_steps, start_of
from proofs_check.instruments.bounds import norm
from proofs_check.instruments.formula_bounds import formula_bound
from proofs_check.instruments.geometries import dyadic, dyadic_pair, exact_pair
from proofs_check.instruments.rationals import against, exact_eye, exactly, ints
from proofs_check.instruments.simulation_bounds import turn_bounds
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.specification import CONTRACTS, Spec
from theory.derivation.assumptions import invertible, psd
from theory.language.symbols import S_U, S_W, M

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


#: Simulated turns are 2**DOUBLINGS; what they leave of the start is part of the bound.
DOUBLINGS = 8


def _fixed(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, full_rank=bool(rng.random() < 0.6))
    matrix = turn_matrix(pair)
    if not is_invertible(exact_eye(pair.d) - matrix):
        return Case(pair.shown(), [])
    inputs = pair.arguments()
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
    pair = exact_pair(rng, inside=True)
    inputs = pair.arguments()
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


def _embedded_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    """Full-rank geometries inside a larger space: the other coordinates are a common kernel.

    A pseudo-inverse of such a matrix is the inverse of its block. The bound is that of the block's own problem: of its
    residual, and of its projector times the start's error; the singular value decomposition behind a pseudo-inverse
    counts as no less stable than elimination at its worst growth, which these bounds allow for.
    """
    pair = dyadic_pair(rng, count, d, box=(0.2, 1.8))
    size = d + int(rng.integers(1, 3))
    place = rng.permutation(size)[:d]

    def widened(block: Array, fill: Array) -> Array:
        fill[..., place] = block
        return fill

    def empty(block: Array | None) -> Array:
        if block is None:
            raise ValueError("dyadic pairs know their targets")
        return widened(block, np.zeros((*block.shape[:-1], size)))

    wide = replace(
        pair,
        X_W=empty(pair.X_W),
        X_U=empty(pair.X_U),
        w_star=empty(pair.w_star),
        u_star=empty(pair.u_star),
        w_0=widened(pair.w_0, dyadic(rng, count, size)),
    )
    inputs, turns = wide.arguments(), 2**DOUBLINGS
    run = wide.interaction.simulate(wide.w_0, turns, method="attention", keep="last")
    bounds = turn_bounds(pair.X_W, pair.y_W, pair.eta_W, pair.X_U, pair.y_U, pair.eta_U, pair.w_0)
    left = bounds.contraction.power(turns).norm * bounds.distance
    block, start = pair.arguments(), norm((wide.w_0 - inputs["w_star"])[..., None])
    rounding = formula_bound(formulas["biased-equilibrium.e"], block, {"d": d}).error
    rounding = rounding + formula_bound(formulas["frozen-kernel.projector"], block, {"d": d}).error * start
    residual = run.w_last - inputs["w_star"]
    predicted = np.asarray(formulas["singular-equilibrium.e"].numpy(**inputs))
    bound = rounding + turns * bounds.rounding + left
    yield Close(
        f"W's error after {turns} turns = formula", predicted, residual, bound, norm(residual[..., None]), wide.shown()
    )


def _shared(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, full_rank=bool(rng.random() < 0.6))
    if not is_invertible(exact_eye(pair.d) - turn_matrix(pair)):
        return Case(pair.shown(), [])
    found = pair.interaction.equilibrium()
    difference = exactly(formulas["gap-is-shared"], pair.arguments() | {"w_inf": found.w})
    return Case(
        pair.shown(),
        [Relation("e_inf - f_inf of the agents = formula", difference, found.residual_w - found.residual_u)],
    )


def _neither(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, full_rank=bool(rng.random() < 0.6))
    d, inputs = pair.d, pair.arguments()
    unit = exact_eye(d)
    gap = inputs["u_star"] - inputs["w_star"]
    seen = [np.any(prompt.X @ gap != 0) for prompt in (pair.agent_w.prompt, pair.agent_u.prompt)]
    # A and B are what one layer leaves of a difference of inputs.
    leaves = [np.stack([a.update(x) - a.update(x * 0) for x in unit], axis=-1) for a in (pair.agent_w, pair.agent_u)]
    if not (all(seen) and all(map(is_invertible, leaves)) and is_invertible(unit - turn_matrix(pair))):
        return Case(pair.shown(), [])
    found = pair.interaction.equilibrium()
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
        ],
    )


DRIFT = two(2, 2)
STILL = two(2, 2, 0, w_0=[1])

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "biased-equilibrium",
        "M = I - AB invertible: one fixed point, e_inf = M^-1 AQ Delta, f_inf = -N^-1 BP Delta.",
        evidence=(Exact(_fixed), Floats(_limit_in_floats)),
        certificate=(
            *(Spec(f"biased-equilibrium.{part}") for part in ("e", "f", "e-dual", "e-coupling", "f-coupling")),
            Spec(
                "biased-equilibrium.e",
                "u_there - P (u_there - w_star) = there",
                "exists",
                letters={"there": "d <- 1", "u_there": "d <- 1"},
                when={
                    "the claimed state": "there = w_star + M_inv A Q Delta",
                    "U's move from there": "u_there = there - Q (there - u_star)",
                },
            ),
            *(
                Spec("biased-equilibrium.f", claim, f"N invertible, {side}", lines=("N B = B M", "A N = M A"))
                for claim, side in (("N (1 + B M_inv A) = 1", "right"), ("(1 + B M_inv A) N = 1", "left"))
            ),
        ),
        needed=(Needed(("e", "f", "e-dual", "e-coupling", "f-coupling"), "M invertible", DRIFT, (one_rest,)),),
        unneeded=(Unneeded(("e", "f", "e-dual", "e-coupling", "f-coupling"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "always-an-equilibrium",
                "Two alternating agents have an equilibrium.",
                "reading of arXiv:2511.08710",
                no_equilibrium,
                "p = q = 2, Delta = 1: every turn moves W by the same amount",
            ),
        ),
    ),
    Theorem(
        "singular-equilibrium",
        "Any geometries, steps in the box: the frozen part of the start plus M^+ AQ Delta.",
        evidence=(Exact(_singular), Floats(_embedded_in_floats)),
        certificate=tuple(
            Spec(
                f"singular-equilibrium.{e}",
                argued={
                    f"Pi {e}_inf = Pi {e}_0": "frozen-kernel: no turn moves that part, so neither does the limit",
                    f"{m}_pinv {m} = 1 - Pi": CONTRACTS,
                },
                lines=(
                    f"{m} {e}_inf = {push}",
                    f"{m}_pinv {m} {e}_inf = {m}_pinv {push}"
                    if e == "e"
                    else f"{m}_pinv {m} {e}_inf = -{m}_pinv B P Delta",
                ),
            )
            for e, m, push in (("e", "M", "A Q Delta"), ("f", "N", "-B P Delta"))
        ),
        needed=(
            Needed(("e", "f"), "S_W psd", two(-2, 2, w_0=[1]), (tends_to_claim,)),
            Needed(("e", "f"), "S_U psd", two(2, -2, w_0=[1]), (tends_to_claim,)),
            Needed(("e", "f"), "AB contracts off the kernel", STILL, (tends_to_claim,)),
        ),
        claims=(
            Claim(
                "gap-and-geometry-decide",
                "The residuals depend on the gap and the two geometries only.",
                "arXiv:2511.08710",
                start_matters,
                "X_W = X_U = (1, 0): the start decides the second weight, and nothing moves it",
            ),
        ),
    ),
    Theorem(
        "gap-is-shared",
        "e_inf - f_inf = Delta + (w_inf - u_inf); as the steps vanish the residuals split the gap.",
        evidence=(Exact(_shared),),
        certificate=(
            Spec("gap-is-shared"),
            Spec(
                "gap-is-shared.small-step", prose=("the residuals tend to these terms as the steps vanish: small-step",)
            ),
        ),
        needed=(Needed(("small-step",), "H invertible", two(1, -1, rho=1, order=1), (shrinking_steps,)),),
        unneeded=(
            Unneeded(("", "small-step"), (psd(S_W), psd(S_U)), ALGEBRA),
            Unneeded(("",), (invertible(M),), "the identity holds wherever the agents rest"),
        ),
        claims=(
            Claim(
                "gap-splits-exactly",
                "The two residuals split the gap: e_inf - f_inf = Delta.",
                "reading of arXiv:2511.08710; true as the steps vanish",
                split,
                "p = q = 1/2: e_inf - f_inf = 2/3 Delta",
            ),
        ),
    ),
    Theorem(
        "neither-wins",
        "A, B invertible and both agents see the gap: both residuals are non-zero.",
        evidence=(Exact(_neither),),
        certificate=tuple(
            Spec(f"neither-wins.{e}", prose=("a pull that is not zero cannot come from a residual that is",))
            for e in "ef"
        ),
        needed=(
            Needed(("e", "f"), "M invertible", DRIFT, (one_rest,)),
            Needed(("e",), "A invertible", two(1, HALF), (one_rest,)),
            Needed(("e",), "S_U Delta non-zero", two(HALF, 0), (one_rest,)),
            Needed(("f",), "B invertible", two(HALF, 1), (one_rest,)),
            Needed(("f",), "S_W Delta non-zero", two(0, HALF), (one_rest,)),
        ),
        unneeded=(Unneeded(("e", "f"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "misalignment-biases-both",
                "With different objectives neither agent reaches its target.",
                "arXiv:2511.08710",
                one_wins,
                "eta_W S_W = 1, eta_U S_U = 1/2: W ends exactly on its target (A is not invertible)",
            ),
        ),
    ),
)
