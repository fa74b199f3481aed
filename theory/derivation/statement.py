"""A theorem as one value: what is given, what then holds, and everything that is written about it.

A statement is made of formulas: each is a conclusion, a predicate with its own hypotheses. The hypotheses that all
share come first, in the sentence as in the theorem environment; nothing is typed beside the predicates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property
from math import inf, nan
from typing import Any

from theory.derivation.assumptions import Assumption
from theory.derivation.formula import Formula
from theory.derivation.hypotheses import Hypotheses, MeasuredHypothesis
from theory.derivation.lines import equation
from theory.derivation.measure import Measurement, measuring, speaks_of
from theory.errors import InputError, UnknownFormulaError
from theory.language.predicates import All
from theory.language.printing import tex
from theory.language.prose import joined
from theory.language.symbols import PRIMITIVES, Primitive, size
from theory.values.inputs import names_given
from theory.values.rounded import unfolded

__all__ = ["Statement", "Statements", "escaped"]


@dataclass(frozen=True)
class Statement:
    """One theorem.

    Attributes
    ----------
    id : str
        Permanent name; the ids of its conclusions are it, or begin with it and a dot.
    then : tuple of Formula
        The conclusions, in order. A formula that says nothing (a notation) is among them for its definition.
    """

    id: str
    then: tuple[Formula, ...]

    @property
    def title(self) -> str:
        """What it is about, in a few words."""
        return self.then[0].title

    @cached_property
    def given(self) -> tuple[Assumption, ...]:
        """The hypotheses that all conclusions share."""
        first, *others = [formula.assumptions for formula in self.conclusions] or [()]
        return tuple(a for a in first if all(a in other for other in others))

    @cached_property
    def conclusions(self) -> tuple[Formula, ...]:
        """The formulas that say something."""
        return tuple(formula for formula in self.then if formula.says is not None) or self.then

    def moreover(self, formula: Formula) -> tuple[Assumption, ...]:
        """Return the hypotheses that one conclusion needs beyond those of all."""
        return tuple(a for a in formula.assumptions if a not in self.given)

    @property
    def sources(self) -> tuple[str, ...]:
        """What its conclusions go back to, each source once."""
        return tuple(dict.fromkeys(formula.source for formula in self.then))

    @cached_property
    def cites(self) -> tuple[str, ...]:
        """Ids of the theorems that its derivations take conclusions from."""
        cited = (id_.partition(".")[0] for formula in self.then for id_ in formula.cites)
        return tuple(dict.fromkeys(id_ for id_ in cited if id_ != self.id))

    def grouped(self) -> list[tuple[tuple[Assumption, ...], list[Formula]]]:
        """Conclusions that stand under the same further hypotheses, in the order of their first."""
        groups: dict[tuple[Assumption, ...], list[Formula]] = {}
        for formula in self.conclusions:
            groups.setdefault(self.moreover(formula), []).append(formula)
        return list(groups.items())

    @property
    def plain(self) -> str:
        """The theorem in plain text, hypotheses first."""
        return self._said(lambda a: a.plain, lambda f: f.plain)

    @property
    def sentence(self) -> str:
        """The theorem in words with LaTeX between dollars, hypotheses first."""
        return self._said(lambda a: a.text, lambda f: f.statement)

    def _said(self, needs: Callable[[Assumption], str], says: Callable[[Formula], str]) -> str:
        parts = [f"If {joined([*map(needs, self.given)])}:"] if self.given else []
        for more, found in self.grouped():
            claims = "; ".join(dict.fromkeys(map(says, found)))
            where = "If moreover" if self.given else "If"
            parts.append(f"{where} {joined([*map(needs, more)])}: {claims}." if more else f"{claims}.")
        return " ".join(parts)

    @cached_property
    def notation(self) -> tuple[tuple[Any, Any], ...]:
        """What its symbols stand for, where all conclusions agree, in the order of the alphabet of the theory.

        An expression for an abbreviation, each after those that stand in it; else words: the meaning of an input, or
        how the derivation introduces it. What one conclusion means by a letter, and others do not, is in `local`.
        """
        spoken: dict[Any, Any] = {}
        unknown: dict[Any, str] = {}
        for meanings in self._meanings.values():
            for symbol, meant in meanings.items():
                if symbol not in self._disputed or meant == "":
                    (unknown if isinstance(meant, str) else spoken).setdefault(symbol, meant)
        named = {x.name for x in (*unknown, *spoken, *self._disputed)}
        inputs = {
            item.symbol: unknown[item.symbol] or _meaning(item, named)
            for item in PRIMITIVES.values()
            if item.symbol in unknown
        }
        others = [(x, unknown[x]) for x in sorted(unknown, key=str) if x not in inputs and unknown[x]]
        return (*inputs.items(), *others, *((x, spoken[x]) for x in _from_the_ground(spoken)))

    def local(self, formula: Formula) -> tuple[tuple[Any, Any], ...]:
        """Return what one conclusion means by letters that stand for something else in others."""
        meant = {x: what for x, what in self._meanings[formula.id].items() if x in self._disputed and what != ""}
        said = [(x, what) for x, what in meant.items() if isinstance(what, str)]
        spoken = {x: what for x, what in meant.items() if not isinstance(what, str)}
        return (*said, *((x, spoken[x]) for x in _from_the_ground(spoken)))

    @cached_property
    def _meanings(self) -> dict[str, dict[Any, Any]]:
        return {formula.id: _meanings(formula) for formula in self.then}

    @cached_property
    def _disputed(self) -> set[Any]:
        """Letters that do not stand for the same in all conclusions that speak of them."""
        meant: dict[Any, set[Any]] = {}
        for meanings in self._meanings.values():
            for symbol, what in meanings.items():
                # Words differ from derivation to derivation, and may mean the same.
                meant.setdefault(symbol, set()).add("words" if isinstance(what, str) and what else what)
        return {symbol for symbol, found in meant.items() if len(found) > 1}

    def latex(self) -> str:
        """Return a theorem environment with the notation that it uses; it needs amsmath and amsthm.

        The label is the id. After the theorem stands what its symbols mean.
        """
        lines = [rf"\begin{{theorem}}[{{{escaped(self.title)}}}]\label{{thm:{self.id}}}"]
        if self.given:
            # The first conclusions may need more; then "Then" comes with what they need.
            then = "" if self.grouped()[0][0] else " Then"
            lines.append(f"Assume that {escaped(joined([a.text for a in self.given]))}.{then}")
        for more, found in self.grouped():
            if more:
                start = "If moreover" if self.given else "If"
                lines.append(f"{start} {escaped(joined([a.text for a in more]))}, then")
            lines += [r"\begin{itemize}", *(rf"\item {said};" for said in dict.fromkeys(map(self._item, found)))]
            lines[-1] = lines[-1].removesuffix(";") + "."
            lines.append(r"\end{itemize}")
        lines.append(r"\end{theorem}")
        if self.notation:
            lines.append(rf"\noindent Notation: {_explained(self.notation)}.")
        return "\n".join(lines)

    def _item(self, formula: Formula) -> str:
        said, local = escaped(formula.statement), self.local(formula)
        return rf"{said}, where {_explained(local)}" if local else said

    def measure(
        self,
        *,
        grams: Collection[str] = (),
        errors: Mapping[str, float] | None = None,
        absent: Collection[str] = (),
        rationals: Mapping[str, Any] | None = None,
        rounded: Collection[str] = (),
        **arrays: Any,
    ) -> Hypotheses:
        """Measure every hypothesis on float arrays.

        Parameters
        ----------
        grams : collection of str, optional
            Names of Gram matrices that were computed from examples: they are positive semidefinite by construction,
            which their entries alone may not show.
        errors : mapping of str to float, optional
            Relative rounding of single inputs, where it is larger than that of a number: a target computed from
            examples is off by their condition.
        absent : collection of str, optional
            Names that have no value here, such as ``w_inf`` where nothing rests: what speaks of them is undecidable.
        rationals : mapping, optional
            The inputs as exact rationals, by name, where they are known so: they decide what has a rational value.
        rounded : collection of str, optional
            Names of numbers among those that are known to double precision only: where their last digit decides, the
            hypothesis is undecidable.
        **arrays : array_like
            Inputs by name, one geometry: matrices (d, d), vectors (d,), inputs X (n, d), labels (n,), numbers. Any
            known name is accepted, unused ones are ignored.

        Returns
        -------
        Hypotheses
            Prints as a table; truthy exactly when all hold.

        Raises
        ------
        InputError
            Unknown, missing, mis-shaped or non-finite input; a batch.
        """
        for argument, names in (("errors", {} if errors is None else errors), ("absent", absent)):
            names_given(self.id, argument, names, PRIMITIVES, "input")
        roundings = errors.values() if isinstance(errors, Mapping) else [errors] if errors is not None else []
        if not all(isinstance(x, int | float) for x in roundings):
            raise InputError(f"{self.id}: errors must map names of inputs to the relative rounding of each")
        holders: dict[Assumption, list[Formula]] = {}
        for formula in self.conclusions:
            for assumption in formula.assumptions:
                holders.setdefault(assumption, []).append(formula)
        # Two formulas may abbreviate different things by one letter.
        speaking = {a: dict(found[0].unfold) for a, found in holders.items()}
        free = {x for a, known in speaking.items() for s in speaks_of(a.says) for x in unfolded(s, known).free_symbols}
        needed = tuple(name for name, item in PRIMITIVES.items() if item.symbol in free and name not in absent)
        sizes = tuple(name for name in ("n", "d", "k") if size(name) in free and not needed)
        rows = []
        for assumption, known in speaking.items():
            measure = measuring(
                self.id, needed, sizes, arrays, known, grams=grams, errors=errors, rationals=rationals, rounded=rounded
            )
            missing = measure.missing(assumption.says)
            if missing:
                note = f"speaks of {', '.join(missing)}, which has no value here"
                found = Measurement("undecidable", nan, inf, note)
            else:
                found = measure.with_margin(assumption.says)
            rows.append(MeasuredHypothesis(assumption, tuple(f.id for f in holders[assumption]), found))
        return Hypotheses(self.id, tuple(f.id for f in self.conclusions), tuple(rows))

    def _repr_markdown_(self) -> str:
        return f"**{self.title}.** {self.sentence}"


#: What has a meaning in LaTeX, outside a formula.
_SPECIAL = {
    **{x: rf"\{x}" for x in "%&#_{}"},
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": "$<$",
    ">": "$>$",
    "*": r"$^{*}$",
}


def escaped(text: str) -> str:
    """Escape what has a meaning in LaTeX; formulas between dollars stay as they are."""
    parts = text.split("$")
    for i in range(0, len(parts), 2):
        words_ = parts[i].replace("->", "\0")
        parts[i] = "".join(_SPECIAL.get(x, x) for x in words_).replace("\0", r"$\to$")
    return "$".join(parts)


def _meaning(item: Primitive, named: set[str]) -> str:
    """What an input is; where its usual meaning speaks of another that is not there, anything of its kind."""
    what, _, _ = item.meaning.partition(";")
    strange = {name for name in PRIMITIVES if len(name) > 1 and name in what.replace(",", " ").split()} - named
    return f"any {item.kind}" if strange else what


def _from_the_ground(definitions: Mapping[Any, Any]) -> list[Any]:
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


def _explained(notation: Sequence[tuple[Any, Any]]) -> str:
    """Symbols with what they stand for, in LaTeX."""
    return "; ".join(
        f"${tex(x)}$, {escaped(what)}" if isinstance(what, str) else f"${tex(x)} = {tex(what)}$" for x, what in notation
    )


def _meanings(formula: Formula) -> dict[Any, Any]:
    """What a conclusion means by its letters: an expression, words for what no expression defines, "" for an input."""
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
            waiting += known[symbol].free_symbols
        else:
            step = introduced.get(symbol)
            found[symbol] = "" if step is None else step.reason
            if step is not None and step.equation.rhs.free_symbols >= {symbol}:  # the solution of an equation
                waiting += step.equation.rhs.free_symbols
    return found


class Statements(Mapping[str, Statement]):
    """All theorems by id, in the order of the theory; made of the formulas of a catalogue when first asked for."""

    def __init__(self, catalogue: Mapping[str, Formula]) -> None:
        self._catalogue = catalogue
        self._made: dict[str, Statement] = {}

    @cached_property
    def _parts(self) -> dict[str, list[str]]:
        parts: dict[str, list[str]] = {}
        for id_ in self._catalogue:
            parts.setdefault(id_.partition(".")[0], []).append(id_)
        return parts

    def __getitem__(self, id_: str) -> Statement:
        if id_ not in self._made:
            if id_ not in self._parts:
                near = ", ".join(get_close_matches(str(id_), self._parts, n=3, cutoff=0.3))
                hint = f"; near: {near}" if near else ""
                raise UnknownFormulaError(f"no theorem has the id {id_!r}{hint}; list(statements) shows all")
            self._made[id_] = Statement(id_, tuple(self._catalogue[part] for part in self._parts[id_]))
        return self._made[id_]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)
