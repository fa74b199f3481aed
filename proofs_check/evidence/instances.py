"""Instances from exact inputs: what the derivation of a formula defines has its value there."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from theory import Formula, TheoryError
from theory.values.inputs import exact_instance
from theory.values.instance import Instance

__all__ = ["instance_of", "satisfied"]


def instance_of(formula: Formula, inputs: Mapping[str, Any]) -> Instance:
    """Evaluate the primitives and every abbreviation that has a value there."""
    given = {name: _plain(value) for name, value in inputs.items()}
    names = tuple(name for name in given if name not in ("n", "d", "k"))
    at = exact_instance(formula.id, names, (), given)
    for step in formula.derivation:
        if step.kind == "definition" and step.value is not None:
            with suppress(TheoryError):
                step.compute(at)
    return at


def satisfied(formula: Formula, inputs: Mapping[str, Any]) -> bool:
    """Whether the hypotheses of a formula hold at exact inputs, decided from what they say."""
    at = instance_of(formula, inputs)
    return all(assumption.holds(at) for assumption in formula.assumptions)


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else value
