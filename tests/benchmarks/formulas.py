"""Formulas evaluated by this package, side by side with the same written by hand.

- *by hand*: what a user who knows NumPy writes for one formula: the matrices it needs formed once, products with the
  vector first, ``np.linalg.solve``, and a check that the result is finite. Inputs are taken as they are;
- *unchecked*: ``formulas[id].numpy(check=False, ...)``, which takes inputs as they are too: like for like;
- *ours*: ``formulas[id].numpy(...)``, with its validation of the inputs and its test of every inverted matrix;
- *lambdify*: SymPy's own function of the same expression, for a single geometry: it forms inverses, multiplies from
  the left, and fails on batches or multiplies their wrong axes;
- *exact*: ``formulas[id].exact(...)`` against python-flint's matrices by hand, from Fractions to Fractions, and its
  solve alone against ``fmpq_mat.solve``.

BLAS is held to one thread. Every round runs each once, in turn; reported are medians, of the seconds and of the ratios
in each round. Before anything is timed the results are compared.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any

import numpy as np
from rich.table import Table
from sympy import lambdify
from threadpoolctl import threadpool_limits

from tests.benchmarks.records import FormulaTiming
from theory import formulas
from theory.language.symbols import PRIMITIVES, size
from theory.values.dense import Dense
from theory.values.rationals import KERNELS

__all__ = ["compare_formulas", "table"]

BATCHES = {8: 2_000, 32: 500, 128: 50}
EXACT_SIZES = (8, 16, 32)
TURNS = 20
#: How long the ways of one formula take turns, at least.
SECONDS = 0.5
RESIDUAL = "biased-equilibrium.e"


def finite(x: np.ndarray) -> np.ndarray:
    """Return what is given, if all of it is finite."""
    if not np.isfinite(x).all():
        raise ValueError("the result is not finite")
    return x


class Pair:
    """Random Gram matrices, steps inside the box, targets: inputs by name, and what is formed of them by hand."""

    def __init__(self, d: int, geometries: int | None, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        lead = () if geometries is None else (geometries,)
        self.given: dict[str, Any] = {}
        for agent in "WU":
            X = rng.standard_normal((*lead, 2 * d, d))
            gram = np.swapaxes(X, -1, -2) @ X / (2 * d)
            step = 0.9 / np.linalg.eigvalsh(gram)[..., -1]
            self.given |= {f"S_{agent}": gram, f"eta_{agent}": step if lead else float(step)}
        self.given["rho"] = self.given["eta_U"] / self.given["eta_W"]
        for name in ("w_star", "u_star", "w_0", "w_t", "u_t", "w_inf", "s"):
            self.given[name] = rng.standard_normal((*lead, d))
        self.given |= {"t": TURNS, "order": 3}
        self.eye = np.eye(d)

    def column(self, name: str) -> np.ndarray:
        return self.given[name][..., None]

    def scalar(self, name: str) -> Any:
        value = self.given[name]
        return value[..., None, None] if np.ndim(value) else value

    @property
    def gap(self) -> np.ndarray:
        return self.column("u_star") - self.column("w_star")

    @property
    def moves(self) -> tuple[np.ndarray, np.ndarray]:
        return self.scalar("eta_W") * self.given["S_W"], self.scalar("eta_U") * self.given["S_U"]

    @property
    def limit(self) -> tuple[np.ndarray, np.ndarray, Any, np.ndarray]:
        S_W, S_U, rho = self.given["S_W"], self.given["S_U"], self.scalar("rho")
        return S_W, S_U, rho, S_W + rho * S_U


def _error_recursion(g: Pair) -> np.ndarray:
    P, Q = g.moves
    e = g.column("w_t") - g.column("w_star")
    x = Q @ g.gap + e - Q @ e
    return (x - P @ x)[..., 0]


def _closed_form(g: Pair) -> np.ndarray:
    P, Q = g.moves
    A, B = g.eye - P, g.eye - Q
    AB = A @ B
    rest = np.linalg.solve(g.eye - AB, A @ (Q @ g.gap))
    moved = np.linalg.matrix_power(AB, TURNS) @ (g.column("w_0") - g.column("w_star") - rest)
    return (rest + moved)[..., 0]


def _equilibrium_e(g: Pair) -> np.ndarray:
    P, Q = g.moves
    x = Q @ g.gap
    return np.linalg.solve(P + Q - P @ Q, x - P @ x)[..., 0]


def _equilibrium_f(g: Pair) -> np.ndarray:
    P, Q = g.moves
    x = P @ g.gap
    return -np.linalg.solve(P + Q - Q @ P, x - Q @ x)[..., 0]


def _equilibrium_dual(g: Pair) -> np.ndarray:
    P, Q = g.moves
    gap = g.gap
    return (gap - np.linalg.solve(P + Q - P @ Q, P @ gap))[..., 0]


def _coupling(g: Pair) -> np.ndarray:
    P, Q = g.moves
    gap = g.gap
    x = P @ gap
    y = gap - np.linalg.solve(P + Q - Q @ P, x - Q @ x)
    return (y - P @ y)[..., 0]


def _singular(g: Pair) -> np.ndarray:
    P, Q = g.moves
    H = P + Q
    e, x = g.column("w_0") - g.column("w_star"), Q @ g.gap
    return (e - np.linalg.pinv(H) @ (H @ e) + np.linalg.pinv(H - P @ Q) @ (x - P @ x))[..., 0]


def _neither_wins(g: Pair) -> np.ndarray:
    P, Q = g.moves
    e = g.column("w_inf") - g.column("w_star")
    x = Q @ e
    return np.linalg.solve(g.eye - P, P @ e + x - P @ x)[..., 0]


def _small_step_0(g: Pair) -> np.ndarray:
    _, S_U, rho, H = g.limit
    return (rho * np.linalg.solve(H, S_U @ g.gap))[..., 0]


def _small_step_1(g: Pair) -> np.ndarray:
    S_W, S_U, rho, H = g.limit
    x = np.linalg.solve(H, S_W @ g.gap)
    return -np.linalg.solve(H, rho * (S_W @ (S_U @ x)))[..., 0]


def _small_step_k(g: Pair) -> np.ndarray:
    S_W, S_U, rho, H = g.limit
    x = S_W @ g.gap
    for _ in range(g.given["order"]):
        x = rho * (S_W @ (S_U @ np.linalg.solve(H, x)))
    return -np.linalg.solve(H, x)[..., 0]


def _consensus(g: Pair) -> np.ndarray:
    S_W, S_U, rho, H = g.limit
    return np.linalg.solve(H, rho * (S_U @ g.column("u_star")) + S_W @ g.column("w_star"))[..., 0]


def _parallel_sum(g: Pair) -> np.ndarray:
    S_W, S_U, rho, H = g.limit
    return rho * (S_W @ (np.linalg.pinv(H) @ S_U))


def _gap_matrix(g: Pair) -> np.ndarray:
    P, Q = g.moves
    PQ = P @ Q
    return np.linalg.solve(P + Q - PQ, Q - PQ)


def _box_identity(g: Pair) -> np.ndarray:
    P, Q = g.moves
    B = g.eye - Q
    return Q @ (2 * g.eye - Q) + B @ (P @ ((2 * g.eye - P) @ B))


def _label_attack(g: Pair) -> np.ndarray:
    P, Q = g.moves
    x = Q @ g.gap
    return np.linalg.solve(P + Q - P @ Q, P @ g.column("s") + x - P @ x)[..., 0]


BY_HAND: dict[str, Callable[[Pair], np.ndarray]] = {
    "error-recursion.e": _error_recursion,
    "closed-form.e": _closed_form,
    "biased-equilibrium.e": _equilibrium_e,
    "biased-equilibrium.f": _equilibrium_f,
    "biased-equilibrium.e-dual": _equilibrium_dual,
    "biased-equilibrium.e-coupling": _coupling,
    "singular-equilibrium.e": _singular,
    "neither-wins.e": _neither_wins,
    "small-step.e0": _small_step_0,
    "small-step.e1": _small_step_1,
    "small-step.ek": _small_step_k,
    "consensus.point": _consensus,
    "consensus.parallel-sum": _parallel_sum,
    "linear-in-gap.G": _gap_matrix,
    "step-size-box.identity": _box_identity,
    "label-attack.e": _label_attack,
}


def rounds(tasks: list[Callable[[], object]], repeats: int) -> np.ndarray:
    """Seconds (rounds, tasks) of tasks that take turns: at least `repeats` rounds, and `SECONDS` altogether."""
    for task in tasks:
        task()
    found: list[list[float]] = []
    end = time.perf_counter() + SECONDS
    while len(found) < repeats or time.perf_counter() < end:
        found.append([])
        for task in tasks:
            start = time.perf_counter()
            task()
            found[-1].append(time.perf_counter() - start)
    return np.array(found)


def medians(tasks: list[Callable[[], object]], repeats: int) -> list[float]:
    """Median seconds of tasks that take turns."""
    return [float(x) for x in np.median(rounds(tasks, repeats), axis=0)]


def keep_freed_memory() -> None:
    """Make the allocator keep what is freed, for everyone: it does so once it has freed a block as large."""
    np.ones(31 * 2**17)  # 31 MiB; from 32 on it never does


def agree(id_: str, ours: np.ndarray, by_hand: np.ndarray) -> None:
    """Refuse to time what differs: both lose about the condition number, below 1e6 here, times n eps."""
    bound = 1e6 * 128 * np.finfo(float).eps * np.abs(by_hand).max()
    if ours.shape != by_hand.shape or not np.abs(ours - by_hand).max() <= bound:
        raise SystemExit(f"{id_}: the value by hand differs by {np.abs(ours - by_hand).max():.3g} (bound {bound:.3g})")


def lambdified(id_: str, given: dict[str, Any], expected: np.ndarray) -> tuple[Callable[[], object] | None, str]:
    """SymPy's function of the same expression, and what is wrong with it on these inputs."""
    formula = formulas[id_]
    fixed = {size("d"): given["S_W"].shape[-1]}
    fixed |= {PRIMITIVES[x].symbol: given[x] for x in ("t", "order") if x in given}
    names = [x for x in formula.inputs if x not in ("t", "order")]
    values = []
    for x in names:
        value = given[x][..., None] if PRIMITIVES[x].kind == "vector" else given[x]
        values.append(value[..., None, None] if PRIMITIVES[x].kind == "step" and np.ndim(value) else value)
    try:
        function = lambdify([PRIMITIVES[x].symbol.subs(fixed) for x in names], formula.expr.subs(fixed), "numpy")
        found = np.asarray(function(*values))
    except Exception as error:  # whatever SymPy or its function raises is the note
        return None, f"lambdify fails: {type(error).__name__}"
    if found.size != expected.size or not np.allclose(found.ravel(), expected.ravel(), rtol=1e-6, atol=1e-8):
        return None, f"lambdify is wrong: shape {found.shape}"
    return lambda: function(*values), ""


