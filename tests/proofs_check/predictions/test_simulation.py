"""A verdict that does not fit its numbers: runs too short, steps too few, rounding taken for error and error for it."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from numerics import NumericsError
from proofs_check.predictions import simulation
from proofs_check.predictions.pair import ARRIVED, predict
from proofs_check.predictions.simulation import compare, rows_at_rest, simulate
from tests.proofs_check.predictions.scaled_pairs import written


@pytest.fixture(scope="module")
def halves():
    """One feature, Gram matrices 1, steps 1/2, targets 2 and 5: they rest a third of the gap apart, at 3 and 4."""
    return predict(written(["1,2"]), written(["1,5"], "u.csv"), eta_w=0.5, eta_u=0.5)


@pytest.mark.parametrize("agent", [0, 1])
@pytest.mark.parametrize("sign", [-1, 1])
def test_what_confirms_agrees_to_five_digits(halves, agent, sign):
    """Of the larger of the two states of rest: small beside the other agent's weight is small."""
    prediction, pair = halves
    found = simulate(prediction, pair)
    assert [*prediction.rests[0], *prediction.rests[1]] == [3, 4]
    for share, verdict in ((0.9e-5, "confirms"), (1.1e-5, "does not confirm")):
        rests = list(prediction.rests)
        rests[agent] = rests[agent] + sign * share * 4
        compared = compare(replace(prediction, rests=tuple(rests)), found)
        assert compared.verdict == verdict
        assert compared.off == pytest.approx(share * 4, rel=1e-6)


def test_a_run_that_is_cut_short_is_no_verdict(halves):
    """However wrong the prediction is; a run that is long enough condemns it."""
    prediction, pair = halves
    wrong = replace(prediction, rests=(prediction.rests[0] + 1, prediction.rests[1]))
    for told in (prediction, wrong):
        assert compare(told, simulate(prediction, pair, turns=2)).verdict == "too few turns"
    assert compare(wrong, simulate(prediction, pair, turns=100)).verdict == "does not confirm"


def test_a_run_starts_from_zero_and_ends_where_it_is_said_to(halves):
    prediction, pair = halves
    found = simulate(prediction, pair, turns=3)
    assert (found.turns, found.method) == (3, "attention")
    assert len(found.errors_w) == len(found.errors_u) == 3
    assert found.residual_w == found.errors_w[-1] == abs(found.w[0] - 2)
    assert found.residual_u == found.errors_u[-1] == abs(found.u[0] - 5)
    rows = rows_at_rest(prediction, found)
    assert [(name, weight) for name, weight, _, _ in rows] == [
        ("W", "a"), ("U", "a"), ("W", "residual"), ("U", "residual")
    ]  # fmt: skip
    assert [told for _, _, told, _ in rows[:2]] == [float(rest[0]) for rest in prediction.rests]
    assert [told for _, _, told, _ in rows[2:]] == pytest.approx([abs(rows[0][2] - 2), abs(rows[1][2] - 5)])
    assert [seen for _, _, _, seen in rows] == [found.w[0], found.u[0], found.residual_w, found.residual_u]


def test_a_pair_without_rest_is_compared_with_nothing(halves):
    with pytest.raises(ValueError, match="prediction: a pair that does not converge"):
        compare(replace(halves[0], rests=None), simulate(*halves))


def floating(prediction, **changes):
    """The same, as if it had been predicted in floats."""
    return replace(prediction, w=replace(prediction.w, exact=None, **changes))


def test_a_run_takes_twice_the_turns_of_the_rate_and_forty_at_least(halves):
    """A quarter is left by each turn: 1e-6 after ten of them."""
    prediction, pair = halves
    assert prediction.turns == 10
    found = simulate(prediction, pair)
    assert (found.turns, found.method, found.arrived) == (40, "attention", 10)
    assert simulate(replace(prediction, turns=30), pair).turns == 60
    assert simulate(replace(prediction, turns=None), pair).turns == 80
    assert simulate(prediction, pair, turns=1).turns == 1


