"""Symbolic = simulated, on geometries that Hypothesis draws: exactly, and in floats within a bound."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given, strategies as st

from numerics import Prompt
from proofs_check.instruments.bounds import Known, known
from proofs_check.instruments.rationals import exactly
from proofs_check.instruments.simulation_bounds import column, move
from tests.strategies import REGIONS, pairs, prompts, vectors
from theory import formulas


def arguments(pair, w_0=None):
    w, u = pair.agent_w, pair.agent_u
    return {
        "S_W": w.prompt.gram,
        "S_U": u.prompt.gram,
        "eta_W": w.step_size[()],
        "eta_U": u.step_size[()],
        "w_star": w.target,
        "u_star": u.target,
        "w_0": w.target * 0 if w_0 is None else w_0,
    }


@st.composite
def started(draw, **options):
    """A pair and a start."""
    pair = draw(pairs(**options))
    return pair, draw(vectors(d=pair.d))


@given(st.data(), prompts())
def test_the_layer_is_a_gradient_step(data, prompt):
    from numerics import LSAAgent

    w, eta = data.draw(vectors(d=prompt.d)), Fraction(data.draw(st.integers(1, 50)), 7)
    simulated = LSAAgent(prompt, np.array(eta, dtype=object)).update(w)
    assert (exactly(formulas["lsa-step"], {"X": prompt.X, "y": prompt.y, "w": w, "eta": eta}) == simulated).all()


@pytest.mark.parametrize("region", REGIONS)
@given(st.data())
def test_one_turn(region, data):
    pair, w = data.draw(started(region=region))
    u = pair.agent_u.update(w)
    after = pair.agent_w.update(u)
    inputs = arguments(pair) | {"w_t": w, "u_t": u}
    assert (exactly(formulas["error-recursion.e"], inputs) == after - inputs["w_star"]).all()
    assert (exactly(formulas["error-recursion.f"], inputs) == pair.agent_u.update(after) - inputs["u_star"]).all()


@given(started(), st.integers(0, 4))
def test_many_turns(drawn, turns):
    pair, w_0 = drawn
    inputs = arguments(pair, w_0) | {"t": turns}
    assume(bool(pair.equilibrium().unique))
    run = pair.simulate(w_0, turns, method="attention")
    assert (exactly(formulas["closed-form.e"], inputs) == run.w_last - inputs["w_star"]).all()


@pytest.mark.parametrize("common_kernel", [None, True])
@given(st.data())
def test_equilibrium_of_any_geometries(common_kernel, data):
    pair, w_0 = data.draw(started(common_kernel=common_kernel))
    inputs = arguments(pair, w_0)
    w = inputs["w_star"] + exactly(formulas["singular-equilibrium.e"], inputs)
    u = inputs["u_star"] + exactly(formulas["singular-equilibrium.f"], inputs)
    assert (pair.agent_u.update(w) == u).all()
    assert (pair.agent_w.update(u) == w).all()
    assert (pair.equilibrium(w_0).w == w).all()


@given(started())
def test_nothing_moves_on_the_common_kernel(drawn):
    pair, w_0 = drawn
    projector = exactly(formulas["frozen-kernel.projector"], arguments(pair))
    run = pair.simulate(w_0, 2, method="attention")
    assert (projector @ run.w_last == projector @ w_0).all()


@pytest.mark.parametrize("region", REGIONS)
@given(st.data())
def test_convergence_is_decided_alike(region, data):
    pair = data.draw(pairs(region=region))
    assert formulas["convergence-iff"].exact(**arguments(pair)) == bool(pair.converges())


@given(pairs(exact=False, region="inside"), st.data())
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
    bound: Known = column(w)
    for agent in (agent_u, agent_w):
        bound = move(agent.prompt.X, agent.prompt.y, agent.step_size, bound)
    gap = as_fractions(after) - predicted
    assert float(np.sqrt(float(sum(x * x for x in gap)))) <= float(bound.error) * (1 + 1e-9)
    assert known(w[:, None]).error == 0


as_fractions = np.vectorize(Fraction, otypes=[object])
