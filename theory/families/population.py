"""Training: the blocks that are best on average over random prompts, from Gaussian moments derived here.

Prompts hold n examples with covariance Sigma and labels of a random target; the layer with blocks V31 and K13 turns
an iterate w into ``w + V31 S (K13 w - w*)``. Only the first two moments of the Gram matrix S matter.

Source: section 1; Marchenko-Pastur edge: Y. Q. Yin, Z. D. Bai, P. R. Krishnaiah, PTRF 78 (1988) 509.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

from sympy import (
    QQ,
    GreaterThan,
    Identity,
    Inverse,
    LessThan,
    MatrixSymbol,
    Symbol,
    Trace,
    exp,
    integrate,
    limit,
    oo,
    pi,
    sqrt,
)
from sympy.abc import x as X1

from theory.derivation.assumptions import arranged, invertible, psd
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.derivation.moments import Gaussian, Law, mean, paired
from theory.errors import DerivationError
from theory.language.nodes import Inner, PositiveSemidefinite
from theory.language.predicates import Iff, Invertible
from theory.language.symbols import K13, V31, I, Sigma, SymmetricSymbol, Y, d, kappa, n, named, r
from theory.values.dense import Dense
from theory.values.drawing import Drawer

__all__ = [
    "GRAM",
    "GRAM_DRAWN",
    "PROMPTS",
    "Averages",
    "Gamma",
    "begin",
    "commuting",
    "define_gamma",
    "examples",
    "gaussian_moments",
    "gram_mean",
    "loss_mean",
    "moments",
    "pairings_hold",
    "prediction_loss",
]


Gamma = named(SymmetricSymbol("Gamma", d, d), r"\Gamma")
GRAM = psd(Sigma)

drawn = named(MatrixSymbol("X_random", n, d), "X")
example = named(MatrixSymbol("x_random", d, 1), "x")
iterate = named(MatrixSymbol("w_random", d, 1), "w")
goal = named(MatrixSymbol("w_star_random", d, 1), "w^{*}")
GRAM_DRAWN = drawn.T * drawn / n
#: How many examples: means hold them in pairs at most, so that two are as good as many.
PROMPTS = {"n": (1, 2, 3)}


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


def examples(covariance: Any = Sigma) -> Any:
    """The law of n independent Gaussian examples, one a row."""
    return Gaussian(drawn, Identity(n), covariance)


def gram_mean(middle: Any) -> Any:
    """``E[S Y S]`` for the Gram matrix S of the examples."""
    return mean(GRAM_DRAWN * middle * GRAM_DRAWN, examples())


def loss_mean(value: Any, key: Any, covariance: Any = Sigma) -> Any:
    """``E|w+ - w*|^2`` for the layer with blocks V31 and K13, over examples, iterate and target."""
    missed = (I + value * GRAM_DRAWN * key) * iterate - (I + value * GRAM_DRAWN) * goal
    one = Identity(1)
    return mean(Inner(missed, missed), examples(covariance), Law(iterate, kappa * I, one), Law(goal, I, one))


def second_moment(middle: Any) -> Any:
    """``E[S Y S]`` with Wishart's pairings carried out."""
    return Sigma * middle * Sigma + (Sigma * middle.T * Sigma + Trace(middle * Sigma) * Sigma) / n


