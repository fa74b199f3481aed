"""How far two softmax agents rest from the linear pair: bounds computed from their prompts, in ball arithmetic.

With weights ``a(s) = softmax(s r)`` of the errors ``r = X w - y``, the derivatives in s of ``sum_i a_i x_i`` are the
joint cumulants of x with r, r, ... under those weights. So a layer's answer to w is

    w - eta (mean x + beta Cov(x, r) + R),        R the second order and what follows,

a step of size ``eta beta`` of the linear agent of the centred examples, and an error. With D the diameter of the inputs
and ``range r`` that of the errors, the third cumulant is at most ``D (range r)^2 / 4``: a deviation of x is at most D,
and the variance of r at most a quarter of its squared range. Hence ``|R| <= beta^2 D (range r)^2 / 8``, and
softmax-plateau bounds how far the plateau moves (*plain*). *Sharp* has the third and fourth cumulants at the linear
plateau themselves, the fifth enclosed over all s from 0 to beta, the layers' slopes there, and how these change in the
ball in which the plateau is to lie. Either bound is that of a ball which the turn maps into itself,
so that a plateau lies in it (Brouwer). Nothing is assumed of the mean of the inputs: it is part of the error.

Source: section 12.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from numerics import SoftmaxAgent
from numerics.validation import Array, Frozen

__all__ = ["SoftmaxBound", "softmax_bound"]

#: Digits (bits); parts into which the temperatures are cut; how often a ball that is too small is made anew.
_BITS, _PARTS, _TRIES = 128, 16, 40
#: A ball that a turn maps into itself is made so much larger than its image, to be left open by rounding.
_WIDER = 1.0001


@dataclass(frozen=True, eq=False)
class SoftmaxBound(Frozen):
    """Where the linear pair rests, and how far from there the softmax agents rest at most.

    Attributes
    ----------
    w, u : ndarray of shape (d,)
        The plateau of the linear pair of the centred examples, with steps ``eta beta``.
    plain, sharp : (float, float) or None
        Bounds of W's and of U's distance from there, Euclidean; None where a turn maps no ball around it into itself.
    """

    w: Array
    u: Array
    plain: tuple[float, float] | None
    sharp: tuple[float, float] | None


def softmax_bound(agent_w: SoftmaxAgent, agent_u: SoftmaxAgent) -> SoftmaxBound | None:
    """Bound the distance of a pair's plateau from the linear one.

    Parameters
    ----------
    agent_w, agent_u : SoftmaxAgent
        Of one pair, without batch axes.

    Returns
    -------
    SoftmaxBound or None
        None where the linear pair has no single state of rest, as far as it is decided.
    """
    from flint import ctx

    with ctx.workprec(_BITS):
        w, u = _Layer(agent_w), _Layer(agent_u)
        try:
            inverse = (_one(w.d) - w.keeps * u.keeps).inv()
        except ZeroDivisionError:
            return None
        at_w = inverse * (w.keeps * u.pushed + w.pushed)
        at_u = u.keeps * at_w + u.pushed
        return SoftmaxBound(_middle(at_w), _middle(at_u), _plain(w, u, at_w, at_u), _sharp(w, u, at_w, at_u))


class _Layer:
    """One layer in balls: its examples, its linear part, and what it adds."""

    def __init__(self, agent: SoftmaxAgent) -> None:
        from flint import arb, arb_mat

        self.X, self.y = arb_mat(agent.prompt.X.tolist()), [arb(x) for x in agent.prompt.y.tolist()]
        self.n, self.d = agent.prompt.n, agent.d
        self.eta, self.beta = arb(float(agent.eta)), arb(float(agent.beta))
        step = self.eta * self.beta
        still = self.weighed(arb_mat(self.d, 1), arb(0))
        self.mean, self.spread = still.mean, still.covariance
        self.keeps = _one(self.d) - step * self.spread
        self.pushed = step * -still.vector(1)  # at w = 0 the errors are the labels, with the other sign
        pairs = (self.X[i, j] - self.X[k, j] for k in range(self.n) for i in range(k) for j in range(self.d))
        squares = [x * x for x in pairs]
        sums = (sum(squares[i : i + self.d], arb(0)) for i in range(0, len(squares), self.d))
        self.diameter = max((x.sqrt() for x in sums), key=lambda x: float(x.upper()), default=arb(0))

    def errors(self, w: Any) -> list[Any]:
        """The errors on the examples."""
        return [a - b for a, b in zip((self.X * w).entries(), self.y, strict=True)]

    def weighed(self, w: Any, s: Any) -> _Weighed:
        """The examples under the weights of w at one inverse temperature, or at many."""
        return _Weighed(self.X, self.errors(w), s)

    def range(self, w: Any) -> Any:
        """How far the errors are apart."""
        found = self.errors(w)
        return max((abs(a - b) for a in found for b in found), key=lambda x: float(x.upper()))

    def crude(self, w: Any, reach: Any) -> Any:
        """A bound of the error of the layer in a ball about w."""
        wide = self.range(w) + self.diameter * reach
        return self.eta * (_length(self.mean) + self.beta**2 * self.diameter * wide**2 / 8)

    def leading(self, w: Any) -> tuple[Any, Any]:
        """The error at w up to the third order in beta, and a bound of what follows."""
        from flint import arb

        still = self.weighed(w, arb(0))
        third = still.vector(2)
        fourth = still.vector(3) - 3 * still.moment(2) * still.vector(1)
        known = -self.eta * (self.mean + self.beta**2 / 2 * third + self.beta**3 / 6 * fourth)
        parts = (self.beta * arb((i + 0.5) / _PARTS, 0.5 / _PARTS) for i in range(_PARTS))
        fifth = max((_length(self.weighed(w, s).fifth()) for s in parts), key=lambda x: float(x.upper()))
        return known, self.eta * self.beta**4 / 24 * _upper(fifth)

    def slope(self, w: Any) -> Any:
        """The derivative of the layer's answer at w, or on a box."""
        return _one(self.d) - self.eta * self.beta * self.weighed(w, self.beta).covariance

    def bends(self, w: Any, reach: Any) -> Any:
        """How much that changes at most in a ball about w.

        Weights change from a to ``a e^h / sum a e^h``, with ``|h_i|`` at most beta times the length of a deviation xi
        times the radius; the covariance by ``sum (a' - a) xi xi'``, less what belongs to the mean that has moved.
        """
        from flint import arb, arb_mat

        at, size = self.weighed(w, self.beta), self.beta * reach
        rows = [[at.X[i, j] for j in range(self.d)] for i in range(self.n)]
        far = [size * sum((x * x for x in row), arb(0)).sqrt() for row in rows]
        grown = [a * arb(0, float(h.upper())).exp() for a, h in zip(at.a, far, strict=True)]
        total = sum(grown, arb(0))
        change = [g / total - a for g, a in zip(grown, at.a, strict=True)]
        moved = arb_mat(1, self.n, change) * at.X
        spread = at.X.transpose() * arb_mat([[c * x for x in row] for c, row in zip(change, rows, strict=True)])
        return self.eta * self.beta * _stretch(spread - moved.transpose() * moved)


