"""Verdicts on hand-made pairs, and the prediction against what an Interaction says itself."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numerics import Interaction, LSAAgent, Prompt
from numerics.agents.affine import AffineMap
from numerics.errors import OptionError, SweepError
from numerics.sweeps.agents import DrawnAgent, make_players
from numerics.sweeps.evaluate import SweepPlan, evaluate
from numerics.sweeps.geometry import draw
from numerics.sweeps.outcome import VERDICTS, Outcome, _length, linear
from numerics.sweeps.points import Points
from numerics.sweeps.settings import settings as settings_of
from numerics.sweeps.variables import Observable, Variable
from numerics.sweeps.workers import one_thread
from tests.strategies import pairs


def plan(**options):
    standard = {"turns": 50, "tolerance": 1e-6, "engine": "numpy", "draws": "independent"}
    standard |= {"pair": None, "parameters": None, "observables": ()}
    return SweepPlan(**(standard | options))


def points(count=None, **labels):
    size = max([count or 1, *(np.size(v) for v in labels.values())])
    labels = labels or {"case": np.arange(size)}
    spread = {label: np.broadcast_to(np.asarray(v), (size,)) for label, v in labels.items()}
    return Points.of(spread, common_draws=False)


def run(chosen, at):
    with one_thread():
        return evaluate(chosen, at)


def words(found):
    return [VERDICTS[code] for code in found["verdict"]]


#: Gram of W and U, their steps, their targets; d = 1, so that W multiplies its error by 1 - Gram step.
CASES = {
    "converged": (1, 1, 0.5, 0.5, 1, 0),
    "not_settled_yet": (1, 1, 0.001, 0.001, 1, 0),
    # Reflections at the same point: every start swings, but zero is that point.
    "at_rest_though_the_pair_does_not_converge": (1, 1, 2, 2, 0, 0),
    # Reflections at two points shift by twice their distance.
    "drifts_without_equilibrium": (1, 1, 2, 2, 1, 0),
    # One reflection, the other agent never moves: 0, 2, 0, 2, ...
    "on_the_edge": (1, 0, 2, 1, 1, 0),
    "diverges": (1, 1, 3, 3, 1, 0),
    "left_double_precision": (1, 1, 1e4, 1e5, 1, 0),
}


def hand_made(cases):
    S_W, S_U, step_w, step_u, w_star, u_star = np.array(list(cases), dtype=float).T
    given = ((S_W, step_w, w_star), (S_U, step_u, u_star))
    return tuple(LSAAgent(Prompt(S[:, None, None], (S * target)[:, None]), step) for S, step, target in given)


def test_verdicts_of_hand_made_pairs():
    cases = list(CASES.values())
    chosen = plan(pair=lambda at: hand_made([cases[i] for i in at.coordinates["case"]]))
    found = run(chosen, points(len(CASES)))
    assert words(found) == list(CASES)
    rates = [abs((1 - a * s) * (1 - b * t)) for a, b, s, t, *_ in CASES.values()]
    assert np.allclose(found["rate"], rates)
    assert np.isinf(found["residual_w"][-1])
    assert np.isinf(found["prediction_error"][-1])
    assert found["residual_w"][2] == 0
    assert np.isnan(found["prediction_error"][3]), "there is no equilibrium to be away from"
    # w* = 1 and a pair of reflections that shifts by 2 a turn, from 0.
    assert found["residual_w"][3] == 2 * 50 - 1


def test_each_verdict_is_reached_alone_as_in_a_batch():
    for i, case in enumerate(CASES.values()):
        alone = run(plan(pair=lambda at, case=case: hand_made([case])), points(1))
        assert words(alone) == [list(CASES)[i]]


@settings(deadline=None)
@given(st.sampled_from(["inside", "edge", "outside"]).flatmap(lambda region: pairs(exact=True, region=region)))
@pytest.mark.slow
def test_verdicts_agree_with_exact_decisions(pair):
    rounded = []
    for agent in (pair.agent_w, pair.agent_u):
        prompt = Prompt(agent.prompt.X.astype(float)[None], agent.prompt.y.astype(float)[None])
        rounded.append(LSAAgent(prompt, float(agent.step_size)))
    found = run(plan(pair=lambda at: tuple(rounded)), points(1))
    (word,) = words(found)
    exact = pair.equilibrium(allow_missing=True) if not bool(pair.converges()) else pair.equilibrium()
    rate = float(found["rate"][0])
    if bool(pair.converges()):
        # Nearer to 1 than rounding can tell, a pair counts as on the edge.
        assert word in ("converged", "not_settled_yet") or rate > 1 - 1e-12
    elif rate > 1 + 1e-9:
        assert word in ("diverges", "left_double_precision", "at_rest_though_the_pair_does_not_converge")
    else:
        wanted = {True: ("on_the_edge", "at_rest_though_the_pair_does_not_converge"), False: VERDICTS[3:4]}
        assert word in wanted[bool(exact.exists)]
    if word == "converged":
        distance = float(np.linalg.norm(exact.w.astype(float)))
        near = found["prediction_error"][0] <= 1e-5 * distance + 1e-9
        assert near or rate > 0.9


class Shift:
    """Answers with what it is given, moved."""

    d = 2

    def __init__(self, step):
        self.step = step

    def update(self, w):
        return w + self.step


class Constant:
    d = 2

    def update(self, w):
        return np.broadcast_to([1.0, 2.0], w.shape)


def test_agents_without_maps_are_judged_by_their_run():
    still = run(plan(pair=lambda at: (Constant(), Shift(1.0))), points(3))
    assert words(still) == ["at_rest_no_prediction"] * 3
    moving = run(plan(pair=lambda at: Interaction(Shift(1.0), Shift(0.5))), points(3))
    assert words(moving) == ["moving_no_prediction"] * 3
    for name in ("rate", "prediction_error", "residual_w", "residual_u"):
        assert np.isnan(moving[name]).all(), "nothing is known, and nothing is made up"


GEOMETRIES = {
    "plain": {"d": 3, "n": 7},
    "fewer examples than dimensions": {"d": 5, "n": 2},
    "rank 0": {"d": 3, "n": 4, "rank": 0},
    "rank 2": {"d": 4, "n": 6, "rank": 2},
    "common kernel": {"d": 4, "n": 9, "kernel_dim": 2},
    "nothing but kernel": {"d": 2, "n": 3, "kernel_dim": 2},
    "edge of the box": {"d": 3, "n": 7, "step": 2.0},
    "outside": {"d": 3, "n": 7, "step": 2.4},
    "ill-conditioned": {"d": 4, "n": 9, "condition": 1e6},
    "one dimension": {"d": 1, "n": 1, "angle": 180.0},
}


def drawn(labels, count=6):
    at = points(seed=np.arange(count), **{k: np.full(count, v) for k, v in labels.items()})
    found = settings_of(at, None)
    return at, found, draw(at, found)


@pytest.mark.parametrize("labels", GEOMETRIES.values(), ids=GEOMETRIES)
def test_geometry_is_what_the_labels_say(labels):
    at, found, geometry = drawn(labels)
    w, u = geometry.prompt_w, geometry.prompt_u
    d = labels["d"]
    assert w.X.shape == u.X.shape == (len(at), labels["n"], d)
    for prompt, step, target in ((w, geometry.step_w, geometry.w_star), (u, geometry.step_u, geometry.u_star)):
        assert (prompt.rank == found.rank).all()
        assert np.allclose(np.linalg.norm(target, axis=-1), 1)
        assert np.allclose((prompt.X @ target[..., None])[..., 0], prompt.y)
        largest = np.linalg.eigvalsh(prompt.gram)[:, -1]
        factor = labels.get("step", 1.0)
        assert np.allclose(
            step * largest if labels.get("rank") != 0 and d > labels.get("kernel_dim", 0) else step, factor
        )
        if "condition" in labels:
            values = np.linalg.svd(prompt.X, compute_uv=False)
            assert np.allclose(values[:, 0] / values[:, -1], labels["condition"], rtol=1e-6)
    both = np.concatenate([w.X, u.X], axis=-2)
    if "kernel_dim" in labels:
        assert (np.linalg.matrix_rank(both) == d - labels["kernel_dim"]).all()
    cosines = (geometry.w_star * geometry.u_star).sum(axis=-1)
    assert np.allclose(cosines, np.cos(np.radians(labels.get("angle", 90.0))), atol=1e-14)


def test_targets_at_no_angle_are_the_same_and_opposite_ones_opposite():
    at = points(angle=[0.0, 180.0], d=[5, 5])
    geometry = draw(at, settings_of(at, None))
    assert np.array_equal(geometry.w_star[0], geometry.u_star[0])
    assert np.array_equal(geometry.w_star[1], -geometry.u_star[1])


@pytest.mark.parametrize("labels", GEOMETRIES.values(), ids=GEOMETRIES)
def test_prediction_is_that_of_the_interaction_in_every_bit(labels):
    _, found, geometry = drawn(labels)
    players = make_players(geometry, found)
    known = linear(players.maps, players.start, labels["d"], players.size)
    fresh = Interaction(
        *(
            DrawnAgent(p, s, t)
            for p, s, t in (
                (geometry.prompt_w, geometry.step_w, geometry.w_star),
                (geometry.prompt_u, geometry.step_u, geometry.u_star),
            )
        )
    )
    expected = fresh.equilibrium(players.start, allow_missing=True)
    for ours, theirs in (
        (known.w, expected.w),
        (known.u, expected.u),
        (known.rate, fresh.rate()),
        (known.converges, fresh.converges()),
        (known.exists, expected.exists),
        (known.unique, expected.unique),
    ):
        assert np.array_equal(ours, theirs, equal_nan=True)
    assert np.array_equal(known.state, known.w, equal_nan=True)


@pytest.mark.parametrize("labels", GEOMETRIES.values(), ids=GEOMETRIES)
def test_points_of_every_kind_settle_where_they_should(labels):
    count = 6
    at = points(seed=np.arange(count), **{k: np.full(count, v) for k, v in labels.items()})
    found = run(plan(turns=2**30 if "condition" not in labels else 2**44), at)
    if labels.get("step", 1.0) < 2:
        assert set(words(found)) == {"converged"}
        assert (found["prediction_error"] <= 1e-3).all()
        assert (found["rate"] < 1).all()
    assert np.isfinite(found["residual_w"]).all() or labels.get("step", 1.0) > 2


def test_runs_that_leave_double_precision_do_not_touch_their_neighbours():
    steps = np.array([1.0, 40.0, 0.5, 1.5, 1e6, 0.7])
    labels = {"d": np.full(6, 2), "n": np.full(6, 5)}
    together = run(plan(turns=400), points(step=steps, **labels))
    assert [w == "left_double_precision" for w in words(together)] == [s > 2 for s in steps]
    for i, step in enumerate(steps):
        alone = run(plan(turns=400), points(step=[step], d=[2], n=[5]))
        for name, values in together.items():
            assert np.allclose(values[i], alone[name][0], rtol=1e-9, atol=1e-12, equal_nan=True)


@pytest.mark.parametrize("damping", [0.25, 1.0, 1.9, -0.5, 2.5])
def test_helper_shortens_the_error_by_its_damping(damping):
    at = points(damping=[damping], d=[3], n=[8], step_w=[0.1], step_u=[1.0], seed=[4])
    one, two = (run(plan(turns=turns), at) for turns in (3, 4))
    # A Newton helper multiplies the error by 1 - damping before W's own step.
    assert np.allclose(two["residual_u"], abs(1 - damping) * one["residual_w"], atol=1e-12)
    assert (words(run(plan(turns=300), at))[0] == "converged") == (one["rate"][0] < 1)
    assert np.isclose(one["rate"][0], abs(1 - damping) * (1 - 0.1 * _smallest(at)), rtol=1e-9)


def _smallest(at):
    """Smallest eigenvalue of W's Gram matrix over its largest."""
    geometry = draw(at, settings_of(at, None))
    values = np.linalg.eigvalsh(geometry.prompt_w.gram)[0]
    return values[0] / values[-1]