def test_what_floats_do_not_confirm_is_enclosed_unless_turns_are_given(halves, monkeypatch):
    prediction, pair = halves
    wrong = replace(prediction, rests=(prediction.rests[0] + 1, prediction.rests[1]))
    asked, settled = [], simulation.settled
    monkeypatch.setattr(
        simulation, "settled", lambda turn, zero, **limits: asked.append(limits) or settled(turn, zero, **limits)
    )
    assert simulate(wrong, pair, turns=100).method == "attention"
    assert simulate(floating(wrong), pair).method == "attention"
    assert asked == []
    found = simulate(wrong, pair)
    # 1e-16 is left after log(1e16) / (3/4) turns, less than 2 ** 6.
    assert asked == [{"least": 6, "most": 70}]
    assert (found.method, found.turns, found.arrived) == ("enclosure", 64, None)
    assert (*found.w, *found.u, found.residual_w, found.residual_u) == (3, 4, 1, 1)
    assert len(found.errors_w) == len(found.errors_u) == 40
    assert compare(wrong, found).verdict == "does not confirm"


@pytest.mark.parametrize(("shortfall", "faithful"), [(0.7426, True), (0.7424, False), (0.7575, True), (0.7577, False)])
def test_beyond_what_is_kept_floats_must_contract_as_the_exact_pair(halves, monkeypatch, shortfall, faithful):
    """The shortfall is 3/4: floats may miss what was predicted by a hundredth."""
    prediction, pair = halves
    told = replace(prediction, shortfall=shortfall)
    monkeypatch.setattr(simulation, "KEPT", 50)
    assert simulate(told, pair, turns=50).method == "attention"
    found = simulate(told, pair, turns=51)
    assert found.method == ("attention" if faithful else "enclosure")
    assert len(found.errors_w) == (50 if faithful else 0)
    if not faithful:
        with pytest.raises(NumericsError, match="cannot be followed in double precision"):
            simulate(floating(told), pair, turns=51)


def test_what_does_not_converge_is_not_faithful():
    for shortfall, converges in ((0.5, False), (0.0, True)):
        pair = SimpleNamespace(shortfall=lambda found=shortfall: found, converges=lambda found=converges: found)
        assert simulation._faithful(SimpleNamespace(shortfall=shortfall), pair) is converges


def test_a_run_that_overflows_is_not_followed():
    prediction, pair = predict(written(["1,2"]), written(["1,5"], "u.csv"), eta_w=50, eta_u=50)
    with pytest.raises(NumericsError, match="give fewer --turns, or --standardize"):
        simulate(floating(prediction), pair, turns=1000)


def test_how_many_states_are_kept():
    assert simulation._kept(SimpleNamespace(d=1)) == 100_000
    assert simulation._kept(SimpleNamespace(d=400)) == 50_000
    assert simulation._kept(SimpleNamespace(d=20_000_000)) == 1
    assert simulation._kept(SimpleNamespace(d=20_000_001)) == 0


@pytest.mark.parametrize(
    ("turns", "calls"),
    [
        (10_000, [(10_000, "all", "attention")]),
        (10_001, [(10_001, "all", "affine")]),
        (100_000, [(100_000, "all", "affine")]),
        (100_001, [(100_000, "all", "affine"), (100_001, "last", "affine")]),
    ],
)
def test_moves_go_through_the_layers_up_to_ten_thousand(halves, turns, calls):
    made = []

    def run(start, turns, keep="all", method=""):
        made.append((turns, keep, method))
        w = 3 * (1 - 0.25 ** np.arange(turns + 1 if keep == "all" else 1)[:, None])
        return SimpleNamespace(w=w, u=4 - w[1:] / 4, w_last=np.array([3.0]), u_last=np.array([4.0]))

    found = simulation._in_floats(halves[0], SimpleNamespace(d=1, simulate=run), turns)
    assert made == calls
    assert (found.turns, found.method, found.arrived) == (turns, calls[0][2], 10)