def lambdified_batch(id_: str, d: int) -> str:
    """What is wrong with SymPy's function on two geometries: its products of more would fill the memory."""
    pair = Pair(d, 2)
    given = {x: pair.given[x] for x in ("S_W", *formulas[id_].inputs)}
    return lambdified(id_, given, BY_HAND[id_](pair))[1]


def compare_arrays(id_: str, d: int, geometries: int | None, repeats: int) -> FormulaTiming:
    """Time one formula on arrays."""
    pair = Pair(d, geometries)
    formula, by_hand = formulas[id_], BY_HAND[id_]
    given = {x: pair.given[x] for x in formula.inputs}
    expected = by_hand(pair)
    agree(id_, formula.numpy(**given), expected)
    tasks: list[Callable[[], object]] = [
        lambda: finite(by_hand(pair)),
        lambda: formula.numpy(**given),
        lambda: formula.numpy(check=False, **given),
    ]
    other, note = lambdified(id_, given, expected) if geometries is None else (None, lambdified_batch(id_, d))
    times = rounds([*tasks, other] if other else tasks, repeats)
    middle, ratio = np.median(times, axis=0), np.median(times / times[:, :1], axis=0)
    return FormulaTiming(
        id_, d, geometries or 1, "numpy",
        ours=float(middle[1]),
        by_hand=float(middle[0]),
        ratio=float(ratio[1]),
        unchecked=float(ratio[2]),
        other=float(middle[3]) if other else None,
        note=note,
    )  # fmt: skip