@dataclass(frozen=True)
class Averages:
    """A chain that begins with Isserlis' theorem, and what is computed from it."""

    at: Derivation
    theorem: Any

    def gram(self, middle: Any) -> Any:
        """Add the line for ``E[S Y S]``."""
        return self.at.expect(gram_mean(middle), self.theorem, reason="n independent examples: pair by pair")

    def loss(self, value: Any, key: Any, *, by_key: bool = False) -> Any:
        """Add the line for the loss in second moments: of the key block, or else (`by_key`) of the value block."""
        computed = self.at.expect(loss_mean(value, key), self.theorem, reason="pair by pair")
        middle = value.T * value if by_key else key * key.T
        square = key.T * gram_mean(middle) * key if by_key else value * gram_mean(middle) * value.T
        return self.at.identity(
            loss_mean(value, key),
            kappa * (d + 2 * Trace(value * Sigma * key) + Trace(square))
            + (d + 2 * Trace(value * Sigma) + Trace(value * gram_mean(I) * value.T)),
            computed,
            self.gram(middle),
            self.gram(I),
            reason="the loss holds the examples in second moments only",
        )

    def spread(self, root: Any) -> tuple[Any, Any]:
        """Add the lines that Sigma is positive semidefinite, and that its trace, seen by `root`, is at least 0."""
        spread = self.at.assume(PositiveSemidefinite(Sigma), "a covariance")
        squares = [(1, root.T, Sigma)]
        size = self.at.nonnegative(Trace(root.T * Sigma * root), squares, spread, reason="the trace of a square")
        return spread, size

    def positive(self, root: Any) -> Any:
        """Add the line that ``E[S Y S]`` is positive semidefinite for ``Y = root root^T``."""
        spread, size = self.spread(root)
        squares = [(1 + 1 / n, Sigma * root, I), (size.lhs / n, I, Sigma)]
        return self.at.semidefinite(
            gram_mean(root * root.T), squares, spread, size, self.gram(root * root.T), reason="a sum of squares"
        )


@cache
def moments() -> tuple[Derivation, Any, Any]:
    """The chain to the second moment ``E[S Y S]`` of the Gram matrix of n examples; Isserlis' theorem, and its end."""
    if not pairings_hold():
        raise DerivationError("the fourth Gaussian moment is not the sum of its pairings")
    at = Derivation()
    one = mean(example * example.T * Y * example * example.T, Gaussian(example, Sigma, Identity(1)))
    theorem = at.cite(
        equation(one, paired(one)),
        reason="Isserlis' theorem, for one example: the mean of a product of normal numbers is the sum over all "
        "pairings of the products of their covariances",
    )
    many = at.expect(gram_mean(Y), theorem, reason="n independent examples: pair by pair")
    whole = at.restate(many, many.lhs, second_moment(Y), reason="of n^2 pairs of examples n are equal")
    return at, theorem, whole


def begin() -> Averages:
    """Return a chain that begins with Isserlis' theorem."""
    at, theorem, _ = moments()
    return Averages(at.branch(), theorem)


def define_gamma(at: Derivation, reason: str = "the second moment over the first") -> Any:
    """Introduce Gamma, for which ``E[S S] = Sigma Gamma``."""
    return at.define(Gamma, (1 + 1 / n) * Sigma + Trace(Sigma) * I / n, reason)


def commuting(at: Derivation, gamma: Any) -> Any:
    """Sigma and Gamma commute: the rule by which Gamma and its inverse cancel around Sigma."""
    together = at.identity(Gamma * Sigma, Sigma * Gamma, gamma, reason="Gamma is a polynomial in Sigma")
    inverse = Inverse(Gamma)
    return at.linear(inverse * Sigma * Gamma, Sigma, (-inverse, together, I), reason="so the inverse cancels around it")


def prediction_loss(kk: Any) -> Any:
    """Twice the population loss over the variance of the target, as traces; `kk` is K13."""
    v = V31
    return kappa * (d + 2 * Trace(v * Sigma * kk) + Trace(v * second_moment(kk * kk.T) * v.T)) + (
        d + 2 * Trace(v * Sigma) + Trace(v * second_moment(I) * v.T)
    )


def _least_value(m: Averages, key: Any, best: Any, *rules: Any) -> Any:
    """Add the line that no value block has a smaller loss than `best`; by `rules` its slope vanishes there."""
    away = V31 - best
    return m.at.nonnegative(
        GreaterThan(loss_mean(V31, key), loss_mean(best, key), evaluate=False),
        [(kappa, away, gram_mean(key * key.T)), (1, away, gram_mean(I))],
        m.positive(key),
        m.positive(I),
        m.loss(V31, key),
        m.loss(best, key),
        *rules,
        reason="complete the square",
    )


