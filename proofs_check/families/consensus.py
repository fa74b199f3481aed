"""Evidence for section 3: the consensus that small steps approach, and how far residuals can exceed the gap."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, Prompt
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring
from proofs_check.instruments.at_rest import Inputs, array, solutions
from proofs_check.instruments.geometries import exact_pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, square, zeros
from proofs_check.instruments.small_pairs import HALF, two
from proofs_check.proving.specification import ROOT_LETTERS, SQUARE, Root, Spec, Sum
from theory.derivation.assumptions import psd
from theory.language.symbols import S_U, S_W

__all__ = ["THEOREMS"]


def more_examples() -> Case:
    """W gains an example, on which both agents' targets disagree, and ends farther from its target."""
    X_U, step = ints([3, 3]), Fraction(1, 100)
    u = declaring(X_U, ints(1, 1), step)
    before, after = ints([1, 0], [0, 1], [0, 0]), ints([1, 0], [0, 1], [1, 3])
    residuals = [
        square(Interaction(declaring(X, ints(0, 0), step), u).equilibrium().residual_w) for X in (before, after)
    ]
    return Case(
        {"X_W before": before, "X_W after": after, "X_U": X_U, "eta": step},
        [Relation("W's residual grows with its prompt", residuals[0], residuals[1], "<")],
    )


def joint_loss_is_least(formula: Any, x: Inputs) -> str | None:
    """The joint loss of both agents has a least value, the formula's (a point, or the value itself)."""
    S_W, S_U, rho = array(x["S_W"]), array(x["S_U"]), Fraction(x["rho"])
    w_star, u_star = array(x["w_star"]), array(x["u_star"])

    def loss(w: Array) -> Any:
        return ((w - w_star) @ S_W @ (w - w_star) + rho * (w - u_star) @ S_U @ (w - u_star)) / 2

    point, freedom = solutions(S_W + rho * S_U, S_W @ w_star + rho * S_U @ u_star)
    if point is None:
        return "the joint loss has no stationary point, so no least value"
    for direction in exact_eye(len(point)):
        if loss(point + direction) < loss(point):
            return f"the joint loss is {loss(point)} at its stationary point {show(point)}, lower next to it"
    return "the joint loss is least at more than one point" if freedom.shape[1] else None


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


