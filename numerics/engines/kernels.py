"""Compiled kernels: many turns of two alternating affine moves, one geometry after the other, each within the cache.

Everything is one primitive on rows, ``out_i = p_i + q_i + p_i B``. In the form H = (D^T; c) of
:mod:`numerics.engines.propagation` it composes two moves (p = H_U, q = H_W, B = D_W^T), squares a turn (p = q = H, B =
D^T) and takes states forward (p = states, q = c, B = D^T). It is cut into tiles whose sums stay in vector registers:
four rows by eight columns, or one row by up to 32. For d = 8 they have no loop, which would cost as much as what is in
it. Numba does not offer vector registers, so the tile is written in LLVM's vectors of four doubles, which LLVM maps to
whatever the processor has. Rows are padded with zeros to a multiple of four.

This module needs Numba and is imported by :mod:`numerics.engines.compiled` when it is first used. Compiled code is kept
on disk beside this file, or in the user's cache folder (``NUMBA_CACHE_DIR``); the first use after an installation
compiles for some seconds. Source of the recursion: section 2 of the theory (closed-form).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import boolean, float64, intp, njit, types, void
from numba.core import cgutils
from numba.extending import intrinsic as _intrinsic
from numba.np.arrayobj import make_array

__all__ = ["kernel"]

#: Callers pass no typing context, which type checkers cannot know.
intrinsic: Any = _intrinsic

_WIDTH = 4
_VECTOR = ir.VectorType(ir.DoubleType(), _WIDTH)
_OPTIONS: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "boundscheck": False, "nogil": True}


def _tile(rows: int, vectors: int, unrolled: int = 0) -> Any:
    """Make the primitive for `rows` rows and ``4 vectors`` columns, from column `col` on, all sums in registers.

    `unrolled` is the inner length where it is known; a loop is left out then.
    """

    @intrinsic
    def tile(typing, out, o_at, o_row, p, p_at, p_row, q, q_at, q_row, B, b_row, inner, col):
        def generate(context, builder, signature, args):
            def start(k: int, at: Any) -> Any:
                return builder.gep(make_array(signature.args[k])(context, builder, args[k]).data, [at])

            def row(k: int, i: int) -> Any:
                return builder.add(args[k + 1], builder.mul(args[k + 2], ir.Constant(args[k + 2].type, i)))

            def vector(at: Any, v: int) -> Any:
                moved = builder.gep(at, [ir.Constant(ir.IntType(64), v * _WIDTH)])
                return builder.bitcast(moved, _VECTOR.as_pointer())

            def load(at: Any, v: int) -> Any:
                return builder.load(vector(at, v), align=8)

            def spread(number: Any) -> Any:
                empty = ir.Constant(_VECTOR, ir.Undefined)
                first = builder.insert_element(empty, number, ir.Constant(ir.IntType(32), 0))
                return builder.shuffle_vector(
                    first, empty, ir.Constant(ir.VectorType(ir.IntType(32), _WIDTH), [0] * _WIDTH)
                )

            col = args[12]
            sums = [[cgutils.alloca_once(builder, _VECTOR) for _ in range(vectors)] for _ in range(rows)]
            for i, of_row in enumerate(sums):
                left, right = (start(k, builder.add(row(k, i), col)) for k in (3, 6))
                for v, total in enumerate(of_row):
                    builder.store(builder.fadd(load(left, v), load(right, v)), total)
            factors = [start(3, row(3, i)) for i in range(rows)]

            def add_products(k: Any) -> None:
                line = start(9, builder.add(builder.mul(k, args[10]), col))
                columns = [load(line, v) for v in range(vectors)]
                for factor, of_row in zip(factors, sums, strict=True):
                    number = spread(builder.load(builder.gep(factor, [k])))
                    for column, total in zip(columns, of_row, strict=True):
                        product = builder.fmul(number, column, flags=("contract",))
                        builder.store(builder.fadd(builder.load(total), product, flags=("contract",)), total)

            for k in range(unrolled):
                add_products(ir.Constant(args[11].type, k))
            if not unrolled:
                with cgutils.for_range(builder, args[11]) as loop:
                    add_products(loop.index)
            for i, of_row in enumerate(sums):
                target = start(0, builder.add(row(0, i), col))
                for v, total in enumerate(of_row):
                    builder.store(builder.load(total), vector(target, v), align=8)
            return context.get_dummy_value()

        return void(out, intp, intp, p, intp, intp, q, intp, intp, B, intp, intp, intp), generate

    return tile


_four_by_8, _four_by_4 = _tile(4, 2), _tile(4, 1)
_one_by_32, _one_by_16, _one_by_8, _one_by_4 = (_tile(1, vectors) for vectors in (8, 4, 2, 1))
_small_four, _small_one = _tile(4, 2, unrolled=8), _tile(1, 2, unrolled=8)


@intrinsic
def _expect(typing, out, at):
    """Fetch the cache line of ``out[at]``, which will be written."""

    def generate(context, builder, signature, args):
        data = make_array(signature.args[0])(context, builder, args[0]).data
        number = ir.IntType(32)
        place = builder.bitcast(builder.gep(data, [args[1]]), ir.IntType(8).as_pointer())
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        fetch = builder.module.declare_intrinsic("llvm.prefetch", [place.type], kind)
        # For writing, to the nearest cache, of data.
        builder.call(fetch, [place, *(ir.Constant(number, k) for k in (1, 3, 1))])
        return context.get_dummy_value()

    return void(out, intp), generate


@njit(**_OPTIONS)
def _product(out, o_at, o_row, p, p_at, p_row, q, q_at, q_row, B, b_row, rows, d):
    """``out_i = p_i + q_i + p_i B`` for rows of length d; `_at` and `_row` say where rows start and how far apart."""
    full = rows - rows % 4
    if d == 8:
        for i in range(0, full, 4):
            o, a, b = o_at + i * o_row, p_at + i * p_row, q_at + i * q_row
            _small_four(out, o, o_row, p, a, p_row, q, b, q_row, B, b_row, d, 0)
        for i in range(full, rows):
            o, a, b = o_at + i * o_row, p_at + i * p_row, q_at + i * q_row
            _small_one(out, o, o_row, p, a, p_row, q, b, q_row, B, b_row, d, 0)
        return
    col = 0
    while col < d:
        for i in range(0, full, 4):
            o, a, b = o_at + i * o_row, p_at + i * p_row, q_at + i * q_row
            if d - col > 4:
                _four_by_8(out, o, o_row, p, a, p_row, q, b, q_row, B, b_row, d, col)
            else:
                _four_by_4(out, o, o_row, p, a, p_row, q, b, q_row, B, b_row, d, col)
        col += 8
    for i in range(full, rows):
        o, a, b = o_at + i * o_row, p_at + i * p_row, q_at + i * q_row
        col = 0
        while col < d:
            if d - col > 28:
                _one_by_32(out, o, o_row, p, a, p_row, q, b, q_row, B, b_row, d, col)
                col += 32
            elif d - col > 12:
                _one_by_16(out, o, o_row, p, a, p_row, q, b, q_row, B, b_row, d, col)
                col += 16
            elif d - col > 4:
                _one_by_8(out, o, o_row, p, a, p_row, q, b, q_row, B, b_row, d, col)
                col += 8
            else:
                _one_by_4(out, o, o_row, p, a, p_row, q, b, q_row, B, b_row, d, col)
                col += 4


@njit(**_OPTIONS)
def _padded(d):
    """Length of a row of states, and of a map: a power of two would put a column's rows in the same cache lines."""
    states = (d + 3) // 4 * 4
    return states, states + (8 if states % 16 == 0 and states > 32 else 0)