@derives(
    "population-optimum.second-moment",
    "population-optimum.loss",
    "population-optimum.Gamma",
    "population-optimum.V31",
    "population-optimum.excess",
)
def population_optimum() -> list[Formula]:
    """The best value block for K13 = I."""
    m = begin()
    at, whole = m.at, moments()[2]
    second = conclude(
        at.branch(),
        "population-optimum.second-moment",
        "Second moment of a Gram matrix",
        whole,
        counts=PROMPTS,
    )
    loss = named(Symbol("loss", real=True), r"\mathbb E\lVert w^{+} - w^{*}\rVert^2")
    expanded = at.define(
        loss,
        loss_mean(V31, K13),
        "isotropic, independent w and w* (variances kappa and 1): w+ - w* = (I + V S K)w - (I + V S)w*",
    )
    computed = at.expect(expanded.rhs, m.theorem, reason="pair by pair")
    whole_loss = at.identity(loss, prediction_loss(K13), expanded, computed, reason="collect the second moments")
    loss_formula = conclude(
        at.branch(),
        "population-optimum.loss",
        "Population loss of the layer",
        whole_loss,
        counts=PROMPTS,
    )
    gamma = define_gamma(at, "what multiplies Sigma in E[S S]")
    square = at.identity(gram_mean(I), Sigma * Gamma, m.gram(I), gamma, reason="second moment at Y = I")
    best = -Inverse(Gamma)
    cancels = commuting(at, gamma)
    stationary = at.identity(
        Sigma + best * gram_mean(I), 0 * Sigma, square, cancels, reason="so E[(I + V S)S] = Sigma + V E[S S] vanishes"
    )
    found = at.define(named(MatrixSymbol("V31_best", d, d), r"V_{31}^{\star}"), best, "the solution")
    least = _least_value(m, I, found.lhs, found, square, cancels)
    away = V31 - found.lhs
    excess = at.identity(
        loss_mean(V31, I) - loss_mean(found.lhs, I),
        (1 + kappa) * Trace(away * Sigma * Gamma * away.T),
        *(m.loss(V31, I), m.loss(found.lhs, I), found, square, cancels),
        reason="complete the square",
    )
    return [
        second,
        loss_formula,
        conclude(
            at.branch(),
            "population-optimum.Gamma",
            "What the best value block inverts",
            gamma,
            says=square,
            rests_on=(square,),
            counts=PROMPTS,
        ),
        conclude(
            at.branch(),
            "population-optimum.V31",
            "Best value block for K13 = I",
            found,
            says=least,
            rests_on=(stationary, least),
            assumptions=(GRAM, invertible(Gamma)),
            counts=PROMPTS,
        ),
        conclude(
            at.branch(),
            "population-optimum.excess",
            "What another value block loses",
            excess,
            lhs=named(Symbol("loss_excess", real=True), r"\mathrm{excess}"),
            sign=":=",
            says=excess,
            assumptions=(invertible(Gamma),),
            counts=PROMPTS,
        ),
    ]


