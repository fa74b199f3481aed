"""Training: the blocks that are best on average over random prompts, from Gaussian moments derived here.

Prompts hold n examples with covariance Sigma and labels of a random target; the layer with blocks V31 and K13 turns
an iterate w into ``w + V31 S (K13 w - w*)``. Only the first two moments of the Gram matrix S matter.

Source: section 1; Marchenko-Pastur edge: Y. Q. Yin, Z. D. Bai, P. R. Krishnaiah, PTRF 78 (1988) 509.
"""

from __future__ import annotations

from functools import cache
from itertools import product
from typing import Any

from sympy import (
    Basic,
    Inverse,
    MatrixExpr,
    MatrixSymbol,
    Symbol,
    Trace,
    exp,
    integrate,
    limit,
    oo,
    pi,
    simplify,
    sqrt,
)
from sympy.abc import x as X1

from theory.derivation.assumptions import invertible, psd
from theory.derivation.formula import THIS, Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.errors import DerivationError
from theory.language.symbols import K13, V31, I, Sigma, Y, d, kappa, n, named, r
from theory.values.dense import Dense

__all__ = [
    "GRAM",
    "Gamma",
    "GramMoment",
    "define_gamma",
    "gaussian_moments",
    "moments",
    "pairings_hold",
    "prediction_loss",
]


Gamma = named(MatrixSymbol("Gamma", d, d), r"\Gamma")
GRAM = psd(Sigma)


@cache
def gaussian_moments() -> tuple[Any, ...]:
    """Moments 0 to 4 of the standard normal distribution, integrated from its density."""
    density = exp(-(X1**2) / 2) / sqrt(2 * pi)
    return tuple(integrate(X1**k * density, (X1, -oo, oo)) for k in range(5))


@cache
def pairings_hold() -> bool:
    """Whether E[z_a z_b z_c z_d] is the sum of its three pairings, for independent standard normal coordinates.

    Both sides depend only on which of the four indices coincide: four values per index cover every pattern, so
    this decides the identity for every dimension.
    """
    moments = gaussian_moments()
    for indices in product(range(4), repeat=4):
        a, b, c, e = indices
        expected = int(a == b and c == e) + int(a == c and b == e) + int(a == e and b == c)
        actual = 1
        for value in set(indices):
            actual *= moments[indices.count(value)]
        if actual != expected:
            return False
    return True


class ExampleMoment(MatrixExpr):  # type: ignore[misc]
    """``E[x x^T Y x x^T]`` for one Gaussian example x with covariance Sigma."""

    def __new__(cls, middle: Any, covariance: Any) -> Any:
        return Basic.__new__(cls, middle, covariance)

    shape = property(lambda self: self.args[1].shape)

    def doit(self, **hints: Any) -> ExampleMoment:
        """Return the node itself."""
        return self

    def _latex(self, printer: Any) -> str:
        return rf"\mathbb E\left[x x^{{\mathsf T}} {printer._print(self.args[0])} x x^{{\mathsf T}}\right]"

    def _dense(self, evaluate: Any) -> Dense:
        """Contract with the fourth moments, entry by entry: the pairings of x = L z contract to entries of Sigma."""
        middle, cov = evaluate(self.args[0]), evaluate(self.args[1])
        size = cov.shape[0]
        if not pairings_hold():
            raise DerivationError("the fourth Gaussian moment is not the sum of its pairings")
        domain = cov.domain
        rows = []
        for a in range(size):
            row = []
            for e in range(size):
                total = domain.zero
                for b, c in product(range(size), repeat=2):
                    pairs = cov[a, b] * cov[c, e] + cov[a, c] * cov[b, e] + cov[a, e] * cov[b, c]
                    total += middle[b, c] * pairs
                row.append(total)
            rows.append(row)
        contracted = Dense.from_rows(rows, domain)
        return Dense(contracted.num, (_over(middle) @ _over(cov) @ _over(cov)).den)


def _over(value: Dense) -> Dense:
    """One over the denominator of a matrix, as a 1 x 1 matrix."""
    return Dense(Dense.number(1, value.domain).num, value.den)


