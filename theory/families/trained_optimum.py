"""What training a full layer finds: the best of all layers, and why the law of the starting iterate decides it.

Prompts hold n Gaussian examples of covariance Sigma with labels ``y = X w*``. If the displacement ``xi = w* - w`` is
isotropic and independent of the iterate w, the blocks V31, K13 and K24 alone make the best of all layers. If w* itself
is independent of w, a layer that forgets the iterate is better.

Source: section 9.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sympy import QQ, GreaterThan, Identity, Inverse, MatrixSymbol, S as S_, Symbol, Trace, ZeroMatrix

from theory.derivation.assumptions import invertible
from theory.derivation.formula import Formula, conclude, derives, formulas
from theory.derivation.lines import Derivation
from theory.derivation.moments import Law, mean
from theory.families.one_agent import S, w_next
from theory.families.population import (
    GRAM,
    GRAM_DRAWN,
    PROMPTS,
    Averages,
    Gamma,
    begin,
    commuting,
    define_gamma,
    examples,
    gram_mean,
    loss_mean,
)
from theory.families.trained_layer import k_self
from theory.language import words
from theory.language.nodes import Inner
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
from theory.values.dense import Dense
from theory.values.drawing import Drawer

xi = primitive("xi", "vector", r"\xi", "displacement of the target from the iterate")
displacement = vector("xi_random", r"\xi")

goal = vector("w_goal", "w^{*}")
answered = vector("answered", "a")
weight = named(Symbol("s_w", real=True), "s_w")
aim = vector("u_w", "u_w")
values = named(MatrixSymbol("V_w", d, d), "V_w")
best = named(MatrixSymbol("N_w", d, d), "N_w")
own = vector("own", "o")
turned_back = vector("answered_back", "a_{-}")
excess = named(Symbol("excess", real=True), r"\mathbb E\lVert \xi - Y S \xi\rVert^2 - \mathrm{least}")
least = named(Symbol("least", real=True), r"\mathrm{least}")
gain = named(Symbol("gain", real=True), r"\mathrm{loss}(V_{31}, K_{13}) - \mathrm{loss}(\mathrm{forgetful})")

#: What a layer answers is taken over from there.
UPDATE = ("trained-layer.update",)


def _from_examples() -> Any:
    """What a layer adds to the iterate because of its examples: trained-layer.update without the self attention."""
    gram, moment, power = X.T * X / n, X.T * y / n, y.T * y / n
    return V31 * (gram * K13 * w + gram * K14 + moment * (K23.T * w + K24 * Identity(1))) + V32 * (
        moment.T * K13 * w + moment.T * K14 + power * (K23.T * w + K24 * Identity(1))
    )


def _answered(target: Any) -> Any:
    """What the examples add to the answer, labelled by this target; it is linear in the labels and their squares."""
    return words.substitute(_from_examples(), {y: X * target})


@derives("free-layer-optimum.linear-part", "free-layer-optimum.even-part")
def linear_part() -> list[Formula]:
    """How the answer depends on the displacement of the target."""
    at = Derivation()
    target = at.define(goal, w + xi, "the target of the prompt: the iterate plus a displacement independent of it")
    labels = at.define(y, X * goal, "its labels")
    gram = at.define(S, X.T * X / n, "Gram matrix of the prompt")
    out = at.define(answered, _from_examples(), "what the examples add to the answer: trained-layer", cites=UPDATE)
    s_line = at.define(weight, Inner(K23, w) + K24, "a number that depends on the iterate only")
    u_line = at.define(aim, K13 * w + K14 + weight * w, "a vector that depends on the iterate only")
    v_line = at.define(values, V31 + V32 * w.T, "a matrix that depends on the iterate only")
    n_line = at.define(best, weight * values + V32 * aim.T, "another one")
    split = at.identity(
        answered,
        values * S * aim + best * S * xi + weight * V32 * xi.T * S * xi,
        *(n_line, v_line, u_line, s_line, gram, out, labels, target),
        reason="insert the labels: (V31 + V32 w*^T)S(K13 w + K14 + s_w w*), and multiply out in xi",
    )
    even = at.branch()
    turns = even.define(k_self, K34 + K43, "what the iterate's attention to itself has of first degree")
    alone = even.define(
        own,
        (V33 * w + V34) * (Inner(w, K33 * w) + Inner(k_self, w) + K44) / n,
        "what the iterate's attention to itself adds: trained-layer",
        cites=UPDATE,
    )
    other = even.define(turned_back, _answered(w - xi), "what the examples add where the target is w - xi")
    back = even.identity(
        turned_back,
        values * S * aim - best * S * xi + weight * V32 * xi.T * S * xi,
        *(n_line, v_line, u_line, s_line, gram, other),
        reason="the same with -xi",
    )
    forth_missed, back_missed = own + answered - xi, own + turned_back + xi
    odd = xi - best * S * xi
    rest = own + values * S * aim + weight * V32 * xi.T * S * xi
    above = even.nonnegative(
        GreaterThan((Inner(forth_missed, forth_missed) + Inner(back_missed, back_missed)) / 2, Inner(odd, odd)),
        [(1, rest.T, I)],
        split,
        back,
        reason="what is even in xi adds its square",
    )
    return [
        conclude(
            at,
            "free-layer-optimum.linear-part",
            "How an answer depends on the displacement",
            n_line,
            says=split,
            rests_on=(split,),
        ),
        conclude(
            even,
            "free-layer-optimum.even-part",
            "What else an answer holds can only add to the loss",
            above,
            rests_on=(turns, alone),
            arrange=_odd_only,
        ),
    ]


def _odd_only(drawer: Drawer, drawn: dict[str, Dense]) -> None:
    """Layers of which nothing but the moment's block is left, now and then: nothing in an answer is even then."""
    if drawer.random is not None and not drawer.random.randint(0, 2):
        for name in {"V32", "V33", "V34", "K13", "K14", "K23"} & set(drawn):
            drawn[name] = drawn[name] - drawn[name]


