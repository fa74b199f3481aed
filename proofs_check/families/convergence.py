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
from proofs_check.evidence.kinds import Case, Constructed, Derivation, Exact, Formulas
from proofs_check.evidence.theorem import Theorem
from proofs_check.instruments.agents import declaring, pair_converges, scalar_agent, turn_matrix
from proofs_check.instruments.at_rest import Inputs, pair
from proofs_check.instruments.geometries import Pair, exact_pair, rationals
from proofs_check.instruments.rationals import exact_eye, exactly, ints, orthogonal, square, zeros

__all__ = [
    "THEOREMS",
    "closed_box",
    "contracts_in_norm",
    "convergence_is_decided",
    "diverging_member",
    "one_gap",
    "rotating",
]


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
        [
            Relation("alone, W multiplies its error by -3/2", alone, Fraction(-3, 2)),
            pair_converges(pair),
        ],
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


SECTION = "5 convergence"


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


THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "convergence-iff",
        SECTION,
        "From every start and for every gap iff the spectral radius of AB off the common kernel is < 1.",
        ("convergence-iff",),
        (
            Derivation(("convergence-iff",)),
            Exact(_decides),
            Constructed(_edges, "64 diagonal pairs", name="exact, edges"),
        ),
    ),
    Theorem(
        "step-size-box",
        SECTION,
        "0 <= P, Q < 2I: a turn contracts strictly in norm off the common kernel.",
        ("step-size-box.identity", "step-size-box"),
        (Derivation(("step-size-box.identity", "step-size-box")), Exact(_box)),
    ),
    Theorem(
        "box-not-necessary",
        SECTION,
        "Scalar geometries converge iff |(1-p)(1-q)| < 1; p = 5/2, q = 9/10 does.",
        ("box-not-necessary",),
        (
            Derivation(("box-not-necessary",)),
            Exact(_region),
            Constructed(_outside_box, "1 pair", name="exact, outside"),
        ),
    ),
    Theorem(
        "real-spectrum",
        SECTION,
        "A >= 0 or B >= 0: AB has real spectrum; both: within [0, 1], no oscillation.",
        ("real-spectrum", "real-spectrum.interval"),
        (Derivation(("real-spectrum", "real-spectrum.interval")), Exact(_spectrum)),
    ),
    Theorem(
        "alternating-projections",
        SECTION,
        "P, Q projectors: von Neumann's alternating projections, rate cos^2 of the Friedrichs angle.",
        ("alternating-projections.rate", "alternating-projections.cosine"),
        (
            Derivation(("alternating-projections.rate", "alternating-projections.cosine")),
            Exact(_projections, share=0.5),
        ),
    ),
)
