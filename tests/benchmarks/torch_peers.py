"""PyTorch: one batched multiply-and-add a move, or one a turn on the map of a turn.

``baddbmm`` adds and multiplies in one call, and writes straight into the trajectory, (turns + 1, geometries, d):
both are faster than ``bmm`` and a copy. No gradients are recorded.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from tests.benchmarks.task import Task
from tests.benchmarks.workload import Keep, Workload

__all__ = ["torch_affine", "torch_alternating"]


def _tensors(work: Workload) -> list[Any]:
    """P, Q as matrices, targets and starts as columns."""
    torch: Any = import_module("torch")
    columns = (a[..., None] for a in (work.w_star, work.u_star, work.w0))
    return [torch.from_numpy(np.array(a, order="C")) for a in (work.P, work.Q, *columns)]


def _states(result: Any) -> Any:
    return result[..., 0].numpy().swapaxes(0, 1)


def torch_alternating(work: Workload, turns: int, keep: Keep) -> Task:
    """One ``torch.baddbmm`` a move, on P and Q."""
    torch: Any = import_module("torch")
    P, Q, w_star, u_star, w0 = _tensors(work)

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def run() -> Any:
        w = w0
        states = torch.empty((turns + 1 if keep == "all" else 1, *w0.shape), dtype=w0.dtype)
        states[0] = w
        for t in range(turns):
            u = torch.baddbmm(w, Q, w - u_star, alpha=-1)
            out = states[t + 1] if keep == "all" else None
            w = torch.baddbmm(u, P, u - w_star, alpha=-1, out=out)
        if keep == "last":
            states[0] = w
        return states

    return Task(run, _states, work.geometries)


def torch_affine(work: Workload, turns: int, keep: Keep) -> Task:
    """Form the map of one turn, then one ``torch.baddbmm`` a turn."""
    torch: Any = import_module("torch")
    P, Q, w_star, u_star, w0 = _tensors(work)
    unit = torch.eye(work.d, dtype=w0.dtype)

    @torch.inference_mode()  # type: ignore[untyped-decorator]
    def run() -> Any:
        A = unit - P
        M, c = torch.bmm(A, unit - Q), torch.baddbmm(torch.bmm(P, w_star), A, torch.bmm(Q, u_star))
        w = w0
        states = torch.empty((turns + 1 if keep == "all" else 1, *w0.shape), dtype=w0.dtype)
        states[0] = w
        for t in range(turns):
            w = torch.baddbmm(c, M, w, out=states[t + 1] if keep == "all" else None)
        if keep == "last":
            states[0] = w
        return states

    return Task(run, _states, work.geometries)
