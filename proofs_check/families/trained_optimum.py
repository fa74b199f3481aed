"""Evidence for section 9: what a layer with all blocks free learns."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
from sympy import Inverse, LessThan

from numerics import LSAAgent, LSALayer, Prompt
from numerics.exact import solve
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.at_rest import Inputs, array
from proofs_check.instruments.geometries import rationals
from proofs_check.instruments.layers import layer_inputs, scalar_layer
from proofs_check.instruments.populations import Population
from proofs_check.instruments.rationals import exact_eye, exactly, ints, zeros
from proofs_check.instruments.small_pairs import COVARIANCE, EYE, THIRD
from proofs_check.proving.specification import Spec
from theory import formulas
from theory.derivation.assumptions import psd, relation
from theory.derivation.lines import equation
from theory.families.population import Gamma, prediction_loss
from theory.language import words
from theory.language.symbols import V31, I, Sigma, kappa

__all__ = ["THEOREMS", "answers_have_a_least_loss", "displaced_loss", "forgetful", "forgetting_gains"]


# What training finds ----------------------------------------------------------------------------------------------


def displaced_loss(population: Population, layer: LSALayer, iterates: Array) -> Fraction:
    """Mean squared distance to ``w* = w + xi`` after one answer, for iterates drawn from some, xi from the signs.

    Vectors of independent signs are isotropic, with variance 1 a coordinate.
    """
    X, weights = population.examples()
    total, signs = Fraction(0), list(product((Fraction(1), Fraction(-1)), repeat=population.d))
    for w, xi in product(iterates, signs):
        target = w + np.array(xi, dtype=object)
        missed = LSAAgent.with_layer(Prompt(X, X @ target), layer).update(w) - target
        total += weights @ (missed * missed).sum(axis=-1)
    return total / (len(iterates) * len(signs))


def forgetful(V31: Array, n: int) -> LSALayer:
    """Return the layer whose self attention cancels the iterate, so that it answers ``-V31 b`` to any."""
    d = len(V31)
    V, K = zeros(2 * d + 2, 2 * d + 2), zeros(2 * d + 2, 2 * d + 2)
    V[d + 1 : 2 * d + 1, :d], V[d + 1 : 2 * d + 1, d + 1 : 2 * d + 1] = V31, -n * exact_eye(d)
    K[d, -1], K[-1, -1] = Fraction(-1), Fraction(1)
    return LSALayer(V, K)


def _population(rng: np.random.Generator) -> Population:
    n, d = ((1, 1), (2, 1), (1, 2))[int(rng.integers(0, 3))]
    while True:
        L = rationals(rng, d, d)
        if Prompt(L, L[:, 0]).rank == d:
            return Population(n, d, L, Fraction(int(rng.integers(1, 6)), int(rng.integers(1, 4))))


def _linear_part(rng: np.random.Generator, formulas: Formulas) -> Case:
    d, n = int(rng.integers(1, 3)), int(rng.integers(1, 4))
    X, w, xi = rationals(rng, n, d), rationals(rng, d), rationals(rng, d)
    layer = LSALayer(*(rationals(rng, 2 * d + 2, 2 * d + 2) for _ in "VK"))
    forth, back = (LSAAgent.with_layer(Prompt(X, X @ (w + s * xi)), layer).update(w) for s in (1, -1))
    inputs = {"w": w, **layer_inputs(layer)}
    predicted = exactly(formulas["free-layer-optimum.linear-part"], inputs) @ (X.T @ (X @ xi) / n)
    label = "the part of the answer that is odd in the displacement = formula"
    missed = [answer - (w + s * xi) for s, answer in ((1, forth), (-1, back))]
    even = exactly(formulas["free-layer-optimum.even-part"], inputs | {"X": X, "xi": xi, "n": n})
    lost = sum((m * m).sum() for m in missed) / 2
    V31, y = rationals(rng, d, d), rationals(rng, n)
    answers = exactly(formulas["free-layer-optimum.forgets"], {"X": X, "y": y, "V31": V31, "n": n})
    return Case(
        inputs | {"X": X, "xi": xi, "y": y, "V31 of a layer that forgets": V31},
        [
            Relation(label, predicted, (forth - back) / 2),
            Relation("and by the formula", even, True),
            Relation("what is even can only add", ((xi - predicted) ** 2).sum(), lost, "<="),
            Relation(
                "the layer that forgets = formula",
                answers,
                LSAAgent.with_layer(Prompt(X, y), forgetful(V31, n)).update(w),
            ),
        ],
    )


def _optimum(rng: np.random.Generator, formulas: Formulas) -> Case:
    population = _population(rng)
    n, d, unit = population.n, population.d, exact_eye(population.d)
    inputs = {"Sigma": population.covariance, "n": n, "d": d, "kappa": population.kappa}
    best = exactly(formulas["population-optimum.V31"], inputs)
    Y, iterates = rationals(rng, d, d), rationals(rng, 2, d)
    layer = LSALayer(*(rationals(rng, 2 * d + 2, 2 * d + 2) for _ in "VK"))
    least, excess, gain = (
        exactly(formulas[f"free-layer-optimum.{part}"], inputs | {"Y": Y}) for part in ("least", "excess", "forgetful")
    )
    best_of_all, gained = (
        exactly(formulas[f"free-layer-optimum.{part}"], inputs | {"Y": Y}) for part in ("best", "gains")
    )
    answers = forgetful(best, n)
    X, weights = population.examples()
    lost = Fraction(0)
    for target in unit:
        for w in (0 * target, rationals(rng, d)):
            missed = LSAAgent.with_layer(Prompt(X, X @ target), answers).update(w) - target
            lost += weights @ (missed * missed).sum(axis=-1) / 2
    return Case(
        inputs | {"Y": Y, "iterates": iterates, "V": layer.V, "K": layer.K},
        [
            Relation(
                "some layer loses no less than the least", least, displaced_loss(population, layer, iterates), "<="
            ),
            Relation(
                "the layer with V31 = -Gamma^-1 loses the least",
                least,
                displaced_loss(population, LSALayer.from_blocks(best, unit), iterates),
            ),
            Relation(
                "another V31 loses the excess more",
                least + excess,
                displaced_loss(population, LSALayer.from_blocks(-Y, unit), iterates),
            ),
            Relation("forgetting gains", gain, population.loss(best, unit) - lost),
            Relation("the formulas say so", [best_of_all, gained], [True, True]),
            Relation("and that is at least this much", population.kappa * d / Fraction(n + 1), gain, "<="),
        ],
    )


def forgetting() -> Case:
    """On independent starts a layer that ignores the iterate loses half of what the best gradient step loses."""
    population = Population(1, 1, exact_eye(1), Fraction(1))
    step, unit = Fraction(1, 3), exact_eye(1)
    X, weights = population.examples()

    def loss(layer: LSALayer) -> Any:
        """Mean over iterate and target, each 1 or -1: of variance 1, and independent."""
        total = Fraction(0)
        for target in (1, -1):
            missed = LSAAgent.with_layer(Prompt(X, X[..., 0] * target), layer).update(ints(1)) - target
            total += weights @ (missed * missed).sum(axis=-1) / 2
        return total

    own, other = (population.loss(-size * unit, unit) for size in (step, step + 1))
    little, all_of_it = scalar_layer(step, V33=Fraction(-1, 10), K44=Fraction(1, 10)), forgetful(-step * unit, 1)
    return Case(
        {"n": 1, "d": 1, "step": step, "loss of the step": own, "loss of the forgetful layer": loss(all_of_it)},
        [
            Relation("the step n/(n+d+1) loses 4/3", own, Fraction(4, 3)),
            Relation("another step loses more", own, other, "<"),
            Relation("the forgetful layer loses 2/3", loss(all_of_it), Fraction(2, 3)),
            Relation("a little of it, V33 = -1/10 and K44 = 1/10, already loses less", loss(little), own, "<"),
        ],
    )


def _missed(x: Inputs, Y: Array) -> Fraction:
    """Mean of ``|xi - Y S xi|^2``: at K13 = I and variances 1 of iterate and target the layer loses twice that."""
    return _loss(x, -Y, exact_eye(len(Y)), 1) / 2


def _loss(x: Inputs, V31: Array, K13: Array, kappa: Any) -> Fraction:
    sizes = {"Sigma": x["Sigma"], "n": x["n"], "d": len(V31), "kappa": kappa}
    return Fraction(exactly(formulas["population-optimum.loss"], sizes | {"V31": V31.tolist(), "K13": K13.tolist()}))


def _trials(size: int) -> list[Array]:
    unit = exact_eye(size)
    return [np.outer(a, b) for a in unit for b in unit]


def _without_examples(x: Inputs) -> str | None:
    """With a covariance of zero all examples are zero, and no block V31 of a simulated layer does anything."""
    size = len(x["Sigma"])
    if array(x["Sigma"]).any():
        return None
    prompts = Population(x["n"], size, zeros(size, size), Fraction(x.get("kappa", 1)))
    blocks = [zeros(size, size), *_trials(size), *(-trial for trial in _trials(size))]
    losses = {prompts.loss(block, exact_eye(size)) for block in blocks}
    if len(losses) > 1:
        return None
    return f"all examples are zero: the layer loses {losses.pop()} whatever V31 is, so that no V31 is the best"


def answers_have_a_least_loss(formula: Any, x: Inputs) -> str | None:
    """The mean of ``|xi - Y S xi|^2`` is least (best) at ``Y = Gamma^-1``; (least) there it is the formula's."""
    size = len(x["Sigma"])
    if nothing := _without_examples(x):
        return nothing
    start = _missed(x, zeros(size, size))
    for trial in _trials(size):
        rise = _missed(x, trial) - start
        # The loss is quadratic in Y: it has no stationary point if its slope in some direction is the same everywhere.
        if rise and all(_missed(x, trial + other) - _missed(x, other) == rise for other in _trials(size)):
            return f"the loss has no stationary point, so no least value: a step {show(trial)} always adds {rise}"
    if formula.id.endswith("excess"):
        return None
    gamma = exactly(formulas["population-optimum.Gamma"], {"Sigma": x["Sigma"], "n": x["n"]})
    best = solve(gamma, exact_eye(size))
    least = _missed(x, best)
    if formula.id.endswith("least"):
        claimed = Fraction(exactly(formula, {"Sigma": x["Sigma"], "n": x["n"], "d": size}))
        return None if least == claimed else f"the loss at the inverse of Gamma is {least}, claimed {claimed}"
    for trial in _trials(size):
        for sign in (1, -1):
            if (lower := _missed(x, best + sign * trial)) < least:
                return (
                    f"the loss is {least} at the inverse of Gamma, and lower, {lower}, at {show(best + sign * trial)}"
                )
    return None


