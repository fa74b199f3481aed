"""Evidence for section 2: two agents taking turns, each move through the real attention layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from numerics import Prompt
from numerics.exact import rank
from proofs_check.evidence.comparison import Close, Relation, show
from proofs_check.evidence.kinds import Case, Exact, Floats, Formulas
from proofs_check.evidence.theorem import Needed, Theorem, Unneeded
from proofs_check.instruments.agents import is_invertible, turn_matrix
from proofs_check.instruments.at_rest import Inputs, one_rest, pair
from proofs_check.instruments.geometries import dyadic_pair, exact_pair, rationals
from proofs_check.instruments.rationals import against, exact_eye, exactly
from proofs_check.instruments.simulation_bounds import column, move, turn_bounds
from proofs_check.instruments.small_pairs import ALGEBRA, two
from proofs_check.proving.facts import Induction
from proofs_check.proving.specification import FROZEN, SQUARES, Root, Spec
from theory.derivation.assumptions import psd
from theory.language.symbols import S_U, S_W

__all__ = ["THEOREMS"]


def projector_annihilates(formula: Any, x: Inputs) -> str | None:
    """The formula's projector is that on the common kernel: neither agent moves along it."""
    zero = [0] * len(x["S_W"])
    both = pair({**x, "w_star": zero, "u_star": zero})
    projector = exactly(formula, {name: x[name] for name in formula.inputs})
    for direction in projector.T:
        for name, agent in (("W", both.w), ("U", both.u)):
            moved = agent.update(direction) - direction
            if moved.any():
                return f"{name} moves {show(direction)}, in the range of the projector, by {show(moved)}"
    size = both.w.d - int(rank(np.concatenate([both.P, both.Q])))
    return None if projector.trace() == size else f"the projector has rank {projector.trace()}, the kernel {size}"


TURNS = 48


def _recursion_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng)
    inputs = pair.arguments()
    w = pair.w_0
    u = pair.agent_u.update(w)
    w_next = pair.agent_w.update(u)
    u_next = pair.agent_u.update(w_next)
    e = exactly(formulas["error-recursion.e"], inputs | {"w_t": w})
    f = exactly(formulas["error-recursion.f"], inputs | {"u_t": u})
    return Case(
        pair.shown(),
        [
            Relation("W's error after one turn = formula", e, w_next - inputs["w_star"]),
            Relation("U's error a turn later = formula", f, u_next - inputs["u_star"]),
        ],
    )


def _recursion_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    pair = dyadic_pair(rng, count, d, box=(0.1, 3.0))
    inputs, sizes = pair.arguments(), {"d": d}
    u = pair.agent_u.update(pair.w_0)
    w = pair.agent_w.update(u)
    bound_u = move(pair.X_U, pair.y_U, pair.eta_U, column(pair.w_0))
    bound_w = move(pair.X_W, pair.y_W, pair.eta_W, bound_u)
    error = (bound_w - column(inputs["w_star"])).error
    formula = formulas["error-recursion.e"]
    given = inputs | {"w_t": pair.w_0}
    yield against("W's error = formula", formula, given, sizes, w - inputs["w_star"], error, pair.shown())
    # For U the state after its first move is what is given, as it stands in floating point.
    w = pair.agent_w.update(u)
    u_next = pair.agent_u.update(w)
    bound_w = move(pair.X_W, pair.y_W, pair.eta_W, column(u))
    bound_u = move(pair.X_U, pair.y_U, pair.eta_U, bound_w)
    error = (bound_u - column(inputs["u_star"])).error
    formula = formulas["error-recursion.f"]
    yield against(
        "U's error = formula", formula, inputs | {"u_t": u}, sizes, u_next - inputs["u_star"], error, pair.shown()
    )


