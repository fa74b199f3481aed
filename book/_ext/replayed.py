"""A line of a certificate multiplied out, term by term, and written as LaTeX. No Sphinx here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any

from certificates import CertificateError

from proofs_check.certificates.checker import Context, Polynomial, Refused, add, replay, sides
from proofs_check.certificates.stored import certificate

__all__ = ["Line", "Replayed", "line"]

GREEK = ["alpha", "beta", "gamma", "delta", "Delta", "eta", "lambda", "sigma", "Sigma", "rho", "theta", "Pi", "tau"]


@dataclass(frozen=True)
class Replayed:
    """One term ``weight * left * fact * right`` of a line, multiplied out, and what is left of the line without it."""

    term: str
    expanded: tuple[str, ...]
    rest: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """A line of a proof as LaTeX, with everything it is checked from.

    Attributes
    ----------
    spaces : dict of str to list of str
        ``"target <- source"`` to the letters with these spaces.
    numbers : list of str
        Letters that stand for real numbers.
    facts : dict of str to tuple of str
        Name of each fact that the cofactors multiply, to its polynomial, which is zero, word by word.
    states : str
        The line itself.
    goal : tuple of str
        Its left side minus its right side, word by word; of a line that is shown by a form, minus that form.
    form : str
        The form that vanishes where the line does; empty of other lines.
    sums, terms : list of Replayed
        The terms that are not negative, and the cofactors, in the order of the file.
    """

    spaces: dict[str, list[str]]
    numbers: list[str]
    facts: dict[str, tuple[str, ...]]
    states: str
    goal: tuple[str, ...]
    form: str
    sums: list[Replayed]
    terms: list[Replayed]


def line(theorem: str, name: str, number: int, data: Mapping[str, Any] | None = None) -> Line:
    """Multiply out a line of a statement; `data` is the certificate, by default the stored one."""
    whole = certificate(theorem) if data is None else data
    statement = next((s for s in whole["statements"] if s["name"] == name), None)
    if statement is None or not 0 < number <= len(statement["proof"]):
        known = ", ".join(f"{s['name']} ({len(s['proof'])} lines)" for s in whole["statements"])
        raise CertificateError(f"{theorem} has no line {number} of {name!r}; it has {known}")
    try:
        replay(statement)
    except Refused as error:
        raise CertificateError(f"{name}: {error}") from None
    spelled = spelling(name.split("/")[0])
    context = Context(statement.get("letters", {}), statement.get("scalars", []), statement.get("symmetric", []))
    chosen, facts = statement["proof"][number - 1], _facts(context, statement, number)
    goal, _ = sides(context, chosen["states"], "=", ">=", ">")
    rest, form, sums = dict(goal), "", []
    if "kernel" in chosen:
        names, text = chosen["kernel"]
        root, inner = context.parse(text), [facts[fact] for fact in names]
        form = _square(context, spelled, root, " ".join(_bracketed(factor, spelled) for factor in inner))
        rest = {word: -c for word, c in context.times(context.adjoint(root), *inner, root).items()}
    start = tuple(_words(rest, spelled))
    for weight, names, text in chosen.get("sum", []):
        root, factors = context.parse(text), [facts[fact] for fact in names]
        middle = " ".join(_bracketed(factor, spelled) for factor in factors)
        product = context.times(context.adjoint(root), *factors, root)
        term = {word: Fraction(weight) * c for word, c in product.items()}
        add(rest, term, -1)
        shown = _weight(Fraction(weight)) + _square(context, spelled, root, middle)
        sums.append(Replayed(shown, tuple(_words(term, spelled)), tuple(_words(rest, spelled))))
    used = _used(context, facts, chosen)
    terms = []
    for weight, left, fact, right in chosen.get("because", []):
        factors = context.parse(left), used[fact], context.parse(right)
        term = {word: Fraction(weight) * c for word, c in context.times(*factors).items()}
        add(rest, term, Fraction(-1))
        label = rf"f_{{{list(used).index(fact) + 1}}}"
        parts = [_text(left, spelled), label, _text(right, spelled)]
        shown = _weight(Fraction(weight)) + " ".join(part for part in parts if part != "1")
        terms.append(Replayed(shown, tuple(_words(term, spelled)), tuple(_words(rest, spelled))))
    if rest:
        raise CertificateError(f"{name}: line {number} does not add up")
    letters = {x for p in [goal, *used.values()] for word in p for x in word}
    spaces: dict[str, list[str]] = {}
    for letter, ends in statement.get("letters", {}).items():
        if {letter, letter + "'"} & letters:
            spaces.setdefault(ends, []).append(_letter(letter, spelled))
    numbers = [_letter(x, spelled) for x in statement.get("scalars", []) if x in letters]
    states = _text(chosen["states"], spelled)
    states = states if context.type(goal) else states.replace(r"\succeq", r"\ge")
    shown_facts = {name: tuple(_words(p, spelled)) for name, p in used.items()}
    return Line(spaces, numbers, shown_facts, states, start, form, sums, terms)


def _used(context: Context, facts: Mapping[str, Polynomial], chosen: Mapping[str, Any]) -> dict[str, Polynomial]:
    """The polynomials that a line multiplies, in the order in which they are known; an adjoint has a ' at its name."""
    named = {fact for _, _, fact, _ in chosen.get("because", [])}
    out = {}
    for name, p in facts.items():
        out |= {name: p} if name in named else {}
        out |= {name + "'": context.adjoint(p)} if name + "'" in named and name + "'" not in facts else {}
    return out


