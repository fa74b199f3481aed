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
from theory.language.nodes import Contracts, SpectrumWithin
from theory.language.symbols import A, B, P, Q, d, p

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
        assert any("not both zero" in a.text for a in formulas["box-not-necessary"].assumptions)


class TestConvergence:
    @given(pairs(inside=True))
    def test_the_box_contracts(self, g):
        assert formulas["step-size-box"].exact(**pick(g, *GEOMETRY)) is True
        assert formulas["convergence-iff"].exact(**pick(g, *GEOMETRY)) is True
        loss = formulas["step-size-box.identity"].exact(**pick(g, *GEOMETRY))
        a, b = (eye(loss.shape[0]) - g[f"eta_{x}"] * g[f"S_{x}"] for x in "WU")
        assert loss == eye(loss.shape[0]) - b * a * a * b

    @given(pairs())
    def test_the_criterion_is_the_numerical_radius_off_the_kernel(self, g):
        p, q = (np.array((g[f"eta_{x}"] * g[f"S_{x}"]).tolist(), dtype=float) for x in "WU")
        values, frame = np.linalg.eigh(p + q)
        frame = frame[:, values > 1e-9 * max(values.max(), 1e-300)]
        moving = frame.T @ (np.eye(len(p)) - p) @ (np.eye(len(p)) - q) @ frame
        radius = abs(np.linalg.eigvals(moving)).max(initial=0)
        assume(abs(radius - 1) > 1e-6)
        assert formulas["convergence-iff"].exact(**pick(g, *GEOMETRY)) == (radius < 1)

    @given(pairs(inside=True))
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


# What only defines the projector on the common kernel, of which the identity does not speak.
KERNEL = tuple(f"{x} {i}" for x in ("P_plus_Q_pinv", "one_minus_B_A_A_B_pinv") for i in (1, 2, 3, 4))


@pytest.mark.parametrize("region", REGIONS)
@given(st.data())
def test_convergence_is_decided_alike(region, data):
    pair = data.draw(interactions(region=region))
    assert formulas["convergence-iff"].exact(**arguments(pair)) == bool(pair.converges())


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("convergence-iff", "convergence-iff", "kernel not taken out", lambda e: Contracts(A * B)),
    ("convergence-iff", "convergence-iff", "one agent only", lambda e: e.xreplace({B: Identity(d)})),
    ("step-size-box", "step-size-box.identity", "swapped A and B", lambda e: e.xreplace({P: Q, Q: P, A: B, B: A})),
    ("step-size-box", "step-size-box", "kernel not taken out", lambda e: Contracts(A * B)),
    ("box-not-necessary", "box-not-necessary", "one agent only", lambda e: Abs(1 - p) < 1),
    ("real-spectrum", "real-spectrum", "too small a range", lambda e: SpectrumWithin(A * B, 0, oo)),
    ("real-spectrum", "real-spectrum.interval", "half the range", lambda e: SpectrumWithin(A * B, 0, Rational(1, 2))),
    ("alternating-projections", "alternating-projections.rate", "shifted by 1", plus_one),
    ("alternating-projections", "alternating-projections.cosine", "shifted by 1", plus_one),
]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("step-size-box.identity", "exchanged", "1 - B A A B = P (2 - P) + B Q (2 - Q) B", KERNEL),
    ("step-size-box.identity/order", "direction", "B A A B - 1 >= 0", ()),
    ("step-size-box.identity/order", "hypothesis", "1 - B A A B >= 0", ("2 - P >= 0",)),
    ("real-spectrum/similar", "order", "A B R = (R B R) R", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["step-size-box"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("step-size-box", "below"),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("step-size-box", "right: order in term"): "polynomials in one matrix commute",
    (
        "alternating-projections",
        "right: swap A and B",
    ): "cyclic trace, and a matrix has its transpose's singular values",
}

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["step-size-box.identity/order"]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # The hypothesis holds.
    ("box-not-necessary", "p or q non-zero", {"p": 0, "q": 1}, "satisfies the hypothesis"),
    # The hypothesis fails and the statement holds all the same.
    ("step-size-box", "P below 2", {"S_W": [[2]], "S_U": [[1]]}, "nothing refutes the statement"),
    ("convergence-iff", "S_W psd", {"S_W": [[-1]]}, "nothing refutes the statement"),
]
