"""Expressions and predicates of `theory` in the notation of Mathematical Components; `language.v` defines its words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sympy import (
    Abs,
    Add,
    BlockMatrix,
    Derivative,
    Determinant,
    Equality,
    Expr,
    GreaterThan,
    Identity,
    Inverse,
    LessThan,
    MatAdd,
    MatMul,
    MatPow,
    MatrixBase,
    MatrixSymbol,
    Mul,
    OneMatrix,
    Pow,
    Rational,
    StrictGreaterThan,
    StrictLessThan,
    Symbol,
    Trace,
    Transpose,
    Unequality,
    ZeroMatrix,
    oo,
    sympify,
    true,
)

from proofs_check.rocq.terms import KEYWORDS
from theory.derivation.described import Iterate, Slope, Written
from theory.derivation.lines import Step
from theory.language.nodes import (
    Contracts,
    EntrySum,
    Inner,
    MaxRowSum,
    NonnegativeForPositive,
    Norm,
    PositiveSemidefinite,
    PseudoInverse,
    SingularValue,
    SpectralRadius,
    SpectrumWithin,
    Vanishes,
)
from theory.language.predicates import (
    All,
    Commute,
    Iff,
    Implies,
    Invertible,
    Loewner,
    Minimises,
    NonDecreasing,
    Projector,
    RangeWithin,
    Settles,
    Solvable,
    TendsTo,
    Unique,
)

__all__ = ["LANGUAGE", "Inexpressible", "Wording"]


class Inexpressible(Exception):
    """There is no word for a part of a statement."""


#: How tightly a term binds: what binds more weakly than is wanted is put into brackets.
ATOM, APPLIED, PRODUCT, SUM, RELATION, ANY = range(6)

LANGUAGE = Path(__file__).parent / "language.v"
_TEXTS = (path.read_text(encoding="utf-8") for path in (LANGUAGE.with_name("forms.v"), LANGUAGE))
_WORDS = [word for text in _TEXTS for word in re.findall(r"^(?:Definition|Fixpoint) (\w+)", text, re.MULTILINE)]
#: Words of Rocq, of MathComp and of `language.v` that no letter may take.
RESERVED = {*KEYWORDS, *_WORDS, "R", "col_mx", "const_mx", "invmx", "is", "iter", "nat", "of", "row_mx", "unitmx"}
RELATIONS: dict[Any, str] = {
    Equality: "=",
    Unequality: "<>",
    LessThan: "<=",
    StrictLessThan: "<",
    GreaterThan: ">=",
    StrictGreaterThan: ">",
}
#: Nodes of one argument or several that `language.v` has a word for.
FUNCTIONS: dict[Any, str] = {
    Inner: "dot",
    MaxRowSum: "max_row_sum",
    EntrySum: "entry_sum",
    Trace: r"\tr",
    Determinant: r"\det",
    PositiveSemidefinite: "psd",
    Projector: "projector",
    RangeWithin: "range_within",
    Contracts: "contracts",
    Settles: "settles",
}


def _is_matrix(expr: Any) -> bool:
    return isinstance(expr, MatrixBase) or bool(getattr(expr, "is_MatrixExpr", False))


class Wording:
    """Writes the expressions of one statement.

    Attributes
    ----------
    names : dict
        Symbol to identifier.
    rooted : bool
        Whether something was written that takes roots of polynomials: then the numbers are a real closed field.
    limited : bool
        Whether limits were written: then the field is Archimedean, so that powers of what is below 1 tend to 0.
    """

    def __init__(self, definitions: Mapping[Any, Step] | None = None) -> None:
        self.names: dict[Any, str] = {}
        self.rooted = False
        self.limited = False
        self._definitions = definitions or {}
        self._taken = set(RESERVED)
        self._characterised: dict[Any, str] = {}
        self._new: list[str] = []

    def name(self, symbol: Any) -> str:
        """Return the identifier of a symbol."""
        if symbol not in self.names:
            plain = re.sub(r"\W+", "_", str(symbol.name)).strip("_")
            self.names[symbol] = self._fresh(plain if plain[:1].isalpha() else f"x_{plain}")
        return self.names[symbol]

    def _fresh(self, plain: str) -> str:
        found = next(x for i in count() if (x := f"{plain}_{i}" if i else plain) not in self._taken)
        self._taken.add(found)
        return found

    def kind(self, symbol: Any) -> str:
        """Return the type of a symbol."""
        if not _is_matrix(symbol):
            return "nat" if symbol.is_integer else "R"
        return self._shape(*symbol.shape)

    def _shape(self, rows: Any, columns: Any) -> str:
        if columns == 1:
            return f"'cV[R]_{self.natural(rows)}"
        sizes = self.natural(rows) if rows == columns else f"({self.natural(rows)}, {self.natural(columns)})"
        return f"'M[R]_{sizes}"

    def natural(self, expr: Any) -> str:
        """Write a size or an exponent."""
        expr = sympify(expr)
        if expr.is_Integer and expr >= 0:
            return str(expr)
        if expr.is_Symbol and expr.is_integer:
            return self.name(expr)
        if expr.is_Add:
            number, rest = expr.as_coeff_Add()
            if number < 0:
                return f"({self.natural(rest)} - {-number})"
            return f"({' + '.join(map(self.natural, (*rest.as_ordered_terms(), *[number] * bool(number))))})"
        if expr.is_Mul:
            return f"({' * '.join(map(self.natural, expr.args))})"
        raise Inexpressible(f"{expr} is no natural number")

    def characterised(self) -> list[str]:
        """Return what has been given a name since this was asked last, because no term of MathComp denotes it."""
        new, self._new = self._new, []
        return new

    # Terms ------------------------------------------------------------------------------------------

    def term(self, expr: Any, wanted: int = ANY) -> str:
        """Write a matrix or a number, in brackets if it binds more weakly than is wanted."""
        text, strength = self._matrix(expr) if _is_matrix(expr) else self._number(expr)
        return text if strength <= wanted else f"({text})"

    def field(self) -> tuple[str, str]:
        """Return what kind of numbers the words written so far need, and a hypothesis on them, if it takes one."""
        if self.rooted:
            return "rcfType", "Num.archimedean_axiom R ->" * self.limited
        return "archiFieldType" if self.limited else "realFieldType", ""

    def defined(self, x: Any) -> Iterator[str]:
        """Write what a symbol is: by a term, or as whatever satisfies an equation."""
        said = self._relation(x)
        if said is not None:
            yield f"forall {self.name(x)} : {self.kind(x)}, {said()} ->"
        else:
            text = self._meant(x)
            yield from self.characterised()
            yield f"let {self.name(x)} := {text} in"

    def _relation(self, x: Any) -> Callable[[], str] | None:
        """How to write the relation that a symbol is defined by, if no term is what it means."""
        step = self._definitions[x]
        match step.described:
            case None if step.equation.lhs == step.equation.rhs:
                raise Inexpressible(f"{x}, which is given by its values alone")
            case None if step.equation.lhs != x or x in step.equation.rhs.free_symbols:
                return lambda: self.says(step.equation, RELATION)
            case Slope() as slope:
                return lambda: self._slope(slope, x)
        return None

    def _meant(self, x: Any) -> str:
        """Write the term that a symbol means."""
        step = self._definitions[x]
        match step.described:
            case Written(expr):
                return self.term(expr)
            case Iterate() as iterate:
                return self._iterate(iterate)
        return self.term(step.equation.rhs)

    def _iterate(self, this: Iterate) -> str:
        """Write what is read off a state that has been moved: its moves, bound, between the first and the last."""
        count, start = self.natural(this.count), self.term(this.start, ATOM)
        with ExitStack() as bound:
            number = bound.enter_context(self._binding(this.turn)) if this.turn is not None else ""
            state = bound.enter_context(self._binding(this.state))
            kind, moves = self.kind(this.state), ""
            for symbol, expr in this.moves:
                text = self.term(expr)
                moves += f"let {bound.enter_context(self._binding(symbol))} := {text} in "
            turn = f"(fun {f'({number} : nat) ' * bool(number)}({state} : {kind}) => {moves}{self.term(this.image)})"
            reached = f"{'course' if number else 'iter'} {count} {turn} {start}"
            if this.result == this.state:
                return reached
            return f"let {state} : {kind} := {reached} in {self.term(this.result)}"

    def _slope(self, this: Slope, x: Any) -> str:
        point = self.term(this.point, ATOM)
        with ExitStack() as bound:
            name = bound.enter_context(self._binding(this.along))
            moved = [bound.enter_context(self._moved(y)) for y in self._moving(this.along, this.of)]
            image = f"(fun {name} : {self.kind(this.along)} => {''.join(moved)}{self.term(this.of)})"
        return f"slope_at {image} {point} {self.name(x)}"

    def _applied(self, word: str, *args: Any) -> tuple[str, int]:
        return " ".join([word, *(self.term(arg, ATOM) for arg in args)]), APPLIED

    def _matrix(self, expr: Any) -> tuple[str, int]:
        match expr:
            case MatrixSymbol():
                return self.name(expr), ATOM
            case Identity():
                return "1%:M" if expr.shape[0].free_symbols else f"(1%:M : {self._shape(*expr.shape)})", ATOM
            case ZeroMatrix():
                return f"(0 : {self._shape(*expr.shape)})", ATOM
            case OneMatrix():
                return f"(const_mx 1 : {self._shape(*expr.shape)})", ATOM
            case MatAdd():
                return self._sum(expr.args)
            case MatMul():
                return self._product(*expr.as_coeff_matrices())
            case Inverse():
                return self._applied("invmx", expr.arg)
            case Transpose():
                return f"{self.term(expr.arg, ATOM)}^T", ATOM
            case MatPow() if expr.exp.is_Integer and expr.exp < 0:
                inverse = self._applied("invmx", expr.base)
                return inverse if expr.exp == -1 else (f"power ({inverse[0]}) {-expr.exp}", APPLIED)
            case MatPow():
                return f"power {self.term(expr.base, ATOM)} {self.natural(expr.exp)}", APPLIED
            case PseudoInverse():
                return self._described(expr, self._shape(*expr.shape), "pseudo_inverse", expr.arg), ATOM
            case BlockMatrix():
                rows = [_nested("row_mx", [self.term(x, ATOM) for x in row]) for row in expr.blocks.tolist()]
                return _nested("col_mx", rows), ATOM
            case MatrixBase():
                one = self._shape(1, 1)
                rows = [_nested("row_mx", [f"({self.term(x, ATOM)}%:M : {one})" for x in row]) for row in expr.tolist()]
                return _nested("col_mx", rows), ATOM
        raise Inexpressible(type(expr).__name__)

    def _product(self, coefficient: Any, factors: list[Any]) -> tuple[str, int]:
        first, *others = factors
        if coefficient == 1 and not others:
            return self._matrix(first)
        body = " *m ".join([self.term(first, PRODUCT), *(self.term(x, APPLIED) for x in others)])
        if coefficient == 1:
            return body, PRODUCT
        body = f"({body})" if others else self.term(first, APPLIED)
        return (f"- {body}", SUM) if coefficient == -1 else (f"{self.term(coefficient, APPLIED)} *: {body}", PRODUCT)

    def _described(self, expr: Any, kind: str, word: str, of: Any) -> str:
        """Name what is characterised by a relation: whatever has it."""
        if expr not in self._characterised:
            said = self.term(of, ATOM)
            name = self._fresh("c")
            self._characterised[expr] = name
            self._new.append(f"forall {name} : {kind}, {word} {said} {name} ->")
        return self._characterised[expr]

    def _sum(self, args: Any) -> tuple[str, int]:
        # What is added comes before what is taken away.
        parts = sorted((_signed(x) for x in args), key=lambda part: part[0])
        text = " ".join(("- " if less else "+ ") + self.term(x, PRODUCT) for less, x in parts)
        return text.removeprefix("+ "), SUM

    def _number(self, expr: Expr) -> tuple[str, int]:
        less, rest = _signed(expr)
        if less and not expr.is_Add:
            return f"- {self.term(rest, PRODUCT)}", SUM
        match expr:
            case Rational() if expr.q == 1:
                return str(expr) if expr in (0, 1) else f"{expr}%:R", ATOM
            case Rational():
                return f"{self.term(Rational(expr.p), APPLIED)} / {expr.q}%:R", PRODUCT
            case Symbol():
                return self.name(expr) + "%:R" * bool(expr.is_integer), ATOM
            case Add():
                return self._sum(expr.args)
            case Mul():
                over, under = expr.as_numer_denom()
                if under != 1:
                    return f"{self.term(over, APPLIED)} / {self.term(under, APPLIED)}", PRODUCT
                first, *others = expr.as_ordered_factors()
                return " * ".join([self.term(first, PRODUCT), *(self.term(x, APPLIED) for x in others)]), PRODUCT
            case Pow() if isinstance(expr.base, Norm) and expr.exp == 2:
                return self._applied("dot", *expr.base.args * 2)
            case Pow() if expr.exp == Rational(1, 2):
                self.rooted = True
                return self._applied("Num.sqrt", expr.base)
            case Pow() if expr.exp.is_Integer and expr.exp < 0:
                return f"{self.term(expr.base**-expr.exp, ATOM)}^-1", ATOM
            case Pow():
                return f"{self.term(expr.base, ATOM)} ^+ {self.natural(expr.exp)}", APPLIED
            case Norm():
                self.rooted = True
                return self._applied("norm", *expr.args)
            case Abs():
                return f"`|{self.term(expr.args[0])}|", ATOM
            case SingularValue():
                if expr.args[1] != 1 and expr.args[0].shape[0] != expr.args[0].shape[1]:
                    # A wide matrix stretches some unit vector by 0, whatever its singular values.
                    raise Inexpressible("the smallest singular value of a matrix that is not square")
                self.rooted = True
                word = "largest_stretch" if expr.args[1] == 1 else "smallest_stretch"
                return self._described(expr, "R", word, expr.args[0]), ATOM
            case SpectralRadius():
                self.rooted = self.limited = True
                return self._described(expr, "R", "spectral_radius", *expr.args), ATOM
            case Derivative():
                return self._number(expr.doit())
        if type(expr) in FUNCTIONS:
            return self._applied(FUNCTIONS[type(expr)], *expr.args)
        raise Inexpressible(type(expr).__name__)

    # Propositions -----------------------------------------------------------------------------------

    def says(self, relation: Any, wanted: int = ANY) -> str:
        """Write a proposition, in brackets if it binds more weakly than is wanted."""
        text, strength = self._says(relation)
        return text if strength <= wanted else f"({text})"

    def _says(self, relation: Any) -> tuple[str, int]:
        if type(relation) in RELATIONS:
            right = "0" if isinstance(relation.rhs, ZeroMatrix) else self.term(relation.rhs, SUM)
            return f"{self.term(relation.lhs, SUM)} {RELATIONS[type(relation)]} {right}", RELATION
        if type(relation) in FUNCTIONS:
            self.limited |= isinstance(relation, Contracts | Settles)
            args = [x * Identity(1) if not _is_matrix(x) else x for x in relation.args]
            return self._applied(FUNCTIONS[type(relation)], *args)
        match relation:
            case Invertible():
                sign = r"\in unitmx" if _is_matrix(relation.arg) else "<> 0"
                return f"{self.term(relation.arg, SUM)} {sign}", RELATION
            case Loewner():
                return self._applied("strictly_loewner" if relation.strict else "loewner", *relation.args[:2])
            case Commute():
                x, y = (self.term(arg, APPLIED) for arg in relation.args)
                return f"{x} *m {y} = {y} *m {x}", RELATION
            case Vanishes():
                return f"{self.term(relation.arg, SUM)} = 0", RELATION
            case All() | Iff() | Implies():
                sign = {All: r"/\ ", Iff: "<-> ", Implies: "-> "}[type(relation)]
                return f" {sign}".join(self.says(arg, RELATION) for arg in relation.args), ANY
            case SpectrumWithin():
                _, low, high = relation.args
                self.rooted = True
                ends = [f"({self.term(low, SUM)} <= z)" for _ in (low,) if low != -oo]
                ends += [f"(z <= {self.term(high, SUM)})" for _ in (high,) if high != oo]
                within = " && ".join(ends) or "true"
                return f"spectrum_within {self.term(relation.arg, ATOM)} (fun z => {within})", APPLIED
            case NonnegativeForPositive():
                x = self._fresh("x")
                cubic = " + ".join(f"{self.term(c, APPLIED)} * {x} ^+ {i}" for i, c in enumerate(relation.args))
                return f"forall {x} : R, 0 < {x} -> 0 <= {cubic}", ANY
        return self._bound(relation), ANY

    def _bound(self, relation: Any) -> str:
        match relation:
            case NonDecreasing():
                value, x = relation.args
                self.rooted = True
                with self._binding(x) as name:
                    inside = f"(fun {name} : R => {self.term(value)})"
                return f"forall x_ y_ : R, 0 < x_ -> x_ <= y_ -> {inside} x_ <= {inside} y_"
            case Unique() | Solvable():
                x, equation = relation.args
                with ExitStack() as bound:
                    name = bound.enter_context(self._binding(x))
                    moved = [bound.enter_context(self._moved(y)) for y in self._moving(x, equation)]
                    sign = "!" * isinstance(relation, Unique)
                    return f"exists{sign} {name} : {self.kind(x)}, {''.join(moved)}{self.says(equation)}"
            case TendsTo():
                x, image, start, limit = relation.args
                self.limited = True
                with self._binding(x) as name:
                    turn = f"(fun {name} : {self.kind(x)} => {self.term(image)})"
                end = self.term(limit, ATOM)
                word = "tends_to" if x.shape[1] == 1 else "matrices_tend_to"
                if relation.everywhere:
                    return f"forall x_, {word} (fun t_ => iter t_ {turn} x_) {end}"
                return f"{word} (fun t_ => iter t_ {turn} {self.term(start, ATOM)}) {end}"
            case Minimises():
                x, objective, point, constraint = relation.args
                with self._binding(x) as name:
                    kind = self.kind(x)
                    value = f"(fun {name} : {kind} => {self._value(objective)})"
                    allowed = "true" if constraint == true else self.says(constraint)
                return f"minimises (fun {name} : {kind} => {allowed}) {value} {self.term(point, ATOM)}"
        raise Inexpressible(type(relation).__name__)

    def _value(self, objective: Any) -> str:
        """Write a number, which may be a matrix with one entry."""
        return f"{self.term(objective, ATOM)} 0 0" if _is_matrix(objective) else self.term(objective)

    def spoken(self, relation: Any) -> set[Any]:
        """Return the symbols of a proposition that mean the same throughout: none that a bound letter moves."""
        if isinstance(relation, All | Iff | Implies):
            return set[Any]().union(*map(self.spoken, relation.args))
        free = set(relation.free_symbols)
        if isinstance(relation, Unique | Solvable):
            bound, equation = relation.args
            moving = set(self._moving(bound, equation))
            free = free.union(*(self._definitions[x].made_of for x in moving)) - moving - {bound}
        return free

    def _moving(self, bound: Any, equation: Any) -> list[Any]:
        """What is defined and changes with a bound letter, of that which an equation speaks of, in order."""
        moving, needed = {bound}, set(equation.free_symbols)
        for x, definition in self._definitions.items():
            if definition.made_of & moving:
                moving.add(x)
        for x in reversed(self._definitions):
            if x in moving & needed:
                needed |= self._definitions[x].made_of
        return [x for x in self._definitions if x in (moving & needed) - {bound}]

    @contextmanager
    def _moved(self, symbol: Any) -> Iterator[str]:
        """Let a symbol that is defined stand for what a bound letter makes of it."""
        with self._binding(symbol) as name:
            said = self._relation(symbol)
            if said is not None:
                yield f"exists {name} : {self.kind(symbol)}, {said()} /\\ "
            else:
                yield f"let {name} := {self._meant(symbol)} in "

    @contextmanager
    def _binding(self, symbol: Any) -> Iterator[str]:
        """Let a symbol stand for a bound letter."""
        outside = self.names.pop(symbol, None)
        name = self.name(symbol)
        yield name
        del self.names[symbol]
        self._taken.discard(name)
        if outside is not None:
            self.names[symbol] = outside


def _nested(word: str, parts: list[str]) -> str:
    first, *others = parts
    return f"({word} {first} {_nested(word, others)})" if others else first


def _signed(expr: Any) -> tuple[bool, Any]:
    """Whether a term is taken away, and what is taken away then."""
    if isinstance(expr, MatMul):
        coefficient, factors = expr.as_coeff_matrices()
        return (True, MatMul(-coefficient, *factors)) if coefficient.could_extract_minus_sign() else (False, expr)
    if _is_matrix(expr) or expr.is_Symbol or not expr.could_extract_minus_sign():
        return False, expr
    return True, -expr