class _Weighed:
    """Joint moments of inputs and errors under weights ``softmax(s r)``."""

    def __init__(self, X: Any, r: list[Any], s: Any) -> None:
        from flint import arb, arb_mat

        logits = [s * x for x in r]
        top = max((x.mid() for x in logits), key=float)
        shares = [(x - top).exp() for x in logits]
        total = sum(shares, arb(0))
        self.a = [x / total for x in shares]
        mean = arb_mat(1, len(r), self.a) * X
        rbar = sum((a * x for a, x in zip(self.a, r, strict=True)), arb(0))
        self.r = [x - rbar for x in r]
        self.X = arb_mat([[X[i, j] - mean[0, j] for j in range(X.ncols())] for i in range(len(r))])
        self.mean = mean.transpose()

    def _shares(self, power: int) -> Any:
        from flint import arb_mat

        return arb_mat(1, len(self.a), [a * x**power for a, x in zip(self.a, self.r, strict=True)])

    def vector(self, power: int) -> Any:
        """Mean of the inputs' deviations times a power of the errors'."""
        return (self._shares(power) * self.X).transpose()

    def moment(self, power: int) -> Any:
        """Mean of a power of the errors' deviations."""
        return sum(self._shares(power).entries(), self.r[0] * 0)

    @property
    def covariance(self) -> Any:
        """Of the inputs."""
        from flint import arb_mat

        n, d = self.X.nrows(), self.X.ncols()
        return self.X.transpose() * arb_mat([[self.a[i] * self.X[i, j] for j in range(d)] for i in range(n)])

    def fifth(self) -> Any:
        """The joint cumulant of the inputs and four times the errors."""
        first, second = 4 * self.moment(3) * self.vector(1), 6 * self.moment(2) * self.vector(2)
        return self.vector(4) - first - second


