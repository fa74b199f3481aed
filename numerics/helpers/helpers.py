"""Helpers: agents U that choose a new objective every turn so that the main agent W reaches its target.

A helper is an LSA agent and nothing else: every turn it writes the labels of an objective u*_t for its own examples and
moves through the real attention layer (:class:`~numerics.helpers.relabelling.RelabellingAgent`). Its moves lie in
range(X^T): what its examples do not span stays undone. Everything is batched over leading axes and works in floating
point and in exact rationals. All quantities are dimensionless. Source: section 8 of the theory (newton-helper,
plateau-removed, rank-limited, inexact-helper, blind-helper).
"""

from __future__ import annotations

import numpy as np

from numerics.agents.agent import Agent, LSAAgent
from numerics.agents.prompts import Prompt
from numerics.errors import DampingWarning, ShapeError, WhiteBoxError, warn
from numerics.helpers.extrapolation import Anchor, next_question
from numerics.helpers.relabelling import RelabellingAgent, apply, pseudo_inverse, refuse_rank_zero
from numerics.validation import (
    Array,
    any_exact,
    broadcast_batches,
    count,
    frozen,
    real_array,
    same_dimension,
    squares_representable,
)

__all__ = ["BlindHelper", "FixedHelper", "NewtonHelper"]


class NewtonHelper(RelabellingAgent):
    """White box: moves the main agent by a damped Newton step on its own in-prompt loss.

    Parameters
    ----------
    main : Agent
        The agent to help; it must show its :class:`Prompt` as ``.prompt``.
    X : (..., n, d) array_like
        The helper's examples, not all zero; batch axes broadcast against the main agent's.
    step_size : array_like
        Of the helper's layer, > 0. The labels make up for it, so that it changes nothing but rounding: of size
        ``eps step_size lambda_max |w|``, negligible up to step sizes of a few over the largest Gram eigenvalue.
    damping : array_like
        Share of the Newton step, a scalar or one for each geometry. 1 lands in one turn on the target, up to the
        part that no example of either agent spans; in (0, 2) every turn multiplies that error by ``1 - damping``.
    gram : (..., d, d) array_like, optional
        An estimate of the main agent's Gram matrix (any square matrix, not zero); its own by default.

    Raises
    ------
    WhiteBoxError, RankError, DimensionMismatchError, StepSizeError
        For a main agent without a prompt, a zero X or gram, another dimension, a bad step size.
    ScaleError
        For a step size that rounding cannot make up for; for labels or estimates out of range.
    ShapeError, EmptyPromptError, NonFiniteError, DTypeError, ExactnessError

    Warns
    -----
    DampingWarning
        When the damping is outside (0, 2); says what will happen.

    Notes
    -----
    ``u*_t = w_t - damping Q^+ S^+ g_t`` with ``g_t = X_W^T (X_W w_t - y_W) / n_W``. Without an estimate ``S^+ g_t``
    is the least-squares solution ``X_W^+ (X_W w_t - y_W)``, whose rounding error is that of X_W, not of its square.
    Source: newton-helper, rank-limited, inexact-helper.
    """

    def __init__(
        self, main: Agent, X: object, *, step_size: object, damping: object = 1.0, gram: object | None = None
    ) -> None:
        prompt = getattr(main, "prompt", None)
        if not isinstance(prompt, Prompt):
            raise WhiteBoxError(
                f"main is a {type(main).__name__} without a .prompt to read its gradient from; a white-box helper "
                f"needs one: pass an LSAAgent, or use BlindHelper, which needs the transcript only"
            )
        super().__init__(X, step_size, exact_mode=prompt.exact)
        same_dimension(main=prompt.d, X=self.d)
        self._main = prompt
        share = int(damping) if self.exact and isinstance(damping, float) and damping.is_integer() else damping
        self._damping = frozen(real_array("damping", share, exact=self.exact))
        self._newton = pseudo_inverse(prompt.X) if gram is None else self._estimated(gram)
        self._batch_shape = broadcast_batches(
            main=getattr(main, "batch_shape", prompt.batch_shape),
            X=self._batch_shape,
            damping=self._damping.shape,
            gram=self._newton.shape[:-2],
        )
        _warn_about(self._damping)

    def _estimated(self, gram: object) -> Array:
        """Return ``gram^+ X_W^T / n_W``, which takes the place of ``X_W^+``."""
        estimate = real_array("gram", gram, exact=self.exact)
        if estimate.ndim < 2 or estimate.shape[-2:] != (self.d, self.d):
            raise ShapeError(f"gram has shape {estimate.shape}; expected (..., d, d) with d = {self.d}")
        if 0 in estimate.shape:
            raise ShapeError(f"gram has shape {estimate.shape}: an empty batch of estimates")
        squares_representable("gram", estimate, axes=(-1, -2))
        refuse_rank_zero("gram", estimate, "it gives no Newton step; give an estimate that is not zero")
        return pseudo_inverse(estimate) @ self._main.X.swapaxes(-1, -2) / self._main.n

    @property
    def damping(self) -> Array:
        """Share of the Newton step."""
        return self._damping

    def update(self, w: object) -> Array:
        """Return ``w - damping (the part of the Newton step in range(X^T))``, (..., d), by the real layer.

        Raises
        ------
        ShapeError, NonFiniteError, DTypeError, ExactnessError, ScaleError, DivergenceError
        """
        weights = self._checked(w)
        newton = apply(self._newton, apply(self._main.X, weights) - self._main.y)
        return self._move(weights, -self._damping[..., None] * newton)


