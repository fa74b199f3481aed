"""The errors and warnings of the numerical side, and how warnings are held back; each names its cause and remedy.

Every message names the argument, its value or shape, the bound that it broke, and what to do.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = [
    "ChatAnswerError",
    "ChatError",
    "ChatServerError",
    "DTypeError",
    "DampingWarning",
    "DimensionMismatchError",
    "DivergenceError",
    "DivergenceWarning",
    "EmptyPromptError",
    "ExactnessError",
    "MissingExtraError",
    "NoEquilibriumError",
    "NonFiniteError",
    "NotAffineError",
    "NothingToAttackError",
    "NumericsError",
    "OptionError",
    "Overflow",
    "RankError",
    "ScaleError",
    "ShapeError",
    "StepSizeError",
    "SweepError",
    "SweepStoreError",
    "TokenLimitError",
    "TranscriptError",
    "WhiteBoxError",
    "held_back",
    "warn",
]

_held: ContextVar[bool] = ContextVar("_held", default=False)


@contextmanager
def held_back() -> Iterator[None]:
    """Hold back what :func:`warn` says, in this thread or task, inside a ``with`` statement."""
    token = _held.set(True)
    try:
        yield
    finally:
        _held.reset(token)


def warn(message: str, category: type[Warning], *, stacklevel: int) -> None:
    """Warn as ``warnings.warn`` does, unless warnings are held back; `stacklevel` 1 is the caller."""
    if not _held.get():
        warnings.warn(message, category, stacklevel=stacklevel + 1)


class Overflow(Exception):
    """Internal signal: a geometry (flat index, None if unknown) is not finite from turn `turn` on."""

    def __init__(self, geometry: int | None, turn: int) -> None:
        super().__init__(geometry, turn)
        self.geometry, self.turn = geometry, turn


class NumericsError(ValueError):
    """Base class of every error that this package raises on purpose."""


class ShapeError(NumericsError):
    """An array has the wrong number of axes or the wrong length along one of them."""


class DimensionMismatchError(ShapeError):
    """Two objects that must live in the same space have different dimensions d."""


class EmptyPromptError(ShapeError):
    """A prompt without examples, without features, or an empty batch of prompts."""


class DTypeError(NumericsError):
    """The entries are neither real floating-point numbers nor rationals."""


class ExactnessError(DTypeError):
    """Exact rationals and floating-point numbers meet in one computation."""


class NonFiniteError(NumericsError):
    """An input, or the answer of an agent, holds NaN or an infinity."""


class ScaleError(NumericsError):
    """Finite numbers whose products leave the range of double precision."""


class StepSizeError(NumericsError):
    """A step size that is zero, negative or not finite."""


class OptionError(NumericsError):
    """A count or a keyword has a value that is not one of those allowed."""


class RankError(NumericsError):
    """A geometry of rank 0 where at least one direction is needed."""


class WhiteBoxError(NumericsError):
    """An agent that does not show the prompt which a white-box method reads."""


class NotAffineError(NumericsError):
    """A question about the affine map of one turn, asked of agents that have none."""


class NoEquilibriumError(NumericsError):
    """The turn has no fixed point: the pair drifts along a direction that no move restores."""


class DivergenceError(NumericsError):
    """A run left the range of double precision.

    Attributes
    ----------
    turn : int or None
        The first turn (counted from 1) whose state is not finite.
    rate : float or None
        Spectral radius of one turn of the pair that overflowed, where known.
    """

    def __init__(self, message: str, *, turn: int | None = None, rate: float | None = None) -> None:
        super().__init__(message)
        self.turn = turn
        self.rate = rate


class DivergenceWarning(UserWarning):
    """A run stayed finite, but its pair does not converge and its moves have not become shorter."""


class DampingWarning(UserWarning):
    """A damping outside (0, 2): the helper does not bring the main agent closer to its target."""


class NothingToAttackError(NumericsError):
    """An attack on an agent that never moves."""


class TranscriptError(NumericsError):
    """A transcript that is too short, incomplete, or not of the agents that it is said to be of."""


class MissingExtraError(NumericsError):
    """A part of the package whose optional dependencies are not installed; the message names the extra."""


class ChatError(NumericsError):
    """An exchange with a chat server that did not lead to an answer."""


class ChatServerError(ChatError):
    """The server refuses the request, or cannot be reached within the budget; starting again goes on from here."""


class ChatAnswerError(ChatError):
    """The model gave no usable answer within the number of attempts."""


class TokenLimitError(ChatError):
    """The next request could exceed the token limit; a higher limit goes on from here."""


class SweepError(NumericsError):
    """The evaluation of a grid point failed; the message names the point and the cause."""


class SweepStoreError(NumericsError):
    """A store that belongs to another sweep, is in use, or cannot be read."""
