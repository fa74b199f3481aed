"""The kernels, run as Python on tiny tasks: a wrong entry, a touch outside of their memory, work that was saved before.

What Python cannot run, the tiles and the hint to the cache, is compiled alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numba import njit, types

from numerics.engines import kernels
from numerics.validation import Array

#: Rows and columns.
TILES = {
    "_four_by_8": (4, 8), "_four_by_4": (4, 4), "_one_by_32": (1, 32), "_one_by_16": (1, 16),
    "_one_by_8": (1, 8), "_one_by_4": (1, 4), "_small_four": (4, 8), "_small_one": (1, 8),
}  # fmt: skip


def tile(rows: int, columns: int) -> Callable[..., None]:
    """The primitive; all that it touches must be there."""

    def run(
        out: Array, o_at: int, o_row: int, p: Array, p_at: int, p_row: int, q: Array, q_at: int, q_row: int,
        B: Array, b_row: int, inner: int, col: int,
    ) -> None:  # fmt: skip
        def piece(memory: Array, at: int) -> Array:
            found = memory[at + col : at + col + columns]
            assert len(found) == columns
            return found

        lines = np.array([piece(B, k * b_row) for k in range(inner)])
        for i in range(rows):
            at = p_at + i * p_row
            piece(out, o_at + i * o_row)[:] = piece(p, at) + piece(q, q_at + i * q_row) + p[at : at + inner] @ lines

    return run


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...]]]:
    """Have the kernels run as Python; what was called, and with what."""
    calls = []

    def noted(name: str, function: Callable[..., Any]) -> None:
        def run(*given: Any) -> Any:
            calls.append((name, given))
            return function(*given)

        monkeypatch.setattr(kernels, name, run)

    for name, size in TILES.items():
        noted(name, tile(*size))
    for name in ("_product", "_padded", "_read"):
        noted(name, getattr(kernels, name).py_func)
    noted("_expect", lambda out, at: None)
    return calls


def products(calls: list[tuple[str, tuple[Any, ...]]], rows: int) -> int:
    """How many products there were of so many rows."""
    return sum(name == "_product" and given[-2] == rows for name, given in calls)


def whole(*shape: int, seed: int = 0) -> Array:
    """Whole numbers, so that sums are exact in any order."""
    return np.random.default_rng((seed, *shape)).integers(-9, 10, shape).astype(float)


def check_product(run: Callable[..., None], rows: int, d: int) -> None:
    """Of rows that lie apart, from another place than the first; nothing beside them may be touched."""
    wide = -(-d // 4) * 4
    o_row, p_row, q_row, b_row = wide + 1, wide + 2, wide + 3, wide + 5
    out = np.full(3 + rows * o_row, 0.5)
    p, q, B = whole(5 + rows * p_row, seed=1), whole(7 + rows * q_row, seed=2), whole(d * b_row, seed=3)
    run(out, 3, o_row, p, 5, p_row, q, 7, q_row, B, b_row, rows, d)
    found, P, Q = (a[at:].reshape(rows, -1) for a, at in ((out, 3), (p, 5), (q, 7)))
    assert np.array_equal(found[:, :d], P[:, :d] + Q[:, :d] + P[:, :d] @ B.reshape(d, -1)[:, :d])
    assert (found[:, wide:] == 0.5).all()
    assert (out[:3] == 0.5).all()


SIZES = [(1, 1), (3, 3), (4, 4), (5, 5), (9, 8), (7, 12), (2, 13), (4, 17), (1, 28), (5, 29), (1, 33), (6, 45), (1, 64)]


@pytest.mark.parametrize(("rows", "d"), SIZES)
def test_products_as_python(called: Any, rows: int, d: int) -> None:
    check_product(kernels._product, rows, d)


@pytest.mark.parametrize(
    ("rows", "d", "tiles"),
    [
        (9, 8, ["_small_four", "_small_four", "_small_one"]),
        (4, 4, ["_four_by_4"]),
        (4, 5, ["_four_by_8"]),
        (8, 12, ["_four_by_8", "_four_by_8", "_four_by_4", "_four_by_4"]),
        (1, 4, ["_one_by_4"]),
        (1, 5, ["_one_by_8"]),
        (1, 12, ["_one_by_8", "_one_by_4"]),
        (1, 13, ["_one_by_16"]),
        (1, 28, ["_one_by_16", "_one_by_8", "_one_by_4"]),
        (1, 29, ["_one_by_32"]),
        (2, 33, ["_one_by_32", "_one_by_4"] * 2),
    ],
)
def test_products_are_cut_into_the_largest_tiles(called: Any, rows: int, d: int, tiles: list[str]) -> None:
    check_product(kernels._product, rows, d)
    assert [name for name, _ in called if name in TILES] == tiles


def test_rows_are_padded() -> None:
    """To a multiple of four; those of a map by one line of the cache more where columns would share lines."""
    assert [kernels._padded.py_func(d) for d in (1, 4, 5, 16, 32, 33, 47, 49, 64)] == [
        (4, 4), (4, 4), (8, 8), (16, 16), (32, 32), (36, 36), (48, 56), (52, 52), (64, 72),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [1, 3])
def test_a_map_is_read_to_padded_rows(size: int) -> None:
    maps, move = whole(size, 3, 2), np.full(13, 0.5)
    kernels._read.py_func(move, maps, 1, 4)
    (a, b), (c, d), (e, f) = maps[min(1, size - 1)]
    rest = [0.5, 0.5]
    assert move.tolist() == [a, b, *rest, c, d, *rest, e, f, *rest, 0.5]


def moves(size: int, d: int, seed: int) -> Array:
    """Signed permutations and whole offsets, in the form H: all powers and states are whole numbers, and small."""
    rng = np.random.default_rng((size, d, seed))
    H = whole(size, d + 1, d, seed=seed)
    for move in H:
        move[:d] = np.eye(d)[rng.permutation(d)] * rng.choice([-1, 1], d) - np.eye(d)
    return H


def one_by_one(H_w: Array, H_u: Array, starts: Array, turns: int) -> tuple[Array, Array]:
    """W's states (N, turns + 1, d) and U's answers (N, turns, d)."""

    def moved(H: Array, x: Array) -> Array:
        return x + (x[:, None] @ H[:, :-1])[:, 0] + H[:, -1]

    w, u = [starts], []
    for _ in range(turns):
        u.append(moved(H_u, w[-1]))
        w.append(moved(H_w, u[-1]))
    return np.stack(w, 1), np.stack(u, 1) if u else np.empty((len(starts), 0, starts.shape[1]))


@pytest.mark.parametrize(("n_w", "n_u"), [(1, 1), (4, 1), (1, 4), (4, 4)])
@pytest.mark.parametrize(("d", "turns"), [(3, 1), (8, 2), (1, 3), (2, 9), (5, 30), (16, 11), (13, 25)])
def test_last_states(called: Any, d: int, turns: int, n_w: int, n_u: int) -> None:
    H_w, H_u, starts = moves(n_w, d, 1), moves(n_u, d, 2), whole(4, d)
    results, finite = np.full((4, 4, d), 0.5), np.array([False, False, False, True])
    kernels._last_states(1, 3, H_w, H_u, starts, turns, results, finite)
    w, u = one_by_one(H_w, H_u, starts, turns)
    expected = np.stack([w[:, -1], u[:, -1], w[:, 1] - w[:, 0], w[:, -1] - w[:, -2]])
    assert np.array_equal(results[:, 1:3], expected[:, 1:3])
    assert (results[:, [0, 3]] == 0.5).all()
    assert finite.tolist() == [False, True, True, True]
    # Shared maps are read once.
    assert [name for name, _ in called].count("_read") == (2 if n_w == n_u == 1 else 4)


@pytest.mark.parametrize(
    ("d", "turns", "squarings"), [(3, 8, 0), (3, 9, 1), (3, 16, 2), (16, 10, 0), (16, 11, 1), (17, 11, 1), (18, 11, 0)]
)
def test_squaring_begins_where_it_is_cheaper(called: Any, d: int, turns: int, squarings: int) -> None:
    results, finite = np.empty((4, 1, d)), np.empty(1, dtype=bool)
    kernels._last_states(0, 1, moves(1, d, 1), moves(1, d, 2), whole(1, d), turns, results, finite)
    assert products(called, d + 1) == 1 + squarings


@pytest.mark.parametrize(("n_w", "n_u"), [(1, 1), (4, 1), (1, 4), (4, 4)])
@pytest.mark.parametrize(
    ("d", "turns", "doublings"),
    [(3, 0, 0), (3, 4, 0), (8, 5, 0), (3, 7, 2), (3, 8, 2), (8, 7, 1), (8, 3, 2), (8, 20, 4), (16, 9, 3), (5, 1, 3)],
)
def test_every_state(called: Any, d: int, turns: int, doublings: int, n_w: int, n_u: int) -> None:
    H_w, H_u, starts = moves(n_w, d, 1), moves(n_u, d, 2), whole(4, d)
    out, finite = np.full((4, turns + 1, d), 0.5), np.array([False, False, False, True])
    kernels._trajectory(1, 3, H_w, H_u, starts, turns, doublings, out, finite)
    assert np.array_equal(out[1:3], one_by_one(H_w, H_u, starts, turns)[0][1:3])
    assert (out[[0, 3]] == 0.5).all()
    assert finite.tolist() == [False, True, True, True]
    shared = n_w == n_u == 1
    assert [name for name, _ in called].count("_read") == (2 if shared else 4)
    if d + 1 > 2**doublings:
        # Shared maps are composed once, unless the turn was lost by squaring it.
        composed = 1 if shared and doublings == 0 else 2
        assert products(called, d + 1) == composed + 2 * doublings


def test_states_are_expected_two_blocks_ahead(called: Any) -> None:
    """Two rows of 8 numbers a block: while numbers 16 to 31 are computed, 48 to 63 are fetched, a line of 8 a time."""
    out, finite = np.empty((1, 11, 8)), np.empty(1, dtype=bool)
    kernels._trajectory(0, 1, moves(1, 8, 1), moves(1, 8, 2), whole(1, 8), 10, 1, out, finite)
    assert [given[1] for name, given in called if name == "_expect"] == [48, 56, 64, 72, 80]


@pytest.mark.parametrize(("n_w", "n_u"), [(1, 1), (4, 1)])
@pytest.mark.parametrize(("d", "number"), [(3, 1), (8, 8), (5, 9), (2, 17), (4, 0)])
def test_answers(called: Any, d: int, number: int, n_w: int, n_u: int) -> None:
    H, states = moves(n_w, d, 1), whole(4, number, d)
    out, finite = np.full(states.shape, 0.5), np.array([False, False, False, True])
    kernels._answers(1, 3, H, states, out, finite)
    assert np.array_equal(out[1:3], (states + states @ H[:, :-1] + H[:, -1:])[1:3])
    assert (out[[0, 3]] == 0.5).all()
    assert finite.tolist() == [False, True, True, True]
    assert [name for name, _ in called].count("_read") == (1 if n_w == 1 else 2)


def grows(d: int = 2) -> tuple[Array, Array]:
    """Nobody moves the first coordinate; U leaves the last, W multiplies it by 2^400."""
    still, huge = np.zeros((1, d + 1, d)), np.zeros((1, d + 1, d))
    huge[0, d - 1, d - 1] = 2.0**400 - 1
    return huge, still


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_what_overflows_is_marked(called: Any) -> None:
    """In one coordinate and one geometry, in the last turn, the answer of U, or the last state that is asked about."""
    starts = np.array([[1.0, 1.0], [1.0, 2.0**300], [1.0, 0.0]])
    for turns, kinds in ((1, [True, True, True]), (2, [True, False, True]), (3, [False, False, True])):
        finite, results = np.empty(3, dtype=bool), np.empty((4, 3, 2))
        kernels._last_states(0, 3, *grows(), starts, turns, results, finite)
        assert finite.tolist() == kinds
        for doublings in (0, 1):
            out = np.empty((3, turns + 1, 2))
            kernels._trajectory(0, 3, *grows(), starts, turns, doublings, out, finite)
            assert finite.tolist() == kinds
    huge, still = grows()
    finite, results = np.empty(1, dtype=bool), np.empty((4, 1, 2))
    kernels._last_states(0, 1, still, huge, starts[1:2] * 2.0**400, 1, results, finite)
    assert not finite[0]
    states = np.stack([starts] * 9, 1)
    states[0, 8, 1] = states[1, 0, 1] = 2.0**700
    finite = np.empty(3, dtype=bool)
    kernels._answers(0, 3, huge, states, np.empty(states.shape), finite)
    assert finite.tolist() == [False, False, True]


@pytest.mark.filterwarnings("ignore:(overflow|invalid value) encountered:RuntimeWarning")
def test_a_state_that_overflows_between_two_that_do_not_is_marked(called: Any) -> None:
    """W exchanges the coordinates and multiplies them by 2^100 and 2^-100; to do so twice changes nothing."""
    swaps, still = np.zeros((1, 3, 2)), np.zeros((1, 3, 2))
    swaps[0, :2] = np.array([[0, 2.0**-100], [2.0**100, 0]]) - np.eye(2)
    out, finite = np.empty((1, 3, 2)), np.empty(1, dtype=bool)
    kernels._trajectory(0, 1, swaps, still, np.array([[0.0, 2.0**1000]]), 2, 1, out, finite)
    assert out[0].tolist() == [[0.0, 2.0**1000], [np.inf, 0.0], [0.0, 2.0**1000]]
    assert not finite[0]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("last_states", "rm3 rm3 rm2 i w3"),
        ("trajectory", "rm3 rm3 rm2 i i w3"),
        ("answers", "rm3 rm3 w3"),
    ],
)
def test_kernels_are_compiled_for_arrays_in_order(monkeypatch: pytest.MonkeyPatch, name: str, given: str) -> None:
    """What is read may be read-only; a kernel lets other threads run, and is compiled without a cache where none is."""
    asked = []

    def fake(signature: Any, **options: Any) -> Any:
        asked.append((signature, options))
        if options.get("cache"):
            raise RuntimeError("cannot cache function: no locator available")
        return lambda function: function

    monkeypatch.setattr(kernels, "njit", fake)
    assert kernels.kernel.__wrapped__(name) is getattr(kernels, f"_{name}")

    def kind(word: str) -> Any:
        return types.intp if word == "i" else types.Array(types.float64, int(word[-1]), "C", readonly=word[0] == "r")

    signature = types.void(types.intp, types.intp, *map(kind, given.split()), types.Array(types.boolean, 1, "C"))
    options = {"fastmath": {"contract"}, "error_model": "numpy", "boundscheck": False, "nogil": True}
    assert asked == [(signature, options | {"cache": True}), (signature, options)]


@pytest.mark.filterwarnings("ignore::numba.core.errors.NumbaWarning")
@pytest.mark.slow
def test_products_as_compiled() -> None:
    for rows, d in SIZES:
        check_product(kernels._product, rows, d)


def test_the_line_is_fetched_for_writing() -> None:
    expect = kernels._expect

    @njit
    def run(out: Array) -> None:
        expect(out, 3)

    run(np.zeros(4))
    (code,) = run.inspect_llvm().values()
    assert re.search(r"call void @llvm\.prefetch\S*\(\S+ (nonnull )?%\S+, i32 1, i32 3, i32 1\)", code)
    assert "i64 3" in code or "i64 24" in code


@pytest.mark.slow
def test_a_second_process_reads_the_compiled_code_from_disk() -> None:
    kernels.kernel("last_states")
    code = (
        "from numerics.engines.kernels import kernel; k = kernel('last_states').stats; "
        "print(sum(k.cache_hits.values()), sum(k.cache_misses.values()))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", "0"]
