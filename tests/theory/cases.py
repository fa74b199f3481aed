"""Random rational inputs for any formula, exact and as floats, and what rounding may do to its value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Inverse, preorder_traversal

from theory import Formula, SingularError
from theory.language.nodes import PseudoInverse
from theory.language.symbols import PRIMITIVES
from theory.values.drawing import Geometry, draw
from theory.values.inputs import array_instance

# Drawing needs these whenever a formula's special hypothesis rearranges them.
ARRANGED = ("S_W", "S_U", "eta_W", "eta_U", "w_hat", "v", "p", "q", "w_star", "u_star", "w_t", "alpha")


@dataclass(frozen=True)
class Case:
    """One set of inputs of a formula, exact and in floating point."""

    exact: dict[str, Any]
    floats: dict[str, Any]


def case(formula: Formula, dimension: int, seed: int) -> Case:
    """Draw inputs; `SingularError` when the special hypothesis cannot be met there."""
    arrange = next((a.arrange for a in formula.assumptions if a.arrange), None)
    names = list(formula.inputs)
    if arrange:
        defined = {step.symbol for step in formula.derivation if step.kind == "definition"}
        spoken = {x for a in formula.assumptions for x in a.free_symbols}
        spoken |= {x for step in formula.derivation for x in step.equation.free_symbols}
        wanted = {x for x, item in PRIMITIVES.items() if item.symbol in spoken - defined}
        names = [x for x in PRIMITIVES if x in wanted | {*ARRANGED, *names}]
    sizes = {"d": dimension, "n": dimension + 1, "k": 2, "t": seed % 4, "order": 1 + seed % 3}
    geometry = Geometry(dimension, dimension, dimension)
    at = draw(names, sizes=sizes, geometry=geometry, seed=seed, arrange=arrange)
    exact: dict[str, Any] = {}
    floats: dict[str, Any] = {}
    for name in formula.inputs:
        item = PRIMITIVES[name]
        value = at.values[item.symbol].to_sympy()
        rows = np.array([[float(x) for x in row] for row in value.tolist()]).reshape(value.shape)
        if item.kind in ("step", "scalar", "count"):
            exact[name] = value[0, 0]
            floats[name] = int(value[0, 0]) if item.kind == "count" else float(value[0, 0])
        elif item.kind in ("vector", "labels", "weights"):
            exact[name], floats[name] = list(value), rows[:, 0]
        else:
            exact[name], floats[name] = value, rows
    dims = {x: sizes[x] for x in formula.dimensions}
    return Case(exact | dims, floats | dims)


def tolerance(formula: Formula, floats: dict[str, Any]) -> float:
    """Relative rounding to expect: eps times the squared condition of everything that is inverted."""
    at = array_instance(formula.id, formula.inputs, formula.dimensions, floats, check=True)
    product = 1.0
    for node in set(preorder_traversal(formula.expr)):
        if isinstance(node, Inverse | PseudoInverse):
            values = np.linalg.svd(at(node.arg), compute_uv=False)
            kept = values[values > 1e-10 * max(values.max(), 1e-300)]
            product *= (kept.max() / kept.min()) ** 2 if kept.size else 1.0
    return 1e4 * np.finfo(float).eps * product


def as_array(formula: Formula, value: Any) -> np.ndarray:
    """Shape an exact value as the floating-point evaluation does."""
    if not hasattr(value, "tolist"):
        return np.asarray(float(value))
    rows = np.array([[float(x) for x in row] for row in value.tolist()]).reshape(value.shape)
    return rows[:, 0] if formula.expr.shape[1] == 1 else rows


def cases(formula: Formula, dimensions: range = range(1, 4), seeds: range = range(2)) -> list[Case]:
    """Return all cases at which the formula can be evaluated."""
    found = []
    for dimension in dimensions:
        for seed in seeds:
            try:
                one = case(formula, dimension, seed)
                formula.exact(**one.exact)
            except SingularError:
                continue
            found.append(one)
    return found