@derives("population-optimum.joint-V31", "population-optimum.joint-K13")
def joint_optimum() -> list[Formula]:
    """The equations of the joint optimum: each block in terms of the other."""
    m = begin()
    at = m.at
    v_best, k_best = (
        named(MatrixSymbol(f"{x}_best", d, d), rf"{tex}^{{\star}}") for x, tex in (("V31", "V_{31}"), ("K13", "K_{13}"))
    )
    w_moment, one_moment, v_moment = gram_mean(K13 * K13.T), gram_mean(I), gram_mean(V31.T * V31)
    inner_v = kappa * second_moment(K13 * K13.T) + second_moment(I)
    push = kappa * K13.T * Sigma + Sigma
    v_line = at.define(
        v_best,
        -push * Inverse(inner_v),
        "where the derivative with respect to V31 vanishes: kappa E[(I + V S K)K^T S] + E[(I + V S)S] = 0",
    )
    undo = at.inverse(inner_v, reason="the second moment of the key block is invertible")
    v_zero = at.linear(
        v_best * one_moment,
        -push - kappa * v_best * w_moment,
        (I, v_line, inner_v),
        (-push, undo, I),
        (kappa * v_best, m.gram(K13 * K13.T), I),
        (v_best, m.gram(I), I),
        reason="it does vanish",
    )
    away = V31 - v_best
    v_lost = at.identity(
        loss_mean(V31, K13) - loss_mean(v_best, K13),
        kappa * Trace(away * w_moment * away.T) + Trace(away * one_moment * away.T),
        m.loss(V31, K13),
        m.loss(v_best, K13),
        v_zero,
        at.transpose(v_zero, reason="transpose"),
        reason="complete the square",
    )
    inner_k = second_moment(V31.T * V31)
    k_line = at.define(
        k_best,
        -Inverse(inner_k) * Sigma * V31.T,
        "where the derivative with respect to K13 vanishes: E[S V^T(I + V S K)] = 0",
    )
    undo = at.inverse(inner_k, right=True, reason="the second moment of the value block is invertible")
    k_zero = at.linear(
        v_moment * k_best,
        -Sigma * V31.T,
        (inner_k, k_line, I),
        (-I, undo, Sigma * V31.T),
        (I, m.gram(V31.T * V31), k_best),
        reason="it does vanish",
    )
    away = K13 - k_best
    k_lost = at.identity(
        loss_mean(V31, K13) - loss_mean(V31, k_best),
        kappa * Trace(away.T * v_moment * away),
        m.loss(V31, K13, by_key=True),
        m.loss(V31, k_best, by_key=True),
        k_zero,
        at.transpose(k_zero, reason="transpose"),
        reason="complete the square",
    )
    return [
        conclude(
            at.branch(),
            "population-optimum.joint-V31",
            "Best value block for a given key block",
            v_line,
            says=v_lost,
            rests_on=(v_lost,),
            assumptions=(invertible(inner_v, "second moment of the key block"),),
            counts=PROMPTS,
        ),
        conclude(
            at.branch(),
            "population-optimum.joint-K13",
            "Best key block for a given value block",
            k_line,
            says=k_lost,
            rests_on=(k_lost,),
            assumptions=(invertible(second_moment(V31.T * V31), "second moment of the value block"),),
            counts=PROMPTS,
        ),
    ]


