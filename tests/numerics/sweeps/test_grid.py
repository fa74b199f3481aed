"""Grids, how they are cut, and the random streams of their points."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from numerics.errors import DTypeError, NonFiniteError, OptionError, ShapeError
from numerics.sweeps.grid import Grid, block_size
from numerics.sweeps.points import Points
from numerics.sweeps.settings import check_grid, settings as settings_of
from numerics.sweeps.store import Cutting

shapes = st.lists(st.integers(1, 9), min_size=1, max_size=4).map(tuple)


def cells(block):
    return list(itertools.product(*(range(s.start, s.stop) for s in block)))


@given(shapes, st.integers(1, 2**22), st.one_of(st.none(), st.integers(1, 10**5)))
def test_chunks_partition_the_grid_into_whole_granules(shape, values, chunk):
    cutting = Cutting.of(shape, values, chunk)
    every = list(itertools.product(*map(range, shape)))
    granules = {}
    covered = []
    for number in range(cutting.count):
        block = cutting.block(number)
        covered += cells(block)
        extent = tuple(s.stop - s.start for s in block)
        for inner in cutting.granules(extent):
            moved = tuple(slice(a.start + b.start, a.start + b.stop) for a, b in zip(block, inner, strict=True))
            granules[tuple((s.start, s.stop) for s in moved)] = cells(moved)
    assert sorted(covered) == every
    assert covered == sorted(covered), "chunks follow the order of the points"
    # The granules are those of the grid, whatever the chunks.
    alone = Cutting(shape, cutting.granule, cutting.granule)
    assert set(granules) == {tuple((s.start, s.stop) for s in alone.block(i)) for i in range(alone.count)}
    assert math.prod(cutting.granule) <= max(1, min(512, 2**20 // values))


@given(shapes, st.integers(1, 100), st.integers(1, 1000), st.integers(1, 1000))
def test_granules_do_not_depend_on_chunks(shape, values, one, other):
    assert Cutting.of(shape, values, one).granule == Cutting.of(shape, values, other).granule


def test_chunk_keeps_to_the_size_asked_for():
    assert math.prod(Cutting.of((1000, 1000, 1000), 1000).chunk) <= 2**17
    assert Cutting.of((1000, 1000, 1000), 1000).count < 10_000
    assert Cutting.of((10, 100), 1, 30).chunk == (5, 100), "never less than a granule"


@given(shapes)
def test_points_of_a_block_are_in_c_order(shape):
    axes = {f"axis{i}": np.arange(size) * 10.0 for i, size in enumerate(shape)}
    grid = Grid.of({**axes, "seed": 3}, own_labels=True)
    assert grid.shape == shape
    block = tuple(slice(size // 2, size) for size in shape)
    found = grid.coordinates(block)
    expected = np.array(cells(block)) * 10.0
    assert np.array_equal(np.stack([found[label] for label in axes], axis=-1), expected)
    assert set(found["seed"]) == {3}
    assert grid.part(block).shape == tuple(s.stop - s.start for s in block)


def points(**labels):
    size = max(np.size(v) for v in labels.values())
    return {label: np.broadcast_to(np.asarray(v), (size,)) for label, v in labels.items()}


def stream(coordinates, **options):
    return Points.of(coordinates, **({"common_draws": False} | options)).normals(5)


def test_streams_depend_on_labels_and_values_alone():
    together = stream(points(angle=[0.0, 30.0, 90.0], step=[1.0, 2.0, 1.5]))
    turned = stream(points(step=[1.5, 1.0], angle=[90, 0]))
    assert np.array_equal(together[[2, 0]], turned), "neither order, nor position, nor int or float matter"
    assert np.array_equal(stream(points(angle=[-0.0], step=[1.0])), together[:1])


def test_streams_of_different_points_differ():
    found = stream(points(angle=[0.0, 1.0, 0.0, 1.0], step=[0.0, 0.0, 1.0, 1.0]))
    assert len(np.unique(found)) == found.size
    assert not np.array_equal(stream(points(angle=[1.0], step=[0.0])), stream(points(angle=[0.0], step=[1.0])))
    assert not np.array_equal(stream(points(a=[1.0])), stream(points(b=[1.0]))), "the label counts"


def test_streams_are_the_same_in_every_version():
    known = stream(points(angle=[90.0], seed=[0]))
    assert np.array_equal(known[0, :2], np.random.default_rng(_seed(("angle", 90.0), ("seed", 0))).standard_normal(2))


def _seed(*labels):
    import hashlib

    words = np.zeros(2, dtype=np.uint64)
    for label, value in labels:
        digest = hashlib.blake2b(f"{label}={float(value).hex()}".encode(), digest_size=16).digest()
        words += np.frombuffer(digest, dtype="<u8")
    return np.random.SeedSequence(words.view(np.uint32))


def test_common_draws_depend_on_the_seed_alone():
    found = stream(points(angle=[0.0, 90.0, 90.0], seed=[1, 1, 2]), common_draws=True)
    assert np.array_equal(found[0], found[1])
    assert not np.array_equal(found[1], found[2])


@pytest.mark.parametrize(
    ("values", "error", "message"),
    [
        ([1], OptionError, "grid is a list"),
        ({"angel": [1.0]}, OptionError, "nearest: 'angle'"),
        ({"angle": 1.0}, OptionError, "grid has no axis"),
        ({"angle": []}, ShapeError, "at least one number"),
        ({"angle": [[1.0]]}, ShapeError, r"shape \(1, 1\)"),
        ({"angle": [1.0, 1.0]}, OptionError, "holds a value twice"),
        ({"angle": [1.0, np.nan]}, NonFiniteError, "angle has 1 non-finite"),
        ({"angle": ["a"]}, DTypeError, "angle has dtype"),
        ({"angle": [181.0]}, OptionError, "angle holds 181; it takes numbers >= 0 and <= 180"),
        ({"step": [0.0]}, OptionError, "step holds 0; it takes numbers > 0"),
        ({"d": [2.5]}, OptionError, "d holds 2.5; it takes whole numbers >= 1"),
        ({"condition": [0.5]}, OptionError, "condition holds 0.5"),
        ({"step": [1.0], "step_w": 1.0}, OptionError, "exclude each other"),
        ({"damping": [1.0], "gain": 1.0}, OptionError, "exclude each other"),
        ({1: [1.0]}, OptionError, "a label is a name"),
    ],
)
def test_bad_grids(values, error, message):
    with pytest.raises(error, match=message):
        Grid.of(values, own_labels=False)


@pytest.mark.parametrize(
    ("label", "allowed", "refused"),
    [
        ("angle", [0.0, 0.5, 180.0], [-5e-324, np.nextafter(180, 181)]),
        *((label, [5e-324, 1e300], [0.0, -1.0]) for label in ("step", "step_w", "step_u", "n_over_d", "gain")),
        *((label, [1, 2, 10**6], [0, -1, 1.5]) for label in ("d", "n")),
        *((label, [0, 1, 10**6], [-1, 0.5]) for label in ("rank", "kernel_dim")),
        ("condition", [1.0, 1.5, 1e300], [np.nextafter(1, 0), 0.0]),
        ("seed", [0, 1, 2**53], [-1, 0.5, 2**53 + 2]),
        ("damping", [-1e300, 0.0, 0.5, 1e300], []),
    ],
)
def test_bounds_of_every_parameter(label, allowed, refused):
    assert set(Grid.of({label: allowed}, own_labels=False).axes[label].tolist()) == set(allowed)
    for value in refused:
        with pytest.raises(OptionError, match=f"{label} holds "):
            Grid.of({label: [*allowed, value]}, own_labels=False)
        with pytest.raises(OptionError, match=f"{label} holds "):
            Grid.of({label: value, "mine": [0]}, own_labels=True)


@pytest.mark.parametrize(
    "both", [("n", "n_over_d"), ("step", "step_w"), ("step", "step_u"), ("damping", "gain"), ("damping", "angle")]
)
def test_labels_that_exclude_each_other(both):
    for one, other in (both, both[::-1]):
        with pytest.raises(OptionError, match=f"grid has both '{both[0]}' and '{both[1]}'"):
            Grid.of({one: [1.0], other: 1.0}, own_labels=False)
    Grid.of({"step_w": [1.0], "step_u": 1.0, "gain": 1.0, "angle": 1.0}, own_labels=False)


def test_values_keep_their_kind_and_the_callers_array_its_own():
    mine = np.array([3.0, 1.0, 2.0])
    grid = Grid.of({"d": mine, "own": [1, 2], "other": [1.0, 2.5], "n": 4.0, "step": 2, "more": 0.5}, own_labels=True)
    assert [grid.axes[label].dtype.kind for label in ("d", "own", "other")] == ["i", "i", "f"]
    assert {label: type(value) for label, value in grid.fixed.items()} == {"n": int, "step": int, "more": float}
    assert grid.axes["d"].tolist() == [3, 1, 2], "in the order given"
    assert mine.tolist() == [3.0, 1.0, 2.0]
    assert grid.size == 12
    found = grid.coordinates((slice(0, 3), slice(0, 1), slice(1, 2)))
    assert found["n"].tolist() == [4, 4, 4]


def test_a_grid_as_plain_data_lists_256_values_and_digests_more():
    listed, digested = ({"a": np.arange(count) * 0.5 + 1} for count in (256, 257))
    assert Grid.of(listed, own_labels=True).as_plain() == {"axes": {"a": listed["a"].tolist()}, "fixed": {}}
    plain = Grid.of(digested | {"b": 2}, own_labels=True).as_plain()
    assert plain["fixed"] == {"b": 2}
    summary = plain["axes"]["a"]
    assert (summary["first"], summary["last"], summary["count"]) == (1.0, 129.0, 257)
    assert len(bytes.fromhex(summary["digest"])) == 16
    changed = digested["a"].copy()
    changed[100] = np.nextafter(changed[100], 0)
    assert Grid.of({"a": changed}, own_labels=True).as_plain()["axes"]["a"]["digest"] != summary["digest"]


def test_block_size_is_the_number_of_its_points():
    assert block_size((slice(2, 5), slice(1, 2), slice(0, 4))) == 12
    assert block_size((slice(2, 2), slice(0, 4))) == 0


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"rank": [1, 3], "d": 2}, "rank must be <= min.n, d - kernel_dim., but d = 2.*at the point rank = 3, d = 2"),
        ({"rank": [3], "d": 4, "n": 2}, "rank must be"),
        ({"kernel_dim": [0, 3], "d": 2}, "kernel_dim must be <= d"),
        ({"angle": [0.0, 90.0], "d": 1}, "angle must be 0 or 180 in dimension d = 1"),
        ({"damping": [1.0], "rank": 0}, "a helper without examples never moves"),
    ],
)
def test_impossible_combinations_are_refused_before_the_start(values, message):
    with pytest.raises(OptionError, match=message):
        check_grid(Grid.of(values, own_labels=False))


@settings(deadline=None)
@given(
    st.integers(1, 6).flatmap(
        lambda d: st.tuples(st.just(d), st.integers(1, 9), st.integers(0, d), st.floats(0.1, 3.0), st.booleans())
    )
)
def test_settings_fill_in_what_is_possible(case):
    d, n, kernel, ratio, by_ratio = case
    labels = {"d": [d], "kernel_dim": [kernel]} | ({"n_over_d": [ratio]} if by_ratio else {"n": [n]})
    found = settings_of(Points.of(points(**labels), common_draws=False), None)
    count = max(1, round(ratio * d)) if by_ratio else n
    assert found.n[0] == count
    assert found.rank[0] == min(count, d - kernel)
    assert found.angle[0] == (180 if d == 1 else 90)
