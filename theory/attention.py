"""One agent: the linear-self-attention layer, multiplied out block by block, is a gradient step.

Tokens are columns of 2d + 2 rows: examples ``(x; y; 0; 0)``, iterates ``(0; 0; w; 1)``. The layer is
``f(Z) = Z + V Z (Z^T K Z)/n``; the next iterate is read off the last column.

Source: section 1; layout of Huang, Wang, Lee (arXiv:2502.21212).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import BlockMatrix, Identity, Inverse, MatMul, MatrixExpr, MatrixSymbol, OneMatrix, Rational, ZeroMatrix

from theory import algebra
from theory.assumptions import invertible
from theory.dense import Dense
from theory.derivation import Derivation, equation
from theory.formula import Formula, conclude, derives
from theory.instance import Instance
from theory.nodes import PseudoInverse
from theory.symbols import K13, V31, W_h, X, d, eta, h, k, n, named, vector, w, y
from theory.symbols import SymmetricSymbol as Symmetric

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


def _grid(rows: tuple[Any, ...], columns: tuple[Any, ...], blocks: dict[tuple[int, int], MatrixExpr]) -> BlockMatrix:
    return BlockMatrix(
        [[blocks.get((i, j), ZeroMatrix(r, c)) for j, c in enumerate(columns)] for i, r in enumerate(rows)]
    )


def _product(left: BlockMatrix, right: BlockMatrix) -> BlockMatrix:
    """Multiply two block matrices, each block expanded into words."""
    lb, rb = left.blocks, right.blocks
    return BlockMatrix(
        [
            [
                algebra.expanded(sum((lb[i, m] * rb[m, j] for m in range(1, lb.shape[1])), lb[i, 0] * rb[0, j]))
                for j in range(rb.shape[1])
            ]
            for i in range(lb.shape[0])
        ]
    )


def _transposed(m: BlockMatrix) -> BlockMatrix:
    blocks = m.blocks
    return BlockMatrix(
        [[algebra.expanded(blocks[i, j].T) for i in range(blocks.shape[0])] for j in range(blocks.shape[1])]
    )


@cache
def layer(*, gradient_step: bool = False) -> tuple[Derivation, Any]:
    """Multiply out the layer; returns the chain up to the next iterate in terms of X, y, V31, K13.

    With ``gradient_step`` the two blocks are fixed first: minus the step size, and the identity.
    """
    at = Derivation()
    if gradient_step:
        at.define(V31, -eta * Identity(d), "the value block: minus the step size")
        at.define(K13, Identity(d), "the key block: the identity")
    tokens = _grid(
        ROWS,
        (n, k, 1),
        {(0, 0): X.T, (1, 0): y.T, (2, 1): W_h, (2, 2): w, (3, 1): OneMatrix(1, k), (3, 2): Identity(1)},
    )
    last = _grid(ROWS, (1,), {(2, 0): w, (3, 0): Identity(1)})
    values = _grid(ROWS, ROWS, {(2, 0): V31})
    keys = _grid(ROWS, ROWS, {(0, 2): K13, (1, 3): -Identity(1)})
    at.define(Z, tokens, "the token matrix: n examples, k earlier iterates, the present iterate")
    at.define(z, last, "its last column, the query token")
    at.define(V, values, "the value matrix: only the block V31")
    at.define(K, keys, "the key matrix: only the blocks K13 and K24 = -1")
    key = _product(keys, last)
    at.infer(equation(K * z, key), reason="block product of the key matrix and the query token")
    scores = _product(_transposed(tokens), key)
    at.infer(equation(Z.T * K * z, scores), reason="attention scores: every earlier iterate scores exactly zero")
    mixed = _product(tokens, scores)
    at.infer(equation(Z * Z.T * K * z, mixed), reason="tokens weighted by their scores")
    moved = BlockMatrix([[algebra.expanded(x / n)] for x in _product(values, mixed).blocks])
    at.infer(
        equation(V * Z * Z.T * K * z / n, moved), reason="the value matrix reads the first block, writes the third"
    )
    output = BlockMatrix([[algebra.expanded(a + c)] for a, c in zip(last.blocks, moved.blocks, strict=True)])
    column = z + MatMul(1 / n, V, Z, Z.T, K, z)
    at.infer(equation(column, output), reason="residual connection: the last column of f(Z)")
    # the third block of that column is the next iterate
    rows = BlockMatrix([[ZeroMatrix(d, d), ZeroMatrix(d, 1), Identity(d), ZeroMatrix(d, 1)]])
    at.define(w_next, rows * column, "the next iterate: the third block of the last column")
    read = at.infer(equation(w_next, output.blocks[2, 0]), reason="read off the third block")
    return at, read


def _gram_form(*, gradient_step: bool = False) -> tuple[Derivation, Any, Any, Any]:
    """The next iterate in terms of the Gram matrix and the moment."""
    chain, read = layer(gradient_step=gradient_step)
    at = chain.branch()
    gram = at.define(S, X.T * X / n, "Gram matrix of the prompt")
    moment = at.define(b, X.T * y / n, "moment of the prompt")
    update = at.restate(
        read, w_next, w + V31 * (S * K13 * w - b), gram, moment, reason="collect the Gram matrix and the moment"
    )
    return at, update, gram, moment


@derives("lsa-step", "lsa-step.gradient", "inert-history", "general-blocks.update")
def lsa_step() -> list[Formula]:
    """The layer's last column is one gradient-descent step on the in-context loss."""
    general, update, *_ = _gram_form()
    blocks = conclude(
        general,
        "general-blocks.update",
        "Update for any V31 and K13",
        "For any blocks $V_{31}$ and $K_{13}$ the layer moves the iterate by $V_{31}(S K_{13} w - b)$.",
        update,
        source="this project",
    )
    history = conclude(
        general,
        "inert-history",
        "Earlier iterates are inert",
        "Every earlier iterate token scores exactly zero against the query, so the update depends on the prompt and "
        "on the last iterate only.",
        update,
        source="this project",
    )
    at, update, gram, moment = _gram_form(gradient_step=True)
    value_block, key_block = at.steps[0].equation, at.steps[1].equation
    step = at.substitute_right(update, value_block, key_block, reason="insert the two blocks")
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
    unit = Dense.eye(at.integer(d), at.domain)
    slopes = []
    for i in range(unit.shape[0]):
        direction = Dense.from_rows([[unit[j, i]] for j in range(unit.shape[0])], at.domain)
        sides = []
        for end in (at(w) + direction, at(w) - direction):
            here = at.forget(w)
            here.values[w] = end
            sides.append(here(_loss(w)))
        slopes.append(sides[0] - sides[1])
    return Dense.hstack(slopes).transpose().over(at.domain.convert(2))


@derives("label-noise.target", "label-noise.gradient")
def label_noise() -> list[Formula]:
    """Any labels act like noise-free labels of the least-norm target."""
    at, *_ = _gram_form()
    at = at.branch()
    gram, moment = at.steps[-3].equation, at.steps[-2].equation
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
    at, update, *_ = _gram_form()
    at = at.branch()
    fixed = at.define_solution(
        w_fix, equation(w_fix, w_fix + V31 * (S * K13 * w_fix - b)), "a fixed point of the update"
    )
    at.infer(fixed, update, reason="the update with equal input and output")
    still = at.restate(
        fixed, algebra.expanded(V31 * S * K13 * w_fix), algebra.expanded(V31 * b), reason="nothing moves"
    )
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
        (Inverse(K13) - Identity(d)) * target,
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
