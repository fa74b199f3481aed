"""Formulas that say what a test wants, whatever their derivation."""

from __future__ import annotations

from theory.derivation.formula import Formula
from theory.derivation.lines import Step, equation

__all__ = ["formula", "line"]


def formula(says, *steps, given=(), name="f"):
    """A formula that says this; `given` are its hypotheses."""
    return Formula(name, "Planted", None, says, tuple(given), "here", steps, (), says=says)


def line(lhs, rhs, kind="definition", uses=(), value=None, cites=()):
    """A line of a derivation."""
    return Step(equation(lhs, rhs), "planted", kind, uses, value, cites)
