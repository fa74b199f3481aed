"""Evidence for section 1, training: the best blocks over a population of prompts, from the simulated layer.

The loss of the layer after one update is a polynomial of degree 4 in the entries of the examples. Its Gaussian mean is
therefore computed exactly by any weighted point set that has the Gaussian's moments up to degree 5. With N = n d
standard normal coordinates, take the points 0, ±e_i, ±2 e_i and ±e_i ± e_j, weighted so that the even moments up to
degree 4 are right (odd ones vanish by symmetry): every simulated mean below is then an exact rational, and equals the
mean over all Gaussian prompts without any sampling error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from numerics import Prompt
from numerics.validation import Array
from proofs_check.evidence.comparison import Close, Relation, show
from proofs_check.evidence.kinds import Case, Constructed, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring
from proofs_check.instruments.at_rest import Inputs, array, value_of
from proofs_check.instruments.gaussian_norms import Probable, deviation, mean_largest
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.populations import Population, drawn_population
from proofs_check.instruments.rationals import exact_eye, exactly, ints, zeros
from proofs_check.instruments.small_pairs import COVARIANCE, EYE, PROMPT, THIRD
from proofs_check.proving.specification import Spec, Sum
from theory import SingularError, formulas
from theory.derivation.assumptions import psd, relation
from theory.derivation.lines import equation
from theory.families.one_agent import S
from theory.language import symbols
from theory.language.predicates import Loewner
from theory.language.symbols import I, Sigma, eta

__all__ = ["THEOREMS"]


def trained_step() -> Case:
    """One example, large enough that the learned step overshoots by more than it corrects."""
    step, X = Fraction(1, 3), ints([3])
    agent = declaring(X, ints(0), step)
    after = agent.update(ints(1))
    return Case(
        {"n": 1, "d": 1, "eta = n/(n+d+1)": step, "example": X},
        [
            Relation("the step is n/(n+d+1)", step, Fraction(1, 1 + 1 + 1)),
            Relation("eta S is outside the box", 2, step * agent.prompt.gram[0, 0], "<"),
            Relation("one move doubles the distance from the target", after, -2),
        ],
    )


def block_is_best(formula: Any, x: Inputs) -> str | None:
    """The formula's block gives the least population loss, the other block as given (K13 = I unless given)."""
    name = "K13" if formula.id.endswith("K13") else "V31"
    size = len(x["Sigma"])
    given = {"kappa": 1, "K13": exact_eye(size).tolist(), **x, "d": size}
    loss = formulas["population-optimum.loss"]

    def at(block: Array) -> Fraction:
        return Fraction(*value_of(loss, {**given, name: block.tolist()}).as_integer_ratio())

    trials = [scale * np.outer(a, b) for a in exact_eye(size) for b in exact_eye(size) for scale in (-1, 1)]
    try:
        best = value_of(formula, given)
    except SingularError:
        values = {at(trial) for trial in trials} | {at(0 * trials[0])}
        return f"the loss is {values.pop()} whatever the block {name} is" if len(values) == 1 else None
    least = at(best)
    for trial in trials:
        if (lower := at(best + trial)) < least:
            return f"the loss is {least} there, and lower, {lower}, for {name} = {show(best + trial)}"
    return None


def _losses(x: Inputs) -> tuple[dict[str, Any], Callable[..., Any]] | str | None:
    """All inputs at K13 = I, and the loss of the best value block there for other inputs; or what `block_is_best` says.

    It says something where there is no best block.
    """
    best, size = formulas["population-optimum.V31"], len(x["Sigma"])
    given = {"kappa": 1, **x, "K13": exact_eye(size).tolist(), "d": size}
    try:
        block = value_of(best, given).tolist()
    except SingularError:
        return block_is_best(best, x)
    return given, lambda **other: value_of(formulas["population-optimum.loss"], {**given, "V31": block, **other})


def excess_is_lost(formula: Any, x: Inputs) -> str | None:
    """Another value block loses what the formula says against the best one."""
    found = _losses(x)
    if not isinstance(found, tuple):
        return found
    given, loss = found
    lost = loss(V31=given["V31"]) - loss()
    return None if value_of(formula, given) == lost else f"another block loses {show(lost)}"


