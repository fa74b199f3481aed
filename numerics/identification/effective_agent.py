"""An agent known by its answers: estimates of its update, its target and its noise, each with its uncertainty.

What can be asked of it is here; it is made by :func:`numerics.identify`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from numerics.agents.affine import AffineMap
from numerics.errors import OptionError, ShapeError, TranscriptError
from numerics.identification.checks import ModelCheck
from numerics.identification.fixed_points import FixedPoints
from numerics.identification.known_prompt import PromptFit
from numerics.identification.noise import GaussianNoise
from numerics.identification.regression import Regression
from numerics.identification.rounding import Rounding
from numerics.validation import Array, Frozen, frozen, real_array, vectors

__all__ = ["EffectiveAgent", "confidence"]


def confidence(level: object) -> float:
    """Return a confidence level between 0 and 1, excluded."""
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0 < level < 1:
        raise OptionError(f"level must be a probability between 0 and 1, for example 0.95, got {level!r}")
    return float(level)


def _moved(errors: Array, reaches: Array) -> Array:
    """Return ``errors * reaches``, infinite where an error is, whatever it reaches."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(np.isinf(errors), math.inf, errors * reaches))


@dataclass(frozen=True, eq=False)
class EffectiveAgent(Frozen):
    """An agent known by its answers: estimates, their uncertainty, tests of the model. All arrays dimensionless.

    It is itself an agent: `update` is the estimated mean answer, so it can take part in an `Interaction`.

    Attributes
    ----------
    regression : Regression
        The least-squares fit of ``output - input`` on the input.
    noise : GaussianNoise
        Model, covariance and degrees of freedom of the noise.
    linearity, memory : ModelCheck
        Is there curvature; does the row before matter.
    known_prompt : PromptFit or None
        Comparison with gradient steps on a prompt, when one was given.
    rounding : Rounding
        The units to which the numbers are taken to be rounded.
    repeated : int
        Number of rows that were left out because they repeat others.
    """

    regression: Regression
    noise: GaussianNoise
    linearity: ModelCheck
    memory: ModelCheck
    known_prompt: PromptFit | None
    rounding: Rounding
    repeated: int

    @property
    def d(self) -> int:
        """Dimension of the weights."""
        return len(self.regression.mean_state)

    @property
    def rows(self) -> int:
        """Number of rows that were fitted: those of the transcript without the repeated ones."""
        return len(self.regression.left)

    @property
    def excited(self) -> int:
        """Number of directions along which the inputs vary."""
        return len(self.regression.spreads)

    @cached_property
    def unexcited(self) -> Array:
        """Orthonormal basis (d, d - excited) of the directions along which the inputs do not vary."""
        full, _ = np.linalg.qr(self.regression.directions, mode="complete")
        return frozen(full[:, self.excited :])

    @property
    def noise_free(self) -> bool:
        """Whether the answers are exact, up to floating point: the estimates are then exact as well."""
        return self.noise.model == "none" and not self.bias.any()

    @property
    def bias(self) -> Array:
        """Bound on the systematic error of an entry of an answer, (d,): what rounding may add to all answers alike."""
        return np.zeros(self.d) if self.noise.bias is None else self.noise.bias

    @cached_property
    def geometry(self) -> Array:
        """Estimate of P, (d, d); zero across the excited directions, where nothing is known."""
        return frozen(-self.regression.slope)

    @cached_property
    def geometry_error(self) -> Array:
        """Standard errors of the entries of P, (d, d), from noise alone; infinite in columns not wholly excited."""
        r = self.regression
        columns = ((r.directions / r.spreads) ** 2).sum(axis=1)
        columns[np.linalg.norm(self.unexcited, axis=1) > 1e-9] = math.inf
        return frozen(np.sqrt(np.outer(np.diagonal(self.noise.covariance), columns)))

    @cached_property
    def geometry_rounding(self) -> Array:
        """Bounds on the errors of the entries of P from rounded numbers, (d, d); 0 for full precision."""
        return frozen(_moved(self.bias[:, None], abs(self.regression.directions) @ self._leverages))

    @property
    def _leverages(self) -> Array:
        """How far an error of 1 in every answer can move the slope along each excited direction."""
        return np.asarray(abs(self.regression.left).sum(axis=0) / self.regression.spreads)

    @cached_property
    def geometry_covariance(self) -> Array:
        """Covariance of P on the excited directions from noise alone: [i, j, k, l] is that of P_ij and P_kl."""
        r = self.regression
        inputs = (r.directions / r.spreads**2) @ r.directions.T
        return frozen(np.einsum("ik,jl->ijkl", self.noise.covariance, inputs))

    @cached_property
    def _eigen(self) -> tuple[Array, Array, Array]:
        r = self.regression
        inside = r.directions.T @ self.geometry @ r.directions
        values, vectors_ = np.linalg.eig(inside)
        try:
            dual = np.linalg.inv(vectors_)
        except np.linalg.LinAlgError:  # a Jordan block: eigenvalues move with the root of the noise
            return values, np.full(len(values), math.inf), np.full(len(values), math.inf)
        seen = dual @ r.directions.T @ self.noise.root
        errors = np.linalg.norm(seen, axis=1) * np.linalg.norm(vectors_ / r.spreads[:, None], axis=0)
        moved = _moved(abs(dual @ r.directions.T) @ self.bias, self._leverages @ abs(vectors_))
        order = np.argsort(-values.real, kind="stable")
        return values[order], errors[order], moved[order]

    @property
    def eigenvalues(self) -> Array:
        """Eigenvalues (excited,) of P within the excited directions, by descending real part; complex if they are."""
        return self._eigen[0]

    @property
    def eigenvalue_errors(self) -> Array:
        """First-order standard errors of the eigenvalues, from noise; too small where eigenvalues nearly coincide."""
        return self._eigen[1]

    @property
    def eigenvalue_rounding(self) -> Array:
        """Bounds on the errors of the eigenvalues from rounded numbers, to first order."""
        return self._eigen[2]

    @cached_property
    def fixed_points(self) -> FixedPoints:
        """The states that the agent may keep: what is known of its target."""
        return FixedPoints(self.regression, self.noise)

    @property
    def target(self) -> Array:
        """Estimated target (d,); of least norm along directions in which the agent does not move it noticeably."""
        return self.fixed_points.estimate

    @property
    def target_covariance(self) -> Array:
        """First-order covariance (d, d) of the target, from noise alone; of its determined combinations only."""
        return self.fixed_points.covariance

    def target_intervals(self, level: float = 0.95, *, joint: bool = False) -> Array:
        """Return confidence intervals (d, 2) for the entries of the target; infinite where it is not determined.

        Each holds with about the given probability: exactly for d = 1, and to first order in the noise otherwise. With
        ``joint=True`` all hold together with at least this probability, without approximation.
        """
        confidence(level)
        critical = self.noise.row_quantile(level) if joint else self.noise.scalar_quantile(level) ** 2
        return self.fixed_points.intervals(critical)

    def test_target(self, w: object) -> float:
        """Return the p-value of the hypothesis that w (d,) is a fixed point; ``p > 0.05`` is the exact 95 % region.

        Raises
        ------
        TranscriptError
            When w lies off the states that the inputs span.
        """
        return self.fixed_points.p_value(w)

    def test_geometry(self, geometry: object) -> float:
        """Return the p-value of the hypothesis that P is `geometry` (d, d) on the excited directions; exact."""
        P = real_array("geometry", geometry, exact=False)
        if P.shape != (self.d, self.d):
            raise ShapeError(f"geometry has shape {P.shape}; expected (d, d) with d = {self.d}")
        r = self.regression
        return self.noise.p_value(r.explained + (P @ r.directions * r.spreads).T)

    def tail_of_answer(self, w: Array, answer: Array) -> float:
        """Return the p-value of the hypothesis that the mean answer to w (d,) is `answer` (d,); exact."""
        r = self.regression
        scaled = r.directions.T @ (w - r.mean_state) / r.spreads
        miss = self.noise.whiten(w + r.mean_move + r.explained.T @ scaled - answer)
        return self.noise.tail_of_row(float(miss @ miss) / (1 / self.rows + float(scaled @ scaled)))

    def affine_map(self) -> AffineMap:
        """Return the estimated update.

        Raises
        ------
        TranscriptError
            When some direction was not excited: the update there is unknown.
        """
        self._require_complete()
        r = self.regression
        return AffineMap(r.slope, r.mean_move - r.slope @ r.mean_state)

    def update(self, w: object) -> Array:
        """Return the estimated mean answer (..., d) to w (..., d)."""
        return self.affine_map()(vectors("w", w, self.d, exact=False))

    def _require_complete(self) -> None:
        if self.excited < self.d:
            raise TranscriptError(
                f"the inputs vary along {self.excited} of {self.d} directions, so the update is unknown along the "
                f"other {self.d - self.excited} (see .unexcited); probe the agent there too"
            )
