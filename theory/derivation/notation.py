"""What the letters and the signs of a theorem mean, as it is printed beside the theorem.

An input has its meaning and its kind: positive, symmetric, a whole number. What is no abbreviation, but the solution of
an equation, or what is reached by moving, has that equation, or those moves, beside the words that introduce it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import GreaterThan, Inverse, MatrixSymbol, OneMatrix, StrictGreaterThan, Symbol, preorder_traversal

from theory.derivation.described import Iterate, Slope, Written
from theory.derivation.formula import Formula
from theory.derivation.lines import Step, equation
from theory.language.nodes import (
    EntrySum,
    Inner,
    MaxRowSum,
    Norm,
    PositiveSemidefinite,
    PseudoInverse,
    SingularValue,
    SpectralRadius,
)
from theory.language.predicates import All, Loewner
from theory.language.prose import joined
from theory.language.symbols import PRIMITIVES, Primitive, SymmetricSymbol, size

__all__ = ["Introduced", "explained", "from_the_ground", "input_meaning", "meanings", "shown", "signs", "sizes"]


@dataclass(frozen=True)
class Introduced:
    """A letter that no expression abbreviates.

    Attributes
    ----------
    words : str
        How a derivation introduces it: others may say it otherwise, and mean the same.
    symbol : symbol
        The letter.
    means : Equality, Described or None
        What defines it; None where its values alone are given.
    """

    words: str = field(compare=False)
    symbol: Any
    means: Any

    @classmethod
    def by(cls, step: Step) -> Introduced:
        """Take a letter as a line introduces it."""
        given = step.equation if step.equation.lhs != step.equation.rhs else None
        return cls(step.reason, step.symbol, step.described or given)

    @property
    def free_symbols(self) -> set[Any]:
        """What it is made of."""
        symbols = getattr(self.means, "symbols", None)
        return set(getattr(self.means, "free_symbols", ()) if symbols is None else symbols) - {self.symbol}

    @property
    def expressions(self) -> list[Any]:
        """What is written to define it."""
        parts = [getattr(self.means, name, None) for name in ("expr", "of", "point", "start", "image", "result")]
        found = [part for part in (*parts, *(x for _, x in getattr(self.means, "moves", ()))) if part is not None]
        return found or [self.means] * (self.means is not None)

    def equations(self, show: Callable[[Any], str]) -> str:
        """Say what defines the letter, its expressions written by `show`."""
        match self.means:
            case None:
                return ""
            case Written(expr):
                return show(equation(self.symbol, expr))
            case Slope(of, along, point):
                return f"{show(self.symbol)} is the derivative of {show(of)} by {show(along)}, at {show(point)}"
            case Iterate() as this:
                return _moved(self.symbol, this, show)
        return show(self.means)


def _moved(symbol: Any, this: Iterate, show: Callable[[Any], str]) -> str:
    """Say from where a state is moved, how, and how often, and what is read off it."""
    index = Symbol("i", integer=True, nonnegative=True)
    rename = {} if this.turn is None else {this.turn: index}
    before = [show(equation(x, expr.xreplace(rename))) for x, expr in this.moves]
    turn = f"{show(this.state)} -> {show(this.image.xreplace(rename))}".replace("$ -> $", r" \mapsto ")
    last = f", {show(index)} = 0, ..., {show(this.count - 1)}".replace("$ = 0", " = 0$") if rename else ""
    moves = f"{turn}{last}" + (f" with {joined(before)}" if before else "")
    often = "" if rename else f"{show(this.count)} times "
    reached = f"from {show(this.start)}, {often}{moves}"
    if this.result == symbol:
        return reached
    return f"{show(equation(symbol, this.result))}, where {show(this.state)} is reached {reached}"


def meanings(formula: Formula) -> dict[Any, Any]:
    """What a conclusion means by its letters: an expression, how it is introduced, or "" for an input."""
    known = dict(formula.unfold)
    introduced = {step.symbol: step for step in formula.derivation if step.kind == "definition"}
    said = [] if formula.says is None else formula.says.args if isinstance(formula.says, All) else [formula.says]
    own = known.get(formula.lhs) == formula.compact and equation(formula.lhs, formula.compact) in said
    waiting = [x for a in formula.assumptions for x in a.free_symbols]
    waiting += [*formula.compact.free_symbols, formula.lhs] if formula.says is None else formula.says.free_symbols
    found: dict[Any, Any] = {}
    for symbol in waiting:
        if symbol is None or symbol in found:
            continue
        # Where the conclusion is the definition, it says what the letter stands for.
        if symbol in known and not (own and symbol == formula.lhs):
            found[symbol] = known[symbol]
        elif symbol in introduced and symbol not in known:
            found[symbol] = Introduced.by(introduced[symbol])
        else:
            found[symbol] = introduced[symbol].reason if symbol in introduced else ""
        waiting += getattr(found[symbol], "free_symbols", ())
    return found


def input_meaning(item: Primitive, named: set[str]) -> str:
    """What an input is; where its usual meaning speaks of another that is not there, anything of its kind."""
    what, _, _ = item.meaning.partition(";")
    strange = {name for name in PRIMITIVES if len(name) > 1 and name in what.replace(",", " ").split()} - named
    if strange:
        what = f"any {item.kind}"
    if isinstance(item.symbol, SymmetricSymbol):
        return f"{what}, symmetric"
    return f"{what}, a whole number" if item.kind == "count" else what


def sizes(expressions: Iterable[Any]) -> list[tuple[Any, str]]:
    """Return the sizes of matrices that expressions speak of, with what they count."""
    found: set[Any] = set()
    for expr in expressions:
        for symbol in {expr, *expr.free_symbols}:
            for extent in (symbol, *getattr(symbol, "shape", ())):
                found |= getattr(extent, "free_symbols", set())
    counted = {
        "d": "number of weights",
        "n": "number of examples",
        "k": "number of iterates kept, one a column",
    }
    return [(size(name), f"{what}, a whole number") for name, what in counted.items() if size(name) in found]


def shown(symbol: Any, show: Callable[[Any], str]) -> str:
    """Write a letter with what its kind says of its sign, as in ``eta_W > 0``."""
    if getattr(symbol, "is_MatrixExpr", False) or not symbol.is_Symbol:
        return show(symbol)
    if symbol.is_integer:
        least = {item.symbol: item.least for item in PRIMITIVES.values()}.get(symbol, int(bool(symbol.is_positive)))
        return show(GreaterThan(symbol, least, evaluate=False))
    return show(StrictGreaterThan(symbol, 0, evaluate=False)) if symbol.is_positive else show(symbol)


def explained(symbol: Any, what: Any, show: Callable[[Any], str], between: str = ": ") -> str:
    """Say what a letter means, its formulas written by `show`; nothing where the letter is written like its meaning."""
    if isinstance(what, str):
        return f"{shown(symbol, show)}{between}{what}"
    if isinstance(what, Introduced):
        said = what.equations(show)
        return f"{show(symbol)}{between}{what.words}" + (f": {said}" if said else "")
    return "" if show(symbol) == show(what) else show(equation(symbol, what))


_x, _y = (MatrixSymbol(name, size("d"), 1) for name in "xy")
_X, _Y = (MatrixSymbol(name, size("d"), size("d")) for name in "XY")
#: Signs that are not the same everywhere: by what they are seen, how they are written, and what they mean.
_SIGNS: tuple[tuple[Callable[[Any], bool], Any, str], ...] = (
    (lambda e: isinstance(e, Norm), Norm(_x), "Euclidean length"),
    (lambda e: isinstance(e, Inner) and e.args[0] == e.args[1], Inner(_x, _x), "square of the Euclidean length"),
    (lambda e: isinstance(e, Inner) and e.args[0] != e.args[1], Inner(_x, _y), "scalar product"),
    (lambda e: isinstance(e, MaxRowSum), MaxRowSum(_X), "largest sum of moduli along a row"),
    (lambda e: isinstance(e, EntrySum), EntrySum(_X), "sum of the moduli of all entries"),
    (lambda e: isinstance(e, SingularValue) and e.args[1] == 1, SingularValue(_X, 1), "largest singular value"),
    (lambda e: isinstance(e, SingularValue) and e.args[1] == -1, SingularValue(_X, -1), "smallest singular value"),
    (lambda e: isinstance(e, SpectralRadius), SpectralRadius(_X), "largest modulus of an eigenvalue"),
    (lambda e: isinstance(e, Inverse), Inverse(_X), "inverse; wherever one is written, it exists"),
    (lambda e: isinstance(e, PseudoInverse), PseudoInverse(_X), "Moore-Penrose inverse"),
    (
        lambda e: isinstance(e, PositiveSemidefinite) or (isinstance(e, Loewner) and e.args[0].is_ZeroMatrix),
        PositiveSemidefinite(_X),
        "symmetric, no eigenvalue below 0",
    ),
    (
        lambda e: isinstance(e, Loewner) and not e.strict and not e.args[0].is_ZeroMatrix,
        Loewner(_X, _Y, False),
        "the difference of these matrices is symmetric, none of its eigenvalues below 0",
    ),
    (
        lambda e: isinstance(e, Loewner) and e.strict,
        Loewner(_X, _Y, True),
        "the difference of these matrices is symmetric, its eigenvalues above 0",
    ),
    (
        lambda e: isinstance(e, OneMatrix) and 1 in e.shape,
        OneMatrix(size("n"), 1),
        "where it stands for a column, that of ones",
    ),
)


def signs(expressions: Iterable[Any]) -> list[tuple[Any, str]]:
    """Return the signs in which expressions are written that need explaining, each with what it means."""
    nodes = {node for expr in expressions for node in preorder_traversal(expr)}
    return [(sign, means) for seen, sign, means in _SIGNS if any(map(seen, nodes))]


def from_the_ground(definitions: Mapping[Any, Any]) -> list[Any]:
    """Order symbols so that each comes after those that it is made of."""
    done: dict[Any, None] = {}

    def place(symbol: Any) -> None:
        for inner in sorted(definitions[symbol].free_symbols & set(definitions) - {symbol}, key=str):
            if inner not in done:
                place(inner)
        done.setdefault(symbol)

    for symbol in reversed(definitions):
        place(symbol)
    return list(done)