def defect_is_the_slope(formula: Any, x: Inputs) -> str | None:
    """Along Y the loss of the best value block has the slope that the defect says, and no other, at K13 = I."""
    found = _losses(x)
    if not isinstance(found, tuple):
        return found
    given, loss = found
    unit, Y = array(given["K13"]), array(x["Y"])
    above, below = (loss(K13=(unit + side * Y).tolist()) for side in (1, -1))
    slope, claimed = (above - below) / 2, 2 * Fraction(given["kappa"]) * (value_of(formula, given) * Y).sum()
    return None if slope == claimed else f"the slope is {show(slope)}"


def defect_tells_isotropy(_: Any, x: Inputs) -> str | None:
    """The defect of the key is zero iff the covariance is a multiple of the identity."""
    sigma = array(x["Sigma"])
    isotropic = bool((sigma == sigma[0, 0] * exact_eye(len(sigma))).all())
    defect = value_of(formulas["population-optimum.key-defect"], {**x, "d": len(sigma)})
    if isotropic == (not defect.any()):
        return None
    return f"the defect is {show(defect)}, the covariance {'is' if isotropic else 'is not'} a multiple of I"


def _moments(rng: np.random.Generator, formulas: Formulas) -> Case:
    population = drawn_population(rng)
    Y = rationals(rng, population.d, population.d)
    X, _ = population.examples()
    grams = Prompt(X, X[..., 0]).gram
    inputs = {"Sigma": population.covariance, "Y": Y, "n": population.n}
    gamma = exactly(formulas["population-optimum.Gamma"], inputs)
    return Case(
        inputs,
        [
            Relation(
                "mean of S Y S over prompts = formula",
                exactly(formulas["population-optimum.second-moment"], inputs),
                population.mean(grams @ Y @ grams),
            ),
            Relation(
                "mean of S S over prompts = Sigma Gamma", population.covariance @ gamma, population.mean(grams @ grams)
            ),
        ],
    )


def _loss(rng: np.random.Generator, formulas: Formulas) -> Case:
    population = drawn_population(rng)
    d = population.d
    V31, K13 = rationals(rng, d, d), rationals(rng, d, d)
    inputs = {"V31": V31, "K13": K13, "Sigma": population.covariance, "kappa": population.kappa, "n": population.n}
    return Case(
        inputs,
        [
            Relation(
                "mean loss of the layer = formula",
                exactly(formulas["population-optimum.loss"], inputs),
                population.loss(V31, K13),
            )
        ],
    )


def _invertible(rng: np.random.Generator, d: int) -> Array:
    while True:
        drawn = rationals(rng, d, d)
        if Prompt(drawn, drawn[:, 0]).rank == d:
            return drawn


def _optimum(rng: np.random.Generator, formulas: Formulas) -> Case:
    """The loss is quadratic in each block: equal values on both sides of a point mean a zero slope there."""
    population = drawn_population(rng)
    d, unit = population.d, exact_eye(population.d)
    V31, K13, way, L = (_invertible(rng, d) for _ in range(4))
    population = replace(population, L=L)
    loss = population.loss
    inputs = {"V31": V31, "K13": K13, "Sigma": population.covariance, "kappa": population.kappa, "n": population.n}
    best = exactly(formulas["population-optimum.V31"], inputs)
    joint_v = exactly(formulas["population-optimum.joint-V31"], inputs)
    joint_k = exactly(formulas["population-optimum.joint-K13"], inputs)
    defect = exactly(formulas["population-optimum.key-defect"], inputs)
    excess = exactly(formulas["population-optimum.excess"], inputs)
    isotropic = exactly(formulas["population-optimum.isotropic"], inputs)
    slope = (loss(best, unit + way) - loss(best, unit - way)) / 2
    return Case(
        inputs | {"direction": way},
        [
            Relation("K13 = I: no slope at the formula's V31", loss(best + way, unit), loss(best - way, unit)),
            Relation("K13 = I: another V31 has a larger loss", loss(best, unit), loss(best + way, unit), "<"),
            Relation("by the formula", excess, loss(V31, unit) - loss(best, unit)),
            Relation("the defect is zero iff isotropic", isotropic, True),
            Relation("given K13: no slope at the formula's V31", loss(joint_v + way, K13), loss(joint_v - way, K13)),
            Relation("given V31: no slope at the formula's K13", loss(V31, joint_k + way), loss(V31, joint_k - way)),
            Relation("slope of K13 at the identity = formula", 2 * population.kappa * (defect * way).sum(), slope),
        ],
    )


