"""Random claims whose truth is known by algebra: products that are multiplied out, by rules that the hypotheses give.

What is true follows from its hypotheses by the rules of its theory (a `Theory`: how words are simplified, which
matrices obey it). What is false was changed in one term, and an exact instance of the hypotheses is at hand at which it
fails. Words and matrices here are strings and arrays of fractions: nothing of the package reads or decides a claim.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import count
from typing import Any

import numpy as np

from numerics.exact import pinv, positive_semidefinite, rank, solve
from tests.conjectures.cases import Case

__all__ = ["KINDS", "known"]

Word = tuple[str, ...]
Polynomial = dict[Word, Fraction]
Values = dict[str, Any]
VECTORS = ("x", "y")


@dataclass(frozen=True)
class Theory:
    """Letters, what is assumed of them, and what words come to by that.

    Attributes
    ----------
    given : tuple of str
    letters : tuple of str
        What words are made of, besides transposes.
    rules : mapping of word to polynomial
        Each subword that is replaced, and by what; applied until none occurs.
    values : callable
        Draws matrices that satisfy it.
    let : str
        Declares its matrices.
    """

    given: tuple[str, ...]
    letters: tuple[str, ...]
    rules: Mapping[Word, Polynomial]
    values: Callable[[random.Random, int], Values]
    let: str = "C, D, E: matrix d"


def matrix(rng: random.Random, size: int) -> Any:
    return np.array([[Fraction(rng.randint(-2, 2)) for _ in range(size)] for _ in range(size)], dtype=object)


def regular(rng: random.Random, size: int) -> Any:
    while True:
        found = matrix(rng, size)
        if int(rank(found)) == size:
            return found


def unit(size: int) -> Any:
    return np.array([[Fraction(i == j) for j in range(size)] for i in range(size)], dtype=object)


def inverse(m: Any) -> Any:
    return solve(m, unit(len(m)))


def projector(rng: random.Random, size: int) -> Any:
    m = matrix(rng, size)
    m[:, 0] = 0
    return m @ pinv(m)


def rotation(rng: random.Random, size: int) -> Any:
    """Orthogonal by Cayley's formula."""
    m = matrix(rng, size)
    skew = m - m.T
    return (unit(size) - skew) @ inverse(unit(size) + skew)


def singular(rng: random.Random, size: int) -> Any:
    m = matrix(rng, size)
    m[:, -1] = m[:, 0]
    return m


def drawn(**how: Callable[[random.Random, int], Any]) -> Callable[[random.Random, int], Values]:
    return lambda rng, size: {name: how.get(name, matrix)(rng, size) for name in "CDE"}


def _commuting(rng: random.Random, size: int) -> Values:
    values = drawn()(rng, size)
    m = values["C"]
    return values | {"D": rng.randint(-2, 2) * unit(size) + m + rng.randint(0, 1) * m @ m}


def _defined(rng: random.Random, size: int) -> Values:
    values = drawn()(rng, size)
    return values | {"E": values["C"] @ values["D"] - values["D"]}


def one(*letters: str, weight: int = 1) -> Polynomial:
    return {letters: Fraction(weight)}


