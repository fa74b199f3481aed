"""Gradient attacks: labels that drift towards the goal while the interaction runs.

Source: section 7.
"""

from __future__ import annotations

from typing import Any

from sympy import Abs, Identity, Inverse, MatrixExpr, MatrixSymbol, Ne, Symbol, ZeroMatrix

from theory.derivation.assumptions import arranged, below, invertible, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.derivation.sources import SUMMARY
from theory.errors import SingularError
from theory.families.dynamics import MOVE, e_inf, move, setting, unfolding
from theory.language.nodes import Norm, PseudoInverse, SingularValue
from theory.language.predicates import Iff, Implies, Settles, TendsTo
from theory.language.symbols import (
    HALF,
    S_U,
    S_W,
    A,
    Delta,
    M,
    P,
    Q,
    d,
    eta_U,
    eta_W,
    gamma,
    n,
    named,
    primitive,
    u_star,
    vector,
    w_inf,
    w_star,
)
from theory.values.dense import Dense
from theory.values.drawing import Arrange, Drawer

X_W = primitive("X_W", "inputs", "X_W", "inputs of W's prompt")
y_W = primitive("y_W", "labels", "y", "labels that W writes into its prompt")
delta_y = primitive("delta_y", "labels", r"\delta", "any change of the labels")

slope = named(MatrixSymbol("slope", n, 1), r"\nabla J(y)")
reach = named(MatrixSymbol("T_labels", d, n), "T_y")
w_changed = vector("w_inf_changed", r"w_\infty(y + \delta)")
e_changed = vector("e_inf_changed", r"e_\infty(y + \delta)")
e_moved = vector("e_moved", r"e_\infty(y - \gamma\nabla J)")


def _gain(most: int) -> Arrange:
    """Draw a gain up to `most` times what the trace of ``T T^T`` allows in d dimensions; for 0, one over the trace."""

    def arrange(drawer: Drawer, values: dict[str, Dense]) -> None:
        if drawer.random is None or "gamma" not in values:
            return
        inputs = values["X_W"]
        count = drawer.domain.convert(inputs.shape[0])
        gram = (inputs.transpose() @ inputs).over(count)
        p, q = gram.scale(values["eta_W"]), values["S_U"].scale(values["eta_U"])
        try:
            spread = (p + q - p @ q).inverse() @ inputs.transpose().scale(values["eta_W"]).over(count)
            one_over = (spread @ spread.transpose()).trace().inverse()
        except SingularError:
            return
        share = drawer.random.randint(1, 4 * most * inputs.shape[1]) if most else 4
        values["gamma"] = Dense.number(drawer.domain.convert(share) / 4, drawer.domain) @ one_over

    return arrange


def _fixed(labels: MatrixExpr, state: MatrixExpr) -> Any:
    """The equation of a state that U's move and W's, with these labels, leave unchanged."""
    middle = move(state, S_U, eta_U, u_star)
    return equation(state, middle - eta_W * (S_W * middle - X_W.T * labels / n))