@pytest.mark.slow
def test_blind_attacker_reaches_its_goal_and_the_joint_map_predicts_it():
    at = points(gain=[0.5, 1.0, 1.5], step_w=[0.9] * 3, step_u=[1.2] * 3, d=[3] * 3, n=[9] * 3, angle=[120.0] * 3)
    found = run(plan(turns=500), at)
    assert words(found) == ["converged"] * 3
    assert (found["residual_w"] < 1e-9).all()
    assert (found["prediction_error"] < 1e-9).all()
    assert (found["residual_u"] > 1e-3).all(), "the victim pays"
    wild = run(plan(turns=60), points(gain=[9.0], step_w=[0.9], step_u=[0.3], d=[2], n=[9]))
    assert words(wild) == ["diverges"]
    # The unstable one grows at the predicted rate.
    following = run(plan(turns=61), points(gain=[9.0], step_w=[0.9], step_u=[0.3], d=[2], n=[9]))
    assert np.isclose(following["residual_w"] / wild["residual_w"], wild["rate"], rtol=1e-3)


def test_parameters_map_own_labels_to_standard_ones():
    mapped = plan(parameters=lambda c: {"step": c["strength"] / 10, "d": 2, "seed": 0})
    found = run(mapped, points(strength=[1.0, 19.0]))
    assert words(found)[1] == "converged"
    assert (found["rate"] < 1).all()
    assert found["rate"][0] > found["rate"][1]
    with pytest.raises(SweepError, match=r"parameters.. returned 'stride'") as caught:
        run(plan(parameters=lambda c: {"stride": 1.0}), points(strength=[1.0]))
    assert isinstance(caught.value.__cause__, OptionError)
    with pytest.raises(SweepError, match="step holds -1"):
        run(plan(parameters=lambda c: {"step": -c["strength"]}), points(strength=[1.0]))