THEORIES = {
    "free": Theory((), ("C", "D", "E"), {}, drawn()),
    "symmetric": Theory((), ("C", "D"), {("C'",): one("C")}, lambda rng, n: _symmetric(rng, n), "C: symmetric d"),
    "commuting": Theory(
        ("C D = D C",), ("C", "D", "E"), {("D", "C"): one("C", "D"), ("C'", "D'"): one("D'", "C'")}, _commuting
    ),
    "idempotent": Theory(("C C = C",), ("C", "D"), {("C", "C"): one("C"), ("C'", "C'"): one("C'")}, drawn(C=projector)),
    "projector": Theory(
        ("C is an orthogonal projector",), ("C", "D"), {("C'",): one("C"), ("C", "C"): one("C")}, drawn(C=projector)
    ),
    "orthogonal": Theory(("C' C = I",), ("C", "D"), {("C'", "C"): one()}, drawn(C=rotation)),
    "defined": Theory(
        ("E = C D - D",), ("C", "D", "E"),
        {("E",): one("C", "D") | one("D", weight=-1), ("E'",): one("D'", "C'") | one("D'", weight=-1)}, _defined,
    ),
    "inverse": Theory(
        ("C is invertible",), ("C", "D", "C^-1"), {("C", "C^-1"): one(), ("C^-1", "C"): one()}, drawn(C=regular)
    ),
    "pseudo-inverse": Theory(
        (), ("C", "D", "C^+"),
        {
            ("C", "C^+", "C"): one("C"), ("C^+", "C", "C^+"): one("C^+"),
            ("C'", "C", "C^+"): one("C'"), ("C^+", "C", "C'"): one("C'"),
        }, drawn(C=singular),
    ),
}  # fmt: skip


def _symmetric(rng: random.Random, size: int) -> Values:
    values = drawn()(rng, size)
    return values | {"C": values["C"] + values["C"].T}


# Words ---------------------------------------------------------------------------------------------


def simplified(p: Polynomial, theory: Theory) -> Polynomial:
    total: Polynomial = {}
    stack = list(p.items())
    while stack:
        word, c = stack.pop()
        for i in range(len(word)):
            for old, new in theory.rules.items():
                if word[i : i + len(old)] == old:
                    stack += [((*word[:i], *w, *word[i + len(old) :]), c * k) for w, k in new.items()]
                    break
            else:
                continue
            break
        else:
            total[word] = total.get(word, Fraction(0)) + c
    return {word: c for word, c in total.items() if c}


def times(*factors: Polynomial) -> Polynomial:
    total = one()
    for factor in factors:
        new: Polynomial = {}
        for a, c in total.items():
            for b, k in factor.items():
                new[a + b] = new.get(a + b, Fraction(0)) + c * k
        total = new
    return total


def plus(*terms: Polynomial, weights: tuple[int, ...] = ()) -> Polynomial:
    total: Polynomial = {}
    for term, weight in zip(terms, weights or (1,) * len(terms), strict=True):
        for word, c in term.items():
            total[word] = total.get(word, Fraction(0)) + weight * c
    return {word: c for word, c in total.items() if c}


def turned(p: Polynomial) -> Polynomial:
    flip = {"C^-1": "C'^-1", "C^+": "C'^+", "C'^-1": "C^-1", "C'^+": "C^+"}
    return {
        tuple(flip.get(x, x[:-1] if x.endswith("'") else f"{x}'") for x in reversed(word)): c for word, c in p.items()
    }


def written(p: Polynomial) -> str:
    out = ""
    for word, c in p.items():
        size = [] if abs(c) == 1 and word else [str(abs(c)) if word else f"{abs(c)} I"]
        out += (" - " if c < 0 else " + ") if out else ("-" if c < 0 else "")
        out += " ".join([*size, *word])
    return out or "0"


def worth(p: Polynomial, values: Values, size: int) -> Any:
    total = 0 * unit(size)
    for word, c in p.items():
        term = c * unit(size)
        for letter in word:
            m = values[letter[0]]
            m = m.T if "'" in letter else m
            term = term @ (inverse(m) if letter.endswith("^-1") else pinv(m) if letter.endswith("^+") else m)
        total = total + term
    return total


def polynomial(rng: random.Random, theory: Theory, *, terms: int, length: int, primes: bool = True) -> Polynomial:
    def letter() -> str:
        found = rng.choice(theory.letters)
        return f"{found}'" if primes and "^" not in found and rng.random() < 0.2 else found

    def word() -> Word:
        return tuple(letter() for _ in range(rng.randint(1, length)))

    found = [{word(): Fraction(rng.choice((1, 1, 2, -1, -2, 3)))} for _ in range(terms)]
    return plus(*found) or one("D")


