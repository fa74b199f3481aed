"""Identify a black-box agent from a transcript: its effective affine update, its target, and how far they are known.

The model is ``output = input - P (input - w*) + noise``: what a gradient step on any prompt does (``P = step_size S``),
and any other affine update. P need not be symmetric. The noise is Gaussian, independent from row to row, of one
unknown covariance. For inputs that were chosen beforehand the regions are exact in finite samples; for inputs that an
interaction produced from earlier outputs they are approximations, because the noise then feeds back into the inputs.
Noise that carries over from row to row or grows with the state breaks them; `memory` and `linearity` often show that.
Directions along which the inputs do not vary are reported, not guessed.

Numbers that were rounded carry errors which are no noise; they are bounded (rounding), rows that repeat another are
left out unless noise explains them, and all regions and tests allow for the bound: they hold the truth with at least
the stated probability.

Probe with more rows than the dimension asks for, spread around where the agent will be used: the errors shrink with the
spread of the inputs and with the root of the number of rows. Source: the chapter "Black boxes" of the book; the
regions are Fieller's (fixed_points), Hotelling's and Wilks' (noise).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from numerics.agents.prompts import Prompt
from numerics.errors import DTypeError, ShapeError, TranscriptError
from numerics.identification.checks import (
    ModelCheck,
    affine_to_rounding,
    linearity,
    memory,
    noise_of,
    rows_needed,
    settled_model,
)
from numerics.identification.effective_agent import EffectiveAgent
from numerics.identification.fixed_points import FixedPoints
from numerics.identification.known_prompt import fit_prompt
from numerics.identification.noise import NoiseModel
from numerics.identification.regression import Regression, regress
from numerics.identification.rounding import find_rounding, systematic, unrepeated
from numerics.validation import choice, real_array, same_dimension, squares_representable

__all__ = ["identify"]

#: Share of a unit below which the errors of rounding count as random: rows that repeat are then chance.
_RANDOM = 0.01


def identify(
    inputs: object,
    outputs: object,
    *,
    known_prompt: Prompt | tuple[object, object] | None = None,
    noise: NoiseModel = "general",
    decimals: int | None = None,
) -> EffectiveAgent:
    """Identify an agent from what it was given and what it answered.

    Parameters
    ----------
    inputs, outputs : (rows, d) array_like
        One exchange a row, in the order of time (only the test for memory uses the order).
    known_prompt : Prompt or pair (X, y), optional
        A prompt of dimension d that the agent is known to have. Its step size is then estimated as well, and tested
        is whether the agent makes gradient steps on it; the free estimates do not change.
    noise : {"general", "isotropic", "none"}
        What is assumed of the noise in an answer: any covariance; ``sigma^2 I``, which needs fewer rows; or none, for
        an agent known to be deterministic. Answers of full precision that are affine up to rounding count as free of
        noise by themselves.
    decimals : int, optional
        Decimals to which the numbers are rounded; by default they are found from the numbers, see
        :class:`numerics.identification.rounding.Rounding`. Half a unit of the last one bounds the error of a number.
        With ``noise="none"``, answers that are affine up to floating point are exact whatever their decimals.

    Returns
    -------
    EffectiveAgent

    Raises
    ------
    TranscriptError
        With too few rows (2 d + 1 for general noise, d + 2 for isotropic, d + 1 for none; fewer if fewer directions are
        excited), or with ``noise="none"`` for answers that are not affine.
    ShapeError, NonFiniteError, DTypeError, ExactnessError, ScaleError, OptionError, RankError

    Examples
    --------
    >>> import numpy as np
    >>> from numerics import LSAAgent, Prompt, identify
    >>> rng = np.random.default_rng(0)
    >>> agent = LSAAgent(Prompt.from_target(rng.normal(size=(6, 2)), [1.0, -1.0]), 0.3)
    >>> inputs = rng.normal(size=(20, 2))
    >>> found = identify(inputs, agent.update(inputs) + 0.01 * rng.normal(size=(20, 2)))
    >>> bool(found.test_target([1.0, -1.0]) > 0.001)
    True
    """
    choice("noise", noise, ("general", "isotropic", "none"))
    given = real_array("inputs", inputs, exact=False)
    answers = real_array("outputs", outputs, exact=False)
    if given.shape != answers.shape or given.ndim != 2 or given.shape[1] < 1:
        raise ShapeError(
            f"inputs has shape {given.shape} and outputs {answers.shape}; expected (rows, d) for both, one exchange "
            f"a row"
        )
    if len(given) < 2:
        raise TranscriptError(f"the transcript has too few rows: {len(given)}; {rows_needed(given.shape[1])}")
    for name, array in (("inputs", given), ("outputs", answers)):
        squares_representable(name, array, axes=(0, 1))
    rounding = find_rounding(given, answers, decimals)
    fit, kept = regress(given, answers - given), np.arange(len(given))
    if noise == "none" and affine_to_rounding(fit):
        rounding = replace(rounding, answers=0 * rounding.answers, inputs=0 * rounding.inputs)
    bias = systematic(rounding, fit, given, answers, noisy=noise != "none")
    if (bias > _RANDOM * rounding.answers).any():  # a row that repeats another says the same again
        kept = unrepeated(given, answers)
        fit = regress(given[kept], (answers - given)[kept])
        bias = systematic(rounding, fit, given, answers, noisy=noise != "none")
    repeated = len(given) - len(kept)
    model = settled_model(fit, noise, bias, repeated)
    estimated = noise_of(fit, model, rounding.answers, bias)
    points = FixedPoints(fit, estimated)
    if model == "none":
        exact = "fits to rounding" if fit.freedom else "no row is left to test it"
        p_value = 1.0 if fit.freedom else None
        checks = [ModelCheck(p_value, exact, 0)] * 2
    else:
        checks = [
            linearity(fit, estimated),
            memory(given, answers - given, kept, estimated, rounding.answers),
        ]
        if repeated:
            checks = [_of_different(check, len(kept)) for check in checks]
    return EffectiveAgent(
        regression=fit,
        noise=estimated,
        rounding=rounding,
        repeated=repeated,
        linearity=checks[0],
        memory=checks[1],
        known_prompt=None if known_prompt is None else fit_prompt(_prompt(known_prompt, fit), fit, estimated, points),
    )


def _of_different(check: ModelCheck, rows: int) -> ModelCheck:
    return check if check.p_value is not None else replace(check, added=f"rows repeat, {rows} differ; {check.added}")


def _prompt(given: Prompt | tuple[object, object], fit: Regression) -> Prompt:
    if not isinstance(given, Prompt):
        if not (isinstance(given, tuple | list) and len(given) == 2):
            raise DTypeError(f"known_prompt is a {type(given).__name__}; expected a Prompt or a pair (X, y)")
        given = Prompt(*(real_array(name, part, exact=False) for name, part in zip(("X", "y"), given, strict=True)))
    if given.batch_shape:
        raise ShapeError(f"known_prompt has batch shape {given.batch_shape}; pass the one prompt of this agent")
    same_dimension(transcript=len(fit.mean_state), known_prompt=given.d)
    real_array("known_prompt", given.X, exact=False)
    return given
