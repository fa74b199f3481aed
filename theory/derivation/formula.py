"""Formulas as data: id, statement, assumptions, source, derivation, and three ways to evaluate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import cache, cached_property
from typing import Any

from sympy import (
    Equality,
    Expr,
    GreaterThan,
    LessThan,
    MatrixSymbol,
    StrictLessThan,
    Symbol,
    Unequality,
    preorder_traversal,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import Boolean

from theory.derivation.assumptions import Assumption
from theory.derivation.lines import Derivation, Step, equation
from theory.derivation.sources import THIS
from theory.derivation.verification import Verification, verify
from theory.errors import InputError, IrrationalError, SingularError, TheoryError, UnknownFormulaError
from theory.language import words
from theory.language.predicates import All
from theory.language.printing import plain, tex
from theory.language.prose import spoken, written
from theory.language.symbols import PRIMITIVES, size
from theory.values.compiler import compiled
from theory.values.drawing import Arrange, Geometry, draw
from theory.values.inputs import array_instance, exact_instance, whole_number
from theory.values.rationals import rational_value

__all__ = ["Catalogue", "Formula", "conclude", "derives", "formulas", "is_claim"]


def is_claim(value: Any) -> bool:
    """Whether a result is a statement (true or false) and not a value. SymPy counts symbols among Booleans."""
    return isinstance(value, Relational) or (isinstance(value, Boolean) and not isinstance(value, Expr))


@dataclass(frozen=True, eq=False)
class Formula:
    """One result of the theory.

    Attributes
    ----------
    id : str
        Permanent name, ``theorem`` or ``theorem.part``.
    title : str
        What it is, in a few words.
    lhs : Expr or MatrixExpr
        What the formula computes.
    compact : Expr, MatrixExpr or relation
        The result in abbreviations, as the derivation ends.
    expr : Expr, MatrixExpr or relation
        The result in primitives; matrices have symbolic size.
    assumptions : tuple of Assumption
        What it needs.
    source : str
        What it goes back to: one of `theory.derivation.sources`.
    derivation : tuple of Step
        The lines from the model to the result.
    says : relation
        The conclusion, as a predicate; by default that `lhs` is `compact`. None for a mere notation.
    arrange : callable, optional
        Draws instances at which both sides of an equivalence occur, where random ones would miss one.
    """

    id: str
    title: str
    lhs: Any
    compact: Any
    assumptions: tuple[Assumption, ...]
    source: str
    derivation: tuple[Step, ...]
    unfold: tuple[tuple[Any, Any], ...] = field(repr=False)
    counts: Mapping[str, Sequence[int]] = field(default_factory=dict, repr=False)
    sign: str = field(default="=", repr=False)
    says: Any = field(default=None, repr=False)
    arrange: Arrange | None = field(default=None, repr=False)

    @property
    def statement(self) -> str:
        """The conclusion in words; LaTeX between dollars."""
        return f"${self.latex()}$" if self.says is None else written(self.says)

    @property
    def plain(self) -> str:
        """The conclusion in words, in plain text."""
        return plain(equation(self.lhs, self.compact)) if self.says is None else spoken(self.says)

    @property
    def part(self) -> str:
        """Its id without the theorem's."""
        return self.id.partition(".")[2]

    @property
    def decided_only(self) -> bool:
        """Whether it is a statement that `exact` decides, without a value on float arrays."""
        if not is_claim(self.expr):
            return False
        ordered = isinstance(self.expr, Relational) and not isinstance(self.expr, Equality | Unequality)
        if not ordered and not hasattr(self.expr, "_array"):
            return True
        if any(hasattr(x, "_dense") and not hasattr(x, "_array") for x in preorder_traversal(self.expr)):
            return True
        try:
            compiled(self.expr)
        except (TheoryError, TypeError):
            return True
        return False

    @cached_property
    def inferences(self) -> int:
        """How many lines that it rests on are no algebra: an argument in words, checked on instances only."""
        lines = [*self.derivation, *self._conclusions()]
        return len({step.equation for step in lines if step.kind in ("inference", "criterion")})

    @cached_property
    def cites(self) -> tuple[str, ...]:
        """Ids of the formulas that its derivation takes as given."""
        return tuple(dict.fromkeys(id_ for step in self.derivation for id_ in step.cites))

    @cached_property
    def expr(self) -> Any:
        """The result in primitives."""
        return _unfolded(self.compact, self.unfold)

    @cached_property
    def inputs(self) -> tuple[str, ...]:
        """Names of the primitives it needs, in the order of the alphabet."""
        free = self.expr.free_symbols
        return tuple(name for name, item in PRIMITIVES.items() if item.symbol in free)

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Names of the dimensions that occur as numbers (``n``, ``d``)."""
        free = self.expr.free_symbols
        return tuple(s for s in ("n", "d", "k") if Symbol(s, integer=True, positive=True) in free)

    @cached_property
    def _entries(self) -> Any:
        """Index that takes the axes of length 1 off a vector or a number that came as a matrix."""
        shape = getattr(self.expr, "shape", (None, None))
        return (..., 0, 0) if shape == (1, 1) else (..., 0) if shape[1] == 1 else ()

    def latex(self, *, compact: bool = True) -> str:
        """LaTeX of the result, without delimiters; in abbreviations unless ``compact=False``."""
        value = self.compact if compact else self.expr
        body = tex(value)
        if self.lhs is None or is_claim(value):
            return body
        return f"{tex(self.lhs)} {self.sign} {body}"

    def where(self) -> str:
        """LaTeX of the abbreviations that `latex` and the conclusion use, comma separated."""
        used, wanted = [], set(self.compact.free_symbols) | set(getattr(self.says, "free_symbols", ()))
        for symbol, value in reversed(self.unfold):
            if symbol in wanted:
                wanted |= set(value.free_symbols)
                used.append(rf"{tex(symbol)} = {tex(value)}")
        return r",\; ".join(reversed(used))

    def _repr_latex_(self) -> str:
        return rf"$\displaystyle {self.latex()}$"

    def numpy(self, *, check: Any = True, **inputs: Any) -> Any:
        """Evaluate on float arrays.

        Parameters
        ----------
        check : bool, optional
            ``False`` takes entries as they are (finite, symmetric, steps positive) and does not test the matrices
            that are inverted: faster by about a third for small matrices. Where an input breaks its promise the
            result means nothing, or NumPy or Python raises an error of its own.
        **inputs : array_like
            By name: matrices (..., d, d), vectors (..., d), inputs X (..., n, d), labels (..., n), scalars
            (...). Leading axes broadcast. Any known name is accepted, unused ones are ignored.

        Returns
        -------
        ndarray
            Vectors (..., d), matrices (..., d, d), scalars and truth values (...).

        Raises
        ------
        InputError
            Unknown, missing, mis-shaped, non-finite or inadmissible input.
        SingularError
            A matrix that the formula inverts is singular up to rounding for a geometry: its condition number is
            1/eps or more (unless ``check=False``; a zero pivot is an error in any case).
        """
        if self.decided_only:
            raise InputError(f"{self.id} is a statement, without a value on arrays: decide it with exact(...)")
        at = array_instance(self.id, self.inputs, self.dimensions, inputs, check=bool(check))
        return at(self.expr)[self._entries]

    def exact(self, **inputs: Any) -> Any:
        """Evaluate in exact rationals.

        Parameters
        ----------
        **inputs : int, Fraction, Rational or nested lists or matrices of them
            As in `numpy`, one geometry at a time.

        Returns
        -------
        ImmutableMatrix, Rational, algebraic number or bool
            Exact; vectors are columns.

        Raises
        ------
        InputError
            As in `numpy`; also for floats.
        SingularError
            A matrix that the formula inverts is singular.
        """
        at = exact_instance(self.id, self.inputs, self.dimensions, inputs)
        try:
            if is_claim(self.expr):
                return at.holds(self.expr)
            try:
                value = rational_value(self.expr, at)
            except IrrationalError:
                value = at.algebraic(self.expr)
        except SingularError as error:
            raise SingularError(
                f"{self.id}: {error}; the formula assumes: {self._needs()}. Use a formula with pseudo-inverses "
                "(such as singular-equilibrium.e) or another geometry"
            ) from None
        return value[0, 0] if self._entries == (..., 0, 0) else value

    def explicit(self, dimension: int, **sizes: int) -> Any:
        """Write the result out, entry by entry, with free symbols.

        Parameters
        ----------
        dimension : int
            d.
        **sizes : int
            Other dimensions (``n``, ``k``) and counts (``t``, ``order``); d unless given.

        Returns
        -------
        ImmutableMatrix or Expr
            Grams have symmetric entries ``S_W_12``; fractions are not cancelled.

        Raises
        ------
        InputError
            A size that is unknown or no whole number.
        """
        dimension = whole_number(self.id, "dimension", dimension)
        for name, given in sizes.items():
            if name not in ("n", "k", "t", "order"):
                raise InputError(f"{self.id}: unknown size {name!r}; d is the dimension, others are n, k, t and order")
            whole_number(self.id, name, given, 0 if name in ("k", "t", "order") else 1)
        dims = {"d": dimension, "n": dimension, "k": dimension, "t": dimension, "order": dimension} | sizes
        at = draw(self.inputs, sizes=dims, geometry=Geometry(dimension, dimension, dimension), seed=None)
        value = at.written_out(self.expr)
        if not getattr(self.expr, "is_MatrixExpr", False):
            value = value.subs({size(name): dims[name] for name in ("n", "d", "k")})
        return value[0, 0] if getattr(value, "shape", None) == (1, 1) and self.expr.shape == (1, 1) else value

    def verify(self, *, seeds: range = range(4)) -> Verification:
        """Check every line of the derivation: with free symbols at small d, and on random rationals.

        Returns
        -------
        Verification
            Truthy exactly when every line was checked on some instance and none failed.
        """
        if not isinstance(seeds, range | list | tuple):
            raise InputError(f"{self.id}: seeds is of type {type(seeds).__name__}; pass a range, or a list of int")
        for seed in seeds:
            whole_number(self.id, "seeds", seed, 0)
        spoken_of = [step.equation for step in self.derivation] + [self.expr]
        spoken_of += [a.says for a in self.assumptions] + [self.says] * (self.says is not None)
        names = {symbol for expr in spoken_of for symbol in expr.free_symbols}
        defined = {s.symbol for s in self.derivation if s.kind == "definition"}
        inputs = [name for name, item in PRIMITIVES.items() if item.symbol in names - defined]
        lines = (*self.derivation, *self._conclusions())
        return verify(self.id, lines, self.assumptions, inputs, self.counts, seeds, self.arrange)

    def _conclusions(self) -> list[Step]:
        """What the derivation has to have derived: the printed result, in primitives, and what it is said to show."""
        lines = []
        known: dict[Any, Any] = {step.equation: step.kind for step in self.derivation}
        if self.lhs is not None and self.sign == "=" and not is_claim(self.compact):
            result = equation(self.lhs, self.compact)
            shown = self.says == result or known.get(result, "inference") not in ("inference", "criterion")
            lines.append(
                Step(equation(self.lhs, self.expr), "the result, in primitives", "algebra" if shown else "inference")
            )
        known |= {line.equation: line.kind for line in lines}
        if self.says not in (None, equation(self.lhs, self.compact) if self.lhs is not None else None):
            parts = self.says.args if isinstance(self.says, All) else (self.says,)
            kinds = {"definition": "algebra"}  # what a definition says holds by it
            found = [known.get(part, "inference") for part in parts]
            lines += [
                Step(part, "the conclusion", kinds.get(kind, kind)) for part, kind in zip(parts, found, strict=True)
            ]
        return lines

    def _needs(self) -> str:
        return "; ".join(a.text for a in self.assumptions) or "nothing"


@cache
def _unfolded(compact: Any, unfold: tuple[tuple[Any, Any], ...]) -> Any:
    """A result with every abbreviation replaced; formulas that differ in other parts share it."""
    return words.substitute(compact, _in_primitives(unfold))


@cache
def _in_primitives(unfold: tuple[tuple[Any, Any], ...]) -> Mapping[Any, Any]:
    """The abbreviations in primitives; each speaks of earlier ones only."""
    known: dict[Any, Any] = {}
    for symbol, value in unfold:
        known[symbol] = words.substitute(value, known)
    return known


Builder = Callable[[], list[Formula]]


class Catalogue(Mapping[str, Formula]):
    """All formulas by id, in the order of the theory; derivations run when a formula is first asked for."""

    def __init__(self) -> None:
        self._builders: dict[str, Builder] = {}
        self._built: dict[str, Formula] = {}

    def register(self, ids: tuple[str, ...], builder: Builder) -> None:
        """Announce the ids that `builder` will derive."""
        for id_ in ids:
            if id_ in self._builders:
                raise ValueError(f"the formula id {id_!r} is taken")
            self._builders[id_] = builder

    def arrange(self, modules: Sequence[str]) -> None:
        """Put the formulas in the order of the modules that derive them, whichever was imported first."""
        self._builders = dict(sorted(self._builders.items(), key=lambda item: modules.index(item[1].__module__)))

    def __getitem__(self, id_: str) -> Formula:
        if id_ not in self._built:
            if id_ not in self._builders:
                near = get_close_matches(str(id_), self._builders, n=3, cutoff=0.3)
                hint = f"; near: {', '.join(near)}" if near else ""
                raise UnknownFormulaError(f"no formula has the id {id_!r}{hint}; list(formulas) shows all")
            built = {f.id: f for f in self._builders[id_]()}
            if id_ not in built:
                raise UnknownFormulaError(f"the derivation of {id_!r} did not produce it")
            self._built.update(built)
        return self._built[id_]

    def derived(self) -> tuple[Formula, ...]:
        """Return the formulas that have been asked for so far, with those derived beside them."""
        return tuple(self._built.values())

    def family(self, id_: str) -> str:
        """Return the module that derives a formula: the last part of its name."""
        return self._builders[id_].__module__.rpartition(".")[2]

    def __contains__(self, id_: object) -> bool:
        return id_ in self._builders

    def __iter__(self) -> Iterator[str]:
        return iter(self._builders)

    def __len__(self) -> int:
        return len(self._builders)


formulas = Catalogue()


def derives(*ids: str) -> Callable[[Builder], Builder]:
    """Register a function that derives the formulas with these ids."""

    def register(builder: Builder) -> Builder:
        formulas.register(ids, builder)
        return builder

    return register


def conclude(
    derivation: Derivation,
    id_: str,
    title: str,
    eq: Any,
    *,
    says: Any = None,
    assumptions: tuple[Assumption, ...] = (),
    source: str = THIS,
    counts: Mapping[str, Sequence[int]] | None = None,
    lhs: Any = None,
    value: Any = None,
    sign: str = "=",
    rests_on: Sequence[Any] = (),
    arrange: Arrange | None = None,
) -> Formula:
    """Make a formula of one line of a derivation.

    The derivation is cut down to the lines that `eq` (and `rests_on`) rest on. Explicit definitions
    met on the way unfold the compact result into primitives. `value` and `sign` serve results that are
    not equations (bounds). The conclusion is what the result `says`, by default itself.
    """
    speaks_of = {x for a in assumptions for x in a.free_symbols} | set(getattr(says, "free_symbols", ()))
    steps = _ancestors(derivation.steps, (*rests_on, eq), speaks_of)
    unfold = tuple(
        (s.equation.lhs, s.equation.rhs)
        for s in steps
        if s.kind == "definition" and isinstance(s.equation.lhs, MatrixSymbol | Symbol) and _explicit(s)
    )
    is_equation = isinstance(eq, Relational) and eq.rel_op == "=="
    compact = value if value is not None else (eq.rhs if is_equation else eq)
    left = lhs if lhs is not None else (eq.lhs if is_equation else None)
    if says is None:
        says = _said(left, sign, compact)
    return Formula(id_, title, left, compact, assumptions, source, steps, unfold, counts or {}, sign, says, arrange)


def _said(left: Any, sign: str, compact: Any) -> Any:
    """The conclusion that a result makes by itself."""
    if left is None:
        return compact
    if sign == "=":
        return equation(left, compact)
    relation = {r"\le": LessThan, r"\ge": GreaterThan, "<": StrictLessThan}.get(sign)
    return None if relation is None else relation(left, compact, evaluate=False)


def _ancestors(steps: Sequence[Step], goals: Sequence[Any], symbols: set[Any]) -> tuple[Step, ...]:
    """Return the lines that the goals rest on: what they use, and what defines the symbols they speak of."""
    definitions = {s.symbol: i for i, s in enumerate(steps) if s.kind == "definition"}
    stack = [max(i for i, s in enumerate(steps) if s.equation == goal) for goal in goals]
    stack += [definitions[x] for x in symbols if x in definitions]
    wanted: set[int] = set()
    while stack:
        i = stack.pop()
        if i not in wanted:
            wanted.add(i)
            stack += steps[i].uses
            stack += [definitions[x] for x in steps[i].equation.free_symbols if x in definitions]
    kept = sorted(wanted)
    position = {old: new for new, old in enumerate(kept)}
    return tuple(replace(steps[i], uses=tuple(position[u] for u in steps[i].uses if u in position)) for i in kept)


def _explicit(step: Step) -> bool:
    return step.equation.lhs not in step.equation.rhs.free_symbols and not hasattr(step.value, "symbol")