def test_points_of_different_shapes_are_grouped():
    at = points(d=[1, 2, 3, 2, 1], n=[4, 4, 5, 5, 4], angle=[180.0, 60.0, 60.0, 60.0, 0.0])
    seen = []
    watch = Observable(lambda o: seen.append(o.w.shape) or o.w[:, 0], {"first": Variable("first weight")})
    together = run(plan(observables=(watch,)), at)
    assert sorted(seen) == [(1, 2), (1, 2), (1, 3), (2, 1)]
    for i in range(5):
        alone = run(plan(observables=(watch,)), at.subset(slice(i, i + 1)))
        assert all(np.allclose(together[name][i], alone[name][0], atol=1e-14) for name in together)


def test_observables_see_the_run_and_may_be_arrays_or_several():
    both = Observable(
        lambda o: {"weights": o.w, "near": o.prediction_error < 1e-6},
        {"weights": Variable("last weights of W", shape=(2,)), "near": Variable("near", flags=("no", "yes"))},
    )
    found = run(plan(turns=3000, observables=(both,)), points(d=[2, 2], n=[6, 6], seed=[0, 1]))
    assert found["weights"].shape == (2, 2)
    assert found["near"].dtype == np.int8
    assert found["near"].tolist() == [1, 1]
    _, _, geometry = drawn({"d": 2, "n": 6}, 2)
    assert np.allclose(np.linalg.norm(found["weights"] - geometry.w_star, axis=-1), found["residual_w"])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda o: o.w, "expected real numbers of shape"),
        (lambda o: ["a"] * len(o), "dtype <U1"),
        (lambda o: {"other": o.rate}, "AttributeError"),
        (lambda o: {"other": o.linear.rate}, "gave .'other'.; expected .'mine'."),
    ],
)
def test_observables_that_do_not_fit(function, message):
    with pytest.raises(SweepError, match=message):
        run(plan(observables=(Observable(function, {"mine": Variable("mine")}),)), points(d=[2], n=[3]))