def rational_pair(d: int, seed: int = 0) -> dict[str, Any]:
    """Random rational Gram matrices of rank d, steps and targets."""
    draws = random.Random(seed)

    def number() -> Fraction:
        return Fraction(draws.randint(-9, 9), draws.randint(1, 9))

    def gram() -> list[list[Fraction]]:
        X = [[number() for _ in range(d)] for _ in range(d + 1)]
        return [[sum((r[i] * r[j] for r in X), Fraction(0)) for j in range(d)] for i in range(d)]

    targets = {name: [number() for _ in range(d)] for name in ("w_star", "u_star")}
    return {"S_W": gram(), "S_U": gram(), "eta_W": Fraction(1, 7), "eta_U": Fraction(2, 9)} | targets


def exact_by_hand(given: dict[str, Any]) -> list[Fraction]:
    """M^-1 A Q Delta with python-flint, from Fractions to Fractions."""
    matrix, column = exact_system(given)
    return [Fraction(int(x.p), int(x.q)) for x in matrix.solve(column).entries()]


def exact_system(given: dict[str, Any]) -> tuple[Any, Any]:
    """M and A Q Delta as python-flint's matrices."""
    from flint import fmpq, fmpq_mat

    def number(x: Fraction) -> Any:
        return fmpq(x.numerator, x.denominator)

    def matrix(rows: list[list[Fraction]]) -> Any:
        return fmpq_mat(len(rows), len(rows[0]), [number(x) for row in rows for x in row])

    P, Q = matrix(given["S_W"]) * number(given["eta_W"]), matrix(given["S_U"]) * number(given["eta_U"])
    gap = matrix([[u - w] for u, w in zip(given["u_star"], given["w_star"], strict=True)])
    x = Q * gap
    return P + Q - P * Q, x - P * x


