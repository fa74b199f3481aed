"""Where two agents rest, against answers known by hand and agents moved one turn at a time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given, strategies as st
from sympy import MatAdd, Matrix, OneMatrix, Rational, Symbol, cancel, eye

from proofs_check.evidence.instances import instance_of
from proofs_check.instruments.rationals import exactly
from tests.families.pairs import GEOMETRY, PAIR, moves, pairs, pick
from tests.families.planting import (
    Falsehood,
    FalseStatement,
    WrongCounterexample,
    bare_gram,
    flipped,
    swapped,
    transposed,
)
from tests.families.simulated import arguments, started
from tests.families.test_convergence import CONVERGENCE_IFF
from tests.families.test_dynamics import FROZEN_KERNEL
from tests.theory.drawn import small
from theory import SingularError, formulas
from theory.derivation.lines import equation
from theory.language.predicates import Invertible, TendsTo, Unique
from theory.language.symbols import M, Pi, Q, d, w_inf

# Ids that other tests take from here.
BIASED_EQUILIBRIUM = "biased-equilibrium"
GAP_IS_SHARED = "gap-is-shared"
NEITHER_WINS = "neither-wins"
SINGULAR_EQUILIBRIUM = "singular-equilibrium"


ones = OneMatrix(d, 1)


class TestScalar:
    """One dimension: everything is a fraction in p = eta_W S_W and q = eta_U S_U."""

    p, q, gap, eta_W, eta_U = (Symbol(x) for x in ("S_W_11", "S_U_11", "u_star_1", "eta_W", "eta_U"))

    def written(self, id_):
        return formulas[id_].explicit(1)[0].subs({self.eta_W: 1, self.eta_U: 1, Symbol("w_star_1"): 0})

    @pytest.mark.parametrize("id_", ["e", "e-dual", "e-coupling"])
    def test_residual_of_w(self, id_):
        expected = (1 - self.p) * self.q / (self.p + self.q - self.p * self.q) * self.gap
        assert cancel(self.written(f"biased-equilibrium.{id_}") - expected) == 0

    @pytest.mark.parametrize("id_", ["f", "f-coupling"])
    def test_residual_of_u(self, id_):
        expected = -(1 - self.q) * self.p / (self.p + self.q - self.p * self.q) * self.gap
        assert cancel(self.written(f"biased-equilibrium.{id_}") - expected) == 0

    @given(small.map(abs).filter(bool), small.map(abs).filter(bool))
    def test_numbers(self, p, q):
        assume(p + q != p * q)
        found = formulas["biased-equilibrium.e"].exact(S_W=[[p]], S_U=[[q]], eta_W=1, eta_U=1, w_star=[0], u_star=[1])
        expected = (1 - p) * q / (p + q - p * q)
        assert found[0] == Rational(expected.numerator, expected.denominator)


class TestEquilibrium:
    @given(pairs())
    @pytest.mark.slow
    def test_nothing_moves_there(self, g):
        try:
            e = formulas["biased-equilibrium.e"].exact(**pick(g, *PAIR))
        except SingularError:
            return
        f = formulas["biased-equilibrium.f"].exact(**pick(g, *PAIR))
        here = g | {"w_0": e + g["w_star"]}
        assert moves(here, 1) == [(f + g["u_star"], e + g["w_star"])]
        w_inf = e + g["w_star"]
        split = formulas["gap-is-shared"].exact(**pick(g, "S_U", "eta_U", "w_star", "u_star"), w_inf=w_inf)
        assert split == e - f

    @given(pairs(inside=True))
    @pytest.mark.slow
    def test_singular_geometries_too_and_floats_get_there(self, g):
        e = formulas["singular-equilibrium.e"].exact(**g)
        f = formulas["singular-equilibrium.f"].exact(**g)
        here = g | {"w_0": e + g["w_star"]}
        assert moves(here, 1) == [(f + g["u_star"], e + g["w_star"])]
        assert formulas[CONVERGENCE_IFF].exact(**pick(g, *GEOMETRY)) is True
        projector = formulas[f"{FROZEN_KERNEL}.projector"].exact(**pick(g, *GEOMETRY))
        assert projector * e == projector * (g["w_0"] - g["w_star"])

    @given(pairs())
    @pytest.mark.slow
    def test_neither_wins(self, g):
        gap = g["u_star"] - g["w_star"]
        d = len(gap)
        a, b = (eye(d) - g[f"eta_{x}"] * g[f"S_{x}"] for x in "WU")
        assume(a.det() and b.det() and any(g["S_W"] * gap) and any(g["S_U"] * gap))
        try:
            e = formulas["biased-equilibrium.e"].exact(**pick(g, *PAIR))
        except SingularError:
            return
        f = formulas["biased-equilibrium.f"].exact(**pick(g, *PAIR))
        assert any(e)
        assert any(f)
        pull = formulas["neither-wins.e"].exact(**pick(g, *GEOMETRY, "w_star"), w_inf=e + g["w_star"])
        assert pull == g["eta_U"] * g["S_U"] * gap

    @given(pairs())
    @pytest.mark.slow
    def test_where_the_turns_lead_is_decided_from_the_turns(self, g):
        """The conclusion holds wherever the hypothesis does, and fails with another limit."""
        formula = formulas["singular-equilibrium.e"]
        at = instance_of(formula, g)
        assume(all(assumption.holds(at) for assumption in formula.assumptions))
        leads, value = formula.says.args
        x, turn, start, limit = leads.args
        assert at.holds(leads)
        assert at.holds(value)
        assert not at.holds(TendsTo(x, turn, start, limit + ones))

    def test_a_deadbeat_step_lets_w_win(self):
        """Why A must be invertible: p = 1 leaves no error although both agents see the gap."""
        given_ = {"S_W": [[1]], "S_U": [[1]], "eta_W": 1, "eta_U": Fraction(1, 2), "w_star": [0], "u_star": [1]}
        assert formulas["biased-equilibrium.e"].exact(**given_) == Matrix([0])


@pytest.mark.parametrize("common_kernel", [None, True])
@given(st.data())
@pytest.mark.slow
def test_equilibrium_of_any_geometries(common_kernel, data):
    pair, w_0 = data.draw(started(common_kernel=common_kernel))
    inputs = arguments(pair, w_0)
    w = inputs["w_star"] + exactly(formulas["singular-equilibrium.e"], inputs)
    u = inputs["u_star"] + exactly(formulas["singular-equilibrium.f"], inputs)
    assert (pair.agent_u.update(w) == u).all()
    assert (pair.agent_w.update(u) == w).all()
    assert (pair.equilibrium(w_0).w == w).all()


def test_the_gap_is_shared_without_one_equilibrium():
    assert M not in {x for s in formulas["gap-is-shared"].derivation for x in s.equation.free_symbols}
    assert formulas["gap-is-shared"].verify()


def unfrozen(expr):
    """Forget what no turn moves."""
    return MatAdd(*(term for term in expr.args if not term.has(Pi)))


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("biased-equilibrium", "biased-equilibrium.e", "flipped sign", flipped),
    ("biased-equilibrium", "biased-equilibrium.e", "swapped A and B", swapped),
    ("biased-equilibrium", "biased-equilibrium.e", "dropped eta", bare_gram),
    ("biased-equilibrium", "biased-equilibrium.e", "transposed product", transposed),
    ("biased-equilibrium", "biased-equilibrium.f", "transposed product", transposed),
    ("biased-equilibrium", "biased-equilibrium.e-coupling", "swapped A and B", swapped),
    (
        "biased-equilibrium",
        "biased-equilibrium.unique",
        "U alone",
        lambda e: Unique(w_inf, equation(Q * w_inf, 0 * w_inf)),
    ),
    ("biased-equilibrium", "biased-equilibrium.N", "another matrix", lambda e: Invertible(Q)),
    ("singular-equilibrium", "singular-equilibrium.e", "swapped A and B", swapped),
    ("singular-equilibrium", "singular-equilibrium.e", "dropped the frozen part", unfrozen),
    ("singular-equilibrium", "singular-equilibrium.f", "dropped eta", bare_gram),
    ("singular-equilibrium", "singular-equilibrium.f", "off by a part in 10^8", lambda f: f + f / 10**8),
    ("gap-is-shared", "gap-is-shared", "flipped sign", flipped),
    ("gap-is-shared", "gap-is-shared.small-step", "flipped sign", flipped),
    ("gap-is-shared", "gap-is-shared.rate", "dropped a factor", lambda e: e / 10**6),
    ("neither-wins", "neither-wins.e", "flipped sign", flipped),
    ("neither-wins", "neither-wins.f", "flipped sign", flipped),
    ("neither-wins", "neither-wins.e-nonzero", "zero", lambda e: equation(e.lhs, e.rhs)),
    ("neither-wins", "neither-wins.f-nonzero", "zero", lambda e: equation(e.lhs, e.rhs)),
]

# Of these the comparison in floats refutes every change.
COMPARED = ["biased-equilibrium.e", "biased-equilibrium.f", "singular-equilibrium.e", "singular-equilibrium.f"]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("biased-equilibrium.e", "order", "e_inf = M_inv Q A Delta", ()),
    ("biased-equilibrium.e", "missing factor", "e_inf = M_inv Q Delta", ()),
    ("biased-equilibrium.f", "sign", "f_inf = N_inv B P Delta", ()),
    ("biased-equilibrium.e-dual", "order", "e_inf = Delta - P M_inv Delta", ()),
    ("biased-equilibrium.e-coupling", "factor", "e_inf = B Delta - A N_inv B P Delta", ()),
    ("biased-equilibrium.f-coupling", "sign", "f_inf = B M_inv A Q Delta + B Delta", ()),
    ("gap-is-shared", "missing term", "e_inf - f_inf = Delta", ()),
    ("gap-is-shared.small-step", "sign", "e_order_0 - f_order_0 = -Delta", ()),
    ("neither-wins.e", "order", "Q Delta = M A_inv e_inf", ()),
    ("neither-wins.e-nonzero", "agent", "S_W (u_star - w_star) = 0", ()),
    ("singular-equilibrium.e/cleared", "order", "M e_inf = Q A Delta", ()),
    ("singular-equilibrium.e/split", "missing term", "M_pinv M = 1", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["biased-equilibrium", "singular-equilibrium", "gap-is-shared", "neither-wins"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("biased-equilibrium.e", "Invertible"),
    ("biased-equilibrium.f", "Invertible"),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("singular-equilibrium", "right: sign of term 0", "M*e_inf"): "a turn takes nothing away on the common kernel",
    ("singular-equilibrium", "right: drop term 0", "M*e_inf"): "a turn takes nothing away on the common kernel",
}

# How often the compiled program does what costs most.
OPERATIONS = [
    ("biased-equilibrium.e", "solve", 1),
    ("biased-equilibrium.e", "eye", 0),  # I - P is not formed
    ("biased-equilibrium.e", "matmul", 3),  # P Q, and two products with a vector
    ("biased-equilibrium.e", "transpose", 0),  # P + Q - Q P is formed instead
]

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["biased-equilibrium.f", "gap-is-shared.small-step"]

# Formulas whose rounding bound must cover their value in floats.
ROUNDED = ["biased-equilibrium.e", "biased-equilibrium.f-coupling", "singular-equilibrium.f"]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # W sees no pull and undoes every error at once: two hypotheses fail.
    ("neither-wins.e", "A invertible", {"S_U": [[0]]}, "also violates"),
    # The hypothesis holds.
    ("biased-equilibrium.e", "M invertible", {}, "satisfies the hypothesis"),
    # Not an instance at all, or one that the agents cannot judge.
    ("biased-equilibrium.e", "M invertible", {"eta_W": 0}, "not one: "),
]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("biased-equilibrium.unique", "swap P and Q everywhere", "with the agents exchanged the matrix is N"),
    ("biased-equilibrium.unique", "swap targets everywhere", "how many states rest is decided by the matrix alone"),
    ("biased-equilibrium.N", "N by M", "that is the hypothesis"),
    ("biased-equilibrium.N", "transpose N", "a transpose has the transposed inverse"),
    # S_U (1 - eta H^-1 K)^-1 = (1 - eta C)^-1 S_U with the parallel sum C, which both agents share: its norm is the
    # spectral radius of H^-1 K, and of K' in its place, so that the norm of neither product is below it.
    *(
        ("gap-is-shared.rate", pattern, "the parallel sum in place of either product would do")
        for pattern in ("swap S_W and S_U everywhere", "transpose K", "order of H[*][*](-1) K in *")
    ),
]