def changed(rng: random.Random, p: Polynomial, theory: Theory) -> Polynomial:
    """One term has another weight, another letter, another order, or is gone."""
    words = sorted(p) or [("D",)]
    word = rng.choice(words)
    others = {w: c for w, c in p.items() if w != word}
    c = p.get(word, Fraction(1))
    place = rng.randrange(len(word)) if word else 0
    new = rng.choice(
        [
            {word: -c},
            {word: 2 * c},
            {},
            {word[::-1]: c},
            {(*word[:place], rng.choice(theory.letters), *word[place + 1 :]): c},
        ]
    )
    return plus(others, new)


# Claims --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claim:
    """A text, further declarations and hypotheses, and how it fails at matrices (None: it does not say)."""

    text: str
    fails: Callable[[Values, int], bool]
    given: tuple[str, ...] = ()


def _product(rng: random.Random, theory: Theory) -> tuple[str, Polynomial]:
    factors = [polynomial(rng, theory, terms=rng.randint(1, 2), length=2) for _ in range(rng.randint(1, 3))]
    return " ".join(f"({written(f)})" for f in factors), simplified(times(*factors), theory)


def multiplied_out(rng: random.Random, theory: Theory, true: bool) -> Claim:
    text, p = _product(rng, theory)
    other = p if true else changed(rng, p, theory)
    gap = plus(p, other, weights=(1, -1))
    return Claim(f"{text} = {written(other)}", lambda values, n: bool((worth(gap, values, n) != 0).any()))


def of_vectors(rng: random.Random, theory: Theory, true: bool) -> Claim:
    text, p = _product(rng, theory)
    other = p if true else changed(rng, p, theory)
    gap = plus(p, other, weights=(1, -1))
    said = written({(*word, "x"): c for word, c in other.items()}) if () not in other else f"({written(other)}) x"
    return Claim(f"{text} x = {said}", lambda values, n: bool((worth(gap, values, n) != 0).any()))


def implied(rng: random.Random, theory: Theory, true: bool) -> Claim:
    """From y = p x follows q y = q p x."""
    p, q = (polynomial(rng, theory, terms=2, length=1) for _ in range(2))
    product = simplified(times(q, p), theory)
    other = product if true else changed(rng, product, theory)
    gap = plus(product, other, weights=(1, -1))
    text = f"if y = ({written(p)}) x, then ({written(q)}) y = ({written(other)}) x"
    return Claim(text, lambda values, n: bool((worth(gap, values, n) != 0).any()))


def equivalent(rng: random.Random, theory: Theory, true: bool) -> Claim:
    """An equation y = p x, and the same times a number, with something added on both sides."""
    p, r = (polynomial(rng, theory, terms=2, length=2) for _ in range(2))
    a = rng.choice((2, 3, -1, -2))
    right = simplified(plus(p, r, weights=(a, 1)), theory)
    other = right if true else changed(rng, right, theory)
    gap = plus(right, other, weights=(1, -1))
    text = f"y = ({written(p)}) x iff {a} y + ({written(r)}) x = ({written(other)}) x"
    return Claim(text.replace("iff -1 y", "iff -y"), lambda values, n: bool((worth(gap, values, n) != 0).any()))


def squares(rng: random.Random, theory: Theory, true: bool) -> Claim:
    """A sum of squares, some with S >= 0 in between, written out on two sides."""
    roots = [polynomial(rng, theory, terms=2, length=1, primes=False) for _ in range(rng.randint(1, 2))]
    total = plus(*(times(turned(g), g) for g in roots))
    if not true:
        total = plus(total, times(turned(roots[0]), roots[0]), weights=(1, -rng.randint(2, 3)))
    total = simplified(total, theory)
    positive = {w: c for w, c in total.items() if c > 0}
    negative = {w: -c for w, c in total.items() if c < 0}
    return Claim(
        f"{written(positive)} >= {written(negative)}",
        lambda values, n: not positive_semidefinite(worth(total, values, n)),
    )