class GramMoment(MatrixExpr):  # type: ignore[misc]
    """``E[S Y S]`` for the Gram matrix S of n independent Gaussian examples with covariance Sigma."""

    def __new__(cls, middle: Any, covariance: Any) -> Any:  # noqa: D102
        return Basic.__new__(cls, middle, covariance)

    shape = property(lambda self: self.args[1].shape)

    def doit(self, **hints: Any) -> GramMoment:
        """Return the node itself."""
        return self

    def _latex(self, printer: Any) -> str:
        return rf"\mathbb E\left[S\, {printer._print(self.args[0])}\, S\right]"

    def _dense(self, evaluate: Any) -> Dense:
        """Sum over all pairs of examples: equal ones share a moment, different ones are independent."""
        middle, covariance = self.args
        count = evaluate.sizes["n"]
        same = evaluate(ExampleMoment(middle, covariance))
        apart = evaluate(covariance) @ evaluate(middle) @ evaluate(covariance)
        total = Dense.full(same.shape, 0, same.domain)
        for i, j in product(range(count), repeat=2):
            total = total + (same if i == j else apart)
        return total.over(same.domain.convert(count**2))


def second_moment(middle: Any) -> Any:
    """``E[S Y S]`` with Wishart's pairings carried out."""
    return Sigma * middle * Sigma + (Sigma * middle.T * Sigma + Trace(middle * Sigma) * Sigma) / n


@cache
def moments() -> tuple[Derivation, Any]:
    """The chain to the second moment ``E[S Y S]`` of the Gram matrix of n Gaussian examples, and its last line."""
    at = Derivation()
    one = at.infer(
        equation(ExampleMoment(Y, Sigma), Sigma * Y * Sigma + Sigma * Y.T * Sigma + Trace(Y * Sigma) * Sigma),
        reason="one example: E[z_a z_b z_c z_d] is the sum of its three pairings, from the moments 1, 0, 1, 0, 3 of "
        "the normal "
        "density and independence",
    )
    many = at.infer(
        equation(GramMoment(Y, Sigma), (ExampleMoment(Y, Sigma) + (n - 1) * Sigma * Y * Sigma) / n),
        reason="n examples: n equal pairs, n(n-1) independent pairs, over n^2",
    )
    whole = at.infer(
        equation(GramMoment(Y, Sigma), second_moment(Y)), one, many, reason="insert the moment of one example"
    )
    return at, whole


def define_gamma(at: Derivation, reason: str = "population-optimum.Gamma") -> Any:
    """Introduce Gamma, for which ``E[S S] = Sigma Gamma``."""
    return at.define(Gamma, (1 + 1 / n) * Sigma + Trace(Sigma) * I / n, reason)


def prediction_loss(kk: Any) -> Any:
    """Twice the population loss over the variance of the target, as traces; `kk` is K13."""
    v = V31
    return kappa * (d + 2 * Trace(v * Sigma * kk) + Trace(v * second_moment(kk * kk.T) * v.T)) + (
        d + 2 * Trace(v * Sigma) + Trace(v * second_moment(I) * v.T)
    )