def _facts(context: Context, statement: Mapping[str, Any], number: int) -> dict[str, Polynomial]:
    """What is known before a line: as given, and as shown by the lines above it."""
    known = {**statement.get("given", {}), **statement.get("positive", {})}
    for i, earlier in enumerate(statement["proof"][: number - 1], 1):
        known[earlier.get("name", f"line {i}")] = earlier["states"]
    return {name: sides(context, text, "=", ">=", ">")[0] for name, text in known.items()}


# Spelling ----------------------------------------------------------------------------------------


def spelling(formula: str) -> dict[str, str]:
    """LaTeX of the letters of a formula's derivation, by their name in the certificate."""
    from sympy import MatrixSymbol, Symbol

    from proofs_check.proving.translation import identifier
    from theory import formulas
    from theory.language.printing import tex

    steps = formulas[formula].derivation
    return {identifier(s.name): tex(s) for step in steps for s in step.equation.atoms(MatrixSymbol, Symbol)}


def _letter(name: str, spelled: Mapping[str, str]) -> str:
    bare, turned = name.rstrip("'"), name.endswith("'")
    if bare in spelled:
        latex = spelled[bare]
    elif match := re.fullmatch(r"(.*)_(pinv|inv|sqrt)", bare):
        whole = match[1].replace("_plus_", " + ").replace("_minus_", " - ")
        base = " ".join(x if x in "+-" else _letter(x, spelled) for x in whole.split())
        base = rf"({base})" if " " in base else base
        latex = rf"\sqrt{{{base}}}" if match[2] == "sqrt" else rf"{base}^{{{'+' if match[2] == 'pinv' else '-1'}}}"
    else:
        parts = [rf"\{part}" if part in GREEK else part for part in bare.split("_")]
        latex = parts[0] + (rf"_{{{','.join(parts[1:])}}}" if parts[1:] else "")
    if not turned:
        return latex
    return rf"{latex}^{{\mathsf T}}" if "^" not in latex else rf"({latex})^{{\mathsf T}}"


def _text(text: str, spelled: Mapping[str, str]) -> str:
    """Typeset an expression or relation as it is written in the file."""
    out = []
    for token in re.findall(r"\d+/\d+|\d+|[A-Za-z_]\w*'?|>=|\S", text):
        if "/" in token:
            out.append(r"\tfrac{{{}}}{{{}}}".format(*token.split("/")))
        else:
            out.append(r"\succeq" if token == ">=" else _letter(token, spelled) if token[0].isalpha() else token)
    return " ".join(out)


def _weight(c: Fraction) -> str:
    size = abs(c)
    number = (
        ""
        if size == 1
        else f"{size}"
        if size.denominator == 1
        else rf"\tfrac{{{size.numerator}}}{{{size.denominator}}}"
    )
    return ("-" if c < 0 else "+") + number + (r"\, " if number else "")


def _words(p: Polynomial, spelled: Mapping[str, str]) -> Iterator[str]:
    """Signed words of a polynomial: those that are added first, short ones before long ones."""
    for word, c in sorted(p.items(), key=lambda item: (item[1] < 0, len(item[0]), item[0])):
        sign = _weight(c)
        yield (sign if word or sign not in "+-" else sign + "1") + " ".join(_powers(word, spelled))


def _powers(word: tuple[str, ...], spelled: Mapping[str, str]) -> Iterator[str]:
    for letter, same in groupby(word):
        latex, times = _letter(letter, spelled), len(list(same))
        yield latex if times == 1 else f"{latex}^{times}" if "^" not in latex else " ".join([latex] * times)


def _bracketed(p: Polynomial, spelled: Mapping[str, str]) -> str:
    text = " ".join(_words(p, spelled)).removeprefix("+")
    return rf"\left({text}\right)" if len(p) > 1 or text.startswith("-") else text


def _square(context: Context, spelled: Mapping[str, str], root: Polynomial, middle: str) -> str:
    if root == {(): Fraction(1)}:
        return middle
    if all(x in context.scalars for word in root for x in word):
        power = _bracketed(root, spelled)
        return f"{power if len(power) == 1 or power[0] == chr(92) else f'({power})'}^2 {middle}"
    return f"{_bracketed(context.adjoint(root), spelled)} {middle} {_bracketed(root, spelled)}"
