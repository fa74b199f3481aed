"""Lines that help where nobody has said which: signs of inverses and of definitions, and what positive maps kill.

None of them is needed for a proof to be right, and those that a claim does not use are left out of its certificate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, pairwise, permutations
from time import monotonic
from typing import TypeAlias

from proofs_check.certificates.checker import Context, Polynomial, Refused, add, relation
from proofs_check.proving.contractions import at_rest, show_image, show_inverses
from proofs_check.proving.proof import Proof
from proofs_check.proving.search import parted, solved
from proofs_check.proving.specification import Kernel, Sum
from proofs_check.proving.squares import NoSolver, show_kernel, show_sum
from proofs_check.proving.translation import expanded_text

__all__ = ["show_lemmas"]

#: Seconds for one line.
EACH = 0.5
#: ``root' N root``: the names of N, and the root.
_Part: TypeAlias = tuple[tuple[str, ...], str]


@dataclass(frozen=True)
class _Killed:
    """An equation ``outer inner = 0``, or ``inner' outer inner = 0``, that is known by a name, up to its sign."""

    name: str
    outer: Polynomial
    inner: Polynomial


def show_lemmas(proof: Proof, claims: Sequence[str], seconds: float) -> bool:
    """Show what may help; returns whether anything was shown.

    Parameters
    ----------
    proof : Proof
        What is given; lines are added.
    claims : sequence of str
        What is to be shown in the end, and what is claimed beside it.
    seconds : float
        At most about so long.
    """
    until, before = monotonic() + seconds, len(proof.lines)
    show_inverses(proof)
    _inverse_squares(proof)
    for letter in proof.defined.values():
        ends = proof.context().type({(letter,): 1})
        known = {(letter,): 1} in proof.order.values()
        if monotonic() < until and not known and (ends is None or ends[0] == ends[1]):
            with suppress(NoSolver):
                show_sum(proof, f"{letter} >= 0", EACH)
    _between(proof)
    for letter in at_rest(proof):
        if monotonic() < until and any(letter in claim.split() for claim in claims):
            show_image(proof, {(): 1}, letter)
    for killed in list(_killed(proof)):
        if monotonic() < until:
            _kernels(proof, killed)
    for claim in claims:
        if monotonic() < until and ">" not in claim:
            _of_claim(proof, claim)
    return len(proof.lines) > before


def _inverse_squares(proof: Proof) -> None:
    """Show that the inverse of what is the square of a number is the square of its inverse."""
    context = proof.context()
    numbers = [x for x in context.scalars if f"{x}_inv" in context.scalars and x in proof.facts]
    values = {x: {word: -c for word, c in proof.facts[x].items() if word != (x,)} for x in numbers}
    for x, y in permutations(numbers, 2):
        if values[x] == context.times(values[y], values[y]):
            lines = (f"{x} = {y} {y}", f"{y} {y} {x}_inv = 1", f"{y} {x}_inv = {y}_inv", f"{x}_inv = {y}_inv {y}_inv")
            all(map(proof.show, lines))


def _between(proof: Proof) -> None:
    """Show that N (c - N) is positive where N and c - N are: c times it is N (c - N) N and (c - N) N (c - N)."""
    context = proof.context()
    for (name, p), (other, q) in combinations(proof.order.items(), 2):
        whole = dict(p)
        add(whole, q)
        if whole.keys() == {()} and whole[()] > 0 and context.type(p) is not None:
            share = str(1 / Fraction(whole[()]))
            terms = ((share, (other,), expanded_text(p)), (share, (name,), expanded_text(q)))
            proof.show_sum(Sum(f"{expanded_text(context.times(p, q))} >= 0", terms))


def _killed(proof: Proof) -> Iterator[_Killed]:
    """Equations that say what a map does not see: before a last letter, and what a pseudo-inverse leaves over."""
    context = proof.context()
    for name, p in proof.facts.items():
        middle = name.removesuffix(" 1")
        last = {word[-1:] for word in p}
        if middle != name and middle in proof.translation.letters and any(middle in word for word in p):
            # T Y T - T: the words that begin with Y are those of Y T, once T is taken away.
            outer = {word: -c for word, c in p.items() if middle not in word}
            inner = {(): 1} | {word: -c for word, c in context.times({(middle,): 1}, outer).items()}
            if context.times(outer, inner) in (p, {w: -c for w, c in p.items()}):
                yield _Killed(name, outer, inner)
                if context.adjoint(outer) == outer:
                    other = {(): 1} | {w: -c for w, c in context.times(outer, {(middle,): 1}).items()}
                    yield _Killed(name, outer, other)
        elif len(last) == 1 and all(len(word) > 1 for word in p) and not set(*last) & set(context.scalars):
            x, numbers = next(iter(last)), frozenset(context.scalars)
            outer = {word[:-1]: c for word, c in p.items()}
            turned = next(iter(context.adjoint({x: 1})))
            bare = [parted(word, numbers) for word in outer]
            if all(maps[:1] == turned for _, maps in bare):  # a form
                yield _Killed(
                    name, {(*k, *maps[1:]): c for (k, maps), c in zip(bare, outer.values(), strict=True)}, {x: 1}
                )
            yield _Killed(name, outer, {x: 1})


