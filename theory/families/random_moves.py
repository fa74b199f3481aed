"""Moves at random: who moves is drawn, or what an agent answers is disturbed; means, and how far states scatter.

States that are equally likely are the columns of a matrix, and so is what disturbs them, a column for each case; a mean
is that of all columns, and over who moves. The second moments of what deviates from the mean, `C`, obey a recursion of
their own. Two agents are spoken of here: a sum over any number has no letter yet, except of the mean, which is that of
a mediator whose shares are the probabilities.

Source: section 11.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sympy import (
    GreaterThan,
    Identity,
    Inverse,
    LessThan,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    StrictGreaterThan,
    StrictLessThan,
    Trace,
)

from theory.derivation.assumptions import arranged, below, invertible, psd, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.errors import SingularError
from theory.families.convergence import INSIDE, spectra
from theory.families.dynamics import GRAMS, MOVE, move, setting
from theory.language.nodes import Contracts, Vanishes
from theory.language.predicates import All, Iff, Loewner, TendsTo
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    B,
    I,
    P,
    Q,
    SymmetricSymbol,
    d,
    eta_U,
    eta_W,
    k,
    named,
    primitive,
    u_star,
    vector,
    w_star,
    w_t,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

__all__ = ["AT_LEAST_0", "AT_MOST_1", "STATIONARY", "chance"]

chance = primitive("chance", "scalar", r"\pi", "probability that W moves; otherwise U does")
D_runs = primitive("D_runs", "history", "D", "deviations of equally likely states from their mean, one a column")
N_W = primitive("N_W", "history", r"\mathcal N_W", "what disturbs W's answers, a column for each case")
N_U = primitive("N_U", "history", r"\mathcal N_U", "what disturbs U's answers, a column for each case")
C_t = primitive("C_t", "matrix", "C_t", "second moments of deviations before a turn")
C_inf = primitive("C_inf", "matrix", r"C_\infty", "second moments of deviations that a turn leaves as they are")
C_more = primitive("C_more", "matrix", r"C_\infty'", "the same under more noise")
Z_W = primitive("Z_W", "gram", "Z_W", "covariance of the noise in W's answers")
Z_U = primitive("Z_U", "gram", "Z_U", "covariance of the noise in U's answers")
E_W = primitive("E_W", "gram", r"E_W", "how much more there is of it")
E_U = primitive("E_U", "gram", r"E_U", "how much more there is of it in U's answers")
m_inf = primitive("m_inf", "vector", r"m_\infty", "mean state at rest")

P_mean = named(SymmetricSymbol("P_mean", d, d), r"P_\pi")
b_mean = vector("b_mean", r"b_\pi")
m_W, m_U, m_next = vector("m_W", "m_W"), vector("m_U", "m_U"), vector("m_next", "m_{t+1}")
m_rest = vector("m_rest", r"\bar m")
g_W, g_U = vector("g_W", "g_W"), vector("g_U", "g_U")
X_W_next = named(MatrixSymbol("X_W_next", d, k), "X_W")
X_U_next = named(MatrixSymbol("X_U_next", d, k), "X_U")
D_next = named(MatrixSymbol("D_next", d, k), "D_{t+1}")
C_now = named(MatrixSymbol("C_now", d, d), "C")
C_next = named(MatrixSymbol("C_next", d, d), "C_{t+1}")
Z_W_seen = named(MatrixSymbol("Z_W_seen", d, d), r"\hat Z_W")
Z_U_seen = named(MatrixSymbol("Z_U_seen", d, d), r"\hat Z_U")
ONES, ONE = OneMatrix(k, 1), Identity(1)
#: Eigenvalues of step matrices, of which one is that of no Gram matrix.
REACH = (*INSIDE, "-1/4")
#: Rows of which each is orthogonal to the others, and all to a constant.
ROWS = ((1, -1, 1, -1), (1, 1, -1, -1), (1, -1, -1, 1))


def _centred(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Take the mean off the deviations."""
    if drawer.random is not None:
        runs = values["D_runs"]
        ones = Dense.full((runs.shape[1], 1), 1, drawer.domain)
        values["D_runs"] = runs - (runs @ ones @ ones.transpose()).over(drawer.domain.convert(runs.shape[1]))


