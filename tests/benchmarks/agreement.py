"""Whether a way computes the recursion at all: it must agree with the Python loop within a bound on rounding errors.

The bound. Inside the box every move has a linear part of norm <= 1, so that errors only add up over the moves,
whether the moves are made in turn, or by powers of the map of one turn. With m counting the operations along any
path, one move errs by at most ``gamma_m`` times ``|x| + tr(P) (|x| + |w*|)``: a Gram matrix is formed from X with an
error of at most ``gamma_n |X|^T |X|``, whose Frobenius norm is at most its trace. Forming and multiplying maps adds
``gamma_m |I - P| |I - Q|`` in Frobenius norms, at most d.
"""

from __future__ import annotations

import numpy as np

from numerics.validation import Array
from tests.benchmarks.workload import Workload

__all__ = ["DisagreementError", "bound", "worst_error"]

ROUNDOFF = 2.0**-53


class DisagreementError(RuntimeError):
    """A way whose states differ from the loop's by more than rounding errors; it is not timed."""


def bound(work: Workload, turns: int, states: Array) -> float:
    """Bound the distance of two computations of the same states.

    Parameters
    ----------
    work : Workload
        What is computed.
    turns : int
        Number of turns.
    states : (geometries, kept, d) ndarray
        As computed by the loop.

    Returns
    -------
    float
        Bound on the Euclidean norm of the difference of any state.
    """
    # |u - u*| <= |w - u*|, so that U's states are bounded by W's and the targets.
    norms = [float(np.linalg.norm(a, axis=-1).max()) for a in (states, work.w0, work.w_star, work.u_star)]
    size = max(norms[:2]) + 2 * max(norms[2:])
    traces = sum(float(np.trace(a, axis1=-2, axis2=-1).max()) for a in (work.P, work.Q))
    count = 4 * (work.examples + 2 * work.d + 4)
    gamma = count * ROUNDOFF / (1 - count * ROUNDOFF)
    return 4 * (turns + 1) * gamma * size * (2 + traces + work.d)


def worst_error(name: str, states: Array, reference: Array, limit: float) -> float:
    """Return the largest distance of the states that both hold; refuse one that exceeds the limit.

    Parameters
    ----------
    name : str
        Whose states they are.
    states, reference : (geometries, kept, d) ndarray
        One may hold fewer geometries than the other: the first ones.
    limit : float
        The bound.

    Raises
    ------
    DisagreementError
        When states differ by more than the limit or are not finite, or when shapes do not fit.
    """
    common = min(len(states), len(reference))
    if common == 0 or states.shape[1:] != reference.shape[1:]:
        raise DisagreementError(f"{name} has states of shape {states.shape}; expected {reference.shape}")
    worst = float(np.linalg.norm(states[:common] - reference[:common], axis=-1).max())
    if not worst <= limit:
        raise DisagreementError(f"{name} differs from the loop by {worst:.3g}; rounding explains {limit:.3g} at most")
    return worst
