"""Small numbers for exact counterexamples, and the reasons that several families give for needing no hypothesis."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

__all__ = ["ALGEBRA", "COVARIANCE", "EYE", "HALF", "PAIR", "PROMPT", "THIRD", "two"]

HALF, THIRD = Fraction(1, 2), Fraction(1, 3)
EYE = [[1, 0], [0, 1]]

ALGEBRA = "the derivation is algebra of symmetric matrices of either sign"
COVARIANCE = "the covariance of examples is positive semidefinite by itself, and the algebra does not use it"

#: Formulas whose derivations define what claims speak of: two agents with W at rest in w_inf; a prompt and its moment.
PAIR, PROMPT = "one-sided-iff.e", "inert-history"


def two(p: Any, q: Any, gap: Any = 1, **more: Any) -> dict[str, Any]:
    """Two agents on a line: step matrices p and q with steps 1, W's target at 0."""
    return {"S_W": [[p]], "S_U": [[q]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [gap]} | more
