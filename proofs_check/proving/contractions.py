"""What lies between a map that stretches little and the identity: it shortens little, kills nothing, and bounds rests.

Where ``1 - k s > 0``, s the largest singular value of T, let c be the reciprocal of that number. Then
``c^2 (1 - k T)' (1 - k T) - 1`` is ``c k (2 s - T - T') + c^2 k^2 (s - T)' (s - T)``, and the same of T'.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from time import monotonic
from typing import NamedTuple

from proofs_check.certificates.checker import Polynomial, Refused
from proofs_check.proving.completion import solutions
from proofs_check.proving.proof import Proof
from proofs_check.proving.search import Rewriting, Rule
from proofs_check.proving.specification import Kernel, Sum
from proofs_check.proving.translation import expanded_text

__all__ = ["at_rest", "show_contractions", "show_image", "show_inverses"]

#: Seconds for one line.
EACH = 1.0
ONE: Polynomial = {(): 1}


class _Contraction(NamedTuple):
    """``turn``, which is ``1 - k T`` or its transpose, and the line that it shortens nothing below a part of it."""

    name: str
    turn: Polynomial


def _called(proof: Proof, number: Polynomial) -> str:
    """The letter that is a number, or that is defined to be it; empty if there is none."""
    for x in proof.context().scalars:
        if number == {(x,): 1} or {(x,): 1, **{word: -c for word, c in number.items()}} in proof.facts.values():
            return x
    return ""


def show_inverses(proof: Proof) -> None:
    """Show that inverses of positive numbers are positive."""
    for name, p in list(proof.order.items()):
        inverse = f"{_called(proof, p)}_inv"
        if inverse in proof.translation.scalars and {(inverse,): 1} not in proof.order.values():
            proof.show_sum(Sum(f"{inverse} >= 0", (("1", (name,), inverse),)))


def show_contractions(proof: Proof, until: float) -> None:
    """Show that such maps shorten little, what they make of what is at rest, and that they kill nothing.

    Parameters
    ----------
    proof : Proof
        What is given; lines are added.
    until : float
        When to stop.
    """
    show_inverses(proof)
    for one, other in list(_contractions(proof)):
        for letter in at_rest(proof):
            if monotonic() < until:
                show_image(proof, one.turn, letter)
        for pair in ((one, other), (other, one)):
            if monotonic() < until:
                _regular(proof, *pair)


def _contractions(proof: Proof) -> Iterator[tuple[_Contraction, _Contraction]]:
    context = proof.context()
    numbers = {word[0]: name for name, p in proof.order.items() if len(p) == 1 for word in p if len(word) == 1}
    for s, (matrix, sign) in proof.translation.singular.items():
        for p in list(proof.order.values()) if sign == 1 and f"{s} bounds forms" in proof.order else ():
            below = [(word, -c) for word, c in p.items() if s in word]
            if len(below) != 1 or below[0][1] <= 0 or p.get(()) != 1 or len(p) != 2:
                continue
            word, weight = below[0]
            k, inverse = [x for i, x in enumerate(word) if i != word.index(s)], f"{_called(proof, p)}_inv"
            if not numbers.keys() >= {inverse, *k}:
                continue
            factor = " ".join([str(weight), *k])
            turn, rest = (context.parse(text) for text in (f"1 - {factor} ({matrix})", f"{s} - ({matrix})"))
            found = []
            for one, other in ((turn, rest), (context.adjoint(turn), context.adjoint(rest))):
                whole = context.times({(inverse, inverse): 1}, context.adjoint(one), one)
                linear = (str(weight), (numbers[inverse], *(numbers[x] for x in k), f"{s} bounds forms"), "1")
                square = ("1", (), expanded_text(context.times(context.parse(f"{inverse} {factor}"), other)))
                name = proof.show_sum(Sum(f"{expanded_text(whole)} - 1 >= 0", (linear, square)))
                found += [] if name is None else [_Contraction(name, one)]
            if len(found) == 2:
                yield found[0], found[1]


def at_rest(proof: Proof) -> list[str]:
    """Letters that an equation determines, and those that are defined by means of them."""
    found = [name.removeprefix("equation for ") for name in proof.facts if name.startswith("equation for ")]
    for name, letter in proof.defined.items():
        if any(x.rstrip("'") in found for word in proof.facts[name] for x in word):
            found.append(letter)
    return [x for x in found if x in proof.context().ends]


def show_image(proof: Proof, turn: Polynomial, letter: str) -> None:
    """Show what a map makes of a letter, in letters that do not depend on what is at rest."""
    context, unknown = proof.context(), "image"
    image = context.times(turn, {(letter,): 1})
    space, (target, source) = context.type(turn), context.ends[letter]
    if unknown in context.ends or (space is not None and space[1] != target):
        return
    wider = proof.translation.copy()
    wider.letters[unknown] = f"{target if space is None else space[0]} <- {source}"
    facts = {**proof.facts, unknown: {(unknown,): -1, **image}}
    listed = [x for name, p in facts.items() for x in proof.turned(wider.context(), name, p)]
    barred = frozenset(at_rest(proof))
    for outer, rest in solutions(wider.context(), unknown, listed, barred=barred, seconds=EACH):
        if outer == {(): 1}:
            replace(proof, seconds=EACH).show(f"{expanded_text(image)} = {expanded_text(rest)}")


def _regular(proof: Proof, one: _Contraction, other: _Contraction) -> None:
    """Show that a pseudo-inverse is an inverse, where its matrix is such a map times what has an inverse."""
    context, letters = proof.context(), proof.translation.letters
    kind = context.type(one.turn)
    around: list[Polynomial] = [{(x,): 1} for x in letters if f"{x}_inv" in letters and context.ends[x] == kind]
    for name, p in list(proof.facts.items()):
        pseudo = name.removesuffix(" 1")
        if pseudo == name or pseudo not in letters:
            continue
        matrix = {word: -c for word, c in p.items() if pseudo not in word}
        right, left = (_rest(context.times(*pair)) for pair in ((matrix, {(pseudo,): 1}), ({(pseudo,): 1}, matrix)))
        for before, after in [(ONE, ONE), *((x, ONE) for x in around), *((ONE, x) for x in around)]:
            if _proportional(proof, matrix, context.times(before, one.turn, after)):
                _kills_nothing(proof, one, before, context.times(after, left))
                _kills_nothing(proof, other, context.adjoint(after), context.times(context.adjoint(before), right))


def _rest(p: Polynomial) -> Polynomial:
    return {(): 1, **{word: -c for word, c in p.items()}}


def _proportional(proof: Proof, first: Polynomial, second: Polynomial) -> bool:
    """Whether one map is the other, or a number with an inverse times it, where inverses cancel and letters unfold."""
    context = proof.context()
    inverses = [Rule(name, p, max(p, key=len)) for name, p in proof.facts.items() if "_inv from the " in name]
    one, two = (proof.unfolded(Rewriting(context, inverses)(p)[0]) for p in (first, second))
    numbers: list[Polynomial] = [{(x,): 1} for x in context.scalars if f"{x}_inv" in context.scalars]
    return any(one == context.times(k, two) for k in [ONE, *numbers])


def _kills_nothing(proof: Proof, one: _Contraction, before: Polynomial, root: Polynomial) -> None:
    """Show that something vanishes, because its image does."""
    context, patient, text = proof.context(), replace(proof, seconds=EACH), expanded_text(root)
    image = context.times(one.turn, root)
    with suppress(Refused):
        if patient.show(f"{expanded_text(context.times(before, image))} = 0"):
            name = patient.show(f"{expanded_text(image)} = 0")
            if name is not None:
                proof.show_kernel(Kernel(f"{text} = 0", text, "", (("1", (one.name,), text),)), sources=(name,))
