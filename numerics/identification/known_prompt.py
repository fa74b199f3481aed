"""Compare an identified agent with gradient descent on a prompt that it is known to have.

A gradient step on (X, y) moves w by ``step_size * (b - S w)``: everything is known but one number. Estimated is that
number; tested are the whole statement "for some step size, this is it", and the weaker one that the prompt's minimiser
is a fixed point, which Newton-like agents share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from numerics.agents.agent import LSAAgent
from numerics.agents.prompts import Prompt
from numerics.errors import RankError, TranscriptError
from numerics.identification.fixed_points import FixedPoints
from numerics.identification.noise import GaussianNoise
from numerics.identification.regression import Regression
from numerics.validation import Array, Frozen

__all__ = ["PromptFit", "fit_prompt"]


@dataclass(frozen=True, eq=False)
class PromptFit(Frozen):
    """How an identified agent compares with gradient steps on a known prompt.

    Attributes
    ----------
    prompt : Prompt
    step_size : float
        Estimated step size, in units of the inverse Gram matrix; it can come out negative.
    standard_error : float
        From noise alone.
    rounding : float
        Bound on the error from rounded numbers.
    freedom : float
        Degrees of freedom of the standard error.
    p_value : float
        Of the hypothesis that the agent makes gradient steps on this prompt, with any step size. With the noise model
        ``general``, or rounded numbers, it is an upper bound, so that a rejection is a rejection.
    target_p_value : float or None
        Of the hypothesis that the prompt's minimiser nearest to the inputs is a fixed point of the agent; None where
        it lies off the states that the inputs span.
    """

    prompt: Prompt
    step_size: float
    standard_error: float
    rounding: float
    freedom: float
    p_value: float
    target_p_value: float | None

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the confidence interval of the step size (if the agent makes gradient steps on the prompt).

        Exact with the noise model ``isotropic``; with ``general`` the degrees of freedom are Satterthwaite's.
        """
        from scipy.special import ndtri, stdtrit

        tail = (1 + level) / 2
        quantile = float(ndtri(tail) if math.isinf(self.freedom) else stdtrit(self.freedom, tail))
        reach = quantile * self.standard_error + self.rounding
        return self.step_size - reach, self.step_size + reach

    def agent(self) -> LSAAgent:
        """Return the attention agent with this prompt and the estimated step size.

        Raises
        ------
        StepSizeError
            When the estimate is not positive: the agent does not descend.
        """
        return LSAAgent(self.prompt, self.step_size)


def fit_prompt(prompt: Prompt, fit: Regression, noise: GaussianNoise, points: FixedPoints) -> PromptFit:
    """Fit the step size on a prompt (unbatched, dimension d) to a regression.

    Raises
    ------
    RankError
        When no input has a gradient on this prompt: no step size can be seen.
    """
    S, b = prompt.gram, prompt.moment
    root = math.sqrt(len(fit.left))
    # Rows of unit noise: the mean move, then the slopes; and the same of a gradient step of size one.
    found = np.vstack([root * fit.mean_move, fit.explained])
    step = np.vstack([root * (b - S @ fit.mean_state), -(S @ fit.directions * fit.spreads).T])
    size = float((step**2).sum())
    if math.sqrt(size) <= fit.rounding * root:
        raise RankError(
            "known_prompt: its gradient vanishes at every input, so that no step size can be seen; "
            "probe the agent away from the prompt's minimisers"
        )
    estimate = float((step * found).sum()) / size
    spread = step @ noise.covariance @ step.T
    variance = float(np.trace(spread))
    if noise.model == "general":
        freedom = noise.freedom * variance**2 / float((spread**2).sum())
        p_value = _largest_tail(found, step, noise)
    else:
        freedom = noise.scalar_freedom
        p_value = _one_size_tail(found - estimate * step, noise)
    return PromptFit(
        prompt=prompt,
        step_size=estimate,
        standard_error=math.sqrt(variance) / size,
        rounding=_rounding(step, fit, noise) / size,
        freedom=freedom,
        p_value=p_value,
        target_p_value=_target_p_value(prompt, fit, points),
    )


def _one_size_tail(rest: Array, noise: GaussianNoise) -> float:
    """Return the p-value of rows from which one parameter was fitted, for isotropic noise of estimated size."""
    length = max(0.0, float(np.linalg.norm(noise.whiten(rest))) - noise.offset)
    return noise.tail_of_length(length, rest.size - 1) if rest.size > 1 else 1.0


def _rounding(step: Array, fit: Regression, noise: GaussianNoise) -> float:
    """Bound what rounding adds to the sum of ``step * found``: a sum over all entries of all answers."""
    if noise.bias is None or not noise.bias.any():
        return 0.0
    rows = np.full((len(fit.left), 1), 1 / math.sqrt(len(fit.left)))
    weights = abs(np.hstack([rows, fit.left]) @ step).sum(axis=0)
    return float(weights[weights > 0] @ noise.bias[weights > 0])


def _largest_tail(found: Array, step: Array, noise: GaussianNoise) -> float:
    """Return the largest p-value over all step sizes."""
    likeliest = _likeliest(found, step, noise)
    largest = noise.p_value(found - likeliest * step)
    if 0 < noise.offset < math.inf:
        # What rounding may hide makes other step sizes as likely; none further off than it reaches.
        reach = noise.offset / float(np.linalg.norm(noise.whiten(step)))
        sizes = likeliest + reach * np.linspace(-1, 1, 41)
        largest = max(largest, *(noise.p_value(found - size * step) for size in sizes))
    return largest


def _likeliest(found: Array, step: Array, noise: GaussianNoise) -> float:
    """Return the step size with the largest p-value: it minimises ``log det(scatter + rest^T rest)``."""
    weight: Array = np.linalg.inv(noise.scatter)
    estimate = math.nan
    for _ in range(100):
        previous = estimate
        estimate = float(np.sum((step @ weight) * found) / np.sum((step @ weight) * step))
        if abs(estimate - previous) <= 1e-12 * abs(estimate):
            break
        rest = found - estimate * step
        weight = np.linalg.inv(noise.scatter + rest.T @ rest)
    return estimate


def _target_p_value(prompt: Prompt, fit: Regression, points: FixedPoints) -> float | None:
    # Among the minimisers, target + ker S, the one nearest to the inputs.
    offset = fit.mean_state - prompt.target
    seen = np.linalg.pinv(prompt.gram, hermitian=True) @ prompt.gram
    nearest = fit.mean_state - seen @ offset
    try:
        return points.p_value(nearest)
    except TranscriptError:
        return None
