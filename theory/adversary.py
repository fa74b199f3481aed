"""The adversary: W declares a target that is not its goal, so that the interaction ends where it wants.

W's labels enter its move only through ``P w_declared``; ``s`` is the shift of the declared target from the goal w*.

Source: section 7.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sympy import Inverse, MatrixSymbol, Ne, Rational, Symbol, ZeroMatrix

from theory.assumptions import arranged, invertible, relation
from theory.dense import Dense
from theory.derivation import Derivation, equation
from theory.drawing import Drawer
from theory.dynamics import I, e_inf, f_inf, move, setting
from theory.errors import SingularError
from theory.formula import Formula, conclude, derives
from theory.nodes import Inner, Norm, PositiveSemidefinite, PseudoInverse, SingularValue, Vanishes
from theory.symbols import (
    S_U,
    S_W,
    X_W,
    A,
    B,
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
    s,
    u_inf,
    u_star,
    vector,
    w_inf,
    w_star,
    y_W,
)

THIS = "this project"
HALF = Rational(1, 2)
declared = vector("declared", r"\tilde w")
told = vector("declared_best", r"\tilde w^{\star}")
T = named(MatrixSymbol("T_attack", d, d), "T")
drift = vector("r_attack", "r")
witness = vector("witness", r"\zeta")
u_turn, w_next = vector("u_turn", "u_t"), vector("w_next_turn", "w_{t+1}")


@cache
def attacked() -> tuple[Derivation, dict[str, Any]]:
    """The fixed point when W declares ``w* + s``: W's error against its goal."""
    at = setting().chain.branch()
    names = setting().define
    goal = at.define(declared, w_star + s, "what W declares by its labels")
    middle = move(w_inf, S_U, eta_U, u_star)
    fixed = at.define_solution(
        w_inf,
        equation(w_inf, move(middle, S_W, eta_W, declared)),
        "a state that one turn, the victim's move then the attacker's, leaves unchanged",
    )
    u_fixed = at.define(u_inf, middle, "the victim's part of it")
    e_def = at.define(e_inf, w_inf - w_star, "the attacker's error against its goal")
    f_def = at.define(f_inf, u_inf - u_star, "the victim's error")
    m = at.define(M, P + Q - P * Q, "M = I - AB")
    unfold = (names[A], names[B], names[P], names[Q], names[Delta])
    cleared = at.restate(
        fixed,
        M * e_inf,
        A * Q * Delta + P * s,
        e_def,
        goal,
        m,
        *unfold,
        reason="the fixed-point equation: the victim's push, and the attacker's shift seen through its own geometry",
    )
    error = at.multiply(Inverse(M), cleared, reason="M is invertible")
    victim = at.restate(
        u_fixed, f_inf, B * (e_inf - Delta), f_def, e_def, *unfold, reason="the victim's residual, as ever"
    )
    return at, {"cleared": cleared, "error": error, "victim": victim, "M": m}


