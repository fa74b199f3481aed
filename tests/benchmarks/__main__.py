"""Batched simulation, side by side with its peers: ``python -m tests.benchmarks [--quick] [--json FILE]``.

Three ways to run the same pairs of agents, in one process, their runs interleaved, medians reported:

- *loop*: a Python loop over geometries, one NumPy matrix-vector product per move, ``u = w - Q (w - u*)``,
  ``w = u - P (u - w*)``, with P, Q and the targets ready beforehand. Timed on a subset of the geometries and
  scaled up;
- *matmul*: the same recursion on whole batches, one batched ``np.matmul`` per move;
- *ours*: :meth:`numerics.Interaction.simulate`. The prompts' Gram matrices and moments are ready beforehand,
  as P and Q are for the others; building the agents, their affine maps, the map of one turn, validation and the screen
  for divergence are all inside the time.

"trajectory" keeps every w_t; "trajectory w, u" also every u_t, which ours computes on first use. Memory for
results is fresh in every run, for everyone. BLAS is held to one thread.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from numerics import Interaction, LSAAgent
from numerics.geometry import random_prompts

WORKLOADS = {8: 10_000, 32: 1_000, 64: 300, 512: 4}
TURNS = 200


@dataclass
class Timing:
    """Median seconds of one task, and how much slower the peers are."""

    d: int
    n: int
    geometries: int
    turns: int
    task: str
    ours: float
    loop: float
    loop_geometries: int
    matmul: float

    @property
    def over_loop(self) -> float:
        return self.loop / self.ours

    @property
    def over_matmul(self) -> float:
        return self.matmul / self.ours


class Workload:
    """Random pairs inside the step-size box, and the three ways to run them."""

    def __init__(self, d: int, geometries: int, *, n: int | None = None, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.d, self.n, self.geometries = d, n or 2 * d, geometries
        self.prompts = [random_prompts(rng, geometries, self.n, d) for _ in range(2)]
        self.steps = [1.0 / np.linalg.eigvalsh(p.gram)[:, -1] for p in self.prompts]
        for prompt in self.prompts:
            _ = prompt.gram, prompt.moment, prompt.moment_scale
        self.P, self.Q = (s[:, None, None] * p.gram for s, p in zip(self.steps, self.prompts, strict=True))
        self.w_star, self.u_star = (p.target for p in self.prompts)
        self.w0 = rng.standard_normal((geometries, d))

    def ours(self, turns: int, *, keep: str, with_u: bool = True) -> np.ndarray:
        agents = [LSAAgent(p, s) for p, s in zip(self.prompts, self.steps, strict=True)]
        run = Interaction(*agents).simulate(self.w0, turns, keep=keep)
        if with_u:
            _ = run.u
        return run.w

    def loop(self, turns: int, subset: int, *, keep: str) -> np.ndarray:
        every = keep == "all"
        w_all = np.empty((subset, turns + 1 if every else 1, self.d))
        u_all = np.empty((subset, turns if every else 1, self.d))
        for g in range(subset):
            P, Q, w_star, u_star, w = self.P[g], self.Q[g], self.w_star[g], self.u_star[g], self.w0[g]
            w_all[g, 0] = w
            for t in range(turns):
                u = w - Q @ (w - u_star)
                w = u - P @ (u - w_star)
                if every:
                    u_all[g, t], w_all[g, t + 1] = u, w
            if not every:
                u_all[g, 0], w_all[g, 0] = u, w
        return w_all

    def matmul(self, turns: int, *, keep: str) -> np.ndarray:
        every = keep == "all"
        w, w_star, u_star = self.w0[..., None], self.w_star[..., None], self.u_star[..., None]
        w_all = np.empty((self.geometries, turns + 1 if every else 1, self.d))
        u_all = np.empty((self.geometries, turns if every else 1, self.d))
        w_all[:, 0] = self.w0
        for t in range(turns):
            u = w - self.Q @ (w - u_star)
            w = u - self.P @ (u - w_star)
            if every:
                u_all[:, t], w_all[:, t + 1] = u[..., 0], w[..., 0]
        if not every:
            u_all[:, 0], w_all[:, 0] = u[..., 0], w[..., 0]
        return w_all


def seconds(task: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    task()
    return time.perf_counter() - start


def compare(d: int, geometries: int, repeats: int) -> list[Timing]:
    """Time the three ways on one workload, every round one run of each."""
    work = Workload(d, geometries)
    subset = max(1, min(geometries, 200 * 8 // d))
    scale = geometries / subset
    loop = work.loop(TURNS, subset, keep="all")
    ours, matmul = (f(TURNS, keep="all")[:subset] for f in (work.ours, work.matmul))
    size = abs(loop).max()
    # Every linear part has norm <= 1, so rounding errors only add up: a few u of the largest state a term.
    bound = TURNS * 8 * d * 2.0**-53 * size
    for name, states in (("ours", ours), ("matmul", matmul)):
        worst = abs(states - loop).max()
        if not worst <= bound:
            raise SystemExit(f"{name} differs from the loop by {worst:.3g} at d = {d} (bound {bound:.3g})")
    tasks: dict[str, tuple[Callable[[], object], str]] = {
        "final state": (lambda: work.ours(TURNS, keep="last"), "last"),
        "trajectory": (lambda: work.ours(TURNS, keep="all", with_u=False), "all"),
        "trajectory w, u": (lambda: work.ours(TURNS, keep="all"), "all"),
    }
    timings = []
    for task, (run, keep) in tasks.items():
        samples: list[tuple[float, float, float]] = [
            (
                seconds(run),
                seconds(lambda keep=keep: work.loop(TURNS, subset, keep=keep)) * scale,
                seconds(lambda keep=keep: work.matmul(TURNS, keep=keep)),
            )
            for _ in range(repeats)
        ]
        a, b, c = (statistics.median(column) for column in zip(*samples, strict=True))
        timings.append(Timing(d, work.n, geometries, TURNS, task, a, b, subset, c))
    return timings


def growth(repeats: int) -> dict[int, float]:
    """Median seconds for the final state after ever more turns: the time grows with their logarithm."""
    work = Workload(8, 2_000)
    counts = [10**k for k in range(1, 8)]
    samples = [[seconds(lambda t=t: work.ours(t, keep="last")) for t in counts] for _ in range(repeats)]
    return {t: statistics.median(column) for t, column in zip(counts, zip(*samples, strict=True), strict=True)}


def main() -> None:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="interleaved rounds (default 7)")
    parser.add_argument("--quick", action="store_true", help="d = 8 only, three rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the numbers to FILE")
    options = parser.parse_args()
    repeats = 3 if options.quick else options.repeats
    sizes = {8: WORKLOADS[8]} if options.quick else WORKLOADS
    timings = [t for d, g in track(sizes.items(), description="timing") for t in compare(d, g, repeats)]
    turns = growth(repeats)

    console = Console()
    table = Table(title=f"{TURNS} turns, float64, one BLAS thread, medians of {repeats} interleaved rounds")
    for heading in (
        "d",
        "n",
        "geometries",
        "task",
        "ours",
        "loop (of)",
        "matmul",
        "loop / ours",
        "matmul / ours",
    ):
        table.add_column(heading, justify="left" if heading == "task" else "right")
    for t in timings:
        table.add_row(
            str(t.d), str(t.n), str(t.geometries), t.task, f"{t.ours * 1e3:.1f} ms",
            f"{t.loop:.2f} s ({t.loop_geometries})", f"{t.matmul * 1e3:.0f} ms",
            f"{t.over_loop:.0f}", f"{t.over_matmul:.1f}",
        )  # fmt: skip
    console.print(table)
    console.print("loop: timed on the number of geometries in brackets and scaled up to all of them")
    grown = Table(title="final state of 2000 geometries, d = 8, against the number of turns")
    for count in turns:
        grown.add_column(f"{count:.0e}", justify="right")
    grown.add_row(*(f"{t * 1e3:.1f} ms" for t in turns.values()))
    console.print(grown)
    if options.json:
        records = [asdict(t) | {"over_loop": t.over_loop, "over_matmul": t.over_matmul} for t in timings]
        options.json.write_text(json.dumps({"timings": records, "growth": turns}, indent=1) + "\n")


if __name__ == "__main__":
    main()
