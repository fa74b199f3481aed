"""Completion: equations become rules, and where two rules disagree on a word, what they disagree on is the next rule.

This is the procedure of Buchberger for words. It reaches goals that lie too deep for one linear system over multiples
of what is given. A word is a text with one character a letter, the greater letters first: to find a rule in a word is
to find a part of a text. Every rule keeps which multiples of earlier ones it is a sum of; once the goal is 0, these are
multiplied out down to what is given. Coefficients are residues modulo one prime: they only have to say which multiples
matter, and one exact linear system over these finds the cofactors. Nothing here is trusted: the checker replays it.

Numbers commute, and stand before the maps of a word. A rule fits where its numbers are among those of a word. Two rules
that have only numbers in common are compared side by side, not with other words in between: of what is said about
numbers, some may be missed.
"""

from __future__ import annotations

import time
from bisect import insort
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import count, pairwise
from typing import TypeAlias

from proofs_check.certificates.checker import Context, Polynomial
from proofs_check.proving.search import Cofactor, Vanishing, Word, solved

__all__ = ["complete", "solutions"]

PRIME = 2**61 - 1
#: What takes more terms is not returned, and what takes so many times more is not shortened.
TERMS, SPARE = 20_000, 3
#: How many words each order may touch in the first round, and how many times more in each further one.
WORK, GROWTH = 20_000, 4

Residues: TypeAlias = dict[str, int]
#: A sum of weight * left * polynomial * right.
Trace: TypeAlias = list[tuple[int, str, int, str]]
Ends: TypeAlias = tuple[str, ...]


def complete(
    context: Context,
    goal: Polynomial,
    facts: Sequence[Vanishing],
    *,
    seconds: float = 20,
    degree: int = 40,
) -> list[Cofactor] | None:
    """Write `goal` as a sum of multiples of `facts`, and as a short one if several orders of the letters find some.

    Parameters
    ----------
    context : Context
        The letters and their spaces.
    goal : dict
        The polynomial that should follow.
    facts : sequence of Vanishing
        Polynomials that are zero; adjoints are facts of their own.
    seconds : float
        At most so long.
    degree : int
        Rules are compared on words of at most so many letters.

    Returns
    -------
    list of Cofactor or None
        None if the goal does not follow, or is not found within these limits.
    """
    deadline = time.monotonic() + seconds
    found: list[list[Cofactor]] = []
    with suppress(OutOfTime):
        running = [
            Completion(a, goal, facts, degree, deadline, sugar=sugar) for a, sugar in _orders(context, goal, facts)
        ]
        work = WORK
        while running and not found:
            for one in running:
                one.run(work)
                if one.complete:
                    return None
                if not one.goal.polynomial and (terms := one.cofactors(context, goal, facts)) is not None:
                    found.append(terms)
            running = [one for one in running if one.queue and one.goal.polynomial]
            work *= GROWTH
    return min(found, key=len, default=None)