def test_failing_point_is_named():
    def fussy(outcome):
        if (outcome.points.coordinates["seed"] == 5).any():
            raise ZeroDivisionError("five")
        return outcome.linear.rate

    with pytest.raises(SweepError, match=r"stopped at the point seed = 5, d = 2.*ZeroDivisionError: five") as caught:
        run(plan(observables=(Observable(fussy, {"mine": Variable("mine")}),)), points(seed=np.arange(9), d=[2] * 9))
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_failure_of_a_batch_alone_names_its_ends():
    def crowded(outcome):
        if len(outcome) > 1:
            raise MemoryError("too many")
        return outcome.linear.rate

    with pytest.raises(SweepError, match=r"one of 3 points from seed = 0 to seed = 2: MemoryError"):
        run(plan(observables=(Observable(crowded, {"mine": Variable("mine")}),)), points(seed=np.arange(3)))


def test_wrong_pairs_are_refused():
    with pytest.raises(SweepError, match="returned a int; expected an Interaction"):
        run(plan(pair=lambda at: 3), points(1))
    with pytest.raises(SweepError, match=r"returned a pair of batch shape .2,. for 1 points"):
        run(plan(pair=lambda at: hand_made(list(CASES.values())[:2])), points(3))
    three = Interaction(*[LSAAgent(Prompt(np.eye(1), np.ones(1)), 0.5)] * 3)
    for many in (three, Interaction(*three.agents[:2], order="simultaneous")):
        with pytest.raises(SweepError, match=r"two that alternate: return Interaction\(w, u\)"):
            run(plan(pair=lambda at, many=many: many), points(1))


