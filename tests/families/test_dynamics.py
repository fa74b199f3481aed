"""Recursions, closed forms and the frozen kernel, against answers known by hand and agents moved one turn at a time."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st
from sympy import Identity

from numerics import Prompt
from proofs_check.instruments.bounds import Known, known
from proofs_check.instruments.rationals import exactly
from proofs_check.instruments.simulation_bounds import column as error_column, move
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
from tests.families.simulated import arguments, as_fractions, started
from tests.strategies import REGIONS, pairs as interactions, vectors
from theory import SingularError, formulas
from theory.language.symbols import A, B, d

# Ids that other tests take from here.
CLOSED_FORM = "closed-form"
ERROR_RECURSION = "error-recursion"
FROZEN_KERNEL = "frozen-kernel"
ROLE_SWAP = "role-swap"


class TestDynamics:
    @given(pairs())
    @pytest.mark.slow
    def test_recursions_are_the_moves(self, g):
        (u, w), (u_next, _) = moves(g, 2)
        e = formulas["error-recursion.e"].exact(**pick(g, *PAIR), w_t=g["w_0"])
        assert e == w - g["w_star"]
        f = formulas["error-recursion.f"].exact(**pick(g, *PAIR), u_t=u)
        assert f == u_next - g["u_star"]
        assert formulas["role-swap.f"].exact(**pick(g, *PAIR), u_t=u) == f

    @given(pairs(), st.integers(0, 4))
    @pytest.mark.slow
    def test_closed_forms_are_the_moves(self, g, t):
        states = moves(g, t + 1)
        try:
            e = formulas["closed-form.e"].exact(**g, t=t)
            f = formulas["closed-form.f"].exact(**g, t=t)
        except SingularError:
            return
        assert e == (states[t - 1][1] if t else g["w_0"]) - g["w_star"]
        assert f == states[t][0] - g["u_star"]

    @given(pairs())
    @pytest.mark.slow
    def test_the_common_kernel_is_frozen(self, g):
        projector = formulas["frozen-kernel.projector"].exact(**pick(g, *GEOMETRY))
        assert projector * projector == projector == projector.T
        assert projector.trace() == g["S_W"].shape[0] - g["S_W"].row_join(g["S_U"]).rank()
        assert projector * moves(g, 1)[0][1] == projector * g["w_0"]
        kept = formulas["frozen-kernel.e"].exact(**pick(g, *GEOMETRY, "w_star"), w_t=g["w_0"])
        assert kept == projector * (g["w_0"] - g["w_star"])


@pytest.mark.parametrize("region", REGIONS)
@given(st.data())
@pytest.mark.slow
def test_one_turn(region, data):
    pair, w = data.draw(started(region=region))
    u = pair.agent_u.update(w)
    after = pair.agent_w.update(u)
    inputs = arguments(pair) | {"w_t": w, "u_t": u}
    assert (exactly(formulas["error-recursion.e"], inputs) == after - inputs["w_star"]).all()
    assert (exactly(formulas["error-recursion.f"], inputs) == pair.agent_u.update(after) - inputs["u_star"]).all()


@given(started(), st.integers(0, 4))
@pytest.mark.slow
def test_many_turns(drawn, turns):
    pair, w_0 = drawn
    inputs = arguments(pair, w_0) | {"t": turns}
    assume(bool(pair.equilibrium().unique))
    run = pair.simulate(w_0, turns, method="attention")
    assert (exactly(formulas["closed-form.e"], inputs) == run.w_last - inputs["w_star"]).all()


@given(started())
@pytest.mark.slow
def test_nothing_moves_on_the_common_kernel(drawn):
    pair, w_0 = drawn
    projector = exactly(formulas["frozen-kernel.projector"], arguments(pair))
    run = pair.simulate(w_0, 2, method="attention")
    assert (projector @ run.w_last == projector @ w_0).all()


@given(interactions(exact=False, region="inside"), st.data())
@pytest.mark.slow
def test_one_turn_in_floats(pair, data):
    """The Gram matrices and targets carry rounding errors of their own, so the comparison is of the states."""
    w = data.draw(vectors(d=pair.d, exact=False))
    agent_w, agent_u = pair.agent_w, pair.agent_u
    after = agent_w.update(agent_u.update(w))
    exact = [Prompt(as_fractions(a.prompt.X), as_fractions(a.prompt.y)) for a in (agent_w, agent_u)]
    inputs = {
        "S_W": exact[0].gram,
        "S_U": exact[1].gram,
        "eta_W": Fraction(float(agent_w.step_size)),
        "eta_U": Fraction(float(agent_u.step_size)),
        "w_star": exact[0].target,
        "u_star": exact[1].target,
        "w_t": as_fractions(w),
    }
    predicted = exactly(formulas["error-recursion.e"], inputs) + exact[0].target
    bound: Known = error_column(w)
    for agent in (agent_u, agent_w):
        bound = move(agent.prompt.X, agent.prompt.y, agent.step_size, bound)
    gap = as_fractions(after) - predicted
    assert float(np.sqrt(float(sum(x * x for x in gap)))) <= float(bound.error) * (1 + 1e-9)
    assert known(w[:, None]).error == 0


# Planted falsehoods -----------------------------------------------------------------------------

# Formulas changed in one place: theorem, formula, what was done, change.
FALSEHOODS: list[Falsehood] = [
    ("error-recursion", "error-recursion.e", "swapped A and B", swapped),
    ("error-recursion", "error-recursion.f", "dropped eta", bare_gram),
    ("role-swap", "role-swap.f", "flipped sign", flipped),
    ("closed-form", "closed-form.e", "swapped A and B", swapped),
    ("closed-form", "closed-form.f", "transposed product", transposed),
    ("frozen-kernel", "frozen-kernel.projector", "complement", lambda e: Identity(d) - e),
    ("frozen-kernel", "frozen-kernel.e", "flipped sign", flipped),
    ("frozen-kernel", "frozen-kernel.complement", "the whole turn", lambda e: A * B),
]

# Of these the comparison in floats refutes every change.
COMPARED = ["error-recursion.e", "error-recursion.f", "closed-form.e"]

# Certified statements made false: name, what is wrong, the claim instead, hypotheses dropped.
FALSE_STATEMENTS: list[FalseStatement] = [
    ("error-recursion.e", "order", "e_next = B A e_t + A Q Delta", ()),
    ("error-recursion.e", "sign", "e_next = A B e_t - A Q Delta", ()),
    ("error-recursion.f", "missing factor", "f_next = B A f_t - P Delta", ()),
    ("role-swap.f", "sign", "f_next = B A f_t + B P Delta", ()),
    ("closed-form.e/step", "order", "e_next = B A A_B_to_the_t (e_0 - e_inf) + e_inf", ()),
    ("closed-form.f/step", "power", "f_next = B_A_to_the_t (f_0 - f_inf) + f_inf", ()),
    ("role-swap.f", "the same gap", "f_next = A_swapped B_swapped f_t + A_swapped Q_swapped Delta", ()),
    ("frozen-kernel.projector/if 1", "any vector", None, ("premise",)),
    ("frozen-kernel.projector/if 2", "any vector", None, ("premise",)),
    ("frozen-kernel.projector/only if", "one agent is not enough", None, ("premise 2",)),
    ("frozen-kernel.complement", "order", "Pi A B = B A", ()),
    ("frozen-kernel.e", "coefficient", "Pi e_next = 2 Pi e_t", ()),
]

# What the certificates must prove whole.
PROVED_WHOLE = ["error-recursion", "role-swap", "closed-form", "frozen-kernel"]

# Without its hypotheses of this kind a line of the derivation is false.
RELIED_ON = [
    ("closed-form.e", "Invertible"),
    ("closed-form.f", "Invertible"),
]

# Nothing of these is inferred.
BY_ALGEBRA = [
    "error-recursion.e",
    "error-recursion.f",
    "role-swap.f",
    "frozen-kernel.e",
    "frozen-kernel.complement",
]

# Statements changed in one place that are true all the same: id, pattern of the mutant's name, why.
TRUE_MUTANTS = [
    ("frozen-kernel.projector", "swap P and Q everywhere", "it says the same of both"),
    *(
        ("frozen-kernel.complement", pattern, "A and B act as 1 on the common kernel, from either side")
        for pattern in ("right: order of factors", "right: swap A and B", "? by ?", "swap A and B *", "order of *")
    ),
]

# Changes that provably leave a line true: (theorem, beginning of the mutation's name[, left-hand side]): why.
HARMLESS = {
    ("frozen-kernel", "right: "): "the common kernel annihilates every term with P or Q",
}

# How often the compiled program does what costs most.
OPERATIONS = [
    ("closed-form.e", "solve", 1),  # the rest is used twice
]

# Certified statements that are found anew, with all hypotheses of their theorem.
TRUE_STATEMENTS = ["error-recursion.e"]

# Formulas whose rounding bound must cover their value in floats.
ROUNDED = ["error-recursion.e", "closed-form.f", "frozen-kernel.projector"]

# Counterexamples that show of no hypothesis that it is needed: formula, hypothesis, inputs, what is noticed.
WRONG_COUNTEREXAMPLES: list[WrongCounterexample] = [
    # Two hypotheses fail.
    ("frozen-kernel.e", "S_W psd", {"S_W": [[-1]], "S_U": [[-1]], "w_t": [1]}, "also violates"),
]