def solutions(
    context: Context,
    unknown: str,
    facts: Sequence[Vanishing],
    *,
    barred: frozenset[str] = frozenset(),
    seconds: float = 20,
    degree: int = 40,
) -> Iterator[tuple[Polynomial, Polynomial]]:
    """Yield equations ``outer unknown = rest`` that follow from facts; nothing after one that is solved, outer 1.

    Parameters
    ----------
    context : Context
        The letters and their spaces.
    unknown : str
        The letter.
    facts : sequence of Vanishing
        Polynomials that are zero; adjoints are facts of their own.
    barred : frozenset of str
        Letters that must not occur in them.
    seconds : float
        At most so long.
    degree : int
        Rules are compared on words of at most so many letters.

    Yields
    ------
    (dict, dict)
        Coefficients are guessed from residues: what is yielded is a proposal.
    """
    deadline = time.monotonic() + seconds
    uses = Counter(x for fact in facts for word in fact.polynomial for x in word)
    hidden = frozenset(x for x in {*uses, unknown} if x.rstrip("'") in {unknown, *barred})
    rank = sorted({*uses, unknown}, key=lambda x: (x != unknown, x not in hidden, uses[x], x))
    one = Completion(Alphabet(context, rank, hidden), {(unknown,): 1}, facts, degree, deadline, sugar=True)
    seen: set[int] = set()
    with suppress(OutOfTime):
        while one.queue:
            one.run(one.work + WORK // 10)
            solved_ = _read(one, one.goal)
            if not hidden.intersection(x for word in solved_ for x in word):
                yield {(): 1}, solved_
                return
            for i in sorted(one.lead.keys() - seen):
                if found := _equation(_read(one, one.items[i]), unknown, hidden):
                    yield found
            seen |= one.lead.keys()


def _read(one: Completion, item: Item) -> Polynomial:
    return {one.alphabet.read(text): _ratio(c) for text, c in item.polynomial.items()}


def _equation(p: Polynomial, unknown: str, hidden: frozenset[str]) -> tuple[Polynomial, Polynomial] | None:
    """A polynomial as ``outer unknown - rest``, if it has that form."""
    outer = {word[:-1]: c for word, c in p.items() if word[-1:] == (unknown,)}
    rest = {word: -c for word, c in p.items() if word[-1:] != (unknown,)}
    free = not hidden.intersection(x for word in (*outer, *rest) for x in word)
    return (outer, rest) if outer and free else None


def _ratio(residue: int) -> Fraction:
    """The simplest fraction with this residue."""
    (a, b), (x, y) = (PRIME, residue), (0, 1)
    while 2 * b * b > PRIME:
        a, b, x, y = b, a % b, y, x - a // b * y
    return Fraction(b, y)


class Alphabet:
    """Letters as characters, numbers before maps, and the greatest first.

    Words are compared by how many of their letters are `heavy`, then by length, then letter by letter.
    """

    def __init__(self, context: Context, letters: Sequence[str], heavy: frozenset[str] = frozenset()) -> None:
        self.letters = sorted(letters, key=lambda x: x not in context.scalars)
        self.character = {x: chr(0x100 + i) for i, x in enumerate(self.letters)}
        self.numbers = "".join(self.character[x] for x in self.letters if x in context.scalars)
        self.heavy = "".join(self.character[x] for x in self.letters if x in heavy)
        self.ends: dict[str, Ends] = {c: context.type({(x,): 1}) or () for x, c in self.character.items()}

    def write(self, word: Sequence[str]) -> str:
        """The text of a word."""
        return self.product("", "".join(map(self.character.__getitem__, word)), "")

    def read(self, text: str) -> tuple[str, ...]:
        """The word of a text."""
        return tuple(self.letters[ord(x) - 0x100] for x in text)

    def polynomial(self, p: Polynomial) -> Residues:
        """A polynomial in texts, its coefficients as residues."""
        return {self.write(word): c.numerator * pow(c.denominator, -1, PRIME) % PRIME for word, c in p.items()}

    def product(self, left: str, word: str, right: str) -> str:
        """The text of a product."""
        text = left + word + right
        if not self.numbers:
            return text
        return "".join(sorted(x for x in text if x in self.numbers)) + "".join(x for x in text if x not in self.numbers)

    def parted(self, text: str) -> tuple[str, str]:
        """The numbers of a word, and its maps."""
        maps = text.lstrip(self.numbers)
        return text[: len(text) - len(maps)], maps

    def key(self, text: str) -> tuple[int, int, str]:
        """What sorts words, the greatest first."""
        return -sum(map(text.count, self.heavy)), -len(text), text

    def around(self, left: str, ends: Ends, right: str) -> Ends:
        """Target and source of a product whose middle factor has these; none if it is a number."""
        maps = [e for e in (*map(self.ends.__getitem__, left), ends, *map(self.ends.__getitem__, right)) if e]
        return (maps[0][0], maps[-1][1]) if maps else ()

    def fits(self, maps: str) -> bool:
        """Whether maps can follow each other."""
        return all(self.ends[x][1] == self.ends[y][0] for x, y in pairwise(maps))

    def places(self, maps: str, ends: Ends, one: Ends) -> list[int]:
        """Where a multiple of 1 on a space, or a number, can be inserted into a product with these ends."""
        if not one:
            return [len(maps)]
        spaces = [*(self.ends[x][0] for x in maps), self.ends[maps[-1]][1]] if maps else ends[:1]
        return [i for i, space in enumerate(spaces) if space == one[0]]


def _orders(context: Context, goal: Polynomial, facts: Sequence[Vanishing]) -> Iterator[tuple[Alphabet, bool]]:
    """Orders to try, each with whether to prefer what came from short words, or what is short itself."""
    words = [word for p in (goal, *(fact.polynomial for fact in facts)) for word in p]
    uses = Counter(x for word in words for x in word)
    claimed = {x.rstrip("'") for word in goal for x in word}
    hidden = {x: x.rstrip("'") not in claimed for x in uses}
    rare = sorted(uses, key=lambda x: (uses[x], x))
    other = sorted(rare, key=lambda x: not hidden[x])
    yield Alphabet(context, rare), True
    yield Alphabet(context, rare), False
    yield Alphabet(context, other), False
    yield Alphabet(context, other[::-1]), True
    # Letters that the claim does not mention are eliminated.
    yield Alphabet(context, other, frozenset(x for x in uses if hidden[x])), True


class OutOfTime(Exception):
    """The time is over."""


@dataclass(frozen=True)
class Item:
    """A polynomial, what it is a sum of, its target and source, and how long words were on the way to it."""

    polynomial: Residues
    trace: Trace
    ends: Ends
    degree: int


class Completion:
    """Rules for one order of the letters, and the sums that are still to be looked at.

    Parameters
    ----------
    alphabet : Alphabet
    goal : dict
        What should vanish: `self.goal` is what is left of it.
    facts : sequence of Vanishing
    degree : int
        At most so many letters has a word on which rules are compared.
    deadline : float
        In seconds, on the monotonic clock.
    sugar : bool
        Whether to look first at sums for which words were short all the way, or at those that are about a short word.
    """

    def __init__(
        self,
        alphabet: Alphabet,
        goal: Polynomial,
        facts: Sequence[Vanishing],
        degree: int,
        deadline: float,
        *,
        sugar: bool,
    ) -> None:
        self.alphabet, self.degree, self.deadline, self.sugar = alphabet, degree, deadline, sugar
        # The goal, the facts, and whatever is found later.
        self.items: list[Item] = []
        for polynomial in (goal, *(fact.polynomial for fact in facts)):
            ends = next((e for word in polynomial if (e := alphabet.around(alphabet.write(word), (), ""))), ())
            self.items.append(Item(alphabet.polynomial(polynomial), [], ends, max(map(len, polynomial), default=0)))
        self.given = len(self.items)
        # The greatest word of each rule, as numbers and maps; rules by their maps and then by their numbers, by the
        # letters that these begin with, and by those that they stop with.
        self.lead: dict[int, tuple[str, str]] = {}
        self.rules: dict[str, dict[str, int]] = {}
        self.begins: dict[str, set[int]] = defaultdict(set)
        self.stops: dict[str, set[int]] = defaultdict(set)
        # The maps of all rules that there ever were, their lengths, and how many were tried in vain on a word.
        self.history: list[str] = []
        self.lengths: list[int] = []
        self.tried: dict[str, int] = {}
        self.queue: list[tuple[int, int, int, str, Trace]] = []
        self.ticks, self.work, self.cut = count(), 0, False
        self.goal = self.items[0]
        for i in range(1, self.given):
            self._put(self.items[i].degree, self.items[i].degree, "", [(1, "", i, "")])

    @property
    def complete(self) -> bool:
        """Whether all has been compared, so that a goal that is left does not follow."""
        return not self.queue and not self.cut and not self.alphabet.numbers and bool(self.goal.polynomial)

    def run(self, work: int) -> None:
        """Look at sums until so many words were touched, the goal is 0, or none is left.

        Raises
        ------
        OutOfTime
            At the deadline.
        """
        while self.queue and self.goal.polynomial and self.work < work:
            _, _, degree, word, trace = heappop(self.queue)
            if len(trace) == 1 or self._matters(word, trace):
                item = self._reduced(trace, degree)
                if item.polynomial:
                    self._learn(item)

    def _matters(self, word: str, trace: Trace) -> bool:
        """Whether two rules are still to be compared on a word."""
        # What replaced a rule is compared in its place; a third one that fits inside is compared with both.
        if any(i not in self.lead for _, _, i, _ in trace):
            return False
        inside = (word[i : i + n] for n in self.lengths for i in range(1, len(word) - n))
        return bool(self.alphabet.numbers) or not any(map(self.rules.get, inside))

    def _put(self, length: int, degree: int, word: str, trace: Trace) -> None:
        if length > self.degree:
            self.cut = True
        else:
            heappush(self.queue, (degree if self.sugar else length, next(self.ticks), degree, word, trace))

    def _multiple(self, left: str, i: int, right: str) -> Iterator[tuple[str, int]]:
        """The words of a multiple, which stay different, and their weights."""
        product, polynomial = self.alphabet.product, self.items[i].polynomial
        self.work += len(polynomial)
        if self.alphabet.numbers:
            return ((product(left, word, right), c) for word, c in polynomial.items())
        return ((left + word + right, c) for word, c in polynomial.items())

    def _reduced(self, trace: Trace, degree: int) -> Item:
        """Add up, and rewrite by the rules, the greatest words first."""
        key, normal, rest = self.alphabet.key, Residues(), Residues()
        for c, left, i, right in trace:
            for word, k in self._multiple(left, i, right):
                rest[word] = (rest.get(word, 0) + c * k) % PRIME
        found = (self.alphabet.around(left, self.items[i].ends, right) for _, left, i, right in trace)
        ends, trace = next(filter(None, found), ()), list(trace)
        heap = list(map(key, rest))
        heapify(heap)
        while heap:
            *_, word = heappop(heap)
            c = rest.pop(word)
            if not c:
                continue
            hit = self._rule(word, ends)
            if hit is None:
                normal[word] = c
                continue
            left, i, right = hit
            trace.append((PRIME - c, *hit))
            degree = max(degree, self.items[i].degree + len(left) + len(right))
            for other, k in self._multiple(left, i, right):
                if other == word:
                    continue
                if other not in rest:
                    heappush(heap, key(other))
                rest[other] = (rest.get(other, 0) - c * k) % PRIME
            if time.monotonic() > self.deadline:
                raise OutOfTime
        return Item(normal, trace, ends, degree)

    def _rule(self, text: str, ends: Ends) -> tuple[str, int, str] | None:
        """The first rule that fits, and what stands around it."""
        tried = self.tried.get(text)
        self.tried[text] = len(self.history)
        if tried is not None and not any(maps in text for maps in self.history[tried:]):
            return None
        numbers, maps = self.alphabet.parted(text)
        for i in range(len(maps) + 1):
            for n in self.lengths:
                if i + n > len(maps):
                    break
                for needed, j in self.rules.get(maps[i : i + n], {}).items():
                    rest = _without(numbers, needed)
                    if len(rest + needed) == len(numbers) and (
                        n or i in self.alphabet.places(maps, ends, self.items[j].ends)
                    ):
                        del self.tried[text]
                        return rest + maps[:i], j, maps[i + n :]
        return None

    def _learn(self, item: Item) -> None:
        """Make a rule of what is left of a sum, and note where it is to be compared with others, and with itself."""
        top = min(item.polynomial, key=self.alphabet.key)
        scale = pow(item.polynomial[top], -1, PRIME)
        monic = {word: c * scale % PRIME for word, c in item.polynomial.items()}
        trace = [(c * scale % PRIME, left, i, right) for c, left, i, right in item.trace]
        new = len(self.items)
        self.items.append(Item(monic, trace, item.ends, item.degree))
        numbers, maps = self.alphabet.parted(top)
        self._retire(numbers, maps, item.ends)
        self.lead[new] = numbers, maps
        self.rules.setdefault(maps, {})[numbers] = new
        self.history.append(maps)
        if len(maps) not in self.lengths:
            insort(self.lengths, len(maps))
        for n in range(1, len(maps)):
            self.begins[maps[:n]].add(new)
            self.stops[maps[-n:]].add(new)
        for n in range(1, len(maps)):
            for other in sorted(self.begins[maps[-n:]]):
                self._compare(new, other, n)
            for other in sorted(self.stops[maps[:n]] - {new}):
                self._compare(other, new, n)
        for other, (theirs, _) in list(self.lead.items()) if numbers else ():
            if other != new and set(numbers) & set(theirs):
                self._compare(new, other, 0)
                self._compare(other, new, 0)
        if any(maps in word for word in self.goal.polynomial):
            self.items.append(self.goal)
            self.goal = self._reduced([(1, "", len(self.items) - 1, "")], self.goal.degree)

    def _retire(self, numbers: str, maps: str, ends: Ends) -> None:
        """Look again at the rules in whose greatest word a new one fits."""
        for old, (theirs, word) in list(self.lead.items()):
            if maps not in word or _without(numbers, theirs):
                continue
            if maps or self.alphabet.places(word, self.items[old].ends, ends):
                del self.lead[old], self.rules[word][theirs]
                for n in range(1, len(word)):
                    self.begins[word[:n]].discard(old)
                    self.stops[word[-n:]].discard(old)
                self._put(len(theirs + word), self.items[old].degree, "", [(1, "", old, "")])

    def _compare(self, first: int, second: int, n: int) -> None:
        """Note the difference between two rules on the word where the last `n` maps of one are the first of another."""
        (one, before), (two, after) = self.lead[first], self.lead[second]
        left, right, word = before[: len(before) - n], after[n:], before + after[n:]
        beside = self._meets(first, after[:1], 0) and self._meets(second, before[-1:], 1)
        kinds = {self.items[i].ends for i in (first, second)} - {()} if not word else set()
        if n or (beside and len(kinds) < 2 and self.alphabet.fits(word)):
            a, b = _without(two, one), _without(one, two) + left
            degree = max(self.items[first].degree + len(a + right), self.items[second].degree + len(b))
            self._put(len(one + a + word), degree, word, [(1, a, first, right), (PRIME - 1, b, second, "")])

    def _meets(self, i: int, letter: str, side: int) -> bool:
        """Whether a rule can stand beside a letter: also one in whose greatest word there are only numbers."""
        ends, maps = self.items[i].ends, self.lead[i][1]
        return bool(maps) or not ends or not letter or self.alphabet.ends[letter][side] == ends[0]

    def cofactors(self, context: Context, goal: Polynomial, facts: Sequence[Vanishing]) -> list[Cofactor] | None:
        """The cofactors of a goal of which nothing is left; None if they are too many."""
        table: dict[tuple[Word, str, Word], Polynomial] = {}
        for left, i, right in self._used() or ():
            a, fact, b = self.alphabet.read(left), facts[i - 1], self.alphabet.read(right)
            table[a, fact.name, b] = context.times({a: 1}, fact.polynomial, {b: 1})
        weights = solved(goal, table) if goal else {}
        if weights is None or len(weights) > TERMS:
            return None
        return [Cofactor(weight, *key) for key, weight in weights.items()]

    def _used(self) -> list[tuple[str, int, str]] | None:
        """The multiples of facts that the goal was reduced by, multiplied out; None if they are too many."""
        totals: dict[int, dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
        for c, left, i, right in self.goal.trace:
            totals[i][left, right] += c
        for i in range(len(self.items) - 1, self.given - 1, -1):
            for (left, right), weight in totals.pop(i, {}).items():
                for c, a, j, b in self.items[i].trace if weight % PRIME else ():
                    totals[j][self.alphabet.product(left, a, ""), b + right] += c * weight % PRIME
            if time.monotonic() > self.deadline:
                raise OutOfTime
            if sum(map(len, totals.values())) > SPARE * TERMS:
                return None
        return [(a, i, b) for i in range(1, self.given) for (a, b), c in totals[i].items() if c % PRIME]


def _without(numbers: str, some: str) -> str:
    """What is left of numbers when those of `some` that are among them are taken away."""
    for x in some:
        numbers = numbers.replace(x, "", 1)
    return numbers
