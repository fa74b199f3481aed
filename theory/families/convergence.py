"""Convergence: when the interaction settles, how fast, and when without oscillation.

Source: section 5; Friedrichs angle: N. Aronszajn, Trans. AMS 68 (1950) 337.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sympy import Abs, Inverse, MatPow, Ne, Rational, Symbol, oo

from theory.derivation.assumptions import Assumption, arranged, below, psd, relation
from theory.derivation.formula import Formula, conclude, derives
from theory.derivation.lines import Derivation, equation
from theory.families.dynamics import GRAMS, setting
from theory.language.nodes import (
    Contracts,
    PositiveSemidefinite,
    PseudoInverse,
    SingularValue,
    SpectralRadius,
    SpectrumWithin,
    Vanishes,
)
from theory.language.predicates import All, Iff, Loewner, Projector, Settles
from theory.language.symbols import HALF, S_U, S_W, A, B, I, P, Pi, Q, eta_U, eta_W, named, p, q, t, v
from theory.values.dense import Dense
from theory.values.drawing import Arrange, Drawer

__all__ = ["ANY", "INSIDE", "common_kernel", "idle", "orthogonal", "spectra", "split_off", "step_matrices"]

OFF = I - Pi


def orthogonal(drawer: Drawer, size: int) -> Dense:
    """Draw an orthogonal matrix (Cayley)."""
    skew = drawer.matrix("K", size, size)
    skew = skew - skew.transpose()
    unit = Dense.eye(size, drawer.domain)
    return (unit - skew) @ (unit + skew).inverse()


def spectra(values_of_p: Sequence[Any], values_of_q: Sequence[Any]) -> Arrange:
    """Draw step matrices with eigenvalues among the given numbers, in frames that may or may not be shared."""

    def arrange(drawer: Drawer, values: dict[str, Dense]) -> None:
        if drawer.random is None:
            return
        size, chance = values["S_W"].shape[0] if "S_W" in values else values["S_U"].shape[0], drawer.random.random
        shared = orthogonal(drawer, size)
        # With a frame in common, often a common kernel.
        frozen = chance() < 0.4 and 0 in values_of_p and 0 in values_of_q
        together = frozen or chance() < 0.3
        for agent, eigenvalues in (("W", values_of_p), ("U", values_of_q)):
            if not eigenvalues:
                continue
            diagonal = [Rational(drawer.random.choice(list(eigenvalues))) for _ in range(size)]
            if frozen:
                diagonal[0] = Rational(0)
            frame = shared if together else orthogonal(drawer, size)
            rows = [
                [drawer.domain.from_sympy(x if i == j else Rational(0)) for j in range(size)]
                for i, x in enumerate(diagonal)
            ]
            middle, step = Dense.from_rows(rows, drawer.domain), values[f"eta_{agent}"].inverse()
            values[f"S_{agent}"] = (frame @ middle @ frame.transpose()).scale(step)

    return arrange


# Eigenvalues of step matrices: idle, gentle, exact, bold, close to the edge of the box, on it and beyond.
INSIDE = (0, "1/2", 1, "3/2", "199/100")
ANY = (*INSIDE, *INSIDE, 2, "5/2", 4)
EDGES = (0, 0, 2, 2, "1/2", 1, "3/2", "5/2", 4)


def step_matrices(at: Derivation, n: Any) -> dict[Any, Any]:
    """Lines that say that both step matrices are positive semidefinite."""
    found = {}
    for x, step, gram in ((P, eta_W, S_W), (Q, eta_U, S_U)):
        given = at.assume(PositiveSemidefinite(gram), "a Gram matrix")
        found[x] = at.semidefinite(x, [(step, I, gram)], given, n[x], reason="a positive step times a Gram matrix")
    return found


def common_kernel(at: Derivation) -> Any:
    """Define the projector on what neither agent sees."""
    return at.define(Pi, I - PseudoInverse(P + Q) * (P + Q), "projector on the common kernel")


def idle(at: Derivation, kernel: Any, each: Sequence[Any], given: Sequence[Any]) -> tuple[Any, Any]:
    """Neither agent moves on the common kernel: P Pi = 0 and Q Pi = 0, `each` being a square that the other adds to."""
    plus = PseudoInverse(P + Q)
    penrose = at.cite(equation((P + Q) * plus * (P + Q), P + Q), reason="Penrose's first equation")
    seen = at.linear(
        Pi * P * Pi + Pi * Q * Pi, 0 * I, (-Pi, penrose, I), (Pi * (P + Q), kernel, I), reason="P + Q vanishes there"
    )
    return tuple(
        at.definite(seen, each, *given, chosen=i, reason="a sum of squares vanishes only if each does") for i in (0, 1)
    )


def split_off(at: Derivation, n: Any, kernel: Any, still: tuple[Any, Any]) -> tuple[Any, ...]:
    """Rules for the projector on the common kernel: each half of a turn acts there as 1, and splits it off."""
    plus = PseudoInverse(P + Q)
    once = at.linear(
        Pi * Pi, Pi, (I, kernel, Pi), (-plus, still[0], I), (-plus, still[1], I), reason="a projector: P + Q vanishes"
    )
    a_kept = at.identity(A * Pi, Pi, n[A], still[0], reason="so A acts as 1 there")
    b_kept = at.identity(B * Pi, Pi, n[B], still[1], reason="and so does B")
    left = [at.transpose(line, reason="from the left as well") for line in (a_kept, b_kept)]
    return (a_kept, b_kept, *left, once)


@derives("convergence-iff")
def convergence_iff() -> list[Formula]:
    """Convergence from every start for every gap, decided by one spectral radius."""
    at, n = setting().begin()
    kernel, moves = common_kernel(at), step_matrices(at, n)
    rules = split_off(at, n, kernel, idle(at, kernel, [(1, Pi, P), (1, Pi, Q)], [*moves.values()]))
    stays = at.identity(A * B * Pi, Pi, *rules[:2][::-1], reason="one turn leaves the common kernel in place")
    kept = at.identity(Pi * A * B, Pi, *rules[2:4], reason="and splits it off")
    split = at.infer(
        equation(MatPow(A * B, t + 1), Pi + MatPow(A * B * OFF, t + 1)),
        stays,
        kept,
        rules[-1],
        reason="the two parts do not mix: powers split into the frozen part and the moving part",
    )
    criterion = at.decide(
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
            criterion,
            says=Iff(Settles(A * B, A * Q), criterion),
            assumptions=(replace(GRAMS[0], arrange=spectra(EDGES, EDGES)), GRAMS[1]),
            counts={"t": (0, 1, 2)},
        )
    ]


def _lossless(at: Derivation, n: Any, kernel: Any, moves: Any, inside: Any, loss: Any, halves: Any) -> tuple[Any, Any]:
    """What a turn takes nothing from is the common kernel; and rules for what stands beside its projector there."""
    plus, minus = PseudoInverse(P + Q), PseudoInverse(loss)
    still = idle(at, kernel, [(1, Pi, P), (1, Pi, Q)], [*moves.values()])
    once = at.linear(
        Pi * Pi, Pi, (I, kernel, Pi), (-plus, still[0], I), (-plus, still[1], I), reason="a projector: P + Q vanishes"
    )
    given = (*moves.values(), *inside.values())
    kept = at.identity(B * A**2 * B * Pi, Pi, n[A], n[B], *still, reason="a turn leaves the common kernel in place")
    split = at.transpose(kept, reason="and splits it off")
    penrose = at.cite(equation(loss * minus * loss, loss), reason="Penrose's first equation")
    mirror = at.cite(equation((minus * loss).T, minus * loss), reason="Penrose's fourth equation")
    lossless = I - minus * loss
    none = at.linear(
        lossless.T * loss * lossless, 0 * I, (-lossless.T, penrose, I), reason="what a turn takes nothing from"
    )
    # Two squares each, so that Q(2 - Q) may be seen from either side.
    squares = [(c, lossless.T * f, x) for c, f, x in halves[Q]] + [(c, lossless.T * B * f, x) for c, f, x in halves[P]]
    stays = []
    for x, seen, chosen in ((Q, lossless, 0), (P, B * lossless, 2)):
        flat = at.definite(
            none, squares, *given, n[A], n[B], chosen=chosen, reason=f"the square of {x}(2 - {x}) vanishes"
        )
        undo = at.inverse(2 * I - x, inside[x], reason="the step is strictly inside the box")
        stays.append(
            at.linear(
                x * seen, 0 * I, (Inverse(2 * I - x), flat, I), (-I, undo, x * seen), reason=f"so {x} does not act"
            )
        )
    resting, after = stays
    off_kernel = at.linear(
        minus * loss,
        OFF,
        (-plus, after, I),
        (-plus * P - plus, resting, I),
        (I, kernel, lossless),
        (-I, split, minus),
        (-Pi, mirror, I),
        rules=(n[B],),
        reason="equality needs Qx = 0, then Bx = x, then Px = 0: only on the common kernel",
    )
    return off_kernel, (kept, split, once)


def _shortens(at: Derivation, n: Any, moves: Any, inside: Any) -> tuple[Any, Any]:
    """One turn takes from every squared length the sum of two squares; and the two ways to write each."""
    loss = I - B * A**2 * B
    halves = {x: [(HALF, x, 2 * I - x), (HALF, 2 * I - x, x)] for x in (P, Q)}
    own = {
        x: at.semidefinite(
            x * (2 * I - x),
            halves[x],
            moves[x],
            inside[x],
            reason=f"2{x}(2 - {x}) = {x}(2 - {x}){x} + (2 - {x}){x}(2 - {x})",
        )
        for x in (P, Q)
    }
    whole = at.semidefinite(
        loss,
        [(1, I, own[Q].arg), (1, B, own[P].arg)],
        own[Q],
        own[P],
        n[A],
        n[B],
        reason="a sum of two, the second seen through B: |ABx| <= |x|",
    )
    return whole, halves


def _box(*, strict: bool, arrange: Arrange) -> tuple[Assumption, ...]:
    return (*GRAMS, below(P, 2, strict=strict, arrange=arrange), below(Q, 2, strict=strict))


def _unseen(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Draw steps, and a vector that both agents see, or one of them, or none."""
    spectra(ANY, ANY)(drawer, values)
    if drawer.random is not None:
        grams = values["S_W"], values["S_U"]
        blind = drawer.random.choice([None, *grams, grams[0] @ grams[0] + grams[1] @ grams[1]])
        if blind is not None:
            values["v"] = values["v"] - blind.pinv() @ (blind @ values["v"])