@pytest.mark.parametrize(("early", "late", "found"), [(10, 100, 57), (56, 58, 57), (56, 57, 57), (10, 57, 57)])
def test_an_arrival_is_found_by_halves(early, late, found):
    """Within 1e-6 of the distance at the start, this included."""

    def run(start, turn, keep, method):
        assert (start, keep, method) == (None, "last", "affine")
        return SimpleNamespace(w_last=np.array([1.0 if turn < 57 else 3 * ARRIVED]))

    assert simulation._arrival(SimpleNamespace(simulate=run), np.zeros(1), 3.0, early, late) == found


def test_who_starts_at_rest_has_arrived():
    prediction, pair = predict(written(["1,0"]), written(["2,0"], "u.csv"))
    found = simulate(prediction, pair)
    assert found.arrived == 0
    assert compare(prediction, found).verdict == "confirms"


def test_who_arrives_after_the_last_state_that_is_kept(monkeypatch):
    """0.9025 is left by each turn: 1e-6 after 135."""
    monkeypatch.setattr(simulation, "KEPT", 50)
    prediction, pair = predict(written(["1,2"]), written(["1,5"], "u.csv"), eta_w=0.05, eta_u=0.05)
    assert simulate(prediction, pair, turns=400).arrived == prediction.turns == 135


def moved(simulated, w=0.0, u=0.0, **changes):
    return replace(simulated, w=simulated.w + w, u=simulated.u + u, **changes)


def test_small_weights_count_as_a_share_of_what_is_natural(halves):
    """Labels up to 5 over columns of 1 make a weight 5 natural."""
    told = replace(halves[0], rests=(np.zeros(1), np.zeros(1)))
    found = replace(simulate(*halves), w=np.zeros(1), u=np.zeros(1))
    assert compare(told, moved(found, w=4.9e-15)).verdict == "confirms"
    assert compare(told, moved(found, u=5.1e-15)).verdict == "undecidable"


def test_in_floats_what_confirms_is_measured_by_the_targets_as_well(halves):
    prediction, pair = halves
    found = moved(simulate(prediction, pair), w=0.009)
    assert compare(prediction, found).verdict == "does not confirm"
    assert compare(floating(prediction, target=np.array([1000.0])), found).verdict == "confirms"
    other = replace(floating(prediction), u=replace(prediction.u, target=np.array([-1000.0])))
    assert compare(other, found).verdict == "confirms"
    assert compare(other, moved(found, w=0.002)).verdict == "does not confirm"


@pytest.mark.parametrize(
    ("w", "u", "method", "verdict"),
    [
        (0.9998, 0.0, "affine", "undecidable"),
        (-0.9, 0.1999, "attention", "undecidable"),
        (1.0002, 0.0, "affine", "does not confirm"),
        (0.9, 0.2001, "affine", "does not confirm"),
        (0.9, 0.0, "enclosure", "does not confirm"),
    ],
)
def test_a_thousand_roundings_decide_nothing_in_floats(halves, w, u, method, verdict):
    prediction, pair = halves
    told = replace(prediction, w=prediction.w)
    told.__dict__["bounds"] = SimpleNamespace(w=np.array([1e-3]), u=np.array([2e-4]))
    assert compare(told, moved(simulate(prediction, pair), w, u, method=method)).verdict == verdict


@pytest.mark.parametrize(
    ("turns", "shortfall", "method", "verdict"),
    [
        # A quarter is left by each turn: more than 1e-5 after eight of them.
        (8, 0.75, "enclosure", "too few turns"),
        (9, 0.75, "enclosure", "does not confirm"),
        (9, 0.75, "attention", "does not confirm"),
        # A rate of 0 says nothing of the first turns: U is half of 3 / 4^7 away after eight, more than 4e-5.
        (1, 1.0, "enclosure", "does not confirm"),
        (8, 1.0, "attention", "too few turns"),
        (9, 1.0, "attention", "does not confirm"),
    ],
)
def test_a_wrong_prediction_is_wrong_after_turns_enough(halves, turns, shortfall, method, verdict):
    prediction, pair = halves
    told = replace(prediction, shortfall=shortfall)
    found = moved(simulate(prediction, pair), w=1.0, turns=turns, method=method)
    assert compare(told, found).verdict == verdict
