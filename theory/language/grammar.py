"""The grammar in which theorems are printed, read back: text becomes a tree whose nodes know where they stand.

::

    statement  = claims ("if and only if" | "iff") claims | "if" claims "then" claims | claims ("=>" claims)
    claims     = claim (("," | "and") claim)*
    claim      = sum (("=" | "!=" | "<" | "<=" | ">" | ">=") sum)+ | sum "is invertible" | sum "and" sum "commute" | ...
    sum        = ["-"] product (("+" | "-") product)*
    product    = factor (["*" | "/"] factor)*          a division is by the next factor alone
    factor     = atom ("'" | ".T" | "^" exponent)*      a power of a power needs brackets: a^b^c means two things
    exponent   = "-" number | "+" | number | name | "(" sum ")"
    atom       = number | name | [function] "(" sum ")" | "|" sum "|" ["_inf"] | "<" sum "," sum ">" | blocks
                 (after another factor, what opens an inner product stands close to what follows: 2 <x, y>)
    blocks     = "[[" sum ("," sum)* "]" ("," "[" sum ("," sum)* "]")* "]"

What names mean is none of its business: see :mod:`theory.language.reader`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, NoReturn

from theory.errors import TextError

__all__ = ["FUNCTIONS", "RESERVED", "Parser", "Phrase", "near", "parse", "parse_expression"]

#: Functions of one matrix, vector or number.
FUNCTIONS = ("tr", "Trace", "spr", "sigma_max", "sigma_min", "EntrySum", "sqrt", "log", "pinv", "inv")
#: Words that say something and so name nothing.
RESERVED = frozenset(
    """if then and only iff is are invertible commute an orthogonal projector symmetric lies the range of within that
    spectral radius below all eigenvalues real lie between exactly one some satisfies iterating from every leads tends
    among with least at converges for never falls as grows""".split()  # noqa: SIM905
)

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?)
  | (?P<name>[A-Za-z_]\w*)
  | (?P<sign><=>|->|=>|<=|>=|!=|==|\.T\b|[-+*/^'()|<>=,\[\]≤≥≠⟹⇒⇔→·])
    )""",
    re.VERBOSE | re.ASCII,
)
_OTHERWISE = {
    "≤": "<=", "≥": ">=", "≠": "!=", "⟹": "=>", "⇒": "=>", "⇔": "iff", "<=>": "iff", "→": "->", "==": "=",
    ".T": "'", "·": "*",
}  # fmt: skip
#: The sign that opens an inner product; it stands close to what follows, and the sign of an order does not.
INNER = "\N{MATHEMATICAL LEFT ANGLE BRACKET}"
RELATIONS = ("=", "!=", "<", "<=", ">", ">=")