def _plain(w: _Layer, u: _Layer, at_w: Any, at_u: Any) -> tuple[float, float] | None:
    """By diameters, ranges and the theorem's bound."""
    turn, own, first = _stretch(w.keeps * u.keeps), _stretch(w.keeps), _stretch(u.keeps)
    if not turn < 1:
        return None

    def image(reach: Any) -> tuple[Any, Any]:
        early = u.crude(at_w, reach)
        other = first * reach + early
        return (w.crude(at_u, other) + own * early) / (1 - turn), other

    return _trapped(image)


def _sharp(w: _Layer, u: _Layer, at_w: Any, at_u: Any) -> tuple[float, float] | None:
    """By cumulants and slopes at the linear plateau, and how slopes change in a ball about it."""
    (known_u, rest_u), (known_w, rest_w) = u.leading(at_w), w.leading(at_u)
    slope_w, slope_u = w.slope(at_u), u.slope(at_w)
    try:
        inverse = (_one(w.d) - slope_w * slope_u).inv()
    except ZeroDivisionError:
        return None
    moved = inverse * (known_w + slope_w * known_u)
    after = slope_u * moved + known_u
    shift, late, early, first = _length(moved), _stretch(inverse), _stretch(inverse * slope_w), _stretch(slope_u)

    def image(reach: Any) -> tuple[Any, Any]:
        by_u = rest_u + u.bends(at_w, reach) * reach

        def more(other: Any) -> Any:
            return late * (rest_w + w.bends(at_u, other) * other) + early * by_u

        other = first * reach + _length(known_u) + by_u
        # W is off by `moved` and little more, and so is what U makes of it.
        beyond = _upper(more(other))
        return shift + beyond, _least(other, _length(after) + first * beyond + by_u)

    return _trapped(image)


def _trapped(image: Any) -> tuple[float, float] | None:
    """Find a radius that a turn does not enlarge: W's, and U's."""
    from flint import arb

    reach = arb(0)
    for _ in range(_TRIES):
        found, other = image(reach)
        if not found.is_finite() or not found < 1e100:
            return None
        if found <= reach:
            return float(np.nextafter(float(found.upper()), np.inf)), float(np.nextafter(float(other.upper()), np.inf))
        reach = _upper(found) * _WIDER
    return None


def _one(d: int) -> Any:
    from flint import arb_mat

    return arb_mat([[int(i == j) for j in range(d)] for i in range(d)])


def _upper(x: Any) -> Any:
    """The upper end of a ball, an exact number."""
    from flint import arb

    return arb(x.upper())


def _least(a: Any, b: Any) -> Any:
    return a if float(a.upper()) <= float(b.upper()) else b


def _length(column: Any) -> Any:
    """The Euclidean norm."""
    return _upper(sum((x * x for x in column.entries()), column[0, 0] * 0)).sqrt()


def _stretch(matrix: Any) -> Any:
    """The largest singular value, from above: a high power's norm, and its root."""
    power = matrix.transpose() * matrix
    for _ in range(5):
        power = power * power
    return _upper(_length(power)).root(64)


def _middle(column: Any) -> Array:
    return np.array([float(x.mid()) for x in column.entries()])