def compare_exact(d: int, repeats: int) -> list[FormulaTiming]:
    """Time the residual in rationals, and its solve alone."""
    given, formula = rational_pair(d), formulas[RESIDUAL]
    expected = [str(x) for x in exact_by_hand(given)]
    matrix, column = exact_system(given)
    solve = KERNELS["solve"](None)
    turned, right = (Dense.from_entries(x.entries(), (x.nrows(), x.ncols())).rep for x in (matrix.transpose(), column))
    solved = [str(x) for x in solve(turned, right).to_list_flat()]
    if not [str(x) for x in formula.exact(**given)] == expected == solved:
        raise SystemExit(f"{RESIDUAL}: the exact values differ at d = {d}")
    whole = rounds([lambda: exact_by_hand(given), lambda: formula.exact(**given)], repeats)
    alone = rounds([lambda: matrix.solve(column), lambda: solve(turned, right)], repeats)
    return [
        FormulaTiming(
            RESIDUAL, d, 1, kind,
            ours=float(np.median(times[:, 1])),
            by_hand=float(np.median(times[:, 0])),
            ratio=float(np.median(times[:, 1] / times[:, 0])),
            unchecked=None,
            other=None,
            note=note,
        )
        for kind, times, note in (
            ("exact", whole, "by hand: fmpq_mat"),
            ("exact solve", alone, "by hand: fmpq_mat.solve"),
        )
    ]  # fmt: skip


def compare_formulas(repeats: int) -> list[FormulaTiming]:
    """Time every formula that is written by hand here, on one geometry and on batches, and the exact residual.

    Parameters
    ----------
    repeats : int
        Interleaved rounds, of which the median is taken.
    """
    shapes = [(d, n) for d, count in BATCHES.items() for n in (None, count)]
    keep_freed_memory()
    with threadpool_limits(1):
        timings = [compare_arrays(id_, d, n, repeats) for id_ in BY_HAND for d, n in shapes]
        return timings + [timing for d in EXACT_SIZES for timing in compare_exact(d, repeats)]


def duration(value: float | None) -> str:
    """Seconds in a unit that fits."""
    if value is None:
        return "-"
    return f"{value * 1e6:.0f} us" if value < 1e-3 else f"{value * 1e3:.1f} ms" if value < 1 else f"{value:.1f} s"


def table(timings: Iterable[FormulaTiming]) -> Table:
    """Show timings, for :meth:`rich.console.Console.print`."""
    shown = Table(title="formulas: ours against the same by hand (and lambdify)")
    headings = ("formula", "kind", "d", "geometries", "by hand", "ours", "ours / by hand", "unchecked", "lambdify")
    for heading in (*headings, "note"):
        shown.add_column(heading, justify="left" if heading in ("formula", "kind", "note") else "right")
    for t in timings:
        shown.add_row(
            t.id, t.kind, str(t.d), str(t.geometries), duration(t.by_hand), duration(t.ours), f"{t.ratio:.2f}",
            "-" if t.unchecked is None else f"{t.unchecked:.2f}", duration(t.other), t.note,
        )  # fmt: skip
    return shown
