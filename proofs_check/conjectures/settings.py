"""What names mean in a conjecture: the symbols of a setting, as the theory defines them, and those that are declared.

A setting is a list of results whose derivations define the symbols; where two define the same name, the first does.
A theorem, or one of its conclusions, is a setting as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sympy import MatrixSymbol, Symbol

from proofs_check.errors import InputError
from theory import Formula, TextError, formulas
from theory.derivation.lines import Derivation, Step
from theory.language.grammar import FUNCTIONS, near
from theory.language.printing import plain
from theory.language.reader import read_expression, reading_of_expression
from theory.language.symbols import SymmetricSymbol, size

__all__ = ["SETTINGS", "Setting", "declared", "said", "setting"]

#: The named settings, and the families whose results define their symbols.
SETTINGS: dict[str, tuple[str, tuple[str, ...]]] = {
    "pair": ("two agents: a turn from any state w_t, and the state of rest", ("dynamics", "equilibrium")),
    "attack": ("U declares targets that are moved by s, to bring W away from its own", ("label_attack",)),
    "helper": ("U chooses its objective anew every turn, to help W", ("newton_helper",)),
    "none": ("own symbols alone", ()),
}

_NAME = r"[A-Za-z](?:\w*[A-Za-z0-9])?"
_DECLARATION = re.compile(
    rf"(?P<names>{_NAME}(?:\s*,\s*{_NAME})*)\s*:\s*(?P<kind>[a-z]+)\s*(?P<sizes>[\w\s]*)", re.ASCII
)
_KINDS = "number, positive, count, vector d, matrix d, matrix n d, symmetric d"


@dataclass(frozen=True)
class Setting:
    """Names, what they stand for, and how those are defined that are.

    Attributes
    ----------
    name : str
    names : mapping of str to symbol
        All that may be used.
    steps : tuple of Step
        Definitions, each of symbols that are defined before it or free.
    own : tuple of str
        Declarations, as they were written.
    presumed : mapping of symbol to tuple
        What the definitions of own symbols presume: that what they invert has an inverse.
    """

    name: str
    names: Mapping[str, Any]
    steps: tuple[Step, ...]
    own: tuple[str, ...] = field(default=())
    presumed: Mapping[Any, tuple[Any, ...]] = field(default_factory=dict)

    def needed(self, symbols: Iterable[Any]) -> tuple[Step, ...]:
        """Return the definitions that some symbols rest on."""
        wanted, kept = set(symbols), []
        for step in reversed(self.steps):
            if step.symbol in wanted:
                kept.append(step)
                wanted |= step.equation.free_symbols | step.made_of
        return tuple(reversed(kept))


def said(formula: Formula) -> list[Any]:
    """All that a formula says: its conclusion, its hypotheses, and the lines that define what they speak of."""
    every = [formula.says, *(a.says for a in formula.assumptions), *(step.equation for step in formula.derivation)]
    return [says for says in every if says is not None]


@cache
def setting(name: str) -> Setting:
    """Return a named setting, or that of a theorem or of one of its conclusions.

    Raises
    ------
    InputError
        If nothing has this name.
    """
    if name in SETTINGS:
        chosen = [id_ for family in SETTINGS[name][1] for id_ in formulas if formulas.family(id_) == family]
    else:
        chosen = [id_ for id_ in formulas if id_ == name or id_.partition(".")[0] == name]
        if not chosen:
            known = [*SETTINGS, *dict.fromkeys(id_.partition(".")[0] for id_ in formulas)]
            raise InputError(
                f"setting: there is no setting and no theorem {name!r}{near(name, known)}; settings are "
                f"{', '.join(SETTINGS)}, and every theorem's id is one"
            )
    steps: dict[Any, Step] = {}
    names: dict[str, Any] = {}
    for id_ in chosen:
        formula = formulas[id_]
        for step in formula.derivation:
            if step.kind == "definition":
                steps.setdefault(step.symbol, step)
        names |= {x.name: x for says in said(formula) for x in says.atoms(MatrixSymbol, Symbol)}
    if name in SETTINGS:
        # A state there is any state, and not that after t turns.
        names = {x: symbol for x, symbol in names.items() if not _is_count(symbol)}
    return Setting(name, names, _in_order(steps))


def _in_order(steps: Mapping[Any, Step]) -> tuple[Step, ...]:
    """Definitions, each after those of which it is made."""
    done: dict[Any, Step] = {}

    def visit(step: Step, path: tuple[Any, ...]) -> None:
        if step.symbol in done or step.symbol in path:
            return
        for symbol in (step.equation.free_symbols | step.made_of) - {step.symbol}:
            if symbol in steps:
                visit(steps[symbol], (*path, step.symbol))
        done[step.symbol] = step

    for step in steps.values():
        visit(step, ())
    return tuple(done.values())


def declared(base: Setting, declarations: Iterable[str]) -> Setting:
    """Return a setting with further symbols.

    Parameters
    ----------
    base : Setting
        What names mean so far.
    declarations : iterable of str
        ``"C: symmetric d"``, ``"x, y: vector d"``, ``"X: matrix n d"``, ``"c: number"`` (or ``positive``, ``count``);
        or a definition ``"K = A B - B A"``.

    Raises
    ------
    InputError
        A declaration that cannot be read, or a name that something else is defined by.
    """
    names, steps, own = dict(base.names), list(base.steps), list(base.own)
    presumed = dict(base.presumed)
    for text in declarations:
        name, separator, value = text.partition("=")
        if separator and ":" not in name:
            symbol, presumes = _define(names, steps, name.strip(), value, text)
            presumed[symbol] = presumes
        else:
            for symbol in _symbols(text):
                _declare(names, steps, symbol, text, base)
        own.append(text)
    return Setting(base.name, names, tuple(steps), tuple(own), presumed)


def _symbols(text: str) -> list[Any]:
    found = _DECLARATION.fullmatch(text.strip())
    if found is None:
        raise InputError(f"let {text!r}: write 'NAME: KIND SIZE', such as 'C: symmetric d', or 'NAME = EXPRESSION'")
    names, kind = re.split(r"\s*,\s*", found["names"]), found["kind"]
    sizes = [size(x) if not x.isdigit() else int(x) for x in found["sizes"].split()]
    if any(x in (0, "0") for x in sizes):
        raise InputError(f"let {text!r}: a dimension is 1 or more")
    made = [_symbol(name, kind, sizes) for name in names]
    if None in made:
        raise InputError(f"let {text!r}: {kind!r} with {len(sizes)} sizes is no kind of symbol; known are {_KINDS}")
    return made


def _symbol(name: str, kind: str, sizes: list[Any]) -> Any:
    match kind, sizes:
        case "number", []:
            return Symbol(name, real=True)
        case "positive", []:
            return Symbol(name, positive=True)
        case "count", []:
            return Symbol(name, integer=True, nonnegative=True)
        case "vector", [rows]:
            return MatrixSymbol(name, rows, 1)
        case "matrix", [rows]:
            return MatrixSymbol(name, rows, rows)
        case "matrix", [rows, columns]:
            return MatrixSymbol(name, rows, columns)
        case "symmetric", [rows]:
            return SymmetricSymbol(name, rows, rows)
    return None


def _declare(names: dict[str, Any], steps: list[Step], symbol: Any, text: str, base: Setting) -> None:
    """Let a name, or that of a dimension, mean something new; what was defined by its old meaning is forgotten."""
    _meant(symbol, names, text)
    for name in (symbol.name, *map(str, _dimensions(symbol))):
        old = names.get(name)
        if old is None or _is_size(old):
            continue
        if name != symbol.name and old != base.names.get(name):
            raise InputError(f"let {text!r}: {name} is declared, and a dimension here; choose another name")
        _forget(names, steps, old)
    names[symbol.name] = symbol


def _meant(symbol: Any, names: Mapping[str, Any], text: str) -> None:
    """Refuse a name that would be read as something else, or that a dimension has."""
    name = symbol.name
    dimensions = {str(x) for other in (*names.values(), symbol) for x in _dimensions(other)}
    if name in dimensions | {"d", "n", "k"}:
        raise InputError(f"let {text!r}: {name} is a dimension; choose another name")
    if name == "T" and not getattr(symbol, "shape", ()):
        raise InputError(f"let {text!r}: ^T is the transpose, so that T is no number; choose another name")
    try:
        again = read_expression(plain(symbol), {**names, name: symbol})
    except TextError:
        again = None
    if again != symbol or name in {"I", *FUNCTIONS}:
        raise InputError(f"let {text!r}: {name} means something else where it is read; choose another name")


def _dimensions(symbol: Any) -> set[Any]:
    """The sizes of a symbol that have names."""
    return {x for n in getattr(symbol, "shape", ()) for x in n.free_symbols}


def _is_count(symbol: Any) -> bool:
    return isinstance(symbol, Symbol) and bool(symbol.is_integer) and not symbol.is_positive


def _is_size(symbol: Any) -> bool:
    return isinstance(symbol, Symbol) and bool(symbol.is_integer and symbol.is_positive)


def _define(names: dict[str, Any], steps: list[Step], name: str, value: str, text: str) -> tuple[Any, tuple[Any, ...]]:
    """Define a name; return its symbol, and what the definition presumes."""
    if not re.fullmatch(_NAME, name, re.ASCII):
        raise InputError(f"let {text!r}: {name!r} is no name")
    try:
        read = reading_of_expression(value, names)
        expr = read.says
    except TextError as error:
        raise InputError(f"let {name}: {error}") from None
    old = names.get(name)
    if old is not None:
        if old in expr.free_symbols:
            raise InputError(f"let {text!r}: {name} is defined by itself; choose another name")
        _forget(names, steps, old)
    shape = getattr(expr, "shape", ())
    symbol: Any = MatrixSymbol(name, *shape) if shape else Symbol(name, real=True)
    _meant(symbol, names, text)
    chain = Derivation()
    chain.define(symbol, expr, "as declared")
    names[name] = symbol
    steps.append(chain.steps[0])
    return symbol, read.presumes


def _forget(names: dict[str, Any], steps: list[Step], symbol: Any) -> None:
    """Drop a symbol of the setting, and all that is defined by means of it."""
    gone = {symbol}
    for step in list(steps):
        if step.symbol in gone or (step.equation.free_symbols | step.made_of) & gone:
            gone.add(step.symbol)
            steps.remove(step)
    for name in [x for x, known in names.items() if known in gone]:
        del names[name]