def _uncorrelated(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let deviations and both noises be of mean zero and uncorrelated."""
    if drawer.random is None:
        return
    for name, row in zip(("D_runs", "N_U", "N_W"), ROWS, strict=True):
        if name in values and values[name].shape[1] == len(row):
            row_ = Dense.from_rows([[drawer.domain.convert(x) for x in row]], drawer.domain)
            values[name] = values[name].columns()[0] @ row_


CENTRED = arranged(equation(D_runs * ONES, 0 * w_t), "D_runs has mean 0", _centred)
#: Moments of the first order, and of deviations and noises with one another.
UNCORRELATED = tuple(
    arranged(equation(left * right.T, 0 * I), f"{left} and {right} uncorrelated", _uncorrelated)
    for left, right in ((D_runs, N_U), (D_runs, N_W), (N_U, N_W))
)
NO_MEAN = tuple(arranged(equation(x * ONES, 0 * w_t), f"{x} has mean 0", _uncorrelated) for x in (D_runs, N_U, N_W))
CASES = {"k": (4, 4)}
SOME = {"k": (2, 1, 3)}


def _drawn(at: Derivation, n: Any) -> dict[Any, Any]:
    """Who moves is drawn: what that takes away and adds on average."""
    return {
        P_mean: at.define(P_mean, chance * P + (1 - chance) * Q, "what a move takes away on average"),
        b_mean: at.define(b_mean, chance * P * w_star + (1 - chance) * Q * u_star, "and what it adds"),
    }


def _moved(at: Derivation, n: Any) -> dict[Any, Any]:
    """The state after a move of either agent, and the mean over both."""
    found = {}
    for symbol, gram, step, goal, matrix, who in (
        (m_W, S_W, eta_W, w_star, P, "W"),
        (m_U, S_U, eta_U, u_star, Q, "U"),
    ):
        line = at.define(symbol, move(w_t, gram, step, goal), f"where a move of {who} leads", cites=MOVE)
        found[symbol] = at.restate(
            line, symbol, w_t - matrix * (w_t - goal), n[matrix], reason="write it with a matrix"
        )
    found[m_next] = at.define(m_next, chance * m_W + (1 - chance) * m_U, "the mean over who moves")
    return found


@derives("random-order.mean", "random-order.rest", "random-order.covariance")
def random_order() -> list[Formula]:
    """The mean moves like a mediator's state; deviations are moved, and who moves adds to them."""
    base, n = setting().begin()
    at = base.branch()
    drawn, moved = _drawn(at, n), _moved(at, n)
    mean = at.restate(
        moved[m_next],
        m_next,
        w_t - (P_mean * w_t - b_mean),
        moved[m_W],
        moved[m_U],
        drawn[P_mean],
        drawn[b_mean],
        reason="average the two moves",
    )
    found = [conclude(at, "random-order.mean", "On average a mediator", mean)]
    at = base.branch()
    drawn = _drawn(at, n)
    both = chance * move(m_rest, S_W, eta_W, w_star) + (1 - chance) * move(m_rest, S_U, eta_U, u_star)
    fixed = at.define_solution(
        m_rest, equation(m_rest, both), "a mean that a move, of whom is drawn, leaves as it is", cites=MOVE
    )
    cleared = at.restate(
        fixed, P_mean * m_rest, b_mean, drawn[P_mean], drawn[b_mean], n[P], n[Q], reason="the pulls cancel on average"
    )
    solved = at.multiply(Inverse(P_mean), cleared, reason="it is invertible")
    needs = (invertible(P_mean),)
    found.append(conclude(at, "random-order.rest", "The mean at rest", solved, assumptions=needs))
    at = base.branch()
    moved, spread = _moved(at, n), at.assume(CENTRED.says, "deviations have no mean")
    turned = at.transpose(spread, reason="transpose")
    states, lines = w_t * ONES.T + D_runs, []
    for symbol, own, gram, step, goal, matrix, left, who in (
        (X_W_next, m_W, S_W, eta_W, w_star, P, A, "W"),
        (X_U_next, m_U, S_U, eta_U, u_star, Q, B, "U"),
    ):
        line = at.define(
            symbol, states - step * gram * (states - goal * ONES.T), f"every state, after a move of {who}", cites=MOVE
        )
        lines.append(
            at.restate(
                line, symbol, own * ONES.T + left * D_runs, moved[own], n[left], n[matrix], reason="mean and deviation"
            )
        )
    now = at.define(C_now, D_runs * D_runs.T / k, "second moments of the deviations")
    over_w, over_u = (x - m_next * ONES.T for x in (X_W_next, X_U_next))
    then = at.define(
        C_next, chance * over_w * over_w.T / k + (1 - chance) * over_u * over_u.T / k, "the same after the move"
    )
    count = at.infer(equation(MatMul(ONES.T, ONES), k * ONE), reason="there are k columns")
    gap = m_W - m_U
    flat = [at.transpose(line, reason="transpose") for line in lines]
    widened = at.transpose(moved[m_next], reason="transpose")
    result = at.restate(
        then,
        C_next,
        chance * A * C_now * A + (1 - chance) * B * C_now * B + chance * (1 - chance) * gap * gap.T,
        *lines,
        *flat,
        moved[m_next],
        widened,
        now,
        spread,
        turned,
        count,
        reason="the mixed terms have no mean",
    )
    found.append(
        conclude(
            at,
            "random-order.covariance",
            "How deviations grow and shrink",
            result,
            assumptions=(CENTRED,),
            counts=SOME,
        )
    )
    return found


def _scatters(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw probabilities inside and outside, agents that may scatter for ever, and the moments that they settle to."""
    values["chance"] = drawer.pick("1/2", "1/3", "1/4", 0, 1)
    if drawer.random is None:
        return
    spectra(REACH, REACH)(drawer, values)
    one, share = Dense.eye(values["S_W"].shape[0], drawer.domain), values["chance"]
    other = Dense.number(1, drawer.domain) - share
    p, q = (values[f"S_{agent}"].scale(values[f"eta_{agent}"]) for agent in "WU")
    if "m_inf" in values and drawer.random.random() < 1 / 4:  # where both agree there is no push
        values["w_star"] = values["u_star"] = values["m_inf"]
    pushes = [x @ (values["m_inf"] - values[goal]) for x, goal in ((p, "w_star"), (q, "u_star"))]
    pushed = [y @ y.transpose() for y in pushes]
    constant = pushed[0].scale(share) + pushed[1].scale(other)
    with suppress(SingularError):
        values["C_inf"] = _solved([(share, one - p), (other, one - q)], constant)


def _solved(moves: list[tuple[Dense, Dense]], constant: Dense) -> Dense:
    """Solve ``C = sum of share * T C T' + constant`` for C, entry by entry."""
    size, domain = constant.shape[0], constant.domain
    columns = []
    for j in range(size):
        for i in range(size):
            unit = Dense.from_rows(
                [[domain.convert((r, c) == (i, j)) for c in range(size)] for r in range(size)], domain
            )
            image = unit
            for share, turn in moves:
                image = image - (turn @ unit @ turn.transpose()).scale(share)
            columns.append(_stacked(image))
    entries = Dense.hstack(columns).inverse() @ _stacked(constant)
    return Dense.hstack(
        [Dense.hstack([entries.entry(i + size * j, 0) for i in range(size)]).transpose() for j in range(size)]
    )


def _stacked(matrix: Dense) -> Dense:
    return Dense.hstack([column.transpose() for column in matrix.columns()]).transpose()


def _over_choice(moments: Any) -> Any:
    """Second moments after a move, of whom is drawn, of deviations from the mean at rest."""
    push_w, push_u = P * (m_inf - w_star), Q * (m_inf - u_star)
    own = chance * A * moments * A + (1 - chance) * B * moments * B
    return own + chance * push_w * push_w.T + (1 - chance) * push_u * push_u.T


STATIONARY = arranged(equation(C_inf, _over_choice(C_inf)), "a move leaves C_inf as it is", _scatters)
MEAN_SQUARE = relation(Loewner(chance * A**2 + (1 - chance) * B**2, I, True), "a move shortens in mean square")
AT_LEAST_0 = relation(GreaterThan(chance, 0, evaluate=False), "chance at least 0")
AT_MOST_1 = relation(LessThan(chance, 1, evaluate=False), "chance at most 1")


@derives("random-order.settles", "random-order.box", "random-order.quiet")
def random_order_settles() -> list[Formula]:
    """Where deviations lead, that the box is enough for it, and when there are none."""
    base, n = setting().begin()
    at = base.branch()
    rests = at.assume(STATIONARY.says, "second moments that a move leaves as they are")
    shorter = at.assume(MEAN_SQUARE.says, "a move, of whom is drawn, shortens every vector in mean square")
    apart = at.linear(
        _over_choice(C_t) - C_inf,
        chance * A * (C_t - C_inf) * A + (1 - chance) * B * (C_t - C_inf) * B,
        (-I, rests, I),
        reason="the pushes are the same",
    )
    leads = at.infer(
        TendsTo(C_t, _over_choice(C_t), C_t, C_inf),
        apart,
        shorter,
        reason="what two vectors take of the difference falls by a factor that both share",
    )
    needs = (STATIONARY, MEAN_SQUARE, AT_LEAST_0, AT_MOST_1)
    found = [conclude(at, "random-order.settles", "Where deviations lead", leads, assumptions=needs)]
    at = base.branch()
    inside = at.infer(
        MEAN_SQUARE.says,
        n[A],
        n[B],
        n[P],
        n[Q],
        reason="each part of 1 - pi A^2 - (1 - pi) B^2 = pi P(2 - P) + (1 - pi) Q(2 - Q) vanishes with P, or Q, alone",
    )
    within = (
        *GRAMS,
        below(P, 2, arrange=_within),
        below(Q, 2),
        invertible(P + Q),
        relation(StrictGreaterThan(chance, 0, evaluate=False), "chance above 0"),
        relation(StrictLessThan(chance, 1, evaluate=False), "chance below 1"),
    )
    found.append(conclude(at, "random-order.box", "Inside the box", inside, assumptions=within))
    at = base.branch()
    rests = at.assume(STATIONARY.says, "second moments that a move leaves as they are")
    shorter = at.assume(MEAN_SQUARE.says, "a move, of whom is drawn, shortens every vector in mean square")
    quiet = at.infer(
        Iff(equation(C_inf, 0 * I), All(Vanishes(P * (m_inf - w_star)), Vanishes(Q * (m_inf - u_star)))),
        rests,
        shorter,
        reason="a sum of squares is zero iff all are; and without a push nothing else is left as it is",
    )
    found.append(
        conclude(
            at,
            "random-order.quiet",
            "When nothing scatters",
            quiet,
            assumptions=(STATIONARY, MEAN_SQUARE, *within[-2:]),
        )
    )
    return found


def _within(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw steps inside the box and on its edge, and probabilities of all kinds."""
    values["chance"] = drawer.pick("1/2", "1/3", "3/4", "1/2", "1/3", 0, 1, 2)
    # Half of them see everything: a common kernel is drawn often.
    seen = INSIDE[1:] if drawer.random is not None and drawer.random.random() < 1 / 2 else (*INSIDE, 2)
    spectra(seen, seen)(drawer, values)
    if drawer.random is not None and drawer.random.random() < 1 / 4:  # one of them sees nothing, the other everything
        blind, other = drawer.random.sample("WU", 2)
        values[f"S_{blind}"] = values[f"S_{blind}"] - values[f"S_{blind}"]
        one = Dense.eye(values[f"S_{other}"].shape[0], drawer.domain)
        values[f"S_{other}"] = one.scale(values[f"eta_{other}"].inverse())


@derives("noisy-moves.mean", "noisy-moves.covariance", "noisy-moves.mean-square")
def noisy_moves() -> list[Formula]:
    """Agents whose answers are disturbed: the mean is moved as if they were not, and noise adds to what deviates."""
    base, n = setting().begin()
    first = base.define(m_U, move(w_t, S_U, eta_U, u_star), "the mean state, after U's move", cites=MOVE)
    second = base.define(m_next, move(m_U, S_W, eta_W, w_star), "and W's", cites=MOVE)
    states = w_t * ONES.T + D_runs
    after_u = base.define(
        X_U_next, states - eta_U * S_U * (states - u_star * ONES.T) + N_U, "every state, after U's move", cites=MOVE
    )
    after_w = base.define(X_W_next, X_U_next - eta_W * S_W * (X_U_next - w_star * ONES.T) + N_W, "and W's", cites=MOVE)
    deviation = base.define(D_next, X_W_next - m_next * ONES.T, "its deviation from where the mean leads")
    linear = base.restate(
        deviation,
        D_next,
        A * (B * D_runs + N_U) + N_W,
        after_w,
        after_u,
        second,
        first,
        n[A],
        n[B],
        n[P],
        n[Q],
        reason="targets move all states alike",
    )
    at = base.branch()
    centred = [at.assume(a.says, "no mean") for a in NO_MEAN]
    mean = at.linear(
        D_next * ONES,
        0 * w_t,
        (I, linear, ONES),
        (A * B, centred[0], ONE),
        (A, centred[1], ONE),
        (I, centred[2], ONE),
        reason="no noise has a mean",
    )
    found = [conclude(at, "noisy-moves.mean", "Noise leaves the mean alone", mean, assumptions=NO_MEAN, counts=CASES)]
    at = base.branch()
    apart = [at.assume(a.says, "uncorrelated") for a in UNCORRELATED]
    turned = [at.transpose(line, reason="transpose") for line in apart]
    now = at.define(C_now, D_runs * D_runs.T / k, "second moments of the deviations")
    noise_w = at.define(Z_W_seen, N_W * N_W.T / k, "of the noise in W's answers")
    noise_u = at.define(Z_U_seen, N_U * N_U.T / k, "and in U's")
    then = at.define(C_next, D_next * D_next.T / k, "second moments a turn later")
    grown = at.restate(
        then,
        C_next,
        A * B * C_now * B * A + A * Z_U_seen * A + Z_W_seen,
        linear,
        *apart,
        *turned,
        now,
        noise_w,
        noise_u,
        reason="the mixed terms vanish",
    )
    found.append(
        conclude(
            at,
            "noisy-moves.covariance",
            "Noise adds to what deviates",
            grown,
            assumptions=UNCORRELATED,
            counts=CASES,
        )
    )
    at = base.branch()
    spread = at.assume(CENTRED.says, "deviations have no mean")
    turned_ = at.transpose(spread, reason="transpose")
    now = at.define(C_now, D_runs * D_runs.T / k, "second moments of the deviations")
    count = at.infer(equation(MatMul(ONES.T, ONES), k * ONE), reason="there are k columns")
    away = (w_t - w_star) * ONES.T + D_runs
    size = at.identity(
        Trace(away * away.T) / k,
        Trace((w_t - w_star).T * (w_t - w_star)) + Trace(C_now),
        now,
        spread,
        turned_,
        count,
        reason="the mixed terms have no mean",
    )
    found.append(
        conclude(
            at,
            "noisy-moves.mean-square",
            "The mean squared error is that of the mean, and what scatters",
            size,
            assumptions=(CENTRED,),
            counts=SOME,
        )
    )
    return found


def _after_turn(moments: Any, in_w: Any, in_u: Any) -> Any:
    """Second moments after a turn of two agents with noise of these covariances."""
    return A * B * moments * B * A + A * in_u * A + in_w


def _noisy(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Find the moments that a turn leaves, with the noise there is, and with more."""
    if drawer.random is None:
        return
    spectra(REACH, REACH)(drawer, values)
    if {"E_W", "E_U"} <= set(values) and drawer.random.random() < 1 / 4:  # no more noise
        values["E_W"], values["E_U"] = (values[x] - values[x] for x in ("E_W", "E_U"))
    one = Dense.eye(values["S_W"].shape[0], drawer.domain)
    a, b = (one - values[f"S_{agent}"].scale(values[f"eta_{agent}"]) for agent in "WU")
    unit = Dense.number(1, drawer.domain)
    for name, more in (("C_inf", False), ("C_more", True)):
        if name in values:
            in_w, in_u = (values[f"Z_{x}"] + values[f"E_{x}"] if more else values[f"Z_{x}"] for x in "WU")
            with suppress(SingularError):
                values[name] = _solved([(unit, a @ b)], a @ in_u @ a + in_w)


NOISY_REST = arranged(equation(C_inf, _after_turn(C_inf, Z_W, Z_U)), "a turn leaves C_inf as it is", _noisy)
NOISIER_REST = relation(equation(C_more, _after_turn(C_more, Z_W + E_W, Z_U + E_U)), "a noisier turn leaves C_more")


@derives("noisy-moves.settles", "noisy-moves.monotone")
def noisy_moves_settle() -> list[Formula]:
    """Where second moments lead, and that more noise makes them larger."""
    base, _ = setting().begin()
    at = base.branch()
    rests = at.assume(NOISY_REST.says, "second moments that a turn leaves as they are")
    apart = at.linear(
        _after_turn(C_t, Z_W, Z_U) - C_inf,
        A * B * (C_t - C_inf) * B * A,
        (-I, rests, I),
        reason="the noise is the same",
    )
    contracts = relation(Contracts(A * B), "AB contracts")
    leads = at.infer(TendsTo(C_t, _after_turn(C_t, Z_W, Z_U), C_t, C_inf), apart, reason="the powers of AB die out")
    found = [
        conclude(at, "noisy-moves.settles", "Where second moments lead", leads, assumptions=(NOISY_REST, contracts))
    ]
    at = base.branch()
    less = at.assume(NOISY_REST.says, "second moments that a turn leaves as they are")
    more = at.assume(NOISIER_REST.says, "and those that a noisier turn does")
    grows = at.linear(
        C_more - C_inf,
        A * B * (C_more - C_inf) * B * A + A * E_U * A + E_W,
        (I, more, I),
        (-I, less, I),
        reason="the difference obeys the recursion of what was added",
    )
    larger = at.infer(
        Loewner(C_inf, C_more), grows, reason="a form of it is no less than that of its image under powers of BA"
    )
    needs = (NOISY_REST, NOISIER_REST, contracts, psd(E_W), psd(E_U))
    found.append(conclude(at, "noisy-moves.monotone", "More noise scatters more", larger, assumptions=needs))
    return found
