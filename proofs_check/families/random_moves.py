"""Evidence for section 11: who moves is drawn, or answers are disturbed, each move through its attention layer."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from numerics import NoEquilibriumError
from numerics.interaction.chance import AtRandom
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation
from proofs_check.evidence.instances import satisfied
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import scalar_agent
from proofs_check.instruments.at_rest import Inputs, Turn, acting, array, rest
from proofs_check.instruments.geometries import exact_pair, rationals
from proofs_check.instruments.rationals import exactly, square
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, two
from proofs_check.proving.specification import Spec
from theory.derivation.assumptions import psd, relation
from theory.derivation.sources import THIS
from theory.families.random_moves import AT_LEAST_0, AT_MOST_1, STATIONARY, chance
from theory.language.nodes import Contracts
from theory.language.symbols import S_U, S_W, I, P, Q

__all__ = ["THEOREMS"]

#: Rows of length four, each orthogonal to the others and to a constant.
ROWS = np.array([[1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]).astype(object)


def scattering_for_ever() -> Case:
    """Factors -7/5 and -1/5 are -4/5 on average and 1 in mean square: a deviation never dies out."""
    w, u = scalar_agent(Fraction(12, 5), 0), scalar_agent(Fraction(6, 5), 1)
    both = AtRandom(w, u, order="random")
    try:
        both.covariance()
        settles = True
    except NoEquilibriumError:
        settles = False
    one = np.array([Fraction(1)], dtype=object)
    squares = [(agent.update(one) - agent.update(0 * one))[0] ** 2 for agent in (w, u)]
    return Case(
        {"p": Fraction(12, 5), "q": Fraction(6, 5), "probability": HALF},
        [
            Relation("the mean converges", bool(both.converges()), True),
            Relation("the mean square of 1 after a move", sum(squares) / 2, Fraction(1)),
            Relation("deviations settle", settles, False),
        ],
    )


def one_mean_at_rest(formula: Any, x: Inputs) -> str | None:
    """There is exactly one mean that a move, of whom is drawn, leaves as it is."""
    del formula
    share = Fraction(x["chance"])
    w, u = (acting(array(x[f"eta_{a}"]) * array(x[f"S_{a}"]), array(x[f"{a.lower()}_star"])) for a in "WU")
    found = rest(Turn(w.d, lambda m: share * w.update(m) + (1 - share) * u.update(m)))
    return None if found.states == 1 else str(found)


def _moments(columns: Array, mean: Array) -> Array:
    """The second moments of equally likely states, one a column, about a point."""
    away = columns - mean[:, None]
    return np.asarray(away @ away.T / Fraction(columns.shape[1]))


def _all(agent: Any, columns: Array) -> Array:
    """Let an agent answer every column."""
    return np.stack([agent.update(w) for w in columns.T], axis=-1)


def _random_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, dimensions=(1, 2))
    share = Fraction(int(rng.integers(0, 5)), 4)
    shares = np.array([share, 1 - share], dtype=object)
    inputs = pair.arguments() | {"chance": share, "w_t": pair.w_0}
    agents = pair.agent_w, pair.agent_u
    D = rationals(rng, pair.d, 3)
    D = D - D.sum(axis=1, keepdims=True) / Fraction(3)
    states = pair.w_0[:, None] + D
    after = [_all(agent, states) for agent in agents]
    mean = sum(p * x.sum(axis=1) for p, x in zip(shares, after, strict=True)) / Fraction(3)
    spread = sum(p * _moments(x, mean) for p, x in zip(shares, after, strict=True))
    relations = [
        Relation("the mean of all outcomes = formula", exactly(formulas["random-order.mean"], inputs), mean),
        Relation(
            "second moments of all outcomes = formula",
            exactly(formulas["random-order.covariance"], inputs | {"D_runs": D, "k": 3}),
            spread,
        ),
    ]
    drawn = AtRandom(*agents, order="random", weights=shares)
    found = drawn.equilibrium(allow_missing=True)
    if found.exists and found.unique:
        still = shares @ found.states
        relations.append(Relation("mean at rest = formula", exactly(formulas["random-order.rest"], inputs), still))
        if satisfied(formulas["random-order.box"], inputs):
            relations.append(
                Relation("inside the box: formula", bool(formulas["random-order.box"].exact(**inputs)), True)
            )
        try:
            settled = drawn.covariance()
        except NoEquilibriumError:
            return Case(pair.shown() | {"probability": share}, relations)
        at_rest = inputs | {"m_inf": still, "C_inf": settled}
        for part in ("settles", "quiet"):
            formula = formulas[f"random-order.{part}"]
            if satisfied(formula, at_rest):
                relations.append(Relation(f"{part}: formula", bool(formula.exact(**at_rest)), True))
    return Case(pair.shown() | {"probability": share, "deviations": D}, relations)


def _noisy_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, dimensions=(1, 2))
    D, N_U, N_W = (rationals(rng, pair.d)[:, None] * row for row in ROWS)
    states = pair.w_0[:, None] + D
    after_u = _all(pair.agent_u, states) + N_U
    after = _all(pair.agent_w, after_u) + N_W
    mean = pair.agent_w.update(pair.agent_u.update(pair.w_0))
    inputs = pair.arguments() | {"w_t": pair.w_0, "D_runs": D, "N_U": N_U, "N_W": N_W, "k": 4, "d": pair.d}
    target = inputs["w_star"]
    errors = sum((square(w - target) for w in states.T), Fraction(0)) / 4
    # Any noise whose covariance is one of columns.
    roots = [rationals(rng, pair.d, 2) for _ in range(4)]
    Z_W, Z_U, E_W, E_U = (root @ root.T for root in roots)
    relations = [
        Relation("the mean of all outcomes is moved as without noise", after.sum(axis=1) / Fraction(4), mean),
        Relation("which the formula says", exactly(formulas["noisy-moves.mean"], inputs), mean * 0),
        Relation(
            "second moments of all outcomes = formula",
            exactly(formulas["noisy-moves.covariance"], inputs),
            _moments(after, mean),
        ),
        Relation("mean squared error = formula", exactly(formulas["noisy-moves.mean-square"], inputs), errors),
    ]
    if pair.interaction.converges():
        noisy = AtRandom(pair.agent_w, pair.agent_u, noise=[Z_W, Z_U])
        noisier = AtRandom(pair.agent_w, pair.agent_u, noise=[Z_W + E_W, Z_U + E_U])
        try:
            settled = inputs | {"C_inf": noisy.covariance(), "C_more": noisier.covariance()}
        except NoEquilibriumError:  # what neither sees is disturbed for ever
            return Case(pair.shown(), relations)
        settled |= {"Z_W": Z_W, "Z_U": Z_U, "E_W": E_W, "E_U": E_U}
        for part in ("settles", "monotone"):
            formula = formulas[f"noisy-moves.{part}"]
            if satisfied(formula, settled):
                relations.append(Relation(f"{part}: formula", bool(formula.exact(**settled)), True))
    return Case(pair.shown() | {"deviations": D, "noise of U": N_U, "noise of W": N_W}, relations)


def _two(p: Any, q: Any, share: Any, **more: Any) -> dict[str, Any]:
    """Two agents on a line whose targets agree, of which W moves with some probability."""
    return two(p, q, 0, chance=share, m_inf=[0], C_inf=[[0]], w_t=[1]) | more


#: Cases that are all the same, so that nothing has a mean of 0; and those that go together.
ALIKE = {"D_runs": [[1, 1]], "N_U": [[0, 0]], "N_W": [[0, 0]], "w_t": [1], "k": 2}
TOGETHER = [[1, -1]]
NOISE = {"Z_W": [[1]], "Z_U": [[0]], "E_W": [[1]], "E_U": [[0]]}


def _noisy(p: Any, q: Any, settled: Any, noisier: Any, **more: Any) -> dict[str, Any]:
    """Two agents on a line of which W's answers are disturbed by noise of variance 1, or of 2."""
    return two(p, q, w_t=[0]) | NOISE | {"C_inf": [[settled]], "C_more": [[noisier]]} | more


