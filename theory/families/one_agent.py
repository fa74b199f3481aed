"""One agent: the linear-self-attention layer, multiplied out block by block, is a gradient step.

Tokens are columns of 2d + 2 rows: examples ``(x; y; 0; 0)``, iterates ``(0; 0; w; 1)``. The layer is
``f(Z) = Z + V Z (Z^T K Z)/n``; the next iterate is read off the last column.

Source: section 1; layout of Huang, Wang, Lee (arXiv:2502.21212).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Identity, Inverse, MatrixExpr, MatrixSymbol, OneMatrix, Rational

from theory.derivation.assumptions import invertible
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.language.blocks import grid
from theory.language.nodes import PseudoInverse
from theory.language.symbols import (
    K13,
    V31,
    I,
    SymmetricSymbol as Symmetric,
    W_h,
    X,
    d,
    eta,
    h,
    k,
    n,
    named,
    vector,
    w,
    y,
)
from theory.values.dense import Dense
from theory.values.instance import Instance

__all__ = ["ROWS", "S", "b", "target", "w_next"]

S = named(Symmetric("S", d, d), "S")
b = vector("b", "b")
w_next = vector("w_next", "w^{+}")
target = vector("w_target", "w^{*}")
grad = vector("grad", r"\nabla L(w)")
w_fix = vector("w_fix", r"w_{\mathrm{fix}}")

ROWS = (d, 1, d, 1)
Z = named(MatrixSymbol("Z", 2 * d + 2, n + k + 1), "Z")
z = named(MatrixSymbol("z", 2 * d + 2, 1), "z")
V = named(MatrixSymbol("V", 2 * d + 2, 2 * d + 2), "V")
K = named(MatrixSymbol("K", 2 * d + 2, 2 * d + 2), "K")
third = named(MatrixSymbol("E_3", d, 2 * d + 2), r"E_3^{\mathsf T}")


@dataclass(frozen=True)
class Layer:
    """The multiplied-out layer and the lines of it that results cite."""

    chain: Derivation
    gram: Any
    moment: Any
    scores: Any
    update: Any


def layer(*given: tuple[Any, Any, str]) -> Layer:
    """Multiply out the layer, up to the next iterate in terms of S, b, V31 and K13.

    Parameters
    ----------
    *given : (symbol, value, reason)
        Definitions that come first, such as special blocks.
    """
    at = Derivation()
    for symbol, value, reason in given:
        at.define(symbol, value, reason)
    return _multiplied_out(at)


def _multiplied_out(at: Derivation) -> Layer:
    parts = (
        at.define(
            Z,
            grid(
                ROWS,
                (n, k, 1),
                {(0, 0): X.T, (1, 0): y.T, (2, 1): W_h, (2, 2): w, (3, 1): OneMatrix(1, k), (3, 2): Identity(1)},
            ),
            "the token matrix: n examples, k earlier iterates, the present iterate",
        ),
        at.define(z, grid(ROWS, (1,), {(2, 0): w, (3, 0): Identity(1)}), "its last column, the query token"),
        at.define(V, grid(ROWS, ROWS, {(2, 0): V31}), "the value matrix: only the block V31"),
        at.define(
            K, grid(ROWS, ROWS, {(0, 2): K13, (1, 3): -Identity(1)}), "the key matrix: only the blocks K13 and K24 = -1"
        ),
        at.define(third, grid((d,), ROWS, {(0, 2): I}), "what reads the third block of a token"),
    )
    column = z + V * Z * Z.T * K * z / n
    at.multiply_blocks(K * z, *parts, reason="the key of the query token")
    scores = at.multiply_blocks(
        Z.T * K * z, *parts, reason="attention scores: every earlier iterate scores exactly zero"
    )
    at.multiply_blocks(
        column, *parts, reason="values weighted by scores, and the residual connection: the last column of f(Z)"
    )
    out = at.define(w_next, third * column, "the next iterate: the third block of the last column")
    block = at.multiply_blocks(third * column, *parts, reason="read it off")
    read = at.infer(equation(w_next, block.rhs.blocks[0, 0]), out, block, reason="the next iterate")
    gram = at.define(S, X.T * X / n, "Gram matrix of the prompt")
    moment = at.define(b, X.T * y / n, "moment of the prompt")
    update = at.restate(
        read, w_next, w + V31 * (S * K13 * w - b), gram, moment, reason="collect the Gram matrix and the moment"
    )
    return Layer(at, gram, moment, scores, update)


@derives("lsa-step", "lsa-step.gradient", "inert-history", "general-blocks.update")
def lsa_step() -> list[Formula]:
    """The layer's last column is one gradient-descent step on the in-context loss."""
    general = layer()
    blocks = conclude(
        general.chain,
        "general-blocks.update",
        "Update for any V31 and K13",
        "For any blocks $V_{31}$ and $K_{13}$ the layer moves the iterate by $V_{31}(S K_{13} w - b)$.",
        general.update,
        source="this project",
    )
    history = conclude(
        general.chain,
        "inert-history",
        "Earlier iterates are inert",
        "Every earlier iterate token scores exactly zero against the query, so the update depends on the prompt and "
        "on the last iterate only.",
        general.update,
        rests_on=(general.scores,),
        source="this project",
    )
    special = layer(
        (V31, -eta * I, "the value block: minus the step size"),
        (K13, I, "the key block: the identity"),
    )
    at, gram, moment = special.chain, special.gram, special.moment
    value_block, key_block = at.steps[0].equation, at.steps[1].equation
    step = at.substitute_right(special.update, value_block, key_block, reason="insert the two blocks")
    step = at.restate(step, w_next, w - eta * (S * w - b), reason="factor out the step size")
    done = at.branch()
    loss, moved, gradient = _loss(w), _loss(w + h), S * w - b
    taylor = at.define_value(
        grad,
        equation(moved - loss, grad.T * h + Rational(1, 2) * h.T * S * h),
        "the gradient: the coefficient of h in L(w + h) - L(w), with L(w) = |Xw - y|^2/(2n)",
        _central_differences,
    )
    expansion = at.identity(
        moved - loss,
        gradient.T * h + Rational(1, 2) * h.T * S * h,
        gram,
        moment,
        reason="expand the same difference with the Gram matrix and the moment",
    )
    slope = at.infer(equation(grad, gradient), taylor, expansion, reason="compare the coefficients of any h")
    return [
        conclude(
            done,
            "lsa-step",
            "The layer is a gradient step",
            r"With $V_{31} = -\eta I$ and $K_{13} = I$ the layer takes exactly one gradient-descent step of size "
            r"$\eta$ on $L(w) = \lVert Xw - y\rVert^2/(2n)$.",
            step,
        ),
        conclude(
            at,
            "lsa-step.gradient",
            "Gradient of the in-context loss",
            r"The gradient of $L(w) = \lVert Xw - y\rVert^2/(2n)$ is $Sw - b$.",
            slope,
        ),
        history,
        blocks,
    ]


