"""Predictions are right whatever the scales; what is printed as simulated is what the verdict compares."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from proofs_check.inputs.prompts import PromptTable, standardized
from proofs_check.predictions.pair import ARRIVED, WHO_WINS, AgentSummary, explain, predict
from proofs_check.predictions.simulation import KEPT, compare, simulate
from tests.proofs_check.predictions.scaled_pairs import drawn, judged, written


@pytest.mark.parametrize("first", range(0, 60, 6))
@pytest.mark.slow
@pytest.mark.many(5)
def test_verdicts_of_pairs_of_all_scales_are_those_of_rationals(first):
    for seed in range(first, first + 6):
        judged(seed)


def test_a_pair_that_rests_long_before_its_slowest_mode_has_moved():
    """The labels' size in one direction is reached within 128 turns, in another after 1e38."""
    assert judged(5975).startswith("enclosure")


@pytest.mark.slow
def test_a_wrong_prediction_is_not_confirmed_at_any_scale():
    told = 0
    for seed in range(200, 212):
        tables, steps = drawn(seed)
        prediction, pair = predict(*tables, eta_w=steps[0], eta_u=steps[1])
        if not prediction.converges or not np.any(prediction.e):
            continue
        for i in np.flatnonzero(prediction.e):
            wrong = prediction.rests[0].copy()
            wrong[i] += 1e-3 * max(abs(wrong[i]), prediction.natural[i])
            planted = replace(prediction, rests=(wrong, prediction.rests[1]))
            assert compare(planted, simulate(planted, pair)).verdict == "does not confirm", seed
            told += 1
    assert told > 8


def test_a_target_far_away_hides_nothing():
    """Two rows that are parallel to 15 digits put a target at 1e15; the pair rests near U's, to all digits."""
    prediction, pair = predict(written(["1,1,0", "1,1.000000000000001,1"]), written(["1,0,2", "0,1.5,3"], "u.csv"))
    assert np.linalg.norm(prediction.w.target) > 1e14
    found = simulate(prediction, pair)
    assert compare(prediction, found).verdict == "confirms"
    for rest, state in zip(prediction.rests, (found.w, found.u), strict=True):
        assert rest == pytest.approx(state, rel=1e-9)
        assert np.linalg.norm(rest) < 10
    wrong = replace(prediction, rests=(prediction.rests[0] * [1, 1.001], prediction.rests[1]))
    assert compare(wrong, found).verdict == "does not confirm"


@pytest.mark.slow
def test_theorems_are_not_refuted_by_scales():
    columns = written(["2.1e12,2.4,0.012,1.1", "3.4e12,7.9,0.041,0.3", "1.2e12,5.5,0.009,2.2", "2.8e12,3.1,0.028,-0.4"])
    other = written(
        ["1.9e12,1.4,0.022,0.1", "3.1e12,6.9,0.031,1.3", "1.5e12,4.5,0.019,2.0", "2.2e12,3.9,0.011,-1"], "u.csv"
    )
    prediction, pair = predict(columns, other)
    assert prediction.converges
    assert 0 < prediction.shortfall < 1e-20
    assert prediction.rate_text.startswith("1 - ")
    found = simulate(prediction, pair)
    assert found.method == "enclosure"
    assert compare(prediction, found).verdict == "confirms"
    checks = explain(prediction, pair)
    words = [conclusion.word for check in checks for conclusion in check.conclusions]
    assert "differs" not in words
    assert "undecidable" not in words
    assert words.count("agrees") >= 8


def test_residuals_are_those_of_the_end_of_the_run():
    """The run arrives long after the last state that is kept."""
    w = written(["0.126,-0.132,-0.006,0.244", "0.640,0.105,0.745,2.175"])
    u = written(["0.130,-0.120,-0.010,-0.7", "0.600,0.100,0.700,1.1"], "u.csv")
    prediction, pair = predict(w, u, eta_w=1e-4, eta_u=1e-4)
    assert prediction.turns > KEPT
    found = simulate(prediction, pair)
    assert found.residual_w == pytest.approx(np.linalg.norm(found.w - prediction.w.target), rel=1e-12)
    assert found.residual_u == pytest.approx(np.linalg.norm(found.u - prediction.u.target), rel=1e-12)
    assert found.residual_w == pytest.approx(np.linalg.norm(prediction.e), rel=1e-6)
    assert KEPT < found.arrived < found.turns
    near = [
        np.linalg.norm(pair.simulate(None, t, keep="last").w_last - found.w) for t in (found.arrived - 1, found.arrived)
    ]
    first = np.linalg.norm(found.w)
    assert near[1] <= ARRIVED * first < near[0]


