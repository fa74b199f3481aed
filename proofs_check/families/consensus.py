"""Evidence for section 3: the consensus that small steps approach, and how far residuals can exceed the gap."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, Prompt
from numerics.exact import nullspace
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring
from proofs_check.instruments.at_rest import Inputs, array, solutions
from proofs_check.instruments.geometries import exact_pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, EYE, HALF, PAIR, two
from proofs_check.proving.facts import Square
from proofs_check.proving.specification import Root, Spec, Sum
from theory.derivation.assumptions import below, psd, relation
from theory.derivation.lines import equation
from theory.derivation.sources import ABSTRACTS
from theory.families.equilibrium import RESTS, turned
from theory.language.nodes import Norm
from theory.language.symbols import S_U, S_W, P, Q, eta_W, u_star, v_inf, w_inf, w_star, x_more

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


def joint_loss_grows(_: Any, x: Inputs) -> str | None:
    """The joint loss of both agents has one stationary point, whatever kind of one."""
    freedom = nullspace(array(x["S_W"]) + Fraction(x["rho"]) * array(x["S_U"]))
    if freedom.shape[1] == 0:
        return None
    return f"the gradient of the joint loss does not change along {show(freedom[:, 0])}: no point is the one"


def _point(rng: np.random.Generator, formulas: Formulas) -> Case:
    """At the consensus the two agents pull with equal strength in opposite directions."""
    ratio = Fraction(int(rng.integers(1, 7)), int(rng.integers(1, 7)))
    pair = exact_pair(rng, full_rank=bool(rng.random() < 0.6))
    pair = replace(pair, eta_U=ratio * pair.eta_W)
    both = np.concatenate([pair.X_W, pair.X_U])
    if Prompt(both, both[:, 0]).rank < pair.d:
        return Case(pair.shown(), [])
    inputs = pair.arguments() | {"rho": ratio}
    point, aside = exactly(formulas["consensus.point"], inputs), rationals(rng, pair.d)
    growth, unique = formulas["consensus.growth"], formulas["consensus.unique"]

    def loss(w: Array) -> Any:
        return pair.agent_w.prompt.loss(w) + ratio * pair.agent_u.prompt.loss(w)

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
            Relation("any other point has a larger loss", loss(point), loss(aside), "<" if any(aside - point) else "="),
            Relation(
                "by as much as the formula says", exactly(growth, inputs | {"w": aside}), loss(aside) - loss(point)
            ),
            Relation("so it is the only one", unique.exact(**inputs | {"w": aside}), True),
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
    both, added = np.concatenate([X_W, X_U]), inputs | {"E": example[:, None] * example[None, :] / n}
    relations.append(Relation("the parallel sum grows", formulas["consensus.monotone"].exact(**added), True))
    if Prompt(both, both[:, 0]).rank == d:
        growth = exactly(formulas["consensus.increase"], added)
        relations.append(Relation("so does what is inverted", formulas["consensus.larger"].exact(**added), True))
        relations.append(Relation("growth of the least joint loss = formula", gap @ growth @ gap / 2, more - least))
    shown = {"X_W": X_W, "X_U": X_U, "rho": root**2, "w_star": w_star, "u_star": u_star, "example": example}
    return Case(shown, relations)


AWAY = "w - w_bar"
#: Both gradients, where small steps meet.
BALANCED = "S_W (w_bar - w_star) + rho S_U (w_bar - u_star)"
JOINT_LOSS = "1/2 ({0}' - w_star') S_W ({0} - w_star) + 1/2 rho ({0}' - u_star') S_U ({0} - u_star)"
LEAST = f"{JOINT_LOSS.format('w')} >= {JOINT_LOSS.format('w_bar')}"
GRAM_SQUARES = (Square("S_W", "X", "x"), Square("rho S_U", "Y", "y"))
#: Both Grams live where H H^+ acts as 1.
RANGES = (
    "H (1 - H_plus H) = 0",
    Root(("X - X H_plus H", "Y - Y H_plus H")),
    Root(("Y - Y H_plus H", "X - X H_plus H")),
    "S_W H_plus H = S_W",
    "H H_plus S_W = S_W",
    "rho S_U H_plus H = rho S_U",
    "rho H H_plus S_U = rho S_U",
)

#: Both agents agree; the joint loss falls in one direction as it rises in another.
SADDLE = {
    "S_W": [[1, 0], [0, -1]],
    "S_U": [[1, 0], [0, -1]],
    "rho": 1,
    "w_star": [0, 0],
    "u_star": [0, 0],
    "w": [1, 1],
}

#: W's step matrix once its prompt has one more example.
MORE = P + eta_W * x_more * x_more.T
ONE_MORE = {
    "S_W": EYE,
    "S_U": [[9, 9], [9, 9]],
    "eta_W": Fraction(1, 300),
    "eta_U": Fraction(1, 300),
    "w_star": [0, 0],
    "u_star": [1, 1],
    "x_more": [1, 3],
    "w_inf": [Fraction(897, 947), Fraction(897, 947)],
    "v_inf": [Fraction(6267, 3217), Fraction(-933, 3217)],
}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "consensus",
        evidence=(Exact(_point, share=0.5, name="exact, point"), Exact(_value, share=0.5, name="exact, value")),
        certificate=(
            Spec("consensus.point"),
            Spec(
                "consensus.point",
                "least",
                uses=("consensus.growth",),
                lines=(Sum(LEAST, (("1/2", ("H psd",), AWAY),)),),
            ),
            Spec("consensus.growth", lines=(f"{BALANCED} = 0",)),
            Spec(
                "consensus.unique",
                facts=(Square("H", "X"),),
                uses=("consensus.growth",),
                lines=(
                    f"(w' - w_bar') H ({AWAY}) = 0",
                    Root((f"X ({AWAY})",)),
                    f"H ({AWAY}) = 0",
                    f"H_inv H ({AWAY}) = 0",
                ),
            ),
            Spec(
                "consensus.parallel-sum",
                claim="rho S_U H_plus H = rho S_U",
                part="range",
                facts=GRAM_SQUARES,
                lines=RANGES[:3],
            ),
            Spec(
                "consensus.parallel-sum",
                "1",
                facts=GRAM_SQUARES,
                lines=(*RANGES, "rho S_W H_plus S_U = S_W - S_W H_plus S_W"),
            ),
            Spec(
                "consensus.parallel-sum",
                "2",
                facts=GRAM_SQUARES,
                lines=(
                    *RANGES,
                    "rho S_W H_plus S_U = S_W - S_W H_plus S_W",
                    Sum(
                        "rho S_W H_plus S_U >= 0",
                        (("1", ("S_W psd",), "1 - H_plus S_W"), ("1", ("rho > 0", "S_U psd"), "H_plus S_W")),
                    ),
                ),
            ),
            Spec(
                "consensus.value",
                "least",
                facts=GRAM_SQUARES,
                lines=(
                    *RANGES,
                    "w_bar - w_star = rho H_plus S_U Delta",
                    "H (w_bar - w_star) = rho S_U Delta",
                    f"{BALANCED} = 0",
                    Sum(LEAST, (("1/2", ("S_W psd",), AWAY), ("1/2", ("rho > 0", "S_U psd"), AWAY))),
                ),
            ),
            Spec(
                "consensus.value",
                facts=GRAM_SQUARES,
                lines=(
                    *RANGES,
                    "rho S_U H_plus S_U = S_U - S_W H_plus S_U",
                    "w_bar - w_star = rho H_plus S_U Delta",
                    "w_bar - u_star = rho H_plus S_U Delta - Delta",
                    f"{JOINT_LOSS.format('w_bar')} = 1/2 rho rho Delta' S_U H_plus S_W H_plus S_U Delta "
                    "+ 1/2 rho (rho Delta' S_U H_plus - Delta') S_U (rho H_plus S_U Delta - Delta)",
                ),
            ),
            Spec(
                "consensus.monotone",
                facts=(*GRAM_SQUARES, Square("E", "Z", "z")),
                uses=("consensus.parallel-sum/range",),
                lines=(
                    "rho H H_plus S_U = rho S_U",
                    "H_more (1 - H_more_plus H_more) = 0",
                    "H_more = X' X + Y' Y + Z' Z",
                    "(X' X + Y' Y + Z' Z) (1 - H_more_plus H_more) = 0",
                    "H_more H_more_plus (X' X + Y' Y + Z' Z) (1 - H_more_plus H_more) = 0",
                    Root(("Y - Y H_more_plus H_more", "X - X H_more_plus H_more", "Z - Z H_more_plus H_more")),
                    "rho S_U H_more_plus H_more = rho S_U",
                    "rho H_more H_more_plus S_U = rho S_U",
                    "C = rho S_U - rho rho S_U H_plus S_U",
                    "C_more = rho S_U - rho rho S_U H_more_plus S_U",
                    "H_more_plus H_more H_more_plus = H_more_plus",
                    Sum(
                        "C_more - C >= 0",
                        (
                            ("1", ("E psd",), "rho H_more_plus S_U"),
                            ("1", ("S_W psd",), "rho H_more_plus S_U - rho H_plus S_U"),
                            ("1", ("rho > 0", "S_U psd"), "rho H_more_plus S_U - rho H_plus S_U"),
                        ),
                    ),
                ),
            ),
            *(
                Spec(
                    "consensus.larger",
                    side,
                    value="H_more_plus",
                    facts=(Square("H", "X"), Square("E", "Z", "z")),
                    lines=(
                        "H_more (1 - H_more_plus H_more) = 0",
                        "H_more = H + E",
                        Root(("X - X H_more_plus H_more", "Z - Z H_more_plus H_more")),
                        "H - H H_more_plus H_more = 0",
                        "H_inv H - H_inv H H_more_plus H_more = 0",
                        "H_more_plus H_more = 1",
                    ),
                )
                for side in ("right", "left")
            ),
            Spec("consensus.increase", "1", uses=("consensus.larger/right",)),
            Spec(
                "consensus.increase",
                "2",
                uses=("consensus.larger/right",),
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
                            ("1", ("E psd",), "rho H_more_inv S_U"),
                            ("1", ("H psd",), "rho H_inv E H_more_inv S_U"),
                        ),
                    ),
                ),
            ),
        ),
        needed=(
            Needed(("point",), "H psd", two(-2, 1, rho=1, order=1), (joint_loss_is_least,)),
            Needed(("point",), "H invertible", two(1, -1, rho=1, order=1), (joint_loss_is_least,)),
            Needed(("growth",), "H invertible", two(1, -1, rho=1, order=1), (joint_loss_grows,)),
            Needed(("unique",), "H psd", SADDLE),
            Needed(("unique",), "H invertible", two(0, 0, rho=1, order=1, w=[1]), (joint_loss_is_least,)),
            Needed(("parallel-sum",), "S_W psd", two(-1, 2, rho=1)),
            Needed(("parallel-sum",), "S_U psd", two(2, -1, rho=1)),
            Needed(("value",), "S_W psd", two(-1, 1, rho=1), (joint_loss_is_least,)),
            Needed(("value",), "S_U psd", two(1, -1, rho=1), (joint_loss_is_least,)),
            Needed(("monotone",), "S_W psd", two(-2, 1, rho=1, E=[[3]])),
            Needed(("monotone",), "S_U psd", two(1, -2, rho=1, E=[[2]])),
            Needed(("monotone",), "E psd", two(1, 1, rho=1, E=[[-HALF]])),
            Needed(("larger",), "E psd", two(1, 1, rho=1, E=[[-2]])),
            Needed(("larger",), "H psd", two(-2, 1, rho=1, E=[[1]])),
            Needed(("larger",), "H invertible", two(0, 0, rho=1, E=[[0]])),
            Needed(("increase",), "E psd", two(1, 1, rho=1, E=[[-HALF]]), (joint_loss_is_least,)),
            Needed(("increase",), "H psd", two(-2, 1, rho=1, E=[[2]]), (joint_loss_is_least,)),
            Needed(("increase",), "H invertible", two(1, -1, rho=1, order=1, E=[[1]]), (joint_loss_is_least,)),
        ),
        unneeded=(
            Unneeded(
                ("point", "unique", "larger", "increase"), (psd(S_W), psd(S_U)), "H positive semidefinite suffices"
            ),
            Unneeded(("growth",), (psd(S_W), psd(S_U)), ALGEBRA),
        ),
        claims=(
            Claim(
                "more-examples-help",
                f"reading of {ABSTRACTS}: an agent whose prompt gains an example keeps a smaller residual",
                more_examples,
                "x_U = (3, 3); W, who has (1, 0) and (0, 1), gains (1, 3): |e_inf| grows",
                says=Norm(v_inf - w_star) <= Norm(w_inf - w_star),
                given=(
                    psd(S_W),
                    psd(S_U),
                    *(below(step, 1) for step in (MORE, Q)),
                    RESTS,
                    relation(equation(v_inf, turned(v_inf, (Q, u_star), (MORE, w_star))), "with one more, at v_inf"),
                ),
                of=PAIR,
                inputs=ONE_MORE,
            ),
        ),
    ),
)
