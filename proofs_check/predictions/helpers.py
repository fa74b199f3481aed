"""Turns that a main agent needs alone and with each kind of helper: predicted from the formulas, then simulated.

The error is measured where the main agent's examples see it: nothing that anybody does shows it the rest. A prediction
iterates the map of one turn, which is read off the formula of the theory; a simulation lets the agents of `numerics`
take turns. Both start from zero. The two helpers that are done within a few turns are followed in exact rationals where
the prompts allow it, so that rounding has no part in their answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

import numpy as np

from numerics import BlindHelper, FixedHelper, Interaction, LSAAgent, NewtonHelper, Prompt, exact as exact_algebra
from numerics.agents.agent import Agent
from numerics.errors import held_back
from numerics.validation import EPS, Array
from proofs_check.errors import InputError
from proofs_check.predictions.rest import exact_vector, formula_inputs
from theory import formulas

__all__ = ["ACCURACY", "CompanyRow", "Verdict", "compare_helpers"]

Verdict = Literal["agrees", "differs", "unknown", "no claim"]

#: Error, relative to the start, at which the main agent has arrived.
ACCURACY = 1e-6
#: One over it: no double is a millionth.
EXACT_ACCURACY = 10**6
#: Turns through the layers, at most, for helpers that rewrite their labels; the same in exact rationals.
REWRITTEN, EXACTLY = 2_000, 64
#: Turns that are simulated at a time; entries that a block of powers of a turn may have.
CHUNK, BLOCK = 4_096, 2**21
#: Powers of a turn that grow beyond this are not made.
HUGE = 1e100
#: Rounding that may be in a relative error, for it to be compared at all: where it arrives, and where much is left.
TELLING, LEFT = 1e-2 * ACCURACY, 1e-3


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
        Whether what is left is a plateau: the error of the state of rest.
    exact : bool
        Whether it was simulated in exact rationals.
    verdict : {"agrees", "differs", "unknown", "no claim"}
        The same turns and the same error at each of them; for an upper bound, not more turns. Unknown where rounding
        could explain a difference; no claim where the theorem has no bound.
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
    exact: bool
    verdict: Verdict


def compare_helpers(
    main: LSAAgent,
    helper: LSAAgent,
    *,
    damping: float = 1.0,
    turns: int = 100_000,
    exact: tuple[LSAAgent, LSAAgent] | None = None,
    doing: Callable[[str], None] = lambda _: None,
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
    exact : pair of LSAAgent, optional
        The same agents in exact rationals.
    doing : callable, optional
        Is told which row is done.

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
    rows = []
    for row in _rows(main, helper, damping, turns, exact):
        rows.append(row)
        doing(row.name)
    return rows


def _rows(
    main: LSAAgent, helper: LSAAgent, damping: float, turns: int, exact: tuple[LSAAgent, LSAAgent] | None
) -> Iterator[CompanyRow]:
    X, step = helper.prompt.X, helper.step_size
    aligned = FixedHelper(X, main.target, step_size=step)
    silent = LSAAgent(Prompt(np.zeros((1, main.d)), np.zeros(1)), 1.0)
    given = formula_inputs(main, helper)
    aimed = given | {"u_star": main.target}
    yield _row("W alone", "rank-limited.e", main, silent, main.prompt.X, given | {"alpha": 0.0}, turns)
    yield _row("fixed helper, W's target", "error-recursion.e", main, aligned, X, aimed, turns)
    yield _row("fixed helper, own target", "error-recursion.e", main, helper, X, given, turns)
    yield _newton_row(main, helper, damping, min(turns, REWRITTEN), exact)
    yield _blind_row(main, helper, min(turns, REWRITTEN), exact)


def _row(
    name: str, formula: str, main: LSAAgent, company: Agent, X: Array, inputs: dict[str, Any], turns: int
) -> CompanyRow:
    """Compare turn by turn, in floats; `X` has the examples along which the helper moves."""
    turn = _ErrorTurn.read(main, X, inputs, formula)
    expected = turn.errors(turns)
    found = _simulated(main, company, len(expected) - 1)
    return _compared(name, formula.removesuffix(".e"), expected, found, turn.rests(expected), turn.rounding)


def _newton_row(
    main: LSAAgent, helper: LSAAgent, damping: float, turns: int, exact: tuple[LSAAgent, LSAAgent] | None
) -> CompanyRow:
    """The Newton helper, in exact rationals if it is done within a few turns."""
    name = f"Newton helper, damping {repr(damping).removesuffix('.0')}"
    if exact is not None:
        share = Fraction(repr(damping))
        newton = NewtonHelper(exact[0], exact[1].prompt.X, step_size=exact[1].step_size, damping=share)
        found = _exactly(exact[0], newton, min(turns, EXACTLY))
        inputs = formula_inputs(*exact) | {"alpha": share}
        expected = _expected_exactly(exact[0], inputs, "rank-limited.e", len(found) - 1)
        if _arrival(found) is not None or _arrival(expected) is not None or turns <= EXACTLY:
            return _compared(name, "rank-limited", expected, found, False, 0.0, exact=True)
    X = helper.prompt.X
    newton = NewtonHelper(main, X, step_size=helper.step_size, damping=damping)
    return _row(name, "rank-limited.e", main, newton, X, formula_inputs(main, helper) | {"alpha": damping}, turns)


def _blind_row(main: LSAAgent, helper: LSAAgent, turns: int, exact: tuple[LSAAgent, LSAAgent] | None) -> CompanyRow:
    """The blind helper: the theorem bounds its turns in exact arithmetic, and says nothing of rounded ones."""
    spans = int((helper if exact is None else exact[1]).prompt.rank) == main.d
    bound = _degree(main if exact is None else exact[0]) + 2 if spans else None
    known = exact is not None and bound is not None
    if exact is not None and bound is not None:
        blind = BlindHelper(exact[1].prompt.X, step_size=exact[1].step_size)
        found = _exactly(exact[0], blind, min(turns, bound))
    else:
        blind = BlindHelper(helper.prompt.X, step_size=helper.step_size)
        found = _simulated(main, blind, turns if bound is None else min(turns, 4 * main.d + 20))
    simulated = _arrival(found)
    verdict: Verdict
    if bound is None:
        verdict = "no claim"
    elif simulated is not None and simulated <= bound:
        verdict = "agrees"
    else:
        verdict = "differs" if known and turns >= bound else "unknown"
    left = None if simulated is not None else float(found[-1] / found[0])
    return CompanyRow(
        "blind helper", "blind-helper", bound, simulated, True, None, left, len(found) - 1, False, known, verdict
    )


def _compared(
    name: str, theorem: str, expected: Array, found: Array, rests: bool, rounding: float, *, exact: bool = False
) -> CompanyRow:
    """Make a row of the errors that were expected and found, turn by turn."""
    predicted, simulated = _arrival(expected), _arrival(found)
    left = None if predicted is not None else float(expected[-1] / expected[0])
    stayed = None if simulated is not None else float(found[-1] / found[0])
    off = float((abs(expected - found) / np.maximum(expected, expected[0])).max())
    verdict: Verdict = "unknown" if off <= rounding else "differs"
    if predicted == simulated and off <= TELLING:
        verdict = "agrees" if exact or (_decided(expected, off) and _decided(found, off)) else "unknown"
    # Rounding as large as what is to be told apart: whatever was seen, nothing was shown.
    if rounding > (LEFT if predicted is None and simulated is None else TELLING):
        verdict = "unknown"
    return CompanyRow(
        name, theorem, predicted, simulated, False, left, stayed, len(expected) - 1, rests, exact, verdict
    )


@dataclass(frozen=True)
class _ErrorTurn:
    """The affine map ``error -> matrix error + offset`` of a turn, as a formula has it, on what either agent moves.

    Attributes
    ----------
    matrix : (r, r) ndarray
    offset : (r,) ndarray
    start : (r,) ndarray
        The error at zero.
    seen : (k, r) ndarray
        Orthonormal rows: the part that the main agent's examples see.
    """

    matrix: Array
    offset: Array
    start: Array
    seen: Array

    @classmethod
    def read(cls, main: LSAAgent, X: Array, inputs: dict[str, Any], name: str) -> _ErrorTurn:
        """Ask a formula for the error after a turn from the target, and from beside it along each direction."""
        target = np.asarray(main.target)
        basis = _span(np.vstack([main.prompt.X, X]))
        states = target + np.vstack([np.zeros(main.d), basis])
        errors = np.asarray(formulas[name].numpy(**inputs, w_t=states))
        offset, images = errors[0], errors[1:] - errors[0]
        return cls((images @ basis.T).T, basis @ offset, -basis @ target, _span(main.prompt.X) @ basis.T)

    def errors(self, turns: int) -> Array:
        """Return the sizes of the errors that the examples see, from the start until they have arrived, or rest."""
        r = len(self.matrix)
        block = int(min(turns, max(1, min(256, BLOCK // max(r * r, 1)))))
        powers, offsets = [self.matrix], [self.offset]
        while len(powers) < block and float(abs(powers[-1]).max(initial=0.0)) < HUGE:
            powers.append(self.matrix @ powers[-1])
            offsets.append(self.matrix @ offsets[-1] + self.offset)
        ahead, pushed = np.stack(powers), np.stack(offsets)
        error = self.start
        sizes = [np.array([np.linalg.norm(self.seen @ error)])]
        first, done = float(sizes[0][0]), 0
        while done < turns:
            states = (ahead @ error + pushed)[: turns - done]
            sizes.append(np.linalg.norm(states @ self.seen.T, axis=-1))
            error, done = states[-1], done + len(states)
            ends = np.flatnonzero((sizes[-1] <= ACCURACY * first) | (sizes[-1] > 1e6 * first))
            if ends.size:
                sizes[-1] = sizes[-1][: ends[0] + 1]
                break
            if len(sizes) > 2 and abs(sizes[-1][-1] - sizes[-2][0]) <= 1e-13 * sizes[-1][-1] and len(ahead) > 64:
                break
        return np.concatenate(sizes)

    def rests(self, errors: Array) -> bool:
        """Whether the last error is that of the state of rest."""
        away = np.linalg.lstsq(np.eye(len(self.matrix)) - self.matrix, self.offset, rcond=None)[0]
        plateau = float(np.linalg.norm(self.seen @ away))
        return bool(plateau > ACCURACY * errors[0] and abs(errors[-1] - plateau) <= 1e-9 * plateau)

    @property
    def rounding(self) -> float:
        """What rounding may do to an error, relative to that at the start: by how little a turn restores of it."""
        values = np.linalg.svd(np.eye(len(self.matrix)) - self.matrix, compute_uv=False)
        return float(32 * len(values) * EPS * (1 + values[0]) / values[-1]) if values[-1] else float("inf")


def _span(X: Array) -> Array:
    """Orthonormal rows that span those of a matrix."""
    _, values, right = np.linalg.svd(X, full_matrices=False)
    return np.asarray(right[values > max(X.shape) * EPS * values[0]])


def _simulated(main: LSAAgent, company: Agent, turns: int) -> Array:
    """Sizes of the errors that the examples see, turn by turn, in floats."""
    fixed = isinstance(company, LSAAgent)
    pair, state, seen = Interaction(main, company), np.zeros(main.d), _span(main.prompt.X)
    sizes, done = [np.array([np.linalg.norm(seen @ main.target)])], 0
    while done < turns:
        # Who has no memory can be stopped and started again.
        number = min(turns - done, CHUNK) if fixed else turns
        with held_back():
            run = pair.simulate(state, number, method="auto" if fixed else "attention")
        sizes.append(np.linalg.norm((np.asarray(run.w)[1:] - main.target) @ seen.T, axis=-1))
        state, done = np.asarray(run.w_last), done + number
    return np.concatenate(sizes)


def _exactly(main: LSAAgent, company: Agent, turns: int) -> Array:
    """The same of exact agents, until they have arrived."""
    w = np.full(main.d, Fraction(0), dtype=object)
    seen = _seen_exactly(main)
    errors = [seen @ (w - main.target)]
    for _ in range(turns):
        w = main.update(company.update(w))
        errors.append(seen @ (w - main.target))
        if _share(errors[-1], errors[0]) <= ACCURACY:
            break
    return np.array([_share(error, errors[0]) for error in errors])


def _seen_exactly(main: LSAAgent) -> Array:
    """The projector on what the main agent's examples see."""
    return exact_algebra.product(exact_algebra.pinv(main.prompt.X), main.prompt.X)