def _swap_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng)
    inputs, swapped = pair.arguments(), pair.swapped()
    u = pair.agent_u.update(pair.w_0)
    predicted = exactly(formulas["role-swap.f"], inputs | {"u_t": u})
    # The exchanged pair starts half a turn later, from U's state; its W is the U of the original pair.
    run = swapped.interaction.simulate(u, 1, method="attention")
    other = exactly(formulas["error-recursion.e"], swapped.arguments() | {"w_t": u})
    following = pair.agent_u.update(pair.agent_w.update(u))
    return Case(
        pair.shown(),
        [
            Relation("U's error after a turn = formula", predicted, following - inputs["u_star"]),
            Relation("W's error of the exchanged pair = formula", predicted, run.w_last - inputs["u_star"]),
            Relation("error-recursion.e of the exchanged pair = formula", other, predicted),
        ],
    )


def _closed_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, turns = exact_pair(rng, full_rank=bool(rng.random() < 0.6)), int(rng.integers(0, 5))
    if not is_invertible(exact_eye(pair.d) - turn_matrix(pair)):
        return Case(pair.shown(), [])
    inputs = pair.arguments() | {"t": turns}
    run = pair.interaction.simulate(pair.w_0, turns + 1, method="attention")
    e, f = exactly(formulas["closed-form.e"], inputs), exactly(formulas["closed-form.f"], inputs)
    return Case(
        pair.shown() | {"turns": turns},
        [
            Relation("W's error after t turns = formula", e, run.w[turns] - inputs["w_star"]),
            Relation("U's error after its move in turn t = formula", f, run.u[turns] - inputs["u_star"]),
        ],
    )


def _closed_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    """Many turns inside the stability box, or a few anywhere."""
    inside = bool(rng.random() < 0.5)
    pair = dyadic_pair(rng, count, d, box=(0.1, 1.9) if inside else (0.1, 3.0))
    turns = int(rng.integers(2, TURNS)) if inside else int(rng.integers(1, 5))
    inputs = pair.arguments() | {"t": turns}
    run = pair.interaction.simulate(pair.w_0, turns, method="attention", keep="last")
    error = run.w_last - inputs["w_star"]
    if inside:
        bounds = turn_bounds(pair.X_W, pair.y_W, pair.eta_W, pair.X_U, pair.y_U, pair.eta_U, pair.w_0)
        rounding = turns * bounds.rounding
    else:
        state = column(pair.w_0)
        for _ in range(turns):
            state = move(pair.X_U, pair.y_U, pair.eta_U, state)
            state = move(pair.X_W, pair.y_W, pair.eta_W, state)
        rounding = (state - column(inputs["w_star"])).error
    yield against(
        "W's error after t turns = formula", formulas["closed-form.e"], inputs, {"d": d}, error, rounding, pair.shown()
    )


def _frozen_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, common_kernel=bool(rng.random() < 0.7), inside=None)
    inputs, d = pair.arguments(), pair.d
    projector = exactly(formulas["frozen-kernel.projector"], inputs)
    turn = pair.interaction.simulate(pair.w_0, 1, method="attention")
    frozen = exactly(formulas["frozen-kernel.e"], inputs | {"w_t": pair.w_0})
    both = np.concatenate([pair.X_W, pair.X_U])
    rank = Prompt(both, both[:, 0]).rank
    shift = rationals(rng, d)
    inside, outside = projector @ shift, shift - projector @ shift
    matrix = turn_matrix(pair)
    common = exactly(formulas["frozen-kernel.complement"], inputs)
    ends = [pair.interaction.simulate(pair.w_0 + s, 1, method="attention").w_last for s in (inside, outside)]
    return Case(
        pair.shown() | {"shift": shift},
        [
            Relation("no example sees the projector's range", both @ projector, both @ projector * 0),
            Relation("the projector's trace = dimension of the common kernel", projector.trace(), d - int(rank)),
            Relation("the projector is symmetric", projector, projector.T),
            Relation("the projector is idempotent", projector @ projector, projector),
            Relation("frozen part of the error = formula", frozen, projector @ (turn.w_last - inputs["w_star"])),
            Relation("a turn of what is frozen = formula", common, matrix @ projector),
            Relation("what is frozen of a turn = formula", common, projector @ matrix),
            Relation("a start moved along the kernel stays moved by as much", ends[0] - turn.w_last, inside),
            Relation("a start moved off the kernel stays off it", projector @ (ends[1] - turn.w_last), shift * 0),
        ],
    )