def _learned_step(formulas: Formulas) -> Iterator[Case]:
    for n, d in ((1, 1), (2, 1), (1, 2), (3, 1), (2, 2)):
        population = Population(n, d, exact_eye(d), Fraction(2, 3))
        step = exactly(formulas["population-optimum.step"], {"n": n, "d": d})
        V31, K13 = -step * exact_eye(d), exact_eye(d)
        least = population.loss(V31, K13)
        relations = [Relation("the learned step is n/(n+d+1)", step, Fraction(n, n + d + 1))]
        for i, j in product(range(d), repeat=2):
            way = zeros(d, d)
            way[i, j] = Fraction(1, 3)
            sides = [population.loss(V31 + s * way, K13) for s in (1, -1)]
            keys = [population.loss(V31, K13 + s * way) for s in (1, -1)]
            relations += [
                Relation("no slope in V31", sides[0], sides[1]),
                Relation("no slope in K13", keys[0], keys[1]),
                Relation("a smaller loss than beside it", [least, least], [sides[0], keys[0]], "<"),
            ]
        ways = zeros(d, d), exact_eye(d)[::-1], np.tri(d, dtype=object) * Fraction(1, 2)
        for V, K in product(ways, repeat=2):
            moved = population.loss(V31 + V, K13 + K)
            relations.append(Relation("no smaller loss where both move", least, moved, "<="))
        yield Case({"n": n, "d": d}, relations)


def _edge(formulas: Formulas) -> Iterator[Case]:
    """Where the root of r is rational, so is the limit: at most 2, with equality at r = 1 only."""
    for root in (Fraction(1, 7), Fraction(1, 2), Fraction(9, 10), Fraction(1), Fraction(11, 10), Fraction(5)):
        value = exactly(formulas["trained-step-is-stable"], {"r": root**2})
        relations = [
            Relation("limit = step times the edge (1 + sqrt r)^2", value, (1 + root) ** 2 / (1 + root**2)),
            Relation("at most 2", value, 2, "<=") if root == 1 else Relation("below 2", value, 2, "<"),
        ]
        bound, left = (
            exactly(formulas[f"trained-step-is-stable.{part}"], {"r": root**2}) for part in ("bound", "edge")
        )
        relations += [
            Relation("the bound holds", bound, True),
            Relation("what is left to 2 = formula", left, 2 - value),
        ]
        yield Case({"r": root**2}, relations)


#: Prompts of which each sample is the mean, and the probability with which a sample may leave its bound.
PROMPTS, CHANCE = 50, 1e-10


