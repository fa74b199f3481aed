"""Evidence for section 7: first-order attacks, gradient descent on the attacker's labels.

The objective is read off simulated equilibria. It is quadratic in the labels, so that its derivatives are central
differences, exactly, and its second derivatives are those of a matrix that unit labels show.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from numerics.exact import characteristic_polynomial, positive_semidefinite
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Exact, Formulas
from proofs_check.evidence.theorem import Needed, Theorem, Unneeded
from proofs_check.instruments.agents import drawn, error, framed, has_equilibrium, response, retargeted
from proofs_check.instruments.at_rest import Inputs, array, one_rest, pair, rest
from proofs_check.instruments.geometries import Pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, HALF
from proofs_check.proving.facts import CommutingProduct, LeastEigenvalue, SingularValue
from proofs_check.proving.limits import Descends, Descent
from proofs_check.proving.specification import Spec, Sum
from theory.derivation.assumptions import invertible, psd
from theory.language.symbols import S_U, S_W, M

__all__ = ["THEOREMS"]


def labels_have_a_largest_step(formula: Any, x: Inputs) -> str | None:
    """Some labels change the attacker's error, so that there is a largest step."""
    at_rest = set()
    for shift in (0, *np.eye(len(x["y_W"]), dtype=int)):
        found = rest(pair({**x, "y_W": (array(x["y_W"]) + shift).tolist()}).turn)
        if found.states != 1 or found.point is None:
            return str(found)
        at_rest.add(show(found.point))
    if len(at_rest) > 1:
        return None
    return f"undefined: W rests at {at_rest.pop()} whatever the labels are, so no step is too large"


def _gradient(rng: np.random.Generator, formulas: Formulas) -> Case:
    """J is quadratic: its central differences over unit labels are its derivatives, exactly."""
    pair = drawn(rng)
    if pair is None:
        return Case({}, [])
    n = len(pair.X_W)
    labels = rationals(rng, n)
    w_inf = pair.arguments()["w_star"] + error(pair, labels)
    slope = exactly(formulas["gradient-attack.gradient"], pair.arguments() | {"X_W": pair.X_W, "w_inf": w_inf})

    def half_square(y: Array) -> Any:
        return square(error(pair, y)) / 2

    derivatives = [(half_square(labels + unit) - half_square(labels - unit)) / 2 for unit in exact_eye(n)]
    given = pair.arguments() | {"X_W": pair.X_W, "w_inf": w_inf, "y_W": labels}
    change = rationals(rng, n)
    _, effect = response(pair)
    relations = []
    if effect.any():
        gain = Fraction(int(rng.integers(1, 16)), 4) / sum(x * x for x in effect.ravel())
        settles = positive_semidefinite(2 / gain * exact_eye(pair.d) - effect @ effect.T, strictly=True)
        # Along one direction the descent leads to its end exactly if its steps are short enough, or none is taken.
        if settles or pair.d == 1:
            found = bool(formulas["gradient-attack.limit"].exact(**given, gamma=gain))
            expected = settles or not any(derivatives)
            relations = [Relation("the descent reaches the nearest of the best labels = formula", found, expected)]
    return Case(
        pair.shown() | {"labels": labels, "change": change},
        [
            *relations,
            Relation("gradient formula = derivatives over simulated equilibria", np.atleast_1d(slope), derivatives),
            Relation(
                "error with changed labels = formula",
                exactly(formulas["gradient-attack.labels"], given | {"delta_y": change}),
                error(pair, labels + change),
            ),
        ],
    )


def _framed_pair(rng: np.random.Generator) -> Pair:
    """Draw two prompts with rational principal directions, half the time the same ones; W may have one example."""
    d = int(rng.integers(1, 3))
    X_W, frame = framed(rng, d)
    X_U = np.array([Fraction(int(rng.integers(1, 7)), 2) for _ in range(d)], dtype=object)[:, None] * frame.T
    if d > 1 and rng.random() < 0.5:
        X_U = framed(rng, d)[0]
    if rng.random() < 0.3:
        X_W = X_W[:1]
    steps = [Fraction(int(rng.integers(1, 15)), 8) * d / sum(x * x for x in X.ravel()) for X in (X_W, X_U)]
    pair = Pair(X_W, zeros(len(X_W)), X_U, zeros(d), steps[0], steps[1], zeros(d))
    return retargeted(pair, rationals(rng, d), rationals(rng, d))