@derives(
    "population-optimum.second-moment", "population-optimum.loss", "population-optimum.Gamma", "population-optimum.V31"
)
def population_optimum() -> list[Formula]:
    """The best value block for K13 = I."""
    at, whole = moments()
    at = at.branch()
    second = conclude(
        at.branch(),
        "population-optimum.second-moment",
        "Second moment of a Gram matrix",
        "For Gaussian examples of covariance $\\Sigma$, any fixed matrix $Y$ between two copies of the Gram matrix.",
        whole,
        source=THIS,
    )
    loss = named(Symbol("loss", real=True), r"\mathbb E\lVert w^{+} - w^{*}\rVert^2")
    excess = kappa * (d + 2 * Trace(V31 * Sigma * K13) + Trace(V31 * GramMoment(K13 * K13.T, Sigma) * V31.T)) + (
        d + 2 * Trace(V31 * Sigma) + Trace(V31 * GramMoment(I, Sigma) * V31.T)
    )
    expanded = at.define(
        loss,
        excess,
        "E|w+ - w*|^2 for isotropic, independent w and w* (variances kappa and 1): w+ - w* = (I + V S K)w - (I + V "
        "S)w*, and E[S] = Sigma",
    )
    whole_loss = at.infer(equation(loss, prediction_loss(K13)), expanded, whole, reason="insert both second moments")
    loss_formula = conclude(
        at.branch(),
        "population-optimum.loss",
        "Population loss of the layer",
        r"Mean squared distance to the target after one update, for isotropic independent iterate (variance $\kappa$ "
        r"a coordinate) and target "
        "(variance 1 a coordinate).",
        whole_loss,
        source=THIS,
    )
    gamma = define_gamma(at, "what multiplies Sigma in E[S S]")
    square = at.infer(equation(GramMoment(I, Sigma), Sigma * Gamma), whole, gamma, reason="second moment at Y = I")
    best = -Inverse(Gamma)
    stationary = at.infer(
        equation(Sigma + best * GramMoment(I, Sigma), 0 * Sigma),
        square,
        reason="K13 = I: the derivative of the loss with respect to V31 is a multiple of E[(I + V S)S] = Sigma + V "
        "E[S S]; "
        "the loss is convex in V31, so its zero is the minimum: Gamma and Sigma commute",
    )
    found = at.define(named(MatrixSymbol("V31_best", d, d), r"V_{31}^{\star}"), best, "the solution")
    return [
        second,
        loss_formula,
        conclude(
            at.branch(),
            "population-optimum.Gamma",
            "What the best value block inverts",
            r"$\Gamma = (1 + 1/n)\Sigma + \operatorname{tr}(\Sigma) I/n$, from $\mathbb E[S^2] = \Sigma\Gamma$.",
            gamma,
            rests_on=(square,),
            source=THIS,
        ),
        conclude(
            at.branch(),
            "population-optimum.V31",
            "Best value block for K13 = I",
            r"With $K_{13} = I$ the loss is least at $V_{31} = -\Gamma^{-1}$ (and only there if $\Sigma$ is "
            r"invertible).",
            found,
            rests_on=(stationary,),
            assumptions=(GRAM, invertible(Gamma)),
            source=THIS,
        ),
    ]


@derives("population-optimum.joint-V31", "population-optimum.joint-K13")
def joint_optimum() -> list[Formula]:
    """The equations of the joint optimum: each block in terms of the other."""
    at, whole = moments()
    at = at.branch()
    v_best, k_best = (
        named(MatrixSymbol(f"{x}_best", d, d), rf"{tex}^{{\star}}") for x, tex in (("V31", "V_{31}"), ("K13", "K_{13}"))
    )
    w_moment, v_moment = GramMoment(K13 * K13.T, Sigma), GramMoment(V31.T * V31, Sigma)
    inner_v = kappa * second_moment(K13 * K13.T) + second_moment(I)
    v_line = at.define(
        v_best,
        -(kappa * K13.T * Sigma + Sigma) * Inverse(inner_v),
        "where the derivative with respect to V31 vanishes: kappa E[(I + V S K)K^T S] + E[(I + V S)S] = 0",
    )
    v_zero = at.infer(
        equation(kappa * (K13.T * Sigma + v_best * w_moment) + Sigma + v_best * GramMoment(I, Sigma), 0 * Sigma),
        v_line,
        whole,
        reason="it does vanish",
    )
    k_line = at.define(
        k_best,
        -Inverse(second_moment(V31.T * V31)) * Sigma * V31.T,
        "where the derivative with respect to K13 vanishes: E[S V^T(I + V S K)] = 0",
    )
    k_zero = at.infer(equation(Sigma * V31.T + v_moment * k_best, 0 * Sigma), k_line, whole, reason="it does vanish")
    return [
        conclude(
            at.branch(),
            "population-optimum.joint-V31",
            "Best value block for a given key block",
            "First equation of the joint optimum. For $\\Sigma$ not a multiple of the identity it is not solved by "
            "$K_{13} = I$ together with the second.",
            v_line,
            rests_on=(v_zero,),
            assumptions=(GRAM, invertible(inner_v, "second moment of the key block")),
            source=THIS,
        ),
        conclude(
            at.branch(),
            "population-optimum.joint-K13",
            "Best key block for a given value block",
            "Second equation of the joint optimum.",
            k_line,
            rests_on=(k_zero,),
            assumptions=(GRAM, invertible(second_moment(V31.T * V31), "second moment of the value block")),
            source=THIS,
        ),
    ]


