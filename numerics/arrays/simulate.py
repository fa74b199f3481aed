"""Runs of two alternating agents on arrays of other libraries: PyTorch, JAX, CuPy and whatever follows the standard.

:func:`simulate_arrays` takes prompts as arrays, makes the run with functions of the array API standard only, and
returns arrays of the same library, dtype and device. It is the algorithm of the NumPy engine (affine moves, repeated
squaring, doubling) or, with ``method="attention"``, the real layer turn by turn. Needs the extra ``arrays``. Source:
as :class:`~numerics.interaction.interaction.Interaction`, of which this is the counterpart for floating-point prompts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from numerics.arrays.attention import ArrayLayer, take_turns
from numerics.arrays.inputs import Inputs, value_conditions
from numerics.arrays.turns import affine_move, finite, last_states, trajectory
from numerics.errors import DivergenceError, OptionError, Overflow
from numerics.validation import choice, count

__all__ = ["ArrayRun", "simulate_arrays"]


@dataclass(frozen=True, eq=False)
class ArrayRun:
    """The states of a run, as arrays of the inputs' library, dtype and device. Dimensionless.

    Attributes
    ----------
    w : (..., turns + 1, d) array
        ``w_0, ..., w_turns``; with ``keep="last"`` only the last, (..., 1, d).
    u : (..., turns, d) array
        ``u_0, ..., u_{turns - 1}``, U's answers; with ``keep="last"`` only the last; empty for a run of no turns.
    turns : int
        Number of turns; each is a move of U and then a move of W.
    keep : {"all", "last"}
    method : {"affine", "attention"}
        How the states were computed.
    """

    w: Any
    u: Any
    turns: int
    keep: str
    method: str

    @property
    def w_last(self) -> Any:
        """W's weights after the last turn, (..., d)."""
        return self.w[..., -1, :]

    @property
    def u_last(self) -> Any:
        """U's weights after its last move, (..., d)."""
        if self.turns == 0:
            raise OptionError("a run of turns = 0 has no move of U; simulate at least one turn")
        return self.u[..., -1, :]


def simulate_arrays(
    X_w: Any,
    y_w: Any,
    X_u: Any,
    y_u: Any,
    *,
    step_w: Any,
    step_u: Any,
    w0: Any = None,
    turns: int,
    keep: Literal["all", "last"] = "all",
    method: Literal["affine", "attention"] = "affine",
    check: bool = True,
) -> ArrayRun:
    """Run two agents for a number of turns, U first, on arrays of any library that follows the array API standard.

    Parameters
    ----------
    X_w, X_u : (..., n, d) array
        Examples of W and of U, one a row; the numbers of examples may differ. float32 or float64; all arrays of one
        library, dtype and device. Batch axes of all arguments broadcast.
    y_w, y_u : (..., n) array
        Labels.
    step_w, step_u : float or (...) array
        Step sizes, > 0 and finite.
    w0 : (..., d) array, optional
        Starts of W; zeros by default.
    turns : int
        Number of turns, >= 0.
    keep : {"all", "last"}
        Every state, or only the last: then "affine" takes a time that grows with log(turns).
    method : {"affine", "attention"}
        Propagate the affine map of one turn, or make every move through the full token matrix, V and K.
    check : bool
        Test values. All tests together read one truth value from the device, at the end. False reads none, as
        ``jax.jit``, ``jax.vmap`` and ``torch.vmap`` demand: overflow then shows as infinities or NaN, also where only
        a power of the map overflows and not the state, and bad values give bad results.

    Raises
    ------
    MissingExtraError
        When array-api-compat is not installed.
    DTypeError, ExactnessError, ShapeError, DimensionMismatchError, EmptyPromptError, OptionError
        Whatever `check` says.
    NonFiniteError, StepSizeError, ScaleError
        With `check`: a value that is not finite, a step that is not positive, examples or labels whose squares leave
        the range of the dtype, or moves so large that their product has no correct digit.
    DivergenceError
        With `check`: a state leaves the range of the dtype; names the pair and the turn.

    Notes
    -----
    Nothing is detached or copied to the host: results can be differentiated with respect to every floating-point
    argument. Products have the precision that the library gives them; some round float32 to fewer bits on an
    accelerator unless told otherwise. A run that stays finite is not tested for convergence; see
    :meth:`Interaction.converges`.
    """
    number = count("turns", turns, minimum=0)
    choice("keep", keep, ("all", "last"))
    choice("method", method, ("affine", "attention"))
    arrays = {"X_w": X_w, "y_w": y_w, "X_u": X_u, "y_u": y_u}
    given = Inputs.of(arrays, {"step_w": step_w, "step_u": step_u}, w0)
    xp = given.xp
    # NumPy would warn of an overflow that is reported, or redone, below.
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        moves: Any
        if method == "affine":
            moves = [affine_move(xp, *agent) for agent in _agents(given)]
        else:
            moves = [ArrayLayer(xp, *agent) for agent in _agents(given)]
        w, u = _run(given, moves, number, keep, method, careful=False)
        if check:
            conditions = value_conditions(given, moves if method == "affine" else None)
            if not conditions.hold(finite(xp, w, u)):
                conditions.raise_first()
                try:
                    w, u = _run(given, moves, number, keep, method, careful=True)
                except Overflow as overflow:
                    raise _divergence(given, overflow) from None
    return ArrayRun(w=w, u=u, turns=number, keep=keep, method=method)


def _agents(given: Inputs) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
    return (given.X_w, given.y_w, given.step_w), (given.X_u, given.y_u, given.step_u)


def _run(given: Inputs, moves: Any, turns: int, keep: str, method: str, *, careful: bool) -> tuple[Any, Any]:
    if turns == 0:
        return given.start, given.start[..., :0, :]
    second, first = moves
    if method == "attention":
        return take_turns(given.xp, second, first, given.start, turns, keep_all=keep == "all", careful=careful)
    propagate = trajectory if keep == "all" else last_states
    return propagate(given.xp, second, first, given.start, turns, careful=careful)


def _divergence(given: Inputs, overflow: Overflow) -> DivergenceError:
    batch, where = given.start.shape[:-2], ""
    if batch and overflow.geometry is not None:
        where = f" of the pair at index {tuple(int(i) for i in np.unravel_index(overflow.geometry, batch))}"
    return DivergenceError(
        f"the run{where} leaves the range of {given.dtype_name} at turn {overflow.turn}; take fewer turns or reduce "
        f"the step sizes (below 2/lambda_max of each Gram matrix always converges)",
        turn=overflow.turn,
    )
