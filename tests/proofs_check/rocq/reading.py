"""A reader of what is stated in Rocq: it evaluates a proposition at rational matrices, by MathComp's own precedences.

It shares nothing with what writes the propositions. Parts that speak of all vectors or of limits are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sympy import Matrix, MatrixBase, Rational, eye, ones, sympify, zeros

TOKEN = re.compile(
    r"\s+|(forall|exists!?|let|in(?!\w)|fun)\b|(\\in unitmx|\\tr|\\det|:=|=>|<->|->|/\\|<>|<=|>=|%:[MR]|%N|\^T|\^-1"
    r"|\^\+|\*m|\*:|'[cM][VM]?\[R\]_|&&|[A-Za-z_]\w*|\d+|[-+*/()=<>,:|`&])"
)
RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda x, y: _same(x, y),
    "<>": lambda x, y: not _same(x, y),
    "<=": lambda x, y: bool(x <= y),
    "<": lambda x, y: bool(x < y),
    ">=": lambda x, y: bool(x >= y),
    ">": lambda x, y: bool(x > y),
}
#: How tightly infix operators bind, as in MathComp; all of these associate to the left.
LEVELS = {"*m": 40, "*:": 40, "*": 40, "/": 40, "+": 50, "-": 50}
UNREAD = {
    "tends_to",
    "matrices_tend_to",
    "contracts",
    "settles",
    "minimises",
    "spectrum_within",
    "norm",
    "Num",
    "forall",
    "exists",
    "exists!",
    "fun",
}


class Unread(Exception):
    """What is not read."""


def _same(x: Any, y: Any) -> bool:
    if isinstance(x, MatrixBase) or isinstance(y, MatrixBase):
        return not any(_shaped(x, y) - _shaped(y, x))
    return bool(x == y)


def _shaped(x: Any, like: Any) -> Matrix:
    """Give `0` and `1%:M` the shape that their place asks for."""
    if isinstance(x, MatrixBase):
        return x
    if isinstance(x, _Scalar):
        return x.value * eye(like.shape[0])
    if isinstance(x, _Ones):
        return ones(*like.shape)
    assert x == 0
    return zeros(*like.shape)


class _Scalar:
    """``x%:M``, whose size depends on where it stands."""

    def __init__(self, value: Any) -> None:
        self.value = value


class _Ones:
    """``const_mx 1``, likewise."""


class Reader:
    """Evaluates one proposition, with the values of its letters; what the proposition defines it computes itself."""

    def __init__(self, text: str, values: Mapping[str, Any]) -> None:
        self.tokens = [x for x in TOKEN.sub(lambda m: f"\0{m[0].strip()}\0", text).split("\0") if x.strip()]
        self.values = dict(values)

    # Tokens -----------------------------------------------------------------------------------------

    def next(self, wanted: str | None = None) -> str:
        found = self.tokens.pop(0)
        assert wanted in (None, found), (wanted, found, self.tokens[:9])
        return found

    def at(self, *wanted: str) -> bool:
        return bool(self.tokens) and self.tokens[0] in wanted

    # Propositions -----------------------------------------------------------------------------------

    def whole(self) -> tuple[list[bool | None], bool | None]:
        """Return the truth of every hypothesis, and of the conclusion: None for what is not read."""
        self.binders()
        hypotheses: list[bool | None] = []
        while True:
            if self.at("let"):
                name = (self.next(), self.next(), self.next(":="))[1]
                self.values[name] = self.sum()
                self.next("in")
                continue
            if self.at("forall") and self._introduces():
                name = (self.next(), self.next(), self.next(":"))[1]
                self.type()
                self.next(",")
                if self.at("pseudo_inverse"):
                    self.next()
                    self.values[name] = self.atom().pinv()
                    assert self.next() == name
                    self.next("->")
                    continue
                assert name in self.values, f"nothing is known of {name}"
            start = list(self.tokens)
            try:
                held: bool | None = self.conjunction()
            except Unread:
                self.tokens, held = start, None
                self._skip()
            if not self.at("->"):
                assert not self.tokens, self.tokens[:9]
                return hypotheses, held
            self.next("->")
            hypotheses.append(held)

    def _introduces(self) -> bool:
        """Whether ``forall x : T,`` is followed by what characterises x, and not by the conclusion."""
        depth = 0
        for i, token in enumerate(self.tokens[1:], 1):
            depth += (token == "(") - (token == ")")
            if token == "," and not depth:
                return (
                    self.tokens[i + 1] in ("pseudo_inverse", "slope_at") or self.tokens[1] in self.tokens[i + 1 : i + 3]
                )
        return False

    def _skip(self) -> None:
        """Leave out a proposition: up to an arrow outside of brackets that more of the statement follows."""
        depth, quantified = 0, self.at("forall", "exists", "exists!")
        while self.tokens and not (self.at("->") and not depth and not quantified):
            depth += self.at("(") - self.at(")")
            self.next()

    def binders(self) -> None:
        self.next("forall")
        if "rcfType" in self.tokens[:4]:
            raise Unread("square roots")
        depth = 0
        while depth or not self.at(","):
            depth += self.at("(") - self.at(")")
            self.next()
        self.next(",")

    def conjunction(self) -> bool:
        held = [self.relation()]
        while self.at("/\\", "<->"):
            sign, other = self.next(), self.relation()
            held[-1:] = [held[-1] and other] if sign == "/\\" else [held[-1] == other]
        return held[0]

    def relation(self) -> bool:
        if self.tokens[5:6] == ["%N"]:
            # ``(0 < d)%N`` and its like: sizes and counts are drawn so.
            del self.tokens[:6]
            return True
        if self.at("("):
            # A proposition in brackets, or a term?
            start = list(self.tokens)
            try:
                self.next()
                held = self.implication()
                self.next(")")
                if not self.at(*RELATIONS, *LEVELS, "^T", "^-1", "^+", "\\in unitmx", "%:M", "%N", ":"):
                    return held
            except (AssertionError, TypeError):
                pass
            self.tokens = start
        if self.at("slope_at"):
            return self.slope()
        if self.at("psd", "projector", "loewner", "strictly_loewner", "range_within"):
            return self.predicate()
        left = self.sum()
        if self.at("\\in unitmx"):
            self.next()
            return bool(left.det() != 0)
        sign = self.next()
        assert sign in RELATIONS, (sign, self.tokens[:9])
        return RELATIONS[sign](left, self.sum())

    def implication(self) -> bool:
        held = self.conjunction()
        if self.at("->"):
            self.next()
            other = self.implication()
            return not held or other
        return held

    def predicate(self) -> bool:
        word = self.next()
        x = self.atom()
        if isinstance(x, _Scalar):
            raise Unread("a multiple of 1 of any size")
        if word == "psd":
            return _psd(x)
        if word == "projector":
            return _same(x * x, x) and _same(x.T, x)
        y = self.atom()
        if word == "range_within":
            return bool(y.rank() == y.row_join(x).rank())
        gap = _shaped(y, x) - _shaped(x, y)
        return _psd(gap) and (word == "loewner" or gap.det() != 0)

    def slope(self) -> bool:
        """Whether a matrix is the derivative of a polynomial map, by differences of order four."""
        self.next("slope_at")
        image, point, slope = self.function(), self.atom(), self.atom()
        steps = [Matrix(point.rows, 1, lambda i, _, j=j: int(i == j)) for j in range(point.rows)]
        once, twice = ([image(point + k * step) - image(point - k * step) for step in steps] for k in (1, 2))
        return all(_same(12 * slope[:, j], 8 * once[j] - twice[j]) for j in range(point.rows))

    def function(self) -> Callable[..., Any]:
        """Read ``(fun x : T => term)`` or ``(fun (x : T) (y : T) => term)``: what makes a value of values."""
        self.next("(")
        depth, inside = 1, list[str]()
        while depth:
            depth += self.at("(") - self.at(")")
            inside.append(self.next())
        head, body = inside[: inside.index("=>")], inside[inside.index("=>") + 1 : -1]
        names = [head[i - 1] for i, token in enumerate(head) if token == ":"]

        def image(*values: Any) -> Any:
            reader = Reader("", self.values | dict(zip(names, values, strict=True)))
            reader.tokens = list(body)
            value = reader.sum()
            assert not reader.tokens, reader.tokens[:9]
            return value

        return image

    def iterated(self) -> Any:
        """Read ``iter n f x``, or ``course n f x``, whose function takes the number of the turn as well."""
        numbered = self.next() == "course"
        count, image, state = int(self.natural()), self.function(), self.atom()
        for number in range(count):
            state = image(number, state) if numbered else image(state)
        return state

    def bound(self) -> Any:
        """Read ``let x := term in term``."""
        name = (self.next("let"), self.next())[1]
        if self.at(":"):
            self.next(), self.type()
        self.next(":=")
        outside = self.values
        self.values = outside | {name: self.sum()}
        self.next("in")
        value = self.sum()
        self.values = outside
        return value

    # Terms ------------------------------------------------------------------------------------------

    def sum(self, level: int = 50) -> Any:
        if self.at("-"):
            self.next()
            # As in MathComp, a sign binds more tightly than a product.
            left = _negative(self.sum(35))
        else:
            left = self.applied()
        while self.tokens and LEVELS.get(self.tokens[0], 99) <= level:
            sign = self.next()
            right = self.sum(LEVELS[sign] - 1)
            left = _combined(left, sign, right)
        return left

    def applied(self) -> Any:
        word = self.tokens[0]
        if word in UNREAD:
            raise Unread(word)
        if word in ("iter", "course"):
            return self.iterated()
        if word == "let":
            return self.bound()
        if word == "const_mx":
            self.next(), self.next("1")
            return _Ones()
        if word in ("invmx", "dot", "power", "\\tr", "\\det", "max_row_sum", "entry_sum", "row_mx", "col_mx"):
            self.next()
            x = self.atom()
            match word:
                case "invmx":
                    return x.inv() if x.det() != 0 else x
                case "dot":
                    return (x.T * self.atom())[0, 0]
                case "power":
                    return x ** int(self.natural())
                case "\\tr":
                    return x.trace()
                case "\\det":
                    return x.det()
                case "max_row_sum":
                    return max(sum(map(abs, row)) for row in x.tolist())
                case "entry_sum":
                    return sum(map(abs, x))
                case _:
                    # Blocks stand beside each other, or above: one of them tells the other's size.
                    y = self.atom()
                    x, y = _shaped(x, y), _shaped(y, x)
                    return x.row_join(y) if word == "row_mx" else x.col_join(y)
        value = self.atom()
        if self.at("^+"):
            self.next()
            value = value ** int(self.natural())
        return value

    def natural(self) -> Any:
        if self.at("("):
            self.next()
            value = self.natural()
            while self.at("+", "-", "*"):
                sign, other = self.next(), self.natural()
                value = {"+": value + other, "-": max(value - other, 0), "*": value * other}[sign]
            self.next(")")
            return value
        word = self.next()
        return int(word) if word.isdigit() else int(self.values[word])

    def atom(self) -> Any:
        if self.tokens[0] in UNREAD:
            raise Unread(self.tokens[0])
        if self.at("("):
            self.next()
            value: Any = self.sum()
            if self.at(":"):
                self.next()
                value = _cast(value, self.type())
            self.next(")")
        elif self.at("`"):
            self.next(), self.next("|")
            value = abs(self.sum())
            self.next("|")
        else:
            word = self.next()
            value = sympify(int(word)) if word.isdigit() else self.values[word]
        while self.at("^T", "^-1", "%:M", "%:R"):
            sign = self.next()
            value = {"^T": lambda x: x.T, "^-1": lambda x: 1 / x, "%:M": _Scalar, "%:R": Rational}[sign](value)
        return value

    def type(self) -> tuple[int, int]:
        """Read a type; return the shape of a matrix."""
        word = self.next()
        if word not in ("'cV[R]_", "'M[R]_"):
            return 1, 1
        if word == "'M[R]_" and self.at("(") and "," in self.tokens[: self.tokens.index(")") + 1]:
            self.next()
            rows = self.natural()
            self.next(",")
            columns = self.natural()
            self.next(")")
            return rows, columns
        rows = self.natural()
        return rows, 1 if word == "'cV[R]_" else rows


def _psd(x: Matrix) -> bool:
    return _same(x.T, x) and bool(x.is_positive_semidefinite)


def _cast(value: Any, shape: tuple[int, int]) -> Matrix:
    like = zeros(*shape)
    cast = _shaped(value, like)
    assert cast.shape == shape, (cast.shape, shape)
    return cast


def _negative(x: Any) -> Any:
    return _Scalar(-x.value) if isinstance(x, _Scalar) else -x


def _combined(x: Any, sign: str, y: Any) -> Any:
    if sign == "*m":
        return _times(x, y)
    if sign == "*:":
        return _Scalar(x * y.value) if isinstance(y, _Scalar) else x * y
    if sign in ("+", "-"):
        if isinstance(x, _Scalar) and isinstance(y, _Scalar):
            return _Scalar(x.value + y.value if sign == "+" else x.value - y.value)
        if isinstance(x, MatrixBase) or isinstance(y, MatrixBase):
            x, y = _shaped(x, y), _shaped(y, x)
        return x + y if sign == "+" else x - y
    assert not isinstance(x, MatrixBase | _Scalar)
    assert not isinstance(y, MatrixBase | _Scalar)
    return x * y if sign == "*" else x / y


def _times(x: Any, y: Any) -> Any:
    if isinstance(x, _Scalar):
        return _Scalar(x.value * y.value) if isinstance(y, _Scalar) else x.value * y
    return x * y.value if isinstance(y, _Scalar) else x * y