def move(displacement, offset=0.0):
    D = np.asarray(displacement, dtype=float).reshape(-1, 1, 1)
    return AffineMap(D, np.broadcast_to(np.asarray(offset, dtype=float).reshape(-1, 1), D.shape[:2]).copy())


def judged(w, u, known=None, *, tolerance=0.5, pair=None, target=None):
    w, u = (np.asarray(x, dtype=float) for x in (w, u))
    return Outcome(None, pair, None, None, 9, tolerance, w, u, target, target, known)


def test_lengths_by_hand_of_what_overflows_when_it_is_squared():
    vectors = [[3.0, 4.0], [3e200, -4e200], [3e-10, 4e-10], [np.inf, 1.0], [np.nan, 1.0], [0.0, 0.0], [3e300, 4e-300]]
    found = _length(np.array(vectors))
    np.testing.assert_allclose(found, [5, 5e200, 5e-10, np.inf, np.nan, 0, 3e300], rtol=1e-15)


@pytest.mark.parametrize(("part", "still"), [(0.99, True), (1.01, False)])
def test_at_rest_by_hand_up_to_the_terms_that_cancel(part, still):
    """W goes to 4 + off, U stays: 4 twice for the state and once for the offset are 12."""
    maps = move([-1.0] * 2, [4 + part * 10 * 8 * 2.0**-52 * 12, 5.0]), move([0.0])
    known = linear(maps, np.zeros((2, 1)), 1, 8)
    assert known.at_rest(np.array([[4.0], [5.0]])).tolist() == [still, True]
    assert known.at_rest(np.array([[np.nan], [np.inf]])).tolist() == [False, False]


@pytest.mark.parametrize(("w", "still"), [(2.0**479.9, True), (2.0**480, False), (-(2.0**480), False)])
def test_what_overflows_when_it_is_squared_is_not_at_rest(w, still):
    known = linear((move([0.0]), move([0.0])), np.zeros((2, 1)), 1, 8)
    assert known.at_rest(np.array([[w], [1.0]])).tolist() == [still, True]


def test_what_a_state_holds_besides_weights_is_taken_from_the_equilibrium_by_hand():
    """The second entry goes to 7, and the first to the second: at 7 the pair rests, whatever the start."""
    turn = AffineMap(np.array([[-1.0, 1.0], [0.0, -1.0]]), np.array([0.0, 7.0]))
    still = AffineMap(np.zeros((2, 2)), np.zeros(2))
    known = linear((turn, still), np.array([[1.0, 2.0], [3.0, 4.0]]), 1, 8)
    np.testing.assert_allclose(known.state, [[7, 7], [7, 7]], rtol=1e-14)
    assert known.w.shape == known.u.shape == (2, 1)
    assert known.at_rest(np.array([[7.0], [6.9]])).tolist() == [True, False]