@derives("step-size-box.identity", "step-size-box.shortens", "step-size-box.equality", "step-size-box")
def step_size_box() -> list[Formula]:
    """Steps below 2 over the largest eigenvalue contract, strictly off the common kernel."""
    begun, n = setting().begin()
    at = begun.branch()
    loss = I - B * A**2 * B
    gains = Q * (2 * I - Q) + B * P * (2 * I - P) * B
    identity = at.identity(loss, gains, n[A], n[B], reason="multiply out with A = I - P and B = I - Q")
    found = [
        conclude(
            at,
            "step-size-box.identity",
            "What one turn takes from the squared error",
            identity,
        )
    ]
    at = begun.branch()
    moves = step_matrices(at, n)
    inside = {x: at.assume(Loewner(x, 2 * I), f"the step is in the closed box: {x} <= 2I") for x in (P, Q)}
    whole, _ = _shortens(at, n, moves, inside)
    found.append(
        conclude(
            at,
            "step-size-box.shortens",
            "In the closed box no turn lengthens a difference",
            whole,
            assumptions=_box(strict=False, arrange=spectra(ANY, ANY)),
        )
    )
    at = begun.branch()
    kernel = common_kernel(at)
    moves = step_matrices(at, n)
    inside = {x: at.assume(Loewner(x, 2 * I, True), f"the step is inside the box: {x} < 2I") for x in (P, Q)}
    whole, halves = _shortens(at, n, moves, inside)
    off_kernel, beside = _lossless(at, n, kernel, moves, inside, loss, halves)
    box = _box(strict=True, arrange=spectra(ANY, ANY))
    found.append(
        conclude(
            at,
            "step-size-box.equality",
            "Only what no agent sees keeps its length",
            at.infer(
                Iff(equation(v.T * B * A * A * B * v, v.T * v), All(Vanishes(P * v), Vanishes(Q * v))),
                off_kernel,
                whole,
                reason="a turn takes nothing from v iff v lies in the common kernel",
            ),
            assumptions=_box(strict=True, arrange=_unseen),
        )
    )
    turn = A * B * OFF
    left = I - turn.T * turn
    loses = at.semidefinite(
        left, [(1, I, loss), (1, Pi, I)], whole, *beside, reason="what a turn off the common kernel takes away"
    )
    back = PseudoInverse(loss) + Pi - PseudoInverse(loss) * Pi
    strictly = at.linear(
        back * left,
        I,
        (I, off_kernel, I),
        rules=beside,
        reason="and it takes something from every vector",
    )
    result = at.contracts(
        turn, loses, strictly, *beside, reason="a strict contraction in norm: |T x| < |x| for x not 0"
    )
    found.append(
        conclude(
            at,
            "step-size-box",
            "The step-size box suffices",
            result,
            assumptions=box,
        )
    )
    return found


