"""What is to be certified, and how: lines to show on the way, other statements, standard facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from proofs_check.proving.facts import Square, StandardFact
from proofs_check.proving.goals import Reduction

__all__ = ["FROZEN", "SQUARES", "From", "Kernel", "Root", "Spec", "Sum"]


@dataclass(frozen=True)
class Root:
    """A line that follows because a sum of squares is zero: ``squares[0] = 0``; `sources` as in `From`."""

    squares: tuple[str, ...]
    sources: tuple[str, ...] = ()
    name: str = ""

    @property
    def states(self) -> str:
        """The line itself."""
        return f"{self.squares[0]} = 0"


@dataclass(frozen=True)
class Kernel:
    """A line ``N root = 0``, as ``-root' N root`` is the sum of `terms`; N is the gap of the fact `order`, or 1."""

    states: str
    root: str
    order: str = ""
    terms: tuple[tuple[str, tuple[str, ...], str], ...] = ()
    name: str = ""


@dataclass(frozen=True)
class From:
    """An equation that follows from the named facts, where a search among all that is known would be too wide."""

    states: str
    sources: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True)
class Sum:
    """An order relation: the left-hand side is a sum of ``weight * g' * N * g``, N a product of positive facts."""

    states: str
    terms: tuple[tuple[str, tuple[str, ...], str], ...]
    name: str = ""


@dataclass(frozen=True)
class Spec:
    """How one statement is proved: a goal of a conclusion, or a lemma on the way to it.

    What is claimed and what is given is generated from the conclusion and its hypotheses. A lemma has a name of its own
    in `part`, a `claim`, and may have premises in `when`: it shows nothing about the theorem by itself, and what takes
    it over has to justify its premises.

    Attributes
    ----------
    formula : str
        Id in the catalogue.
    goal : str
        Which claim of the conclusion, where it comes to several: ``"if"``, ``"exists"``, ``"least"``, ...
    claim, part : str
        Of a lemma: what it claims, as a certificate writes it, and the suffix of its name.
    when : mapping of str to str
        Premises of a lemma, by name: equations or order relations.
    value : str
        What the letter stands for that the goal claims to exist.
    letters, symmetric, scalars
        Letters that only `when`, `facts` and `lines` use: their spaces, which are symmetric, which are numbers.
    numbers : mapping of str to str
        Letters for numbers that are written as products from the space 1 to itself: a number is its own transpose.
    lines : tuple
        Lines to show first: equations as text, `From`, `Kernel`, `Root` or `Sum`.
    uses : tuple of str
        Names of statements whose claims are taken as given.
    facts : tuple of StandardFact
        Standard facts that are taken over; the conclusion is then REDUCED to them.
    reduction : Reduction, optional
        The standard fact that reduces a conclusion without a counterpart among relations to the goals.
    hints : bool
        Whether the lines of the derivation are tried as lines of the proof.
    """

    formula: str
    goal: str = ""
    claim: str = ""
    part: str = ""
    when: Mapping[str, str] = field(default_factory=dict)
    value: str = ""
    letters: Mapping[str, str] = field(default_factory=dict)
    symmetric: tuple[str, ...] = ()
    scalars: tuple[str, ...] = ()
    numbers: Mapping[str, str] = field(default_factory=dict)
    lines: tuple[str | From | Kernel | Root | Sum, ...] = ()
    uses: tuple[str, ...] = ()
    facts: tuple[StandardFact, ...] = ()
    reduction: Reduction | None = None
    hints: bool = False

    @property
    def name(self) -> str:
        """Name of the statement."""
        suffix = self.part or self.goal
        return f"{self.formula}/{suffix}" if suffix else self.formula


#: Both step matrices as squares, and that nothing on the common kernel moves.
SQUARES = (Square("P", "X", "x"), Square("Q", "Y", "y"))
FROZEN = (
    "(P + Q) Pi = 0",
    Root(("X Pi", "Y Pi")),
    Root(("Y Pi", "X Pi")),
    "P Pi = 0",
    "Q Pi = 0",
)
