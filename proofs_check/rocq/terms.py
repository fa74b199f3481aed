"""Expressions of certificates as terms of Rocq: in the notation of `operators.v`, and as data that a replay expands.

The reading of an expression is that of `proofs_check.certificates.expressions`, independent of the one in
`proofs_check.certificates.checker`: there it becomes a polynomial at once, here it stays as it is written, so that the
statement in the exported file looks like the certificate's.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from proofs_check.certificates.checker import Context
from proofs_check.certificates.expressions import Letter, Node, Number, Product, SignedSum

__all__ = [
    "KEYWORDS",
    "LAWS",
    "RESERVED",
    "Ends",
    "Names",
    "Notation",
    "Term",
    "Writer",
    "comment",
    "filled",
    "joined",
    "rational",
    "rocq_name",
]

Ends = tuple[str, ...] | None


@dataclass(frozen=True)
class Notation:
    """A term of Rocq in notation, and the level of its outermost operation: the lower, the tighter it binds."""

    text: str
    level: int

    def within(self, level: int) -> str:
        """Return the text, in brackets unless it binds at least as tightly as `level`."""
        return self.text if self.level <= level else f"({self.text})"


@dataclass(frozen=True)
class Term(Notation):
    """A term of Rocq with its `code`, data for the replay."""

    code: str


ATOM, APPLIED, SCALED, TIMES, PLUS = 0, 10, 39, 40, 50


def rational(value: Fraction) -> str:
    """Return a number as a literal of type Q."""
    return f"{value.numerator}" if value.denominator == 1 else f"({value.numerator} # {value.denominator})"


def _literal(value: Fraction) -> str:
    return f"({rational(value)})%Q"


def rocq_name(text: str) -> str:
    """Return `text` as an identifier."""
    name = "".join(c if c.isascii() and (c.isalnum() or c == "_") else "_" for c in text)
    return name if name[:1].isalpha() else f"x{name}"


class Writer:
    """Writes the expressions of one statement.

    Parameters
    ----------
    context : Context
        The letters, with their spaces, and the real numbers.
    names, datums : dict of str to str
        The identifier of every letter and number, and of what stands for it in a replay.
    """

    def __init__(self, context: Context, names: dict[str, str], datums: dict[str, str]) -> None:
        self.context, self.names, self.datums = context, names, datums
        self.numbers = {name: i for i, name in enumerate(sorted(context.scalars))}
        self.letters = {name: i for i, name in enumerate(context.ends)}
        spaces = dict.fromkeys(space for ends in context.ends.values() for space in ends)
        self.spaces = {space: i for i, space in enumerate(spaces)}

    def definitions(self) -> list[str]:
        """Name what stands for each letter and number."""
        codes = {name: f"Replay.RV {i}" for name, i in self.numbers.items()}
        for name, i in self.letters.items():
            target, source = (self.spaces[space] for space in self.context.ends[name])
            symmetric = name in self.context.symmetric
            codes[name] = f"Replay.S {i} {target}" if symmetric else f"Replay.L {i} {target} {source}"
        return [f"pose ({self.datums[name]} := {code})." for name, code in codes.items()]

    def ends(self, node: Node) -> Ends:
        """Target and source; None for a real number."""
        match node:
            case Number():
                return None
            case Letter(name, primed):
                if name in self.numbers and not primed:
                    return None
                target, source = self.context.ends[name]
                return (source, target) if primed else (target, source)
            case Product(factors):
                maps = [ends for ends in map(self.ends, factors) if ends is not None]
                if any(a[1] != b[0] for a, b in pairwise(maps)):
                    raise ValueError("a product is ill-typed")
                return (maps[0][0], maps[-1][1]) if maps else None
            case SignedSum(terms):
                kinds = {ends for _, term in terms if (ends := self.ends(term)) is not None}
                if len(kinds) > 1:
                    raise ValueError("a sum is ill-typed")
                return next(iter(kinds), None)

    def number(self, node: Node) -> Term:
        """Write a real number."""
        match node:
            case Number(value) if value in (0, 1, 2):
                return Term(str(value), ATOM, f"Replay.RQ {value}")
            case Number(value):
                return Term(f"rat {rational(value)}", APPLIED, f"Replay.RQ {_literal(value)}")
            case Letter(name, _):
                return Term(self.names[name], ATOM, self.datums[name])
            case Product(factors):
                terms = [self.number(factor) for factor in factors]
                text = joined("*", terms, TIMES)
                return Term(text, TIMES, _fold("RMul", (term.code for term in terms)))
            case SignedSum(terms):
                return _added([(sign, self.number(term)) for sign, term in terms], "Replay.RAdd", "Replay.ROpp")

    def operator(self, node: Node, ends: tuple[str, ...]) -> Term:
        """Write an operator; a real number stands for its multiple of 1."""
        target, source = (self.spaces[space] for space in ends)
        match node:
            case SignedSum(terms):
                return _added([(sign, self.operator(term, ends)) for sign, term in terms], "Replay.P", "Replay.N")
            case Letter(name, primed) if self.ends(node) is not None:
                return self._letter(name, primed)
        if node == Number(Fraction(0)):
            return Term("0", ATOM, f"Replay.Z {target} {source}")
        factors = node.factors if isinstance(node, Product) else (node,)
        numbers = tuple(factor for factor in factors if self.ends(factor) is None)
        maps = [factor for factor in factors if self.ends(factor) is not None]
        body = self._product(maps) if maps else self._identity(ends)
        if not numbers or numbers == (Number(Fraction(1)),):
            return body
        scale = self.number(numbers[0] if len(numbers) == 1 else Product(numbers))
        text = f"{scale.within(SCALED - 1)} • {body.within(SCALED)}"
        return Term(text, SCALED, f"Replay.K ({scale.code}) ({body.code})")

    def _identity(self, ends: tuple[str, ...]) -> Term:
        if ends[0] != ends[1]:
            raise ValueError("1 is not a map between two spaces")
        return Term("1", ATOM, f"Replay.I {self.spaces[ends[0]]}")

    def _letter(self, name: str, primed: bool) -> Term:
        if primed and name not in self.context.symmetric:
            return Term(f"{self.names[name]}^*", ATOM, f"Replay.A {self.datums[name]}")
        return Term(self.names[name], ATOM, self.datums[name])

    def _product(self, factors: list[Node]) -> Term:
        terms = []
        for factor in factors:
            ends = self.ends(factor)
            assert ends is not None
            terms.append(self.operator(factor, ends))
        if len(terms) == 1:
            return terms[0]
        text = joined("*", terms, TIMES)
        return Term(text, TIMES, _fold("M", (term.code for term in terms)))

    def write(self, node: Node, ends: Ends) -> Term:
        """Write an expression as an operator of the given type, or as a number."""
        return self.number(node) if ends is None else self.operator(node, ends)


def joined(sign: str, terms: Sequence[Notation], level: int) -> str:
    """Write terms with a sign between them that associates to the left."""
    first, *rest = terms
    return f" {sign} ".join([first.within(level), *(term.within(level - 1) for term in rest)])


def _fold(constructor: str, codes: Iterable[str]) -> str:
    first, *rest = codes
    for code in rest:
        first = f"Replay.{constructor} ({first}) ({code})"
    return first


def _added(terms: list[tuple[int, Term]], plus: str, minus: str) -> Term:
    text = code = ""
    for sign, term in terms:
        negative = sign < 0
        signed = f"{minus} ({term.code})" if negative else term.code
        inside = term.within(PLUS - 1)
        if not text:
            # Rocq reads "- 2" as one numeral, of another type; "- (2)" is what is meant.
            first = f"({term.text})" if term.text.isdigit() else term.within(SCALED - 1)
            text, code = (f"- {first}", signed) if negative else (term.within(PLUS), signed)
        else:
            text, code = f"{text} {'-' if negative else '+'} {inside}", f"{plus} ({code}) ({signed})"
    return Term(text, PLUS, code)


#: The laws that every exported file rests on, and the proof that a replay is sound.
LAWS = (Path(__file__).parent / "operators.v").read_text(encoding="utf-8")

KEYWORDS = set(
    re.findall(
        r"\w+",
        "as at cofix do else end exists exists2 fix for forall fun if in let match mod return then where with Prop "
        "Set SProp Type using by Axiom Definition Theorem Lemma Proof Qed Variable Section End Module Record Class "
        "Instance Hypothesis Fixpoint CoFixpoint IF struct wf measure Parameter Admitted admit Conjecture",
    )
)
_FIELDS = re.findall(r"^  (\w+) :", LAWS[: LAWS.index("Declare Scope")], re.MULTILINE)
_OTHERS = re.findall(
    r"^ *(?:Definition|Class|Module|Section|Lemma|Theorem|Fixpoint|Inductive|Record) (\w+)", LAWS, re.MULTILINE
)
#: Identifiers that a letter may not have: `_` is appended.
RESERVED = {*KEYWORDS, *_FIELDS, *_OTHERS, "O", "words", "place", "f_equal", "eq_refl", "nat"}
RESERVED |= {
    "Theorems",
    *("is", "iter", "mulmx", "of", "realFieldType"),
    *(f"{x}_" for x in ("a", "b", "c", "g", "i", "j", "ns", "ok", "u", "v", "w")),
}


class Names:
    """Identifiers, each given once."""

    def __init__(self) -> None:
        self.taken = set(RESERVED)

    def new(self, text: str) -> str:
        """Return an identifier like `text` that is not taken yet."""
        name = rocq_name(text)
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        return name


def filled(line: str, indent: int = 0) -> str:
    """Return a line of code, broken where it is too long; what follows is indented further."""
    return textwrap.fill(
        line,
        118,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def comment(text: str) -> str:
    """Return a comment of Rocq; quotation marks and nested comment signs would be read by Rocq."""
    plain = text.replace('"', "'").replace("(*", "( *").replace("*)", "* )")
    return "(* " + textwrap.fill(plain, 114, subsequent_indent="   ") + " *)"
