"""What values the array engine accepts: truth values on the device, all of them read by a single transfer.

Which one failed is looked for only when one did. The bounds are those of :class:`~numerics.prompts.Prompt` and
:class:`~numerics.interaction.Interaction`, taken from the range and the precision of the dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numerics.array_inputs import Inputs
from numerics.array_turns import finite
from numerics.errors import NonFiniteError, NumericsError, OptionError, ScaleError, StepSizeError

__all__ = ["Conditions", "value_conditions"]


class Conditions:
    """Truth values of shape (), each with the error that is raised when it is false."""

    def __init__(self, xp: Any) -> None:
        self._xp = xp
        self._listed: list[tuple[Any, Callable[[], NumericsError]]] = []

    def add(self, holds: Any, error: Callable[[], NumericsError]) -> None:
        """Append a truth value and what makes its error."""
        self._listed.append((holds, error))

    def hold(self, *others: Any) -> bool:
        """Whether these and other truth values all hold, by one transfer.

        Raises
        ------
        OptionError
            When values cannot be read, because a transformation such as jit or vmap traces them.
        """
        together = self._xp.all(self._xp.stack([*(holds for holds, _ in self._listed), *others]))
        try:
            return bool(together)
        except (TypeError, RuntimeError) as error:
            raise OptionError(
                f"check=True must read a truth value, which {self._xp.__name__} does not give here "
                f"({str(error).splitlines()[0]}); inside jit and vmap pass check=False and test isfinite of the result"
            ) from error

    def raise_first(self) -> None:
        """Raise the error of the first condition that is false, if any is."""
        for holds, error in self._listed:
            if not bool(holds):
                raise error()


def value_conditions(given: Inputs, moves: Any) -> Conditions:
    """List what the values must satisfy: finite, steps positive, squares and products within the dtype.

    Parameters
    ----------
    given : Inputs
        The arrays.
    moves : pair of (..., d + 1, d) array, or None
        The moves that are to be composed; None when the run composes none.
    """
    xp, dtype, conditions = given.xp, given.dtype_name, Conditions(given.xp)
    numbers = xp.finfo(given.X_w.dtype)
    precision = float(numbers.eps)
    # Squares of numbers within these bounds neither overflow nor lose digits to underflow.
    least = (float(numbers.smallest_normal) / precision) ** 0.5
    for name in ("X_w", "y_w", "X_u", "y_u", "start"):
        conditions.add(finite(xp, getattr(given, name)), partial(_not_finite, "w0" if name == "start" else name))
    for name in ("step_w", "step_u"):
        step = getattr(given, name)
        conditions.add(xp.all(xp.isfinite(step) & (step > 0)), partial(_bad_step, xp, name, step, dtype))
    for name, axes in (("X_w", (-2, -1)), ("y_w", (-1,)), ("X_u", (-2, -1)), ("y_u", (-1,))):
        largest = xp.max(xp.abs(getattr(given, name)), axis=axes)
        fits = (largest == 0) | ((largest >= least) & (largest <= 1 / least))
        conditions.add(xp.all(fits), partial(_bad_scale, name, dtype, least))
    if moves is not None:
        sizes = [xp.max(xp.abs(H[..., :-1, :])) for H in moves]
        conditions.add(sizes[0] * sizes[1] * precision <= 1, partial(_bad_product, dtype, 1 / precision))
    return conditions


def _not_finite(name: str) -> NumericsError:
    return NonFiniteError(f"{name} has non-finite entries; remove or impute them")


def _bad_step(xp: Any, name: str, step: Any, dtype: str) -> NumericsError:
    return StepSizeError(
        f"{name} must be > 0 and finite in {dtype}, its entries go from {float(xp.min(step)):.6g} to "
        f"{float(xp.max(step)):.6g}; a pair converges for 0 < step_size < 2/lambda_max"
    )


def _bad_scale(name: str, dtype: str, least: float) -> NumericsError:
    return ScaleError(
        f"{name} has entries so large or small that their squares leave the range of {dtype}; the largest modulus of a "
        f"prompt must be 0 or between {least:.3g} and {1 / least:.3g}: rescale the examples"
    )


def _bad_product(dtype: str, most: float) -> NumericsError:
    return ScaleError(
        f"step_size times Gram matrix is so large that the map of one turn has no correct digit in {dtype}: the "
        f'product of both largest entries exceeds {most:.3g}; reduce the step sizes, or use method="attention"'
    )