def _warn_about(damping: Array) -> None:
    outside = ~np.asarray((damping > 0) & (damping < 2), dtype=bool)
    if not outside.any():
        return
    share = damping[outside].flat[0]
    factor = f"every turn multiplies the error that the helper reaches by 1 - damping = {1 - share}"
    if share == 0:
        fate = "the helper stands still and the main agent is left to its own steps"
    elif share == 2:
        fate = f"{factor}: it stalls at its length, and only the main agent's own steps shorten it"
    else:
        moves = "the helper moves away from the target" if share < 0 else "the helper overshoots"
        fate = f"{moves}: {factor}; the run diverges unless the main agent's own step contracts it by more than that"
    warn(f"damping = {share} is outside (0, 2): {fate}", DampingWarning, stacklevel=3)


class BlindHelper(RelabellingAgent):
    """Sees the transcript only, and extrapolates it to the main agent's fixed point.

    Parameters
    ----------
    X : (..., n, d) array_like
        The helper's examples, not all zero. The helper cannot move along what they do not span: it stands still
        as long as that is a part of the move it wants.
    step_size : array_like
        Of the helper's layer, > 0; the labels make up for it, as for :class:`NewtonHelper`.
    memory : int, optional
        Number of pairs (what it answered, what the main agent made of it) to remember, >= 2; d + 1 by default,
        which is all that an affine map can tell. Fewer cost more turns, without an end in exact arithmetic.
    partial : bool
        Once it knows where to go, make the part of the move that the examples span rather than none, as the white-box
        helper with these examples does. It usually pays, but then errors larger than the main agent's alone happen.

    Raises
    ------
    RankError, StepSizeError, OptionError, ShapeError, EmptyPromptError, NonFiniteError, DTypeError, ExactnessError,
    ScaleError

    Notes
    -----
    Termination, exact, for a main agent with symmetric P and a spanning X. The displacements are
    ``r(u) = -P (u - w*)``. As long as the least displacement ``r`` among combinations of the pairs is not zero it is
    a direction not yet spanned (it is orthogonal to P times the span, so within the span ``r^T P r = 0`` and r would
    vanish), and each turn adds it: after turn j + 1 the span is the Krylov space ``K_j(P, r_0)``. With p the minimal
    polynomial of P with respect to r_0, of degree m (``p(0) != 0``, r_0 being in range(P)), the point whose
    displacement is ``p(P) r_0 / p(0) = 0`` lies in ``u_0 + K_m``, known after m + 1 turns: the helper's next answer
    is the fixed point, and so is everything after it. No blind helper needs less in general: for m = 1 one turn
    shows p (w* - u_0) and not p or w*.

    In floating point see :mod:`numerics.helpers.extrapolation`. For P with eigenvalues in [0, 1] the combination of
    least displacement never has a larger error than the main agent alone after as many moves (powers of I - P are
    combinations of the residual polynomials with weights >= 0). Tests find the same for runs up to condition 1e8; with
    eigenvalues up to 2 they find it from turn d + 2 on, and errors up to some 2.5 times larger before. With ``partial``
    nothing of the kind holds, for the white-box helper neither: undoing a part of the error can leave the main agent
    with more of what it is slow at, in ill-conditioned cases tens of times more. Source: blind-helper.
    """

    def __init__(self, X: object, *, step_size: object, memory: int | None = None, partial: bool = False) -> None:
        super().__init__(X, step_size)
        self._memory = self.d + 1 if memory is None else count("memory", memory, minimum=2)
        self._partial = bool(partial)
        limited = np.asarray(self._examples.rank) < self.d
        self._blocked: Array | None = None
        if limited.any():
            unit = np.eye(self.d, dtype=np.int64).astype(self._examples.X.dtype)
            outside = unit - self._inverse @ self._examples.X
            self._blocked = np.where(limited[..., None, None], outside, unit * 0)
        self.reset()

    @property
    def memory(self) -> int:
        """Number of pairs remembered."""
        return self._memory

    def reset(self) -> None:
        """Forget the run; :meth:`Interaction.simulate` calls this when a run starts."""
        super().reset()
        self._asked: list[Array] = []
        self._answered: list[Array] = []
        self._pending: Array | None = None
        self._anchor: Anchor | None = None

    def update(self, w: object) -> Array:
        """Return the next point to try, (..., d), given the main agent's answer w to the last one.

        The first call of a run returns w.

        Raises
        ------
        ShapeError, NonFiniteError, DTypeError, ExactnessError, ScaleError, DivergenceError
        """
        weights = self._checked(w)
        wanted = weights
        if self._pending is not None:
            batch = broadcast_batches(w=weights.shape[:-1], agent=self._batch_shape)
            if (*batch, self.d) != self._pending.shape:
                raise ShapeError(
                    f"w has shape {weights.shape} but this run's last answer {self._pending.shape}; call reset() "
                    f"before another run"
                )
            self._asked = [*self._asked, self._pending][-self._memory :]
            self._answered = [*self._answered, np.broadcast_to(weights, self._pending.shape)][-self._memory :]
            asked, answered = np.stack(self._asked, axis=-2), np.stack(self._answered, axis=-2)
            wanted, self._anchor = next_question(
                asked, answered, self._anchor, blocked=self._blocked, partial=self._partial
            )
        self._pending = self._move(weights, wanted - weights)
        return self._pending


class FixedHelper(LSAAgent):
    """A helper that never changes its objective: an LSA agent with labels ``X objective``, for comparison.

    Parameters
    ----------
    X : (..., n, d) array_like
        The helper's examples, not all zero.
    objective : (..., d) array_like
        What it steps towards; the main agent's target for an aligned helper.
    step_size : array_like
        Dimensionless, > 0.

    Raises
    ------
    RankError
        When X is zero.
    StepSizeError, ShapeError, EmptyPromptError, NonFiniteError, DTypeError, ExactnessError, ScaleError
    """

    def __init__(self, X: object, objective: object, *, step_size: object) -> None:
        exact_mode = any_exact(X=X, objective=objective)
        prompt = Prompt.from_target(real_array("X", X, exact=exact_mode), objective)
        refuse_rank_zero("X", prompt.X, "whatever its labels, it never moves; give a non-zero example")
        super().__init__(prompt, step_size)

    def reset(self) -> None:
        """Do nothing: there is nothing to forget."""
