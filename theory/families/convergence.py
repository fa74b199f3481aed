"""Convergence: when the interaction settles, how fast, and when without oscillation.

Source: section 5; Friedrichs angle: N. Aronszajn, Trans. AMS 68 (1950) 337.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Abs, MatPow, Ne, Symbol, Trace, oo

from theory.derivation.assumptions import arranged, below, psd, relation
from theory.derivation.formula import THIS, Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.families.dynamics import GRAMS, setting
from theory.language.nodes import (
    Contracts,
    PositiveSemidefinite,
    PseudoInverse,
    SingularValue,
    SpectralRadius,
    SpectrumWithin,
)
from theory.language.symbols import A, B, I, P, Pi, Q, named, p, primitive, q, t
from theory.values.dense import Dense
from theory.values.drawing import Drawer

R = primitive("R", "gram", "R", "symmetric square root of A")

OFF = I - Pi


@dataclass(frozen=True)
class Kernel:
    """The common kernel's projector in a chain: one turn, and each half of it, acts there as the identity."""

    stays: Any
    kept: Any
    rules: tuple[Any, ...]


def _kernel(at: Derivation) -> Kernel:
    n = setting().define
    kernel = at.define(Pi, I - PseudoInverse(P + Q) * (P + Q), "projector on the common kernel: frozen-kernel")
    right = [at.infer(equation(x * Pi, 0 * x), kernel, reason=f"frozen-kernel: {x} vanishes there") for x in (P, Q)]
    left = [at.transpose(line, reason="transpose") for line in right]
    idempotent = at.infer(equation(Pi * Pi, Pi), kernel, reason="a projector")
    rules = (
        at.identity(A * Pi, Pi, n[A], right[0], reason="so A acts as the identity there"),
        at.identity(B * Pi, Pi, n[B], right[1], reason="and so does B"),
        at.identity(Pi * A, Pi, n[A], left[0], reason="from the left as well"),
        at.identity(Pi * B, Pi, n[B], left[1], reason="from the left as well"),
        idempotent,
    )
    stays = at.identity(A * B * Pi, Pi, *rules[:2][::-1], reason="one turn leaves the common kernel in place")
    kept = at.identity(Pi * A * B, Pi, *rules[2:4], reason="and splits it off")
    return Kernel(stays, kept, rules)


@derives("convergence-iff")
def convergence_iff() -> list[Formula]:
    """Convergence from every start for every gap, decided by one spectral radius."""
    at = setting().chain.branch()
    kernel = _kernel(at)
    split = at.infer(
        equation(MatPow(A * B, t + 1), Pi + MatPow(A * B * OFF, t + 1)),
        kernel.stays,
        kernel.kept,
        kernel.rules[-1],
        reason="the two parts do not mix: powers split into the frozen part and the moving part",
    )
    result = at.decide(
        Contracts(A * B * OFF),
        split,
        reason="powers of the moving part tend to zero iff its spectral radius is below 1. An eigenvalue of modulus "
        "1 other than "
        "1 oscillates; the eigenvalue 1 with a left eigenvector z off the kernel has z^T AQ != 0, so some gap drives "
        "it away",
    )
    return [
        conclude(
            at,
            "convergence-iff",
            "Convergence from every start, for every gap",
            r"The interaction converges from every start and for every gap iff the spectral radius of $AB$ on "
            r"$\mathcal K^\perp$ is "
            "below 1. (For one given gap, such as a zero gap, an eigenvalue 1 can be harmless.)",
            result,
            source=THIS,
            assumptions=GRAMS,
            counts={"t": (0, 1, 2)},
        )
    ]


