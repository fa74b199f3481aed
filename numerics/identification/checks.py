"""The model behind an identification: its noise, and tests of whether the agent is affine and forgets.

Each test adds columns to the regression and asks whether they explain more than noise would: F or Wilks tests, under
the same assumptions as the estimates. Passing is no proof: it says what would have been seen had it been large.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from numerics.errors import TranscriptError
from numerics.identification.noise import GaussianNoise, NoiseModel
from numerics.identification.regression import Regression, regress
from numerics.validation import Array

__all__ = ["ModelCheck", "affine_to_rounding", "linearity", "memory", "noise_of", "rows_needed", "settled_model"]


@dataclass(frozen=True)
class ModelCheck:
    """The outcome of one test.

    Attributes
    ----------
    p_value : float or None
        Probability of a result at least as extreme if the model holds; None when it could not be tested.
    added : str
        What was added to the regression, or what is missing for the test.
    columns : int
        Number of independent columns added.
    """

    p_value: float | None
    added: str
    columns: int

    def passes(self, risk: float = 0.05) -> bool | None:
        """Whether the model stands at this risk of a false alarm; None when it was not tested."""
        return None if self.p_value is None else self.p_value > risk


def noise_of(fit: Regression, model: NoiseModel, units: Array, bias: Array) -> GaussianNoise:
    """Return the noise that the residuals of a regression show, with rounding as its floor.

    Parameters
    ----------
    fit : Regression
        With the residuals.
    model : {"general", "isotropic", "none"}
        What is assumed of the noise.
    units : (d,) ndarray
        Units to which the answers are rounded: a twelfth of the square is the least variance.
    bias : (d,) ndarray
        Bound on the systematic error of an entry of an answer.
    """
    floor = np.diag(max(fit.rounding, 1e-150) ** 2 + units**2 / 12)
    if model == "none":
        return GaussianNoise("none", floor, math.inf, bias, len(fit.left))
    scatter = fit.residuals.T @ fit.residuals + fit.freedom * floor
    return GaussianNoise(model, scatter, float(fit.freedom), bias, len(fit.left))


def rows_needed(k: int) -> str:
    """Say how many rows an identification takes when the inputs vary along k directions."""
    return (
        f"for inputs that vary along {k} directions the fit takes {k + 1}, and the noise {k} more "
        f'(one more with noise="isotropic", none with noise="none", for an agent known to answer without noise)'
    )


def affine_to_rounding(fit: Regression) -> bool:
    """Whether the answers are affine up to floating point, and rows are left over to show it."""
    return fit.freedom > 0 and _size(fit) <= fit.rounding


def _size(fit: Regression) -> float:
    return float(np.linalg.norm(fit.residuals)) / math.sqrt(max(fit.freedom, 1) * len(fit.mean_state))


def settled_model(fit: Regression, noise: NoiseModel, bias: Array, repeated: int = 0) -> NoiseModel:
    """Return the noise model after a look at the residuals; refuse a transcript that cannot support it.

    Parameters
    ----------
    fit : Regression
        With the residuals.
    noise : {"general", "isotropic", "none"}
        What is assumed.
    bias : (d,) ndarray
        Bound on the error of rounding in an entry of an answer; 0 for full precision.
    repeated : int
        Number of rows that were left out because they repeat others.
    """
    k, d, freedom = len(fit.spreads), len(fit.mean_state), fit.freedom
    if noise != "none" and affine_to_rounding(fit):  # if there is noise, it is less than what rounding may hide
        return "none"
    if noise == "none":
        allowed = math.sqrt(len(fit.left) / (max(freedom, 1) * d)) * float(np.linalg.norm(bias))
        if freedom and _size(fit) > fit.rounding + allowed:
            raise TranscriptError(
                f'noise="none", but the answers differ from any affine map by {_size(fit):.3g} (root mean square; '
                f'rounding would be {fit.rounding + allowed:.1e}): leave out noise="none"'
            )
        return noise
    least = d if noise == "general" else 1
    if freedom < least:
        rows = f"{freedom + 1 + k}" + (f" besides {repeated} that repeat them" if repeated else "")
        raise TranscriptError(
            f"the transcript has too few rows: {rows} leave {freedom} to estimate the noise, and {least} "
            f"are needed: {k + 1} rows go into the fit along {k} directions, so give at least {k + 1 + least}"
            + (f', or {k + 2} with noise="isotropic"' if noise == "general" and d > 1 else "")
            + (', or noise="none" if the agent is known to answer without noise' if repeated or not freedom else "")
        )
    return noise


def linearity(fit: Regression, noise: GaussianNoise) -> ModelCheck:
    """Test for curvature: squares and products of the inputs, and a cubic term that shows saturation."""
    z = fit.left * math.sqrt(len(fit.left))
    k = z.shape[1]
    if k == 0:
        return ModelCheck(None, "the inputs do not vary", 0)
    first, second = np.triu_indices(k)
    squares, products = z**2, z[:, first] * z[:, second]
    cubes = (z**2).sum(axis=1, keepdims=True) * z
    choices = (
        ("squares, products and cubes", np.hstack([products, cubes])),
        ("squares and products", products),
        ("squares", squares),
    )
    for added, columns in choices:
        basis = _beyond(fit, columns)
        if basis.shape[1] and _affordable(noise, fit, basis.shape[1]):
            return _test(fit, noise, basis, added)
    return ModelCheck(None, f"needs at least {1 + 2 * k + _spare(noise)} rows at distinct inputs", 0)


def memory(inputs: Array, moves: Array, kept: Array, noise: GaussianNoise, units: Array) -> ModelCheck:
    """Test whether the row before explains the answer; rows in the order of time, of which those `kept` are explained.

    Added are the input before and the answer before, which also shows noise that carries over from row to row; the
    input alone where rows are few. The test with the answer is exact for long transcripts only: its level stays within
    1 % of the stated one from 15 rows on (measured, d = 2).
    """
    d = inputs.shape[1]
    needed = f"needs at least {2 + 2 * d + _spare(noise)} rows"
    now = kept[kept > 0]
    if len(now) < 2:
        return ModelCheck(None, needed, 0)
    before = regress(inputs[now - 1], moves[now - 1])
    fit, past = regress(inputs[now], moves[now]), inputs[now - 1] - before.mean_state
    choices = (
        ("the input and the answer before", np.hstack([past, before.residuals])),
        ("the input before", past),
    )
    for added, columns in choices:
        basis = _beyond(fit, columns)
        if basis.shape[1] and _affordable(noise, fit, basis.shape[1]):
            return _test(fit, noise_of(fit, noise.model, units, _bias(noise)), basis, added)
    return ModelCheck(None, needed, 0)


def _bias(noise: GaussianNoise) -> Array:
    return np.zeros(noise.d) if noise.bias is None else noise.bias


def _spare(noise: GaussianNoise) -> int:
    """Degrees of freedom that must stay for the noise, two more than the least so that a test has power."""
    return noise.d + 2 if noise.model == "general" else 2


def _affordable(noise: GaussianNoise, fit: Regression, columns: int) -> bool:
    return fit.freedom - columns >= _spare(noise)


def _beyond(fit: Regression, columns: Array) -> Array:
    """Return an orthonormal basis of what the columns (m, q) hold beyond the regression."""
    scale = np.linalg.norm(columns, axis=0)
    scaled = columns[:, scale > 0] / scale[scale > 0]
    scaled = scaled - scaled.mean(axis=0)
    for _ in range(2):  # twice is enough to be orthogonal to rounding
        scaled = scaled - fit.left @ (fit.left.T @ scaled)
    basis, values, _ = np.linalg.svd(scaled, full_matrices=False)
    return np.asarray(basis[:, values > 1e-8])


def _test(fit: Regression, noise: GaussianNoise, basis: Array, added: str) -> ModelCheck:
    if math.isinf(noise.offset):
        return ModelCheck(None, "the inputs hardly vary beyond their rounding", 0)
    rows = basis.T @ fit.residuals
    return ModelCheck(noise.without(rows, fit.rounding).p_value(rows), added, len(rows))
