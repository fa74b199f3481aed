"""Two trained agents at rest: the plateau of their ideal parts, and a rigorous bound on what leakage adds.

The bound is the contraction principle, applied to the turn less an affine approximation of it. It serves twice: with
the ideal parts as the approximation it bounds what leakage adds to the ideal plateau; with the slopes at a point that
the turn hardly moves it bounds how far that point is from the true plateau.

Source: section 9.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Inverse, MatrixSymbol

from theory.derivation.assumptions import arranged, invertible, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.derivation.sources import ABSTRACTS
from theory.language.nodes import MaxRowSum
from theory.language.predicates import Unique
from theory.language.symbols import S_U, S_W, I, d, named, primitive, u_star, vector, w_star
from theory.values.dense import Dense
from theory.values.drawing import Drawer

V31_W = primitive("V31_W", "block", r"V_{31}^{W}", "block V31 of W's layer")
K13_W = primitive("K13_W", "block", r"K_{13}^{W}", "block K13 of W's layer, in the gauge K24 = -1")
V31_U = primitive("V31_U", "block", r"V_{31}^{U}", "block V31 of U's layer")
K13_U = primitive("K13_U", "block", r"K_{13}^{U}", "block K13 of U's layer, in the gauge K24 = -1")
J_W = primitive("J_W", "matrix", "J_W", "approximate slope of W's move")
J_U = primitive("J_U", "matrix", "J_U", "approximate slope of U's move")
D_W = primitive("D_W", "matrix", "D_W", "what the approximate slope of W's move leaves out")
D_U = primitive("D_U", "matrix", "D_U", "what the approximate slope of U's move leaves out")
lam_W = primitive("lam_W", "scalar", r"\lambda_W", "bound on D_W in the maximum norm")
lam_U = primitive("lam_U", "scalar", r"\lambda_U", "bound on D_U in the maximum norm")
lam = primitive("lam", "scalar", r"\lambda", "Lipschitz constant of a turn less its approximation, in the maximum norm")
residual = primitive("residual", "vector", r"\delta", "by how much one turn moves the approximate equilibrium")
remainder = primitive("remainder", "vector", r"\varepsilon", "what the approximate slopes leave out of one turn")


F_W, F_U, turn = (named(MatrixSymbol(x, d, d), x) for x in ("F_W", "F_U", "J"))
g_W, g_U = vector("g_W", "g_W"), vector("g_U", "g_U")
w_rest, u_rest = vector("w_rest", r"w_\infty"), vector("u_rest", r"u_\infty")
displacement = vector("displacement", r"\hat w - w_\infty")
true_turn = named(MatrixSymbol("D_T", d, d), r"\mathrm D T")


#: The move of a layer with general blocks, and what its labels come to.
BLOCKS, NOISE = ("general-blocks.update",), ("label-noise.gradient",)


def small(drawer: Drawer, size: int, denominator: int) -> Dense:
    """Draw a small matrix."""
    entries = [[drawer.entry("") / denominator for _ in range(size)] for _ in range(size)]
    return Dense.from_rows(entries, drawer.domain)


def largest(value: Dense) -> Any:
    """Largest sum of moduli along a row, of a rational matrix."""
    return max(sum(map(abs, row)) for row in value.rows())


@cache
def _ideal() -> tuple[Derivation, dict[str, Any]]:
    at = Derivation()
    parts = {
        "F_W": at.define(F_W, I + V31_W * S_W * K13_W, "W's linear part: general-blocks", cites=BLOCKS),
        "F_U": at.define(F_U, I + V31_U * S_U * K13_U, "U's linear part", cites=BLOCKS),
        "g_W": at.define(
            g_W,
            -V31_W * S_W * w_star,
            "W's constant part, with the moment b = S_W w*: label-noise",
            cites=(*BLOCKS, *NOISE),
        ),
        "g_U": at.define(g_U, -V31_U * S_U * u_star, "U's constant part", cites=(*BLOCKS, *NOISE)),
    }
    rest = at.define_solution(
        w_rest, equation(w_rest, F_W * (F_U * w_rest + g_U) + g_W), "a state of W that one turn, U then W, returns"
    )
    parts["w"] = at.solve(rest, w_rest, reason="I - F_W F_U is invertible")
    answer = at.define(u_rest, F_U * w_rest + g_U, "U's answer to it")
    parts["u"] = at.substitute_right(answer, parts["w"], reason="insert the state of W")
    return at, parts


@derives("trained-plateau.unique", "trained-plateau.w", "trained-plateau.u")
def ideal_plateau() -> list[Formula]:
    """Where two layers with general blocks rest."""
    at, parts = _ideal()
    needs = (invertible(I - F_W * F_U),)
    chain = at.branch()
    once = chain.infer(
        Unique(w_rest, equation(w_rest, F_W * (F_U * w_rest + g_U) + g_W)),
        parts["w"],
        reason="I - F_W F_U is invertible",
    )
    return [
        conclude(chain, "trained-plateau.unique", "One state of rest", once, assumptions=needs, source=ABSTRACTS),
        conclude(
            at.branch(),
            "trained-plateau.w",
            "Plateau of the ideal parts",
            parts["w"],
            assumptions=needs,
            source=ABSTRACTS,
        ),
        conclude(
            at.branch(),
            "trained-plateau.u",
            "U's side of the plateau",
            parts["u"],
            assumptions=needs,
            source=ABSTRACTS,
        ),
    ]


def _bounded_slopes(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw bounds that the left-out slopes keep."""
    if drawer.random is not None and {"D_W", "D_U"} <= set(values):
        if drawer.random.randint(0, 3) == 0:
            # Nothing is left out, and the bound is zero.
            values |= {name: values[name].scale(Dense.number(0, drawer.domain)) for name in ("D_W", "D_U")}
            values |= {name: Dense.number(0, drawer.domain) for name in ("lam_W", "lam_U")}
            return
        for agent in "WU":
            spare = drawer.domain.convert(drawer.random.randint(0, 1))
            values[f"lam_{agent}"] = Dense.number(largest(values[f"D_{agent}"]) + spare, drawer.domain)


