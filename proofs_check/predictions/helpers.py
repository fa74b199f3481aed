"""Turns that a main agent needs alone and with each kind of helper: predicted from the formulas, then simulated.

The error is measured where the main agent's examples see it: nothing that anybody does shows it the rest. A prediction
iterates the map of one turn, which is read off the formula of the theory; a simulation lets the agents of `numerics`
take turns. Both start from zero.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from numerics import BlindHelper, DivergenceWarning, FixedHelper, Interaction, LSAAgent, NewtonHelper, Prompt
from numerics.agents.agent import Agent
from numerics.validation import Array
from proofs_check.errors import InputError
from proofs_check.predictions.rest import formula_inputs
from theory import formulas

__all__ = ["ACCURACY", "CompanyRow", "compare_helpers"]

#: Error, relative to the start, at which the main agent has arrived.
ACCURACY = 1e-6
#: Condition number of W's Gram matrix up to which a bound of exact arithmetic is asked of floating point.
ROUNDED = 1e3
#: Turns through the layers, at most, for helpers that rewrite their labels.
REWRITTEN = 2_000


@dataclass(frozen=True)
class CompanyRow:
    """One kind of company.

    Attributes
    ----------
    name : str
    theorem : str
        Where the prediction comes from.
    predicted, simulated : int or None
        Turns until the error is `ACCURACY` times that of the start; None if it does not get there.
    at_most : bool
        Whether the prediction is an upper bound.
    left_predicted, left_simulated : float or None
        Relative error that is left at the end, where the accuracy is not reached.
    followed : int
        Turns followed.
    rests : bool
        Whether the error has stopped changing: what is left is a plateau.
    agrees : bool
        Same turns, or the same error left; for an upper bound, not more turns. A bound of exact arithmetic is not
        asked for at condition numbers above `ROUNDED`, where rounding can cost turns.
    """

    name: str
    theorem: str
    predicted: int | None
    simulated: int | None
    at_most: bool
    left_predicted: float | None
    left_simulated: float | None
    followed: int
    rests: bool
    agrees: bool


def compare_helpers(
    main: LSAAgent, helper: LSAAgent, *, damping: float = 1.0, turns: int = 100_000
) -> list[CompanyRow]:
    """Predict and simulate all kinds of company.

    Parameters
    ----------
    main : LSAAgent
        W, with the examples and labels of its prompt.
    helper : LSAAgent
        U; its labels are used by the misaligned fixed helper only.
    damping : float
        Of the Newton helper.
    turns : int
        Turns to follow at most.

    Raises
    ------
    InputError
        A main agent that stands on its target, or never moves.
    RankError
        A helper without examples other than zero.
    """
    if int(main.prompt.rank) == 0:
        raise InputError("--main: its examples are all zero; it never moves, and nobody can help it")
    if not float(np.linalg.norm(main.target)) > 0:
        raise InputError("--main: its target is zero, where it starts; there is nothing to help with")
    X, step = helper.prompt.X, helper.step_size
    aligned = FixedHelper(X, main.target, step_size=step)
    silent = LSAAgent(Prompt(np.zeros((1, main.d)), np.zeros(1)), 1.0)
    newton = NewtonHelper(main, X, step_size=step, damping=damping)
    given = formula_inputs(main, helper)
    aimed = given | {"u_star": main.target}
    rows = [
        _row("W alone", "rank-limited", main, silent, given | {"alpha": 0.0}, "rank-limited.e", turns),
        _row("fixed helper, W's target", "error-recursion", main, aligned, aimed, "error-recursion.e", turns),
        _row("fixed helper, own target", "error-recursion", main, helper, given, "error-recursion.e", turns),
        _row(
            f"Newton helper, damping {damping:g}",
            "rank-limited",
            main,
            newton,
            given | {"alpha": damping},
            "rank-limited.e",
            min(turns, REWRITTEN),
        ),
    ]
    blind = BlindHelper(X, step_size=step)
    rows.append(_blind_row(main, blind, int(helper.prompt.rank) == main.d, min(turns, REWRITTEN)))
    return rows


def _projector(main: LSAAgent) -> Array:
    """Projector on the span of the main agent's examples."""
    _, values, right = np.linalg.svd(main.prompt.X)
    kept = right[: int(main.prompt.rank)] if len(values) else right[:0]
    return np.asarray(kept.T @ kept)