@derives("step-size-box.identity", "step-size-box")
def step_size_box() -> list[Formula]:
    """Steps below 2 over the largest eigenvalue contract, strictly off the common kernel."""
    at, n = setting().begin()
    _kernel(at)
    loss = I - B * A**2 * B
    gains = Q * (2 * I - Q) + B * P * (2 * I - P) * B
    identity = at.identity(loss, gains, n[A], n[B], reason="multiply out with A = I - P and B = I - Q")
    first = at.infer(PositiveSemidefinite(Q * (2 * I - Q)), reason="0 <= Q < 2I: an eigenvalue q gives q(2 - q)")
    second = at.infer(PositiveSemidefinite(B * P * (2 * I - P) * B), reason="0 <= P < 2I, seen through B")
    whole = at.infer(PositiveSemidefinite(loss), identity, first, second, reason="a sum of two: |ABx| <= |x|")
    kernel = at.infer(
        equation(PseudoInverse(loss) * loss, OFF),
        identity,
        whole,
        reason="equality needs Qx = 0, then Bx = x, then Px = 0: only on the common kernel",
    )
    result = at.infer(Contracts(A * B * OFF), kernel, reason="a strict contraction in norm off the common kernel")
    box = (*GRAMS, below(P, 2), below(Q, 2))
    return [
        conclude(
            at,
            "step-size-box.identity",
            "What one turn takes from the squared error",
            "The squared norm that one turn takes away is a sum of two positive semidefinite parts, each agent's own.",
            identity,
            rests_on=(whole, kernel),
            assumptions=box,
            source=THIS,
        ),
        conclude(
            at,
            "step-size-box",
            "The step-size box suffices",
            r"If $0 \preceq P \prec 2I$ and $0 \preceq Q \prec 2I$, one turn is a strict contraction in norm off the "
            r"common kernel.",
            result,
            assumptions=box,
            source=THIS,
        ),
    ]


@derives("box-not-necessary")
def box_not_necessary() -> list[Formula]:
    """For scalar geometries the exact region is larger than the box."""
    at = Derivation()
    factor_w, factor_u = (named(Symbol(x, real=True), rf"\{x}") for x in ("alpha", "beta"))
    w_line = at.define(factor_w, 1 - p, "A = 1 - p for a scalar geometry")
    u_line = at.define(factor_u, 1 - q, "B = 1 - q")
    rate = at.infer(
        equation(factor_w * factor_u, (1 - p) * (1 - q)), w_line, u_line, reason="one turn multiplies the error by AB"
    )
    result = at.decide(Abs((1 - p) * (1 - q)) < 1, rate, reason="convergence-iff for one dimension")
    return [
        conclude(
            at,
            "box-not-necessary",
            "The exact region for scalar geometries",
            r"For scalar geometries (not both zero) convergence is exactly $|(1-p)(1-q)| < 1$: a region larger than "
            r"the box; "
            r"$p = 5/2$, $q = 9/10$ converges with factor $-3/20$.",
            result,
            rests_on=(rate,),
            assumptions=(
                relation(Ne(p**2 + q**2, 0, evaluate=False), "p or q non-zero", "$p$ and $q$ are not both zero"),
            ),
            source=THIS,
        )
    ]


