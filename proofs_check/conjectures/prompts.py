"""Two prompts that make a counterexample run: examples whose Gram matrices and targets are those of the instance."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from proofs_check.conjectures.drawing import Sample
from proofs_check.proving.weights import decomposed, roots
from theory.language.symbols import S_U, S_W, eta_U, eta_W, u_star, w_star
from theory.values.dense import Dense

__all__ = ["AGENTS", "aimed", "in_range", "prompts", "run_line"]


def in_range(case: Sample) -> bool | None:
    """Whether both targets are what their prompts make of them, the shortest that fit.

    None if there is no pair, or more than a pair: two prompts do not say from where it starts, or who lies about what.
    """
    if case.values.keys() != {x for agent in AGENTS.values() for x in agent}:
        return None
    return all((aimed(case).values[target] - case.values[target]).is_zero for _, target, _ in AGENTS.values())


def aimed(case: Sample) -> Sample:
    """Return a case with the shortest targets that fit the same examples."""
    values = dict(case.values)
    for gram, target, _ in AGENTS.values():
        if gram in values and target in values:
            values[target] = values[gram].pinv() @ values[gram] @ values[target]
    return Sample(case.sizes, values)


Rows = list[list[Fraction]]
#: Agents by name: Gram matrix, target and step.
AGENTS: dict[str, tuple[Any, Any, Any]] = {"w": (S_W, w_star, eta_W), "u": (S_U, u_star, eta_U)}


def prompts(case: Sample) -> dict[str, str] | None:
    """Return the two prompts as texts of CSV files, one example a row, the label last.

    Returns
    -------
    dict of str to str or None
        By agent (``w``, ``u``). None where the case is not two agents and nothing else, a Gram matrix is not positive
        semidefinite, a target is not the shortest that fits the examples, or an entry has no finite decimal expansion.
    """
    if not in_range(case):
        return None
    written = {}
    for agent, (gram, target, step) in AGENTS.items():
        inputs = examples(_rows(case.values[gram]))
        if inputs is None or _decimal(_rows(case.values[step])[0][0]) is None:
            return None
        goal = [row[0] for row in _rows(case.values[target])]
        table = [[*row, sum(a * b for a, b in zip(row, goal, strict=True))] for row in inputs]
        cells = [[_decimal(x) for x in row] for row in table]
        texts = [[cell for cell in row if cell is not None] for row in cells]
        if texts != cells:
            return None
        heading = [*(f"x{i}" for i in range(1, len(goal) + 1)), "y"]
        written[agent] = "".join(f"{','.join(row)}\n" for row in (heading, *texts))
    return written


def run_line(case: Sample) -> str:
    """Return the command that runs the two prompts."""
    steps = {agent: _decimal(_rows(case.values[step])[0][0]) for agent, (_, _, step) in AGENTS.items()}
    return f"proofs-check predict --w w.csv --u u.csv --eta-w {steps['w']} --eta-u {steps['u']}"


def examples(gram: Rows) -> Rows | None:
    """Return rational rows x_1, ..., x_n with ``(x_1 x_1' + ... + x_n x_n') / n`` a given matrix; None if none exist.

    A symmetric matrix is a sum of weighted squares of rows, and every weight a sum of at most four squares.
    """
    parts = decomposed(gram)
    if parts is None:
        return None
    least = max(len(parts), 1)
    for count in range(least, 4 * least + 1):
        found = [
            [root * v.get(i, Fraction(0)) for i in range(len(gram))]
            for weight, v in parts
            for root in roots(count * weight)
        ]
        if len(found) <= count:
            return found + [[Fraction(0)] * len(gram)] * (count - len(found))
    return None


def _rows(value: Dense) -> Rows:
    return [[Fraction(str(x)) for x in row] for row in value.rows()]


def _decimal(x: Any) -> str | None:
    """A number as a decimal, if it is one."""
    number = Fraction(x)
    below, twos, fives = number.denominator, 0, 0
    while below % 2 == 0:
        below, twos = below // 2, twos + 1
    while below % 5 == 0:
        below, fives = below // 5, fives + 1
    if below != 1:
        return None
    places = max(twos, fives)
    digits = str(abs(number.numerator) * 10**places // number.denominator).rjust(places + 1, "0")
    whole = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return f"-{whole}" if number < 0 else whole