def _at_best(drawer: Drawer, drawn: dict[str, Dense]) -> None:
    """Draw the best matrix itself now and then."""
    if drawer.random is not None and not drawer.random.randint(0, 2):
        sigma, n_ = drawn["Sigma"], drawer.sizes["n"]
        unit = Dense.eye(sigma.shape[0], drawer.domain)
        gamma = sigma.scale(drawer.pick(1 + QQ(1, n_))) + unit.scale(sigma.trace()).scale(drawer.pick(QQ(1, n_)))
        drawn["Y"] = gamma.pinv()


def _missed(m: Averages, matrix: Any) -> tuple[Any, Any]:
    """``E|x - Y S x|^2`` for an isotropic x of variance 1 a coordinate, and the line for it in second moments."""
    left = displacement - matrix * GRAM_DRAWN * displacement
    value = mean(Inner(left, left), examples(), Law(displacement, I, Identity(1)))
    line = m.at.identity(
        value,
        d - 2 * Trace(matrix * Sigma) + Trace(matrix * gram_mean(I) * matrix.T),
        m.at.expect(value, m.theorem, reason="pair by pair"),
        m.gram(I),
        reason="what is missed holds the examples in second moments only",
    )
    return value, line


@derives("free-layer-optimum.least", "free-layer-optimum.best", "free-layer-optimum.excess")
def displaced() -> list[Formula]:
    """The least loss of all layers, for displaced targets."""
    m = begin()
    at = m.at
    gamma = define_gamma(at)
    square = at.identity(gram_mean(I), Sigma * Gamma, m.gram(I), gamma, reason="second moment at Y = I")
    cancels = commuting(at, gamma)
    inverse = Inverse(Gamma)
    (lost, expanded), (lost_there, there) = (_missed(m, matrix) for matrix in (Y, inverse))
    floor = at.define(least, d - Trace(inverse * Sigma), "its value at Y = Gamma^-1")
    attained = at.identity(lost_there, floor.rhs, there, square, reason="E[S S] = Sigma Gamma")
    gap = Y - inverse
    rules = (expanded, there, square, cancels)
    above = at.identity(
        lost - lost_there,
        Trace(gap * Sigma * Gamma * gap.T),
        *rules,
        reason="complete the square: Sigma and Gamma commute",
    )
    positive = at.nonnegative(
        GreaterThan(lost, lost_there, evaluate=False),
        [(1, gap, gram_mean(I))],
        m.positive(I),
        *rules,
        reason="Sigma Gamma is positive semidefinite",
    )
    costs = at.define(excess, Trace(gap * Sigma * Gamma * gap.T), "what another matrix costs")
    return [
        conclude(
            at.branch(),
            "free-layer-optimum.least",
            "The least loss of any layer",
            floor,
            says=attained,
            rests_on=(attained,),
            assumptions=(invertible(Gamma),),
            counts=PROMPTS,
        ),
        conclude(
            at.branch(),
            "free-layer-optimum.best",
            "No layer loses less",
            positive,
            assumptions=(GRAM, replace(invertible(Gamma), arrange=_at_best)),
            counts=PROMPTS,
        ),
        conclude(
            at.branch(),
            "free-layer-optimum.excess",
            "What another layer loses",
            costs,
            says=above,
            rests_on=(above,),
            assumptions=(invertible(Gamma),),
            counts=PROMPTS,
        ),
    ]


