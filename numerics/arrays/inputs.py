"""What the array engine accepts: arrays of one namespace, dtype and device, whose shapes fit.

All this is known without looking at values. Conditions on values are truth values on the device, all of them read by a
single transfer; which one failed is looked for only when one did. The bounds are those of
:class:`~numerics.agents.prompts.Prompt` and :class:`~numerics.interaction.interaction.Interaction`, taken from the
range and the precision of the dtype.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

import numpy as np

from numerics.arrays.turns import finite
from numerics.environment import needs_extra
from numerics.errors import (
    DTypeError,
    EmptyPromptError,
    ExactnessError,
    NonFiniteError,
    NumericsError,
    OptionError,
    ScaleError,
    ShapeError,
    StepSizeError,
)
from numerics.validation import broadcast_batches, same_dimension

__all__ = ["Inputs", "value_conditions"]


@dataclass(frozen=True, eq=False)
class Inputs:
    """Two agents and a start, of one namespace, dtype and device; shapes checked, values not.

    Attributes
    ----------
    xp : namespace
        Array namespace of all arrays, with the functions of the standard.
    X_w, y_w, step_w, X_u, y_u, step_u : array
        Shapes (..., n, d), (..., n) and (...), for each agent.
    start : (..., 1, d) array
        W's starts, broadcast to the full batch shape.
    """

    xp: Any
    X_w: Any
    y_w: Any
    step_w: Any
    X_u: Any
    y_u: Any
    step_u: Any
    start: Any

    @property
    def dtype_name(self) -> str:
        """``float32`` or ``float64``."""
        return "float32" if self.X_w.dtype == self.xp.float32 else "float64"

    @classmethod
    def of(cls, arrays: dict[str, object], steps: dict[str, object], w0: object | None) -> Inputs:
        """Check `arrays` (X_w, y_w, X_u, y_u), `steps` (step_w, step_u; numbers or arrays) and the start.

        Raises
        ------
        MissingExtraError, DTypeError, ExactnessError, ShapeError, DimensionMismatchError, EmptyPromptError,
        OptionError, StepSizeError
        """
        with needs_extra("arrays", "arrays of other libraries need"):
            import array_api_compat as compat
        given = dict(arrays) if w0 is None else {**arrays, "w0": w0}
        given |= {name: step for name, step in steps.items() if not _is_number(name, step)}
        a: dict[str, Any] = {name: np.asarray(v) if compat.is_numpy_array(v) else v for name, v in given.items()}
        xp = _namespace(compat, given)
        _one_dtype(xp, a)
        # JAX itself refuses arrays that are committed to different devices, and traced ones have none.
        if not compat.is_jax_array(a["X_w"]):
            _one_device({name: compat.device(array) for name, array in a.items()})
        for role in "wu":
            _prompt_shapes(role, a[f"X_{role}"], a[f"y_{role}"])
        d = same_dimension(X_w=a["X_w"].shape[-1], X_u=a["X_u"].shape[-1])
        # Made from entries that are there, new arrays are where these are, whatever kind of device that be.
        example = a["X_w"][(*(0,) * (a["X_w"].ndim - 1), ...)]
        for name in steps.keys() - a.keys():
            a[name] = _step_array(xp, name, steps[name], example[0])
        start = a.pop("w0", xp.zeros_like(example))
        if start.ndim == 0 or start.shape[-1] != d:
            raise ShapeError(f"w0 has shape {tuple(start.shape)}; expected (..., d) with d = {d}")
        axes = {"X_w": -2, "y_w": -1, "X_u": -2, "y_u": -1}
        shapes = {name: tuple(v.shape)[: axes.get(name)] for name, v in a.items()}
        batch = broadcast_batches(**shapes, w0=tuple(start.shape[:-1]))
        if 0 in batch:
            raise EmptyPromptError(f"the batch has shape {batch}: it needs at least one pair")
        return cls(xp=xp, start=xp.broadcast_to(start, (*batch, d))[..., None, :], **a)


def _is_number(name: str, step: object) -> bool:
    if isinstance(step, (bool, Fraction)):
        kind = ExactnessError if isinstance(step, Fraction) else DTypeError
        raise kind(f"{name} is {step!r} of type {type(step).__name__}; pass float({name}), or an array")
    return isinstance(step, (int, float))


def _step_array(xp: Any, name: str, step: Any, like: Any) -> Any:
    numbers = xp.finfo(like.dtype)
    if not float(numbers.smallest_normal) <= step <= float(numbers.max):
        raise StepSizeError(f"{name} must be > 0 and finite in {like.dtype}, got {step!r}")
    return xp.full_like(like, float(step))


def _namespace(compat: Any, arrays: dict[str, object]) -> Any:
    found = {}
    for name, value in arrays.items():
        if isinstance(value, np.ma.MaskedArray):
            raise DTypeError(f"{name} is a masked array; fill or drop the masked entries first")
        try:
            found[name] = compat.array_namespace(value)
        except TypeError as error:
            raise DTypeError(
                f"{name} is a {type(value).__name__}; expected an array of a library that follows the array API "
                f"standard (NumPy, PyTorch, JAX, CuPy, ...): convert it with that library's asarray"
            ) from error
    if len(set(found.values())) > 1:
        listing = ", ".join(f"{name} {xp.__name__}" for name, xp in found.items())
        raise DTypeError(f"the arrays are of different libraries: {listing}; convert all to one with its asarray")
    return next(iter(found.values()))


def _one_dtype(xp: Any, arrays: dict[str, Any]) -> None:
    for name, array in arrays.items():
        if array.dtype == object:
            raise ExactnessError(
                f"{name} is an object array; exact rationals run through "
                f"Interaction(LSAAgent(Prompt(X, y), step_size), ...).simulate, or pass {name}.astype(float)"
            )
        if array.dtype not in (xp.float32, xp.float64):
            raise DTypeError(
                f"{name} has dtype {array.dtype}; expected float32 or float64: convert it, as in "
                f"xp.astype({name}, xp.float64)"
            )
    if any(array.dtype != arrays["X_w"].dtype for array in arrays.values()):
        listing = ", ".join(f"{name} {array.dtype}" for name, array in arrays.items())
        raise DTypeError(f"the arrays have different dtypes: {listing}; convert all to one of them")


def _one_device(devices: dict[str, Any]) -> None:
    if any(device != devices["X_w"] for device in devices.values()):
        listing = ", ".join(f"{name} {device}" for name, device in devices.items())
        raise OptionError(f"the arrays are on different devices: {listing}; move all to one of them")


def _prompt_shapes(role: str, X: Any, y: Any) -> None:
    shape, labels = tuple(X.shape), tuple(y.shape)
    if len(shape) < 2:
        raise ShapeError(f"X_{role} has shape {shape}; expected (..., n, d), one example a row")
    if 0 in shape:
        raise EmptyPromptError(f"X_{role} has shape {shape}: a prompt needs at least one example and one feature")
    if not labels or labels[-1] != shape[-2]:
        raise ShapeError(
            f"y_{role} has shape {labels} but X_{role} has shape {shape}: expected one label for each of the "
            f"{shape[-2]} examples, y_{role} (..., n)"
        )


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