def _example(drawer: Drawer, values: dict[str, Dense]) -> None:
    """An agent outside the box, and one that makes up for it."""
    for name, value in (("p", OUTSIDE), ("q", DAMPING)):
        values[name] = Dense.number(drawer.domain.from_sympy(value), drawer.domain)


OUTSIDE, DAMPING = Rational(5, 2), Rational(9, 10)


@derives("box-not-necessary", "box-not-necessary.outside")
def box_not_necessary() -> list[Formula]:
    """For scalar geometries the exact region is larger than the box."""
    at = Derivation()
    factor_w, factor_u = (named(Symbol(x, real=True), rf"\{x}") for x in ("alpha", "beta"))
    w_line = at.define(factor_w, 1 - p, "A = 1 - p for a scalar geometry")
    u_line = at.define(factor_u, 1 - q, "B = 1 - q")
    rate = at.identity(
        factor_w * factor_u, (1 - p) * (1 - q), w_line, u_line, reason="one turn multiplies the error by AB"
    )
    criterion = at.decide(
        Abs((1 - p) * (1 - q)) < 1, rate, reason="in one dimension the spectral radius is the modulus"
    )
    settles = Settles((1 - p) * (1 - q), (1 - p) * q)
    found = [
        conclude(
            at,
            "box-not-necessary",
            "The exact region for scalar geometries",
            criterion,
            says=Iff(settles, criterion),
            rests_on=(rate,),
            assumptions=(relation(Ne(p**2 + q**2, 0, evaluate=False), "p or q non-zero"),),
        )
    ]
    at = Derivation()
    outside = at.assume(equation(p, OUTSIDE), "p is outside the box")
    damping = at.assume(equation(q, DAMPING), "and q is close to an exact step")
    factor = at.identity(
        (1 - p) * (1 - q),
        (1 - OUTSIDE) * (1 - DAMPING),
        outside,
        damping,
        reason="one turn multiplies the error by this",
    )
    found.append(
        conclude(
            at,
            "box-not-necessary.outside",
            "A pair outside the box that converges",
            factor,
            says=All(p > 2, settles),
            assumptions=(
                arranged(equation(p, OUTSIDE), "p = 5/2", _example),
                relation(equation(q, DAMPING), "q = 9/10"),
            ),
        )
    )
    return found


