"""What training a full layer finds: the best of all layers, and why the law of the starting iterate decides it.

Prompts hold n Gaussian examples of covariance Sigma with labels ``y = X w*``. If the displacement ``xi = w* - w`` is
isotropic and independent of the iterate w, the blocks V31, K13 and K24 alone make the best of all layers. If w* itself
is independent of w, a layer that forgets the iterate is better.

Source: section 9.
"""

from __future__ import annotations

from typing import Any

from sympy import Identity, Inverse, MatrixSymbol, Symbol, Trace

from theory.derivation.assumptions import invertible
from theory.derivation.formula import THIS, Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.families.one_agent import S
from theory.families.population import GRAM, Gamma, GramMoment, define_gamma, moments, prediction_loss
from theory.language.nodes import Inner
from theory.language.symbols import (
    K13,
    K14,
    K23,
    K24,
    V31,
    V32,
    I,
    Sigma,
    X,
    Y,
    d,
    kappa,
    n,
    named,
    primitive,
    vector,
    w,
    y,
)

xi = primitive("xi", "vector", r"\xi", "displacement of the target from the iterate")


goal = vector("w_goal", "w^{*}")
answered = vector("answered", "a")
weight = named(Symbol("s_w", real=True), "s_w")
aim = vector("u_w", "u_w")
values = named(MatrixSymbol("V_w", d, d), "V_w")
best = named(MatrixSymbol("N_w", d, d), "N_w")
missed = named(Symbol("missed", real=True), r"\mathbb E\lVert \xi - Y S \xi\rVert^2")
excess = named(Symbol("excess", real=True), r"\mathbb E\lVert \xi - Y S \xi\rVert^2 - \mathrm{least}")
least = named(Symbol("least", real=True), r"\mathrm{least}")
gain = named(Symbol("gain", real=True), r"\mathrm{loss}(V_{31}, K_{13}) - \mathrm{loss}(\mathrm{forgetful})")


def _from_examples() -> Any:
    """What a layer adds to the iterate because of its examples: trained-layer.update without the self attention."""
    gram, moment, power = X.T * X / n, X.T * y / n, y.T * y / n
    return V31 * (gram * K13 * w + gram * K14 + moment * (K23.T * w + K24 * Identity(1))) + V32 * (
        moment.T * K13 * w + moment.T * K14 + power * (K23.T * w + K24 * Identity(1))
    )


@derives("free-layer-optimum.linear-part")
def linear_part() -> list[Formula]:
    """How the answer depends on the displacement of the target."""
    at = Derivation()
    target = at.define(goal, w + xi, "the target of the prompt: the iterate plus a displacement independent of it")
    labels = at.define(y, X * goal, "its labels")
    gram = at.define(S, X.T * X / n, "Gram matrix of the prompt")
    out = at.define(answered, _from_examples(), "what the examples add to the answer: trained-layer")
    s_line = at.define(weight, Inner(K23, w) + K24, "a number that depends on the iterate only")
    u_line = at.define(aim, K13 * w + K14 + weight * w, "a vector that depends on the iterate only")
    v_line = at.define(values, V31 + V32 * w.T, "a matrix that depends on the iterate only")
    n_line = at.define(best, weight * values + V32 * aim.T, "another one")
    split = at.infer(
        equation(answered, values * S * aim + best * S * xi + weight * V32 * xi.T * S * xi),
        *(target, labels, gram, out, s_line, u_line, v_line, n_line),
        reason="insert the labels: (V31 + V32 w*^T)S(K13 w + K14 + s_w w*), and multiply out in xi",
    )
    return [
        conclude(
            at,
            "free-layer-optimum.linear-part",
            "How an answer depends on the displacement",
            r"Of any layer's answer, $N_w S\xi$ is the part linear in the displacement, with a matrix $N_w$ that "
            r"depends on the iterate only; self attention does not see $\xi$ at all. The other parts are even in "
            r"$\xi$, so they can only add to the loss: $\mathbb E\lVert w^{+} - w^{*}\rVert^2 \ge \mathbb E\lVert \xi "
            r"- N_w S\xi\rVert^2$.",
            n_line,
            rests_on=(split,),
            source=THIS,
        )
    ]


