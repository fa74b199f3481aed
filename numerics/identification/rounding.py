"""Rounded numbers: how many decimals they have, and how far their rounding can move an estimate.

A rounding error is no noise. It is bounded, by half a unit of the last decimal, and within that bound it can be
anything: a run that settles repeats one and the same. An estimate ``sum c_i answer_i`` moves by at most half a unit
times ``|c|_1 <= sqrt(rows) |c|_2``, and its error from independent noise is proportional to ``|c|_2``: so rounding adds
a constant to every test statistic, see :class:`numerics.identification.noise.GaussianNoise`.

Noise above the unit makes the errors random. The error of rounding x to multiples of q is the sawtooth ``(q / pi) sum_k
(-1)^k sin(2 pi k x / q) / k``. Averaged over Gaussian noise of standard deviation s each sine shrinks by ``exp(-2 pi^2
k^2 s^2 / q^2)``, so that what remains systematic is below ``(q / pi) sum_k exp(-2 pi^2 k^2 s^2 / q^2) / k``: less than
1e-8 q from ``s = q`` on. Source: B. Widrow and I. Kollar, Quantization Noise, chapters 4 to 6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from numerics.identification.regression import Regression, computed_to, regress
from numerics.validation import Array, count

__all__ = ["Rounding", "find_rounding", "systematic", "unrepeated"]

#: Significant digits of a number that nobody rounded.
_FULL = 15
#: Fewer different numbers than these say nothing of the decimals of their column.
_DIFFERENT = 4
#: Risk that a noise which is taken to make rounding errors random is smaller than it is taken to be.
_RISK = 1e-3


@dataclass(frozen=True, eq=False)
class Rounding:
    """The units to which the numbers of a transcript are rounded.

    Attributes
    ----------
    decimals : int or None
        Most decimals of an answer; None if the answers have full precision.
    answers, inputs : (d,) ndarray
        Unit of the last decimal, by column; 0 where numbers are exact. Inputs count as rounded where they have as many
        decimals, or significant digits, as answers do; others were chosen, and are exact.
    """

    decimals: int | None
    answers: Array
    inputs: Array

    @property
    def any(self) -> bool:
        """Whether any number is rounded."""
        return self.decimals is not None

    def __str__(self) -> str:
        if self.decimals is None:
            return "Numbers have full precision."
        halves = sorted(set((self.answers[self.answers > 0] / 2).tolist()))
        what = f"have {self.decimals} decimal{'s' * (self.decimals != 1)}" if len(halves) == 1 else "are rounded"
        within = " or ".join(f"{half:.3g}" for half in (halves if len(halves) < 4 else (halves[0], halves[-1])))
        which, rest = "Numbers", ""
        if not self.answers.all():
            which += " of weight " + ", ".join(str(i + 1) for i in np.flatnonzero(self.answers))
            rest = " Those of the others have full precision."
        return f"{which} {what}: each is taken to be within {within} of what the agent said.{rest}"


def find_rounding(inputs: Array, outputs: Array, decimals: object = None) -> Rounding:
    """Find the decimals of a transcript (rows, d) from the shortest decimals that give its numbers, or take them.

    Numbers of the same significant digits (``%.6g``) have many decimals where they are small: the unit of a column is
    that of its largest number. Numbers of single precision count as rounded to it.

    Raises
    ------
    OptionError
        When `decimals` is no integer >= 0.
    """
    if decimals is not None:
        number = count("decimals", decimals, minimum=0)
        unit = float(f"1e-{number}")
        # Below the spacing of floating point a decimal says nothing.
        answers, given_units = (
            np.where(unit > np.spacing(abs(table).max(axis=0)), unit, 0.0) for table in (outputs, inputs)
        )
        return Rounding(number if answers.any() else None, answers, given_units if answers.any() else 0 * answers)
    given, said = _written(inputs), _written(outputs)
    answers = np.array([_unit(x, *written) for x, written in zip(outputs.T, said, strict=True)])
    answers[answers <= computed_to(inputs, outputs)] = 0.0  # floating point is allowed for anyway
    if not answers.any():
        return Rounding(None, answers, answers)
    units = np.array([_unit(x, *written) for x, written in zip(inputs.T, given, strict=True)])
    rounded = [written for written, unit in zip(said, answers, strict=True) if unit]
    places, digits = ({written[i] for written in rounded} for i in (0, 1))
    same = np.array([written[0] in places or written[1] in digits for written in given])
    return Rounding(max(0, *places), answers, np.where(same, units, 0.0))


def _written(table: Array) -> list[tuple[int, int]]:
    """Return the decimals and the significant digits of each column: the most of its numbers, or of the table's.

    In a table with a fixed number of decimals more numbers have all the decimals than all the digits: the largest is
    then taken to have as many decimals as the others.
    """
    cells = [f"{x:.{_FULL - 1}e}".lstrip("-").split("e") for x in table.ravel().tolist()]
    digits = np.array([len(mantissa.replace(".", "").rstrip("0")) for mantissa, _ in cells]).reshape(table.shape)
    powers = np.array([int(power) for _, power in cells]).reshape(table.shape)
    places = np.where(digits > 0, digits - 1 - powers, -_FULL)
    whole = (int(places.max()), int(digits.max()))
    if whole[1] == 0:  # nothing but zeros, which are as exact as any
        return [(0, _FULL)] * table.shape[1]
    written, fixed = [], 0
    for j, column in enumerate(table.T):
        different, first = np.unique(column, return_index=True)
        most = (int(places[:, j].max()), int(digits[:, j].max())) if len(different) >= _DIFFERENT else whole
        fixed += (places[first, j] == most[0]).sum() - (digits[first, j] == most[1]).sum()
        written.append(most)
    if fixed <= 0:
        return written
    columns = zip(table.T, written, strict=True)
    return [(p, max(n, _digits(column, p)) if n < _FULL else n) for column, (p, n) in columns]


def _digits(numbers: Array, places: int) -> int:
    """Return how many significant digits the largest number has with so many decimals."""
    largest = float(abs(numbers).max())
    return min(math.floor(math.log10(largest)) + 1 + places, _FULL - 1) if largest > 0 else 0


def _unit(column: Array, places: int, digits: int) -> float:
    largest = float(abs(column).max())
    if digits >= _FULL:
        with np.errstate(over="ignore"):
            single = column.astype(np.float32)
        return float(np.spacing(np.float32(largest))) if largest > 0 and np.array_equal(single, column) else 0.0
    power = math.floor(math.log10(largest)) if largest > 0 else 0
    return max(float(f"1e{-places}"), float(f"1e{power + 1 - digits}"))


def unrepeated(inputs: Array, outputs: Array) -> Array:
    """Return the indices, in order, of the rows that do not repeat an earlier one."""
    first = np.unique(np.hstack([inputs, outputs]), axis=0, return_index=True)[1]
    return np.sort(first)


def systematic(rounding: Rounding, fit: Regression, inputs: Array, outputs: Array, *, noisy: bool = True) -> Array:
    """Bound the systematic error of rounding in an entry of an answer, (d,); infinite where the inputs hardly vary.

    An input that was rounded makes the answer differ from that to the true one by its error times ``I - P``, which is
    estimated, and bounded by what noise and rounding leave possible.

    Parameters
    ----------
    rounding : Rounding
        The units.
    fit : Regression
        Of the rows that do not repeat others.
    inputs, outputs : (rows, d) ndarray
        The whole transcript, from which the noise of the inputs is taken.
    noisy : bool
        Whether noise may make the errors random.
    """
    if not rounding.any:
        return np.zeros(len(rounding.answers))
    half = _random_inputs(rounding, fit, inputs, outputs) if noisy else rounding.inputs / 2
    half = np.where(np.ptp(inputs, axis=0) > 0, half, 0.0)  # an input that never varies is what it is
    squares = (fit.residuals**2).sum(axis=0)
    passed = _passed_on(rounding.answers / 2, half, fit, np.sqrt(squares / max(fit.freedom, 1)))
    least = np.sqrt(np.maximum(_least_variance(squares, fit.freedom) - (rounding.answers / 2 + passed) ** 2, 0.0))
    return _left_by(rounding.answers, least if noisy else np.zeros_like(least)) + passed


def _passed_on(own: Array, half: Array, fit: Regression, deviation: Array) -> Array:
    """Bound what input errors up to `half` do to the answers: by the estimate of ``I - P``, and by its own error."""
    if not half.any():
        return np.zeros_like(own)
    unseen = np.eye(len(own)) - fit.directions @ fit.directions.T
    if (abs(unseen) @ half).max() > 1e-9 * half.max():  # nobody has seen what the agent does with such an error
        return np.full_like(own, math.inf)
    reach = half @ abs(fit.directions) / fit.spreads
    gain = float(reach @ abs(fit.left).sum(axis=0))
    if gain >= 1:
        return np.full_like(own, math.inf)
    estimated = abs(np.eye(len(own)) + fit.slope) @ half
    return np.asarray((estimated + gain * own + 3 * deviation * float(np.linalg.norm(reach))) / (1 - gain))


def _random_inputs(rounding: Rounding, fit: Regression, inputs: Array, outputs: Array) -> Array:
    """Bound the systematic error of the inputs: what the row before does not explain of them makes it random.

    Random errors bias the slope towards zero, by their variance over that of the inputs.
    """
    d, units = inputs.shape[1], rounding.inputs
    if not units.any() or len(inputs) < 3:
        return units / 2
    before = regress(np.hstack([inputs, outputs])[:-1], np.hstack([inputs[1:], inputs[1:]]))
    squares = (before.residuals[:, :d] ** 2).sum(axis=0)
    least = np.sqrt(np.maximum(_least_variance(squares, before.freedom) - units**2 / 4, 0.0))
    narrow = float(fit.spreads[-1]) / math.sqrt(len(fit.left)) if len(fit.spreads) else 0.0
    bias = units**2 / (12 * narrow) if narrow > 0 else np.full(d, math.inf)
    return np.where(units > 0, np.minimum(units / 2, _left_by(units, least) + bias), 0.0)


def _least_variance(squares: Array, freedom: int) -> Array:
    """Return lower confidence limits of variances."""
    from scipy.special import chdtri

    return np.asarray(squares / float(chdtri(freedom, _RISK))) if freedom > 0 else np.zeros_like(squares)


def _left_by(units: Array, deviations: Array) -> Array:
    """Bound the mean error of rounding to units (d,) under Gaussian noise of standard deviations (d,)."""
    ratio = np.divide(deviations, units, out=np.full_like(units, math.inf), where=units > 0)
    k = np.arange(1, 21)[:, None]
    # Where the terms left out matter the sum is above pi / 2, and half a unit the bound.
    total = (np.exp(-2 * (math.pi * k * ratio) ** 2) / k).sum(axis=0)
    return np.asarray(units * np.minimum(0.5, total / math.pi))
