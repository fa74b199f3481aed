"""Trained agents: a full layer multiplied out, split into its ideal part and what leaks, and two such agents at rest.

A layer with V and K free answers one iterate with a polynomial of degree three in it. The blocks V31, K13 and K24 give
its *ideal* part, an affine map; all else is *leakage*. Norms here are the maximum norm of a vector and the largest row
sum of a matrix: they are rational, so that bounds can be checked exactly.

Source: section 9.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Identity, MatrixSymbol

from theory.derivation.assumptions import arranged, relation
from theory.derivation.described import Slope
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.families.one_agent import ROWS, S, b, w_next
from theory.language.blocks import grid
from theory.language.nodes import EntrySum, Inner, MaxRowSum
from theory.language.symbols import (
    K13,
    K14,
    K23,
    K24,
    K33,
    K34,
    K43,
    K44,
    V31,
    V32,
    V33,
    V34,
    I,
    SymmetricSymbol as Symmetric,
    X,
    d,
    h,
    n,
    named,
    r,
    vector,
    w,
    y,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

ONE = Identity(1)

power = named(Symmetric("c_y", 1, 1), "c")
Z = named(MatrixSymbol("Z", 2 * d + 2, n + 1), "Z")
query = named(MatrixSymbol("q", d + 1, 1), "q")
V_3 = named(MatrixSymbol("V_3", d, 2 * d + 2), "V_3")
K_r = named(MatrixSymbol("K_r", 2 * d + 2, d + 1), r"K_{\mathrm r}")
linear = named(MatrixSymbol("F", d, d), "F")
offset = vector("g", "g")
k_self = vector("k_self", "k")
ideal_next = vector("w_ideal", r"w^{+}_{\mathrm{ideal}}")
leak = vector("leak", r"\ell(w)")
slope = named(MatrixSymbol("D_f", d, d), r"\mathrm D w^{+}")
slope_there = named(MatrixSymbol("D_there", d, d), r"\mathrm D w^{+}(w + h)")
leak_slope = named(MatrixSymbol("D_leak", d, d), r"\mathrm D\ell")

CUBIC = V33 * w * w.T * K33 * w
QUADRATIC = V33 * w * k_self.T * w + V34 * w.T * K33 * w


@cache
def _multiplied_out() -> tuple[Derivation, dict[Any, Any]]:
    """The layer on examples and one iterate, as a polynomial in the iterate."""
    at = Derivation()
    tokens = at.define(
        Z,
        grid(ROWS, (n, 1), {(0, 0): X.T, (1, 0): y.T, (2, 1): w, (3, 1): ONE}),
        "the token matrix: n examples and the iterate",
    )
    last = at.define(query, grid((d, 1), (1,), {(0, 0): w, (1, 0): ONE}), "the lower half of the query token")
    value = at.define(
        V_3,
        grid((d,), ROWS, {(0, 0): V31, (0, 1): V32, (0, 2): V33, (0, 3): V34}),
        "the third block row of V: the answer is read off the third block, so that no other row of V enters",
    )
    keys = {(0, 0): K13, (0, 1): K14, (1, 0): K23.T, (1, 1): K24 * ONE}
    keys |= {(2, 0): K33, (2, 1): K34, (3, 0): K43.T, (3, 1): K44 * ONE}
    key = at.define(
        K_r,
        grid(ROWS, (d, 1), keys),
        "the right half of K: the query token is zero in its upper half, so that no other column of K enters",
    )
    column = w + V_3 * Z * Z.T * K_r * query / n
    out = at.define(w_next, column, "the next iterate: the third block of the last column of f(Z)")
    pieces = at.multiply_blocks(
        V_3 * Z * Z.T * K_r * query, tokens, last, value, key, reason="multiply out, block by block"
    )
    piece = at.only_block(pieces, reason="one block")
    moved = at.restate(out, w_next, w + piece.rhs / n, piece, reason="insert it")
    names = {
        S: at.define(S, X.T * X / n, "Gram matrix of the prompt"),
        b: at.define(b, X.T * y / n, "moment of the prompt"),
        power: at.define(power, y.T * y / n, "mean square of the labels"),
        k_self: at.define(k_self, K34 + K43, "what the iterate's attention to itself has of first degree"),
    }
    names[linear] = at.define(
        linear,
        I + V31 * (S * K13 + b * K23.T) + V32 * (b.T * K13 + power * K23.T) + (K44 * V33 + V34 * k_self.T) / n,
        "the linear part",
    )
    names[offset] = at.define(
        offset,
        V31 * (S * K14 + K24 * b) + V32 * (b.T * K14 + K24 * power) + K44 * V34 / n,
        "the constant part",
    )
    update = at.restate(
        moved,
        w_next,
        linear * w + offset + (QUADRATIC + CUBIC) / n,
        *reversed(names.values()),
        reason="collect powers of w; the numbers k^T w and w^T K33 w commute with everything, and w^T K34 = K34^T w",
    )
    names[w_next] = update
    return at, names


@derives(
    "trained-layer.update",
    "trained-layer.linear",
    "trained-layer.offset",
    "trained-layer.leakage",
)
def full_layer() -> list[Formula]:
    """The move of a full layer, exactly."""
    base, names = _multiplied_out()
    at = base.branch()
    ideal = at.define(ideal_next, w + V31 * (S * K13 * w + K24 * b), "the ideal part: V31, K13 and K24 alone")
    leaking = at.define(leak, w_next - ideal_next, "the leakage: all the rest")
    split = at.restate(
        at.substitute_right(leaking, names[w_next], ideal, reason="insert both"),
        leak,
        (linear - I - V31 * S * K13) * w + offset - K24 * V31 * b + (QUADRATIC + CUBIC) / n,
        reason="of every degree up to three; the second and third are divided by the number of examples",
    )
    made = {
        "update": ("Move of a full layer", names[w_next], (), "="),
        "linear": ("Linear part of the move", names[linear], (names[w_next],), ":="),
        "offset": ("Constant part of the move", names[offset], (names[w_next],), ":="),
        "leakage": ("What leaks", split, (), "="),
    }
    return [
        conclude(at.branch(), f"trained-layer.{part}", title, line, rests_on=rests, sign=sign)
        for part, (title, line, rests, sign) in made.items()
    ]


def _inside_the_ball(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw a radius that the iterate does not exceed."""
    if drawer.random is None or "w" not in values:
        return
    kind = drawer.random.randint(0, 2)
    nothing = {1: ("V33", "V34"), 2: ("V32", "V34", "K23", "K33", "K44")}.get(kind, ())
    values |= {x: values[x].scale(Dense.number(0, drawer.domain)) for x in nothing if x in values}
    if kind == 2:
        # Nothing cancels: the bounds are attained.
        for name in ("V33", "K34", "K43"):
            rows = [[abs(x) for x in row] for row in values[name].rows()]
            values[name] = Dense.from_rows(rows, drawer.domain)
        for name in sorted({"w", "h"} & set(values)):
            values[name] = Dense.full(values[name].shape, drawer.random.randint(1, 3), drawer.domain)
    ends = [values["w"], values["w"] + values["h"]] if "h" in values else [values["w"]]
    largest = max(abs(x) for end in ends for row in end.rows() for x in row)
    values["r"] = Dense.number(largest + values["r"][0, 0] * drawer.random.randint(0, 1), drawer.domain)


