"""Evidence for section 3: the consensus that small steps approach, and how far residuals can exceed the gap."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import Prompt
from proofs_check.compare import Relation
from proofs_check.derivation import Derivation
from proofs_check.evidence import Case, Constructed, Exact, Formulas
from proofs_check.geometries import Pair, exact_pair, rationals
from proofs_check.ledger import Theorem
from proofs_check.misalignment import orthogonal
from proofs_check.support import exactly, ints, square, zeros

__all__ = ["THEOREMS"]

SECTION = "3 equilibrium"
Array = NDArray[Any]


def _point(rng: np.random.Generator, formulas: Formulas) -> Case:
    """At the consensus the two agents pull with equal strength in opposite directions."""
    ratio = Fraction(int(rng.integers(1, 7)), int(rng.integers(1, 7)))
    pair = exact_pair(rng, full_rank=bool(rng.random() < 0.6))
    pair = replace(pair, eta_U=ratio * pair.eta_W)
    both = np.concatenate([pair.X_W, pair.X_U])
    if Prompt(both, both[:, 0]).rank < pair.d:
        return Case(pair.shown(), [])
    point = exactly(formulas["consensus.point"], pair.arguments() | {"rho": ratio})
    pulls = [agent.update(point) - point for agent in (pair.agent_w, pair.agent_u)]
    # The residual of the agents at a tiny step is near the consensus: ten times the step leaves ten times the distance.
    far, near = (
        replace(pair, eta_W=step * pair.eta_W, eta_U=step * pair.eta_U).interaction.equilibrium().w - point
        for step in (Fraction(1, 10**8), Fraction(1, 10**9))
    )
    return Case(
        pair.shown() | {"rho": ratio},
        [
            Relation("the two agents' pulls cancel at the formula's point", pulls[0], -pulls[1]),
            Relation(
                "a tenth of the step, a tenth of the distance (to 1 in 1000)",
                square(10 * near - far) * 10**6,
                square(far),
                "<=",
            ),
        ],
    )


def _joint(X_W: Array, w_star: Array, X_U: Array, u_star: Array, root: Fraction) -> Any:
    """Return the least value of ``|X_W (w - w*)|^2/(2n) + root^2 |X_U (w - u*)|^2/(2n)``, by least squares."""
    w, u = Prompt.from_target(X_W, w_star), Prompt.from_target(X_U, u_star)
    both = Prompt(np.concatenate([X_W, root * X_U]), np.concatenate([w.y, root * u.y]))
    return w.loss(both.target) + root**2 * u.loss(both.target)


def _value(rng: np.random.Generator, formulas: Formulas) -> Case:
    d = int(rng.integers(1, 4))
    n = int(rng.integers(2, d + 3))
    X_W, X_U = (rationals(rng, n, d) for _ in range(2))
    X_W[-1] = zeros(d)
    if rng.random() < 0.3:  # a common kernel: the value needs no invertible sum
        X_W[:, -1], X_U[:, -1] = zeros(n), zeros(n)
    root = Fraction(int(rng.integers(1, 5)), int(rng.integers(1, 4)))
    w_star, u_star, example = rationals(rng, d), rationals(rng, d), rationals(rng, d)
    gap = u_star - w_star
    grams = {"S_W": Prompt(X_W, X_W[:, 0]).gram, "S_U": Prompt(X_U, X_U[:, 0]).gram}
    inputs = grams | {"rho": root**2, "w_star": w_star, "u_star": u_star}
    least = _joint(X_W, w_star, X_U, u_star, root)
    parallel = exactly(formulas["consensus.parallel-sum"], inputs)
    # W's zero example becomes a real one: its Gram matrix grows by (example example')/n.
    grown = X_W.copy()
    grown[-1] = example
    more = _joint(grown, w_star, X_U, u_star, root)
    relations = [
        Relation("least joint loss of the prompts = formula", exactly(formulas["consensus.value"], inputs), least),
        Relation("the parallel sum is symmetric", parallel, parallel.T),
        Relation("it gives the least joint loss", gap @ parallel @ gap / 2, least),
        Relation("one example more, no smaller loss", least, more, "<="),
    ]
    both = np.concatenate([X_W, X_U])
    if Prompt(both, both[:, 0]).rank == d:
        growth = exactly(formulas["consensus.increase"], inputs | {"E": example[:, None] * example[None, :] / n})
        relations.append(Relation("growth of the least joint loss = formula", gap @ growth @ gap / 2, more - least))
    shown = {"X_W": X_W, "X_U": X_U, "rho": root**2, "w_star": w_star, "u_star": u_star, "example": example}
    return Case(shown, relations)


def _commuting(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Gram matrices with common eigenvectors, steps with ``eta lambda_max <= 1``."""
    d = int(rng.integers(1, 4))
    frame = orthogonal(rng, d)
    sizes = [abs(rationals(rng, d)) for _ in range(2)]
    if any(a == 0 and b == 0 for a, b in zip(*sizes, strict=True)):
        return Case({"frame": frame}, [])
    steps = [d / max(x * x for x in size) if np.any(size != 0) else Fraction(1) for size in sizes]
    shrink = [Fraction(int(rng.integers(1, 9)), 8) for _ in range(2)]
    X_W, X_U = (size[:, None] * frame for size in sizes)
    pair = Pair(X_W, rationals(rng, d), X_U, rationals(rng, d), steps[0] * shrink[0], steps[1] * shrink[1], zeros(d))
    found, inputs = pair.interaction.equilibrium(), pair.arguments()
    bound = formulas["residual-can-exceed-gap.commuting"].exact(**inputs)
    return Case(
        pair.shown(),
        [
            Relation(
                "the simulated Gram matrices commute", inputs["S_W"] @ inputs["S_U"], inputs["S_U"] @ inputs["S_W"]
            ),
            Relation("the agents' residual is within the bound", bool(square(found.residual_w) <= bound**2), True),
            Relation("and so is the other's", bool(square(found.residual_u) <= bound**2), True),
        ],
    )