def _loss(at: MatrixExpr) -> MatrixExpr:
    return (X * at - y).T * (X * at - y) / (2 * n)


def _central_differences(at: Instance) -> Dense:
    """Gradient of the loss by central differences, exact because the loss is quadratic."""
    slopes = []
    for direction in Dense.eye(at.integer(d), at.domain).columns():
        sides = []
        for end in (at(w) + direction, at(w) - direction):
            here = at.with_value(w, end)
            sides.append(here(_loss(w)))
        slopes.append(sides[0] - sides[1])
    return Dense.hstack(slopes).transpose().over(at.domain.convert(2))


@derives("label-noise.target", "label-noise.gradient")
def label_noise() -> list[Formula]:
    """Any labels act like noise-free labels of the least-norm target."""
    base = layer()
    at, gram, moment = base.chain, base.gram, base.moment
    goal = at.define(target, PseudoInverse(S) * b, "the least-norm minimiser of the loss")
    normal = at.infer(
        equation(S * PseudoInverse(S) * X.T, X.T),
        gram,
        reason="S S^+ projects onto range(S) = range(X^T): |Xv| = 0 iff v^T S v = 0",
    )
    product = at.multiply(S, goal, reason="multiply by S")
    product = at.substitute(product, moment, normal, reason="the moment lies in range(X^T), where S S^+ acts as 1")
    product = at.restate(product, S * target, b, moment, reason="recognise the moment: S w* = b for any labels")
    gradient = at.identity(
        S * w - b, S * (w - target), equation(S * target, b), reason="the gradient, whatever the labels"
    )
    return [
        conclude(
            at.branch(),
            "label-noise.target",
            "Effective target",
            "For any labels the moment lies in range(S), so noisy or inconsistent labels act exactly like noise-free "
            r"labels of $w^{*} = S^{+} b$; the targets that fit are $w^{*} + \ker S$.",
            goal,
            rests_on=(product,),
            source="this project",
        ),
        conclude(
            at,
            "label-noise.gradient",
            "Gradient under any labels",
            r"$S w - b = S (w - w^{*})$ with $w^{*} = S^{+} b$, for any labels.",
            gradient,
            source="this project",
        ),
    ]


@derives("general-blocks.fixed-point", "general-blocks.bias")
def general_blocks() -> list[Formula]:
    """With K13 other than the identity an agent is biased alone."""
    at = Derivation()
    at.define(S, X.T * X / n, "Gram matrix of the prompt")
    at.define(b, X.T * y / n, "moment of the prompt")
    at.define_solution(w_fix, equation(w_fix, w_fix + V31 * (S * K13 * w_fix - b)), "a state that no update moves")
    there = at.define(w, w_fix, "hand it to the layer")
    update = _multiplied_out(at).update
    returned = at.infer(equation(w_next, w_fix), update, there, reason="the layer returns it unchanged")
    fixed = at.substitute(update, returned, there, reason="the update with equal input and output")
    still = at.restate(fixed, V31 * S * K13 * w_fix, V31 * b, reason="nothing moves")
    held = at.multiply(Inverse(V31), still, reason="V31 is invertible")
    held = at.multiply(Inverse(S), held, reason="S is invertible")
    found = at.multiply(Inverse(K13), held, reason="K13 is invertible")
    needs = (invertible(V31), invertible(S), invertible(K13))
    fixed_point = conclude(
        at.branch(),
        "general-blocks.fixed-point",
        "Where one agent alone rests",
        "With invertible $V_{31}$, $S$, $K_{13}$ the update has one fixed point; it does not depend on $V_{31}$.",
        found,
        assumptions=needs,
        source="this project",
    )
    goal = at.define(target, Inverse(S) * b, "the target of the prompt")
    offset = at.identity(
        w_fix - target,
        (Inverse(K13) - I) * target,
        found,
        goal,
        reason="compare the fixed point with the target",
    )
    bias = conclude(
        at,
        "general-blocks.bias",
        "Bias of one agent alone",
        r"The agent rests at distance $(K_{13}^{-1} - I)w^{*}$ from its target: unbiased for every target iff "
        r"$K_{13} = I$.",
        offset,
        assumptions=needs,
        source="this project",
    )
    return [fixed_point, bias]