def _largest_eigenvalue(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    """Simulated prompts against the limit, at sizes at which it is not reached.

    The root of the largest eigenvalue of ``n S = X^T X`` is the largest singular value of X. Its mean over some prompts
    lies between the bounds of `proofs_check.instruments.gaussian_norms`, on both sides, except with the stated
    probability; squared and times ``1/(n + d + 1)``, the learned step by n, they enclose what is simulated. They close
    in on ``(sqrt(n) + sqrt(d))^2 / (n + d)``, and the bound is the distance of the farther one from that. Rounding is
    less than a billionth of it and is not counted.
    """
    ratios = rng.permutation([0.25, 0.5, 1.0, 2.0])[np.arange(count) % 4]
    sizes = np.round(d / ratios).astype(int)
    simulated, bound, strays = np.empty(count), np.empty(count), deviation(CHANCE, PROMPTS)
    for sample, n in enumerate(sizes.tolist()):
        grams = np.stack([Prompt(X, X[:, 0]).gram for X in rng.standard_normal((PROMPTS, n, d))])
        roots = np.sqrt(n * np.linalg.eigvalsh(grams)[:, -1])
        step_by_n = 1.0 / (n + d + 1)
        simulated[sample] = step_by_n * roots.mean() ** 2
        low, high = mean_largest(n, d)
        limit = high**2 / (n + d)
        bound[sample] = max(limit - step_by_n * (low - strays) ** 2, step_by_n * (high + strays) ** 2 - limit)
    predicted = formulas["trained-step-is-stable"].numpy(r=ratios)
    shown = {"r": ratios, "n": sizes, "eta lambda_max": simulated}
    yield Close("largest eigenvalue of eta S = formula", predicted, simulated, bound, np.abs(simulated), shown)


SKEW = {"Sigma": [[6, 0], [0, -1]], "n": 1, "kappa": 1}
NOTHING = {"Sigma": [[0, 0], [0, 0]], "n": 1, "kappa": 1}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "population-optimum",
        evidence=(
            Exact(_moments, share=0.25, name="exact, moments"),
            Exact(_loss, share=0.1, name="exact, loss"),
            Exact(_optimum, share=0.05, name="exact, optimum"),
            Constructed(_learned_step, "5 sizes", name="exact, step"),
        ),
        unproved="It is about means over Gaussian examples and about traces, which are not products of letters.",
        needed=(
            Needed(("V31",), "Sigma psd", SKEW, (block_is_best,)),
            Needed(("V31",), "Gamma invertible", NOTHING, (block_is_best,)),
            Needed(
                ("joint-V31",), "second moment of the key block invertible", NOTHING | {"K13": EYE}, (block_is_best,)
            ),
            Needed(
                ("joint-K13",),
                "second moment of the value block invertible",
                SKEW | {"Sigma": EYE, "V31": [[0, 0], [0, 0]]},
                (block_is_best,),
            ),
            Needed(("excess",), "Gamma invertible", NOTHING | {"V31": EYE}, (excess_is_lost,)),
            Needed(("key-defect",), "Gamma invertible", NOTHING | {"Y": EYE}, (defect_is_the_slope,)),
            Needed(("isotropic",), "Sigma psd", {"Sigma": [[1, 0], [0, -1]], "n": 1}, (defect_tells_isotropy,)),
            Needed(("isotropic",), "Sigma invertible", {"Sigma": [[1, 0], [0, 0]], "n": 1}, (defect_tells_isotropy,)),
        ),
        unneeded=(
            Unneeded(
                ("second-moment", "loss", "Gamma", "excess", "joint-V31", "joint-K13", "key-defect"),
                (psd(Sigma),),
                COVARIANCE,
            ),
        ),
    ),
    Theorem(
        "trained-step-is-stable",
        evidence=(
            Constructed(_edge, "6 ratios", name="exact"),
            Probable(
                _largest_eigenvalue,
                dimensions=(128,),
                share=0.025,
                vacuous=0.2,
                chance=CHANCE,
                source="Davidson and Szarek",
            ),
        ),
        certificate=(
            Spec(
                "trained-step-is-stable.bound",
                lines=(
                    Sum(
                        "one_plus_r_inv >= 0",
                        (("1", (), "one_plus_r_inv"), ("1", ("r > 0",), "one_plus_r_inv")),
                        "its inverse",
                    ),
                    Sum("2 >= 1 + 2 one_plus_r_inv r_sqrt", (("1", ("its inverse",), "1 - r_sqrt"),)),
                ),
            ),
            Spec("trained-step-is-stable.edge"),
        ),
        claims=(
            Claim(
                "training-stabilises",
                "reading of trained-step-is-stable, true in the limit of large n and d: the learned step lies inside "
                "the stability box",
                trained_step,
                "n = d = 1, eta = 1/3, example x = 3: eta S = 3 > 2",
                says=Loewner(eta * S, 2 * I, strict=True),
                given=(relation(equation(eta, symbols.n / (symbols.n + symbols.d + 1)), "the learned step"),),
                of=PROMPT,
                inputs={"X": [[3]], "y": [0], "eta": THIRD},
            ),
        ),
    ),
)
