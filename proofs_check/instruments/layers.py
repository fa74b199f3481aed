"""Predict where two agents with any layers come to rest, from their weights and prompts, with rigorous bounds.

Two predictions. The *ideal* one uses V31, K13 and K24 of each layer only; its bound says what leakage can add. The
*full* one uses all weights: Newton's method on the polynomial that one turn is; its bound says how far the true
equilibrium can be from the point where Newton's method stopped. Both bounds are theorem trained-plateau, evaluated in
exact rationals (floats are rationals), so that no rounding error enters them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from numerics import LSALayer, Prompt
from numerics.exact import rank, solve
from numerics.training.blocks import block, canonical
from numerics.validation import Array
from proofs_check.evidence.comparison import exact_array
from proofs_check.evidence.kinds import Formulas
from proofs_check.instruments.bounds import gamma
from proofs_check.instruments.rationals import exactly, zeros

__all__ = [
    "Bounded",
    "FullAgent",
    "PredictedPlateau",
    "full_plateau",
    "ideal_plateau",
    "largest",
    "layer_inputs",
    "predict_plateau",
    "rounding",
    "row_sum",
    "scalar_layer",
]


def largest(vector: Array) -> Any:
    """Maximum norm of an exact vector."""
    return max(abs(entry) for entry in vector)


def row_sum(matrix: Array) -> Any:
    """Return the operator norm that belongs to it: the largest sum of moduli along a row."""
    return max(sum(abs(entry) for entry in row) for row in matrix)


def rounding(V: Array, K: Array, X: Array, y: Array, w: Array) -> Array:
    """Bound the rounding of one answer: the same products of moduli, times gamma of the operations in a row."""
    n, d = X.shape[-2:]
    Z = np.zeros((*w.shape[:-1], 2 * d + 2, n + 1))
    Z[..., :d, :n], Z[..., d, :n] = np.abs(X).swapaxes(-1, -2), np.abs(y)
    Z[..., d + 1 : 2 * d + 1, n], Z[..., -1, n] = np.abs(w), 1
    last = Z[..., -1:]
    column = last + np.abs(V) @ (Z @ (Z.swapaxes(-1, -2) @ (np.abs(K) @ last) / n))
    sizes = np.linalg.norm(column[..., d + 1 : 2 * d + 1, 0], axis=-1)
    return np.asarray(2 * gamma(3 * (2 * d + 2) + n + 3) * sizes)


def scalar_layer(step: Any, **self_attention: Any) -> LSALayer:
    """Return the layer of one gradient step in one dimension, with some blocks of the self attention."""
    V, K = zeros(4, 4), zeros(4, 4)
    V[2, 0], K[0, 2], K[1, 3] = -Fraction(step), Fraction(1), Fraction(-1)
    places = {"V33": (V, (2, 2)), "K33": (K, (2, 2)), "K44": (K, (3, 3))}
    for name, value in self_attention.items():
        matrix, place = places[name]
        matrix[place] = Fraction(value)
    return LSALayer(V, K)


COLUMNS = ("V32", "V34", "K14", "K34")
ROWS = ("K23", "K43")
#: Trial radii of the ball grow by this factor; the bound has to close within so many trials.
GROWTH, TRIALS = Fraction(3, 2), 40
NEWTON_STEPS = 50


def layer_inputs(layer: LSALayer) -> dict[str, Any]:
    """Return the blocks of a layer by the names that the formulas use; columns and rows as vectors."""
    found: dict[str, Any] = {name: block(layer, name) for name in ("V31", "V33", "K13", "K33")}
    found |= {name: block(layer, name)[..., 0] for name in COLUMNS}
    found |= {name: block(layer, name)[..., 0, :] for name in ROWS}
    return found | {name: block(layer, name)[..., 0, 0] for name in ("K24", "K44")}


@dataclass(frozen=True)
class FullAgent:
    """A prompt and a layer, in the canonical gauge, as inputs of the formulas.

    Attributes
    ----------
    prompt : Prompt
        Unbatched; floats or rationals.
    layer : LSALayer
        Any V and K with K24 not zero.
    formulas : mapping
        The catalogue.
    """

    prompt: Prompt
    layer: LSALayer
    formulas: Formulas

    @cached_property
    def inputs(self) -> dict[str, Any]:
        """Arguments of the formulas of trained-layer, in exact rationals."""
        given = {"X": self.prompt.X, "y": self.prompt.y, **layer_inputs(canonical(self.layer))}
        return {name: _exact(value) for name, value in given.items()} | {"n": self.prompt.n}

    def move(self, w: Array) -> Array:
        """Answer to one iterate, exactly."""
        return np.asarray(self._value("update", w=w))

    def slope(self, w: Array) -> Array:
        """Slope of the answer, exactly."""
        return np.asarray(self._value("slope", w=w))

    def steepest(self, radius: Fraction) -> Fraction:
        """Bound on the slope of the leakage where no entry of the iterate exceeds the radius."""
        return Fraction(self._value("slope-bound", r=radius))

    def curvature(self, radius: Fraction) -> Fraction:
        """Lipschitz constant of the slope there."""
        return Fraction(self._value("curvature", r=radius))

    def _value(self, part: str, **given: Any) -> Any:
        return exactly(self.formulas[f"trained-layer.{part}"], {**self.inputs, **given})


@dataclass(frozen=True)
class PredictedPlateau:
    """A predicted equilibrium and how far the true one can be.

    Attributes
    ----------
    w, u : ndarray of shape (d,)
        Predicted states of W and U at rest, float64.
    bound : float
        Largest distance of W's true state from `w` in any entry; infinite when the theorem does not apply.
    rate : float
        What a turn multiplies distances by at most, in the maximum norm, within twice that distance. Below 1, runs
        from the predicted state converge to the true one; otherwise nothing is shown.
    """

    w: Array
    u: Array
    bound: float
    rate: float


@dataclass(frozen=True)
class Bounded:
    """A point, and what theorem trained-plateau shows around it, in exact rationals.

    Attributes
    ----------
    w, u : ndarray of shape (d,)
        The point, and U's answer to it.
    bound : Fraction or None
        Distance of the only equilibrium near it, at most; None when the theorem does not apply.
    rate : Fraction or None
        Lipschitz constant of one turn on the ball of twice that radius. Where it is below 1, runs from the point
        converge to the equilibrium.
    """

    w: Array
    u: Array
    bound: Fraction | None
    rate: Fraction | None

    def rounded(self) -> PredictedPlateau:
        """The same in floats; bounds are rounded upwards."""
        states = self.w.astype(np.float64), self.u.astype(np.float64)
        if self.bound is None or self.rate is None:
            return PredictedPlateau(*states, float("inf"), float("inf"))
        return PredictedPlateau(*states, _upwards(self.bound), _upwards(self.rate))


def predict_plateau(w: FullAgent, u: FullAgent) -> tuple[PredictedPlateau, PredictedPlateau]:
    """Predict the plateau from the ideal parts, and from the full weights.

    Parameters
    ----------
    w, u : FullAgent
        U moves first.

    Returns
    -------
    ideal, full : PredictedPlateau

    Raises
    ------
    theory.SingularError
        When the ideal parts have no unique equilibrium.
    """
    ideal = ideal_plateau(w, u)
    return ideal.rounded(), full_plateau(w, u, ideal.w).rounded()


def ideal_plateau(w: FullAgent, u: FullAgent) -> Bounded:
    """Bound what leakage adds to the equilibrium of the ideal parts."""
    prompts = {role: Prompt(a.inputs["X"], a.inputs["y"]) for role, a in (("W", w), ("U", u))}
    blocks = {f"{name}_{role}": a.inputs[name] for role, a in (("W", w), ("U", u)) for name in ("V31", "K13")}
    grams = {f"S_{role}": prompt.gram for role, prompt in prompts.items()}
    targets = {"w_star": prompts["W"].target, "u_star": prompts["U"].target}
    solved = exactly(w.formulas["trained-plateau.w"], {**blocks, **grams, **targets})
    # The bound holds around any point: one with short fractions is as good.
    centre = _exact(solved.astype(np.float64))
    slopes = [_eye(w.prompt.d) + blocks[f"V31_{r}"] @ grams[f"S_{r}"] @ blocks[f"K13_{r}"] for r in "WU"]
    return _bounded(w, u, centre, slopes, lambda agent, at, radius: agent.steepest(_size(at) + radius))


def full_plateau(w: FullAgent, u: FullAgent, start: Array) -> Bounded:
    """Solve for the equilibrium of the full layers near a start, and bound the error."""
    centre = _newton(w, u, start)
    slopes = [w.slope(u.move(centre)), u.slope(centre)]
    return _bounded(w, u, centre, slopes, lambda agent, at, radius: agent.curvature(_size(at) + radius) * radius)


def _newton(w: FullAgent, u: FullAgent, start: Array) -> Array:
    """Solve ``T(x) = x`` from a start; the last point is a float64 vector, returned exactly."""
    x = start.astype(np.float64)
    best, least = x, np.inf
    for _ in range(NEWTON_STEPS):
        exact = _exact(x)
        middle = u.move(exact)
        missed = (w.move(middle) - exact).astype(np.float64)
        size = float(np.abs(missed).max())
        if not size < least / 2:
            return _exact(best if least <= size else x)
        best, least = x, size
        # Exact numbers are rounded for the step only: a rough step still lands closer, and the bound is not touched.
        slope = (w.slope(middle) @ u.slope(exact)).astype(np.float64)
        x = x + np.linalg.solve(np.eye(len(x)) - slope, missed)
        if size == 0:
            break
    return _exact(best)


def _bounded(
    w: FullAgent,
    u: FullAgent,
    centre: Array,
    slopes: list[Array],
    steepness: Callable[[FullAgent, Array, Fraction], Fraction],
) -> Bounded:
    """Find a ball on which the theorem applies, and evaluate its bound."""
    J_W, J_U = slopes
    middle = u.move(centre)
    residual = w.move(middle) - centre
    known: Mapping[str, Any] = {"J_W": J_W, "J_U": J_U, "residual": residual}
    gap = _eye(len(centre)) - J_W @ J_U
    if rank(gap) < len(centre):
        return Bounded(centre, middle, None, None)
    mu = _norm(np.asarray(solve(gap, _eye(len(centre)))))
    radius = Fraction(1, 2**60)

    def lipschitz(within: Fraction) -> Fraction:
        lam_u = steepness(u, centre, within)
        lam_w = steepness(w, middle, (_norm(J_U) + lam_u) * within)
        return Fraction(exactly(w.formulas["trained-plateau.slope"], {**known, "lam_W": lam_w, "lam_U": lam_u}))

    for _ in range(TRIALS):
        lam = lipschitz(radius)
        if mu * lam >= 1:
            break
        bound = Fraction(exactly(w.formulas["trained-plateau.shift"], {**known, "lam": lam}))
        if bound <= radius:
            # Points as near to the equilibrium as the centre are within twice the bound of the centre.
            return Bounded(centre, middle, bound, _norm(J_W @ J_U) + lipschitz(2 * bound))
        radius = _coarse(bound * GROWTH)
    return Bounded(centre, middle, None, None)


def _exact(value: Any) -> Array:
    """Floats as the rationals that they are."""
    entries = np.asarray(value)
    if entries.dtype == object:
        return exact_array(entries)
    found = np.empty(entries.shape, dtype=object)
    for index in np.ndindex(entries.shape):
        found[index] = Fraction(float(entries[index]))
    return found


def _coarse(value: Fraction) -> Fraction:
    """A slightly larger number with few digits."""
    return Fraction(_upwards(value))


def _upwards(value: Fraction) -> float:
    """The number as a float that is not smaller."""
    rounded = float(value)
    return rounded if Fraction(rounded) >= value else float(np.nextafter(rounded, np.inf))


def _size(vector: Array) -> Fraction:
    return Fraction(max((abs(x) for x in vector), default=Fraction(0)))


def _norm(matrix: Array) -> Fraction:
    return Fraction(max(sum(abs(x) for x in row) for row in matrix))


def _eye(size: int) -> Array:
    return _exact(np.eye(size))
