"""Hypotheses that were found not to be needed, and why; the formulas no longer assume them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from proofs_check.ledger.necessity_cases import PSD_U, PSD_W, RESTS, parts

__all__ = ["REMOVED", "Removed"]

GRAMS = rf"${PSD_W}$", rf"${PSD_U}$"
ALGEBRA = "the derivation is algebra of symmetric matrices of either sign"


@dataclass(frozen=True)
class Removed:
    """A hypothesis that formulas had and did not need.

    Attributes
    ----------
    formulas : tuple of str
    hypothesis : str
        Its text.
    why : str
        Why the statement holds without it.
    """

    formulas: tuple[str, ...]
    hypothesis: str
    why: str


def _removed() -> Iterator[Removed]:
    plain = (
        *(x for x in RESTS if not x.startswith(("label", "imp"))),
        *parts("small-step", "e0", "e1", "e2", "ek", "e-bound", "f0", "f1", "f2", "fk", "f-bound"),
        "gap-is-shared",
        "gap-is-shared.small-step",
        *parts("monotone-in-angle", "squared-error", "criterion"),
        *parts("kernel-condition", "pull", "victim-loss"),
        "kernel-condition",
        *parts("label-attack", "e", "shift", "feasible", "victim"),
        *parts("impossibility", "error", "witness"),
        *parts("mutual-attack", "w", "u"),
        *parts("gradient-attack", "gradient", "step", "rate"),
        *parts("blind-attack", "e", "z"),
        *parts("detection", "geometry", "target"),
        *parts("newton-helper", "objective", "e", "one-turn"),
        *parts("rank-limited", "e", "reduced"),
        *parts("inexact-helper", "e", "converges"),
        *parts("blind-helper", "residual", "krylov"),
        *parts("trained-plateau", "w", "u"),
    )
    positive = "a symmetric projector is positive semidefinite"
    stays = "both factors of the turn keep S_W - T^T S_W T positive semidefinite, whatever the sign of S_W"
    heavy = "H positive semidefinite suffices"
    for text in GRAMS:
        yield Removed(plain, text, ALGEBRA)
        yield Removed(parts("alternating-projections", "rate", "cosine"), text, positive)
        yield Removed(("inexact-helper.energy",), text, stays)
        yield Removed(parts("consensus", "point", "increase"), text, heavy)
    yield Removed(parts("one-example-attack", "gram", "input"), GRAMS[1], ALGEBRA)
    yield Removed(parts("plateau-removed", "e", "rate"), GRAMS[1], "only a pseudo-inverse of the helper's Gram occurs")
    covariance = "the covariance of examples is positive semidefinite by itself, and the algebra does not use it"
    moments = *parts("population-optimum", "second-moment", "loss", "Gamma"), "free-layer-optimum.excess"
    yield Removed(moments, r"$\Sigma \succeq 0$", covariance)
    yield Removed(("gap-is-shared",), "$M$ is invertible", "the identity holds wherever the agents rest")
    square = "A = R^2 with a symmetric R says the same"
    yield Removed(parts("real-spectrum", "interval"), r"$A \succeq 0$", square)
    yield Removed(("real-spectrum",), r"$A \succeq 0$", square)
    yield Removed(("blind-attack.step-bound",), "$p > 0$", "the condition implies it: 1 - tr + det = p")
    weaker = "a number of turns, 0, also where nothing is to be done"
    yield Removed(parts("helper-comparison", "alone", "aligned", "newton"), r"$\varepsilon < 1$", weaker)
    yield Removed(("helper-comparison.plateau",), r"$\kappa > 1$", "at condition number 1 the share is 0, as claimed")
    small = "said by the bound on the step, which speaks of H^-1"
    yield Removed(parts("small-step", "e-bound", "f-bound"), "$H$ is invertible", small)
    said = "said by the bound on the gain, which speaks of M^-1"
    yield Removed(("gradient-attack.rate",), "$M$ is invertible", said)
    norm = "said by mu lambda < 1: mu is a norm of the inverse"
    yield Removed(("trained-plateau.shift",), "$I - J$ is invertible", norm)
    lipschitz = "nothing but a point at rest has a negative Lipschitz constant, and for that the bound is 0, as claimed"
    yield Removed(("trained-plateau.shift",), r"$\lambda \geq 0$", lipschitz)


REMOVED: tuple[Removed, ...] = tuple(_removed())