_PARALLEL: dict[str, Any] = {
    "prose": (SQUARE,),
    "letters": ROOT_LETTERS,
    "scalars": ("rho_sqrt",),
    "when": {"S_W >= 0 ": "S_W = X' X", "S_U >= 0 ": "S_U = Y' Y", "rho > 0 ": "rho_sqrt rho_sqrt = rho"},
    "lines": (
        "H (1 - H_plus H) = 0",
        Root(("X - X H_plus H", "rho_sqrt Y - rho_sqrt Y H_plus H")),
        "S_W H_plus H = S_W",
        "H H_plus S_W = S_W",
    ),
}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "consensus",
        "Small steps meet at the minimiser of the joint loss: the parallel sum, growing with each prompt.",
        evidence=(Exact(_point, share=0.5, name="exact, point"), Exact(_value, share=0.5, name="exact, value")),
        certificate=(
            Spec("consensus.point", hints=True, prose=("small steps end near this point: small-step",)),
            Spec(
                "consensus.point",
                "(1/2 h' + 1/2 w_bar' - 1/2 w_star') S_W (h + w_bar - w_star) "
                "+ 1/2 rho (h' + w_bar' - u_star') S_U (h + w_bar - u_star) "
                "- (1/2 w_bar' - 1/2 w_star') S_W (w_bar - w_star) "
                "- 1/2 rho (w_bar' - u_star') S_U (w_bar - u_star) = 1/2 h' H h",
                "minimum",
                when={
                    "transposed": "h' S_W (w_bar - w_star) = (w_bar' - w_star') S_W h",
                    "transposed too": "h' S_U (w_bar - u_star) = (w_bar' - u_star') S_U h",
                },
                lines=("S_W (w_bar - w_star) = -rho S_U (w_bar - u_star)",),
                prose=("a number is its own transpose", "H is positive definite, so the point is the only minimiser"),
            ),
            Spec(
                "consensus.value",
                **(
                    _PARALLEL
                    | {
                        "lines": (
                            *_PARALLEL["lines"],
                            "rho H H_plus S_U = rho S_U",
                            "H H_plus S_U = S_U",
                            "rho S_U H_plus S_U = S_U - S_W H_plus S_U",
                            "w_bar - w_star = rho H_plus S_U Delta",
                            "w_bar - u_star = rho H_plus S_U Delta - Delta",
                            "D = 1/2 rho rho Delta' S_U H_plus S_W H_plus S_U Delta "
                            "+ 1/2 rho (rho Delta' S_U H_plus - Delta') S_U (rho H_plus S_U Delta - Delta)",
                        )
                    }
                ),
            ),
            Spec("consensus.parallel-sum", "S_W - S_W H_plus S_W = rho S_U H_plus S_W", "symmetric", **_PARALLEL),
            Spec(
                "consensus.parallel-sum",
                "C >= 0",
                positive={"rho > 0": "rho >= 0", "S_W >= 0": "S_W >= 0", "S_U >= 0": "S_U >= 0"},
                **(
                    _PARALLEL
                    | {
                        "lines": (
                            *_PARALLEL["lines"],
                            "C = S_W - S_W H_plus S_W",
                            Sum(
                                "C >= 0",
                                (("1", ("S_W >= 0",), "1 - H_plus S_W"), ("1", ("rho > 0", "S_U >= 0"), "H_plus S_W")),
                            ),
                        )
                    }
                ),
            ),
            Spec("consensus.increase"),
            Spec(
                "consensus.increase",
                "C_more - C >= 0",
                "order",
                positive={"rho > 0": "rho >= 0", "S_W >= 0": "S_W >= 0", "S_U >= 0": "S_U >= 0", "E >= 0": "E >= 0"},
                lines=(
                    "C_more - C = rho rho S_U H_more_inv (E H_inv E + E) H_more_inv S_U",
                    "H_more_inv' H_more H_more_inv = H_more_inv",
                    "H_more_inv' H_more H_more_inv = H_more_inv'",
                    "H_inv' H H_inv = H_inv",
                    "H_inv' H H_inv = H_inv'",
                    "H_more_inv = H_more_inv'",
                    "H_inv = H_inv'",
                    Sum(
                        "C_more - C >= 0",
                        (
                            ("1", ("E >= 0",), "rho H_more_inv S_U"),
                            ("1", ("S_W >= 0",), "rho H_inv E H_more_inv S_U"),
                            ("1", ("rho > 0", "S_U >= 0"), "rho H_inv E H_more_inv S_U"),
                        ),
                    ),
                ),
            ),
        ),
        needed=(
            Needed(("point",), "H psd", two(-2, 1, rho=1, order=1), (joint_loss_is_least,)),
            Needed(("point",), "H invertible", two(1, -1, rho=1, order=1), (joint_loss_is_least,)),
            Needed(("parallel-sum",), "S_W psd", two(-1, 2, rho=1)),
            Needed(("parallel-sum",), "S_U psd", two(2, -1, rho=1)),
            Needed(("value",), "S_W psd", two(-1, 1, rho=1), (joint_loss_is_least,)),
            Needed(("value",), "S_U psd", two(1, -1, rho=1), (joint_loss_is_least,)),
            Needed(("increase",), "E psd", two(1, 1, rho=1, E=[[-HALF]]), (joint_loss_is_least,)),
            Needed(("increase",), "H psd", two(-2, 1, rho=1, E=[[2]]), (joint_loss_is_least,)),
            Needed(("increase",), "H invertible", two(1, -1, rho=1, order=1, E=[[1]]), (joint_loss_is_least,)),
        ),
        unneeded=(Unneeded(("point", "increase"), (psd(S_W), psd(S_U)), "H positive semidefinite suffices"),),
        claims=(
            Claim(
                "more-examples-help",
                "An agent whose prompt gains an example keeps a smaller residual.",
                "reading of arXiv:2511.08710",
                more_examples,
                "x_U = (3, 3); W, who has (1, 0) and (0, 1), gains (1, 3): |e_inf| grows",
            ),
        ),
    ),
)