@derives("trained-plateau.slope")
def turn_slope() -> list[Formula]:
    """How much of a turn's slope two approximations leave out."""
    at = Derivation()
    whole = at.define(
        true_turn, (J_W + D_W) * (J_U + D_U), "the slope of a turn, U then W, by the chain rule; D is what J leaves out"
    )
    left = at.restate(
        whole, true_turn - J_W * J_U, J_W * D_U + D_W * J_U + D_W * D_U, reason="less the product of the approximations"
    )
    bound = MaxRowSum(J_W) * lam_U + lam_W * MaxRowSum(J_U) + lam_W * lam_U
    below = at.infer(
        MaxRowSum(true_turn - J_W * J_U) <= bound, left, reason="the norm of a product is at most the product of norms"
    )
    return [
        conclude(
            at,
            "trained-plateau.slope",
            "How far a turn is from affine",
            below,
            lhs=MaxRowSum(true_turn - J_W * J_U),
            value=bound,
            sign="\\le",
            assumptions=(
                arranged(
                    MaxRowSum(D_W) <= lam_W,
                    "D_W at most lam_W",
                    _bounded_slopes,
                ),
                relation(MaxRowSum(D_U) <= lam_U, "D_U at most lam_U"),
            ),
        )
    ]


def _near_affine(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw a pair that the hypotheses of the bound admit, with the Lipschitz constant that its remainder shows."""
    if drawer.random is None or "remainder" not in values:
        return
    size = values["J_W"].shape[0]
    for name in ("J_W", "J_U"):
        values[name] = small(drawer, size, 4 * size)
    values["remainder"] = values["remainder"].over(drawer.domain.convert(20))
    if values["residual"].is_zero:
        values["residual"] = Dense.full((size, 1), 1, drawer.domain)
    gap = Dense.eye(size, drawer.domain) - values["J_W"] @ values["J_U"]
    try:
        inverse = gap.inverse()
    except ValueError:
        return
    kind = drawer.random.randint(0, 5)
    if kind < 2:
        # Exactly affine, with the signs of a row of the inverse: the bound is attained.
        row = max(inverse.rows(), key=lambda entries: sum(map(abs, entries)))
        signs = [[drawer.domain.convert(-1 if x < 0 else 1)] for x in row]
        values |= {
            "remainder": Dense.full((size, 1), 0, drawer.domain),
            "residual": Dense.from_rows(signs, drawer.domain),
        }
    moved = inverse @ (values["residual"] + values["remainder"])
    if not moved.is_zero:
        share = largest(values["remainder"]) / largest(moved)
        spare = drawer.domain.convert(drawer.random.randint(0, 1)) / 20
        values["lam"] = Dense.number(share + (0 if kind < 2 else spare), drawer.domain)
        if kind == 2:
            # On the edge of what is claimed, or beyond.
            times = drawer.domain.convert(drawer.random.randint(2, 3)) / 2
            values["lam"] = Dense.number(times / largest(inverse), drawer.domain)


@derives("trained-plateau.shift")
def plateau_shift() -> list[Formula]:
    """What leakage adds to the plateau, at most."""
    at = Derivation()
    at.define(turn, J_W * J_U, "the approximate slope of one turn")
    step = at.define_solution(
        displacement,
        equation(displacement, residual + turn * displacement + remainder),
        "T(w^) = w^ at the true equilibrium, less T at the approximate one: the residual there, the approximate slope, "
        "and a remainder",
    )
    solved = at.solve(step, displacement, reason="I - J_W J_U is invertible")
    inverse = Inverse(I - turn)
    size = MaxRowSum(inverse)
    at.infer(
        MaxRowSum(displacement) <= size * (MaxRowSum(residual) + MaxRowSum(remainder)),
        solved,
        reason="take norms",
    )
    first = at.steps[-1].equation
    steep = at.assume(MaxRowSum(remainder) <= lam * MaxRowSum(displacement), "lambda bounds the slope of the remainder")
    bound = size * MaxRowSum(residual) / (1 - size * lam)
    below = at.infer(MaxRowSum(displacement) <= bound, first, steep, reason="solve for the distance: mu lambda < 1")
    ball = at.identity(
        size * (MaxRowSum(residual) + lam * bound),
        bound,
        reason="existence: w -> w_inf + (I - J_W J_U)^-1 (T(w) - w_inf - J_W J_U (w - w_inf)) maps the ball of this "
        "radius into itself and contracts by mu lambda < 1, so it has exactly one fixed point there (Banach), which is "
        "one of T",
    )
    return [
        conclude(
            at,
            "trained-plateau.shift",
            "What leakage adds to the plateau",
            below,
            rests_on=(ball,),
            lhs=MaxRowSum(displacement),
            value=bound,
            sign="\\le",
            assumptions=(
                arranged(size * lam < 1, "mu lam below 1", _near_affine),
                relation(
                    steep,
                    "remainder at most lam times the distance",
                ),
            ),
        )
    ]