@derives(
    "gradient-attack.labels",
    "gradient-attack.gradient",
    "gradient-attack.step",
    "gradient-attack.limit",
    "gradient-attack.shrink",
    "gradient-attack.rate",
)
def gradient_attack() -> list[Formula]:
    """The labels as the variable: gradient of half the squared error, step bound, limit and linear rate."""
    at = Derivation()
    at.define(S_W, X_W.T * X_W / n, "Gram matrix of the attacker's prompt")
    at.extend(setting().chain)
    m = at.define(M, P + Q - P * Q, "M = I - AB")
    per_label = at.define(reach, eta_W * Inverse(M) * X_W.T / n, "what a change of the labels does to the error")
    unfold = unfolding(setting().define)
    errors = []
    for labels, state, error in ((y_W, w_inf, e_inf), (y_W + delta_y, w_changed, e_changed)):
        fixed = at.define_solution(
            state,
            _fixed(labels, state),
            "the fixed point with these labels: lsa-step, in which they enter through the moment",
            cites=MOVE,
        )
        e_def = at.define(error, state - w_star, "the attacker's error against its goal")
        affine = at.restate(
            fixed,
            M * error,
            A * Q * Delta - P * w_star + eta_W * X_W.T * labels / n,
            e_def,
            m,
            *unfold,
            reason="the fixed-point equation: affine in the labels",
        )
        solved = at.multiply(Inverse(M), affine, reason="M is invertible")
        errors.append(
            at.restate(
                solved,
                error,
                Inverse(M) * (A * Q * Delta - P * w_star) + reach * labels,
                per_label,
                reason="affine in the labels",
            )
        )
    before, after = errors
    changed = at.restate(
        at.combine(after, before, -1, reason="subtract"),
        e_changed,
        e_inf + reach * delta_y,
        reason="linear in the change",
    )
    needs = (invertible(M),)
    out = [
        conclude(at.branch(), "gradient-attack.labels", "What the labels do to the error", changed, assumptions=needs)
    ]

    gradient = at.define(slope, reach.T * e_inf, "the candidate for the gradient of J = |e|^2/2")
    written = at.restate(
        gradient,
        slope,
        eta_W * X_W * Inverse(M).T * e_inf / n,
        per_label,
        reason="insert what a change of the labels does",
    )
    taylor = at.identity(
        HALF * e_changed.T * e_changed - HALF * e_inf.T * e_inf,
        written.rhs.T * delta_y + HALF * (reach * delta_y).T * (reach * delta_y),
        changed,
        per_label,
        reason="expand J(y + delta) - J(y): the candidate is the coefficient of any change",
    )
    out.append(
        conclude(
            at.branch(),
            "gradient-attack.gradient",
            "Gradient of the attack with respect to the labels",
            written,
            says=taylor,
            rests_on=(taylor,),
            assumptions=needs,
            source=SUMMARY,
        )
    )

    seen = relation(Ne(X_W, ZeroMatrix(n, d), evaluate=False), "X_W non-zero")
    top = SingularValue(reach, 1)
    descent = Settles(Identity(n) - gamma * reach.T * reach, gamma * reach.T)
    chain = at.branch()
    out.append(
        conclude(
            chain,
            "gradient-attack.step",
            "Largest constant step",
            chain.infer(
                Iff(descent, gamma < 2 / top**2),
                gradient,
                reason="I - gamma T^T T is symmetric: 1 where T acts as 0, else 1 - gamma sigma^2, which exceeds -1",
            ),
            value=2 / top**2,
            lhs=gamma,
            sign="<",
            says=Iff(descent, gamma < 2 / top**2),
            assumptions=(*needs, seen),
        )
    )
    chain = at.branch()
    out.append(
        conclude(
            chain,
            "gradient-attack.limit",
            "Where gradient descent on the labels leads",
            chain.infer(
                TendsTo(
                    delta_y,
                    delta_y - gamma * reach.T * (e_inf + reach * delta_y),
                    ZeroMatrix(n, 1),
                    -PseudoInverse(reach) * e_inf,
                ),
                gradient,
                reason="what T acts on is multiplied by 1 - gamma sigma^2 every step, and no step leaves range(T^T)",
            ),
            assumptions=(below(gamma * reach.T * reach, 2, arrange=_gain(2)),),
        )
    )

    low, most = SingularValue(reach * reach.T, -1), SingularValue(reach.T, 1)
    next_error = at.define(
        e_moved,
        e_inf - gamma * reach * slope,
        "one gradient step of size gamma: the error is linear in the change of the labels",
        cites=("gradient-attack.labels",),
    )
    contraction = at.substitute_right(next_error, gradient, reason="insert the gradient")
    shrinks = at.infer(
        Norm(e_moved) <= Abs(1 - gamma * low) * Norm(e_inf),
        contraction,
        reason="I - gamma T T^T is symmetric, and no eigenvalue 1 - gamma sigma^2 is further from 0 than the largest",
    )
    out.append(
        conclude(
            at.branch(),
            "gradient-attack.shrink",
            "What one step leaves of the error",
            shrinks,
            value=1 - gamma * low,
            lhs=named(
                Symbol("shrink", positive=True),
                r"\frac{\lVert e_\infty(y - \gamma\nabla J) \rVert}{\lVert e_\infty \rVert}",
            ),
            sign=r"\le",
            says=shrinks,
            assumptions=(
                arranged(gamma * (most**2 + low) <= 2, "gain at most 2 over both extreme eigenvalues", _gain(2)),
            ),
        )
    )
    largest = Implies(equation(gamma * most**2, 1), most**2 * Norm(e_moved) <= Abs(most**2 - low) * Norm(e_inf))
    quickest = at.infer(largest, contraction, reason="with the step 1/sigma_max^2")
    out.append(
        conclude(
            at,
            "gradient-attack.rate",
            "Linear rate of the attack",
            quickest,
            value=1 - low / most**2,
            lhs=named(
                Symbol("shrink_largest_step", positive=True),
                r"\frac{\lVert e_\infty(y - \nabla J / \sigma_{\max}^2) \rVert}{\lVert e_\infty \rVert}",
            ),
            sign=r"\le",
            says=largest,
            assumptions=(arranged(needs[0].says, needs[0].name, _gain(0)),),
        )
    )
    return out