@pytest.mark.parametrize("computed", [True, False], ids=["exactly", "in doubles"])
@pytest.mark.parametrize("seed", range(8))
def test_one_target_is_reached_by_both_agents(seed, computed):
    """Labels that somebody computed from one target differ in the last digit, if at all."""
    rng = np.random.default_rng(seed)
    target = rng.normal(size=3).round(3).tolist()

    def rows(n):
        for x in rng.normal(size=(n, 3)).round(2).tolist():
            exact = sum(Fraction(repr(a)) * Fraction(repr(b)) for a, b in zip(x, target, strict=True))
            label = Decimal(exact.numerator) / Decimal(exact.denominator) if computed else float(np.dot(x, target))
            yield ",".join([*map(repr, x), str(label)])

    prediction, _ = predict(written(rows(20)), written(rows(15), "u.csv"))
    assert prediction.winner().startswith("both agents reach their targets")
    if computed:
        assert prediction.reaches == ("zero", "zero")


def test_a_gap_beyond_rounding_is_a_gap():
    X = ["1.0,0.0", "0.0,1.0", "1.0,1.0"]
    w = written([f"{row},{y}" for row, y in zip(X, ["1.0", "2.0", "3.0"], strict=True)])
    near = written([f"{row},{y}" for row, y in zip(X, ["1.0", "2.0", "3.00000000001"], strict=True)], "u.csv")
    prediction, _ = predict(w, near, eta_w=0.3, eta_u=0.4)
    assert prediction.reaches == ("not zero", "not zero")
    assert prediction.winner().startswith("neither agent reaches its target")


def test_large_prompts_leave_undecided_what_rounding_could_overturn():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 30))
    X[:, 1] = X[:, 0] + 1e-13 * rng.normal(size=40)
    y = rng.normal(size=40)
    names = tuple(f"x{i}" for i in range(30))
    tables = [PromptTable(name, names, "y", X, y + shift, True) for name, shift in (("w.csv", 0.0), ("u.csv", 1.0))]
    prediction, _ = predict(*tables)
    assert not prediction.exact
    assert prediction.converges is None
    assert prediction.winner() == "undecidable at this precision"
    clear = [PromptTable(t.path, names, "y", rng.normal(size=(40, 30)), t.y, True) for t in tables]
    prediction, pair = predict(*clear)
    assert prediction.converges
    assert compare(prediction, simulate(prediction, pair)).verdict == "confirms"


def test_the_edge_of_the_box_is_decided_exactly():
    one = written(["1,0", "2,0"])
    for step, inside in ((0.8, False), (0.7999999999999999, True), (0.8000000000000002, False)):
        assert predict(one, one, eta_w=step, eta_u=0.1)[0].w.inside_box is inside
    assert isinstance(predict(one, one)[0].w, AgentSummary)


@pytest.mark.slow
def test_the_last_digit_of_a_default_step_decides_nothing():
    w = standardized(written(["1,2,3", "2,1,5", "4,4,1", "3,0,2"]))
    u = standardized(written(["1,1,3", "0,1,5", "4,2,1", "3,7,2"], "u.csv"))
    rows = {row.assumption.plain: row for check in explain(*predict(w, u)) for row in check.hypotheses.rows}
    assert rows["A is invertible"].word == "undecidable"
    assert "last digit" in rows["A is invertible"].measurement.note
    checks = explain(*predict(w, u, eta_w=0.3))
    rows = {row.assumption.plain: row for check in checks for row in check.hypotheses.rows}
    assert rows["A is invertible"].word == "holds"
    assert rows["A is invertible"].measurement.margin > 0
    assert set(WHO_WINS) == {check.id for check in checks[1:]}