def _square_root(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Choose W's Gram so that A is the square of the drawn R."""
    root = values["R"]
    unit = Dense.eye(root.shape[0], drawer.domain)
    if drawer.random is not None:
        size = root.trace()
        root = root if size.is_zero else root @ unit.scale(size.inverse())
        values["R"] = root
    values["S_W"] = (unit - root @ root).scale(values["eta_W"].inverse())


@derives("real-spectrum", "real-spectrum.interval")
def real_spectrum() -> list[Formula]:
    """A or B positive semidefinite: real spectrum; both: no oscillation."""
    at = setting().chain.branch()
    root = at.assume(equation(R * R, A), "A >= 0 has a symmetric square root")
    similar = at.infer(
        equation(Trace(MatPow(A * B, t + 1)), Trace(MatPow(R * B * R, t + 1))),
        root,
        reason="cyclic trace: all power sums of the spectra of RRB and RBR agree, so the spectra do (Newton)",
    )
    real = at.infer(SpectrumWithin(A * B, -oo, oo), similar, reason="RBR is symmetric")
    positive = at.infer(PositiveSemidefinite(R * B * R), similar, reason="B >= 0, seen through R")
    below_one = at.infer(
        PositiveSemidefinite(I - R * B * R), similar, reason="RBR <= RR = A <= I, because Q >= 0 and P >= 0"
    )
    interval = at.infer(SpectrumWithin(A * B, 0, 1), positive, below_one, reason="the spectrum is that of RBR")
    special = arranged(
        equation(R * R, A), "A = R^2", r"$A = R^2$ with a symmetric $R$, that is $A \succeq 0$", _square_root
    )
    return [
        conclude(
            at,
            "real-spectrum",
            "Real spectrum",
            r"If $A \succeq 0$ (or, exchanging the agents, $B \succeq 0$) then $AB$ has real spectrum.",
            real,
            assumptions=(special,),
            source=THIS,
            counts={"t": (0, 1, 2)},
        ),
        conclude(
            at,
            "real-spectrum.interval",
            "No oscillation",
            r"If $A \succeq 0$ and $B \succeq 0$ then all eigenvalues of $AB$ lie in $[0, 1]$.",
            interval,
            assumptions=(*GRAMS, special, psd(B)),
            source=THIS,
            counts={"t": (0, 1, 2)},
        ),
    ]


def _projectors(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Replace both Grams by the projectors on their ranges, with unit steps."""
    for agent in "WU":
        gram = values[f"S_{agent}"]
        values[f"S_{agent}"] = gram @ gram.pinv()
        values[f"eta_{agent}"] = Dense.number(1, drawer.domain)


@derives("alternating-projections.rate", "alternating-projections.cosine")
def alternating_projections() -> list[Formula]:
    """Projector geometries: von Neumann's alternating projections and the Friedrichs angle."""
    at, n = setting().begin()
    p_twice = at.assume(equation(P * P, P), "P is a projector")
    q_twice = at.assume(equation(Q * Q, Q), "Q is a projector")
    a_twice = at.identity(A * A, A, n[A], p_twice, reason="so A = I - P is the projector on ker P")
    b_twice = at.identity(
        B * B, B, n[B], q_twice, reason="and B the projector on ker Q: one turn projects on one, then the other"
    )
    kernel = _kernel(at)
    cosine = named(Symbol("cos_F", real=True), r"\cos\theta_F")
    angle = SingularValue(B * A * OFF, 1)
    square = at.identity(
        A * B * A * OFF,
        (B * A * OFF).T * (B * A * OFF),
        b_twice,
        *kernel.rules,
        *kernel.rules[:4],
        reason="B is a projector and the common kernel splits off",
    )
    same = at.infer(
        equation(Trace(MatPow(A * B * OFF, t + 1)), Trace(MatPow(A * B * A * OFF, t + 1))),
        a_twice,
        kernel.kept,
        reason="cyclic trace, AA = A: both products have the same spectrum",
    )
    rate = at.infer(
        equation(SpectralRadius(A * B * OFF), angle**2),
        square,
        same,
        reason="the largest eigenvalue of X^T X is the squared norm of X; the norm of BA off the common kernel is "
        "cos(theta_F)",
    )
    special = (
        arranged(equation(P * P, P), "P a projector", "$P$ is an orthogonal projector", _projectors),
        relation(equation(Q * Q, Q), "Q a projector", "$Q$ is an orthogonal projector"),
    )
    return [
        conclude(
            at,
            "alternating-projections.rate",
            "Rate of alternating projections",
            r"If $P$ and $Q$ are orthogonal projectors, one turn projects onto the two solution sets in turn, and "
            r"the distance to the limit shrinks at least by $\cos^2\theta_F$ a turn, $\theta_F$ the Friedrichs angle "
            r"of the kernels; the first turn, from any start, at least by $\cos\theta_F$.",
            rate,
            assumptions=special,
            source="J. von Neumann (1950)",
            counts={"t": (0, 1, 2)},
        ),
        conclude(
            at,
            "alternating-projections.cosine",
            "Friedrichs angle",
            "The cosine of the Friedrichs angle of the two kernels.",
            rate,
            value=angle,
            lhs=cosine,
            sign=":=",
            assumptions=special,
            source="J. von Neumann (1950)",
            counts={"t": (0, 1, 2)},
        ),
    ]
