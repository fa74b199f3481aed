"""A theorem as one value: what is given, what then holds, and everything that is written about it.

A statement is made of formulas: each is a conclusion, a predicate with its own hypotheses. The hypotheses that all
share come first, in the sentence as in the theorem environment; nothing is typed beside the predicates.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
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
from theory.derivation.notation import Introduced, explained, from_the_ground, input_meaning, meanings, signs, sizes
from theory.errors import InputError, UnknownFormulaError
from theory.language.printing import tex
from theory.language.prose import joined
from theory.language.symbols import PRIMITIVES, size
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

        The meaning of an input, in words; an expression for an abbreviation, or how the derivation introduces what is
        none, each after what stands in it; `theory.derivation.notation.explained` writes them. What one conclusion
        means by a letter, and others do not, is in `local`.
        """
        spoken: dict[Any, Any] = {}
        unknown: dict[Any, str] = {}
        for found in self._meanings.values():
            for symbol, meant in found.items():
                if symbol not in self._disputed or meant == "":
                    (unknown if isinstance(meant, str) else spoken).setdefault(symbol, meant)
        named = {x.name for x in (*unknown, *spoken, *self._disputed)}
        inputs = {
            item.symbol: unknown[item.symbol] or input_meaning(item, named)
            for item in PRIMITIVES.values()
            if item.symbol in unknown
        }
        others = [(x, unknown[x]) for x in sorted(unknown, key=str) if x not in inputs and unknown[x]]
        counted = sizes([*inputs, *spoken, *self._disputed, *self._written(spoken.values())])
        return (*counted, *inputs.items(), *others, *((x, spoken[x]) for x in from_the_ground(spoken)))

    def _written(self, others: Iterable[Any] = ()) -> list[Any]:
        """What is printed: hypotheses, conclusions, and what explains them."""
        local = [what for formula in self.conclusions for _, what in self.local(formula)]
        said = [f.says if f.says is not None else equation(f.lhs, f.compact) for f in self.conclusions]
        found = [*said, *(a.says for f in self.conclusions for a in f.assumptions), *local, *others]
        parts = [expr for what in found for expr in (what.expressions if isinstance(what, Introduced) else [what])]
        return [expr for expr in parts if not isinstance(expr, str)]

    @cached_property
    def signs(self) -> tuple[tuple[Any, str], ...]:
        """Signs in which it is written that are not the same everywhere, each as an example, with its meaning."""
        return tuple(signs(self._written(what for _, what in self.notation)))

    def local(self, formula: Formula) -> tuple[tuple[Any, Any], ...]:
        """Return what one conclusion means by letters that stand for something else in others."""
        meant = {x: what for x, what in self._meanings[formula.id].items() if x in self._disputed and what != ""}
        said = [(x, what) for x, what in meant.items() if isinstance(what, str)]
        spoken = {x: what for x, what in meant.items() if not isinstance(what, str)}
        return (*said, *((x, spoken[x]) for x in from_the_ground(spoken)))

    @cached_property
    def _meanings(self) -> dict[str, dict[Any, Any]]:
        return {formula.id: meanings(formula) for formula in self.then}

    @cached_property
    def _disputed(self) -> set[Any]:
        """Letters that do not stand for the same in all conclusions that speak of them."""
        meant: dict[Any, set[Any]] = {}
        for found in self._meanings.values():
            for symbol, what in found.items():
                # Words differ from derivation to derivation, and may mean the same.
                meant.setdefault(symbol, set()).add("words" if isinstance(what, str) and what else what)
        return {symbol for symbol, kinds in meant.items() if len(kinds) > 1}

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
            lines.append(rf"\noindent Notation: {_explained((*self.notation, *self.signs))}.")
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


def _explained(notation: Iterable[tuple[Any, Any]]) -> str:
    """Symbols with what they stand for, in LaTeX."""
    said = (explained(x, what, lambda expr: f"${tex(expr)}$", ", ") for x, what in notation)
    return "; ".join(escaped(text) for text in said if text)


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
