"""Gaussian noise of unknown covariance: its estimate, and the tests and critical values that follow from it.

The scatter of the residuals is Wishart with `freedom` degrees of freedom, independent of the estimates. Three models
of the covariance Sigma of one answer:

- ``general``: any Sigma. Hotelling's T^2 for one row, Wilks' Lambda for several.
- ``isotropic``: ``sigma^2 I``. F tests, with d times as many degrees of freedom.
- ``none``: known, of rounding size. Chi-squared tests.

All are exact for noise that is Gaussian, independent from answer to answer and of one covariance, and states that were
chosen without looking at the noise. Source: T. W. Anderson, An Introduction to Multivariate Statistical Analysis,
chapters 5 and 8.

Rounding adds errors that are systematic, bounded by `bias` in each entry of an answer. A combination of answers with
weights c moves by at most ``|c|_1 <= sqrt(rows) |c|_2`` times that, and its noise is ``|c|_2`` times that of one
answer: in units of the noise every length grows by at most one number, `offset`, and every test subtracts it first. The
p-values are then upper bounds, and the critical values hold at least the stated probability.

The exact distribution of Wilks' Lambda comes from one contour integral. ``Lambda = det(E) / det(E + H)`` with
independent Wishart matrices, E of `freedom` and H of q degrees of freedom in dimension p, is a product of independent
beta variables, so that ``X = -log Lambda`` has the moment function ``M(s) = E exp(s X)``, a ratio of gamma functions.
Then ``P(X > x)`` is the integral of ``M(s) exp(-s x) / (2 pi i s)`` along a curve that crosses the real axis between 0
and the first pole. A parabola through the saddle point and the trapezoidal rule give it to about nine digits, however
small it is. (Rao's F approximation turns a level of 5 % into up to 8 % where `freedom` is barely p.) Source: T. W.
Anderson, An Introduction to Multivariate Statistical Analysis, section 8.4.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from numerics.validation import EPS, Array

__all__ = ["GaussianNoise", "NoiseModel", "wilks_tail"]

_NODES, _REACH = 160, 8.0
#: Largest dimension in which all corners of a box are tried.
_CORNERS = 10


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


NoiseModel = Literal["general", "isotropic", "none"]


def _f_tail(between: float, within: float, value: float) -> float:
    """Return the probability that F with these degrees of freedom exceeds a value; `within` may be infinite."""
    from scipy.special import chdtrc, fdtrc

    if math.isinf(within):
        return float(chdtrc(between, between * value))
    return float(fdtrc(between, within, value))


def _f_quantile(between: float, within: float, level: float) -> float:
    from scipy.special import chdtri, fdtri

    if math.isinf(within):
        return float(chdtri(between, 1 - level)) / between
    return float(fdtri(between, within, level))


@dataclass(frozen=True, eq=False)
class GaussianNoise:
    """An estimate of the noise in the answers.

    Attributes
    ----------
    model : {"general", "isotropic", "none"}
    scatter : (d, d) ndarray
        Sum of squares and products of the residuals; with the model "none", the covariance itself.
    freedom : float
        Degrees of freedom of the scatter; infinite with the model "none".
    bias : (d,) ndarray or None
        Bound on the systematic error of an entry of an answer; None for none.
    rows : int
        Number of answers from which estimates were made.
    """

    model: NoiseModel
    scatter: Array
    freedom: float
    bias: Array | None = None
    rows: int = 0

    @property
    def d(self) -> int:
        """Dimension of an answer."""
        return len(self.scatter)

    @cached_property
    def covariance(self) -> Array:
        """Estimated covariance of the noise in one answer, (d, d)."""
        if self.model == "none":
            return self.scatter
        if self.model == "isotropic":
            return np.eye(self.d) * (float(np.trace(self.scatter)) / (self.d * self.freedom))
        return np.asarray(self.scatter / self.freedom)

    @cached_property
    def root(self) -> Array:
        """A root of the covariance, (d, d): its Cholesky factor if it has one in floating point."""
        try:
            return np.asarray(np.linalg.cholesky(self.covariance))
        except np.linalg.LinAlgError:  # entries that differ by less than what floating point tells apart
            values, basis = np.linalg.eigh(self.covariance)
            return np.asarray(basis * np.sqrt(np.maximum(values, 16 * self.d * EPS * values[-1])))

    @property
    def level(self) -> float:
        """Root mean square of the noise over the entries of an answer."""
        return math.sqrt(np.trace(self.covariance) / self.d)

    @property
    def scalar_freedom(self) -> float:
        """Degrees of freedom of the variance of one entry, or of any one combination of the entries."""
        return self.freedom * self.d if self.model == "isotropic" else self.freedom

    def whiten(self, rows: Array) -> Array:
        """Return rows (..., d) in units of the noise: of unit covariance, if they have that of one answer."""
        flat = np.linalg.solve(self.root, rows.reshape(-1, self.d).T).T
        return np.asarray(flat).reshape(rows.shape)

    @cached_property
    def offset(self) -> float:
        """Bound on what rounding adds to the whitened length of estimates from weights of unit length."""
        if self.bias is None or not self.bias.any():
            return 0.0
        if not np.isfinite(self.bias).all():
            return math.inf
        edges = np.linalg.solve(self.root, np.diag(self.bias))
        if self.d > _CORNERS:
            largest = float(np.linalg.norm(edges, axis=0).sum())
        else:  # the longest diagonal of the box
            signs = 1 - 2 * (np.arange(2 ** (self.d - 1))[:, None] >> np.arange(self.d) & 1)
            largest = float(np.linalg.norm(signs @ edges.T, axis=1).max())
        return math.sqrt(self.rows) * largest

    def _noise_of(self, length: float) -> float:
        """Return the least whitened length of pure noise that rounding can have turned into `length`."""
        return max(0.0, length - self.offset)

    def _row_freedom(self) -> tuple[float, float]:
        """Return the factor and the degrees of freedom with which ``factor T^2 / d`` is F distributed."""
        if self.model == "general":
            within = self.freedom - self.d + 1
            return within / self.freedom, within
        return 1.0, self.scalar_freedom

    def tail_of_row(self, squared: float) -> float:
        """Return the probability that one row of noise has a squared whitened length above `squared`."""
        factor, within = self._row_freedom()
        return _f_tail(self.d, within, factor * self._noise_of(math.sqrt(squared)) ** 2 / self.d)

    def row_quantile(self, level: float) -> float:
        """Return the squared whitened length below which one row of noise stays with probability `level`."""
        factor, within = self._row_freedom()
        return (math.sqrt(_f_quantile(self.d, within, level) * self.d / factor) + self.offset) ** 2

    def scalar_quantile(self, level: float) -> float:
        """Return the number of standard errors within which one scalar estimate is with probability `level`."""
        return math.sqrt(_f_quantile(1, self.scalar_freedom, level)) + self.offset

    def p_value(self, rows: Array) -> float:
        """Return the p-value of the hypothesis that rows (q, d) are independent rows of noise; 1 for q = 0.

        Rounding moves the singular values of the rows, as a vector, by at most `offset` (Mirsky's inequality).
        """
        q = len(rows)
        if q == 0:
            return 1.0
        white = self.whiten(rows)
        length = self._noise_of(float(np.linalg.norm(white)))
        if self.model != "general":
            return self.tail_of_length(length, q * self.d)
        values = np.maximum(np.linalg.svd(white, compute_uv=False) - self.offset, 0.0)
        # Two lower bounds: each value as small as it can be, or all of the noise in one.
        least = max(float(np.log1p(values**2 / self.freedom).sum()), math.log1p(length**2 / self.freedom))
        return wilks_tail(least, self.d, q, self.freedom)

    def tail_of_length(self, length: float, count: int) -> float:
        """Return the probability that `count` entries of isotropic whitened noise are together longer than `length`."""
        return _f_tail(count, self.scalar_freedom, length**2 / count)

    def without(self, rows: Array, rounding: float) -> GaussianNoise:
        """Return the estimate after rows (q, d), orthonormal combinations of the residuals, were taken out."""
        if self.model == "none":
            return self
        left = self.scatter - rows.T @ rows
        freedom = self.freedom - len(rows)
        # What is taken out can be all there is: then rounding remains.
        values, basis = np.linalg.eigh((left + left.T) / 2)
        values = np.maximum(values, freedom * rounding**2)
        return replace(self, scatter=(basis * values) @ basis.T, freedom=freedom)
