"""Where two softmax agents rest: their turns, then Newton's steps, then a ball that is proved to hold the plateau.

The turn ``F``, U's move and then W's, is not affine. Around what Newton's method has found, Krawczyk's operator

    K(B) = x - Y (x - F(x)) + (I - Y (I - F'(B))) (B - x),        Y near (I - F'(x))^-1,

is evaluated in ball arithmetic (python-flint's ``arb``) on a box B with x in its middle: where K(B) lies inside B there
is exactly one fixed point in B, and K(B) holds it. Prompts, step sizes and temperatures are the doubles that they are,
exactly. Source: section 12 of the theory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics.agents.softmax import SoftmaxAgent
from numerics.errors import DivergenceError, NonFiniteError, ShapeError
from numerics.validation import Array, Frozen, count, expected, frozen, same_dimension, vectors

__all__ = ["SoftmaxPlateau", "softmax_plateau"]

#: Digits (bits) that are tried; how often a box that is too small grows; how often a turn is squared.
_DIGITS, _GROWTH, _SQUARINGS = (128, 256, 512), 8, 16
#: A Newton step shorter than this, relative to the weights, is the last.
_STILL, _NEWTON_STEPS = 1e-14, 50


@dataclass(frozen=True, eq=False)
class SoftmaxPlateau(Frozen):
    """Where a pair of softmax agents rests, and what is proved of it.

    Attributes
    ----------
    w, u : (d,) ndarray
        Weights after W's and after U's move.
    radius_w, radius_u : (d,) ndarray or None
        The plateau differs from w and u by no more than this in any coordinate; None where that is undecided.
    attracts : bool or None
        Whether runs that start near it end there: proved, refuted, or None, undecided at this precision.
    rate : float
        Largest modulus of an eigenvalue of a turn's derivative there, rounded.
    turns : int
        How many turns were simulated before Newton's method took over.
    bits : int or None
        The precision at which the plateau was enclosed.
    """

    w: Array
    u: Array
    radius_w: Array | None
    radius_u: Array | None
    attracts: bool | None
    rate: float
    turns: int
    bits: int | None

    @property
    def enclosed(self) -> bool:
        """Whether there is a plateau within the radii, and one only, by proof."""
        return self.radius_w is not None

    def __str__(self) -> str:
        if self.radius_w is None:
            return f"plateau near {self.w}: undecidable at this precision ({_DIGITS[-1]} bits)"
        runs = {True: "runs nearby end there", False: "runs nearby leave it", None: "whether runs end there is open"}
        return f"plateau at {self.w}, within {self.radius_w.max():.1e}; {runs[self.attracts]}"


def softmax_plateau(
    agent_w: SoftmaxAgent, agent_u: SoftmaxAgent, w0: object | None = None, *, turns: int = 1000
) -> SoftmaxPlateau:
    """Find where two softmax agents rest, and enclose it.

    Parameters
    ----------
    agent_w, agent_u : SoftmaxAgent
        Of one pair, without batch axes; U moves first.
    w0 : (d,) array_like, optional
        Start, zeros by default: there may be more than one plateau, or none.
    turns : int
        How many turns are simulated at most, through the layers, before Newton's steps.

    Returns
    -------
    SoftmaxPlateau
        "undecidable at this precision" where no box is shown to hold one: where the agents drift, or do not see a
        direction.

    Raises
    ------
    DTypeError, DimensionMismatchError, ShapeError, NonFiniteError, OptionError
    DivergenceError
        When the turns leave the range of double precision.
    """
    for name, agent in (("agent_w", agent_w), ("agent_u", agent_u)):
        expected(name, agent, SoftmaxAgent, "make one with SoftmaxAgent(prompt, eta, beta)")
        if agent.batch_shape:
            raise ShapeError(f"{name} has batch shape {agent.batch_shape}; expected a single pair, without batch axes")
    d = same_dimension(agent_w=agent_w.d, agent_u=agent_u.d)
    start = vectors("w0", np.zeros(d) if w0 is None else w0, d, exact=False)
    if start.shape != (d,):
        raise ShapeError(f"w0 has shape {start.shape}; expected ({d},)")
    x, made = _simulated(agent_w, agent_u, start, count("turns", turns, minimum=0))
    x = _newton(agent_w, agent_u, x)
    rate = float(abs(np.linalg.eigvals(_derivative(agent_w, agent_u, x))).max())
    for bits in _DIGITS:
        if (found := _enclosed(agent_w, agent_u, x, bits)) is not None:
            w, u, attracts = found
            (mid_w, radius_w), (mid_u, radius_u) = _doubles(w), _doubles(u)
            return SoftmaxPlateau(mid_w, mid_u, radius_w, radius_u, attracts, rate, made, bits)
    return SoftmaxPlateau(frozen(x), frozen(agent_u.update(x)), None, None, None, rate, made, None)


def _simulated(agent_w: SoftmaxAgent, agent_u: SoftmaxAgent, w: Array, turns: int) -> tuple[Array, int]:
    """Take turns until nothing moves any more, or as often as is allowed."""
    for turn in range(turns):
        after = agent_w.update(agent_u.update(w))
        if abs(after - w).max() <= _STILL * abs(after).max():
            return after, turn + 1
        w = after
    return w, turns


def _derivative(agent_w: SoftmaxAgent, agent_u: SoftmaxAgent, w: Array) -> Array:
    return np.asarray(agent_w.jacobian(agent_u.update(w)) @ agent_u.jacobian(w))


def _newton(agent_w: SoftmaxAgent, agent_u: SoftmaxAgent, w: Array) -> Array:
    """Newton's steps, shortened until a turn moves less, as long as one does."""

    def moves(x: Array) -> Array:
        return np.asarray(agent_w.update(agent_u.update(x)) - x)

    now = moves(w)
    for _ in range(_NEWTON_STEPS):
        try:
            step: Array = np.linalg.solve(np.eye(len(w)) - _derivative(agent_w, agent_u, w), now)
            step = step / max(
                1.0, np.linalg.norm(step) / (1 + np.linalg.norm(w))
            )  # where attention is flat, not far off
            after = moves(w + step)
            while not np.linalg.norm(after) < np.linalg.norm(now) and np.linalg.norm(step) > _STILL * np.linalg.norm(w):
                step = step / 2
                after = moves(w + step)
        except (np.linalg.LinAlgError, DivergenceError, NonFiniteError):
            break
        if not np.linalg.norm(after) < np.linalg.norm(now):
            break
        w, now = w + step, after
    return w


