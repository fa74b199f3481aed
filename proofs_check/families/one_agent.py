"""Evidence for section 1: one agent, the attention layer against the formulas.

The simulated side multiplies out the full token matrix and the full value and key matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import LSAAgent, LSALayer, Prompt, tokens
from proofs_check.evidence.comparison import Close, Relation
from proofs_check.evidence.kinds import Case, Exact, Floats, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem
from proofs_check.instruments.at_rest import Inputs, Turn, array, rest
from proofs_check.instruments.formula_bounds import formula_bound
from proofs_check.instruments.geometries import dyadic, rationals
from proofs_check.instruments.rationals import against, exact_eye, exactly, ints, square
from proofs_check.instruments.simulation_bounds import column, move
from proofs_check.proving.specification import Root, Spec, Sum
from theory.derivation.assumptions import invertible
from theory.derivation.lines import equation
from theory.derivation.sources import ABSTRACTS
from theory.families.one_agent import S, target, w_fix
from theory.language.symbols import K13, V31

__all__ = ["THEOREMS"]


def biased_alone() -> Case:
    """A key block of 2 makes the agent solve for twice its iterate."""
    prompt = Prompt.from_target(ints([1]), ints(1))
    agent = LSAAgent.with_layer(prompt, LSALayer.from_blocks(ints([Fraction(-1, 4)]), ints([2])))
    half = Fraction(1, 2)
    return Case(
        {"V31": Fraction(-1, 4), "K13": 2, "target": 1},
        [
            Relation("the agent alone rests at half its target", agent.update(ints(half)), half),
            Relation("and gets there", agent.update(ints(1)), Fraction(3, 4)),
        ],
    )


def lone_agent_rests(formula: Any, x: Inputs) -> str | None:
    """One agent alone has exactly one state of rest."""
    layer = LSALayer.from_blocks(array(x["V31"]), array(x["K13"]))
    agent = LSAAgent.with_layer(Prompt(array(x["X"]), array(x["y"])), layer)
    found = rest(Turn(agent.d, agent.update))
    return None if found.states == 1 else str(found)


def _prompt(rng: np.random.Generator, *, full_rank: bool = False) -> Prompt:
    """Draw an exact prompt of any rank, with any labels."""
    d = int(rng.integers(1, 4))
    n = d + 1 if full_rank else int(rng.integers(1, d + 3))
    rank = d if full_rank else int(rng.integers(0, d + 1))
    X = rationals(rng, n, rank) @ rationals(rng, rank, d) if rank else rationals(rng, n, d) * 0
    return Prompt(X, rationals(rng, n))


def _positive(rng: np.random.Generator) -> Fraction:
    return Fraction(int(rng.integers(1, 9)), int(rng.integers(1, 9)))


def _step_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    prompt, eta = _prompt(rng), _positive(rng)
    n, d, w = prompt.n, prompt.d, rationals(rng, prompt.d)
    layer = LSALayer.gradient_step(d, np.array(eta, dtype=object))
    last = layer.apply(tokens(prompt, w[None]), n)[:, -1]
    inputs = {"X": prompt.X, "y": prompt.y, "w": w, "eta": eta}
    slope = exactly(formulas["lsa-step.gradient"], inputs)
    # The loss is quadratic, so central differences of the simulated loss are exact.
    unit, h = exact_eye(d), Fraction(1, 3)
    differences = [(prompt.loss(w + h * e) - prompt.loss(w - h * e)) / (2 * h) for e in unit]
    return Case(
        inputs,
        [
            Relation("next iterate = formula", exactly(formulas["lsa-step"], inputs), last[d + 1 : 2 * d + 1]),
            Relation("the other blocks are (0; 0; 1)", [0] * (d + 1) + [1], [*last[: d + 1], last[-1]]),
            Relation("gradient formula = differences of the loss", slope, differences),
            Relation("next iterate = w - eta gradient", w - eta * slope, last[d + 1 : 2 * d + 1]),
        ],
    )


def _step_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    n = 2 * d + 1
    X, y, w = dyadic(rng, count, n, d), dyadic(rng, count, n), dyadic(rng, count, d)
    inputs = {"X": X, "y": y, "w": w, "eta": rng.uniform(0.01, 2.0, size=count)}
    simulated = LSAAgent(Prompt(X, y), inputs["eta"]).update(w)
    error = move(X, y, inputs["eta"], column(w)).error
    yield against("next iterate = formula", formulas["lsa-step"], inputs, {"d": d, "n": n}, simulated, error, inputs)


def _history_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    prompt = _prompt(rng)
    w = rationals(rng, prompt.d)
    V31, K13 = rationals(rng, prompt.d, prompt.d), rationals(rng, prompt.d, prompt.d)
    agent = LSAAgent.with_layer(prompt, LSALayer.from_blocks(V31, K13))
    first, second = (rationals(rng, int(rng.integers(1, 4)), prompt.d) for _ in range(2))
    inputs = {"X": prompt.X, "y": prompt.y, "w": w, "V31": V31, "K13": K13}
    predicted = exactly(formulas["inert-history"], inputs)
    return Case(
        inputs | {"history": first, "other history": second},
        [
            Relation("update without history = formula", predicted, agent.update(w)),
            Relation("update after one history = formula", predicted, agent.update(w, history=first)),
            Relation("update after another history = formula", predicted, agent.update(w, history=second)),
        ],
    )


def _labels_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    prompt, eta = _prompt(rng), _positive(rng)
    w, shift = rationals(rng, prompt.d), rationals(rng, prompt.d)
    inputs = {"X": prompt.X, "y": prompt.y, "w": w}
    target = exactly(formulas["label-noise.target"], inputs)
    gradient = exactly(formulas["label-noise.gradient"], inputs)
    step = np.array(eta, dtype=object)
    # A target moved inside ker X fits the same labels: take off the part of the shift that the examples see.
    unseen = shift - Prompt.from_target(prompt.X, shift).target
    away = unseen if rng.random() < 0.5 else shift
    other = target + away
    fits = LSAAgent(Prompt.from_target(prompt.X, other), step).update(w)
    noisy = LSAAgent(prompt, step).update(w)
    clean = LSAAgent(Prompt.from_target(prompt.X, target), step).update(w)
    least = exactly(formulas["label-noise.least"], inputs)
    return Case(
        inputs | {"eta": eta, "shift": away},
        [
            Relation("target formula = least-norm minimiser", target, prompt.target),
            Relation("step with noisy labels = w - eta gradient formula", w - eta * gradient, noisy),
            Relation("step with the labels of the target = step with noisy labels", clean, noisy),
            Relation(
                "the labels of a moved target act alike = formula",
                bool((fits == noisy).all()),
                bool(formulas["label-noise.fits"].exact(**inputs, h=away)),
            ),
            Relation("it is not shorter where it fits", square(least) <= square(target + unseen), True),
            Relation("least target formula = least-norm minimiser", least, prompt.target),
        ],
    )


def _blocks_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    prompt = _prompt(rng, full_rank=bool(rng.random() < 0.8))
    d, w = prompt.d, rationals(rng, prompt.d)
    V31, K13 = rationals(rng, d, d), rationals(rng, d, d)
    if rng.random() < 0.3 and prompt.target.any():
        # A key block that keeps the target of this prompt.
        K13 = K13 + np.outer(prompt.target - K13 @ prompt.target, prompt.target) / square(prompt.target)
    agent = LSAAgent.with_layer(prompt, LSALayer.from_blocks(V31, K13))
    inputs = {"X": prompt.X, "y": prompt.y, "w": w, "V31": V31, "K13": K13}
    relations = [Relation("update = formula", exactly(formulas["general-blocks.update"], inputs), agent.update(w))]
    if Prompt(K13, K13[:, 0]).rank == d and prompt.rank == d and Prompt(V31, V31[:, 0]).rank == d:
        fixed = exactly(formulas["general-blocks.fixed-point"], inputs)
        bias = exactly(formulas["general-blocks.bias"], inputs)
        relations += [
            Relation("the layer leaves the fixed point where it is", fixed, agent.update(fixed)),
            Relation("bias = fixed point - target", bias, fixed - prompt.target),
            Relation(
                "it rests in one state alone = formula",
                rest(Turn(d, agent.update)).states == 1,
                bool(formulas["general-blocks.unique"].exact(**inputs)),
            ),
            Relation(
                "it rests at its target = formula",
                bool((fixed == prompt.target).all()),
                bool(formulas["general-blocks.unbiased"].exact(**inputs)),
            ),
        ]
    return Case(inputs, relations)


def _blocks_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    n = 2 * d + 1
    X, y, w = dyadic(rng, count, n, d), dyadic(rng, count, n), dyadic(rng, count, d)
    V31, K13 = dyadic(rng, count, d, d), dyadic(rng, count, d, d)
    inputs = {"X": X, "y": y, "w": w, "V31": V31, "K13": K13}
    simulated = LSAAgent.with_layer(Prompt(X, y), LSALayer.from_blocks(V31, K13)).update(w)
    formula = formulas["general-blocks.update"]
    # The layer and the formula round the same products, in another order of association.
    error = formula_bound(formula, inputs, {"d": d, "n": n}).error
    yield against("update = formula", formula, inputs, {"d": d, "n": n}, simulated, error, inputs)


AT_REST = (
    "V31 S K13 w_fix = V31 b",
    "V31_inv V31 S K13 w_fix = V31_inv V31 b",
    "S_inv S K13 w_fix = S_inv b",
    "K13_inv K13 w_fix = K13_inv S_inv b",
)
ALONE = {"X": [[1]], "y": [1], "V31": [[-1]], "K13": [[1]], "n": 1, "w": [0], "W_h": [[1]], "eta": 1}
ALL_OF_REST = ("fixed-point", "unique", "bias", "unbiased")

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "lsa-step",
        evidence=(Exact(_step_exactly), Floats(_step_in_floats)),
        certificate=(
            Spec("lsa-step"),
            Spec("lsa-step.gradient", numbers={"moment_h": "h' X' y", "moment_w": "w' X' y", "bend": "h' X' X w"}),
        ),
        needed=(
            Needed(("",), "V31 minus the step size", ALONE | {"V31": [[1]]}),
            Needed(("",), "K13 the identity", ALONE | {"w": [1], "K13": [[2]]}),
        ),
    ),
    Theorem(
        "inert-history",
        evidence=(Exact(_history_exactly),),
        certificate=(Spec("inert-history", "1"), Spec("inert-history", "2")),
    ),
    Theorem(
        "label-noise",
        evidence=(Exact(_labels_exactly),),
        certificate=(
            Spec("label-noise.target", lines=("X' X = n S", Root(("X - X S_pinv' S",)))),
            Spec("label-noise.gradient", lines=("X' X = n S", Root(("X - X S_pinv' S",)), "S w_target = b")),
            Spec("label-noise.fits", "if", uses=("label-noise.target",)),
            Spec("label-noise.fits", "only if", uses=("label-noise.target",)),
            Spec(
                "label-noise.least",
                "least",
                lines=(
                    "w_target = S_pinv S w",
                    Sum("w' w >= w_target' w_target", (("1", (), "w - w_target"),)),
                ),
            ),
            Spec("label-noise.least", "feasible", lines=("X' X = n S", Root(("X - X S_pinv' S",)))),
        ),
    ),
    Theorem(
        "general-blocks",
        evidence=(Exact(_blocks_exactly), Floats(_blocks_in_floats)),
        certificate=(
            Spec("general-blocks.update"),
            Spec("general-blocks.unique", "exists", value="K13_inv S_inv b"),
            Spec(
                "general-blocks.unique",
                "unique",
                lines=(
                    "V31 S K13 (other - w_fix) = 0",
                    "V31_inv V31 S K13 (other - w_fix) = 0",
                    "S_inv S K13 (other - w_fix) = 0",
                    "K13_inv K13 (other - w_fix) = 0",
                ),
            ),
            Spec("general-blocks.fixed-point", lines=AT_REST),
            Spec("general-blocks.bias", lines=AT_REST),
            Spec("general-blocks.unbiased", "if", lines=(*AT_REST, "K13_inv K13 w_target = K13_inv w_target")),
            Spec("general-blocks.unbiased", "only if", lines=(*AT_REST, "K13 w_fix = w_target")),
        ),
        needed=(
            Needed(ALL_OF_REST, "V31 invertible", ALONE | {"V31": [[0]]}, (lone_agent_rests,)),
            Needed(ALL_OF_REST, "S invertible", ALONE | {"X": [[0]]}, (lone_agent_rests,)),
            Needed(ALL_OF_REST, "K13 invertible", ALONE | {"K13": [[0]]}, (lone_agent_rests,)),
        ),
        claims=(
            Claim(
                "alone-means-unbiased",
                f"reading of {ABSTRACTS}; true for K13 = I",
                biased_alone,
                "V31 = -1/4, K13 = 2, target 1: it rests at 1/2",
                says=equation(w_fix, target),
                given=(invertible(V31), invertible(S), invertible(K13)),
                of="general-blocks.bias",
                inputs=ALONE | {"V31": [[Fraction(-1, 4)]], "K13": [[2]]},
            ),
        ),
    ),
)
