"""Where an identified agent stands still: its target, as the set of states that the data do not exclude.

The hypothesis "w is a fixed point" says that the mean move from w is zero. The estimated move from w is Gaussian with
the covariance of the noise times the leverage of w, so that

    T^2(w) = |estimated move, in units of the noise|^2 / leverage(w)

has the distribution of one row of noise whatever the agent. The states that it does not reject (Fieller's method) are
a region that holds the true target with exactly the stated probability, however few the rows; a linearised error
would not. Leverage grows quadratically, so the region is a quadric. It is an ellipsoid where P moves every direction by
more than the noise could, and unbounded otherwise: then the data do not determine the target.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from numerics.errors import TranscriptError
from numerics.exact import norm
from numerics.identification.noise import GaussianNoise
from numerics.identification.regression import Regression
from numerics.validation import Array, Frozen, frozen, vectors

__all__ = ["FixedPoints"]

#: Confidence with which P must be known to move a direction before the target counts as determined along it.
DETERMINED = 0.95
#: Root mean square spreads of the inputs within which a fixed point counts as near.
NEAR = 10.0


@dataclass(frozen=True, eq=False)
class FixedPoints(Frozen):
    """The states that an identified agent may keep.

    Attributes
    ----------
    regression : Regression
    noise : GaussianNoise
    """

    regression: Regression
    noise: GaussianNoise

    @cached_property
    def _slopes(self) -> tuple[Array, Array, Array]:
        """Singular value decomposition of the slopes in units of the noise."""
        left, values, right = np.linalg.svd(self.noise.whiten(self.regression.explained).T, full_matrices=False)
        return left, values, right

    @cached_property
    def _svd(self) -> tuple[Array, Array, Array]:
        """Singular values h, the constant c in their basis, and the combinations (d, k).

        The state ``mean_state + combinations @ q`` has leverage ``(1 + |q|^2) / rows`` and moves, in units of the
        noise, by ``c + h q`` in the basis of the left singular vectors: by nothing else if every direction was excited.
        """
        r, root = self.regression, math.sqrt(self._rows)
        left, h, right = self._slopes
        inside = left.T @ self.noise.whiten(r.mean_move)
        combinations = (r.directions * (r.spreads / root)) @ right.T
        return h / root, inside, combinations

    @property
    def _rows(self) -> int:
        return len(self.regression.left)

    @property
    def complete(self) -> bool:
        """Whether every direction was excited; if not, the target can be anywhere off the inputs."""
        return len(self.regression.spreads) == self.noise.d

    @cached_property
    def determined(self) -> Array:
        """Which combinations of the target are determined, booleans of shape (k,), the most certain first.

        One after the other: when the hypothesis that P moves none of the remaining ones is rejected (they were chosen
        by their size, so they are tested together), and that it does not move this one as well.
        """
        _, h, right = self._slopes
        alone = h**2 > self.noise.row_quantile(DETERMINED)
        rows = right @ self.regression.explained
        together = [self.noise.p_value(rows[j:]) < 1 - DETERMINED for j in range(len(rows))]
        return np.logical_and.accumulate(alone & np.array(together, dtype=bool))

    @property
    def unique(self) -> bool:
        """Whether every direction is excited and determined: the regions are then bounded."""
        return self.complete and bool(self.determined.all())

    @cached_property
    def _coordinates(self) -> Array:
        """The estimate in the coordinates q: no estimated move along what is determined, then least norm."""
        h, inside, combinations = self._svd
        kept = self.determined
        q = np.where(kept, -inside / np.where(kept, h, 1.0), 0.0)
        loose = combinations[:, ~kept]
        base = self.regression.mean_state + combinations @ q
        q[~kept] = -np.linalg.lstsq(loose, base, rcond=None)[0]
        return q

    @cached_property
    def estimate(self) -> Array:
        """The estimated target, (d,): of least norm where directions are not determined."""
        return frozen(self.regression.mean_state + self._svd[2] @ self._coordinates)

    @cached_property
    def covariance(self) -> Array:
        """First-order covariance of the determined combinations of the estimate, (d, d)."""
        h, _, combinations = self._svd
        q, kept = self._coordinates, self.determined
        loadings = combinations[:, kept] / h[kept]
        leverage = (1 + float(q @ q)) / self._rows
        return frozen(loadings @ loadings.T * leverage)

    @cached_property
    def loose(self) -> Array:
        """Orthonormal basis (d, r) of the excited directions along which the target is not determined."""
        columns = self._svd[2][:, ~self.determined]
        return frozen(np.linalg.qr(columns)[0])

    def squared(self, w: object) -> float:
        """Return ``T^2(w)``.

        Raises
        ------
        TranscriptError
            When w lies off the affine hull of the inputs: nothing is known there.
        """
        r = self.regression
        state = vectors("w", w, self.noise.d, exact=False)
        offset = state - r.mean_state
        along = r.directions.T @ offset
        outside = norm(offset - r.directions @ along)
        if outside > 1e-9 * (norm(offset) + norm(r.mean_state)):
            raise TranscriptError(
                f"w lies {outside:.3g} off the states that the inputs span ({len(along)} of {len(state)} directions), "
                f"where nothing is known of the agent; probe it along the other directions too"
            )
        scaled = along / r.spreads
        move = self.noise.whiten(r.mean_move + r.explained.T @ scaled)
        return float(move @ move) / (1 / self._rows + float(scaled @ scaled))

    def p_value(self, w: object) -> float:
        """Return the p-value of the hypothesis that w (d,) is a fixed point; exact."""
        return self.noise.tail_of_row(self.squared(w))

    def intervals(self, critical: float) -> Array:
        """Return the projections (d, 2) of ``{w: T^2(w) <= critical}`` on the coordinates; infinite if unbounded."""
        rows = zip(self._svd[2], self.estimate, strict=True)
        return np.array([self._interval(row, float(at), critical) for row, at in rows])

    def known_combinations(self, critical: float) -> list[tuple[Array, float, float]]:
        """Return each determined combination of the target: unit vector l (d,), and the interval of ``l . target``.

        What is not determined is held at the estimate. Empty unless every direction was excited.
        """
        r, combinations = self.regression, self._svd[2]
        found = []
        for j in np.flatnonzero(self.determined & self.complete):
            dual = r.directions @ (r.directions.T @ combinations[:, j] / r.spreads**2)
            dual = dual / norm(dual)
            found.append((frozen(dual), *self._interval(dual @ combinations, float(dual @ self.estimate), critical)))
        return found

    @property
    def drifts(self) -> bool:
        """Whether the agent moves along a direction in which P does not stop it.

        The region of confidence ``DETERMINED`` then holds no state within ``NEAR`` spreads of the inputs.
        """
        if not self.complete or self.determined.all():
            return False
        h, inside, _ = self._svd
        least = np.maximum(abs(inside) - h * NEAR, 0.0)
        return float(least @ least) > self.noise.row_quantile(DETERMINED) * (1 + NEAR**2) / self._rows

    def _radius(self, critical: float) -> tuple[float, Array, Array]:
        """Return squared radius, centre and curvature of the region along what is determined; all excited."""
        h, inside, _ = self._svd
        kept, q = self.determined, self._coordinates
        threshold = critical / self._rows
        slack = h[kept] ** 2 - threshold
        if (slack <= 0).any():
            return math.inf, q[kept], slack
        c, loose = inside[kept], q[~kept]
        gap = inside[~kept] + h[~kept] * loose
        allowed = threshold * (1 + float(loose @ loose) + float((c**2 / slack).sum()))
        return allowed - float(gap @ gap), -h[kept] * c / slack, slack

    def _interval(self, loading: Array, at: float, critical: float) -> tuple[float, float]:
        kept = self.determined
        # A combination of determined ones has no weight in the others, up to rounding.
        if not self.complete or norm(loading[~kept]) > 1e-9 * norm(loading):
            return -math.inf, math.inf
        radius, centre, slack = self._radius(critical)
        if not 0 <= radius < math.inf:
            return -math.inf, math.inf
        middle = at + float(loading[kept] @ (centre - self._coordinates[kept]))
        reach = math.sqrt(radius * float((loading[kept] ** 2 / slack).sum()))
        return middle - reach, middle + reach
