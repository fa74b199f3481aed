"""Evidence for section 5: when the interaction settles, decided exactly and compared with simulated turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from sympy import oo

from numerics import Interaction, Prompt
from numerics.exact import characteristic_polynomial
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Constructed, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring, pair_converges, scalar_agent, seen, turn_matrix
from proofs_check.instruments.at_rest import Inputs, pair
from proofs_check.instruments.geometries import Pair, exact_pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, orthogonal, square, zeros
from proofs_check.instruments.small_pairs import ALGEBRA, HALF, PAIR, two
from proofs_check.proving.facts import Square
from proofs_check.proving.limits import Settling
from proofs_check.proving.specification import FROZEN, SQUARES, Root, Spec, Sum
from proofs_check.proving.spectra import Alternating, AlternatingPowers, Shortening, SquareTimes
from theory.derivation.assumptions import below, psd
from theory.language.nodes import Contracts, SpectrumWithin
from theory.language.predicates import Iff, Implies, Settles
from theory.language.symbols import S_U, S_W, A, B, Delta, I, P, Pi, Q, p, q

__all__ = ["THEOREMS", "rotating"]


def one_gap() -> Case:
    """A turn that is the identity for equal targets and a drift for others."""
    pair = Interaction(scalar_agent(2, 0), scalar_agent(2, 0))
    run = pair.simulate(ints(5), 6, method="attention")
    other = Interaction(scalar_agent(2, 0), scalar_agent(2, 1)).simulate(ints(5), 6, method="attention")
    return Case(
        {"p": 2, "q": 2, "Delta": 0},
        [
            Relation("every turn returns to the start", run.w[:, 0], run.w[0, 0]),
            Relation("one turn multiplies differences by 1", pair.turn_map.matrix, ints([1])),
            Relation(
                "with gap 1 every turn moves by the same amount", np.diff(other.w[:, 0]), other.w[1, 0] - other.w[0, 0]
            ),
            Relation("and that amount is not zero", other.w[1], other.w[0], "!="),
        ],
    )


def diverging_member() -> Case:
    """U damps more than W amplifies."""
    p, q = Fraction(5, 2), Fraction(9, 10)
    pair = Interaction(scalar_agent(p, 0), scalar_agent(q, 1))
    alone = scalar_agent(p, 0).update(ints(1))
    return Case(
        {"p": p, "q": q},
        [Relation("alone, W multiplies its error by -3/2", alone, Fraction(-3, 2)), pair_converges(pair)],
    )


def closed_box() -> Case:
    """A step of exactly 2/lambda_max reflects for ever."""
    w, u = scalar_agent(2, 0), declaring(ints([0]), ints(0), 1)
    pair = Interaction(w, u)
    run = pair.simulate(ints(1), 4, method="attention")
    return Case(
        {"p": 2, "q": 0},
        [
            Relation("W's error changes sign for ever", run.w[:, 0], [1, -1, 1, -1, 1]),
            Relation("the pair does not converge", bool(pair.converges()), False),
        ],
    )


def rotating() -> Case:
    """Both agents overshoot in some direction, and the turn rotates."""
    X_W, X_U = ints([1, 0], [0, 2]), ints([1, 1], [1, 0])
    pair = Interaction(declaring(X_W, ints(0, 0), Fraction(3, 4)), declaring(X_U, ints(1, 0), Fraction(4, 3)))
    turn = pair.turn_map.matrix
    trace, determinant = turn.trace(), turn[0, 0] * turn[1, 1] - turn[0, 1] * turn[1, 0]
    # 2I - eta S is positive definite iff its trace and determinant are.
    inside = []
    for X, step in ((X_W, Fraction(3, 4)), (X_U, Fraction(4, 3))):
        rest = 2 * exact_eye(2) - step * X.T @ X / 2
        inside += [rest.trace(), rest[0, 0] * rest[1, 1] - rest[0, 1] * rest[1, 0]]
    return Case(
        {"X_W": X_W, "X_U": X_U, "eta_W": Fraction(3, 4), "eta_U": Fraction(4, 3), "turn": turn},
        [
            pair_converges(pair),
            Relation("both steps are inside the box", 0, inside, "<"),
            Relation("the turn has complex eigenvalues", trace**2, 4 * determinant, "<"),
        ],
    )


def convergence_is_decided(formula: Any, x: Inputs) -> str | None:
    """The condition of the formula holds iff the pair converges from every start for every gap."""
    if "p" in x:
        both = pair({"S_W": [[x["p"]]], "S_U": [[x["q"]]], "eta_W": 1, "eta_U": 1, "w_star": [0], "u_star": [0]})
    else:
        both = pair({**x, "w_star": [0] * len(x["S_W"]), "u_star": [0] * len(x["S_W"])})
    condition = bool(formula.exact(**{name: x[name] for name in formula.inputs}))
    converges = bool(both.interaction.converges())
    if condition == converges:
        return None
    said = "converges" if converges else "does not converge"
    return f"the condition is {str(condition).lower()}, yet the pair {said}"


def contracts_in_norm(formula: Any, x: Inputs) -> str | None:
    """A turn takes a non-negative amount from every squared error."""
    zero = [0] * len(x["S_W"])
    both = pair({**x, "w_star": zero, "u_star": zero})
    for start in exact_eye(both.w.d):
        taken = square(start) - square(both.turn.update(start))
        if taken < 0:
            return f"a turn takes {taken} from the squared error of {show(start)}"
    return None


def _decides(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, inside=bool(rng.random() < 0.3))
    predicted = bool(formulas["convergence-iff"].exact(**pair.arguments()))
    return Case(
        pair.shown(),
        [Relation("criterion = exact decision on the simulated pair", predicted, bool(pair.interaction.converges()))],
    )


def _diagonal(p: Array, q: Array) -> Pair:
    """Return a pair with ``P = diag(p)**2 / 2`` and ``Q = diag(q)**2 / 2``."""
    d = len(p)
    step, unit = Fraction(d, 2), exact_eye(d)
    return Pair(unit * p, zeros(d), unit * q, zeros(d), step, step, zeros(d) + 1)


def _edges(formulas: Formulas) -> Iterator[Case]:
    """Diagonal pairs at the edge of convergence: one coordinate decides, and a frozen one does not count."""
    roots = [0, 1, Fraction(3, 2), 2]  # P and Q have half the squares: 0, 1/2, 9/8, 2
    for first in [(a, b) for a in roots for b in roots]:
        for second in ((0, 0), (1, 2), (2, 2), (1, 1)):
            p, q = ints(first[0], second[0]), ints(first[1], second[1])
            pair = _diagonal(p, q)
            turn = turn_matrix(pair)
            frozen = [a == 0 and b == 0 for a, b in zip(p, q, strict=True)]
            expected = all(abs(x) < 1 or still for x, still in zip(np.diag(turn), frozen, strict=True))
            yield Case(
                pair.shown(),
                [
                    Relation(
                        "criterion = what the simulated coordinates do",
                        bool(formulas["convergence-iff"].exact(**pair.arguments())),
                        expected,
                    ),
                    Relation(
                        "exact decision on the simulated pair = what they do",
                        bool(pair.interaction.converges()),
                        expected,
                    ),
                ],
            )


def _known(rng: np.random.Generator, largest_w: Sequence[Fraction], largest_u: Sequence[Fraction]) -> Pair:
    """Draw a pair with known largest eigenvalues of the step matrices, of any ranks, frames shared or not."""
    d = int(rng.choice((1, 2, 2, 3)))
    frame, drawn = orthogonal(rng, d), []
    for largest in (largest_w, largest_u):
        lengths = np.array([Fraction(int(rng.integers(0, 4))) for _ in range(d)], dtype=object)
        X = lengths[:, None] * (frame if rng.random() < 0.4 else orthogonal(rng, d)).T
        most = max(x * x for x in lengths)
        size = largest[int(rng.integers(len(largest)))]
        drawn.append((X, X @ rationals(rng, d), size * d / most if most else size))
    (X_W, y_W, eta_W), (X_U, y_U, eta_U) = drawn
    return Pair(X_W, y_W, X_U, y_U, eta_W, eta_U, rationals(rng, d))


#: Largest eigenvalues of step matrices: gentle up to 1, bold but inside the box up to the first that is not.
GENTLE = (Fraction(1, 3), Fraction(9, 10), Fraction(1))
INSIDE = (*GENTLE, Fraction(3, 2), Fraction(199, 100))
CLOSED = (*INSIDE, Fraction(2))
ANY = (*CLOSED, Fraction(5, 2), Fraction(7))


def _box(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, inside=True) if rng.random() < 0.5 else _known(rng, INSIDE, INSIDE)
    edge = _known(rng, CLOSED, CLOSED)
    inputs, turn = pair.arguments(), turn_matrix(pair)
    identity = exactly(formulas["step-size-box.identity"], inputs)
    x, z = rationals(rng, pair.d), rationals(rng, edge.d)
    both = np.concatenate([pair.X_W, pair.X_U])
    # The least-norm solution of (all examples) m = (all examples) x is x without its part in the common kernel.
    moving = Prompt.from_target(both, x).target
    relations = [
        Relation("I - T'T of the simulated turn T = formula", identity, exact_eye(pair.d) - turn.T @ turn),
        Relation("the criterion holds", bool(formulas["step-size-box"].exact(**inputs)), True),
        Relation("the simulated pair converges", bool(pair.interaction.converges()), True),
        Relation("equality: formula", bool(formulas["step-size-box.equality"].exact(**inputs, v=x)), True),
        Relation(
            "a turn keeps the length of x iff no agent sees it",
            square(turn @ x) == square(x),
            not np.any(both @ x != 0),
        ),
        Relation(
            "in the closed box: formula", bool(formulas["step-size-box.shortens"].exact(**edge.arguments())), True
        ),
        Relation("in the closed box no turn lengthens z", square(turn_matrix(edge) @ z), square(z), "<="),
    ]
    if np.any(moving != 0):
        relations.append(Relation("a turn shortens what is off the kernel", square(turn @ moving), square(moving), "<"))
    return Case(pair.shown() | {"x": x, "closed box": edge.shown(), "z": z}, relations)


def _scalar_pair(p: Fraction, q: Fraction) -> Pair:
    return Pair(ints([1]), ints(0), ints([1]), ints(1), p, q, ints(1))


def _region(rng: np.random.Generator, formulas: Formulas) -> Case:
    p, q = (Fraction(int(rng.integers(1, 33)), 8) for _ in range(2))
    pair = _scalar_pair(p, q)
    predicted = bool(formulas["box-not-necessary"].exact(p=p, q=q))
    run = pair.interaction.simulate(pair.w_0, 3, method="attention")
    first, later = run.w[1, 0] - run.w[0, 0], run.w[2, 0] - run.w[1, 0]
    relations = [
        Relation("region = exact decision on the simulated pair", predicted, bool(pair.interaction.converges()))
    ]
    if first != 0:
        relations.append(Relation("region = simulated moves get shorter", predicted, abs(later) < abs(first)))
    return Case({"p": p, "q": q}, relations)


def _outside_box(formulas: Formulas) -> Iterator[Case]:
    p, q = Fraction(5, 2), Fraction(9, 10)
    pair = _scalar_pair(p, q)
    yield Case(
        {"p": p, "q": q},
        [
            Relation("p is outside the box", 2, p, "<"),
            Relation("(p, q) is in the region", bool(formulas["box-not-necessary"].exact(p=p, q=q)), True),
            Relation("the simulated pair converges", bool(pair.interaction.converges()), True),
            Relation(
                "with the factor of the formula", turn_matrix(pair)[0, 0], formulas["box-not-necessary.outside"].exact()
            ),
        ],
    )


def _real_rooted(polynomial: list[Fraction]) -> bool:
    """Decide whether a monic polynomial of degree at most 3 has real roots only, by its discriminant."""
    match polynomial:
        case [_, b, c, d]:
            return bool(18 * b * c * d - 4 * b**3 * d + b * b * c * c - 4 * c**3 - 27 * d * d >= 0)
        case [_, b, c]:
            return bool(b * b - 4 * c >= 0)
        case _:
            return True


def _nonnegative_roots(polynomial: list[Fraction]) -> bool:
    """Decide whether a real-rooted monic polynomial has no negative root: its coefficients alternate."""
    return all((-1) ** i * c >= 0 for i, c in enumerate(polynomial))


def _spectrum(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair, gentle = _known(rng, GENTLE, ANY), _known(rng, GENTLE, GENTLE)
    turns = turn_matrix(pair), turn_matrix(pair.swapped()), turn_matrix(gentle)
    one, other, both = map(characteristic_polynomial, turns)
    from_one = characteristic_polynomial(exact_eye(gentle.d) - turns[2])
    return Case(
        pair.shown() | {"both gentle": gentle.shown()},
        [
            Relation("a gentle W: formula", bool(formulas["real-spectrum"].exact(**pair.arguments())), True),
            Relation("a gentle W: the simulated turn has real spectrum", _real_rooted(one), True),
            Relation(
                "a gentle U: formula", bool(formulas["real-spectrum.B"].exact(**pair.swapped().arguments())), True
            ),
            Relation("a gentle U: the simulated turn has real spectrum", _real_rooted(other), True),
            Relation(
                "both gentle: formula", bool(formulas["real-spectrum.interval"].exact(**gentle.arguments())), True
            ),
            Relation("both gentle: the simulated turn has real spectrum", _real_rooted(both), True),
            Relation("both gentle: none is negative", _nonnegative_roots(both), True),
            Relation("both gentle: none exceeds 1", _nonnegative_roots(from_one), True),
        ],
    )


def _projections(rng: np.random.Generator, formulas: Formulas) -> Case:
    d = int(rng.integers(1, 4))
    drawn = []
    for _ in range(2):
        rank, size = int(rng.integers(0, d + 1)), Fraction(int(rng.integers(1, 4)), 2)
        X = size * orthogonal(rng, d)[:rank] if rank else zeros(1, d)
        # Orthogonal examples of one length: with this step eta S is the projector on their span.
        drawn.append((X, X @ rationals(rng, d), len(X) / size**2))
    (X_W, y_W, eta_W), (X_U, y_U, eta_U) = drawn
    pair = Pair(X_W, y_W, X_U, y_U, eta_W, eta_U, rationals(rng, d))
    inputs, turn = pair.arguments(), turn_matrix(pair)
    rate, cosine = (formulas[f"alternating-projections.{part}"].exact(**inputs) for part in ("rate", "cosine"))
    later = formulas["alternating-projections.turns"].exact(**inputs, t=1)
    w, u = pair.w_0, pair.agent_u.update(pair.w_0)
    landed = pair.agent_w.update(u)
    # In at most three dimensions one principal angle is neither 0 nor 90 degrees: the trace of a turn is its squared
    # cosine plus the dimension of the common kernel.
    both = np.concatenate([X_W, X_U])
    kernel = d - int(Prompt(both, both[:, 0]).rank)
    twice = turn @ turn
    return Case(
        pair.shown(),
        [
            Relation("U's move solves its examples", X_U @ u, y_U),
            Relation("U's move is along its examples", u - w, seen(X_U, u - w)),
            Relation("W's move solves its examples", X_W @ landed, y_W),
            Relation("W's move is along its examples", landed - u, seen(X_W, landed - u)),
            Relation("projectors: formula", bool(formulas["alternating-projections.projectors"].exact(**inputs)), True),
            Relation("rate formula = trace of the simulated turn off the kernel", rate, turn.trace() - kernel),
            Relation("rate formula = squared cosine", rate, cosine**2),
            Relation(
                "square of what two turns leave = trace of their square, off the kernel",
                later**2,
                (twice @ twice.T).trace() - kernel,
            ),
        ],
    )


def _contraction(p_box: str, q_box: str) -> Sum:
    """What a turn takes from a squared length is not negative, for step matrices from 0 to 2."""
    return Sum(
        "1 - B A A B >= 0",
        (
            ("1/2", (q_box,), "Q"),
            ("1/2", ("eta_U > 0", "S_U psd"), "2 - Q"),
            ("1/2", (p_box,), "P B"),
            ("1/2", ("eta_W > 0", "S_W psd"), "(2 - P) B"),
        ),
    )


#: Step matrices and what they leave of the edge of the box, as squares.
SIDES = (*SQUARES, Square("2 - P", "Z", "z"), Square("2 - Q", "V", "u"))


def _lossless(vector: str, *, first: str) -> tuple[str | Root | Sum, ...]:
    """From a vector of which a turn takes nothing: the `first` of four squares vanishes."""
    squares = [f"V Q {vector}", f"Y (2 - Q) {vector}", f"Z P B {vector}", f"X (2 - P) B {vector}"]
    return (
        f"{vector}' (1 - B A A B) {vector} = 0",
        f"{vector}' Q (2 - Q) {vector} + {vector}' B P (2 - P) B {vector} = 0",
        Root(tuple(sorted(squares, key=lambda square: not square.startswith(first)))),
    )


def _unseen_by_u(vector: str) -> tuple[str | Root | Sum, ...]:
    """So U does not see it."""
    return (
        *_lossless(vector, first="V"),
        f"(2 - Q) Q {vector} = 0",
        f"n2_minus_Q_inv (2 - Q) Q {vector} = 0",
        f"n2_minus_Q_inv (2 - Q) Q {vector} = Q {vector}",
    )


def _unseen_by_w(vector: str) -> tuple[str | Root | Sum, ...]:
    """Nor W, to whom U hands it over as it is."""
    return (
        f"B {vector} = {vector}",
        *_lossless(vector, first="Z"),
        f"Z P {vector} = 0",
        f"(2 - P) P {vector} = 0",
        f"n2_minus_P_inv (2 - P) P {vector} = 0",
        f"n2_minus_P_inv (2 - P) P {vector} = P {vector}",
    )


NO_LOSS = {"no loss": "(1 - B A A B) mode = 0"}
A_VECTOR = {"mode": "d <- 1"}


#: Nothing on the common kernel moves, for step matrices that are squares.
STILL = (*FROZEN, "A Pi = Pi", "B Pi = Pi", "Pi A = Pi", "Pi B = Pi")
#: The same for projectors, each of which is its own square.
BOTH_STILL = (
    "(P + Q) Pi = 0",
    "Pi P Pi + Pi Q Pi = 0",
    "Pi P P Pi + Pi Q Pi = 0",
    "Pi P P Pi + Pi Q Q Pi = 0",
    Root(("P Pi", "Q Pi")),
    Root(("Q Pi", "P Pi")),
    "A Pi = Pi",
    "B Pi = Pi",
    "Pi A = Pi",
    "Pi B = Pi",
    "A A = A",
    "B B = B",
)
#: The square of the moving part of a turn.
SQUARED = (
    "A B (1 - Pi) A = A B A - Pi",
    "(1 - Pi) A B B A (1 - Pi) = (1 - Pi) A B A (1 - Pi)",
    "A B A Pi = Pi",
    "Pi A B A = Pi",
    "(1 - Pi) A B A (1 - Pi) = A B A - Pi",
)
SETTLING = Settling(Pi)
SHORTENING = Shortening(A * B, Pi)
ALTERNATING = Alternating(A, A * B * (I - Pi))
POWERS = AlternatingPowers(A * B, Pi)

#: Inside the box, and a turn with complex eigenvalues.
TURNING = {
    "S_W": [[HALF, 0], [0, 2]],
    "S_U": [[1, HALF], [HALF, HALF]],
    "eta_W": Fraction(3, 4),
    "eta_U": Fraction(4, 3),
}

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "convergence-iff",
        evidence=(Exact(_decides), Constructed(_edges, "64 diagonal pairs", name="exact, edges")),
        certificate=(
            Spec("convergence-iff", "projector", reduction=SETTLING),
            Spec("convergence-iff", "stays", reduction=SETTLING, facts=SQUARES, lines=STILL),
            Spec("convergence-iff", "split off", reduction=SETTLING, facts=SQUARES, lines=STILL),
            Spec("convergence-iff", "unpushed", reduction=SETTLING, facts=SQUARES, lines=STILL),
            Spec(
                "convergence-iff",
                "driven",
                reduction=SETTLING,
                lines=("mode' A = mode'", "mode' P = 0", "mode' Q = 0", "(P + Q) mode = 0"),
            ),
        ),
        needed=(
            Needed(("",), "S_W psd", two(-2, 2, w_0=[1]), (convergence_is_decided,)),
            Needed(("",), "S_U psd", two(2, -2, w_0=[1]), (convergence_is_decided,)),
        ),
        claims=(
            Claim(
                "one-gap-decides-convergence",
                "convergence-iff, read for one gap",
                one_gap,
                "p = q = 2, Delta = 0: AB = 1, yet every run stands still; with Delta = 1 it drifts",
                says=Iff(Settles(A * B, A * Q * Delta), Contracts(A * B * (I - Pi))),
                given="convergence-iff",
                of=PAIR,
                inputs=two(2, 2, 0),
            ),
        ),
    ),
    Theorem(
        "step-size-box",
        evidence=(Exact(_box),),
        certificate=(
            Spec("step-size-box.identity"),
            Spec("step-size-box.shortens", lines=(_contraction("P at most 2", "Q at most 2"),)),
            Spec("step-size-box.equality", "if"),
            Spec("step-size-box.equality", "only if 2", facts=SIDES, lines=_unseen_by_u("v")),
            Spec(
                "step-size-box.equality",
                "only if 1",
                facts=SIDES,
                uses=("step-size-box.equality/only if 2",),
                lines=_unseen_by_w("v"),
            ),
            Spec("step-size-box", "projector", reduction=SHORTENING),
            Spec("step-size-box", "order", reduction=SHORTENING, lines=(_contraction("P below 2", "Q below 2"),)),
            Spec(
                "step-size-box",
                claim="Q mode = 0",
                part="unseen by U",
                when=NO_LOSS,
                letters=A_VECTOR,
                facts=SIDES,
                lines=_unseen_by_u("mode"),
            ),
            Spec(
                "step-size-box",
                claim="P mode = 0",
                part="unseen by W",
                when=NO_LOSS,
                letters=A_VECTOR,
                facts=SIDES,
                uses=("step-size-box/unseen by U",),
                lines=_unseen_by_w("mode"),
            ),
            Spec(
                "step-size-box",
                "equality",
                reduction=SHORTENING,
                uses=("step-size-box/unseen by U", "step-size-box/unseen by W"),
                lines=("(P + Q) mode = 0",),
            ),
        ),
        needed=(
            Needed(("shortens",), "S_W psd", two(-1, 0), (contracts_in_norm,)),
            Needed(("shortens",), "S_U psd", two(0, -1), (contracts_in_norm,)),
            Needed(("shortens",), "P at most 2", two(3, 0), (contracts_in_norm,)),
            Needed(("shortens",), "Q at most 2", two(0, 3), (contracts_in_norm,)),
            # (1 - p)^2 (1 - q)^2 = 1 although both are seen.
            Needed(("equality",), "S_W psd", two(-1, HALF, v=[1])),
            Needed(("equality",), "S_U psd", two(HALF, -1, v=[1])),
            Needed(("equality",), "P below 2", two(2, 0, v=[1])),
            Needed(("equality",), "Q below 2", two(0, 2, v=[1])),
            Needed(("",), "S_W psd", two(-1, 0)),
            Needed(("",), "S_U psd", two(0, -1)),
            Needed(("",), "P below 2", two(2, 0)),
            Needed(("",), "Q below 2", two(0, 2)),
        ),
        unneeded=(Unneeded(("identity",), (psd(S_W), psd(S_U), below(P, 2), below(Q, 2)), ALGEBRA),),
        claims=(
            Claim(
                "closed-box-suffices",
                "step-size-box with its edge",
                closed_box,
                "p = 2, q = 0: W's error changes sign for ever",
                says=Settles(A * B, A * Q),
                given="step-size-box.shortens",
                of="convergence-iff",
                inputs=two(2, 0),
            ),
        ),
    ),
    Theorem(
        "box-not-necessary",
        evidence=(Exact(_region), Constructed(_outside_box, "1 pair", name="exact, outside")),
        certificate=(
            Spec(
                "box-not-necessary",
                "driven",
                reduction=Settling(),
                lines=("p mode = 0", "q mode = 0", "p p mode + q q mode = 0"),
            ),
        ),
        unproved="That one pair of numbers converges is decided, not proved.",
        needed=(
            Needed(("",), "p or q non-zero", {"p": 0, "q": 0}, (convergence_is_decided,)),
            Needed(("outside",), "p = 5/2", {"p": 1, "q": Fraction(9, 10)}),
            Needed(("outside",), "q = 9/10", {"p": Fraction(5, 2), "q": 2}),
        ),
        claims=(
            Claim(
                "both-must-be-stable",
                "converse of step-size-box",
                diverging_member,
                "p = 5/2, q = 9/10: (1 - p)(1 - q) = -3/20",
                says=Implies(Settles((1 - p) * (1 - q), (1 - p) * q), Settles(1 - p, p)),
                of="box-not-necessary",
                inputs={"p": Fraction(5, 2), "q": Fraction(9, 10)},
            ),
        ),
    ),
    Theorem(
        "real-spectrum",
        evidence=(Exact(_spectrum),),
        certificate=(
            Spec("real-spectrum", "product", reduction=SquareTimes(A, B)),
            Spec("real-spectrum.B", "product", reduction=SquareTimes(B, A)),
            Spec("real-spectrum.interval", "product", reduction=SquareTimes(A, B)),
            Spec(
                "real-spectrum.interval",
                "above",
                reduction=SquareTimes(A, B),
                lines=(Sum("root B root' >= 0", (("1", ("B psd",), "root'"),)),),
            ),
            Spec(
                "real-spectrum.interval",
                "below",
                reduction=SquareTimes(A, B),
                lines=(
                    Sum(
                        "1 - root B root' >= 0",
                        (
                            ("1", (), "1 - root root'"),
                            ("1", ("eta_W > 0", "S_W psd"), "root'"),
                            ("1", ("eta_U > 0", "S_U psd"), "root'"),
                        ),
                    ),
                ),
            ),
        ),
        needed=(
            Needed(("",), "A psd", TURNING),
            Needed(("B",), "B psd", TURNING),
            Needed(("interval",), "S_W psd", two(-3, 0)),
            Needed(("interval",), "S_U psd", two(0, -1)),
            Needed(("interval",), "A psd", two(2, 0)),
            Needed(("interval",), "B psd", two(0, 2)),
        ),
        claims=(
            Claim(
                "no-oscillation-in-the-box",
                "reading of step-size-box",
                rotating,
                "X_W = diag(1,2), eta_W = 3/4, X_U = (1,1;1,0), eta_U = 4/3: a turn has complex eigenvalues",
                says=SpectrumWithin(A * B, -oo, oo),
                given="step-size-box",
                of="step-size-box",
                inputs=TURNING,
            ),
        ),
    ),
    Theorem(
        "alternating-projections",
        evidence=(Exact(_projections, share=0.5),),
        certificate=(
            *(Spec("alternating-projections.projectors", goal) for goal in ("1", "2", "3", "4")),
            Spec("alternating-projections.rate", "product", reduction=ALTERNATING, lines=("A A = A",)),
            Spec("alternating-projections.rate", "exchanged", reduction=ALTERNATING, lines=(*BOTH_STILL, *SQUARED)),
            Spec("alternating-projections.turns", "projector", reduction=POWERS),
            Spec("alternating-projections.turns", "split", reduction=POWERS, lines=BOTH_STILL),
            Spec(
                "alternating-projections.turns",
                "square",
                reduction=POWERS,
                lines=(
                    *BOTH_STILL,
                    *SQUARED,
                    "A B (1 - Pi) (1 - Pi) B A = A B (1 - Pi) B A",
                    "A B (1 - Pi) B A = A B B A - Pi",
                    "A B B A = A B A",
                ),
            ),
            Spec(
                "alternating-projections.turns",
                "step",
                reduction=POWERS,
                lines=(
                    *BOTH_STILL,
                    *SQUARED,
                    "A B A B Pi = Pi",
                    "A B (1 - Pi) A B (1 - Pi) = A B A B - Pi",
                    "(1 - Pi) A B B A (1 - Pi) A B (1 - Pi) = (A B A - Pi) A B (1 - Pi)",
                    "(A B A - Pi) A B (1 - Pi) = A B A B - Pi",
                ),
            ),
        ),
        needed=(
            Needed(("projectors", "rate", "cosine"), "P a projector", two(HALF, 0)),
            Needed(("projectors", "rate", "cosine"), "Q a projector", two(0, HALF)),
            Needed(("turns",), "P a projector", two(HALF, 0, t=1)),
            Needed(("turns",), "Q a projector", two(0, HALF, t=1)),
        ),
        unneeded=(
            Unneeded(
                ("projectors", "rate", "turns", "cosine"),
                (psd(S_W), psd(S_U)),
                "a symmetric projector is positive semidefinite",
            ),
        ),
    ),
)