@dataclass(frozen=True)
class Token:
    """A sign, a word or a number, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Phrase:
    """What was read from `start` to `end`: a `kind`, its parts, and a `word` such as a name, a number or a sign."""

    kind: str
    start: int
    end: int
    parts: tuple[Phrase, ...] = ()
    word: str = ""


def parse(text: str, names: Collection[str] = ()) -> Phrase:
    """Read a statement.

    Parameters
    ----------
    text : str
        A statement, as `theory.language.prose.spoken` prints it, or in signs.
    names : collection of str
        What is known by name; needed where ``w*`` is a name and not a product.

    Raises
    ------
    TextError
        It cannot be read; the message points at the character.
    """
    parser = Parser(text, names)
    return parser.ended(parser.statement(), "statement")


def parse_expression(text: str, names: Collection[str] = ()) -> Phrase:
    """Read one expression; parameters and errors as for `parse`."""
    parser = Parser(text, names)
    return parser.ended(parser.sum(), "expression")


class Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str, names: Collection[str] = ()) -> None:
        self.text, self.names = text, names
        self.tokens = self._tokens()
        self.at = 0
        #: Signs that close what is being read, innermost last: "|" ends a norm, ">" an inner product.
        self.closing: list[str] = []

    def _tokens(self) -> list[Token]:
        found: list[Token] = []
        opened: list[str] = []  # a bar within bars ends them
        position, text = 0, self.text.rstrip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                start = position + len(text[position:]) - len(text[position:].lstrip())
                raise TextError(self.text, start, start + 1, f"{text[start]!r} means nothing here")
            kind = str(match.lastgroup)
            start, position = match.start(kind), match.end()
            word = match[kind]
            if kind == "name":
                word = self._longest(word, start)
                position = start + len(word)
                if f"{word}_star" in self.names and re.match(
                    r"\*(?![\w(\[])" if opened[-1:] == ["|"] else r"\*(?![\w(\[|])", text[position:]
                ):
                    word, position = f"{word}_star", position + 1
            if word == "<" and text[max(start - 1, 0)] in " ([|+-*<" and not text[position : position + 1].isspace():
                word = INNER
            if word in (")", "]") or (word == "|" and opened[-1:] == ["|"]):
                del opened[-1:]
            elif word in ("(", "[", "|"):
                opened.append(word)
            word = _OTHERWISE.get(word, word)
            kind = "word" if word in RESERVED or word == "iff" else kind
            found.append(Token(kind, word, start, position))
        return [*found, Token("end", "the end", len(text), len(text) + 1)]

    def _longest(self, word: str, start: int) -> str:
        """The longest known name that begins here: some hold signs, as ``e_order_k+1``."""
        longer = [x for x in self.names if len(x) > len(word) and x.startswith(word) and not x.isidentifier()]
        return max((x for x in longer if self.text.startswith(x, start)), key=len, default=word)

    # Moving along ---------------------------------------------------------------------------------

    @property
    def here(self) -> Token:
        """The next token."""
        return self.tokens[self.at]

    def fail(self, message: str, start: int | None = None, end: int | None = None) -> NoReturn:
        """Say that the next token, or what stands between two places, cannot be read."""
        here = self.here
        raise TextError(self.text, here.start if start is None else start, here.end if end is None else end, message)

    def ended(self, read: Phrase, what: str) -> Phrase:
        """Return what was read, with which the text must end."""
        if self.here.kind != "end":
            self.fail(f"{self.here.text!r} was not expected: the {what} could have ended before it")
        return read

    def sees(self, *words: str) -> bool:
        """Whether these words come next."""
        following = self.tokens[self.at : self.at + len(words)]
        return [token.text for token in following] == [*words] and all(t.kind != "end" for t in following)

    def takes(self, *words: str) -> bool:
        """Whether these words come next; they are passed."""
        found = self.sees(*words)
        self.at += len(words) * found
        return found

    def needs(self, *words: str, after: str) -> None:
        """Pass these words, which must come next."""
        for word in words:
            if not self.takes(word):
                self.fail(f"{word!r} is missing after {after}")

    def _node(self, kind: str, start: int, *parts: Phrase, word: str = "") -> Phrase:
        return Phrase(kind, start, self.tokens[self.at - 1].end, parts, word)

    # Statements -----------------------------------------------------------------------------------

    def statement(self) -> Phrase:
        """Read an equivalence, an implication or claims."""
        start = self.here.start
        if self.here.kind == "end":
            self.fail("nothing is stated: write a relation, such as e_inf = 0")
        if self.takes("if"):
            premise = self.claims()
            self.takes(",")
            self.needs("then", after="the premise")
            return self._node("implies", start, premise, self.claims())
        first = self.claims()
        if self.takes("if", "and", "only", "if") or self.takes("iff"):
            return self._node("iff", start, first, self.claims())
        if self.takes("=>"):
            return self._node("implies", start, first, self.statement())
        return first

    def claims(self) -> Phrase:
        """Read one claim, or several."""
        start = self.here.start
        found = [self.claim()]
        while True:
            at = self.at
            if self.sees(",", "then") or not (self.takes(",", "and") or self.takes(",") or self.takes("and")):
                break
            if self.sees("if"):  # belongs to what comes: "a and if b, then c" is two statements
                self.takes("if")
                premise = self.claims()
                self.takes(",")
                self.needs("then", after="the premise")
                found.append(self._node("implies", self.tokens[at].start, premise, self.claims()))
                break
            found.append(self.claim())
        return found[0] if len(found) == 1 else self._node("all", start, *found)

    def claim(self) -> Phrase:
        """Read what is said of some expressions."""
        start = self.here.start
        phrases: dict[tuple[str, ...], Callable[[int], Phrase]] = {
            ("exactly", "one"): lambda at: self._bound("unique", at),
            ("some",): lambda at: self._bound("solvable", at),
            ("iterating",): self._iterating,
            ("among", "all"): self._least,
            ("the", "range", "of"): self._ranges,
            ("the", "spectral", "radius", "of"): self._radius,
            ("all", "eigenvalues", "of"): self._eigenvalues,
        }
        for words, read in phrases.items():
            if self.takes(*words):
                return read(start)
        left = self.sum()
        if self.takes("->"):
            return self._map(start, left)
        if self.takes("is"):
            return self._property(start, left)
        if self.takes("lies", "in", "the", "range", "of"):
            return self._node("range", start, left, self.sum())
        if self.takes("never", "falls", "as"):
            x = self.name()
            self.needs("grows", "from", after=x.word)
            if self.here.text != "0":
                self.fail("growth starts from 0: write 'never falls as x grows from 0'")
            self.at += 1
            return self._node("grows", start, left, x)
        if self.sees("and"):
            at = self.at
            if (pair := self._commute(start, left)) is not None:
                return pair
            self.at = at
        return self._relation(start, left)

    def _relation(self, start: int, left: Phrase) -> Phrase:
        links: list[Phrase] = []
        while self.here.text in RELATIONS and self.here.kind == "sign":
            sign = self.here.text
            self.at += 1
            right = self.sum()
            links.append(self._node("relation", start if not links else left.start, left, right, word=sign))
            left = right
        if not links:
            what = "the end" if self.here.kind == "end" else repr(self.here.text)
            self.fail(f"a relation is missing before {what}: =, <=, >=, <, >, != or words such as 'is invertible'")
        if self.takes("for", "all"):
            if len(links) > 1:
                self.fail("what holds for all positive numbers is one relation: say each for itself", left.start)
            x = self.name()
            if not (self.takes(">") and self.takes("0")):
                self.fail(f"what holds for all {x.word} is said of {x.word} > 0", x.start)
            return self._node("for all", start, *links, x)
        return links[0] if len(links) == 1 else self._node("all", start, *links)

    def _commute(self, start: int, left: Phrase) -> Phrase | None:
        """Read the rest of "P and Q commute"; None if that is not what it is."""
        self.at += 1
        try:
            right = self.sum()
        except TextError:
            return None
        return self._node("commute", start, left, right) if self.takes("commute") else None

    def _property(self, start: int, left: Phrase) -> Phrase:
        if self.takes("invertible"):
            return self._node("invertible", start, left)
        if self.takes("symmetric"):
            return self._node("symmetric", start, left)
        if self.takes("an", "orthogonal", "projector"):
            return self._node("projector", start, left)
        return self.fail("what is it? known are 'is invertible', 'is symmetric' and 'is an orthogonal projector'")

    def _bound(self, kind: str, start: int) -> Phrase:
        x = self.name()
        self.needs("satisfies", after=x.word)
        return self._node(kind, start, x, self.claim())

    def _iterating(self, start: int) -> Phrase:
        x = self.name()
        self.needs("->", after=x.word)
        image = self.sum()
        return self._leads(start, x, image)

    def _leads(self, start: int, x: Phrase, image: Phrase) -> Phrase:
        self.needs("from", after="the image")
        every = self.takes("every")
        begin = self.sum()
        if not (self.takes("leads") or self.takes("tends")):
            self.fail("'leads to' is missing after where it starts")
        self.needs("to", after="'leads'")
        return self._node("tends", start, x, image, begin, self.sum(), word="every" if every else "")

    def _map(self, start: int, x: Phrase) -> Phrase:
        """Read what is said of a map ``x -> image``."""
        if x.kind != "name":
            self.fail("a map is written x -> image, with a name before the arrow", x.start, x.end)
        image = self.sum()
        if self.takes("converges"):
            self.needs("from", "every", after="'converges'")
            self.name()
            self.takes(",")
            self.needs("for", "every", after="the start")
            return self._node("settles", start, x, image, self.name())
        return self._leads(start, x, image)

    def _least(self, start: int) -> Phrase:
        x = self.name()
        under = (self.claim(),) if self.takes("with") else ()
        self.takes(",")
        objective = self.sum()
        self.needs("is", "least", "at", after="the objective")
        self.name()
        self.needs("=", after="where it is least")
        return self._node("least", start, x, objective, self.sum(), *under)

    def _ranges(self, start: int) -> Phrase:
        inner = self.sum()
        self.needs("lies", "within", "that", "of", after="the inner range")
        return self._node("range", start, inner, self.sum())

    def _radius(self, start: int) -> Phrase:
        matrix = self.sum()
        self.needs("is", "below", "1", after="the matrix")
        return self._node("contracts", start, matrix)

    def _eigenvalues(self, start: int) -> Phrase:
        matrix = self.sum()
        self.needs("are", "real", after="the matrix")
        if not self.takes("and", "lie", "between"):
            return self._node("spectrum", start, matrix)
        low = self.sum()
        self.needs("and", after="the lower end")
        return self._node("spectrum", start, matrix, low, self.sum())

    # Expressions ----------------------------------------------------------------------------------

    def name(self) -> Phrase:
        """Read a name."""
        here = self.here
        if here.kind != "name":
            self.fail(f"a name is missing before {here.text!r}")
        self.at += 1
        return Phrase("name", here.start, here.end, word=here.text)

    def sum(self) -> Phrase:
        """Read a sum."""
        start = self.here.start
        terms = []
        sign = "-" if self.takes("-") else "+"
        while True:
            begin = self.here.start
            product = self.product()
            terms.append(product if sign == "+" else Phrase("minus", begin, product.end, (product,)))
            if self.sees("+") or self.sees("-"):
                sign = self.here.text
                self.at += 1
                continue
            return terms[0] if len(terms) == 1 else self._node("sum", start, *terms)

    def product(self) -> Phrase:
        """Read a product: factors side by side, ``*`` or not, and divisions by the next factor."""
        start = self.here.start
        factors = [self.factor()]
        while True:
            if self.takes("/"):
                begin = self.here.start
                divisor = self.factor()
                factors.append(Phrase("reciprocal", begin, divisor.end, (divisor,)))
            elif self.takes("*") or self._begins():
                factors.append(self.factor())
            else:
                return factors[0] if len(factors) == 1 else self._node("product", start, *factors)

    def _begins(self) -> bool:
        """Whether an atom comes next: a sign that would close something begins nothing."""
        here = self.here
        if here.kind in ("number", "name"):
            return True
        return here.kind == "sign" and here.text in ("(", "|", "[", INNER) and here.text != (self.closing or [""])[-1]

    def factor(self) -> Phrase:
        """Read an atom with transposes and powers."""
        start = self.here.start
        node = self.atom()
        while True:
            if self.takes("'"):
                node = self._node("transpose", start, node)
            elif self.takes("^"):
                if node.kind == "power":
                    self.fail("a power of a power means two things: write (a^b)^c or a^(b^c)", self.here.start - 1)
                node = self._power(start, node)
            else:
                return node

    def _power(self, start: int, base: Phrase) -> Phrase:
        here = self.here
        if self.takes("+"):
            return self._node("pinv", start, base)
        if here.text == "T" and here.kind == "name":
            self.at += 1
            return self._node("transpose", start, base)
        if self.takes("-"):
            number = self.atom()
            return self._node("power", start, base, Phrase("minus", here.start, number.end, (number,)))
        if here.kind not in ("number", "name") and here.text != "(":
            self.fail("an exponent is missing after ^: a number, a name, -1, + (pseudo-inverse) or T")
        return self._node("power", start, base, self.atom())

    def atom(self) -> Phrase:
        """Read what has no parts side by side."""
        here = self.here
        start = here.start
        if here.kind == "number":
            self.at += 1
            return Phrase("number", start, here.end, word=here.text)
        if here.kind == "name":
            self.at += 1
            if here.text in FUNCTIONS and self.takes("("):
                return self._node(here.text, start, self._closed(")", "(", start))
            return Phrase("name", start, here.end, word=here.text)
        if self.takes("("):
            inner = self._closed(")", "(", start)
            return self._node("brackets", start, inner)
        if self.takes("|"):
            inner = self._closed("|", "|", start)
            largest = self.sees("_inf") and self.here.start == self.tokens[self.at - 1].end
            self.at += largest
            return self._node("row sum" if largest else "norm", start, inner)
        if self.takes(INNER) or self.takes("<"):
            left = self._closed(",", "<", start)
            return self._node("inner", start, left, self._closed(">", "<", start))
        if self.takes("["):
            return self._rows(start)
        what = "the statement ends" if here.kind == "end" else f"{here.text!r} stands"
        return self.fail(f"an expression is missing: {what} where a name, a number or a bracket should be")

    def _closed(self, sign: str, opened: str, start: int) -> Phrase:
        self.closing.append(sign)
        inner = self.sum()
        self.closing.pop()
        if not self.takes(sign):
            order = "; the sign of an order stands between blanks: P < Q" if opened == "<" else ""
            self.fail(f"{opened!r} is not closed by {sign!r}{order}", start, start + 1)
        return inner

    def _rows(self, start: int) -> Phrase:
        rows: list[Phrase] = []
        while True:
            begin = self.here.start
            self.needs("[", after="the bracket: blocks are written [[A, B], [C, D]]")
            row = []
            while True:
                self.closing.append("]")
                row.append(self.sum())
                self.closing.pop()
                if not self.takes(","):
                    break
            self.needs("]", after="a row of blocks")
            rows.append(self._node("row", begin, *row))
            if not self.takes(","):
                break
        self.needs("]", after="the blocks")
        if len({len(row.parts) for row in rows}) > 1:
            self.fail("the rows of blocks have different lengths", start, self.tokens[self.at - 1].end)
        return self._node("blocks", start, *rows)


def near(word: str, known: Collection[str]) -> str:
    """Say which known names look like a word."""
    found: list[Any] = get_close_matches(word, known, n=3, cutoff=0.6)
    return f"; near: {', '.join(found)}" if found else ""
