"""One agent: the linear-self-attention layer, multiplied out block by block, is a gradient step.

Tokens are columns of 2d + 2 rows: examples ``(x; y; 0; 0)``, iterates ``(0; 0; w; 1)``. The layer is
``f(Z) = Z + V Z (Z^T K Z)/n``; the next iterate is read off the last column.

Source: section 1; layout of Huang, Wang, Lee (arXiv:2502.21212).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Identity, Inverse, MatrixExpr, MatrixSymbol, OneMatrix, Rational

from theory.derivation.assumptions import arranged, invertible
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.derivation.sources import ABSTRACTS
from theory.language.blocks import grid
from theory.language.nodes import Norm, PseudoInverse, Vanishes
from theory.language.predicates import All, Iff, Minimises, Unique
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
from theory.values.drawing import Drawer

__all__ = ["ROWS", "S", "b", "target", "w_fix", "w_next"]

S = named(Symmetric("S", d, d), "S")
b = vector("b", "b")
w_next = vector("w_next", "w^{+}")
target = vector("w_target", "w^{*}")
grad = vector("grad", r"\nabla L(w)")
w_fix = vector("w_fix", r"w_{\mathrm{fix}}")
w_bare = vector("w_next_without_history", r"w^{+}_{\text{without history}}")

ROWS = (d, 1, d, 1)
Z = named(MatrixSymbol("Z", 2 * d + 2, n + k + 1), "Z")
Z_bare = named(MatrixSymbol("Z_bare", 2 * d + 2, n + 1), "Z_0")
Z_past = named(MatrixSymbol("Z_past", 2 * d + 2, k), r"Z_{\mathrm h}")
z = named(MatrixSymbol("z", 2 * d + 2, 1), "z")
V = named(MatrixSymbol("V", 2 * d + 2, 2 * d + 2), "V")
K = named(MatrixSymbol("K", 2 * d + 2, 2 * d + 2), "K")
third = named(MatrixSymbol("E_3", d, 2 * d + 2), r"E_3^{\mathsf T}")


@dataclass(frozen=True)
class Layer:
    """The multiplied-out layer and the lines of it that results cite."""

    chain: Derivation
    parts: Sequence[Any]
    gram: Any
    moment: Any
    update: Any


def layer() -> Layer:
    """Multiply out the layer, up to the next iterate in terms of S, b, V31 and K13."""
    return _multiplied_out(Derivation())


def _layer_output(tokens: MatrixExpr) -> MatrixExpr:
    """Return the last column of f(Z), for tokens of which z is the last."""
    return z + V * tokens * tokens.T * K * z / n


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
    column = _layer_output(Z)
    at.multiply_blocks(K * z, *parts, reason="the key of the query token")
    at.multiply_blocks(Z.T * K * z, *parts, reason="attention scores: every earlier iterate scores exactly zero")
    at.multiply_blocks(
        column, *parts, reason="values weighted by scores, and the residual connection: the last column of f(Z)"
    )
    out = at.define(w_next, third * column, "the next iterate: the third block of the last column")
    block = at.multiply_blocks(third * column, *parts, reason="read it off")
    block = at.only_block(block, reason="one block")
    read = at.restate(block, w_next, block.rhs, out, reason="the next iterate")
    gram = at.define(S, X.T * X / n, "Gram matrix of the prompt")
    moment = at.define(b, X.T * y / n, "moment of the prompt")
    update = at.restate(
        read, w_next, w + V31 * (S * K13 * w - b), gram, moment, reason="collect the Gram matrix and the moment"
    )
    return Layer(at, parts, gram, moment, update)


def _step_block(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Set the value block to minus the step size."""
    if {"V31", "eta"} <= set(values):
        values["V31"] = -Dense.eye(values["V31"].shape[0], drawer.domain).scale(values["eta"])
    _plain_key(drawer, values)


