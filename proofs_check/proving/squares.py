"""Search for squares: an order relation as a sum of ``weight * g' * N * g``, N a product of known positive facts.

For every N there is a vector of words m, and an unknown matrix G >= 0 with ``sum G_ij m_i' N m_j``; modulo the
equations these add up to the gap of the claim. Diagonal G with words and their differences make a linear program; the
rest is a semidefinite one, whose solution is made exact: where G is singular, its kernel is guessed and removed, and
the interior is rounded. Nothing here is trusted: the checker replays what is found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement, product
from math import gcd, lcm
from time import monotonic
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csc_matrix, csr_matrix, vstack
from sympy import QQ
from sympy.polys.matrices import DomainMatrix

from proofs_check.certificates.checker import Context, Polynomial, Type, add, relation
from proofs_check.errors import InputError
from proofs_check.proving.normal_forms import Ideal
from proofs_check.proving.proof import Proof
from proofs_check.proving.search import Word, parted, splits
from proofs_check.proving.specification import Kernel, Sum
from proofs_check.proving.translation import expanded_text
from proofs_check.proving.weights import decomposed

__all__ = ["NoSolver", "show_kernel", "show_root", "show_sum"]

FACTORS_OF_N = 3  # facts in one product
LARGEST = (16, 28, 44)  # words of one vector, by effort
WORDS = 400  # that equations add to those of the gap
FACTORS = 8  # products of numbers by which words are multiplied
ENTRIES = 6000  # unknowns of a semidefinite program
RATIOS = tuple(Fraction(x) for x in ("1", "-1", "2", "-2", "1/2", "-1/2"))
DENOMINATORS = (1, 2, 4, 12, 60, 720, 2**14, 2**20, 2**28, 2**36)

Vector: TypeAlias = dict[int, Fraction]
Term: TypeAlias = tuple[Fraction, tuple[str, ...], Polynomial]


class NoSolver(InputError):
    """A semidefinite program is to be solved, and the optional dependency is missing."""


class Late(Exception):
    """Time is up."""


class Positive(NamedTuple):
    """A product of known facts: its names, whether it is > 0, its gap in normal form, the space of its maps."""

    names: tuple[str, ...]
    strict: bool
    gap: Polynomial
    space: str


@dataclass(frozen=True)
class Block:
    """The terms ``g' N g`` with g a combination of `basis`."""

    inner: Positive
    basis: tuple[Polynomial, ...]


@dataclass
class Program:
    """What is to be solved: columns by block and pair of basis elements, and the gap."""

    blocks: list[Block]
    columns: list[dict[tuple[int, int], Polynomial]]
    goal: Polynomial


