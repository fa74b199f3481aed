"""How long the longest direction of a Gaussian matrix is: bounds on its mean, and how far a sample strays from it.

X is an n x d matrix of independent standard normal entries, s its largest singular value; nothing below is a limit.

The mean, from above
    ``E s <= sqrt(n) + sqrt(d)`` (Gordon's comparison theorem; Davidson and Szarek, *Local operator theory, random
    matrices and Banach spaces*, 2001, theorem II.13).
The mean, from below
    Reflections from both sides, each of which leaves the entries that are still to come Gaussian, turn X into a
    bidiagonal matrix B with independent entries: chi variables with n, n - 1, … degrees of freedom on its diagonal (for
    ``n >= d``, otherwise the transpose) and with d - 1, d - 2, …, 1 beside it. The norm is convex, so
    ``E s = E ||B|| >= ||E B||`` (Jensen). As ``E chi_k E chi_(k+1) = k`` and ``E chi_(k+1) <= sqrt(k+1)``, each mean is
    at least ``k / sqrt(k+1)``; the entries are not negative, so smaller ones do not make the norm larger; and any two
    vectors bound the norm from below.
Deviations
    s is a function of the entries with Lipschitz constant 1, so it exceeds its mean by t, or falls short of it by t,
    with probability at most ``exp(-t^2 / 2)`` each (Gaussian concentration; the same theorem). The mean of m
    independent s has Lipschitz constant ``1 / sqrt(m)``.

Divided by ``sqrt(n)`` both bounds on the mean tend to ``1 + sqrt(r)`` as n and d grow with ``d/n -> r``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from numerics.validation import Array
from proofs_check.evidence.finding import Finding
from proofs_check.evidence.kinds import Floats, Task
from proofs_check.evidence.verdict import Verdict
from proofs_check.instruments.bounds import gamma

__all__ = ["Probable", "degrees_of_freedom", "deviation", "mean_largest"]


def degrees_of_freedom(n: int, d: int) -> tuple[Array, Array]:
    """Return those of the chi variables on the diagonal of the bidiagonal form, and beside it."""
    short, long = sorted((n, d))
    return np.arange(long, long - short, -1), np.arange(short - 1, 0, -1)


def mean_largest(n: int, d: int) -> tuple[float, float]:
    """Bound the mean of the largest singular value of an n x d Gaussian matrix from below and above (dimensionless).

    Parameters
    ----------
    n, d : int
        At least 1.

    Returns
    -------
    low, high : float
    """
    diagonal, beside = (k / np.sqrt(k + 1.0) for k in degrees_of_freedom(n, d))
    means = np.diag(diagonal) + np.diag(beside, 1)
    # Whatever the routine returns, two vectors without negative entries: no cancellation, so a relative error.
    left, _, right = np.linalg.svd(means)
    x, y = np.abs(left[:, 0]), np.abs(right[0])
    low = (x @ means @ y) / np.sqrt((x @ x) * (y @ y)) * (1.0 - gamma(8 * len(means) + 8))
    return float(low), float(np.sqrt(n) + np.sqrt(d))


def deviation(chance: float, copies: int = 1) -> float:
    """Return how far the mean of some copies strays from its expectation with probability `chance` at most."""
    return float(np.sqrt(2.0 * np.log(2.0 / chance) / copies))


@dataclass(frozen=True)
class Probable(Floats):
    """Samples within bounds each of which fails with a small probability; the finding says how small in all.

    Attributes
    ----------
    chance : float
        Probability, at most, with which the bound of one sample fails although the statement is true.
    source : str
        Whose theorem says so.
    """

    chance: float = 0.0
    source: str = ""

    def collect(self, task: Task) -> Finding:
        """As for `Floats`; a refutation by chance is as improbable as the finding says."""
        finding = super().collect(task)
        total = f"{finding.drawn * self.chance:.0e}"
        if finding.verdict is Verdict.SAMPLED:
            said = f"bounds hold with probability at least 1 - {total} ({self.source})"
            return replace(finding, summary=f"{finding.summary}, {said}")
        if finding.verdict is Verdict.REFUTED:
            return replace(finding, notes=(*finding.notes, f"by chance with probability at most {total}"))
        return finding