# Their sum has a kernel that neither of them has.
INDEFINITE, POSITIVE = [[-1, -1], [-1, 0]], [[1, 1], [1, 1]]
CROSSED = {"eta_W": 1, "eta_U": 1, "w_star": [0, 0], "u_star": [1, 0]}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "error-recursion",
        evidence=(Exact(_recursion_exactly), Floats(_recursion_in_floats)),
        certificate=(Spec("error-recursion.e"), Spec("error-recursion.f")),
    ),
    Theorem(
        "role-swap",
        evidence=(Exact(_swap_exactly),),
        certificate=(Spec("role-swap.f"),),
    ),
    Theorem(
        "closed-form",
        evidence=(Exact(_closed_exactly), Floats(_closed_in_floats)),
        certificate=tuple(
            spec
            for e, ab in (("e", "A_B"), ("f", "B_A"))
            for relation in (f"{e}_t = {ab}_to_the_t ({e}_0 - {e}_inf) + {e}_inf",)
            for spec in (
                Spec(f"closed-form.{e}", claim=f"{e}_0 = ({e}_0 - {e}_inf) + {e}_inf", part="base"),
                Spec(
                    f"closed-form.{e}",
                    claim=f"{e}_next = {ab.replace('_', ' ')} {ab}_to_the_t ({e}_0 - {e}_inf) + {e}_inf",
                    part="step",
                    when={"the relation": relation},
                ),
                Spec(
                    f"closed-form.{e}",
                    facts=(
                        Induction(
                            relation,
                            f"closed-form.{e}/base",
                            f"closed-form.{e}/step",
                            {f"{e}_t": (f"{e}_0", f"{e}_next")},
                        ),
                    ),
                    hints=True,
                ),
            )
        ),
        needed=(
            Needed(("e",), "M invertible", two(2, 2, w_0=[1], t=1), (one_rest,)),
            Needed(("f",), "N invertible", two(2, 2, w_0=[1], t=1), (one_rest,)),
        ),
        unneeded=(Unneeded(("e", "f"), (psd(S_W), psd(S_U)), ALGEBRA),),
    ),
    Theorem(
        "frozen-kernel",
        evidence=(Exact(_frozen_exactly),),
        certificate=(
            *(
                Spec(
                    "frozen-kernel.projector",
                    goal,
                    facts=SQUARES,
                    lines=("(P + Q) Pi = 0", Root((f"{root} Pi", f"{other} Pi")), f"{move} Pi = 0"),
                )
                for goal, move, root, other in (("if 1", "P", "X", "Y"), ("if 2", "Q", "Y", "X"))
            ),
            Spec("frozen-kernel.projector", "only if"),
            Spec("frozen-kernel.e", facts=SQUARES, lines=FROZEN, hints=True),
            Spec("frozen-kernel.complement", facts=SQUARES, lines=(*FROZEN, "A Pi = Pi", "B Pi = Pi")),
        ),
        needed=(
            Needed(("projector",), "S_W psd", two(-1, 1, v=[1]), (projector_annihilates,)),
            Needed(("e",), "S_W psd", two(-1, 1, w_t=[1])),
            Needed(("complement",), "S_W psd", CROSSED | {"S_W": INDEFINITE, "S_U": POSITIVE}),
            Needed(("projector",), "S_U psd", two(1, -1, v=[1]), (projector_annihilates,)),
            Needed(("e",), "S_U psd", two(1, -1, w_t=[1])),
            Needed(("complement",), "S_U psd", CROSSED | {"S_W": POSITIVE, "S_U": INDEFINITE}),
        ),
    ),
)
