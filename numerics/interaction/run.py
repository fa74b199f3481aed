"""The record of a simulated run."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from numerics.agents.agent import LSAAgent
from numerics.engines.choice import Statistics
from numerics.engines.engine import Answers
from numerics.engines.outputs import Watch
from numerics.errors import NumericsError, OptionError, Overflow
from numerics.interaction.divergence import overflow_error
from numerics.validation import Array, Frozen, frozen, vectors

if TYPE_CHECKING:
    from numerics.interaction.interaction import Interaction

__all__ = ["Run"]


@dataclass(frozen=True, eq=False)
class _Traits(Frozen):
    """What a run takes along of agents that may hold anything (functions, files, servers) when it is copied."""

    targets: tuple[Array | None, ...]
    found: Array | NumericsError

    @classmethod
    def of(cls, pair: Interaction | _Traits) -> _Traits:
        try:
            return cls(pair.targets, pair.rate())
        except NumericsError as error:
            return cls(pair.targets, error)

    def rate(self) -> Array:
        """The rate that was found, or why there is none."""
        if isinstance(self.found, NumericsError):
            raise self.found
        return self.found


@dataclass(frozen=True, eq=False)
class Run(Frozen):
    """What an interaction did: states, and how they were obtained. All arrays dimensionless.

    A run can be copied, pickled and sent to another process, whatever its agents are.

    Attributes
    ----------
    w : (..., turns + 1, d) ndarray
        ``w_0, ..., w_turns``, of the first agent; with ``keep="last"`` only the last, (..., 1, d).
    turns : int
        Number of turns; each is a move of U and then a move of W, of more agents a move of each.
    keep : {"all", "last"}
    method : {"affine", "attention"}
        How the states were computed.
    diverged : (...) bool
        The pair does not converge, and the last turn moved W at least as far as the first one did.
    statistics : Statistics
        Which engine computed the states, its version, its threads, and why it was chosen.
    order : str
        The order of moves, as for :class:`~numerics.interaction.interaction.Interaction`.
    """

    w: Array
    turns: int
    keep: str
    method: str
    diverged: Array
    statistics: Statistics
    _answers: Answers = field(repr=False)
    _watch: Watch | None = field(repr=False)
    _pair: Interaction | _Traits = field(repr=False)
    order: str = "cycle"
    _states: Array | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        agents = () if isinstance(self._pair, _Traits) else self._pair.agents
        if all(type(agent) is LSAAgent for agent in agents):
            return self.__dict__
        return self.__dict__ | {"_pair": _Traits.of(self._pair)}

    @cached_property
    def u(self) -> Array:
        """``u_0, ..., u_{turns - 1}``, (..., turns, d): U's answer to each w_t, found on first use.

        Of more than two agents U is the last of the list: what it is that W answers.

        With ``keep="last"`` only the last, (..., 1, d); empty for a run of no turns.

        Raises
        ------
        DivergenceError
            When U's answers leave the range of double precision although W's do not.
        OptionError
            When the states were written to `out` and have been written over since.
        """
        if isinstance(self._answers, np.ndarray):
            return frozen(self._answers)
        if self._watch is not None:
            self._watch.check()
        states = self.w[..., :-1, :]
        try:
            return frozen(self._answers(states))
        except Overflow as overflow:
            raise overflow_error(overflow, states.shape[:-2], self._pair.rate) from None

    @cached_property
    def states(self) -> Array:
        """The weights of all agents after each turn, W's first, (..., turns, N, d); found on first use.

        Raises
        ------
        OptionError
            For a run with ``keep="last"``, or of more than two agents when it was copied with agents that cannot be,
            or when one of them remembers.
        """
        if self._states is not None:
            return self._states
        if self.keep != "all":
            raise OptionError('only the last weights of W and U were kept; simulate with keep="all"')
        if len(self._pair.targets) == 2:
            return frozen(np.stack(np.broadcast_arrays(self.w[..., 1:, :], self.u), axis=-2))
        if isinstance(self._pair, _Traits):
            raise OptionError("the agents did not come with this copy of the run; ask for states before it is copied")
        if self._watch is not None:
            self._watch.check()
        others = self._pair._others(self.w[..., :-1, :])
        first = np.broadcast_to(self.w[..., 1:, None, :], (*others.shape[:-2], 1, others.shape[-1]))
        return frozen(np.concatenate([first, others], axis=-2))

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
        return self._pair.rate()

    def error_w(self, w_star: object | None = None) -> Array:
        """Return ``e_t = w_t - w*`` for the kept states; `w_star` (..., d) replaces W's own target."""
        return self.w - _target("w", w_star, self._pair.targets[0], self.w)

    def error_u(self, u_star: object | None = None) -> Array:
        """Return ``f_t = u_t - u*`` for the kept states; `u_star` (..., d) replaces U's own target."""
        return self.u - _target("u", u_star, self._pair.targets[-1], self.w)


def _target(role: str, given: object | None, own: Array | None, like: Array) -> Array:
    if given is not None:
        own = vectors(f"{role}_star", given, like.shape[-1], exact=like.dtype == object)
    if own is None:
        raise NumericsError(f"agent_{role} has no target; pass {role}_star=")
    return own[..., None, :]