@derives("population-optimum.step", "population-optimum.key-defect")
def isotropic_optimum() -> list[Formula]:
    """Isotropic examples: the learned step; and K13 = I is jointly stationary only then."""
    at, whole = moments()
    at = at.branch()
    gamma = define_gamma(at)
    step = named(Symbol("eta_learned", positive=True), r"\eta^{\star}")
    chosen = at.define(step, n / (n + d + 1), "the inverse of the number that Gamma is for Sigma = I")
    gamma_one = (1 + 1 / n) * I + Trace(I) * I / n
    learned = at.infer(
        equation(step * gamma_one, I),
        chosen,
        gamma,
        reason="for Sigma = I, Gamma = (1 + 1/n + d/n)I, so V31 = -Gamma^-1 is minus this step. It is the joint "
        "optimum: with t = -tr(VK), "
        "tr(VK)^2 <= d|VK|^2 and tr(VK)^2 <= |V|^2|K|^2 bound the first part of the loss below by its value here, "
        "and the second part "
        "is least here as well",
    )
    defect = named(MatrixSymbol("key_defect", d, d), "D_K")
    inv = Inverse(Gamma)
    key = at.define(
        defect,
        (Trace(inv * inv * Sigma) * Sigma - Trace(Sigma) * Sigma * inv * inv) / n,
        "what the K13-derivative E[S V^T(I + V S K)] leaves at K13 = I, V31 = -Gamma^-1",
    )
    derivative = at.infer(
        equation(-Sigma * inv + GramMoment(inv * inv, Sigma), defect),
        key,
        gamma,
        whole,
        reason="second moment at Y = Gamma^-2; Gamma = (1 + 1/n)Sigma + tr(Sigma)I/n cancels. It vanishes iff "
        "Gamma^2, hence Sigma, is a multiple of I",
    )
    return [
        conclude(
            at.branch(),
            "population-optimum.step",
            "Learned step for isotropic examples",
            r"For $\Sigma = I$ the joint optimum over $(V_{31}, K_{13})$ is $V_{31} = -\eta I$, $K_{13} = I$ with "
            r"this step; for $\Sigma = \sigma^2 I$ divide it by $\sigma^2$.",
            chosen,
            rests_on=(learned,),
            assumptions=(),
            source=THIS,
        ),
        conclude(
            at.branch(),
            "population-optimum.key-defect",
            "Why anisotropic training bends the key",
            r"The derivative of the loss with respect to $K_{13}$ at $K_{13} = I$, $V_{31} = -\Gamma^{-1}$ (up to "
            r"the factor $2\kappa$): zero iff $\Sigma$ is a multiple of $I$, "
            "so for any other covariance the trained agent is biased even alone.",
            key,
            rests_on=(derivative,),
            assumptions=(GRAM, invertible(Sigma)),
            source=THIS,
        ),
    ]


@derives("trained-step-is-stable")
def trained_step() -> list[Formula]:
    """The learned step times the largest eigenvalue, for large prompts."""
    at = Derivation()
    size, ratio = Symbol("n", positive=True), r
    learned = limit(size / (size + ratio * size + 1), size, oo)
    edge = (1 + sqrt(ratio)) ** 2
    product_limit = named(Symbol("eta_lambda", positive=True), r"\eta^{\star}\lambda_{\max}(S)")
    result_value = 1 + 2 * sqrt(ratio) / (1 + ratio)
    if simplify(learned * edge - result_value) != 0:
        raise DerivationError("the limit of the step times the Marchenko-Pastur edge is not the stated number")
    start = at.infer(
        equation(learned * edge, result_value),
        reason="the step n/(n + d + 1) tends to 1/(1 + r) and the largest eigenvalue of S to (1 + sqrt r)^2, the "
        "Marchenko-Pastur edge",
    )
    below = at.infer(
        result_value <= 2,
        start,
        reason="(1 - sqrt r)^2 >= 0, with equality at r = 1: in the limit the step is inside the box, at r = 1 on "
        "its edge",
    )
    return [
        conclude(
            at,
            "trained-step-is-stable",
            "The learned step, for large isotropic prompts",
            r"As $d/n \to r$ the largest eigenvalue of $\eta^{\star} S$ tends to this number, at most 2. For a given "
            r"finite prompt nothing of the kind holds: "
            "with $n = d = 1$ the example $x = 3$ gives $\\eta^{\\star} S = 3$.",
            start,
            rests_on=(below,),
            assumptions=(),
            source=THIS,
            lhs=product_limit,
            sign="\\to",
        )
    ]