def _expected_exactly(main: LSAAgent, inputs: dict[str, Any], name: str, turns: int) -> Array:
    """What a formula says of so many turns, in exact rationals."""
    seen, error = _seen_exactly(main), -main.target
    errors = [seen @ error]
    for _ in range(turns):
        error = exact_vector(name, inputs | {"w_t": main.target + error})
        errors.append(seen @ error)
    return np.array([_share(error, errors[0]) for error in errors])


def _share(error: Array, first: Array) -> float:
    """Size of an exact error over that of the first, rounded on the side of the accuracy on which it lies."""
    size = exact_algebra.norm(error) / exact_algebra.norm(first)
    if error @ error * EXACT_ACCURACY**2 <= first @ first:
        return min(size, ACCURACY)
    return max(size, float(np.nextafter(ACCURACY, 1)))


def _arrival(errors: Array) -> int | None:
    near = np.flatnonzero(errors <= ACCURACY * errors[0])
    return int(near[0]) if near.size else None


def _decided(errors: Array, off: float) -> bool:
    """Whether each error is further from the accuracy than the sides are apart, or rounded inputs move it."""
    margin = off + 32 * len(errors) * EPS * ACCURACY
    return bool((abs(errors / errors[0] - ACCURACY) > margin).all())


def _degree(main: LSAAgent) -> int:
    """Degree of the minimal polynomial of P for the first move: the dimension of what its powers make of that move."""
    gram, move = main.prompt.gram, main.prompt.gram @ main.target
    if main.exact:
        columns = [move]
        for _ in range(main.d - 1):
            columns.append(gram @ columns[-1])
        return int(exact_algebra.rank(np.stack(columns, axis=-1)))
    values, vectors = np.linalg.eigh(gram)
    parts = np.abs(vectors.T @ move)
    excited = values[(values > 1e-12 * values[-1]) & (parts > 1e-12 * parts.max())]
    return int(1 + (np.diff(excited) > 1e-9 * values[-1]).sum()) if len(excited) else 0