def _isotropic(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw a multiple of the identity now and then."""
    if drawer.random is not None and "Sigma" in values and drawer.random.randint(0, 1):
        size = values["Sigma"].shape[0]
        values["Sigma"] = Dense.eye(size, drawer.domain).scale(Dense.number(drawer.positive("Sigma"), drawer.domain))


def _learned(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw the learned blocks themselves now and then."""
    if drawer.random is not None and not drawer.random.randint(0, 2):
        unit, sizes = Dense.eye(values["V31"].shape[0], drawer.domain), drawer.sizes
        values["V31"] = unit.scale(drawer.pick(-QQ(sizes["n"], sizes["n"] + sizes["d"] + 1)))
        values["K13"] = unit


@derives("population-optimum.step", "population-optimum.key-defect", "population-optimum.isotropic")
def isotropic_optimum() -> list[Formula]:
    """Isotropic examples: the learned step; and K13 = I is jointly stationary only then."""
    m = begin()
    at = m.at
    gamma = define_gamma(at)
    step = named(Symbol("eta_learned", positive=True), r"\eta^{\star}")
    chosen = at.define(step, n / (n + d + 1), "the inverse of the number that Gamma is for Sigma = I")
    gamma_one = (1 + 1 / n) * I + Trace(I) * I / n
    learned = at.identity(
        step * gamma_one,
        I,
        chosen,
        reason="for Sigma = I, Gamma = (1 + 1/n + d/n)I, so V31 = -Gamma^-1 is minus this step",
    )
    apart = at.cite(
        GreaterThan(Trace(V31 * V31.T) * Trace(K13 * K13.T) - Trace(V31 * K13) ** 2, 0, evaluate=False),
        reason="Cauchy and Schwarz: tr(VK)^2 <= |V|^2 |K|^2",
    )
    here, there = (loss_mean(v, k, I) for v, k in ((V31, K13), (-step * I, I)))
    joint = at.nonnegative(
        GreaterThan(here, there, evaluate=False),
        [(kappa * (n + 1) / n, V31 * K13 + step * I, I), ((n + d + 1) / n, V31 + step * I, I)],
        apart,
        *(at.expect(loss, m.theorem, reason="pair by pair, for Sigma = I") for loss in (here, there)),
        chosen,
        rest=[kappa / n * apart.lhs, kappa / n * (Trace(V31 * K13) + d * step) ** 2],
        reason="the joint optimum: complete the squares",
    )
    defect = named(SymmetricSymbol("key_defect", d, d), "D_K")
    inv = Inverse(Gamma)
    key = at.define(
        defect,
        (Trace(inv * inv * Sigma) * Sigma - Trace(Sigma) * Sigma * inv * inv) / n,
        "what the K13-derivative E[S V^T(I + V S K)] leaves at K13 = I, V31 = -Gamma^-1",
    )
    square = gram_mean(inv * inv)
    derivative = at.linear(
        square,
        defect + Sigma * inv,
        (I, m.gram(inv * inv), I),
        (-I, key, I),
        (-Sigma * inv * inv, gamma, I),
        reason="second moment at Y = Gamma^-2; Gamma = (1 + 1/n)Sigma + tr(Sigma)I/n cancels",
    )
    cancels = commuting(at, gamma)
    together = at.linear(
        inv * Sigma, (inv * Sigma + Sigma * inv) / 2, (I / 2, cancels, inv), reason="Sigma and the inverse commute"
    )
    moved = at.identity(
        loss_mean(-inv, I + Y) - loss_mean(-inv, I),
        2 * kappa * Trace(defect * Y) + kappa * Trace(Y.T * square * Y),
        m.loss(-inv, I + Y, by_key=True),
        m.loss(-inv, I, by_key=True),
        together,
        derivative,
        reason="move the key from I by Y: what is linear in Y is the derivative",
    )
    bare = at.branch()
    isotropic = bare.infer(
        Iff(equation(defect, 0 * I), equation(Sigma, Trace(Sigma) / d * I)),
        key,
        gamma,
        reason="Sigma cancels: tr(Gamma^-2 Sigma) Gamma^2 = tr(Sigma) I, both numbers positive; Gamma is positive "
        "definite, so that Gamma, and with it Sigma, is a multiple of I",
    )
    return [
        conclude(
            at.branch(),
            "population-optimum.step",
            "Learned step for isotropic examples",
            chosen,
            says=joint,
            rests_on=(learned, joint),
            arrange=_learned,
            counts=PROMPTS,
        ),
        conclude(
            at.branch(),
            "population-optimum.key-defect",
            "Why anisotropic training bends the key",
            key,
            says=moved,
            rests_on=(moved,),
            assumptions=(invertible(Gamma),),
            counts=PROMPTS,
        ),
        conclude(
            bare,
            "population-optimum.isotropic",
            "When the key stays straight",
            isotropic,
            assumptions=(GRAM, arranged(Invertible(Sigma), "Sigma invertible", _isotropic)),
        ),
    ]


@derives("trained-step-is-stable", "trained-step-is-stable.bound", "trained-step-is-stable.edge")
def trained_step() -> list[Formula]:
    """The learned step times the largest eigenvalue, for large prompts."""
    at = Derivation()
    size, ratio = Symbol("n", positive=True), r
    learned = limit(size / (size + ratio * size + 1), size, oo)
    edge = (1 + sqrt(ratio)) ** 2
    product_limit = named(Symbol("eta_lambda", positive=True), r"\lim \eta^{\star}\lambda_{\max}(S)")
    result_value = 1 + 2 * sqrt(ratio) / (1 + ratio)
    start = at.identity(
        learned * edge,
        result_value,
        reason="the step n/(n + d + 1) tends to 1/(1 + r) and the largest eigenvalue of S to (1 + sqrt r)^2, the "
        "Marchenko-Pastur edge",
    )
    below = at.nonnegative(
        LessThan(result_value, 2, evaluate=False),
        (),
        rest=[(1 - sqrt(ratio)) ** 2 / (1 + ratio)],
        reason="in the limit the step is inside the box",
    )
    left = at.identity(2 - result_value, (1 - sqrt(ratio)) ** 2 / (1 + ratio), reason="what is left of the box")
    title = "An inequality: 1 + 2 sqrt(r)/(1 + r) is at most 2"
    return [
        conclude(at.branch(), "trained-step-is-stable", title, start, lhs=product_limit, sign=":="),
        conclude(
            at.branch(),
            "trained-step-is-stable.bound",
            "The limit of the step times the largest eigenvalue is at most 2",
            below,
            rests_on=(start,),
        ),
        conclude(
            at,
            "trained-step-is-stable.edge",
            "How far below 2 that limit is",
            left,
            rests_on=(start,),
        ),
    ]