def _descent(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Steps on both sides of the bound, and one step of the algorithm against the rate."""
    pair = _framed_pair(rng)
    if not has_equilibrium(pair):
        return Case(pair.shown(), [])
    d, inputs = pair.d, pair.arguments() | {"X_W": pair.X_W}
    _, effect = response(pair)
    bound = formulas["gradient-attack.step"].exact(**inputs)
    rate = formulas["gradient-attack.rate"].exact(**inputs)
    factor = [Fraction(1, 2), Fraction(9, 10), Fraction(11, 10), Fraction(3, 2)][int(rng.integers(4))]
    near = Fraction(float(bound)).limit_denominator(10**6) * factor
    # Every error is multiplied by I - step T T': what changes in it dies out iff T T' has no eigenvalue from 2/step on.
    dies_out = positive_semidefinite(2 / near * exact_eye(d) - effect @ effect.T, strictly=True)
    labels = rationals(rng, len(pair.X_W))
    left = formulas["gradient-attack.shrink"].exact(**inputs, gamma=near)
    before = error(pair, labels)
    downhill = effect.T @ before
    # Errors are affine in the labels: a step of any length g ends at before + g (after - before).
    after = error(pair, labels - downhill)
    landed = [a + bound / 2 * (b - a) for a, b in zip(before, after, strict=True)]
    stepped = before + near * (after - before)
    # The gain is within the bound of the theorem where no eigenvalue of 1 - near T T' exceeds that of the slowest.
    within = bool(near * (2 / bound + (1 - left) / near) <= 2)
    return Case(
        pair.shown() | {"labels": labels, "step": near},
        [
            Relation("the step is below the bound = the simulated errors settle", bool(near < bound), dies_out),
            Relation(
                "with half of it one step shortens the error by the rate at least",
                bool(sum(x**2 for x in landed) <= rate**2 * square(before)),
                True,
            ),
            Relation(
                "a step within the gain shortens it by the formula at least",
                not within or bool(square(stepped) <= left**2 * square(before)),
                True,
            ),
            Relation(
                "what it leaves is what the slowest direction keeps", _eigenvalue(effect, (1 - left) / near), True
            ),
            Relation("so is the rate", _eigenvalue(effect, (1 - rate) * 2 / bound), True),
        ],
    )


def _eigenvalue(response: Array, value: Any) -> bool:
    """Whether a number is the smallest eigenvalue of ``T T'``, a root of its polynomial below which there is none."""
    square_of = response @ response.T
    coefficients = characteristic_polynomial(square_of)
    total = sum(c * value ** (len(coefficients) - 1 - i) for i, c in enumerate(coefficients))
    below = positive_semidefinite(square_of - Fraction(float(value) - 1e-6) * exact_eye(len(response)))
    return bool(getattr(total, "simplify", lambda: total)() == 0) and below


#: An attacker with one labelled example, against a victim on a line.
LABELLED = {
    "w_star": [0],
    "u_star": [1],
    "eta_W": 1,
    "eta_U": 1,
    "n": 1,
    "X_W": [[1]],
    "y_W": [0],
    "gamma": 1,
    "delta_y": [1],
}
SINGULAR = LABELLED | {"eta_W": 2, "eta_U": 2, "S_U": [[1]]}
#: The labels move one part of the error by a half, the other, which is not zero, by one.
UNEVEN = {
    "X_W": [[2, 0], [0, 1]],
    "y_W": [0, 1],
    "S_U": [[0, 0], [0, 0]],
    "w_star": [0, 0],
    "u_star": [0, 0],
    "eta_W": 1,
    "eta_U": 1,
    "n": 2,
    "gamma": 3,
    "delta_y": [0, 0],
}
SLOW = LABELLED | {"eta_W": HALF, "eta_U": HALF, "S_U": [[1]]}

# What the certificate calls T T^T and its extreme singular values.
_K, _LOW, _TOP = "T_labels T_labels'", "sigma_min_T_labels_T_labels", "sigma_max_T_labels"
RATE = (
    f"{_LOW} {_LOW} e_inf' e_inf + {_TOP} {_TOP} {_TOP} {_TOP} e_inf' e_inf - 2 {_TOP} {_TOP} {_LOW} e_inf' e_inf "
    f">= {_TOP} {_TOP} {_TOP} {_TOP} e_moved' e_moved"
)
SHRINK = f"e_inf' e_inf + gamma gamma {_LOW} {_LOW} e_inf' e_inf - 2 gamma {_LOW} e_inf' e_inf >= e_moved' e_moved"
_MOST = SingularValue("T_labels'", _TOP, turned="T_labels")
_AT_LEAST = f"LeastEigenvalue {_K} - {_LOW} >= 0"
_AT_MOST = f"SingularValue {_TOP} {_TOP} - {_K} >= 0"
_LEAST = LeastEigenvalue("T_labels", _LOW)
#: T' T T^+ = T'.
NORMAL = ("T_labels' T_labels T_labels_pinv = T_labels'",)
#: What a change of the labels does to the fixed-point equation.
AFFINE = "M (e_inf_changed - e_inf) = eta_W n_inv X_W' delta_y"

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "gradient-attack",
        evidence=(Exact(_gradient, share=0.4), Exact(_descent, share=0.06, name="exact, steps")),
        certificate=(
            Spec("gradient-attack.labels", lines=(AFFINE, "M_inv M (e_inf_changed - e_inf) = T_labels delta_y")),
            Spec(
                "gradient-attack.gradient",
                lines=("e_inf_changed = T_labels delta_y + e_inf",),
                uses=("gradient-attack.labels",),
                numbers={"along": "delta_y' T_labels' e_inf"},
            ),
            Spec(
                "gradient-attack.step",
                "pushed",
                reduction=Descends(),
                value="gamma T_labels_pinv",
                lines=("T_labels' T_labels T_labels_pinv = T_labels'",),
            ),
            Spec(
                "gradient-attack.limit",
                "positive",
                reduction=Descent(),
                lines=(Sum("gamma T_labels' T_labels >= 0", (("1", ("gamma > 0",), "T_labels"),)),),
            ),
            Spec("gradient-attack.limit", "rests", reduction=Descent(), lines=NORMAL),
            Spec(
                "gradient-attack.limit",
                "nearest",
                reduction=Descent(),
                value="-T_labels_pinv T_labels_pinv' T_labels_pinv e_inf",
                lines=NORMAL,
            ),
            Spec(
                "gradient-attack.shrink",
                claim=f"gamma {_K} - gamma {_LOW} >= 0",
                part="lower",
                facts=(_LEAST,),
                lines=(Sum(f"gamma {_K} - gamma {_LOW} >= 0", (("1", ("gamma > 0", _AT_LEAST), "1"),)),),
            ),
            Spec(
                "gradient-attack.shrink",
                claim=f"2 - gamma {_LOW} - gamma {_K} >= 0",
                part="upper",
                facts=(_MOST,),
                lines=(
                    Sum(
                        f"2 - gamma {_LOW} - gamma {_K} >= 0",
                        (
                            ("1", ("gain at most 2 over both extreme eigenvalues",), "1"),
                            ("1", ("gamma > 0", _AT_MOST), "1"),
                        ),
                    ),
                ),
            ),
            Spec(
                "gradient-attack.shrink",
                facts=(
                    CommutingProduct(
                        f"2 - gamma {_LOW} - gamma {_K}",
                        f"gamma {_K} - gamma {_LOW}",
                        ("gradient-attack.shrink/upper", "gradient-attack.shrink/lower"),
                    ),
                ),
                lines=(
                    f"e_moved = e_inf - gamma {_K} e_inf",
                    Sum(
                        SHRINK,
                        (
                            (
                                "1",
                                (f"CommutingProduct (2 - gamma {_LOW} - gamma {_K}) (gamma {_K} - gamma {_LOW}) >= 0",),
                                "e_inf",
                            ),
                        ),
                    ),
                ),
            ),
            Spec(
                "gradient-attack.rate",
                claim=f"2 {_TOP} {_TOP} - {_LOW} - {_K} >= 0",
                part="upper",
                facts=(_MOST, _LEAST),
                lines=(
                    Sum(
                        f"2 {_TOP} {_TOP} - {_LOW} - {_K} >= 0",
                        (("2", (_AT_MOST,), "1"), ("1", (_AT_LEAST,), "1")),
                    ),
                ),
            ),
            Spec(
                "gradient-attack.rate",
                facts=(
                    CommutingProduct(
                        f"2 {_TOP} {_TOP} - {_LOW} - {_K}",
                        f"gamma {_K} - gamma {_LOW}",
                        ("gradient-attack.rate/upper", "gradient-attack.shrink/lower"),
                    ),
                ),
                lines=(
                    f"{_TOP} {_TOP} e_moved = {_TOP} {_TOP} e_inf - {_K} e_inf",
                    Sum(
                        RATE,
                        (
                            (
                                "1",
                                (
                                    f"CommutingProduct (2 {_TOP} {_TOP} - {_LOW} - {_K}) "
                                    f"(gamma {_K} - gamma {_LOW}) >= 0",
                                ),
                                f"{_TOP} e_inf",
                            ),
                        ),
                    ),
                ),
            ),
        ),
        needed=(
            Needed(("labels", "gradient", "rate"), "M invertible", SINGULAR, (one_rest,)),
            Needed(("step",), "M invertible", SINGULAR, (one_rest, labels_have_a_largest_step)),
            Needed(
                ("step",),
                "X_W non-zero",
                LABELLED | {"X_W": [[0]], "S_U": [[HALF]]},
                (one_rest, labels_have_a_largest_step),
            ),
            # With p = q = 1/2 the labels move the error by 2/3; the attacker starts away from its goal.
            Needed(("limit",), "gamma*T_labels.T*T_labels below 2", SLOW | {"gamma": Fraction(9, 2)}),
            Needed(("shrink",), "gain at most 2 over both extreme eigenvalues", UNEVEN),
        ),
        unneeded=(
            Unneeded(("labels", "gradient", "step", "limit", "shrink", "rate"), (psd(S_W), psd(S_U)), ALGEBRA),
            Unneeded(("limit", "shrink"), (invertible(M),), "said by the bound on the gain, which speaks of M^-1"),
            Unneeded(
                ("rate",), (invertible(S_W),), "with the smallest eigenvalue of T T^T, the rate is 1 where that is 0"
            ),
        ),
    ),
)