def _reachable(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Choose the gap so that the victim's pull lies in the range of W's Gram."""
    if drawer.random is not None and drawer.random.randint(0, 1):
        values["S_W"] = values["S_W"] + Dense.eye(values["S_W"].shape[0], drawer.domain)
    else:
        values["S_U"] = values["S_W"]


@derives("label-attack.e", "label-attack.shift", "label-attack.feasible", "label-attack.victim")
def label_attack() -> list[Formula]:
    """The error that a declared target leaves, and the least shift that leaves none."""
    base, lines = attacked()
    at = base.branch()
    names = setting().define
    needs = (invertible(M),)
    error = conclude(
        at.branch(),
        "label-attack.e",
        "Error of an attacker that declares another target",
        r"If W declares $w^{*} + s$ its error against $w^{*}$ is $M^{-1}(AQ\Delta + Ps)$; the product $AB$, hence "
        r"stability, does not change.",
        lines["error"],
        assumptions=needs,
    )
    feasible = at.decide(
        Vanishes((I - P * PseudoInverse(P)) * Q * Delta, Norm(Delta)),
        lines["cleared"],
        names[A],
        reason="the error is zero iff Ps = -AQ Delta = PQ Delta - Q Delta, which has a solution iff Q Delta lies in "
        "the range of P",
    )
    best = vector("s_best", r"s^{\star}")
    chosen = at.define(best, -PseudoInverse(P) * A * Q * Delta, "the least-norm solution of Ps = -AQ Delta")
    in_range = at.assume(
        equation(P * PseudoInverse(P) * Q * Delta, Q * Delta), "the victim's pull lies in the range of P"
    )
    penrose = at.infer(equation(P * PseudoInverse(P) * P, P), reason="Moore-Penrose")
    through = at.restate(
        at.multiply(P, chosen, reason="see it through the attacker's geometry"),
        P * best,
        -A * Q * Delta,
        names[A],
        penrose,
        in_range,
        reason="it does cancel the victim's push",
    )
    lie = at.define(told, w_star + best, "what W declares with this shift")
    u_move = at.define(u_turn, move(w_star, S_U, eta_U, u_star), "the victim moves, W being at its goal")
    w_move = at.define(w_next, move(u_turn, S_W, eta_W, told), "W moves towards what it declared")
    stays = at.restate(
        w_move,
        w_next,
        w_star + A * Q * Delta + P * best,
        u_move,
        lie,
        names[A],
        names[P],
        names[Q],
        names[Delta],
        reason="the victim's push, and the shift seen through W's geometry",
    )
    stays = at.restate(stays, w_next, w_star, through, reason="W is back at its goal: a state of rest")
    again = at.infer(equation(PseudoInverse(P) * P * PseudoInverse(P), PseudoInverse(P)), reason="Moore-Penrose")
    least = at.restate(
        at.multiply(PseudoInverse(P) * P, chosen, reason="project it on the range of P"),
        PseudoInverse(P) * P * best,
        best,
        again,
        chosen,
        reason="it has no part in the kernel of P, which every other solution adds to it: it is the shortest",
    )
    special = arranged(
        r"$Q\Delta \in \operatorname{range}(P)$",
        equation(P * PseudoInverse(P) * Q * Delta, Q * Delta),
        _reachable,
    )
    shift = conclude(
        at.branch(),
        "label-attack.shift",
        "The least shift that wins",
        r"If $Q\Delta \in \operatorname{range}(P)$, declaring $w^{*} + s$ with this least-norm $s$ leaves W at rest at "
        r"its goal: its residual is zero, off the common kernel.",
        chosen,
        rests_on=(stays, least),
        assumptions=(special,),
    )
    decision = conclude(
        at.branch(),
        "label-attack.feasible",
        "When an attack can win",
        r"Some declared target makes W succeed iff $Q\Delta \in \operatorname{range}(P)$.",
        feasible,
        assumptions=needs,
    )
    victim = conclude(
        base.branch(),
        "label-attack.victim",
        "The victim under attack",
        r"The victim's residual is $B(e_\infty - \Delta)$, so $-B\Delta$ when the attack succeeds: victim-bias.",
        lines["victim"],
        assumptions=needs,
        source=THIS,
    )
    return [error, shift, decision, victim]


@derives("impossibility.error", "impossibility.witness")
def impossibility() -> list[Formula]:
    """Otherwise the least reachable error is a least-squares value, with a witness that certifies it."""
    base, lines = attacked()
    at = base.branch()
    reach = at.define(T, Inverse(M) * P, "what a shift does to the error")
    own = at.define(drift, Inverse(M) * A * Q * Delta, "the error without any shift")
    error = at.restate(lines["error"], e_inf, drift + T * s, reach, own, reason="the error is affine in the shift")
    proof = at.define(witness, (I - T * PseudoInverse(T)) * drift, "the part of it that no shift touches")
    blind = at.infer(
        equation(T.T * witness, 0 * witness), proof, reason="it is orthogonal to the range of T (Moore-Penrose)"
    )
    size_seen = at.infer(
        equation(witness.T * drift, witness.T * witness), proof, reason="an orthogonal projector: z^T r = z^T z"
    )
    same = at.identity(
        witness.T * e_inf,
        witness.T * witness,
        error,
        at.transpose(blind, reason="transpose"),
        size_seen,
        reason="for every shift: z^T e = z^T r + (T^T z)^T s",
    )
    attained = at.restate(
        proof, witness, drift - T * PseudoInverse(T) * drift, reason="the error that the shift s = -T^+ r leaves"
    )
    below = at.infer(
        Norm(e_inf) >= Norm(witness),
        same,
        attained,
        reason="Cauchy-Schwarz: no shift leaves less, and s = -T^+ r leaves exactly this",
    )
    needs = (invertible(M),)
    return [
        conclude(
            at,
            "impossibility.error",
            "Least error that any attack reaches",
            "Whatever W declares, its error is at least this; it is positive exactly when no attack succeeds.",
            below,
            value=Norm(witness),
            lhs=Norm(e_inf),
            sign=r"\ge",
            assumptions=needs,
            source=THIS,
        ),
        conclude(
            at,
            "impossibility.witness",
            "Certificate of impossibility",
            r"This vector $\zeta$ satisfies $T^{\mathsf T}\zeta = 0$ and $\zeta^{\mathsf T}e_\infty = |\zeta|^2$ for "
            r"every shift: it proves the bound.",
            proof,
            rests_on=(same,),
            assumptions=needs,
            source=THIS,
        ),
    ]


@derives("one-example-attack.gram", "one-example-attack.input")
def one_example_attack() -> list[Formula]:
    """One in-context example along the victim's pull suffices."""
    at = setting().chain.branch()
    pull = vector("pull", "q")
    gram, chosen = named(MatrixSymbol("S_one", d, d), r"S_W^{\star}"), vector("x_one", r"x^{\star}")
    own = at.define(pull, Q * Delta, "the victim's pull")
    line = at.define(gram, pull * pull.T / (eta_W * Inner(pull, pull)), "the Gram of one example x = q/(|q| sqrt(eta))")
    size_one = at.infer(
        equation(eta_W * gram * pull, pull), own, line, reason="its step matrix is the projector on q: it keeps q"
    )
    nothing = at.restate(
        size_one, (I - eta_W * gram) * Q * Delta, 0 * Delta, own, reason="so the push on W vanishes: deadbeat"
    )
    x = pull / (Norm(pull) * eta_W ** Rational(1, 2))
    pulls = relation(Ne(S_U * (u_star - w_star), ZeroMatrix(d, 1), evaluate=False), r"$Q\Delta \ne 0$")
    needs = (pulls,)
    return [
        conclude(
            at,
            "one-example-attack.gram",
            "The geometry of a one-example attack",
            r"With this Gram (one example along the victim's pull $q = Q\Delta \ne 0$) $P$ is the projector on $q$ "
            r"and the push on W vanishes. For $0 \prec Q \prec 2I$ the interaction converges from every start, and W "
            r"succeeds exactly; where $Q$ is singular it succeeds off the common kernel.",
            line,
            rests_on=(nothing,),
            assumptions=needs,
        ),
        conclude(
            at,
            "one-example-attack.input",
            "The one example",
            r"The input of that example; its label is $\langle x, w^{*}\rangle$: an honest label.",
            size_one,
            rests_on=(nothing,),
            value=x,
            lhs=chosen,
            sign=":=",
            assumptions=needs,
        ),
    ]


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
    values["gamma"] = Dense.from_rows([[share]], drawer.domain) @ (reach @ reach.transpose()).trace().inverse()


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
    unfold = (names[A], names[B], names[P], names[Q], names[Delta])
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
    seen = relation(Ne(X_W, ZeroMatrix(n, d), evaluate=False), r"$X_W \ne 0$")
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
                    r"$M$ is invertible and $\gamma T_y T_y^{\mathsf T} \preceq I$",
                    PositiveSemidefinite(I - gamma * reach * reach.T),
                    _cautious,
                ),
            ),
        ),
    ]
