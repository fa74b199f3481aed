"""What the ledger stores about hypotheses, and inputs that satisfy them."""

from __future__ import annotations

from fractions import Fraction

from proofs_check import theorems
from proofs_check.evidence.instances import instance_of
from proofs_check.ledger import necessity
from theory.language.nodes import PositiveSemidefinite
from theory.language.symbols import PRIMITIVES
from theory.values.drawing import Geometry, draw

# The id of the theorem, a stored counterexample, and a formula that it is for.
STORED = [(t.id, case, t.formula(part)) for t in theorems.values() for case in t.needed for part in case.parts]


def judges(formula):
    """What agents say about a formula's statement."""
    return tuple(dict.fromkeys(judge for _, case, id_ in STORED if id_ == formula for judge in case.judges))


def inputs_within(formula, seed, dimension):
    """Draw inputs that satisfy all hypotheses of a formula; None where the draw does not."""
    defined = {s.symbol for s in formula.derivation if s.kind == "definition"}
    spoken = {x for s in formula.derivation for x in s.equation.free_symbols} | set(formula.expr.free_symbols)
    wanted = {name for _, case, id_ in STORED if id_ == formula.id for name in case.inputs}
    names = [
        n for n, item in PRIMITIVES.items() if (item.symbol in spoken or n in wanted) and item.symbol not in defined
    ]
    arrange = next((a.arrange for a in formula.assumptions if a.arrange), None)
    positive = {a.says.arg for a in formula.assumptions if isinstance(a.says, PositiveSemidefinite)}
    sizes = {"d": dimension, "n": 2, "k": formula.counts.get("k", (3,))[0], "t": 1, "order": 1}
    signed = [n for n in names if PRIMITIVES[n].symbol not in positive]
    shape = Geometry(dimension, dimension, dimension)
    at = draw(names, sizes=sizes, geometry=shape, seed=seed, arrange=arrange, signed=signed)
    given = {}
    for name in names:
        rows = [
            [Fraction(int(x.p), int(x.q)) for x in row]
            for row in at.values[PRIMITIVES[name].symbol].to_sympy().tolist()
        ]
        flat = PRIMITIVES[name].kind in ("vector", "labels", "weights")
        given[name] = [row[0] for row in rows] if flat else rows
        if PRIMITIVES[name].kind in ("step", "scalar", "count"):
            given[name] = rows[0][0]
    given |= {
        x: sizes[x] for x in "nk" if x in formula.dimensions or "X" in given or "X_W" in given or "U_seen" in given
    }
    there = instance_of(formula, given)
    return given if all(necessity._holds(a, there) for a in formula.assumptions) else None