@dataclass
class Search:
    """One claim, modulo the equations in one order.

    Attributes
    ----------
    context : Context
    ideal : Ideal
    gap : dict
        Of the claim.
    kind : tuple of str
        Its type.
    known : list of Positive
        Products of facts, the short ones first.
    until : float
        When to stop.
    """

    context: Context
    ideal: Ideal
    gap: Polynomial
    kind: Type
    known: list[Positive]
    facts: list[Polynomial]
    strict: bool
    until: float

    def program(self, effort: int) -> Program | None:
        """Choose words for every product of facts; None if the gap cannot be reached with them."""
        goal = self.ideal.normal(self.gap)
        words = {*self.gap, *goal}
        for _ in range(effort):
            words |= {word for block in self._blocks(words, 0) for word in self._squares(block)}
            words |= self._rewritten(words)
        blocks = self._blocks(words, effort)
        if self.strict:
            blocks += [Block(inner, ({(): 1},)) for inner in self.known if inner.strict]
        columns = []
        for block in blocks:
            table = {}
            for j, right in enumerate(block.basis):
                for i, left in enumerate(block.basis[: j + 1]):
                    table[i, j] = self._between(left, block.inner.gap, right, twice=i != j)
            columns.append(table)
        return pruned(Program(blocks, columns, goal))

    def _in_time(self) -> None:
        if monotonic() > self.until:
            raise Late

    def _between(self, left: Polynomial, inner: Polynomial, right: Polynomial, *, twice: bool) -> Polynomial:
        self._in_time()
        term = self.context.times(self.context.adjoint(left), inner, right)
        if twice:
            add(term, self.context.times(self.context.adjoint(right), inner, left))
        return self.ideal.normal(term)

    def _squares(self, block: Block) -> Iterator[Word]:
        for g in block.basis:
            yield from self._between(g, block.inner.gap, g, twice=False)

    def _rewritten(self, words: Collection[Word]) -> set[Word]:
        """What an equation has in place of a part of these words: normal forms may hide what a square is made of."""
        most = 2 + max(map(len, words))
        known = [*self.facts, *(rule.polynomial for rule in self.ideal.rules.values())]
        out = set[Word]()
        for word in sorted(words, key=self.ideal.key):
            self._in_time()
            for p in known:
                for lead in p:
                    for scalars, left, right in self._places(word, lead, p):
                        new = self.ideal.rewrite.between(scalars + left, p, right)
                        out |= {longer for longer in new if len(longer) <= most}
                if len(out) > WORDS:
                    return out
        return out

    def _places(self, word: Word, lead: Word, p: Polynomial) -> Iterator[tuple[Word, Word, Word]]:
        """Where a word of an equation occurs; 1 does beside letters of the equation, as an inverse and its letter."""
        if lead:
            yield from splits(self.ideal.scalars, word, lead)
            return
        scalars, letters = parted(word, self.ideal.scalars)
        inside = {x for other in p for x in other}
        for i in range(len(letters) + 1):
            if inside & {*letters[max(0, i - 1) : i + 1], *scalars} and all(
                self.ideal.fits(letters[:i] + parted(other, self.ideal.scalars)[1] + letters[i:]) for other in p
            ):
                yield scalars, letters[:i], letters[i:]

    def _blocks(self, words: Iterable[Word], effort: int) -> list[Block]:
        blocks = []
        listed = sorted(words, key=self.ideal.key)
        factors = self._factors(listed) if effort else [()]
        for inner in self.known:
            if len(inner.names) > effort + 2:
                continue
            halves: dict[Word, int] = {}
            for word in listed:
                self._in_time()
                for half, rank in self._halves(word, inner.gap, effort):
                    halves[half] = min(rank, halves.get(half, 3))
            found: dict[str, dict[Word, int]] = {}
            for half, rank in halves.items():
                self._in_time()
                space = self._target(half)
                ranks = found.setdefault(space, {}) if inner.space in ("", space) else {}
                for k, factor in enumerate(factors if inner.space in ("", space) else ()):
                    for part in self.ideal.normal(self.context.times({factor: 1}, {half: 1})):
                        ranks[part] = min(rank + (k > 0), ranks.get(part, 3))
            for space in sorted(found):
                ranks = found[space]
                best = sorted(ranks, key=lambda word: (ranks[word], self.ideal.key(word)))[: LARGEST[effort]]
                blocks.append(Block(inner, tuple({word: 1} for word in sorted(best, key=self.ideal.key))))
        return blocks

    def _factors(self, words: Iterable[Word]) -> list[Word]:
        """Numbers whose squares occur."""
        found: dict[Word, None] = {(): None}
        for word in words:
            numbers = Counter(parted(word, self.ideal.scalars)[0])
            for share in shares(Counter({x: k // 2 * 2 for x, k in numbers.items()}), 1):
                found.setdefault(share)
        return list(found)[:FACTORS]

    def _halves(self, word: Word, inner: Polynomial, effort: int) -> Iterator[tuple[Word, int]]:
        """Yield what may stand on either side of a word of N, so that the product is `word`; 0 if it is the same."""
        scalars, letters = parted(word, self.ideal.scalars)
        for middle in inner:
            numbers, maps = parted(middle, self.ideal.scalars)
            rest = Counter(scalars) - Counter(numbers)
            for i in range(len(letters) - len(maps) + 1):
                left, right = letters[:i], letters[i + len(maps) :]
                if letters[i : i + len(maps)] != maps or abs(len(left) - len(right)) > 1:
                    continue
                turned = next(iter(self.context.adjoint({left: 1})))
                same = turned == right or self.ideal.normal({turned: 1}) == self.ideal.normal({right: 1})
                rank = int(not same or any(k % 2 for k in rest.values()))
                for share in shares(rest, effort):
                    half = tuple(x for x in share for _ in range(2))
                    corner = rank or int(Counter(half) != rest)
                    yield share + right, corner
                    yield share + turned, corner
            if effort and not Counter(maps) - Counter(letters):
                # Maps that commute stand in one order: a half has half of each.
                wanted = Counter(letters) - Counter(maps)
                half = tuple(x for k, x in enumerate(letters) if letters[:k].count(x) < -(-wanted[x] // 2))
                if half and self.ideal.fits(half) and (self.ideal.ends(half[-1]) or ())[1:] == (self.kind or ())[1:]:
                    for share in shares(rest, effort):
                        yield share + half, int(any(k % 2 for k in (wanted + rest).values()))

    def _target(self, word: Word) -> str:
        """The space that a word leads to."""
        for letter in word:
            if ends := self.ideal.ends(letter):
                return ends[0]
        return self.kind[0] if self.kind else ""

    # Solutions ---------------------------------------------------------------------------------

    def linear(self, program: Program) -> list[Term] | None:
        """Single basis elements and differences of two, by a linear program."""
        columns: list[Polynomial] = []
        made: list[tuple[Block, Vector]] = []
        cost = []
        for block, table in zip(program.blocks, program.columns, strict=True):
            size = len(block.basis)
            vectors: list[Vector] = [{i: Fraction(1)} for i in range(size)]
            vectors += [{i: Fraction(1), j: r} for j in range(size) for i in range(j) for r in RATIOS]
            for v in vectors:
                column: Polynomial = {}
                for i, a in v.items():
                    for j, b in v.items():
                        if i <= j:
                            add(column, table[i, j], a * b)
                columns.append(column)
                made.append((block, v))
                length = sum(len(word) for i in v for word in block.basis[i])
                cost.append(1 + 0.5 * len(v) + 0.3 * len(block.inner.names) + 0.1 * length)
        self._in_time()
        if not columns:
            return None if program.goal or self.strict else []
        matrix, right = system(columns, program.goal)
        if matrix is None:
            return None
        positive = [float(b.inner.strict and all(set(b.basis[i]) == {()} for i in v)) for b, v in made]
        options: dict[str, Any] = {"A_eq": matrix, "b_eq": right, "c": np.array(cost)}
        if self.strict:
            # As much of a strictly positive term as there is, up to 1.
            options["A_eq"] = csr_matrix(np.pad(matrix.toarray(), ((0, 0), (0, 1))))
            options["A_ub"], options["b_ub"] = csr_matrix([[-x for x in positive] + [1.0]]), [0.0]
            options["c"] = np.array([*cost, -1e4])
            options["bounds"] = [(0, None)] * len(columns) + [(0, 1)]
        found = linprog(**options, method="highs-ds", options={"time_limit": max(0.1, self.until - monotonic())})
        if found.x is None:
            return None
        support = [k for k in range(len(columns)) if found.x[k] > 1e-8]
        solve = Affine([columns[k] for k in support], program.goal)
        for denominator in DENOMINATORS[:5]:
            weights = solve.near([found.x[k] for k in support], denominator)
            if weights is not None and all(x >= 0 for x in weights):
                return self._terms((*made[k], x) for k, x in zip(support, weights, strict=True) if x)
        return None

    def semidefinite(self, program: Program) -> list[Term] | None:
        """Any Gram matrices: the interior is rounded, a face is described first."""
        for _ in range(8):
            if not program.blocks or sum(map(len, program.columns)) > ENTRIES:
                return None
            found = interior(program, self.until)
            if found is None:
                return None
            margin, grams = found
            if margin > 1e-6 and (terms := self._rounded(program, grams)) is not None:
                return terms
            smaller = self._face(program, grams)
            if smaller is None:
                return None
            program = smaller
            if (terms := self.linear(program)) is not None:
                return terms
        return None

    def _rounded(self, program: Program, grams: Sequence[np.ndarray]) -> list[Term] | None:
        keys = [(b, i, j) for b, table in enumerate(program.columns) for i, j in table]
        solve = Affine([program.columns[b][i, j] for b, i, j in keys], program.goal)
        values = [float(grams[b][i, j]) for b, i, j in keys]
        for denominator in DENOMINATORS:
            self._in_time()
            exact = solve.near(values, denominator)
            if exact is None:
                return None
            entries = dict(zip(keys, exact, strict=True))
            squares: list[tuple[Block, Vector, Fraction]] = []
            for b, block in enumerate(program.blocks):
                n = len(block.basis)
                rows = [[entries[b, min(i, j), max(i, j)] for j in range(n)] for i in range(n)]
                if (diagonal := decomposed(rows)) is None:
                    break
                squares += [(block, v, weight) for weight, v in diagonal]
            else:
                if (terms := self._terms(squares)) is not None:
                    return terms
        return None

    def _face(self, program: Program, grams: Sequence[np.ndarray]) -> Program | None:
        """Guess the kernels, and keep what is orthogonal to them."""
        split = [np.linalg.eigh(g) for g in grams]
        values = np.sort(np.abs(np.concatenate([w for w, _ in split])))
        scale = max(1.0, values[-1])
        # The widest gap between two eigenvalues tells those that vanish from the others.
        cuts = [np.sqrt(max(a, 1e-12) * max(b, 1e-12)) for a, b in zip(values, [*values[1:], 10 * scale], strict=False)]
        gaps = [max(b, 1e-12) / max(a, 1e-12) for a, b in zip(values, [*values[1:], scale], strict=False)]
        order = [k for k in np.argsort(gaps)[::-1] if values[k] < 1e-2 * scale]
        for k in order[:3]:
            reduced: list[Block] = []
            for block, (w, vectors) in zip(program.blocks, split, strict=True):
                kernel = rational_kernel(vectors[:, np.abs(w) <= cuts[k]].T)
                if kernel is None:
                    break
                basis: list[Polynomial] = []
                for free in (i for i in range(len(block.basis)) if i not in kernel):
                    g = dict(block.basis[free])
                    for pivot, row in kernel.items():
                        add(g, block.basis[pivot], -row[free])
                    basis.append(g)
                if basis:
                    reduced.append(Block(block.inner, tuple(basis)))
            else:
                if not reduced or sum(len(b.basis) for b in reduced) == sum(len(b.basis) for b in program.blocks):
                    continue
                columns = [
                    {
                        (i, j): self._between(b.basis[i], b.inner.gap, b.basis[j], twice=i != j)
                        for j in range(len(b.basis))
                        for i in range(j + 1)
                    }
                    for b in reduced
                ]
                return Program(reduced, columns, program.goal)
        return None

    def _terms(self, squares: Iterable[tuple[Block, Vector, Fraction]]) -> list[Term] | None:
        """Terms with whole numbers in g; None if the claim is strict and no term is."""
        terms, strict = list[Term](), False
        for block, v, weight in squares:
            g: Polynomial = {}
            for i, c in v.items():
                add(g, block.basis[i], c)
            if g:
                size = Fraction(gcd(*(Fraction(c).numerator for c in g.values())))
                size /= lcm(*(Fraction(c).denominator for c in g.values()))
                whole: Polynomial = {word: c / size for word, c in g.items()}
                terms.append((weight * size * size, block.inner.names, whole))
                strict |= block.inner.strict and set(g) == {()}
        return terms if strict or not self.strict else None


def shares(numbers: Counter[str], effort: int) -> Iterator[Word]:
    """Halves of a product of numbers; with more effort all that divides it, as far as that is not too much."""
    names = sorted(numbers)
    ranges = [sorted({numbers[x] // 2, -(-numbers[x] // 2)}) for x in names]
    every = [range(-(-numbers[x] // 2) + 1) for x in names]
    if effort and np.prod([len(r) for r in every]) <= 12 * effort:
        ranges = [list(r) for r in every]
    for powers in product(*ranges):
        yield tuple(x for x, k in zip(names, powers, strict=True) for _ in range(k))


def pruned(program: Program) -> Program | None:
    """Leave out words whose squares cannot cancel; None if a word of the gap is then out of reach."""
    keep = [set(range(len(block.basis))) for block in program.blocks]
    while True:
        signs: dict[Word, tuple[set[bool], list[tuple[int, int]]] | None] = dict.fromkeys(program.goal)
        for b, table in enumerate(program.columns):
            for (i, j), column in table.items():
                if not {i, j} <= keep[b]:
                    continue
                for word, c in column.items():
                    if i != j:
                        signs[word] = None
                    elif (entry := signs.setdefault(word, (set(), []))) is not None:
                        entry[0].add(c > 0)
                        entry[1].append((b, i))
        gone = [place for entry in signs.values() if entry is not None and len(entry[0]) == 1 for place in entry[1]]
        if not gone:
            break
        for b, i in gone:
            keep[b].discard(i)
    blocks, columns = [], []
    for block, table, kept in zip(program.blocks, program.columns, keep, strict=True):
        if kept:
            order = sorted(kept)
            blocks.append(Block(block.inner, tuple(block.basis[i] for i in order)))
            columns.append({(order.index(i), order.index(j)): p for (i, j), p in table.items() if {i, j} <= kept})
    reached = {word for table in columns for p in table.values() for word in p}
    return Program(blocks, columns, program.goal) if set(program.goal) <= reached else None


def system(columns: Sequence[Polynomial], goal: Polynomial) -> tuple[Any, np.ndarray]:
    """The linear equations in floats, one for each word; None if a word of the goal is in no column."""
    rows: dict[Word, int] = {}
    entries = [(rows.setdefault(w, len(rows)), k, float(c)) for k, p in enumerate(columns) for w, c in p.items()]
    if not set(goal) <= set(rows):
        return None, np.zeros(0)
    right = np.zeros(len(rows))
    for word, c in goal.items():
        right[rows[word]] = float(c)
    i, j, values = zip(*entries, strict=True) if entries else ((), (), ())
    return csc_matrix((values, (i, j)), shape=(len(rows), len(columns))), right


class Affine:
    """All exact solutions of ``sum x_k columns_k = goal``."""

    def __init__(self, columns: Sequence[Polynomial], goal: Polynomial) -> None:
        self.size = len(columns)
        rows: dict[Word, int] = {}
        entries: dict[int, dict[int, object]] = {}
        for k, p in enumerate((*columns, goal)):
            for word, c in p.items():
                entries.setdefault(rows.setdefault(word, len(rows)), {})[k] = QQ(c.numerator, c.denominator)
        shape = (max(1, len(rows)), self.size + 1)
        echelon, self.pivots = DomainMatrix(entries, shape, QQ).rref(method="GJ")
        self.rows = {
            i: {k: Fraction(int(c.numerator), int(c.denominator)) for k, c in row.items()}
            for i, row in echelon.to_sdm().items()
        }

    def near(self, values: Sequence[float], denominator: int) -> list[Fraction] | None:
        """Round what is free, and solve for the others; None if there is no solution."""
        if self.size in self.pivots:
            return None
        pivots = set(self.pivots)
        exact = [
            Fraction(0) if k in pivots else Fraction(round(values[k] * denominator), denominator)
            for k in range(self.size)
        ]
        for i, pivot in enumerate(self.pivots):
            row = self.rows[i]
            terms = (c * exact[k] for k, c in row.items() if k not in (pivot, self.size))
            exact[pivot] = row.get(self.size, Fraction(0)) - sum(terms, Fraction(0))
        return exact


def rational_kernel(rows: np.ndarray) -> dict[int, dict[int, Fraction]] | None:
    """The same space in reduced form with short fractions, by pivot; None if it does not look rational."""
    rest = np.array(rows, dtype=float)
    pivots: list[int] = []
    for k in range(len(rest)):
        i, j = map(int, np.unravel_index(np.argmax(np.abs(rest[k:])), rest[k:].shape))
        rest[[k, k + i]] = rest[[k + i, k]]
        rest[k] /= rest[k, j]
        for other in range(len(rest)):
            if other != k:
                rest[other] -= rest[other, j] * rest[k]
        pivots.append(j)
    out = {}
    for row, pivot in zip(rest, pivots, strict=True):
        exact = [Fraction(float(x)).limit_denominator(24) for x in row]
        if any(abs(float(a) - x) > 3e-4 for a, x in zip(exact, row, strict=True)):
            return None
        out[pivot] = dict(enumerate(exact))
    return out


def interior(program: Program, until: float) -> tuple[float, list[np.ndarray]] | None:
    """Gram matrices in floats with the largest least eigenvalue up to 1, which comes first; None if there are none."""
    try:
        import clarabel
    except ImportError:
        raise NoSolver(
            "sums of squares that are not found by a linear program need Clarabel: "
            "pip install 'biased-equilibrium[search]', or write the sum as a line"
        ) from None
    places = [(b, i, j) for b, table in enumerate(program.columns) for i, j in sorted(table, key=lambda ij: ij[::-1])]
    matrix, right = system([program.columns[b][i, j] for b, i, j in places], program.goal)
    if matrix is None:
        return None
    size = len(places)
    equations = csc_matrix((matrix.data, matrix.indices, matrix.indptr), shape=(matrix.shape[0], size))
    equations.resize(matrix.shape[0], size + 1)
    # G - margin >= 0, by columns of the upper triangle, and margin <= 1.
    cone = csc_matrix(
        (
            [-1.0 if i == j else -(2**0.5) for _, i, j in places] + [1.0 for _, i, j in places if i == j] + [1.0],
            (
                [*range(size), *(k for k, (_, i, j) in enumerate(places) if i == j), size],
                [*range(size), *(size for _, i, j in places if i == j), size],
            ),
        ),
        shape=(size + 1, size + 1),
    )
    cones = [clarabel.ZeroConeT(len(right))]
    cones += [clarabel.PSDTriangleConeT(len(block.basis)) for block in program.blocks]
    cones.append(clarabel.NonnegativeConeT(1))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    settings.max_threads = 1
    settings.time_limit = max(0.1, until - monotonic())
    objective = np.zeros(size + 1)
    objective[size] = -1
    quadratic = csc_matrix((size + 1, size + 1))
    bounds = np.concatenate([right, np.zeros(size), [1.0]])
    solver = clarabel.DefaultSolver(
        quadratic, objective, csc_matrix(vstack([equations, cone])), bounds, cones, settings
    )
    solution = solver.solve()
    if "Solved" not in str(solution.status):
        return None
    x = np.array(solution.x)
    if x[size] < -1e-5:
        return None
    grams = [np.zeros((len(block.basis),) * 2) for block in program.blocks]
    for (b, i, j), value in zip(places, x, strict=False):
        grams[b][i, j] = grams[b][j, i] = value
    return float(x[size]), grams


# What is known -----------------------------------------------------------------------------------


def products(proof: Proof, ideal: Ideal, kind: Type, most: int) -> list[Positive]:
    """Products of at most so many facts, of which one may be a relation of maps: the short ones first."""
    context = proof.context()
    texts = proof.positive | {line["name"]: line["states"] for line in proof.lines if line["name"] in proof.order}
    facts = {name: relation(context, states, ">=", ">") for name, states in texts.items()}
    numbers = [name for name, fact in facts.items() if fact.type == ()]
    out = []
    for k in range(most + 1):
        for chosen in combinations_with_replacement(numbers, k):
            if max(Counter(chosen).values(), default=0) > 1:
                continue  # its square is a square
            for name in ("", *(x for x in facts if kind and k < most and facts[x].type != ())):
                names = (*chosen, name) if name else chosen
                strict = not name and all(facts[x].sign == ">" for x in chosen)
                gap = ideal.normal(context.times(*(facts[x].gap for x in names)))
                if gap:
                    out.append(Positive(names, strict and kind == (), gap, facts[name].type[0] if name else ""))
    return sorted(out, key=lambda fact: len(fact.names))


def unfoldings(proof: Proof, letters: Iterable[str]) -> list[list[str]]:
    """Which definitions are unfolded: none, those of the claim, those of these, ..., all; outer ones first."""
    inner = {}
    for name, letter in proof.defined.items():
        inner[letter] = {x.rstrip("'") for word in proof.facts[name] for x in word} - {letter}
    order: list[str] = []

    def visit(letter: str) -> None:
        if letter in inner and letter not in order:
            for x in sorted(inner[letter]):
                visit(x)
            order.append(letter)

    for letter in inner:
        visit(letter)
    order.reverse()
    chosen, new = set[str](), {x.rstrip("'") for x in letters}
    out: list[list[str]] = [[]]
    while new & set(inner):
        chosen |= new & set(inner)
        new = {x for letter in chosen for x in inner[letter]} - chosen
        out.append([x for x in order if x in chosen])
    return [x for i, x in enumerate([*out, order]) if x not in [*out, order][:i]]


def searches(proof: Proof, gap: Polynomial, kind: Type, until: float, *, strict: bool = False) -> list[Search]:
    """The same claim with more and more definitions unfolded."""
    context = proof.context()
    letters = {x for word in gap for x in word}
    both = [q for p in proof.facts.values() for q in (p, context.adjoint(p))]
    out = []
    for unfold in unfoldings(proof, letters):
        now = monotonic()
        small = frozenset(x.rstrip("'") for x in letters)
        degree = max(6, 2 + max(map(len, gap), default=0))
        ideal = Ideal(context, proof.facts, unfold=unfold, small=small, degree=degree, until=now + (until - now) / 8)
        out.append(
            Search(
                context,
                ideal,
                gap,
                kind,
                products(proof, ideal, kind, FACTORS_OF_N),
                both,
                strict,
                until,
            )
        )
    return out


def found(several: Sequence[Search]) -> Iterator[tuple[Search, list[Term]]]:
    """Yield what is found, with more and more effort; easy linear programs come first, as they give short sums."""
    both = (Search.linear, Search.semidefinite)
    missing: NoSolver | None = None
    with suppress(Late):
        for effort, methods in ((0, both[:1]), (0, both[1:]), (1, both), (2, both)):
            for search in several:
                program = search.program(effort)
                if program is None:
                    continue
                for method in methods:
                    try:
                        terms = method(search, program)
                    except NoSolver as error:
                        missing, terms = error, None
                    if terms is not None:
                        yield search, terms
    if missing is not None:
        raise missing


def show_sum(proof: Proof, claim: str, seconds: float = 20) -> str | None:
    """Add an order relation for which a sum is found; returns the name of the line.

    Raises
    ------
    NoSolver
        If a semidefinite program is to be solved and there is no solver.
    """
    until = monotonic() + seconds
    context = proof.context()
    fact = relation(context, claim, ">=", ">")
    several = searches(proof, fact.gap, fact.type, until, strict=fact.sign == ">")
    for search, terms in found(several):
        listed = tuple((str(weight), names, expanded_text(g)) for weight, names, g in terms)
        because = search.ideal.cofactors(proof.less(fact.gap, listed))
        if because is not None:
            return proof.show_sum(Sum(claim, listed), because)
    return None


def show_root(proof: Proof, claim: str, seconds: float = 20) -> str | None:
    """Add an equation of maps whose square vanishes; returns the name of the line.

    Raises
    ------
    NoSolver
        As for `show_sum`.
    """
    fact = relation(proof.context(), claim, "=")
    return show_kernel(proof, claim, expanded_text(fact.gap), seconds=seconds) if fact.type and fact.gap else None


def show_kernel(proof: Proof, states: str, root: str, order: str = "", seconds: float = 20) -> str | None:
    """Add the line that what is known to be positive, or 1, vanishes where its form does; returns the line's name.

    Raises
    ------
    NoSolver
        As for `show_sum`.
    """
    until = monotonic() + seconds
    context = proof.context()
    g, inner = context.parse(root), [proof.order[order]] if order else []
    form = {word: -c for word, c in context.times(context.adjoint(g), *inner, g).items()}
    kind = relation(context, states, "=").type
    for search, terms in found(searches(proof, form, kind[1:] * 2, until)):
        listed = tuple((str(weight), names, expanded_text(g)) for weight, names, g in terms)
        because = search.ideal.cofactors(proof.less(form, listed))
        if because is not None:
            return proof.show_kernel(Kernel(states, root, order, listed), because)
    return None