def forgetting_gains(formula: Any, x: Inputs) -> str | None:
    """The layer that answers ``Gamma^-1 b`` loses less than the best gradient step: as much as the formula says."""
    if nothing := _without_examples(x):
        return nothing
    size, kappa = len(x["Sigma"]), Fraction(x["kappa"])
    gamma = exactly(formulas["population-optimum.Gamma"], {"Sigma": x["Sigma"], "n": x["n"]})
    best = -solve(gamma, exact_eye(size))
    step = _loss(x, best, exact_eye(size), kappa)
    # With K13 = 0 the answer is w + Gamma^-1 b; the forgetful layer's lacks w, of mean square kappa d.
    forgetful = _loss(x, best, zeros(size, size), kappa) - kappa * size
    if formula.id.endswith("gains"):
        least = kappa * size / (x["n"] + 1)
        lost = f"the forgetful layer loses {forgetful}, the best gradient step {step}"
        return None if step - forgetful >= least else f"{lost}: not less by {least}"
    claimed = exactly(formula, {name: x[name] for name in (*formula.inputs, *formula.dimensions) if name in x})
    return None if step - forgetful == claimed else f"it gains {step - forgetful}, claimed {claimed}"


#: What a displacement makes of what the iterate alone decides.
NUMBERS = {"seen": "xi' X' X K13 w", "known": "xi' X' X K14", "there": "xi' X' X w", "label": "K23' w"}

