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
from proofs_check.instruments.agents import drawn, error, framed, response, retargeted
from proofs_check.instruments.at_rest import Inputs, array, one_rest, pair, rest
from proofs_check.instruments.geometries import Pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, EYE, HALF
from proofs_check.proving.specification import Spec
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
    return Case(
        pair.shown() | {"labels": labels},
        [
            Relation(
                "gradient formula = derivatives over simulated equilibria", np.atleast_1d(slope), np.array(derivatives)
            )
        ],
    )


def _framed_pair(rng: np.random.Generator) -> Pair:
    """Draw two full-rank prompts, each with rational principal directions, half the time the same ones."""
    d = int(rng.integers(1, 3))
    X_W, frame = framed(rng, d)
    X_U = np.array([Fraction(int(rng.integers(1, 7)), 2) for _ in range(d)], dtype=object)[:, None] * frame.T
    if d > 1 and rng.random() < 0.5:
        X_U = framed(rng, d)[0]
    steps = [Fraction(int(rng.integers(1, 15)), 8) * d / sum(x * x for x in X.ravel()) for X in (X_W, X_U)]
    pair = Pair(X_W, zeros(d), X_U, zeros(d), steps[0], steps[1], zeros(d))
    return retargeted(pair, rationals(rng, d), rationals(rng, d))


def _descent(rng: np.random.Generator, formulas: Formulas) -> Case:
    """Steps on both sides of the bound, and one step of the algorithm against the rate."""
    pair = _framed_pair(rng)
    d, inputs = pair.d, pair.arguments() | {"X_W": pair.X_W}
    _, effect = response(pair)
    bound = formulas["gradient-attack.step"].exact(**inputs)
    rate = formulas["gradient-attack.rate"].exact(**inputs)
    factor = [Fraction(1, 2), Fraction(9, 10), Fraction(11, 10), Fraction(3, 2)][int(rng.integers(4))]
    near = Fraction(float(bound)).limit_denominator(10**6) * factor
    # Every error is multiplied by I - step T T'; it dies out iff all eigenvalues of T T' lie below 2/step.
    dies_out = positive_semidefinite(2 / near * exact_eye(d) - effect @ effect.T, strictly=True)
    labels = rationals(rng, d)
    before = error(pair, labels)
    downhill = effect.T @ before
    # Errors are affine in the labels: a step of any length g ends at before + g (after - before).
    after = error(pair, labels - downhill)
    landed = [a + bound / 2 * (b - a) for a, b in zip(before, after, strict=True)]
    return Case(
        pair.shown() | {"labels": labels, "step": near},
        [
            Relation("the step is below the bound = the simulated errors die out", bool(near < bound), dies_out),
            Relation(
                "with half of it one step shortens the error by the rate at least",
                bool(sum(x**2 for x in landed) <= rate**2 * square(before)),
                True,
            ),
            Relation("the rate is that of the slowest direction of the agents", _slowest(effect, bound, rate), True),
        ],
    )


def _slowest(response: Array, bound: Any, rate: Any) -> bool:
    """Whether ``1 - rate`` times the largest eigenvalue of ``T T'`` is an eigenvalue of it, too."""
    value = (1 - rate) * 2 / bound
    coefficients = characteristic_polynomial(response @ response.T)
    total = sum(c * value ** (len(coefficients) - 1 - i) for i, c in enumerate(coefficients))
    return bool(getattr(total, "simplify", lambda: total)() == 0)


#: An attacker with one labelled example, against a victim on a line.
LABELLED = {"w_star": [0], "u_star": [1], "eta_W": 1, "eta_U": 1, "n": 1, "X_W": [[1]], "y_W": [0], "gamma": 1}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "gradient-attack",
        "Gradient of |e_inf|^2/2 in the labels; constant steps below 2/sigma_max^2 converge linearly.",
        evidence=(Exact(_gradient, share=0.4), Exact(_descent, share=0.06, name="exact, steps")),
        certificate=(
            Spec(
                "gradient-attack.gradient",
                "(1/2 e_inf' + 1/2 delta_y' T_labels') (T_labels delta_y + e_inf) - 1/2 e_inf' e_inf "
                "= slope' delta_y + 1/2 delta_y' T_labels' T_labels delta_y",
                "expansion",
                when={"transposed": "delta_y' T_labels' e_inf = e_inf' T_labels delta_y"},
                prose=("a number is its own transpose", "the gradient is what is linear in the change"),
            ),
            Spec("gradient-attack.gradient"),
        ),
        unproved="The step bound and the rate are about the largest and smallest singular values.",
        needed=(
            Needed(("gradient",), "M invertible", LABELLED | {"eta_W": 2, "eta_U": 2, "S_U": [[1]]}, (one_rest,)),
            Needed(
                ("step",),
                "M invertible",
                LABELLED | {"eta_W": 2, "eta_U": 2, "S_U": [[1]]},
                (one_rest, labels_have_a_largest_step),
            ),
            Needed(
                ("step",),
                "X_W non-zero",
                LABELLED | {"X_W": [[0]], "S_U": [[HALF]]},
                (one_rest, labels_have_a_largest_step),
            ),
            Needed(
                ("rate",),
                "S_W invertible",
                {
                    "X_W": [[1, 0]],
                    "y_W": [0],
                    "w_star": [0, 0],
                    "u_star": [1, 1],
                    "S_U": EYE,
                    "n": 1,
                    "eta_W": 1,
                    "eta_U": HALF,
                    "gamma": 1,
                },
            ),
            Needed(
                ("rate",),
                "M invertible and gamma T_y T_y^T at most 1",
                LABELLED | {"eta_W": HALF, "eta_U": HALF, "gamma": Fraction(27, 4), "S_U": [[1]]},
            ),
        ),
        unneeded=(
            Unneeded(("gradient", "step", "rate"), (psd(S_W), psd(S_U)), ALGEBRA),
            Unneeded(("rate",), (invertible(M),), "said by the bound on the gain, which speaks of M^-1"),
        ),
    ),
)
