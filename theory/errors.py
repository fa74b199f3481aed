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
        super().__init__(text, start, end, why)
        self.text, self.start, self.end, self.why = text, start, end, why

    def __str__(self) -> str:
        begin = self.text.rfind("\n", 0, self.start) + 1
        line = self.text[begin:].partition("\n")[0]
        mark = "^" * max(1, min(self.end, begin + len(line)) - self.start)
        return f"{self.why}\n  {line}\n  {' ' * (self.start - begin)}{mark}"


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