def _moved(agent: SoftmaxAgent, w: Any) -> tuple[Any, Any]:
    """An agent's answer to a box of weights (d x 1) and the derivative on it, in balls."""
    from flint import arb, arb_mat

    X = arb_mat(agent.prompt.X.tolist())
    eta, beta = arb(float(agent.eta)), arb(float(agent.beta))
    logits = [beta * (r - arb(y)) for r, y in zip((X * w).entries(), agent.prompt.y.tolist(), strict=True)]
    top = max((x.mid() for x in logits), key=float)
    shares = [(x - top).exp() for x in logits]
    total = sum(shares, arb(0))
    a = [x / total for x in shares]
    n, d = X.nrows(), X.ncols()
    mean = arb_mat(1, n, a) * X
    spread = [[X[i, j] - mean[0, j] for j in range(d)] for i in range(n)]
    weighed = arb_mat([[x * a[i] for x in row] for i, row in enumerate(spread)])
    covariance = arb_mat(spread).transpose() * weighed
    return w - eta * mean.transpose(), _identity(d) - (eta * beta) * covariance


def _identity(d: int) -> Any:
    from flint import arb_mat

    return arb_mat([[int(i == j) for j in range(d)] for i in range(d)])


def _turn(agent_w: SoftmaxAgent, agent_u: SoftmaxAgent, w: Any) -> tuple[Any, Any]:
    u, before = _moved(agent_u, w)
    after, then = _moved(agent_w, u)
    return after, then * before


def _enclosed(agent_w: SoftmaxAgent, agent_u: SoftmaxAgent, w: Array, bits: int) -> tuple[Any, Any, bool | None] | None:
    """Balls that hold W's and U's weights at rest, and whether they attract; None where no box is found."""
    from flint import arb, arb_mat, ctx

    d, one = len(w), _identity(len(w))
    with ctx.workprec(bits):
        x = arb_mat(d, 1, w.tolist())
        try:
            for _ in range(bits.bit_length() - 4):  # each doubles the digits that are right
                after, slope = _turn(agent_w, agent_u, x)
                x = (x - (one - slope).solve(x - after)).mid()
            after, slope = _turn(agent_w, agent_u, x)
            inverse = (one - slope).inv().mid()
        except ZeroDivisionError:
            return None
        missed = inverse * (x - after)
        size = 2 * max(float(abs(r).upper()) for r in missed.entries())
        size = max(size, 2.0 ** (12 - bits) * max(1.0, float(abs(w).max())))
        for _ in range(_GROWTH):
            if not np.isfinite(size):
                return None
            box = arb_mat(d, 1, [arb(m, size) for m in x.entries()])
            _, slope = _turn(agent_w, agent_u, box)
            image = x - missed + (one - inverse * (one - slope)) * (box - x)
            if all(b.contains_interior(k) for b, k in zip(box.entries(), image.entries(), strict=True)):
                return image, _moved(agent_u, image)[0], _attracts(slope)
            size *= 16
    return None


def _attracts(slope: Any) -> bool | None:
    """Whether all eigenvalues are below 1 in modulus: a power is short; or one is above 1: a trace is large."""
    d = slope.nrows()
    for _ in range(_SQUARINGS):
        if sum((x * x for x in slope.entries()), slope[0, 0] * 0) < 1:
            return True
        if abs(sum((slope[i, i] for i in range(d)), slope[0, 0] * 0)) > d:
            return False
        slope = slope * slope
    return None


def _doubles(column: Any) -> tuple[Array, Array]:
    """The nearest doubles, and how far the balls reach from them, rounded up."""
    from flint import arb

    middle = [float(x.mid()) for x in column.entries()]
    reach = [float(abs(x - arb(m)).upper()) for x, m in zip(column.entries(), middle, strict=True)]
    return frozen(np.array(middle)), frozen(np.nextafter(reach, np.inf))