def _family(formulas: Formulas) -> Iterator[Case]:
    for m in (1, 2, 3, 10, 1000, Fraction(7, 3)):
        for step_w, step_u in ((1, 1), (Fraction(1, 3), Fraction(3, 2)), (Fraction(1, 100), Fraction(1, 1000))):
            normal = ints(m, 1)
            # The Gram matrix of the one example (m, 1) is the projector times m^2 + 1.
            pair = Pair(
                ints([1, 0]),
                ints(0),
                ints(normal),
                ints(m),
                Fraction(step_w),
                Fraction(step_u) / square(normal),
                zeros(2),
            )
            # (1, 0) fits the example (m, 1) with label m, and so does U's own target on the line.
            found = pair.interaction.equilibrium(w_star=zeros(2), u_star=ints(1, 0))
            value = exactly(formulas["residual-can-exceed-gap.family"], {"m": m})
            yield Case(
                pair.shown(),
                [
                    Relation("residual of the agents = (0, formula)", [0, value], found.residual_w),
                    Relation("the gap has length 1", square(ints(1, 0)), 1),
                    Relation("the simulated pair converges", bool(pair.interaction.converges()), True),
                ],
            )


PARTS = ("point", "parallel-sum", "value", "increase")
THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "consensus",
        SECTION,
        "Small steps meet at the minimiser of the joint loss: the parallel sum, growing with each prompt.",
        tuple(f"consensus.{part}" for part in PARTS),
        (
            Derivation(tuple(f"consensus.{part}" for part in PARTS)),
            Exact(_point, share=0.5, name="exact, point"),
            Exact(_value, share=0.5, name="exact, value"),
        ),
    ),
    Theorem(
        "residual-can-exceed-gap",
        SECTION,
        "Commuting, eta lambda_max <= 1: |e_inf| <= |Delta|. Otherwise no constant bounds |e_inf|/|Delta|.",
        ("residual-can-exceed-gap.commuting", "residual-can-exceed-gap.family"),
        (
            Derivation(("residual-can-exceed-gap.commuting", "residual-can-exceed-gap.family")),
            Exact(_commuting, name="exact, commuting"),
            Constructed(_family, "18 members", name="exact, family"),
        ),
    ),
)
