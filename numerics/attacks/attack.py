"""What an attack returns: the prompt to use, what it achieves, what it costs, and a certificate of all that.

The attacker is W, the victim U; U moves first. Every statement about an attack is about the fixed points of
one turn of the real pair. Errors are measured off the frozen directions (those that neither agent moves and
no label changes): the start is taken to agree with the goal along them. All quantities are dimensionless.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np

from numerics.agents.agent import LSAAgent, fixed_map
from numerics.agents.prompts import Prompt
from numerics.exact import norm
from numerics.validation import Array, Frozen, at_least_zero, expected

__all__ = ["Attack", "Budget", "Certificate", "History", "label_response"]

Budget = tuple[Literal["l2", "box"], float]


def label_response(X: Array, step_size: Array) -> Array:
    """Return how W's answer depends on its labels, (d, n): column i is what a label 1 on example i adds.

    Asked of the real layer: its answer to the zero iterate for each of the n unit label vectors.
    """
    n, d = X.shape
    unit = np.eye(n, dtype=np.int64)
    agent = LSAAgent(Prompt(X, unit.astype(X.dtype)), step_size)
    zero = np.zeros(d, dtype=np.int64).astype(X.dtype)
    return np.ascontiguousarray(agent.update(zero).T)


@dataclass(frozen=True, eq=False)
class History(Frozen):
    """The course of a first-order algorithm.

    Attributes
    ----------
    error : (k + 1,) ndarray
        Measured equilibrium error ``|w_inf - goal|`` of each iterate, the start included.
    bound : (k + 1,) ndarray or None
        Proven upper bound of each, ``sqrt(e*^2 + f_k^2 (error_0^2 - e*^2))`` plus the rounding error of the
        measurement, e* the least error over all labels; None for a non-convex problem. For the descent
        ``f_k = rate^k``, for conjugate gradients ``f_k = 2 / (rate^k + rate^-k)``, at most ``2 rate^k``.
    rate : float or None
        Proven factor per iteration on the distance to the least error: ``1 - (sigma_min / sigma_max)^2`` for the
        descent; ``(sqrt k - 1) / (sqrt k + 1)``, ``sqrt k = sigma_max / sigma_min``, for conjugate gradients.
    step : float or None
        The constant step, at most ``1 / sigma_max^2``; None when the step varies.
    method : {"conjugate", "descent"}
        What chose the steps.
    """

    error: Array
    bound: Array | None
    rate: float | None
    step: float | None
    method: str = "descent"


@dataclass(frozen=True, eq=False)
class Certificate(Frozen):
    """Why an attack is feasible, or why none is: exact in exact mode, up to rounding otherwise.

    Attributes
    ----------
    labels : (n,) ndarray or None
        Feasible: with these labels one turn leaves the goal where it is.
    separator : (d,) ndarray or None
        Infeasible: a vector z which, for *every* choice of labels, bounds the error of every equilibrium w.
        With the turn ``w -> w + D w + c + C s`` (s the label change within its budget, r the displacement of
        the goal at s = 0) an equilibrium satisfies ``D (w - goal) = -(r + C s)``, hence
        ``|w - goal| >= (|z.r| - sup_s |z.C s|) / |D^T z|``. Without a budget ``z.C = 0``: no label acts along z
        (Fredholm alternative). With one, the supremum is the radius times the dual norm of ``C^T z``.
    squared_bound : Fraction or float
        The square of that bound; 0 when feasible.
    """

    labels: Array | None
    separator: Array | None
    squared_bound: Fraction | float


@dataclass(frozen=True, eq=False)
class Attack(Frozen):
    """An attack prompt and everything that is proven about it.

    Attributes
    ----------
    prompt : Prompt
        What the attacker writes: use it in ``LSAAgent(prompt, step_size)``. When the attack is not feasible, the
        prompt that comes closest.
    step_size : ndarray
        The attacker's step size, shape ().
    goal : (d,) ndarray
        The attacker's true target.
    feasible : bool
        Whether the goal can be made the equilibrium exactly (within the budget).
    reachable_error : float
        0 when feasible, otherwise the proven least ``|w_inf - goal|`` over all labels within the budget. For
        an empirical attack the error that was found.
    error : float
        ``|w_inf - goal|`` of the prompt, from the equilibrium of the real pair.
    victim_bias : (d,) ndarray
        ``u_inf - victim.target``, the vector by which the victim misses its own target at the attacked
        equilibrium.
    cost : float
        Euclidean norm of ``label_change``; for :func:`prompt_attack`, Frobenius norm of the change of inputs.
    label_change : (n,) ndarray
        Labels of the prompt minus the labels that the attack started from (honest ones, ``X goal``, except
        in :func:`gradient_attack`, which starts from the labels it is given).
    history : History or None
        Iterates of a first-order algorithm; None for an attack found by linear algebra.
    certificate : Certificate or None
        None for an empirical attack.
    budget : tuple or None
        The label budget.
    empirical : bool
        Found by non-convex search, without proof of optimality.
    """

    prompt: Prompt
    step_size: Array
    goal: Array
    feasible: bool
    reachable_error: float
    error: float
    victim_bias: Array
    cost: float
    label_change: Array
    history: History | None = None
    certificate: Certificate | None = None
    budget: Budget | None = None
    empirical: bool = False

    @property
    def agent(self) -> LSAAgent:
        """The attacker, ready for an interaction."""
        return LSAAgent(self.prompt, self.step_size)

    def verify(self, victim: LSAAgent, *, tolerance: float = 1e-8) -> bool:
        """Replay the certificate through the real layers; exact for an exact attack.

        Feasible: one turn from the goal, with the certified labels, ends at the goal. Infeasible: the bound is
        recomputed from the separator alone and is not below the stated one. `tolerance` is relative to the terms that
        cancel, and used in floating point only: for ill-conditioned pairs (condition of one turn above about 1e4)
        double precision may not confirm a certificate. False for an attack without certificate.

        Raises
        ------
        NotAffineError, DimensionMismatchError, ExactnessError
        """
        expected("victim", victim, LSAAgent, "pass the agent that was attacked")
        at_least_zero("tolerance", tolerance)
        proof = self.certificate
        if proof is None:
            return False
        slack = 0.0 if self.prompt.exact else tolerance
        if proof.labels is not None:
            attacker = LSAAgent(Prompt(self.prompt.X, proof.labels), self.step_size)
            pushed = victim.update(self.goal)
            moved = norm(attacker.update(pushed) - self.goal)
            return moved <= slack * (norm(self.goal) + norm(pushed))
        z = proof.separator
        if z is None:
            return False
        start = LSAAgent(Prompt(self.prompt.X, self.prompt.y - self.label_change), self.step_size)
        turn = fixed_map("attacker", start).after(fixed_map("victim", victim))
        response = z @ label_response(self.prompt.X, self.step_size)
        displaced = start.update(victim.update(self.goal)) - self.goal
        drift = abs(z @ displaced)
        adjoint = np.asarray(z @ turn.displacement)
        squared, size = proof.squared_bound, norm(adjoint)
        reductions: list[float] = []
        if norm(response) <= slack * norm(z) * norm(label_response(self.prompt.X, self.step_size)):
            reductions.append(0)  # no label acts along z, whatever the budget
        if self.budget is not None:
            reductions.append(_dual_norm(response, self.budget[0]) * self.budget[1])
        if size == 0:
            return squared == 0 and self.budget is not None
        if self.prompt.exact:
            return any(drift >= less and (drift - less) ** 2 == squared * (adjoint @ adjoint) for less in reductions)
        claimed, noise = float(squared) ** 0.5 * size, slack * norm(z) * norm(displaced)
        return any(claimed <= max(drift - less, 0.0) + noise for less in reductions)


def _dual_norm(vector: Array, kind: str) -> float:
    """Supremum of ``vector . s`` over the unit ball of the budget."""
    return norm(vector) if kind == "l2" else float(abs(vector).sum())
