"""The trusted checker of certificates: standard library only, and short enough to be read in one go.

Every line of a proof is an identity of non-commutative polynomials: a replay multiplies and adds, nothing else.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["TOKEN", "Answer", "Context", "Polynomial", "Refused", "add", "check", "load", "need", "replay", "sides"]

# What a statement says: letters stand for linear maps between real spaces of any finite dimensions, or for real
# numbers; whenever they satisfy what is given, the last line of the proof holds. Why a replay shows that:
#
# An expression is stored as a polynomial in letters that do not commute, words with rational coefficients. To put maps
# in place of letters turns sums and products of words into sums and compositions of maps, by the laws of a ring alone:
# associative, distributive, and numbers commute with everything. Maps obey these in every dimension. So polynomials
# that are equal word by word are equal maps, and what cancels among words cancels among maps. The converse is not used:
# a line that is refused may still be true.
Polynomial = dict[tuple[str, ...], Fraction | int]
# What an expression denotes depends on where it acts: 1 vanishes on a space of dimension 0, and nowhere else. So each
# has a type, which is read off everything that is written, before anything cancels: (target, source) if a map occurs,
# () for a number, which stands for that multiple of 1 on whichever space it is used. None is 0 alone, of every type.
Type = tuple[str, ...] | None

# How a certificate is written, exactly. A part that is not listed here would look as if it had been checked; two names
# that look alike would be read as one; and Python reads more as a number than a reader does (1e3, " 1_0 ", True).
# A prime at the end of a fact's name means its adjoint, so that no name ends with one.
NUMBER, LETTER, NAME = r"[0-9]+(?:/0*[1-9][0-9]*)?", r"[A-Za-z_][A-Za-z0-9_]*", r"[ -~]*[ -&(-~]"
SPACE, EXPR, PROSE = r" *\w+(?:[ +*]+\w+)* *", r"[\w'/()+ -]+", r"[^\x00-\x1f\ud800-\udfff]*"
TOKEN = re.compile(rf"{NUMBER}|{LETTER}'?|[-+()]|\S", re.ASCII)
SUM, BECAUSE = (f"-?{NUMBER}", [NAME], EXPR), (f"-?{NUMBER}", EXPR, f"{NAME}'?", EXPR)
LINE = {"name": NAME, "states": r"[\w'/()+ =>-]+", "because": [BECAUSE], "sum": [SUM], "kernel": ([NAME], EXPR)}
DECLARED = {"letters": {LETTER: f"{SPACE}<-{SPACE}"}, "scalars": [LETTER], "symmetric": [LETTER], "prose": [PROSE]}
FACTS = {NAME: LINE["states"]}
STATEMENT = {"name": NAME, **DECLARED, "given": FACTS, "positive": FACTS, "proof": [LINE]}


class Refused(Exception):
    """A certificate does not prove what it states."""


@dataclass(frozen=True)
class Answer:
    """Truthy exactly when every statement is proved; `cofactors` counts the terms multiplied out."""

    refusal: str | None
    cofactors: int = 0

    def __bool__(self) -> bool:
        return self.refusal is None


def need(condition: Any, message: str) -> None:
    """Refuse unless `condition` is true."""
    if not condition:
        raise Refused(message)


def written(value: Any, shape: Any) -> None:
    """Refuse what is not of the form `shape`: a pattern, a list of one form or a tuple of several, or named parts."""
    need(type(value) is (list if isinstance(shape, tuple) else type(shape)), f"{value!r:.80} is of another kind")
    if isinstance(shape, str):
        need(re.fullmatch(shape, value, re.ASCII), f"{value!r:.80} may not stand there")
    elif isinstance(shape, dict):
        for key, part in value.items():
            name = key if key in shape else next(iter(shape))
            written(key, name)
            written(part, shape[name])
    else:
        need(len(value) == len(shape) or isinstance(shape, list), f"{value!r:.80} has too many parts, or too few")
        for part, one in zip(value, shape if isinstance(shape, tuple) else shape * len(value), strict=True):
            written(part, one)


def add(total: Polynomial, term: Polynomial, factor: Fraction | int = 1) -> None:
    """Add a multiple of a polynomial to `total`, in place."""
    for word, c in term.items():
        total[word] = total.get(word, 0) + factor * c
        if not total[word]:
            del total[word]


def product_type(*types: Type) -> tuple[str, ...]:
    """Return the type of a product: a number acts on every space, and maps must fit together."""
    # Only typed expressions denote maps; an ill-typed word denotes nothing, and nothing can be concluded from it.
    maps = [kind for kind in types if kind]
    need(all(a[1] == b[0] for a, b in pairwise(maps)), "a product is ill-typed")
    return (maps[0][0], maps[-1][1]) if maps else ()


def sum_type(*types: Type) -> Type:
    """Return the type that the terms of a sum, or the sides of a relation, have in common."""
    maps = {kind for kind in types if kind}
    need(len(maps) <= 1, "the terms of a sum have different types")
    # A multiple of 1 leads from a space to itself, so it cannot be added to a map between two spaces.
    need(() not in types or all(a == b for a, b in maps), "1 is added to a map between two spaces")
    return maps.pop() if maps else () if () in types else None


class Context:
    """The letters of a statement: operators with their spaces, and real numbers, which commute with everything."""

    def __init__(self, letters: dict[str, str], scalars: list[str], symmetric: list[str]) -> None:
        self.ends = {name: tuple(map(str.strip, ends.split("<-"))) for name, ends in letters.items()}
        self.scalars, self.symmetric, self.seen = set(scalars), set(symmetric), set[str]()
        # The space "1" of the numbers is a space like any other: a vector is a map from it. `seen` holds what was used.
        need(all(len(e) == 2 and all(e) for e in self.ends.values()), "a letter needs 'target <- source'")
        need(len(self.scalars) == len(scalars) and not self.scalars & set(self.ends), "a name is declared twice")
        need(all(len(set(self.ends[x])) == 1 for x in symmetric), "a map between two spaces is not symmetric")

    def adjoint(self, p: Polynomial) -> Polynomial:
        """Transpose: words reversed, letters flipped."""
        # (A B)' = B' A' and A'' = A; real numbers stay as they are. Only for letters declared symmetric is X' = X.
        return {self._in_order(tuple(map(self._flip, reversed(word)))): c for word, c in p.items()}

    def _flip(self, letter: str) -> str:
        self.seen |= {f"{letter} is symmetric"} if letter in self.symmetric else set()
        return letter if letter in self.scalars or letter in self.symmetric else (letter + "'").removesuffix("''")

    def _in_order(self, word: tuple[str, ...]) -> tuple[str, ...]:
        # One spelling for words that differ by where their numbers stand; maps keep their order.
        return (*sorted(x for x in word if x in self.scalars), *(x for x in word if x not in self.scalars))

    def times(self, *factors: Polynomial) -> Polynomial:
        """Multiply; numbers move to the front of a word."""
        product: Polynomial = {(): 1}
        for factor in factors:
            longer: Polynomial = {}
            for left, c in product.items():
                add(longer, {self._in_order(left + right): k for right, k in factor.items()}, c)
            product = longer
        return product

    def type(self, p: Polynomial) -> Type:
        """Target and source of all words; None if only numbers are left. For search: nothing rests on it."""
        return sum_type(*(product_type(*map(self._ends, word)) for word in p)) or None

    def _ends(self, letter: str) -> tuple[str, ...]:
        return () if letter in self.scalars else self.ends[letter.rstrip("'")][:: -1 if letter.endswith("'") else 1]

    def parse(self, text: str) -> Polynomial:
        """Expand an expression in letters, fractions, ``+``, ``-``, brackets and products without a sign."""
        return self.read(text)[0]

    def read(self, text: str) -> tuple[Polynomial, Type]:
        """Expand an expression, and find its type."""
        value = self._sum(tokens := TOKEN.findall(text))
        need(not tokens, f"cannot read {text!r}")
        return value

    def _sum(self, tokens: list[str]) -> tuple[Polynomial, Type]:
        total, types = Polynomial(), list[Type]()
        tokens[:0] = [] if tokens[:1] == ["-"] else ["+"]
        while tokens and tokens[0] in "+-":
            sign = int(tokens.pop(0) + "1")
            term, kind = self._product(tokens)
            types.append(kind)
            add(total, term, sign)
        return total, sum_type(*types)

    def _product(self, tokens: list[str]) -> tuple[Polynomial, Type]:
        value, types = Polynomial({(): 1}), list[Type]()
        need(tokens and tokens[0] not in "+-)", "a term is missing")
        while tokens and tokens[0] not in "+-)":
            name = (token := tokens.pop(0)).rstrip("'")
            if token == "(":
                factor, kind = self._sum(tokens)
                need(tokens and tokens.pop(0) == ")", "a bracket is not closed")
            elif token[0].isdigit():
                number = Fraction(token) if "/" in token else int(token)
                factor, kind = (Polynomial({(): number}), ()) if number else (Polynomial(), None)
            else:
                need(name in self.ends or token in self.scalars, f"{token!r} is not declared")
                need(token == name or name not in self.symmetric, f"{name} is symmetric and takes no '")
                factor, kind = {(token,): 1}, self._ends(token)
                self.seen.add(name)
            value = self.times(value, factor)
            types.append(kind)
        return value, types[0] if len(types) == 1 else product_type(*types)


class Fact(NamedTuple):
    """A relation: left side minus right side, its sign, and its type, which what cancelled has had a say in."""

    gap: Polynomial
    sign: str
    type: tuple[str, ...]


def relation(context: Context, text: str, *signs: str) -> Fact:
    """Read ``left sign right``."""
    parts = re.split("(>=|=|>)", text)
    need(len(parts) == 3 and parts[1] in signs, f"{text!r} is not a relation with {' or '.join(signs)}")
    (gap, one), (right, other) = context.read(parts[0]), context.read(parts[2])
    add(gap, right, -1)
    kind = sum_type(one, other) or ()
    need(parts[1] == "=" or kind[:1] == kind[1:], "a map between two spaces is neither positive nor negative")
    return Fact(gap, parts[1], kind)


def sides(context: Context, text: str, *signs: str) -> tuple[Polynomial, str]:
    """Read ``left sign right`` as the polynomial ``left - right`` and the sign."""
    return relation(context, text, *signs)[:2]


def replay(statement: dict[str, Any]) -> int:
    """Check one statement; returns the number of terms multiplied out."""
    written(statement, STATEMENT)
    c = Context(statement.get("letters", {}), statement.get("scalars", []), statement.get("symmetric", []))
    # What is known: `zero` holds relations whose gap vanishes, `order` those with a gap N >= 0 or N > 0. That a map N
    # is >= 0 means that it is symmetric and <x, N x> >= 0 for all x. Every line that is shown joins one of the two.
    zero = {name: relation(c, text, "=") for name, text in statement.get("given", {}).items()}
    order = {name: relation(c, text, ">=", ">") for name, text in statement.get("positive", {}).items()}
    used, count = set[str](), 0
    need(statement["proof"] and not zero.keys() & order.keys(), "no proof, or two facts of one name")
    need(all(c.adjoint(fact.gap) == fact.gap for fact in order.values()), "only a symmetric expression can be positive")
    for number, line in enumerate(statement["proof"], 1):
        # A line holds if its left side minus its right side is what its terms add up to. `goal` starts as what is to be
        # accounted for, each term is subtracted, and nothing may be left. All that is added up has one type, `kind`:
        # what is equal word by word is equal as maps between these two spaces, or as numbers, and says nothing of other
        # spaces. So a relation of maps of which only numbers are left, such as A + 1 = A, stays one of maps.
        ordered = "sum" in line and "kernel" not in line
        shown = relation(c, line["states"], *((">=", ">") if ordered else ("=",)))
        goal, kind, strict = dict(shown.gap), shown.type, False
        # Kernels: the line is N g = 0, N a known map >= 0 or 1, because 0 >= g' N g, which the terms show as they would
        # show an order relation: `goal` is -g' N g. For y = g x then <y, N y> = 0, as it is not negative. Were z = N y
        # not 0, then <y - t z, N (y - t z)> = -2 t |z|^2 + t^2 <z, N z> < 0 for small t > 0. Over the reals: with
        # complex numbers for entries, 1 + i^2 = 0 would show that 1 vanishes.
        if "kernel" in line:
            names, text = line["kernel"]
            (root, end), known = c.read(text), [order[name] for name in names]
            gap, image = c.times(*(fact.gap for fact in known), root), product_type(*(f.type for f in known), end)
            # In dimension 0 every map vanishes, even 7 times 1, so that none shows that a number does; a number as g is
            # that multiple of 1 on the space that the line tells.
            need(shown.type and all(f.type for f in known), "a number may be non-zero on a space without dimensions")
            need(len(known) <= 1 and root, "one map, and what it is applied to")
            need(shown.gap == gap and sum_type(shown.type, image) == shown.type, "the line is not N g = 0")
            kind, goal = shown.type[1:] * 2, {}
            add(goal, c.times(c.adjoint(root), gap), -1)
            used |= set(names)
        # Sums: weight g' N g with weight > 0 is not negative, because <x, g' N g x> = <g x, N (g x)> >= 0. N is 1 or a
        # product of known facts: numbers that are not negative, and at most one map, since a product of two positive
        # maps need not be symmetric. So a gap that is a sum of such terms, up to what vanishes, is not negative.
        for weight, names, text in line.get("sum", []):
            (root, end), factors = c.read(text), [order[name] for name in names]
            need(Fraction(weight) > 0 and root, "a term of a sum is not positive")
            need(sum(fact.type != () for fact in factors) <= 1, "a product of two operators need not be positive")
            # Each term must be a map of the line's type, or a number, which stands for that multiple of 1. A line about
            # numbers takes no map: in dimension 0 that would say nothing about them.
            found = product_type((end or ())[::-1], *(fact.type for fact in factors), end)
            need(sum_type(kind, found) == kind, "a square of another type")
            add(goal, c.times(c.adjoint(root), *(fact.gap for fact in factors), root), -Fraction(weight))
            # Strictly positive: a constant other than 0, squared, times numbers that are all > 0. What is > 0 is shown
            # for numbers only.
            strict |= set(root) == {()} and kind == () and all(fact.sign == ">" for fact in factors)
            used |= set(names)
        need(shown.sign != ">" or strict, "no term of the sum is strictly positive")
        # Cofactors: if f vanishes then so does a f b, whatever a and b are, and so does f', which is called by the
        # fact's name with a prime. Words a and b suffice, since a sum is several terms.
        terms = line.get("because", [])
        need(len({(left, name, right) for _, left, name, right in terms}) == len(terms), "a cofactor is listed twice")
        for weight, left, name, right in terms:
            fact, turned = zero[name.removesuffix("'")], name.endswith("'")
            gap, ends = (c.adjoint(fact.gap), fact.type[::-1]) if turned else (fact.gap, fact.type)
            (a, before), (b, after) = c.read(left), c.read(right)
            need(Fraction(weight) and gap and len(a) == len(b) == 1, "a cofactor is one product of letters")
            need(sum_type(kind, product_type(before, ends, after)) == kind, "a term has another type than its line")
            add(goal, c.times(a, gap, b), -Fraction(weight))
            used.add(name.removesuffix("'"))
        # Equal as polynomials, hence equal as maps: the step that all others lead to.
        need(not goal, f"line {number} of {statement['name']}: the terms do not add up to the line")
        count += len(terms) + len(line.get("sum", []))
        # The line may be used from here on, under a name that means nothing else.
        name = line.get("name", f"line {number}")
        need(name not in {*zero, *order}, f"two facts are called {name}")
        (zero if shown.sign == "=" else order)[name] = shown
    # More hypotheses make a weaker theorem, not a wrong one; but no statement shall ask for more than its proof needs.
    # So whatever is declared, given or shown must have been used, except the last line, which is the claim.
    declared = {*c.ends, *c.scalars, *(f"{x} is symmetric" for x in c.symmetric)}
    idle = ({*zero, *order} - used - {name}) | (declared - c.seen)
    need(not idle, f"not needed: {', '.join(sorted(idle))}")
    return count


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dictionary, in which no key is given twice: a reader might see the other value."""
    need(len(dict(pairs)) == len(pairs), f"a key occurs twice among {[key for key, _ in pairs]}")
    return dict(pairs)


def load(path: str | Path) -> dict[str, Any]:
    """Read a certificate file."""
    return dict(json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=once))


def check(certificate: dict[str, Any]) -> Answer:
    """Replay all statements of a certificate; the result is truthy exactly if each is proved."""
    # There is one way to a true answer, through every check. Whatever goes wrong before, such as a missing part, a
    # weight that is no fraction or a name that nothing has, is an exception, and any exception is a refusal.
    try:
        written(certificate, {"theorem": NAME, "statements": [STATEMENT]})
        need(set(certificate) == {"theorem", "statements"} and certificate["statements"], "not a certificate")
        return Answer(None, sum(replay(statement) for statement in certificate["statements"]))
    except Exception as error:
        return Answer(f"{type(error).__name__}: {error}")