def _predicted(main: LSAAgent, inputs: dict[str, Any], name: str, turns: int) -> Array:
    """Iterate the map of one turn, as the formula has it; return the errors that the examples see."""
    d, formula, target = main.d, formulas[name], np.asarray(main.target)

    def after(w: Array) -> Array:
        return np.asarray(formula.numpy(**inputs, w_t=w))

    offset = after(target)  # the error after a turn from the target
    matrix = np.stack([after(target + unit) - offset for unit in np.eye(d)], axis=-1)
    projector, error = _projector(main), -target
    errors = [float(np.linalg.norm(projector @ error))]
    limit = 1e6 * errors[0]
    for _ in range(turns):
        error = matrix @ error + offset
        errors.append(float(np.linalg.norm(projector @ error)))
        if errors[-1] <= ACCURACY * errors[0] or errors[-1] > limit or _rests(errors):
            break
    return np.array(errors)


def _rests(errors: list[float]) -> bool:
    """Whether the error has not changed, to rounding, for a while."""
    return len(errors) > 200 and bool(abs(errors[-1] - errors[-200]) <= 1e-13 * errors[-1])


def _simulated(main: LSAAgent, company: Agent, turns: int) -> Array:
    method: Literal["auto", "attention"] = "auto" if isinstance(company, LSAAgent) else "attention"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DivergenceWarning)
        run = Interaction(main, company).simulate(None, turns, method=method)
    errors = (np.asarray(run.w) - main.target) @ _projector(main)
    return np.asarray(np.linalg.norm(errors, axis=-1))


def _arrival(errors: Array) -> int | None:
    near = np.flatnonzero(errors <= ACCURACY * errors[0])
    return int(near[0]) if near.size else None


def _row(
    name: str, theorem: str, main: LSAAgent, company: Agent, inputs: dict[str, Any], formula: str, turns: int
) -> CompanyRow:
    expected = _predicted(main, inputs, formula, turns)
    found = _simulated(main, company, len(expected) - 1)
    predicted, simulated = _arrival(expected), _arrival(found)
    left = None if predicted is not None else float(expected[-1] / expected[0])
    stayed = None if simulated is not None else float(found[-1] / found[0])
    if predicted is None or simulated is None:
        agrees = left is not None and stayed is not None and abs(left - stayed) <= 1e-6 * max(left, 1.0)
    else:
        agrees = predicted == simulated
    rests = _rests(list(expected))
    return CompanyRow(name, theorem, predicted, simulated, False, left, stayed, len(expected) - 1, rests, bool(agrees))


def _blind_row(main: LSAAgent, blind: BlindHelper, spans: bool, turns: int) -> CompanyRow:
    found = _simulated(main, blind, turns if not spans else min(turns, 4 * main.d + 20))
    simulated = _arrival(found)
    predicted = _degree(main) + 2 if spans else None
    values = np.linalg.svd(main.prompt.X, compute_uv=False)[: int(main.prompt.rank)] ** 2
    rounded = bool(values[0] > ROUNDED * values[-1])
    agrees = predicted is None or rounded or (simulated is not None and simulated <= predicted)
    stayed = None if simulated is not None else float(found[-1] / found[0])
    rests = _rests(list(found))
    return CompanyRow(
        "blind helper", "blind-helper", predicted, simulated, True, None, stayed, len(found) - 1, rests, bool(agrees)
    )


def _degree(main: LSAAgent) -> int:
    """Degree of the minimal polynomial of P for the first move: distinct eigenvalues with a part of it."""
    values, vectors = np.linalg.eigh(main.prompt.gram)
    parts = np.abs(vectors.T @ (main.prompt.gram @ main.target))
    excited = values[(values > 1e-12 * values[-1]) & (parts > 1e-12 * parts.max())]
    return int(1 + (np.diff(excited) > 1e-9 * values[-1]).sum()) if len(excited) else 0