QUIET = "Nothing is claimed of covariances by products of letters: that they settle is proved in Rocq."

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "random-order",
        evidence=(Exact(_random_exactly),),
        certificate=(Spec("random-order.mean"), Spec("random-order.rest"), Spec("random-order.covariance")),
        unproved=QUIET,
        needed=(
            Needed(("rest",), "P_mean invertible", _two(0, 0, HALF), (one_mean_at_rest,)),
            Needed(("covariance",), "D_runs has mean 0", _two(1, HALF, HALF, **ALIKE)),
            Needed(("settles",), "a move leaves C_inf as it is", _two(HALF, HALF, HALF) | {"C_inf": [[1]]}),
            Needed(("quiet",), "a move leaves C_inf as it is", _two(HALF, HALF, HALF) | {"C_inf": [[1]]}),
            Needed(("settles",), "a move shortens in mean square", _two(0, 0, HALF)),
            Needed(("quiet",), "a move shortens in mean square", _two(0, 0, HALF) | {"C_inf": [[1]]}),
            Needed(("settles",), "chance at least 0", _two(3, 1, -1)),
            Needed(("settles",), "chance at most 1", _two(1, 3, 2)),
            Needed(("box",), "S_W psd", _two(-1, Fraction(3, 2), HALF)),
            Needed(("box",), "S_U psd", _two(Fraction(3, 2), -1, HALF)),
            Needed(("box",), "P below 2", _two(3, 1, HALF)),
            Needed(("box",), "Q below 2", _two(1, 3, HALF)),
            Needed(("box",), "P + Q invertible", _two(0, 0, HALF)),
            Needed(("box",), "chance above 0", _two(1, 0, 0)),
            Needed(("box",), "chance below 1", _two(0, 1, 1)),
            Needed(("quiet",), "chance above 0", _two(1, HALF, 0) | {"w_star": [1]}),
            Needed(("quiet",), "chance below 1", _two(HALF, 1, 1) | {"u_star": [1]}),
        ),
        unneeded=(Unneeded(("mean", "rest", "covariance", "settles", "quiet"), (psd(S_W), psd(S_U)), ALGEBRA),),
        claims=(
            Claim(
                "settled-mean-settled-spread",
                f"reading of {THIS}: the mean obeys a mediator, read for the covariance",
                scattering_for_ever,
                "p = 12/5, q = 6/5, probability 1/2: factor -4/5 on average, 1 in mean square",
                says=lambda formula: formula.says,
                given=(
                    STATIONARY,
                    relation(Contracts(I - chance * P - (1 - chance) * Q), "the mean settles"),
                    AT_LEAST_0,
                    AT_MOST_1,
                ),
                of="random-order.settles",
                inputs=_two(Fraction(12, 5), Fraction(6, 5), HALF),
            ),
        ),
    ),
    Theorem(
        "noisy-moves",
        evidence=(Exact(_noisy_exactly),),
        certificate=(Spec("noisy-moves.mean"), Spec("noisy-moves.covariance")),
        unproved=QUIET,
        needed=(
            Needed(("mean",), "D_runs has mean 0", two(HALF, HALF) | ALIKE),
            Needed(("mean",), "N_U has mean 0", two(HALF, HALF) | ALIKE | {"D_runs": [[0, 0]], "N_U": [[1, 1]]}),
            Needed(("mean",), "N_W has mean 0", two(HALF, HALF) | ALIKE | {"D_runs": [[0, 0]], "N_W": [[1, 1]]}),
            Needed(
                ("covariance",),
                "D_runs and N_U uncorrelated",
                two(HALF, HALF) | ALIKE | {"D_runs": TOGETHER, "N_U": TOGETHER},
            ),
            Needed(
                ("covariance",),
                "D_runs and N_W uncorrelated",
                two(HALF, HALF) | ALIKE | {"D_runs": TOGETHER, "N_W": TOGETHER},
            ),
            Needed(
                ("covariance",),
                "N_U and N_W uncorrelated",
                two(HALF, HALF) | ALIKE | {"D_runs": [[0, 0]], "N_U": TOGETHER, "N_W": TOGETHER},
            ),
            Needed(("mean-square",), "D_runs has mean 0", two(HALF, HALF) | ALIKE),
            Needed(("settles",), "a turn leaves C_inf as it is", _noisy(1, 1, 2, 2)),
            Needed(("settles",), "AB contracts", _noisy(3, 0, Fraction(-1, 3), Fraction(-2, 3))),
            Needed(("monotone",), "a turn leaves C_inf as it is", _noisy(1, 1, 3, 2)),
            Needed(("monotone",), "a noisier turn leaves C_more", _noisy(1, 1, 1, 0)),
            Needed(("monotone",), "AB contracts", _noisy(3, 0, Fraction(-1, 3), Fraction(-2, 3))),
            Needed(("monotone",), "E_W psd", _noisy(1, 1, 1, 0) | {"E_W": [[-1]]}),
            Needed(("monotone",), "E_U psd", _noisy(0, 1, 1, 0) | {"E_W": [[0]], "E_U": [[-1]]}),
        ),
        unneeded=(
            Unneeded(("mean", "covariance", "mean-square", "settles", "monotone"), (psd(S_W), psd(S_U)), ALGEBRA),
        ),
    ),
)