def weighted(rng: random.Random, theory: Theory, true: bool) -> Claim:
    """A congruence of what lies between two bounds, g' S g <= g' T g."""
    g = polynomial(rng, theory, terms=2, length=1, primes=False)
    bound = {("S",): Fraction(1)}
    low, high = (simplified(times(turned(g), m, g), theory) for m in (bound, one(weight=1 if true else -1)))
    gap = plus(high, low, weights=(1, -1))
    return Claim(
        f"{written(low)} <= {written(high)}",
        lambda values, n: not positive_semidefinite(worth(gap, values | {"S": unit(n) / 2}, n)),
        ("0 <= S <= I",),
    )


def lengths(rng: random.Random, theory: Theory, true: bool) -> Claim:
    """The square of the length of a sum."""
    p, q = (polynomial(rng, theory, terms=1, length=1, primes=False) for _ in range(2))
    (u, a), (v, b) = (
        (" ".join([*word, x]), c) for x, p_ in zip(VECTORS, (p, q), strict=True) for word, c in p_.items()
    )
    squares_of, mixed = (a * a, b * b), 2 * a * b
    if not true:
        mixed = mixed * rng.choice((2, -1, Fraction(1, 2)))
    text = f"|{a} {u} + {b} {v}|^2 = {squares_of[0]} |{u}|^2 + {squares_of[1]} |{v}|^2 + {mixed} <{u}, {v}>"
    wrong = mixed - 2 * a * b
    product = times(turned(p), q)
    return Claim(
        text.replace("+ -", "- "), lambda values, n: bool(wrong) and bool((worth(product, values, n) != 0).any())
    )


def bounded(rng: random.Random, theory: Theory, true: bool) -> Claim:
    """An inequality between lengths: Cauchy's with weights, or a bound of a map."""
    p = polynomial(rng, theory, terms=1, length=1, primes=False)
    (word,) = p
    u, k = " ".join([*word, "x"]), rng.randint(1, 3)
    if rng.random() < 0.5:
        text = f"2 <{u}, y> <= {k if true else Fraction(1, 2 * k)} |{u}|^2 + {Fraction(1, k)} |y|^2"
        return Claim(text, lambda values, n: not true and bool((worth(p, values, n) != 0).any()))
    scale = k if true else Fraction(1, k + 1)
    return Claim(f"|S {u}| <= {scale} |{u}|", lambda values, n: not true and bool((worth(p, values, n) != 0).any()),
                 ("0 <= S <= I",))  # fmt: skip


KINDS = {
    "multiplied out": multiplied_out,
    "of vectors": of_vectors,
    "implication": implied,
    "equivalence": equivalent,
    "sum of squares": squares,
    "between bounds": weighted,
    "length": lengths,
    "inequality": bounded,
}
#: Adjoints of an inverse or of what a definition hides need more rules than a theory here has.
WITHOUT_ADJOINTS = {"inverse", "pseudo-inverse"}


def known(total: int, seed: int = 0) -> Iterator[Case]:
    """Yield claims, true and false in turn, of all kinds and theories."""
    rng = random.Random(seed)
    numbers = count()
    while total:
        kind, name = rng.choice(list(KINDS)), rng.choice(list(THEORIES))
        theory, true = THEORIES[name], total % 2 == 0
        if name in WITHOUT_ADJOINTS and kind in ("sum of squares", "between bounds"):
            continue
        claim = KINDS[kind](rng, theory, true)
        if not true and not any(claim.fails(theory.values(rng, n), n) for n in (1, 2, 2, 3)):
            continue
        if true:
            assert not any(claim.fails(theory.values(rng, n), n) for n in (1, 2)), claim.text
        total -= 1
        let = (*({"C: symmetric d", "D, E: matrix d"} if "symmetric" in theory.let else {theory.let}),
               "x, y: vector d", "S: symmetric d")  # fmt: skip
        case = f"{kind}, {name}"
        yield Case(f"{next(numbers)}", case, claim.text, (*theory.given, *claim.given), let, "none", true)