def test_shared_maps_by_hand_are_predicted_for_every_start():
    for maps in ((move([-0.5], 1.0), move([0.0])), (move([-0.5] * 3, [1.0] * 3), move([0.0]))):
        known = linear(maps, np.zeros((3, 1)), 1, 8)
        for values, expected in (
            (known.w[:, 0], 2),
            (known.u[:, 0], 2),
            (known.exists, True),
            (known.unique, True),
            (known.contracts, True),
            (known.expands, False),
            (known.converges, True),
            (known.rate, 0.5),
        ):
            assert values.shape == (3,)
            np.testing.assert_allclose(values, expected, rtol=1e-14)
    nowhere = linear((move([0.0], 1.0), move([0.0])), np.zeros((2, 1)), 1, 8)
    assert not (nowhere.exists | nowhere.unique | nowhere.converges).any()
    assert np.isnan(nowhere.state).all()
    shared = AffineMap(np.array([[0.0]]), np.array([0.0]))
    assert linear((shared, shared), np.zeros((2, 1)), 1, 8).exists.tolist() == [True, True]


#: Overflowed, converges, at rest, arrived, exists, expands; and the verdict.
ORDER = [
    ("111110", "left_double_precision"),
    ("010110", "converged"),
    ("011010", "converged"),
    ("010010", "not_settled_yet"),
    ("010000", "not_settled_yet"),
    ("001111", "at_rest_though_the_pair_does_not_converge"),
    ("001101", "diverges"),
    ("000101", "diverges"),
    ("000011", "diverges"),
    ("001100", "drifts_without_equilibrium"),
    ("000000", "drifts_without_equilibrium"),
    ("000110", "on_the_edge"),
]


@pytest.mark.parametrize(("bits", "word"), ORDER)
def test_verdicts_by_hand_and_which_comes_first(bits, word):
    overflowed, converges, at_rest, arrived, exists, expands = (np.array([bit == "1"]) for bit in bits)
    # From 0 to (6, 8), and by half of this distance off it or a little more.
    w = np.array([[9.0, 12.0 if arrived[0] else 12.001]])
    known = SimpleNamespace(
        converges=converges,
        exists=exists,
        expands=expands,
        at_rest=lambda w: at_rest,
        start=np.array([[0.0, 0.0, 99.0]]),
        w=np.array([[6.0, 8.0]]),
    )
    found = judged(np.where(overflowed[:, None], np.nan, w), [[0.0, 0.0]], known)
    assert [VERDICTS[code] for code in found.verdict] == [word]


def test_overflow_by_hand_in_either_weights():
    known = SimpleNamespace(w=np.zeros((4, 1)), u=np.array([[4.0], [0], [0], [0]]), exists=np.array([1, 1, 0, 1]) > 0)
    found = judged([[3.0], [np.nan], [np.nan], [1.0]], [[0.0], [1.0], [1.0], [np.nan]], known)
    assert len(found) == 4
    assert found.overflowed.tolist() == [False, True, True, True]
    assert found.prediction_error.tolist()[:2] == [5, np.inf]
    assert np.isnan(found.prediction_error[2])
    assert found.prediction_error[3] == np.inf
    assert found.residual(found.w, np.array([[1.0]])).tolist() == [2, np.inf, np.inf, np.inf]
    assert np.isnan(found.residual(found.w, None)).all()
    assert found.residual(found.w, None).shape == (4,)


@pytest.mark.parametrize(("step", "word"), [(1.0, "at_rest_no_prediction"), (1.001, "moving_no_prediction")])
def test_a_run_without_maps_has_arrived_by_hand_when_it_moves_by_less_than_it_kept(step, word):
    """U at (3, 4) moves by the step, against a fifth of 5; what overflowed is not asked again."""

    def u_next(w):
        assert np.isfinite(w).all()
        return w + np.array([step, 0.0])

    pair = SimpleNamespace(
        agent_w=SimpleNamespace(update=lambda u: -u), agent_u=SimpleNamespace(update=lambda w: u_next(-w))
    )
    found = judged([[0.0, 0.0], [1.0, np.nan]], [[3.0, 4.0], [np.nan, 1.0]], tolerance=0.2, pair=pair)
    assert [VERDICTS[code] for code in found.verdict] == [word, "left_double_precision"]
    assert np.isnan(found.prediction_error).all()
    assert found.prediction_error.shape == (2,)
