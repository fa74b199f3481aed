"""Rational matrices that satisfy the hypotheses of a statement, found without any algebra of the checker."""

from __future__ import annotations

import random
import re
from fractions import Fraction
from typing import Any

from tests.proofs_check.certificates.oracle import Map, Unfit, evaluate

__all__ = ["find_model", "holds"]

Values = dict[str, Map]


def _gap(text: str, values: Values) -> tuple[Map, str]:
    left, relation, right = re.split("(>=|=|>)", text)
    return evaluate(left, values, Fraction) - evaluate(right, values, Fraction), relation


def _solve(a: list[list[Fraction]], b: list[list[Fraction]]) -> list[list[Fraction]] | None:
    """Solve a square system; None if it is singular."""
    n = len(a)
    rows = [[*r, *s] for r, s in zip(a, b, strict=True)]
    for i in range(n):
        pivot = next((k for k in range(i, n) if rows[k][i]), None)
        if pivot is None:
            return None
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for k in range(n):
            if k != i and rows[k][i]:
                rows[k] = [x - rows[k][i] * y for x, y in zip(rows[k], rows[i], strict=True)]
    return [row[n:] for row in rows]


def _is_psd(m: list[list[Fraction]]) -> bool:
    """Whether a symmetric matrix is positive semidefinite, by symmetric elimination."""
    m = [list(row) for row in m]
    for i in range(len(m)):
        if m[i][i] < 0 or (m[i][i] == 0 and any(m[i][i:])):
            return False
        if m[i][i]:
            for k in range(i + 1, len(m)):
                factor = m[k][i] / m[i][i]
                m[k] = [x - factor * y for x, y in zip(m[k], m[i], strict=True)]
    return True


def holds(relation: str, values: Values) -> bool:
    """Decide a relation exactly; `>` between operators as `>=` (no checked line concludes more)."""
    gap, sign = _gap(relation, values)
    if sign == "=":
        return gap.is_zero
    if gap.shape is None:
        return bool(gap.entries > 0 if sign == ">" else gap.entries >= 0)
    return (gap - gap.T).is_zero and _is_psd(gap.entries)


def find_model(statement: dict[str, Any], rng: random.Random, tries: int = 60, *, wild: bool = False) -> Values | None:
    """Draw letters, smaller and smaller, until the hypotheses hold; None if they never do.

    A hypothesis that determines a letter (``X = expression``, ``X Y = 1``) is solved for it. A `wild` choice has zeros,
    ones and numbers of either sign among the letters, and more spaces without dimensions.
    """
    for k in range(tries):
        try:
            values = _draw(statement, rng, Fraction(1, 2 ** (k % 8)), wild=wild)
            facts = [*statement.get("given", {}).values(), *statement.get("positive", {}).values()]
            symmetric = all((values[x] - values[x].T).is_zero for x in statement.get("symmetric", []))
            if symmetric and all(holds(fact, values) for fact in facts):
                return values
        except (Unfit, ZeroDivisionError):
            continue
    return None


def _draw(statement: dict[str, Any], rng: random.Random, scale: Fraction, *, wild: bool = False) -> Values:
    letters = {n: tuple(map(str.strip, e.split("<-"))) for n, e in statement.get("letters", {}).items()}
    sizes = (0, 0, 0, 1, 1, 2, 3) if wild else range(4)
    size = {space: rng.choice(sizes) for space in sorted({space for ends in letters.values() for space in ends})}
    open_facts = list(statement.get("given", {}).values())
    solved = {side.strip() for text in open_facts for side in text.split("=")} & {
        *letters,
        *statement.get("scalars", []),
    }
    values: Values = {}

    def entry() -> Fraction:
        return Fraction(rng.randrange(-4, 5), rng.randrange(1, 4)) * scale

    def draw(name: str) -> Map:
        simple = rng.choice((0, 0, 1, None)) if wild else None
        if name not in letters:
            if wild:
                return Map(entry() if simple is None else Fraction(simple), None)
            return Map(abs(entry()) + Fraction(1, 8), None)
        rows, columns = (size[space] for space in letters[name])
        if simple is not None:
            return Map([[Fraction(simple * (i == j)) for j in range(columns)] for i in range(rows)], (rows, columns))
        m = Map([[entry() for _ in range(columns)] for _ in range(rows)], (rows, columns))
        if name not in statement.get("symmetric", []):
            return m
        return m * m.T if rng.random() < 0.7 else m + m.T

    waiting = [name for name in (*statement.get("scalars", []), *letters) if name not in solved]
    while len(values) < len(letters) + len(statement.get("scalars", [])):
        if _solve_one(open_facts, values, letters):
            continue
        # Prefer letters that no hypothesis determines.
        rest = [name for name in waiting if name not in values]
        rest = rest or [name for name in (*statement.get("scalars", []), *letters) if name not in values]
        values[rest[0]] = draw(rest[0])
    return values


def _solve_one(open_facts: list[str], values: Values, letters: dict[str, tuple[str, ...]]) -> bool:
    """Solve one hypothesis for the only letter in it that has no value yet."""
    for fact in list(open_facts):
        used = set(re.findall(r"[A-Za-z_]\w*", fact))
        unknown = used - set(values)
        if not unknown:
            open_facts.remove(fact)
        if len(unknown) != 1:
            continue
        name = unknown.pop()
        left, right = (side.strip() for side in fact.split("="))
        found = None
        if left == name or right == name:
            found = evaluate(right if left == name else left, values, Fraction)
        elif right == "1" and (factor := re.fullmatch(rf"\(?(.*?)\)? {name}|{name} \(?(.*?)\)?", left)):
            known = evaluate(next(part for part in factor.groups() if part), values, Fraction)
            if known.shape is None:
                found = Map(1 / Fraction(known.entries), None)
            else:
                unit = [[Fraction(i == j) for j in range(known.shape[0])] for i in range(known.shape[0])]
                inverse = _solve(known.entries, unit) if known.shape[0] == known.shape[1] else None
                found = None if inverse is None else Map(inverse, known.shape)
        if found is not None:
            values[name] = _shaped(found, name, letters)
            open_facts.remove(fact)
            return True
    return False


def _shaped(found: Map, name: str, letters: dict[str, tuple[str, ...]]) -> Map:
    if name in letters and found.shape is None:
        raise Unfit(f"{name} is a number here")
    return found
