"""The record of a simulated run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from numerics.engines.choice import Statistics
from numerics.errors import NumericsError, OptionError
from numerics.validation import Array, frozen, vectors

__all__ = ["Run"]


@dataclass(frozen=True, eq=False)
class Run:
    """What an interaction did: states, and how they were obtained. All arrays dimensionless.

    Attributes
    ----------
    w : (..., turns + 1, d) ndarray
        ``w_0, ..., w_turns``; with ``keep="last"`` only the last, (..., 1, d).
    turns : int
        Number of turns; each is a move of U and then a move of W.
    keep : {"all", "last"}
    method : {"affine", "attention"}
        How the states were computed.
    diverged : (...) bool
        The pair does not converge, and the last turn moved W at least as far as the first one did.
    statistics : Statistics
        Which engine computed the states, its version, its threads, and why it was chosen.
    """

    w: Array
    turns: int
    keep: str
    method: str
    diverged: Array
    statistics: Statistics
    _answers: Callable[[], Array] = field(repr=False)
    _rate: Callable[[], Array] = field(repr=False)
    _targets: Callable[[], tuple[Array | None, Array | None]] = field(repr=False)

    @cached_property
    def u(self) -> Array:
        """``u_0, ..., u_{turns - 1}``, (..., turns, d): U's answer to each w_t, found on first use.

        With ``keep="last"`` only the last, (..., 1, d); empty for a run of no turns.

        Raises
        ------
        DivergenceError
            When U's answers leave the range of double precision although W's do not.
        OptionError
            When the states were written to `out` and have been written over since.
        """
        return frozen(self._answers())

    @property
    def w_last(self) -> Array:
        """W's weights after the last turn, (..., d)."""
        return self.w[..., -1, :]

    @property
    def u_last(self) -> Array:
        """U's weights after its last move, (..., d)."""
        if self.turns == 0:
            raise OptionError("a run of turns = 0 has no move of U; simulate at least one turn")
        return self.u[..., -1, :]

    @property
    def rate(self) -> Array:
        """Spectral radius of one turn of the pair, as :meth:`Interaction.rate`."""
        return self._rate()

    def error_w(self, w_star: object | None = None) -> Array:
        """Return ``e_t = w_t - w*`` for the kept states; `w_star` (..., d) replaces W's own target."""
        return self.w - _target("w", w_star, self._targets()[0], self.w)

    def error_u(self, u_star: object | None = None) -> Array:
        """Return ``f_t = u_t - u*`` for the kept states; `u_star` (..., d) replaces U's own target."""
        return self.u - _target("u", u_star, self._targets()[1], self.w)


def _target(role: str, given: object | None, own: Array | None, like: Array) -> Array:
    if given is not None:
        own = vectors(f"{role}_star", given, like.shape[-1], exact=like.dtype == object)
    if own is None:
        raise NumericsError(f"agent_{role} has no target; pass {role}_star=")
    return own[..., None, :]