@njit(**_OPTIONS)
def _read(move, maps, g, length):
    """Copy one geometry's map (d + 1, d) to rows of that length."""
    at = 0 if len(maps) == 1 else g
    d = maps.shape[2]
    for i in range(d + 1):
        for j in range(d):
            move[i * length + j] = maps[at, i, j]


def _last_states(lo, hi, H_w, H_u, starts, turns, results, finite):
    """Fill ``results[:, lo:hi]`` with W's and U's last states and W's first and last moves; say which are finite."""
    d = starts.shape[1]
    wide, length = _padded(d)
    size = (d + 1) * length
    first, second, turn = np.zeros(size), np.zeros(size), np.zeros(size)
    power, other = np.zeros(size), np.zeros(size)
    x, y = np.zeros(wide), np.zeros(wide)
    shared = len(H_w) == 1 and len(H_u) == 1
    for g in range(lo, hi):
        if g == lo or not shared:
            _read(first, H_u, g, length)
            _read(second, H_w, g, length)
            _product(turn, 0, length, first, 0, length, second, 0, length, second, length, d + 1, d)
        for j in range(d):
            x[j] = starts[g, j]
        remaining = turns
        if turns > 1:
            _product(y, 0, wide, x, 0, wide, turn, d * length, 0, turn, length, 1, d)
            for j in range(d):
                results[2, g, j] = y[j] - x[j]
            x, y = y, x
            remaining = turns - 2
        power[:] = turn
        # A squaring costs about as much as d/2 single turns.
        while remaining > max(6, d // 2):
            if remaining & 1:
                _product(y, 0, wide, x, 0, wide, power, d * length, 0, power, length, 1, d)
                x, y = y, x
            remaining >>= 1
            _product(other, 0, length, power, 0, length, power, 0, length, power, length, d + 1, d)
            power, other = other, power
        for _ in range(remaining if turns > 1 else 0):
            _product(y, 0, wide, x, 0, wide, power, d * length, 0, power, length, 1, d)
            x, y = y, x
        for j in range(d):
            results[3, g, j] = x[j]
        _product(y, 0, wide, x, 0, wide, first, d * length, 0, first, length, 1, d)
        for j in range(d):
            results[1, g, j] = y[j]
        _product(x, 0, wide, y, 0, wide, second, d * length, 0, second, length, 1, d)
        total = 0.0
        for j in range(d):
            results[0, g, j] = x[j]
            results[3, g, j] = x[j] - results[3, g, j]
            if turns == 1:
                results[2, g, j] = results[3, g, j]
            # What is not finite stays so: W's state is a sum that contains U's.
            total += x[j] - x[j]
        finite[g] = total == 0.0


def _trajectory(lo, hi, H_w, H_u, starts, turns, doublings, out, finite):
    """Fill ``out[lo:hi]`` (turns + 1, d) with every state of W, ``2**doublings`` at a time; say which are finite."""
    d = starts.shape[1]
    wide, length = _padded(d)
    size = (d + 1) * length
    rows = 2**doublings
    first, second = np.zeros(size), np.zeros(size)
    power, other = np.zeros(size), np.zeros(size)
    x, y = np.zeros(rows * wide), np.zeros(rows * wide)
    shared = len(H_w) == 1 and len(H_u) == 1
    for g in range(lo, hi):
        fresh = g == lo or not shared
        if fresh:
            _read(first, H_u, g, length)
            _read(second, H_w, g, length)
        if fresh or doublings > 0:
            _product(power, 0, length, first, 0, length, second, 0, length, second, length, d + 1, d)
        for j in range(d):
            x[j] = starts[g, j]
        filled = 1
        while filled < rows:
            _product(x, filled * wide, wide, x, 0, wide, power, d * length, 0, power, length, filled, d)
            filled *= 2
            _product(other, 0, length, power, 0, length, power, 0, length, power, length, d + 1, d)
            power, other = other, power
        states = out[g].reshape((turns + 1) * d)
        done = min(rows, turns + 1)
        for i in range(done):
            for j in range(d):
                states[i * d + j] = x[i * wide + j]
        while done <= turns:
            taken = min(rows, turns + 1 - done)
            if wide == d:
                at, before = done * d, (done - rows) * d
                for j in range(at + 2 * rows * d, min(at + 3 * rows * d, (turns + 1) * d), 8):
                    _expect(states, j)
                _product(states, at, d, states, before, d, power, d * length, 0, power, length, taken, d)
            else:
                _product(y, 0, wide, x, 0, wide, power, d * length, 0, power, length, taken, d)
                for i in range(taken):
                    for j in range(d):
                        states[(done + i) * d + j] = y[i * wide + j]
                x, y = y, x
            done += taken
        # What is not finite stays so: every later state is a sum that contains it. So the last ones tell.
        total = 0.0
        for j in range(max(turns + 1 - rows, 0) * d, (turns + 1) * d):
            total += states[j] - states[j]
        finite[g] = total == 0.0


def _answers(lo, hi, H, states, out, finite):
    """Fill ``out[lo:hi]`` with the images of ``states[lo:hi]`` (t, d) under each map; say which are finite."""
    count, d = states.shape[1:]
    wide, length = _padded(d)
    move = np.zeros((d + 1) * length)
    x, y = np.zeros(8 * wide), np.zeros(8 * wide)
    for g in range(lo, hi):
        if g == lo or len(H) > 1:
            _read(move, H, g, length)
        total = 0.0
        for done in range(0, count, 8):
            taken = min(8, count - done)
            for i in range(taken):
                for j in range(d):
                    x[i * wide + j] = states[g, done + i, j]
            _product(y, 0, wide, x, 0, wide, move, d * length, 0, move, length, taken, d)
            for i in range(taken):
                for j in range(d):
                    out[g, done + i, j] = y[i * wide + j]
                    total += y[i * wide + j] - y[i * wide + j]
        finite[g] = total == 0.0


def _array(dimensions: int, *, written: bool = False) -> Any:
    return types.Array(float64, dimensions, "C", readonly=not written)


_KERNELS = {
    "last_states": (_last_states, (_array(3), _array(3), _array(2), intp, _array(3, written=True))),
    "trajectory": (_trajectory, (_array(3), _array(3), _array(2), intp, intp, _array(3, written=True))),
    "answers": (_answers, (_array(3), _array(3), _array(3, written=True))),
}


@cache
def kernel(name: str) -> Callable[..., None]:
    """Return a kernel, compiled or read from the cache on disk: "last_states", "trajectory" or "answers".

    Arrays are C-contiguous float64: maps in the form H (N or 1, d + 1, d), starts (N, d). Each kernel treats the
    geometries lo to hi - 1, releases the interpreter's lock, and marks in `finite` (N,) which results are finite.
    """
    function, arguments = _KERNELS[name]
    signature = void(intp, intp, *arguments, types.Array(boolean, 1, "C"))
    compile_: Any = njit
    compiled: Callable[..., None]
    try:
        compiled = compile_(signature, cache=True, **_OPTIONS)(function)
    except RuntimeError:
        # No folder that may be written to: compiled once a process then.
        compiled = compile_(signature, **_OPTIONS)(function)
    return compiled