# Eigenvalues of what one move leaves, as those of the step matrix: any that leave it positive semidefinite.
DAMPED = (1, "1/2", 0, "-1/3", -2)
GENTLE = (1, "1/2", "1/3", 0)


@derives("real-spectrum", "real-spectrum.B", "real-spectrum.interval")
def real_spectrum() -> list[Formula]:
    """A or B positive semidefinite: real spectrum; both: no oscillation."""
    found = []
    for part, one, other, chosen in (("", A, B, spectra(DAMPED, ())), (".B", B, A, spectra((), DAMPED))):
        at = setting().chain.branch()
        given = at.assume(PositiveSemidefinite(one), f"{one} = X^T X")
        symmetric = at.identity(
            one * other * one,
            (one * other * one).T,
            reason=f"seen from {one} the turn is symmetric: X {other} X^T has its eigenvalues, but for zeros",
        )
        real = at.infer(SpectrumWithin(A * B, -oo, oo), given, symmetric, reason="a symmetric matrix has real ones")
        found.append(
            conclude(
                at,
                f"real-spectrum{part}",
                "Real spectrum" if one == A else "Real spectrum, the other agent damped",
                real,
                assumptions=(arranged(PositiveSemidefinite(one), psd(one).name, chosen),),
            )
        )
    at, n = setting().begin()
    moves = step_matrices(at, n)
    a_given = at.assume(PositiveSemidefinite(A), "A = X^T X")
    b_given = at.assume(PositiveSemidefinite(B), "W's and U's moves are damped")
    seen = at.semidefinite(A * B * A, [(1, A, B)], b_given, reason="B >= 0, seen from A")
    below_one = at.semidefinite(
        A - A * B * A,
        [(1, A, Q), (1, A, P), (1, P, A)],
        moves[Q],
        moves[P],
        a_given,
        n[B],
        n[A],
        reason="ABA <= A, because Q >= 0 and P >= 0",
    )
    interval = at.infer(
        SpectrumWithin(A * B, 0, 1), a_given, seen, below_one, reason="X B X^T lies between 0 and 1: its spectrum does"
    )
    found.append(
        conclude(
            at,
            "real-spectrum.interval",
            "No oscillation",
            interval,
            assumptions=(*GRAMS, arranged(PositiveSemidefinite(A), psd(A).name, spectra(GENTLE, GENTLE)), psd(B)),
        )
    )
    return found