def _kernels(proof: Proof, killed: _Killed) -> None:
    """Where a sum of positive maps kills something, each of them does."""
    context = proof.context()
    ends = context.type(killed.outer)
    if ends is None or ends[0] != ends[1]:
        return
    once = dict(killed.outer)
    for name, letter in proof.defined.items():
        if (letter,) in once:  # as a sum it may be written with what is known
            add(once, proof.facts[name], -once[letter,])
    whole = proof.unfolded(killed.outer)
    for outer in (killed.outer, once, whole):
        _of_sum(proof, killed, outer, _positive(proof, ends[0], outer))
    parts = _positive(proof, ends[0], whole)
    _of_sum(proof, killed, whole, {part: proof.unfolded(p) for part, p in parts.items()})
    # Where what is killed is defined as X' X, times a number: X kills it, too.
    for letter in _roots(context, proof.unfolded(killed.outer)):
        image = context.times({(letter,): 1}, killed.inner)
        if image not in proof.facts.values():
            with suppress(Refused, NoSolver):
                show_kernel(proof, f"{expanded_text(image)} = 0", expanded_text(image), seconds=EACH)


def _of_sum(proof: Proof, killed: _Killed, outer: Polynomial, parts: Mapping[_Part, Polynomial]) -> None:
    """Show of each positive map that the outer map is a sum of, that it kills the inner one."""
    context = proof.context()
    for sign in (1, -1):
        weights = solved({word: sign * c for word, c in outer.items()}, parts)
        if weights is None or not all(weight > 0 for weight in weights.values()):
            continue
        behind = {part: context.times(context.parse(part[1]), killed.inner) for part in weights}
        for part, weight in weights.items():
            names, g = part[0], behind[part]
            image = context.times(*(proof.order[name] for name in names), g)
            if image and image not in proof.facts.values():
                others = tuple(
                    (str(w / weight), x[0], expanded_text(behind[x])) for x, w in weights.items() if x != part
                )
                with suppress(Refused):
                    line = Kernel(f"{expanded_text(image)} = 0", expanded_text(g), names[0] if names else "", others)
                    proof.show_kernel(line, sources=(killed.name,))
        return


def _roots(context: Context, p: Polynomial) -> list[str]:
    """Letters X with ``X' X`` in a word."""
    found = {x for word in p for turned, x in pairwise(word) if turned == f"{x}'"}
    return sorted(found - {*context.symmetric})


def _positive(proof: Proof, space: str, outer: Polynomial) -> dict[_Part, Polynomial]:
    """What is positive on a space: known maps, also multiples of them, and squares of letters; by name and root."""
    context = proof.context()
    out: dict[_Part, Polynomial] = {}
    numbers = list(_numbers(proof, outer))
    for name, p in list(proof.order.items()):
        if context.type(p) != (space, space):
            continue
        out[(name,), "1"] = p
        for known in numbers:
            multiple = context.times(*(proof.order[x] for x in known), p)
            if multiple and set(multiple) <= set(outer) and multiple not in proof.order.values():
                line = proof.show_sum(Sum(f"{expanded_text(multiple)} >= 0", (("1", (*known, name), "1"),)))
                if line is not None:
                    out[(line,), "1"] = multiple
    for letter, ends in context.ends.items():
        if ends[1] == space and letter not in context.symmetric:
            out[(), letter] = context.times({(letter + "'",): 1}, {(letter,): 1})
    return out


def _numbers(proof: Proof, outer: Polynomial) -> Iterator[tuple[str, ...]]:
    """Numbers that are known not to be negative: one, or those that stand before maps; by the names of facts."""
    context = proof.context()
    known = {name: p for name, p in proof.order.items() if not any(x in context.ends for word in p for x in word)}
    yield from ((name,) for name, p in known.items() if len(p) > 1)
    letters = {word[0]: name for name, p in known.items() for word in p if len(p) == len(word) == p[word] == 1}
    for front in sorted({tuple(x for x in word if x in context.scalars) for word in outer} - {()}):
        if letters.keys() >= set(front):
            yield tuple(letters[x] for x in front)


def _of_claim(proof: Proof, claim: str) -> None:
    """Show that positive maps kill what is claimed to vanish, and the claim, if that follows."""
    context = proof.context()
    fact = relation(context, claim, "=")
    if not fact.type or not fact.gap:
        return
    tried = [
        (root, p, name) for name, p in proof.order.items() for root in (fact.gap, _behind(context, p, fact.gap)) if root
    ]
    last = {word[-1:] for word in fact.gap}
    if len(last) == 1 and last.isdisjoint(fact.gap):
        # Where N x is to vanish, so may what is made of N.
        inside = {x for word in fact.gap for x in word[:-1]}
        tried[:0] = [
            (dict.fromkeys(last, 1), p, n) for n, p in proof.order.items() if inside & {x for w in p for x in w}
        ]
    for root, p, name in tried:
        kind, space = context.type(p), context.type(root)
        image = context.times(p, root) if kind and space and kind[1] == space[0] else {}
        if image and image not in proof.facts.values():
            with suppress(Refused, NoSolver):
                shown = show_kernel(proof, f"{expanded_text(image)} = 0", expanded_text(root), name, EACH)
                if shown and proof.show(claim):
                    return


def _behind(context: Context, p: Polynomial, gap: Polynomial) -> Polynomial:
    """What a letter is applied to, if all that is claimed to vanish begins with it."""
    parts = [(parted(word, frozenset(context.scalars)), c) for word, c in gap.items()]
    begun = all(p == {maps[:1]: 1} for (_, maps), _ in parts)
    return {(*numbers, *maps[1:]): c for (numbers, maps), c in parts} if begun else {}
