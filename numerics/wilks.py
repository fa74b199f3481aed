"""The exact distribution of Wilks' Lambda, by one contour integral.

``Lambda = det(E) / det(E + H)`` with independent Wishart matrices, E of `freedom` and H of q degrees of freedom in
dimension p, is a product of independent beta variables, so that ``X = -log Lambda`` has the moment function
``M(s) = E exp(s X)``, a ratio of gamma functions. Then ``P(X > x)`` is the integral of ``M(s) exp(-s x) / (2 pi i s)``
along a curve that crosses the real axis between 0 and the first pole. A parabola through the saddle point and the
trapezoidal rule give it to about nine digits, however small it is. (Rao's F approximation turns a level of 5 % into
up to 8 % where `freedom` is barely p.) Source: T. W. Anderson, An Introduction to Multivariate Statistical Analysis,
section 8.4.
"""

from __future__ import annotations

import math

import numpy as np

from numerics.validation import Array

__all__ = ["wilks_tail"]

_NODES, _REACH = 160, 8.0


def wilks_tail(x: float, p: int, q: int, freedom: float) -> float:
    """Return the probability that ``-log Lambda`` exceeds x.

    Parameters
    ----------
    x : float
        Value, >= 0.
    p, q : int
        Dimension, and degrees of freedom of the hypothesis; >= 1.
    freedom : float
        Degrees of freedom of the error, >= p.
    """
    from scipy.special import betainc, loggamma

    if x <= 0:
        return 1.0
    if p > q:
        p, q, freedom = q, p, freedom + q - p
    if p == 1:
        return float(betainc(freedom / 2, q / 2, math.exp(-x)))
    a = (freedom - np.arange(p)) / 2
    b = a + q / 2
    at_zero = float((loggamma(b) - loggamma(a)).sum())

    def exponent(s: Array) -> Array:
        s = s[..., None]
        return at_zero + (loggamma(a - s) - loggamma(b - s)).sum(axis=-1) - s[..., 0] * x - np.log(s[..., 0])  # type: ignore[no-any-return]

    pole = float(a[-1])
    grid = pole * np.concatenate([np.geomspace(1e-9, 0.5, 32), 1 - np.geomspace(1e-9, 0.5, 32)])
    crossing = float(grid[np.argmin(exponent(grid))])
    e = 1e-4 * min(crossing, pole - crossing)
    low, middle, high = exponent(crossing + np.array([-e, 0.0, e]))
    width = e / math.sqrt(max(float(low + high - 2 * middle), 1e-16))
    step = _REACH / _NODES
    v = (np.arange(_NODES) + 0.5) * step
    t, dt = width * np.sinh(v), width * np.cosh(v) * step
    # The parabola opens to the right, where the integrand decays, and goes round the poles.
    s = crossing + 1j * t + t**2 / (4 * pole)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        values = np.exp(exponent(s)) * (1j + t / (2 * pole)) * dt
    total = float(values[np.isfinite(values)].sum().imag) / math.pi
    return min(max(total, 0.0), 1.0)