def _plain_key(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Set the key block to the identity."""
    if "K13" in values:
        values["K13"] = Dense.eye(values["K13"].shape[0], drawer.domain)


@derives("lsa-step", "lsa-step.gradient")
def lsa_step() -> list[Formula]:
    """The layer's last column is one gradient-descent step on the in-context loss."""
    special = layer()
    at, gram, moment = special.chain, special.gram, special.moment
    blocks = equation(V31, -eta * I), equation(K13, I)
    needs = (
        arranged(blocks[0], "V31 minus the step size", _step_block),
        arranged(blocks[1], "K13 the identity", _plain_key),
    )
    for block, reason in zip(
        blocks, ("the value block: minus the step size", "the key block: the identity"), strict=True
    ):
        at.assume(block, reason)
    step = at.substitute_right(special.update, *blocks, reason="insert the two blocks")
    step = at.restate(step, w_next, w - eta * (S * w - b), reason="factor out the step size")
    done = at.branch()
    slope = at.define(grad, S * w - b, "the candidate for the gradient of L(w) = |Xw - y|^2/(2n)")
    expansion = at.identity(
        _loss(w + h) - _loss(w),
        (S * w - b).T * h + Rational(1, 2) * h.T * S * h,
        gram,
        moment,
        reason="expand L(w + h) - L(w): the candidate is the coefficient of any h",
    )
    return [
        conclude(done, "lsa-step", "The layer is a gradient step", step, assumptions=needs, source=ABSTRACTS),
        conclude(
            at,
            "lsa-step.gradient",
            "Gradient of the in-context loss",
            slope,
            says=expansion,
            rests_on=(expansion,),
            source=ABSTRACTS,
        ),
    ]


@derives("inert-history", "general-blocks.update")
def any_blocks() -> list[Formula]:
    """The update for any two blocks, with a history of iterates and without one."""
    general = layer()
    at, parts, update = general.chain, general.parts, general.update
    blocks = conclude(at.branch(), "general-blocks.update", "Update for any V31 and K13", update)
    bare = at.define(
        Z_bare,
        grid(ROWS, (n, 1), {(0, 0): X.T, (1, 0): y.T, (2, 1): w, (3, 1): Identity(1)}),
        "the token matrix without earlier iterates",
    )
    past = at.define(
        Z_past, grid(ROWS, (k,), {(2, 0): W_h, (3, 0): OneMatrix(1, k)}), "the tokens of the earlier iterates alone"
    )
    silent = at.multiply_blocks(Z_past.T * K * z, past, *parts, reason="multiply out the scores of the history")
    zero = at.only_block(silent, reason="they are exactly zero")
    column = _layer_output(Z_bare)
    out = at.define(w_bare, third * column, "the next iterate without a history")
    block = at.multiply_blocks(third * column, bare, *parts[1:], reason="read it off")
    block = at.only_block(block, reason="one block")
    read = at.restate(block, w_bare, block.rhs, out, reason="the next iterate")
    alike = at.restate(read, w_bare, update.rhs, general.gram, general.moment, reason="collect: it is the same")
    same = at.restate(update, w_next, w_bare, alike, reason="so the history changes nothing")
    history = conclude(
        at,
        "inert-history",
        "Earlier iterates are inert",
        update,
        says=All(same, zero),
        rests_on=(alike, same, zero),
    )
    return [history, blocks]


def _loss(at: MatrixExpr) -> MatrixExpr:
    return (X * at - y).T * (X * at - y) / (2 * n)


def _sometimes_unseen(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Take off the displacement what the examples see of it, half the time."""
    if drawer.random is not None and drawer.random.randint(0, 1) and {"X", "h"} <= set(values):
        seen = values["X"]
        values["h"] = values["h"] - seen.pinv() @ (seen @ values["h"])


def _sometimes_kept(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let the key block keep the target of the prompt, half the time."""
    if drawer.random is not None and drawer.random.randint(0, 1):
        goal = values["X"].pinv() @ values["y"]
        if not goal.is_zero:
            moved = goal - values["K13"] @ goal
            values["K13"] = values["K13"] + moved @ goal.transpose() @ (goal @ goal.transpose()).pinv()


@derives("label-noise.target", "label-noise.gradient", "label-noise.fits", "label-noise.least")
def label_noise() -> list[Formula]:
    """Any labels act like noise-free labels of the least-norm target."""
    base = layer()
    at, gram, moment = base.chain, base.gram, base.moment
    goal = at.define(target, PseudoInverse(S) * b, "the least-norm minimiser of the loss")
    plus = PseudoInverse(S)
    penrose = at.cite(equation(S * plus * S, S), reason="Penrose's first equation")
    blind = at.identity(
        (I - S * plus) * S * (I - plus * S), 0 * I, penrose, reason="what S^+ S leaves out is seen by no quadratic form"
    )
    unseen = at.definite(
        blind,
        [(1 / n, (I - S * plus) * X.T, Identity(n))],
        gram,
        chosen=0,
        reason="nor by any example, as v^T S v = |Xv|^2/n",
    )
    seen = at.transpose(unseen, reason="transpose: S and its pseudo-inverse are symmetric")
    normal = at.restate(seen, S * plus * X.T, X.T, reason="S S^+ acts as 1 on range(X^T)")
    product = at.multiply(S, goal, reason="multiply by S")
    product = at.substitute(product, moment, normal, reason="the moment lies in range(X^T), where S S^+ acts as 1")
    product = at.restate(product, S * target, b, moment, reason="recognise the moment: S w* = b for any labels")
    gradient = at.identity(S * w - b, S * (w - target), product, reason="the gradient, whatever the labels")
    shifted = at.identity(S * (target + h) - b, S * h, product, reason="another target, shifted by h")
    fitting, kernel = equation(S * (target + h), b), Vanishes(S * h, Norm(h))
    return [
        conclude(at.branch(), "label-noise.target", "Effective target", goal, says=product, rests_on=(product,)),
        conclude(at, "label-noise.gradient", "Gradient under any labels", gradient),
        conclude(
            at,
            "label-noise.fits",
            "The targets that fit",
            shifted,
            says=Iff(fitting, kernel),
            value=kernel,
            arrange=_sometimes_unseen,
        ),
        conclude(
            at,
            "label-noise.least",
            "The least of the targets that fit",
            goal,
            says=Minimises(w, w.T * w, target, equation(S * w, b)),
            rests_on=(product,),
        ),
    ]


@derives("general-blocks.fixed-point", "general-blocks.unique", "general-blocks.bias", "general-blocks.unbiased")
def general_blocks() -> list[Formula]:
    """With K13 other than the identity an agent is biased alone."""
    at = Derivation()
    at.define(S, X.T * X / n, "Gram matrix of the prompt")
    at.define(b, X.T * y / n, "moment of the prompt")
    still_at = equation(w_fix, w_fix + V31 * (S * K13 * w_fix - b))
    fixed = at.define_solution(
        w_fix, still_at, "a state that the layer's update leaves where it is", cites=("general-blocks.update",)
    )
    still = at.restate(fixed, V31 * S * K13 * w_fix, V31 * b, reason="nothing moves")
    held = at.multiply(Inverse(V31), still, reason="V31 is invertible")
    held = at.multiply(Inverse(S), held, reason="S is invertible")
    found = at.multiply(Inverse(K13), held, reason="K13 is invertible")
    needs = (invertible(V31), invertible(S), invertible(K13))
    fixed_point = conclude(
        at.branch(), "general-blocks.fixed-point", "Where one agent alone rests", found, assumptions=needs
    )
    chain = at.branch()
    rest = chain.infer(
        Unique(w_fix, still_at), found, reason="what no update moves solves V31 S K13 w = V31 b, and all three invert"
    )
    unique = conclude(chain, "general-blocks.unique", "One agent alone has one state of rest", rest, assumptions=needs)
    goal = at.define(target, Inverse(S) * b, "the target of the prompt")
    offset = at.identity(
        w_fix - target,
        (Inverse(K13) - I) * target,
        found,
        goal,
        reason="compare the fixed point with the target",
    )
    bias = conclude(at, "general-blocks.bias", "Bias of one agent alone", offset, assumptions=needs)
    turned = at.identity(
        K13 * (w_fix - target), target - K13 * target, found, goal, reason="what the key block does to the bias"
    )
    kept = Vanishes(K13 * target - target, Norm(target))
    unbiased = conclude(
        at,
        "general-blocks.unbiased",
        "The targets that an agent alone reaches",
        turned,
        says=Iff(equation(w_fix, target), equation(K13 * target, target)),
        value=kept,
        arrange=_sometimes_kept,
        assumptions=needs,
    )
    return [fixed_point, unique, bias, unbiased]
