"""When two agents converge, against answers known by hand, spectra and runs."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import Abs, Identity, Matrix, Rational, eye, oo

from tests.families.pairs import GEOMETRY, pairs, pick
from tests.families.planting import Falsehood, FalseStatement, WrongCounterexample, plus_one
from tests.families.simulated import arguments
from tests.strategies import REGIONS, pairs as interactions
from theory import formulas
from theory.language.nodes import Contracts, PositiveSemidefinite, SpectrumWithin, Vanishes
from theory.language.predicates import Iff
from theory.language.symbols import A, B, P, Q, d, p, t, v

# Ids that other tests take from here.
ALTERNATING_PROJECTIONS = "alternating-projections"
BOX_NOT_NECESSARY = "box-not-necessary"
CONVERGENCE_IFF = "convergence-iff"
REAL_SPECTRUM = "real-spectrum"
STEP_SIZE_BOX = "step-size-box"


class TestScalar:
    """One dimension: everything is a fraction in p = eta_W S_W and q = eta_U S_U."""

    @pytest.mark.parametrize(
        ("p", "q", "verdict"),
        [
            (Fraction(5, 2), Fraction(9, 10), True),
            (2, 2, False),  # AB = 1: the gap drives the state away
            (2, Fraction(1, 10**9), True),
            (Fraction(1, 2), Fraction(1, 2), True),
            (3, 1, True),
            (3, Fraction(3, 2), False),  # AB = 1
            (3, Fraction(1, 2), False),  # AB = -1
            (0, 2, False),
            (0, 1, True),
            (4, 4, False),
        ],
    )
    def test_convergence(self, p, q, verdict):
        criterion = formulas["convergence-iff"]
        assert criterion.exact(S_W=[[p]], S_U=[[q]], eta_W=1, eta_U=1) is verdict
        assert formulas["box-not-necessary"].exact(p=p, q=q) is verdict
        assert bool(formulas["box-not-necessary"].numpy(p=float(p), q=float(q))) is verdict
        # A gap of one and a start away from rest: 400 turns settle or they do not.
        e, settled = 5.0, []
        for _ in range(400):
            e = (1 - float(p)) * (1 - float(q)) * e + (1 - float(p)) * float(q)
            if abs(e) > 1e30:
                break
            settled.append(e)
        if (p, q) != (2, Fraction(1, 10**9)):
            assert (len(settled) == 400 and abs(settled[-1] - settled[-2]) < 1e-9) is verdict

    def test_two_idle_agents_converge_though_the_scalar_criterion_excludes_them(self):
        assert formulas["convergence-iff"].exact(S_W=[[0]], S_U=[[0]], eta_W=1, eta_U=1) is True
        assert formulas["box-not-necessary"].exact(p=0, q=0) is False
        assert [a.plain for a in formulas["box-not-necessary"].assumptions] == ["p^2 + q^2 != 0"]


class TestConvergence:
    @given(pairs(inside=True))
    @pytest.mark.slow
    def test_the_box_contracts(self, g):
        assert formulas["step-size-box"].exact(**pick(g, *GEOMETRY)) is True
        assert formulas["convergence-iff"].exact(**pick(g, *GEOMETRY)) is True
        loss = formulas["step-size-box.identity"].exact(**pick(g, *GEOMETRY))
        a, b = (eye(loss.shape[0]) - g[f"eta_{x}"] * g[f"S_{x}"] for x in "WU")
        assert loss == eye(loss.shape[0]) - b * a * a * b

    @given(pairs())
    @pytest.mark.slow
    def test_the_criterion_is_the_numerical_radius_off_the_kernel(self, g):
        p, q = (np.array((g[f"eta_{x}"] * g[f"S_{x}"]).tolist(), dtype=float) for x in "WU")
        values, frame = np.linalg.eigh(p + q)
        frame = frame[:, values > 1e-9 * max(values.max(), 1e-300)]
        moving = frame.T @ (np.eye(len(p)) - p) @ (np.eye(len(p)) - q) @ frame
        radius = abs(np.linalg.eigvals(moving)).max(initial=0)
        assume(abs(radius - 1) > 1e-6)
        assert formulas["convergence-iff"].exact(**pick(g, *GEOMETRY)) == (radius < 1)

    @given(pairs(inside=True))
    @pytest.mark.slow
    def test_cautious_steps_do_not_oscillate(self, g):
        halved = g | {f"eta_{x}": g[f"eta_{x}"] / 2 for x in "WU"}
        assert formulas["real-spectrum"].exact(**pick(halved, *GEOMETRY)) is True
        assert formulas["real-spectrum.interval"].exact(**pick(halved, *GEOMETRY)) is True

    def test_bold_steps_can_oscillate(self):
        """Neither A nor B semidefinite: a complex pair."""
        given_ = {"S_W": [[3, 1], [1, Fraction(1, 2)]], "S_U": [[Fraction(1, 2), 1], [1, 3]], "eta_W": 1, "eta_U": 1}
        a, b = (eye(2) - Matrix(given_[f"S_{x}"]) for x in "WU")
        discriminant = (a * b).trace() ** 2 - 4 * (a * b).det()
        assert formulas["real-spectrum"].exact(**given_) is bool(discriminant >= 0)

    def test_alternating_projections_at_a_known_angle(self):
        """Two lines at an angle with cosine 3/5."""
        first, second = Matrix([1, 0]), Matrix([Rational(3, 5), Rational(4, 5)])
        kernels = [v * v.T for v in (first, second)]
        given_ = {"S_W": eye(2) - kernels[0], "S_U": eye(2) - kernels[1], "eta_W": 1, "eta_U": 1}
        assert formulas["alternating-projections.rate"].exact(**given_) == Rational(9, 25)
        assert formulas["alternating-projections.cosine"].exact(**given_) == Rational(3, 5)
        # From any start the first turn shrinks the error by the cosine only; later ones by its square.
        start = second
        once, twice = kernels[0] * kernels[1] * start, (kernels[0] * kernels[1]) ** 2 * start
        assert once.norm() / start.norm() == Rational(3, 5)
        assert twice.norm() / once.norm() == Rational(9, 25)

    def test_projectors_are_asked_of_both_agents(self):
        texts = " ".join(a.text for a in formulas["alternating-projections.rate"].assumptions)
        assert "$P$ is an orthogonal projector" in texts
        assert "$Q$ is an orthogonal projector" in texts


@pytest.mark.parametrize(
    "id_", ["step-size-box", "real-spectrum.interval", "alternating-projections.rate", "one-sided-iff.e"]
)
def test_a_line_taken_as_a_hypothesis_is_a_hypothesis_of_the_theorem(id_):
    """The lines that a derivation assumes are listed, term by term."""
    formula = formulas[id_]
    assumed = [step.equation for step in formula.derivation if step.kind == "hypothesis"]
    assert assumed
    assert set(assumed) <= {a.says for a in formula.assumptions}


@pytest.mark.parametrize("region", REGIONS)
@given(st.data())
@pytest.mark.slow
def test_convergence_is_decided_alike(region, data):
    pair = data.draw(interactions(region=region))
    assert formulas["convergence-iff"].exact(**arguments(pair)) == bool(pair.converges())


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("convergence-iff", "convergence-iff", "kernel not taken out", lambda e: Contracts(A * B)),
    ("convergence-iff", "convergence-iff", "one agent only", lambda e: e.xreplace({B: Identity(d)})),
    ("step-size-box", "step-size-box.identity", "swapped A and B", lambda e: e.xreplace({P: Q, Q: P, A: B, B: A})),
    ("step-size-box", "step-size-box.shortens", "by a half", lambda e: PositiveSemidefinite(e.arg - Identity(d) / 2)),
    ("step-size-box", "step-size-box.equality", "one agent only", lambda e: Iff(e.args[0], Vanishes(P * v))),
    ("step-size-box", "step-size-box", "kernel not taken out", lambda e: Contracts(A * B)),
    ("box-not-necessary", "box-not-necessary", "one agent only", lambda e: Abs(1 - p) < 1),
    ("box-not-necessary", "box-not-necessary.outside", "shifted by 1", plus_one),
    ("real-spectrum", "real-spectrum", "too small a range", lambda e: SpectrumWithin(A * B, 0, oo)),
    ("real-spectrum", "real-spectrum.B", "too small a range", lambda e: SpectrumWithin(A * B, -oo, Rational(1, 2))),
    ("real-spectrum", "real-spectrum.interval", "half the range", lambda e: SpectrumWithin(A * B, 0, Rational(1, 2))),
    ("alternating-projections", "alternating-projections.projectors", "onto the range", lambda e: Vanishes(P - A * P)),
    ("alternating-projections", "alternating-projections.rate", "shifted by 1", plus_one),
    ("alternating-projections", "alternating-projections.turns", "shifted by 1", plus_one),
    ("alternating-projections", "alternating-projections.turns", "one factor a turn", lambda e: e.base ** (t + 1)),
    ("alternating-projections", "alternating-projections.cosine", "shifted by 1", plus_one),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("convergence-iff/driven", "bound", "mode = 0", ()),
    ("step-size-box.identity", "exchanged", "1 - B A A B = P (2 - P) + B Q (2 - Q) B", ()),
    ("step-size-box.shortens", "direction", "B A A B - 1 >= 0", ()),
    ("step-size-box.shortens", "hypothesis", "1 - B A A B >= 0", ("P at most 2",)),
    ("real-spectrum.interval/below", "bound", "1/2 - root B root' >= 0", ()),
    ("alternating-projections.projectors/1", "hypothesis", None, ("P P = P",)),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["convergence-iff", "step-size-box", "real-spectrum", "alternating-projections"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("real-spectrum.interval", "PositiveSemidefinite"),
    ("step-size-box", "Loewner"),
    ("alternating-projections.rate", "Projector"),
]

SUM = "(P + Q)*PseudoInverse(P + Q)*(P + Q)"
MIRROR = "(I - B*A**2*B)*PseudoInverse(I - B*A**2*B)"

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("convergence-iff", "right: swap P and Q", SUM): "a sum has no order",
    ("alternating-projections", "right: swap P and Q", SUM): "a sum has no order",
    ("step-size-box", "right: order in term"): "polynomials in one matrix commute",
    ("step-size-box", "right: swap P and Q", SUM): "a sum has no order",
    ("step-size-box", "right: order of factors", MIRROR): "a symmetric matrix commutes with its pseudo-inverse",
    ("step-size-box", "right: swap A and B", MIRROR): "either order of moves takes nothing from the common kernel only",
    (
        "alternating-projections",
        "right: swap A and B",
    ): "cyclic trace, and a matrix has its transpose's singular values",
}

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["step-size-box.shortens", "real-spectrum.interval/below"]

SPECTRUM = "a matrix and its transpose have one spectrum, and the common kernel is split off by either factor"
SIZE = "a matrix and its transpose have the same singular values, and the common kernel is split off by either factor"
PUSHED = "an eigenvector for the eigenvalue 1 that one of these pushes leaves alone is seen by neither agent"

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("convergence-iff", "Q by P", PUSHED),
    ("convergence-iff", "swap A and B everywhere", "the agents exchanged"),
    ("convergence-iff", "order of A B in A*B", PUSHED),
    ("convergence-iff", "order of A B in A*B*(I - Pi)", SPECTRUM),
    ("convergence-iff", "order of B I - Pi in A*B*(I - Pi)", SPECTRUM),
    ("convergence-iff", "order of A Q in A*Q", PUSHED),
    ("step-size-box.shortens", "A by B", "two agents of one geometry are a pair in the box"),
    ("step-size-box.shortens", "B by A", "two agents of one geometry are a pair in the box"),
    ("step-size-box.shortens", "swap A and B everywhere", "the agents exchanged"),
    ("step-size-box.equality", "swap A and B everywhere", "the agents exchanged"),
    ("step-size-box.equality", "swap P and Q everywhere", "the order of two conditions"),
    ("step-size-box.equality", "order of *", "|A^2 v| |B^2 v| is |v|^2 only if neither factor shortens v"),
    ("step-size-box", "swap A and B everywhere", SPECTRUM),
    ("step-size-box", "order of *", SPECTRUM),
    *(
        (f"real-spectrum{part}", change, why)
        for part in ("", ".B", ".interval")
        for change, why in (
            ("A by B", "the square of a symmetric matrix, or of one between 0 and 1"),
            ("B by A", "the square of a symmetric matrix, or of one between 0 and 1"),
            ("swap A and B everywhere", "a matrix and its transpose have one spectrum"),
        )
    ),
    ("alternating-projections.projectors", "order of *", "a matrix commutes with what it leaves"),
    ("alternating-projections.rate", "right: swap A and B", SIZE),
    ("alternating-projections.rate", "A by B", "of one projector: 1 or 0 on both sides"),
    ("alternating-projections.rate", "B by A", "of one projector: 1 or 0 on both sides"),
    ("alternating-projections.rate", "swap A and B everywhere", SPECTRUM),
    ("alternating-projections.rate", "order of *", SPECTRUM),
    ("alternating-projections.turns", "right: swap A and B", SIZE),
    ("alternating-projections.turns", "A by B", "of one projector: 1 or 0 on both sides"),
    ("alternating-projections.turns", "B by A", "of one projector: 1 or 0 on both sides"),
    ("alternating-projections.turns", "swap A and B everywhere", SIZE),
    ("alternating-projections.turns", "order of *", SIZE),
]

# Formulas that say nothing but what a letter stands for.
NOTATION = ["alternating-projections.cosine"]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # The hypothesis holds.
    ("box-not-necessary", "p or q non-zero", {"p": 0, "q": 1}, "satisfies the hypothesis"),
    # The hypothesis fails and the statement holds all the same.
    ("step-size-box", "P below 2", {"S_W": [[2]], "S_U": [[1]]}, "nothing refutes the statement"),
    ("convergence-iff", "S_W psd", {"S_W": [[-1]]}, "nothing refutes the statement"),
]

# Formulas of which no line is inferred: all is algebra, definition, hypothesis or cited.
BY_ALGEBRA = [
    "step-size-box.identity",
    "step-size-box.shortens",
    "step-size-box",
]
