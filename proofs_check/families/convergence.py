"""Evidence for section 5: when the interaction settles, decided exactly and compared with simulated turns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from numerics import Interaction, Prompt
from numerics.exact import characteristic_polynomial
from numerics.validation import Array
from proofs_check.evidence.comparison import Relation, show
from proofs_check.evidence.kinds import Case, Constructed, Exact, Formulas
from proofs_check.evidence.theorem import Claim, Needed, Theorem, Unneeded
from proofs_check.instruments.agents import declaring, pair_converges, scalar_agent, turn_matrix
from proofs_check.instruments.at_rest import Inputs, pair
from proofs_check.instruments.geometries import Pair, exact_pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, orthogonal, square, zeros
from proofs_check.instruments.small_pairs import EYE, HALF, two
from proofs_check.proving.specification import SQUARE, Root, Spec, Sum
from theory.derivation.assumptions import psd
from theory.language.symbols import S_U, S_W, A

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


def _box(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, inside=True)
    inputs, turn = pair.arguments(), turn_matrix(pair)
    identity = exactly(formulas["step-size-box.identity"], inputs)
    x = rationals(rng, pair.d)
    both = np.concatenate([pair.X_W, pair.X_U])
    # The least-norm solution of (all examples) m = (all examples) x is x without its part in the common kernel.
    moving = Prompt.from_target(both, x).target
    relations = [
        Relation("I - T'T of the simulated turn T = formula", identity, exact_eye(pair.d) - turn.T @ turn),
        Relation("the criterion holds", bool(formulas["step-size-box"].exact(**inputs)), True),
        Relation("the simulated pair converges", bool(pair.interaction.converges()), True),
    ]
    if np.any(moving != 0):
        relations.append(Relation("a turn shortens what is off the kernel", square(turn @ moving), square(moving), "<"))
    return Case(pair.shown() | {"x": x}, relations)


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
            Relation("with factor -3/20", turn_matrix(pair), ints([Fraction(-3, 20)])),
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


def _gentle(rng: np.random.Generator, X: Array) -> Fraction:
    """Draw a step with ``eta lambda_max <= 1``."""
    trace = sum((x * x for x in X.ravel()), Fraction(0)) / len(X)
    return Fraction(int(rng.integers(1, 9)), 8) / trace if trace else Fraction(1)


def _spectrum(rng: np.random.Generator, formulas: Formulas) -> Case:
    pair = exact_pair(rng, inside=False)
    pair = replace(pair, eta_W=_gentle(rng, pair.X_W))
    if rng.random() < 0.5:  # by symmetry either agent may be the gentle one
        pair = pair.swapped()
    gentle = replace(pair, eta_W=_gentle(rng, pair.X_W), eta_U=_gentle(rng, pair.X_U))
    turns = turn_matrix(pair), turn_matrix(gentle)
    one, both = (characteristic_polynomial(t) for t in turns)
    from_one = characteristic_polynomial(exact_eye(pair.d) - turns[1])
    return Case(
        pair.shown() | {"gentle eta_W": gentle.eta_W, "gentle eta_U": gentle.eta_U},
        [
            Relation("one gentle agent: formula", bool(formulas["real-spectrum"].exact(**pair.arguments())), True),
            Relation("one gentle agent: the simulated turn has real spectrum", _real_rooted(one), True),
            Relation(
                "both gentle: formula", bool(formulas["real-spectrum.interval"].exact(**gentle.arguments())), True
            ),
            Relation("both gentle: the simulated turn has real spectrum", _real_rooted(both), True),
            Relation("both gentle: none is negative", _nonnegative_roots(both), True),
            Relation("both gentle: none exceeds 1", _nonnegative_roots(from_one), True),
        ],
    )


def _projections(rng: np.random.Generator, formulas: Formulas) -> Case:
    d = int(rng.integers(2, 4))
    prompts = []
    for _ in range(2):
        X = orthogonal(rng, d)[: int(rng.integers(1, d))]
        prompts.append((X, rationals(rng, len(X))))
    (X_W, y_W), (X_U, y_U) = prompts
    # Orthonormal examples and a step equal to their number: eta S is the projector on their span.
    pair = Pair(X_W, y_W, X_U, y_U, Fraction(len(X_W)), Fraction(len(X_U)), rationals(rng, d))
    inputs = pair.arguments()
    rate, cosine = (formulas[f"alternating-projections.{part}"].exact(**inputs) for part in ("rate", "cosine"))
    w, u = pair.w_0, pair.agent_u.update(pair.w_0)
    landed = pair.agent_w.update(u)
    # In at most three dimensions one principal angle is neither 0 nor 90 degrees: the trace of a turn is its squared
    # cosine plus the dimension of the common kernel.
    both = np.concatenate([X_W, X_U])
    kernel = d - int(Prompt(both, both[:, 0]).rank)
    return Case(
        pair.shown(),
        [
            Relation("U's move solves its examples", X_U @ u, y_U),
            Relation("U's move is along its examples", (u - w) - X_U.T @ (X_U @ (u - w)), zeros(d)),
            Relation("W's move solves its examples", X_W @ landed, y_W),
            Relation("W's move is along its examples", (landed - u) - X_W.T @ (X_W @ (landed - u)), zeros(d)),
            Relation(
                "rate formula = trace of the simulated turn off the kernel", rate, turn_matrix(pair).trace() - kernel
            ),
            Relation("rate formula = squared cosine", rate, cosine**2),
        ],
    )


BOX = {"P >= 0": "P >= 0", "P below 2": "2 - P >= 0", "Q >= 0": "Q >= 0", "Q below 2": "2 - Q >= 0"}
CONTRACTION = Sum(
    "1 - B A A B >= 0",
    (
        ("1/2", ("Q below 2",), "Q"),
        ("1/2", ("Q >= 0",), "2 - Q"),
        ("1/2", ("P below 2",), "P B"),
        ("1/2", ("P >= 0",), "(2 - P) B"),
    ),
)

THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "convergence-iff",
        "From every start and for every gap iff the spectral radius of AB off the common kernel is < 1.",
        evidence=(Exact(_decides), Constructed(_edges, "64 diagonal pairs", name="exact, edges")),
        unproved="A spectral radius and a limit are not products of letters.",
        needed=(
            Needed(("",), "S_W psd", two(-2, 2, w_0=[1]), (convergence_is_decided,)),
            Needed(("",), "S_U psd", two(2, -2, w_0=[1]), (convergence_is_decided,)),
        ),
        claims=(
            Claim(
                "one-gap-decides-convergence",
                "For a given gap, the pair converges from every start iff the spectral radius is below 1.",
                "convergence condition, read for one gap",
                one_gap,
                "p = q = 2, Delta = 0: AB = 1, yet every run stands still; with Delta = 1 it drifts",
            ),
        ),
    ),
    Theorem(
        "step-size-box",
        "0 <= P, Q < 2I: a turn contracts strictly in norm off the common kernel.",
        evidence=(Exact(_box),),
        certificate=(
            Spec("step-size-box.identity"),
            Spec("step-size-box.identity", "1 - B A A B >= 0", "order", positive=BOX, lines=(CONTRACTION,)),
            Spec(
                "step-size-box",
                "P x = 0",
                "equality",
                letters={
                    "x": "d <- 1",
                    "X": "x <- d",
                    "Y": "y <- d",
                    "Z": "x <- x",
                    "Z_inv": "x <- x",
                    "V": "y <- y",
                    "V_inv": "y <- y",
                },
                when={
                    "P >= 0": "P = X' X",
                    "Q >= 0": "Q = Y' Y",
                    "P below 2": "2 - X X' = Z' Z",
                    "strictly": "Z_inv Z = 1",
                    "Q below 2": "2 - Y Y' = V' V",
                    "strictly too": "V_inv V = 1",
                    "no loss": "(1 - B A A B) x = 0",
                },
                lines=(
                    "1 - B A A B = Q (2 - Q) + B P (2 - P) B",
                    "x' (1 - B A A B) x = 0",
                    "x' (Q (2 - Q) + B P (2 - P) B) x = 0",
                    "Y' V' V Y = Q (2 - Q)",
                    "X' Z' Z X = P (2 - P)",
                    Root(("V Y x", "Z X B x")),
                    "V_inv V Y x = 0",
                    "Y x = 0",
                    "Q x = 0",
                    "B x = x",
                    Root(("Z X B x", "V Y x")),
                    "Z_inv Z X B x = 0",
                    "X B x = 0",
                    "X x = 0",
                    "X' X x = 0",
                ),
                prose=(
                    SQUARE,
                    "Y Y' and Y' Y have the same non-zero eigenvalues, so 2 - Y Y' is positive definite where 2 - Q is",
                    "a vector that loses nothing lies in the common kernel: one turn contracts strictly off it, and a "
                    "strict contraction of a finite-dimensional space converges",
                ),
            ),
        ),
        needed=(
            Needed(("identity",), "S_W psd", two(-1, 0), (contracts_in_norm,)),
            Needed(("",), "S_W psd", two(-1, 0)),
            Needed(("identity",), "S_U psd", two(0, -1), (contracts_in_norm,)),
            Needed(("",), "S_U psd", two(0, -1)),
            Needed(("identity",), "P below 2", two(3, 0), (contracts_in_norm,)),
            Needed(("identity",), "Q below 2", two(0, 3), (contracts_in_norm,)),
            Needed(("",), "P below 2", two(2, 0)),
            Needed(("",), "Q below 2", two(0, 2)),
        ),
        claims=(
            Claim(
                "closed-box-suffices",
                "Steps up to and including 2/lambda_max converge.",
                "closed version of the box",
                closed_box,
                "p = 2, q = 0: W's error changes sign for ever",
            ),
        ),
    ),
    Theorem(
        "box-not-necessary",
        "Scalar geometries converge iff |(1-p)(1-q)| < 1; p = 5/2, q = 9/10 does.",
        evidence=(Exact(_region), Constructed(_outside_box, "1 pair", name="exact, outside")),
        unproved="It is about a pair of numbers and shows that pair.",
        needed=(Needed(("",), "p or q non-zero", {"p": 0, "q": 0}, (convergence_is_decided,)),),
        claims=(
            Claim(
                "both-must-be-stable",
                "A pair with an agent that diverges alone diverges.",
                "converse of the box",
                diverging_member,
                "p = 5/2, q = 9/10: (1 - p)(1 - q) = -3/20",
            ),
        ),
    ),
    Theorem(
        "real-spectrum",
        "A >= 0 or B >= 0: AB has real spectrum; both: within [0, 1], no oscillation.",
        evidence=(Exact(_spectrum),),
        certificate=(
            Spec(
                "real-spectrum.interval",
                "R B R >= 0",
                positive={"B >= 0": "B >= 0"},
                lines=(Sum("R B R >= 0", (("1", ("B >= 0",), "R"),)),),
            ),
            Spec(
                "real-spectrum.interval",
                "1 - R B R >= 0",
                "upper",
                positive={"P >= 0": "P >= 0", "Q >= 0": "Q >= 0"},
                lines=(Sum("1 - R B R >= 0", (("1", ("P >= 0",), "1"), ("1", ("Q >= 0",), "R"))),),
                prose=("A B = R (R B) and R B R = (R B) R have the same spectrum, and R B R is symmetric",),
            ),
            Spec(
                "real-spectrum",
                "A B R = R (R B R)",
                "similar",
                prose=("A positive semidefinite matrix has a symmetric square root",),
            ),
        ),
        needed=(
            Needed(
                ("",),
                "A = R^2",
                {
                    "S_W": [[HALF, 0], [0, 2]],
                    "S_U": [[1, HALF], [HALF, HALF]],
                    "R": EYE,
                    "eta_W": Fraction(3, 4),
                    "eta_U": Fraction(4, 3),
                },
            ),
            Needed(("interval",), "S_W psd", two(-3, 0, R=[[2]], t=1)),
            Needed(("interval",), "S_U psd", two(0, -1, R=[[1]], t=1)),
            Needed(("interval",), "A = R^2", two(2, 0, R=[[1]], t=1)),
            Needed(("interval",), "B psd", two(0, 2, R=[[1]], t=1)),
        ),
        unneeded=(
            Unneeded(("interval",), (psd(A),), "A = R^2 with a symmetric R says the same"),
            Unneeded(("",), (psd(A),), "A = R^2 with a symmetric R says the same"),
        ),
        claims=(
            Claim(
                "no-oscillation-in-the-box",
                "Inside the stability box the errors decay without oscillation.",
                "true for steps up to 1/lambda_max",
                rotating,
                "X_W = diag(1,2), eta_W = 3/4, X_U = (1,1;1,0), eta_U = 4/3: a turn has complex eigenvalues",
            ),
        ),
    ),
    Theorem(
        "alternating-projections",
        "P, Q projectors: von Neumann's alternating projections, rate cos^2 of the Friedrichs angle.",
        evidence=(Exact(_projections, share=0.5),),
        unproved="The Friedrichs angle and the rate are suprema of norms.",
        needed=(
            Needed(("rate", "cosine"), "P a projector", two(HALF, 0, t=1)),
            Needed(("rate", "cosine"), "Q a projector", two(0, HALF, t=1)),
        ),
        unneeded=(
            Unneeded(("rate", "cosine"), (psd(S_W), psd(S_U)), "a symmetric projector is positive semidefinite"),
        ),
    ),
)
