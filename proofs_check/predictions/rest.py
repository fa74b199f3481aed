"""Where two agents rest, by the formulas: what these are given, and which of them speaks of the pair.

``biased-equilibrium`` holds where the turn has one fixed point, which the examples of both agents together decide;
``singular-equilibrium`` holds everywhere, and needs to know where W started. Both need a pair that converges.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from numerics import LSAAgent, Prompt
from numerics.validation import Array
from theory import formulas

__all__ = ["at_rest", "exact_vector", "formula_inputs", "fractions_in", "residuals", "theorem_for"]


def formula_inputs(
    w: LSAAgent, u: LSAAgent, w_0: Array | None = None, *, w_star: Array | None = None, u_star: Array | None = None
) -> dict[str, Any]:
    """Return the inputs of the formulas about two agents.

    Parameters
    ----------
    w, u : LSAAgent
        Each with its prompt and its step size; batches allowed.
    w_0 : ndarray of shape (..., d), optional
        Start of W, for the formulas that depend on it.
    w_star, u_star : ndarray of shape (..., d), optional
        Targets other than those of the prompts.
    """
    inputs: dict[str, Any] = {
        "S_W": w.prompt.gram,
        "S_U": u.prompt.gram,
        "eta_W": w.step_size,
        "eta_U": u.step_size,
        "w_star": w.target if w_star is None else w_star,
        "u_star": u.target if u_star is None else u_star,
    }
    return inputs if w_0 is None else inputs | {"w_0": w_0}


def theorem_for(*, unique: bool) -> str:
    """Return the theorem that says where a converging pair rests, whether or not its fixed point is unique."""
    return "biased-equilibrium" if unique else "singular-equilibrium"


def residuals(theorem: str, inputs: dict[str, Any]) -> tuple[Array, Array]:
    """Return the residuals of W and U at rest, by the formulas of a theorem; exact for exact inputs."""
    if np.asarray(inputs["S_W"]).dtype != object:
        e, f = (np.asarray(formulas[f"{theorem}.{part}"].numpy(**inputs)) for part in "ef")
        return e, f
    e, f = (exact_vector(f"{theorem}.{part}", inputs) for part in "ef")
    return e, f


def exact_vector(formula: str, inputs: dict[str, Any]) -> Array:
    """Return the vector that a formula gives for exact inputs, as Fractions."""
    return fractions_in(formulas[formula].exact(**{name: np.asarray(given).tolist() for name, given in inputs.items()}))


def fractions_in(vector: Any) -> Array:
    """Return the entries of a SymPy vector of rationals as Fractions."""
    return np.array([Fraction(int(x.p), int(x.q)) for x in vector], dtype=object)


def at_rest(w: LSAAgent, u: LSAAgent) -> tuple[str, Array, Array]:
    """Return the theorem that speaks of a converging pair which starts from zero, and both residuals there."""
    together = Prompt(np.vstack([w.prompt.X, u.prompt.X]), np.concatenate([w.prompt.y, u.prompt.y]))
    theorem = theorem_for(unique=int(together.rank) == w.d)
    return theorem, *residuals(theorem, formula_inputs(w, u, np.zeros(w.d, dtype=w.prompt.X.dtype)))