#: The loss of a step, and of an answer that does without the iterate: its variance kappa is no matter then.
STEP_LOSES = prediction_loss(I)
FORGETFUL_LOSES = words.substitute(STEP_LOSES, {kappa: 0})

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "free-layer-optimum",
        evidence=(
            Exact(_linear_part, share=0.5, name="exact, odd part"),
            Exact(_optimum, share=0.1, name="exact, optimum"),
        ),
        certificate=(Spec("free-layer-optimum.linear-part", numbers=NUMBERS), Spec("free-layer-optimum.forgets")),
        unproved=(
            "Means over Gaussian examples and traces are not products of letters, and the squared lengths of the even "
            "part are those of long sums."
        ),
        needed=(
            Needed(("best",), "Sigma psd", {"Sigma": [[6, 0], [0, -1]], "n": 1}, (answers_have_a_least_loss,)),
            Needed(("gains",), "Sigma psd", {"Sigma": [[10, 0], [0, -29]], "n": 1, "kappa": 1}, (forgetting_gains,)),
            Needed(
                ("least", "best"),
                "Gamma invertible",
                {"Sigma": [[0]], "n": 1, "kappa": 1},
                (answers_have_a_least_loss,),
            ),
            Needed(
                ("forgetful", "gains"), "Gamma invertible", {"Sigma": [[0]], "n": 1, "kappa": 1}, (forgetting_gains,)
            ),
            Needed(
                ("excess",),
                "Gamma invertible",
                {"Sigma": [[1, 0], [0, -3]], "n": 1, "Y": EYE},
                (answers_have_a_least_loss,),
            ),
        ),
        unneeded=(Unneeded(("least", "excess", "forgetful"), (psd(Sigma),), COVARIANCE),),
        claims=(
            Claim(
                "training-finds-the-step",
                "reading of arXiv:2511.08710, true of displaced targets, and among layers with V31, K13 and K24 alone: "
                "a full layer trained to predict the target, from starts independent of it, becomes a gradient step, "
                "which then loses no more (population-optimum.loss) than one that forgets its iterate",
                forgetting,
                "n = d = 1: the step 1/3 loses 4/3, a layer whose self attention cancels the iterate 2/3",
                says=LessThan(STEP_LOSES, FORGETFUL_LOSES, evaluate=False),
                given=(psd(Sigma), relation(equation(V31, -Inverse(Gamma)), "V31 is the best of K13 = I")),
                of="population-optimum.Gamma",
                inputs={"Sigma": [[1]], "n": 1, "kappa": 1, "V31": [[-THIRD]]},
            ),
        ),
    ),
)
