"""What is to be certified: a line of a derivation, what it follows from, and what is left to words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Root", "Spec", "Sum"]


@dataclass(frozen=True)
class Root:
    """A line that follows because a sum of squares is zero: ``squares[0] = 0``."""

    squares: tuple[str, ...]

    @property
    def states(self) -> str:
        """The line itself."""
        return f"{self.squares[0]} = 0"


@dataclass(frozen=True)
class Sum:
    """An order relation: the left-hand side is a sum of ``weight * g' * N * g``, N a product of positive facts."""

    states: str
    terms: tuple[tuple[str, tuple[str, ...], str], ...]
    name: str = ""


@dataclass(frozen=True)
class Spec:
    """What to certify about one formula.

    Attributes
    ----------
    formula : str
        Id in the catalogue.
    claim : str
        A line of the formula's derivation, as a certificate writes it; by default the formula itself. A claim that is
        no line of the derivation needs a `part`.
    part : str
        Suffix of the statement's name, for further statements about the same formula.
    when : mapping of str to str
        Hypotheses that are not lines of the derivation, by name.
    positive : mapping of str to str
        Order relations among the hypotheses, by name.
    letters, symmetric, scalars
        Letters that only `when`, `positive` and `lines` use: their spaces, which are symmetric, which are numbers.
    lines : tuple
        Lines to show first: equations as text, `Root` or `Sum`.
    argued : mapping of str to str
        Lines of the derivation that an argument in words supports, with the argument.
    uses : mapping of str to str
        Claims of other statements that are taken as given: the equation, and the statement's name.
    prose : tuple of str
        Further last steps that are argued in words.
    hints : bool
        Whether the lines of the derivation are tried as lines of the proof.
    """

    formula: str
    claim: str = ""
    part: str = ""
    when: Mapping[str, str] = field(default_factory=dict)
    positive: Mapping[str, str] = field(default_factory=dict)
    letters: Mapping[str, str] = field(default_factory=dict)
    symmetric: tuple[str, ...] = ()
    scalars: tuple[str, ...] = ()
    lines: tuple[str | Root | Sum, ...] = ()
    argued: Mapping[str, str] = field(default_factory=dict)
    uses: Mapping[str, str] = field(default_factory=dict)
    prose: tuple[str, ...] = ()
    hints: bool = False

    @property
    def name(self) -> str:
        """Name of the statement."""
        return f"{self.formula}/{self.part}" if self.part else self.formula


HYPOTHESIS = "the hypothesis of the induction"
SQUARE = "a positive semidefinite matrix is a square X' X"
INDUCTION = "induction on t from the two statements above"
ROOT_LETTERS = {"X": "x <- d", "Y": "y <- d"}
ROOTS = {"P >= 0": "P = X' X", "Q >= 0": "Q = Y' Y"}
CONTRACTS = "one turn contracts off the common kernel, so that ker M = ker N is the common kernel"
MOVES: dict[str, Any] = {
    "prose": (SQUARE,),
    "when": ROOTS,
    "letters": ROOT_LETTERS,
    "lines": (
        "(P + Q) Pi = 0",
        Root(("X Pi", "Y Pi")),
        Root(("Y Pi", "X Pi")),
        "P Pi = 0",
        "Q Pi = 0",
    ),
}