@derives("trained-layer.slope", "trained-layer.slope-bound", "trained-layer.curvature")
def slopes() -> list[Formula]:
    """How the move changes with the iterate, and how much of that leakage can make."""
    base, names = _multiplied_out()
    at = base.branch()
    turned = K33 + K33.T
    first, second = Inner(k_self, w), Inner(w, K33 * w)
    slope_line = at.define_value(
        slope,
        equation(slope, slope),
        "the slope of the move, by differences that are exact for a cubic",
        Slope(w_next, w, w),
    )
    curved = first * V33 + V33 * w * k_self.T + V34 * w.T * turned + second * V33 + V33 * w * w.T * turned
    whole = at.infer(
        equation(slope, linear + curved / n), slope_line, names[w_next], reason="product rule, degree by degree"
    )
    leaking = at.define(leak_slope, slope - I - V31 * S * K13, "the slope of the leakage")
    straight = linear - I - V31 * S * K13
    bound = (
        MaxRowSum(straight)
        + 2 * r / n * (MaxRowSum(V33) * EntrySum(k_self) + MaxRowSum(V34) * EntrySum(K33))
        + 3 * r**2 / n * MaxRowSum(V33) * EntrySum(K33)
    )
    below = at.infer(
        MaxRowSum(leak_slope) <= bound,
        leaking,
        whole,
        reason="norms term by term: |k^T w| <= r |k|_1, |w^T K33 w| <= r^2 |K33|_1, and the row w^T(K33 + K33^T) sums "
        "to at most 2 r |K33|_1",
    )
    bend = at.branch()
    there = bend.define_value(
        slope_there, equation(slope_there, slope_there), "the slope at another iterate, w + h", Slope(w_next, w, w + h)
    )
    steepness = 2 / n * (MaxRowSum(V33) * EntrySum(k_self) + MaxRowSum(V34) * EntrySum(K33)) + 6 * r / n * MaxRowSum(
        V33
    ) * EntrySum(K33)
    bent = bend.infer(
        MaxRowSum(slope_there - slope) <= steepness * MaxRowSum(h),
        *(whole, there),
        reason="subtract term by term; w w^T - w' w'^T = (w - w')w^T + w'(w - w')^T",
    )
    inside = arranged(MaxRowSum(w) <= r, "w within r", _inside_the_ball)
    return [
        conclude(
            at.branch(),
            "trained-layer.slope",
            "Slope of the move",
            whole,
        ),
        conclude(
            at,
            "trained-layer.slope-bound",
            "How steep leakage can be",
            below,
            lhs=MaxRowSum(leak_slope),
            value=bound,
            sign="\\le",
            assumptions=(inside,),
        ),
        conclude(
            bend,
            "trained-layer.curvature",
            "How fast the slope changes",
            bent,
            lhs=MaxRowSum(slope_there - slope) / MaxRowSum(h),
            value=steepness,
            sign="\\le",
            says=bent,
            assumptions=(inside, relation(MaxRowSum(w + h) <= r, "w + h within r")),
        ),
    ]
