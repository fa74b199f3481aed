"""Errors of the symbolic side: each names what was given, what it broke and what to do."""

__all__ = [
    "DerivationError",
    "InputError",
    "IrrationalError",
    "SingularError",
    "TextError",
    "TheoryError",
    "UnknownFormulaError",
]


class TheoryError(ValueError):
    """Base of all errors raised by `theory`."""


class InputError(TheoryError):
    """Something given cannot be used: missing, unknown, unreadable, mis-shaped, non-finite or not admissible."""


class TextError(InputError):
    """A written statement cannot be read; the message points at where.

    Attributes
    ----------
    text : str
        All that was written.
    start, end : int
        Where the trouble stands in it.
    why : str
        What it is.
    """

    def __init__(self, text: str, start: int, end: int, why: str) -> None:
        self.text, self.start, self.end, self.why = text, start, end, why
        line_start = text.rfind("\n", 0, start) + 1
        line = text[line_start:].partition("\n")[0]
        mark = " " * (start - line_start) + "^" * max(1, min(end, line_start + len(line)) - start)
        super().__init__(f"{why}\n  {line}\n  {mark}")


class SingularError(TheoryError):
    """A matrix that a formula inverts has no inverse."""


class IrrationalError(TheoryError):
    """An exact value was asked for where only an algebraic or transcendental number exists.

    The message is written when it is read: evaluation raises and catches this often.
    """

    def __init__(self, expr: object) -> None:
        super().__init__(expr)

    def __str__(self) -> str:
        return f"{self.args[0]} has no exact rational evaluation"


class DerivationError(TheoryError):
    """A step of a derivation does not follow from the steps it names."""


class UnknownFormulaError(TheoryError, KeyError):
    """No formula has the requested id."""

    __str__ = ValueError.__str__