@derives("free-layer-optimum.least", "free-layer-optimum.excess")
def displaced() -> list[Formula]:
    """The least loss of all layers, for displaced targets."""
    at, whole = moments()
    at = at.branch()
    gamma = define_gamma(at)
    square = at.infer(equation(GramMoment(I, Sigma), Sigma * Gamma), whole, gamma, reason="second moment at Y = I")
    loss = at.define(
        missed,
        d - 2 * Trace(Y * Sigma) + Trace(Y * GramMoment(I, Sigma) * Y.T),
        "mean of |xi - Y S xi|^2 for isotropic xi of variance 1 a coordinate, independent of the prompt; E[S] = Sigma",
    )
    inverse = Inverse(Gamma)
    floor = at.define(least, d - Trace(inverse * Sigma), "its value at Y = Gamma^-1")
    gap = Y - inverse
    above = at.infer(
        equation(missed - least, Trace(gap * Sigma * Gamma * gap.T)),
        *(loss, floor, square),
        reason="complete the square; Sigma and Gamma commute, and Sigma Gamma is positive semidefinite",
    )
    named_excess = at.define(excess, Trace(gap * Sigma * Gamma * gap.T), "what another matrix costs")
    return [
        conclude(
            at.branch(),
            "free-layer-optimum.least",
            "The least loss of any layer",
            r"Let $w^{*} = w + \xi$ with $\xi$ isotropic, of variance 1 a coordinate and independent of $w$ and of the "
            r"examples. No layer, whatever its $V$ and $K$, has a smaller mean squared distance to the target, and "
            r"$V_{31} = -\Gamma^{-1}$, $K_{13} = I$, $K_{24} = -1$, zero elsewhere, attains it.",
            floor,
            rests_on=(above,),
            assumptions=(GRAM, invertible(Gamma)),
            source=THIS,
        ),
        conclude(
            at.branch(),
            "free-layer-optimum.excess",
            "What another layer loses",
            r"A layer whose answer is linear in $\xi$ with the matrix $Y$ for $N_w$ misses by this much more.",
            named_excess,
            rests_on=(above,),
            assumptions=(invertible(Gamma),),
            source=THIS,
        ),
    ]


@derives("free-layer-optimum.forgetful")
def independent() -> list[Formula]:
    """What a layer gains by forgetting an iterate that says nothing."""
    at, whole = moments()
    at = at.branch()
    gamma = define_gamma(at)
    inverse = Inverse(Gamma)
    blocks = prediction_loss(K13).subs({V31: -inverse, K13: I})
    forgetful = d - 2 * Trace(inverse * Sigma) + Trace(inverse * GramMoment(I, Sigma) * inverse)
    difference = at.define(
        gain,
        blocks - forgetful,
        "population-optimum.loss at V31 = -Gamma^-1 and K13 = I, less that of the answer Gamma^-1 b: V33 = -n I and "
        "K44 = 1 cancel the iterate, K13 = 0 ignores it",
    )
    worth = at.infer(
        equation(gain, kappa * (d - Trace(inverse * Sigma))),
        *(difference, gamma, whole),
        reason="E[S S] = Sigma Gamma; what remains is the mean of |w - Gamma^-1 S w|^2, which is positive",
    )
    return [
        conclude(
            at,
            "free-layer-optimum.forgetful",
            "What forgetting the iterate gains",
            r"Let $w^{*}$ and $w$ be isotropic and independent of one another. Then the layer with $V_{31} = "
            r"-\Gamma^{-1}$, $K_{24} = -1$, $V_{33} = -nI$, $K_{44} = 1$ and zero elsewhere, which answers "
            r"$\Gamma^{-1}b$ whatever the iterate, loses less than the best layer with the blocks $V_{31}$, "
            r"$K_{13} = I$ and $K_{24}$ alone, by this much: training a full layer on such prompts does not lead to a "
            r"gradient step.",
            worth,
            assumptions=(GRAM, invertible(Gamma)),
            source=THIS,
        )
    ]