@derives("free-layer-optimum.forgets", "free-layer-optimum.forgetful", "free-layer-optimum.gains")
def independent() -> list[Formula]:
    """What a layer gains by forgetting an iterate that says nothing."""
    m = begin()
    at = m.at
    gamma = define_gamma(at)
    square = at.identity(gram_mean(I), Sigma * Gamma, m.gram(I), gamma, reason="second moment at Y = I")
    cancels = commuting(at, gamma)
    inverse = Inverse(Gamma)
    forgetful, expanded = _missed(m, inverse)
    difference = at.define(
        gain,
        loss_mean(-inverse, I) - forgetful,
        "population-optimum.loss at V31 = -Gamma^-1 and K13 = I, less that of the answer Gamma^-1 b: V33 = -n I and "
        "K44 = 1 cancel the iterate, K13 = 0 ignores it",
        cites=("population-optimum.loss",),
    )
    worth = at.identity(
        gain,
        kappa * (d - Trace(inverse * Sigma)),
        *(difference, m.loss(-inverse, I), expanded, square, cancels),
        reason="E[S S] = Sigma Gamma; what remains is the mean of |w - Gamma^-1 S w|^2",
    )
    spread, size = m.spread(I)
    wide = at.semidefinite(Gamma, [(1 + 1 / n, I, Sigma), (size.lhs / n, I, I)], gamma, spread, size, reason="a sum")
    undone = at.inverse(Gamma, reason="Gamma is invertible")
    inverts = at.linear(
        inverse * Sigma,
        n / (n + 1) * I - size.lhs / (n + 1) * inverse,
        (-n / (n + 1) * inverse, gamma, I),
        (n / (n + 1), undone, I),
        reason="insert Gamma",
    )
    at_least = at.nonnegative(
        GreaterThan(gain, kappa * d / (n + 1), evaluate=False),
        [(kappa * size.lhs / (n + 1), inverse, Gamma)],
        *(worth, inverts, wide, size),
        reason="Gamma is at least (1 + 1/n)Sigma",
    )
    return [
        _forgets(),
        conclude(
            at.branch(),
            "free-layer-optimum.forgetful",
            "What forgetting the iterate gains",
            worth,
            assumptions=(invertible(Gamma),),
            counts=PROMPTS,
        ),
        conclude(
            at,
            "free-layer-optimum.gains",
            "It gains at least this",
            at_least,
            assumptions=(GRAM, invertible(Gamma)),
            counts=PROMPTS,
        ),
    ]


def _forgets() -> Formula:
    """The layer that forgets, multiplied out."""
    at = Derivation()
    update = formulas["trained-layer.update"]
    nothing: dict[Any, Any] = {name: ZeroMatrix(*name.shape) for name in (V32, V34, K13, K14, K23, K33, K34, K43)}
    chosen = nothing | {V33: -n * I, K24: S_.NegativeOne, K44: S_.One}
    answer = at.define(
        w_next,
        words.substitute(update.expr, chosen),
        "trained-layer.update with V33 = -n I, K24 = -1, K44 = 1, and zero for all other blocks but V31",
        cites=UPDATE,
    )
    forgotten = at.identity(w_next, -V31 * X.T * y / n, answer, reason="V33 K44/n cancels the iterate")
    return conclude(at, "free-layer-optimum.forgets", "A layer that forgets its iterate", forgotten)