def _projectors(drawer: Drawer, values: dict[str, Dense]) -> None:
    """Replace both step matrices by the projectors on the ranges of the Grams."""
    for agent in "WU":
        gram = values[f"S_{agent}"]
        values[f"S_{agent}"] = (gram @ gram.pinv()).scale(values[f"eta_{agent}"].inverse())


@derives(
    "alternating-projections.projectors",
    "alternating-projections.rate",
    "alternating-projections.turns",
    "alternating-projections.cosine",
)
def alternating_projections() -> list[Formula]:
    """Projector geometries: von Neumann's alternating projections and the Friedrichs angle."""
    at, n = setting().begin()
    twice = {
        x: at.idempotent(at.assume(Projector(x), f"{x} is a projector"), reason="it is its own square") for x in (P, Q)
    }
    a_twice = at.identity(A * A, A, n[A], twice[P], reason="so A = I - P is the projector on ker P")
    b_twice = at.identity(
        B * B, B, n[B], twice[Q], reason="and B the projector on ker Q: one turn projects on one, then the other"
    )
    special = (arranged(Projector(P), "P a projector", _projectors), relation(Projector(Q), "Q a projector"))
    source = "J. von Neumann (1950)"
    found = [
        conclude(
            at,
            "alternating-projections.projectors",
            "One turn projects on one kernel, then on the other",
            at.infer(
                All(Projector(A), Vanishes(P * A), Projector(B), Vanishes(Q * B)),
                a_twice,
                b_twice,
                reason="symmetric, and their own squares",
            ),
            assumptions=special,
            source=source,
        )
    ]
    kernel = common_kernel(at)
    still = idle(at, kernel, [(1, Pi * P, I), (1, Pi * Q, I)], [*twice.values()])
    rules = split_off(at, n, kernel, still)
    cosine = named(Symbol("cos_F", real=True), r"\cos\theta_F")
    angle, turn = SingularValue(B * A * OFF, 1), A * B * OFF
    whole = at.identity(turn, A * turn, a_twice, reason="A is a projector")
    square = at.identity(
        turn * A,
        (B * A * OFF).T * (B * A * OFF),
        b_twice,
        *rules,
        *rules[:4],
        reason="so is B, and the common kernel splits off",
    )
    rate = at.infer(
        equation(SpectralRadius(turn), angle**2),
        square,
        whole,
        reason="XY and YX have the same spectrum off zero; the largest eigenvalue of X^T X is the squared norm of X; "
        "the norm of BA off the common kernel is cos(theta_F)",
    )
    found.append(
        conclude(
            at.branch(),
            "alternating-projections.rate",
            "Rate of alternating projections",
            rate,
            assumptions=special,
            source=source,
        )
    )
    later = SingularValue(MatPow(A * B, t + 1) * OFF, 1)
    turns = at.infer(
        equation(later, angle ** (2 * t + 1)),
        square,
        whole,
        *rules,
        reason="with X = BA off the kernel, (AB)^(t+1) times its transpose is (X^T X)^(2t+1): one factor for the first "
        "turn, two for every other",
    )
    found += [
        conclude(
            at.branch(),
            "alternating-projections.turns",
            "What is left of an error after a number of turns",
            turns,
            assumptions=special,
            source="N. Aronszajn (1950)",
            counts={"t": (0, 1, 2)},
        ),
        conclude(
            at,
            "alternating-projections.cosine",
            "Friedrichs angle",
            rate,
            value=angle,
            lhs=cosine,
            sign=":=",
            assumptions=special,
            source=source,
        ),
    ]
    return found
