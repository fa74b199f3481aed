"""Gradient attacks: labels that drift towards the goal while the interaction runs.

Source: section 7.
"""

from __future__ import annotations

from sympy import Inverse, MatrixSymbol, Ne, Symbol, ZeroMatrix

from theory.derivation.assumptions import arranged, invertible, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.errors import SingularError
from theory.families.dynamics import e_inf, move, setting, unfolding
from theory.language.nodes import Norm, PositiveSemidefinite, SingularValue
from theory.language.symbols import (
    HALF,
    S_U,
    S_W,
    A,
    Delta,
    I,
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
    w_inf,
    w_star,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

X_W = primitive("X_W", "inputs", "X_W", "inputs of W's prompt")
y_W = primitive("y_W", "labels", "y", "labels that W writes into its prompt")


def _cautious(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Make the inputs span all directions, and the gain at most one over the trace of ``T T^T``."""
    inputs, size, count = values["X_W"], values["X_W"].shape[1], values["X_W"].shape[0]
    if drawer.random is None or count < size:
        return
    gram = (inputs.transpose() @ inputs).over(drawer.domain.convert(count))
    p, q = gram.scale(values["eta_W"]), values["S_U"].scale(values["eta_U"])
    try:
        reach = (p + q - p @ q).inverse() @ inputs.transpose().scale(values["eta_W"]).over(drawer.domain.convert(count))
    except SingularError:
        return
    share = drawer.domain.convert(drawer.random.randint(1, 4)) / 4
    values["gamma"] = Dense.number(share, drawer.domain) @ (reach @ reach.transpose()).trace().inverse()


@derives("gradient-attack.gradient", "gradient-attack.step", "gradient-attack.rate")
def gradient_attack() -> list[Formula]:
    """The labels as the variable: gradient of half the squared error, step bound and linear rate."""
    at = Derivation()
    at.define(S_W, X_W.T * X_W / n, "Gram matrix of the attacker's prompt")
    at.extend(setting().chain)
    names = setting().define
    slope = named(MatrixSymbol("slope", n, 1), r"\nabla J(y)")
    reach = named(MatrixSymbol("T_labels", d, n), "T_y")
    change = named(MatrixSymbol("delta_y", n, 1), r"\delta")
    middle = move(w_inf, S_U, eta_U, u_star)
    fixed = at.define_solution(
        w_inf,
        equation(w_inf, middle - eta_W * (S_W * middle - X_W.T * y_W / n)),
        "the fixed point with labels y: lsa-step, in which the labels enter through the moment",
    )
    e_def = at.define(e_inf, w_inf - w_star, "the attacker's error against its goal")
    m = at.define(M, P + Q - P * Q, "M = I - AB")
    unfold = unfolding(names)
    affine = at.restate(
        fixed,
        M * e_inf,
        A * Q * Delta - P * w_star + eta_W * X_W.T * y_W / n,
        e_def,
        m,
        *unfold,
        reason="the fixed-point equation: affine in the labels",
    )
    error = at.multiply(Inverse(M), affine, reason="M is invertible")
    per_label = at.define(reach, eta_W * Inverse(M) * X_W.T / n, "what a change of the labels does to the error")
    error = at.restate(
        error, e_inf, Inverse(M) * (A * Q * Delta - P * w_star) + reach * y_W, per_label, reason="affine in the labels"
    )
    gradient = at.define(slope, reach.T * e_inf, "the candidate for the gradient of J = |e|^2/2")
    at.define(change, y_W, "any change of the labels, here by y itself")
    moved_error = e_inf + reach * change
    taylor = at.identity(
        HALF * moved_error.T * moved_error - HALF * e_inf.T * e_inf,
        slope.T * change + HALF * (reach * change).T * (reach * change),
        gradient,
        reason="expand J(y + delta) - J(y): the candidate is the coefficient of the change",
    )
    written = at.restate(
        gradient,
        slope,
        eta_W * X_W * Inverse(M).T * e_inf / n,
        per_label,
        reason="insert what a change of the labels does",
    )
    top, low = (SingularValue(reach, i) for i in (1, -1))
    moved = named(MatrixSymbol("e_moved", d, 1), r"e_\infty(y - \gamma\nabla J)")
    next_error = at.define(
        moved, e_inf - gamma * reach * slope, "one gradient step of size gamma: the error is affine in the labels"
    )
    contraction = at.substitute_right(next_error, gradient, reason="insert the gradient")
    shrinks = at.infer(
        Norm(moved) <= (1 - gamma * low**2) * Norm(e_inf),
        contraction,
        reason="I - gamma T T^T is symmetric, and its eigenvalues 1 - gamma sigma^2 are largest at sigma_min while "
        "gamma sigma_max^2 <= 1",
    )
    needs = (invertible(M),)
    seen = relation(Ne(X_W, ZeroMatrix(n, d), evaluate=False), "X_W non-zero", r"$X_W \ne 0$")
    return [
        conclude(
            at,
            "gradient-attack.gradient",
            "Gradient of the attack with respect to the labels",
            r"With $J(y) = \frac12\lVert e_\infty(y)\rVert^2$ the gradient is $\frac{\eta_W}{n} X M^{-\mathsf T} "
            r"e_\infty$.",
            written,
            rests_on=(taylor, error),
            assumptions=needs,
        ),
        conclude(
            at,
            "gradient-attack.step",
            "Largest constant step",
            r"Gradient descent on the labels converges for every step below $2/\sigma_{\max}(T_y)^2$, $T_y = "
            r"\frac{\eta_W}{n}M^{-1}X^{\mathsf T}$.",
            contraction,
            value=2 / top**2,
            lhs=gamma,
            sign="<",
            assumptions=(*needs, seen),
        ),
        conclude(
            at,
            "gradient-attack.rate",
            "Linear rate of the attack",
            r"With $S_W$ invertible ($T_y$ of full row rank) and a step $\gamma \le 1/\sigma_{\max}(T_y)^2$ every "
            r"iteration multiplies the error by at most $1 - \gamma\sigma_{\min}^2$: with the largest such step, by "
            r"$1 - (\sigma_{\min}/\sigma_{\max})^2$.",
            shrinks,
            value=1 - (low / top) ** 2,
            lhs=named(
                Symbol("shrink_largest_step", positive=True),
                r"\frac{\lVert e_\infty(y - \nabla J / \sigma_{\max}^2) \rVert}{\lVert e_\infty \rVert}",
            ),
            sign=r"\le",
            assumptions=(
                invertible(S_W),
                arranged(
                    PositiveSemidefinite(I - gamma * reach * reach.T),
                    "M invertible and gamma T_y T_y^T at most 1",
                    r"$M$ is invertible and $\gamma T_y T_y^{\mathsf T} \preceq I$",
                    _cautious,
                ),
            ),
        ),
    ]
