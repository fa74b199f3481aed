"""Draws of two identified agents and their equilibrium, from what their transcripts leave possible.

The parameters of an agent are drawn from the distribution that a flat prior leaves, and moved by what rounding may have
added to them; the prior of the noise covariance
is the one for which every linear combination of the entries of an answer has the classical t distribution.

How far the states of a pair fluctuate around its equilibrium when every answer carries noise: with ``u = B w + h +
noise_U`` and ``w' = A u + g + noise_W`` the state w is a first-order autoregression with ``F = A B`` and innovations of
covariance ``Q = A Sigma_U A^T + Sigma_W``. Its stationary covariance solves the discrete Lyapunov equation ``C = F C
F^T + Q``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from numerics.identification.effective_agent import EffectiveAgent
from numerics.validation import Array

__all__ = ["PairSample", "average_covariance", "discrete_lyapunov", "draw_pairs", "draw_shown", "limits", "root"]


#: Offset, in units of the noise, of an agent whose rounding leaves everything open.
_BEYOND = 1e6


def discrete_lyapunov(F: Array, Q: Array) -> Array:
    """Return C with ``C = F C F^T + Q``, (..., d, d), for F of spectral radius < 1, by doubling.

    After k steps the sum holds ``2^k`` terms; 60 steps are enough for any spectral radius that a double can hold.
    """
    C, power = Q, F
    for _ in range(60):
        added = power @ C @ _t(power)
        C, power = C + added, power @ power
        if not np.any(abs(added) > 1e-17 * abs(C).max(axis=(-1, -2), keepdims=True)):
            break
    return (C + _t(C)) / 2


def average_covariance(A: Array, B: Array, own: Array, other: Array, turns: int) -> Array:
    """Return the covariance of the average of consecutive stationary states after the move ``A u + g``.

    Parameters
    ----------
    A, B : (..., d, d) ndarray
        Linear parts of this agent's and of the other's answer; A B has spectral radius < 1.
    own, other : (..., d, d) ndarray
        Noise covariances of this agent and of the other.
    turns : int
        Number of states in the average; 1 gives the stationary covariance itself.

    Returns
    -------
    (..., d, d) ndarray
    """
    F = A @ B
    C = discrete_lyapunov(F, A @ other @ _t(A) + own)
    if turns == 1:
        return C
    # The sum over k of (turns - k) F^k, for k = 1 .. turns - 1.
    unit = np.eye(F.shape[-1])
    partial = np.linalg.solve(unit - F, unit - np.linalg.matrix_power(F, turns))
    later = F @ np.linalg.solve(unit - F, turns * unit - partial)
    return (turns * C + later @ C + _t(later @ C)) / turns**2  # type: ignore[no-any-return]


def root(covariance: Array) -> Array:
    """Return R with ``R R^T = covariance``, (..., d, d), also for singular ones."""
    values, basis = np.linalg.eigh(covariance)
    return basis * np.sqrt(np.maximum(values, 0.0))[..., None, :]  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class PairSample:
    """Draws from what two transcripts leave possible; leading axis the draws.

    Attributes
    ----------
    A, B : (draws, d, d) ndarray
        Linear parts of the answers of W and of U.
    g, h : (draws, d) ndarray
        Their constants.
    root_w, root_u : (draws, d, d) ndarray
        Roots of the noise covariances.
    w, u : (draws, d) ndarray
        Equilibria.
    rates : (draws,) ndarray
        Spectral radii of one turn.
    flipped : float
        Share of the draws in which ``det(I - A B)`` does not have its usual sign.
    """

    A: Array
    B: Array
    g: Array
    h: Array
    root_w: Array
    root_u: Array
    w: Array
    u: Array
    rates: Array
    flipped: float


def draw_pairs(
    agent_w: EffectiveAgent, agent_u: EffectiveAgent, draws: int, seed: int, known: Array | None
) -> PairSample:
    """Draw pairs; `known` (d,) is the equilibrium if both agents are free of noise, and then every draw is the same."""
    rng = np.random.default_rng(seed)
    (A, g, root_w), (B, h, root_u) = (_draw(agent, rng, draws) for agent in (agent_w, agent_u))
    turn, unit = A @ B, np.eye(agent_w.d)
    if known is not None:
        w = np.broadcast_to(known, g.shape)
    else:
        w = np.linalg.solve(unit - turn, (g + (A @ h[..., None])[..., 0])[..., None])[..., 0]
    u = (B @ w[..., None])[..., 0] + h
    signs = np.linalg.slogdet(unit - turn)[0]
    rates = abs(np.linalg.eigvals(turn)).max(axis=-1)
    return PairSample(A, B, g, h, root_w, root_u, w, u, rates, float(np.mean(signs != np.median(signs))))


def _draw(agent: EffectiveAgent, rng: np.random.Generator, draws: int) -> tuple[Array, Array, Array]:
    """Draw linear parts (draws, d, d), offsets (draws, d) and roots of the noise covariance (draws, d, d)."""
    r, noise, d = agent.regression, agent.noise, agent.d
    if agent.noise_free:
        affine = agent.affine_map()
        shapes = (draws, d, d), (draws, d), (draws, d, d)
        parts = (affine.matrix, affine.offset, np.zeros((d, d)))
        return tuple(np.broadcast_to(part, shape) for part, shape in zip(parts, shapes, strict=True))  # type: ignore[return-value]
    if noise.model == "none":
        roots = np.broadcast_to(noise.root, (draws, d, d))
    elif noise.model == "isotropic":
        ratio = noise.scalar_freedom / rng.chisquare(noise.scalar_freedom, draws)
        roots = np.sqrt(ratio)[:, None, None] * noise.root
    else:
        # Inverse Wishart: with d - 1 degrees of freedom more than the scatter has, every scalar variance is
        # inverse chi-squared with those of the scatter.
        freedom = noise.freedom + d - 1
        factor = np.tril(rng.standard_normal((draws, d, d)), -1)
        diagonal = np.sqrt(rng.chisquare(freedom - np.arange(d), (draws, d)))
        factor[:, np.arange(d), np.arange(d)] = diagonal
        roots = math.sqrt(noise.freedom) * noise.root @ _t(np.linalg.inv(factor))
    white = rng.standard_normal((draws, agent.excited + 1, d)) @ _t(roots)
    if noise.offset > 0:  # what rounding may add, in every other draw: as long as it can be, in any direction
        along = rng.standard_normal(white[::2].shape)
        along /= np.linalg.norm(along, axis=(-1, -2), keepdims=True)
        white[::2] += min(noise.offset, _BEYOND) * along @ _t(noise.root)
    mean_move = r.mean_move + white[:, 0] / math.sqrt(agent.rows)
    slope = _t((r.explained + white[:, 1:]) / r.spreads[:, None]) @ r.directions.T
    return np.eye(d) + slope, mean_move - slope @ r.mean_state, roots


def draw_shown(
    states: Array,
    parts: tuple[Array, Array],
    roots: tuple[Array, Array],
    errors: tuple[Array, Array],
    stable: Array,
    turns: int,
    rng: np.random.Generator,
) -> Array:
    """Draw averages of consecutive states after an agent's move, in runs of drawn pairs.

    Parameters
    ----------
    states : (draws, d) ndarray
        Equilibria.
    parts, roots : pair of (draws, d, d) ndarray
        Linear parts and roots of the noise covariances of this agent and of the other.
    errors : pair of (d,) ndarray
        Bounds on their systematic errors: a run that settles repeats one rounding error every turn.
    stable : (draws,) ndarray
        Which draws converge; the others are shown at infinity.
    turns : int
        Number of states in the average.
    rng : Generator
        Source of the draws.
    """
    shown = np.where(rng.random(states.shape) < 0.5, -math.inf, math.inf)
    if not stable.any():
        return shown
    (A, B), (own, other) = ([matrices[stable] for matrices in pair] for pair in (parts, roots))
    covariance = average_covariance(A, B, own @ _t(own), other @ _t(other), turns)
    shift = root(covariance) @ rng.standard_normal((*states[stable].shape, 1))
    if any(bias.any() for bias in errors):
        kept = [bias * rng.choice([-1.0, 1.0], (len(A), len(bias))) for bias in errors]
        pushed = kept[0][..., None] + A @ kept[1][..., None]
        shift = shift + np.linalg.solve(np.eye(states.shape[-1]) - A @ B, pushed)
    shown[stable] = states[stable] + shift[..., 0]
    return shown


def _t(matrices: Array) -> Array:
    return matrices.swapaxes(-1, -2)


def limits(values: Array, level: float) -> Array:
    """Return the central interval (d, 2) of a sample (draws, d); infinities are allowed."""
    tail = (1 - level) / 2
    return np.quantile(values, [tail, 1 - tail], axis=0, method="inverted_cdf").T
