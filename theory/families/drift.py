"""Targets that move: agents that chase them lag behind, and where they drift apart the error grows with the gap.

W's error is measured from where its target is when the next turn begins.

Source: section 11.
"""

from __future__ import annotations

from typing import Any

from sympy import Identity, Inverse

from theory.derivation.assumptions import arranged, invertible, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import equation
from theory.errors import SingularError
from theory.families.dynamics import MOVE, move, setting
from theory.language.nodes import Contracts
from theory.language.predicates import TendsTo
from theory.language.symbols import (
    S_U,
    S_W,
    A,
    B,
    Delta,
    I,
    M,
    P,
    Q,
    eta_U,
    eta_W,
    primitive,
    t,
    u_star,
    vector,
    w_star,
)
from theory.values.dense import Dense
from theory.values.drawing import Drawer

__all__: list[str] = []

drift = primitive("drift", "vector", r"\nu", "by how much both targets move every turn")
drift_apart = primitive("drift_apart", "vector", r"\delta", "by how much the gap between the targets grows every turn")
e_now = primitive("e_now", "vector", "e", "error of W before a turn")
e_lag = primitive("e_lag", "vector", r"e_\nu", "error of W that a turn with moving targets leaves as it is")
e_line, e_line_next = vector("e_line", r"\ell_t"), vector("e_line_next", r"\ell_{t+1}")


def _lags(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Let the error be the one that a turn leaves; and steps so small that it often contracts."""
    if drawer.random is not None and drawer.random.choice((True, False)):
        for agent in "WU":
            values[f"S_{agent}"] = values[f"S_{agent}"].over(drawer.domain.convert(drawer.random.choice((4, 16))))
    one = Dense.eye(values["w_star"].shape[0], drawer.domain)
    p, q = (values[f"S_{agent}"].scale(values[f"eta_{agent}"]) for agent in "WU")
    try:
        taken = (one - (one - p) @ (one - q)).inverse()
    except SingularError:
        return
    values["e_lag"] = taken @ ((one - p) @ q @ (values["u_star"] - values["w_star"]) - values["drift"])


def chased(error: Any) -> Any:
    """W's error a turn later, from its new target: U moves, then W, then both targets."""
    after_u = move(w_star + error, S_U, eta_U, u_star)
    return move(after_u, S_W, eta_W, w_star) - (w_star + drift)


LAGS = arranged(equation(e_lag, A * B * e_lag + A * Q * Delta - drift), "a turn leaves the error e_lag", _lags)


@derives("drifting-targets.rest", "drifting-targets.settles", "drifting-targets.apart")
def drifting_targets() -> list[Formula]:
    """A lag beside the bias where both targets move alike; growth without end where they drift apart."""
    base, n = setting().begin()
    letter = base.define(M, I - A * B, "what one turn takes away")
    at = base.branch()
    fixed = at.define_solution(
        e_lag, equation(e_lag, chased(e_lag)), "an error that a turn with moving targets leaves as it is", cites=MOVE
    )
    cleared = at.restate(
        fixed,
        M * e_lag,
        A * Q * Delta - drift,
        letter,
        n[A],
        n[B],
        n[P],
        n[Q],
        n[Delta],
        reason="collect what depends on the error",
    )
    solved = at.multiply(Inverse(M), cleared, reason="M is invertible")
    solved = at.restate(solved, e_lag, Inverse(M) * (A * Q * Delta - drift), reason="the bias, and a lag")
    needs = (invertible(M),)
    found = [conclude(at, "drifting-targets.rest", "A lag beside the bias", solved, assumptions=needs)]
    at = base.branch()
    rests = at.assume(LAGS.says, "a turn leaves that error as it is")
    apart = at.linear(
        A * B * e_now + A * Q * Delta - drift - e_lag,
        A * B * (e_now - e_lag),
        (-I, rests, Identity(1)),
        reason="a turn multiplies the distance to that error by AB",
    )
    leads = at.infer(
        TendsTo(e_now, A * B * e_now + A * Q * Delta - drift, e_now, e_lag), apart, reason="the powers of AB die out"
    )
    contracts = relation(Contracts(A * B), "AB contracts")
    found.append(conclude(at, "drifting-targets.settles", "Where a chase leads", leads, assumptions=(LAGS, contracts)))
    at = base.branch()
    gain = Inverse(M) * A * Q
    line = at.define(
        e_line, gain * (Delta + t * drift_apart) - Inverse(M) * gain * drift_apart, "an error that grows with the gap"
    )
    after = at.define(
        e_line_next,
        gain * (Delta + (t + 1) * drift_apart) - Inverse(M) * gain * drift_apart,
        "the same a turn later",
    )
    inverse = at.inverse(M, reason="M is invertible", right=True)
    opened = at.restate(inverse, Inverse(M) - A * B * Inverse(M), I, letter, reason="M is what a turn takes away")
    grows = at.linear(
        e_line_next,
        A * B * e_line + A * Q * (Delta + t * drift_apart),
        (I, after, Identity(1)),
        (-A * B, line, Identity(1)),
        (I, opened, A * Q * (Delta + t * drift_apart)),
        (-I, opened, gain * drift_apart),
        reason="it is what a turn makes of it, whose gap grows",
    )
    found.append(
        conclude(
            at,
            "drifting-targets.apart",
            "Targets that drift apart",
            grows,
            assumptions=needs,
            counts={"t": (0, 1, 2, 3)},
        )
    )
    return found
