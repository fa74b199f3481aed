"""Training: one linear self-attention layer with V and K free, from random values, on fresh random prompts.

:func:`train` runs Adam on the real layer (the products of :mod:`numerics.agents.layer`, in PyTorch, double precision)
and returns the trained :class:`~numerics.agents.layer.LSALayer` with a report. PyTorch is imported when training
starts; the rest of the package does not need it: ``pip install 'biased-equilibrium[train]'``.

Two recipes (see :class:`~numerics.training.plan.Plan`): "target", where the answer should be the prompt's target, and
"iterate", where it should be the next iterate of gradient descent. Source: section 9 of the theory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from numerics.agents.layer import LSALayer
from numerics.errors import DivergenceError, OptionError
from numerics.training.blocks import canonical, distance, leakage, step_of
from numerics.training.plan import Plan, population_optimum
from numerics.training.state import State, load_torch
from numerics.validation import Array, Frozen, count, real_array

__all__ = ["Report", "Training", "train"]


@dataclass(frozen=True, eq=False)
class Report(Frozen):
    """How close training came.

    Attributes
    ----------
    loss : (steps,) array
        Loss of every step on its own fresh prompts; means over stretches of steps where it was read from a file.
    optimum : LSALayer
        What the run should approach (:func:`~numerics.training.plan.population_optimum`).
    distance : float
        Relative distance from it, up to the gauges (:func:`~numerics.training.blocks.distance`); leakage is part of it.
    leakage : dict of str to float
        Norms outside V31, K13 and K24 in the gauge ``K24 = -1``, entries without effect left out.
    learned_step, population_step : float
        ``-tr(V31)/d`` of the trained layer in the gauge ``K24 = -1``, and of the optimum (n/(n + d + 1) for the recipe
        "target" with examples of covariance I).
    """

    loss: Array
    optimum: LSALayer
    distance: float
    leakage: dict[str, float]
    learned_step: float
    population_step: float


@dataclass(frozen=True, eq=False)
class Training(Frozen):
    """A trained layer.

    Attributes
    ----------
    plan : Plan
        How it was trained.
    layer : LSALayer
        All of V and K as training left them; :meth:`LSAAgent.with_layer` makes an agent of it.
    report : Report
    """

    plan: Plan
    layer: LSALayer
    report: Report

    @property
    def canonical(self) -> LSALayer:
        """The layer in the gauge ``K24 = -1``, without idle entries: it moves one iterate in the same way."""
        return canonical(self.layer)

    def as_json(self, *, points: int = 100) -> dict[str, Any]:
        """Return plain data: the plan, all weights, and the losses averaged over at most so many stretches."""
        size = min(count("points", points, minimum=1), len(self.report.loss))
        stretches = np.array_split(self.report.loss, size)
        return {
            "plan": self.plan.as_json(),
            "V": self.layer.V.tolist(),
            "K": self.layer.K.tolist(),
            "loss": [float(stretch.mean()) for stretch in stretches],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Training:
        """Make it again from such data, without PyTorch: the report is computed anew from plan and weights.

        Raises
        ------
        OptionError, ShapeError, NonFiniteError, DTypeError
        """
        missing = [name for name in ("plan", "V", "K", "loss") if name not in data]
        if missing:
            raise OptionError(f"data has no {missing[0]!r}; pass what as_json() returned")
        plan = Plan(**data["plan"])
        layer = LSALayer(data["V"], data["K"])
        if layer.d != plan.d:
            raise OptionError(f"the plan has d = {plan.d}, but V has d = {layer.d}")
        return cls(plan, layer, _report(plan, layer, data["loss"]))


def train(
    d: int,
    n: int,
    *,
    checkpoint: str | PathLike[str] | None = None,
    checkpoint_every: int = 500,
    progress: bool | None = None,
    on_step: Callable[[int, float], None] | None = None,
    **settings: Any,
) -> Training:
    """Train one layer.

    Parameters
    ----------
    d, n : int
        Dimension, and number of examples in a prompt.
    checkpoint : path, optional
        File that the state is written to, and continued from when it exists. A run that was interrupted and continued
        ends with the same bits as one that was not (on the same machine).
    checkpoint_every : int
        Steps between two writes.
    progress : bool, optional
        Show a progress bar; by default when the output is a terminal.
    on_step : callable, optional
        Called with the number of steps done and the loss, after every step.
    **settings
        Further fields of :class:`~numerics.training.plan.Plan`: recipe, start, seed, steps, ...

    Returns
    -------
    Training

    Raises
    ------
    MissingExtraError
        Without PyTorch.
    OptionError, ShapeError, StepSizeError
        For a bad setting, or a checkpoint of another plan.
    DivergenceError
        When the loss is no longer finite.
    """
    unknown = sorted(set(settings) - set(Plan.__dataclass_fields__))
    if unknown:
        raise OptionError(f"unknown setting {unknown[0]!r}; known: {', '.join(Plan.__dataclass_fields__)}")
    plan = Plan(d, n, **settings)
    every = count("checkpoint_every", checkpoint_every, minimum=1)
    torch = load_torch()
    state = State.open(plan, checkpoint)
    root, step = torch.from_numpy(plan.root.copy()), step_of(population_optimum(plan))
    with _one_thread(torch):
        for done in _counted(range(state.done, plan.steps), plan.steps, progress):
            prompts = _prompts(torch, plan, root, step, state.random)
            value = state.descend(_loss(state.V, state.K, *prompts))
            if not np.isfinite(value):
                raise DivergenceError(
                    f"the loss is {value} after step {done + 1}; reduce learning_rate or initial_scale", turn=done + 1
                )
            if checkpoint is not None and (state.done % every == 0 or state.done == plan.steps):
                state.save(checkpoint)
            if on_step is not None:
                on_step(state.done, value)
    layer = state.layer()
    return Training(plan, layer, _report(plan, layer, state.losses))


def _report(plan: Plan, layer: LSALayer, losses: list[float]) -> Report:
    optimum = population_optimum(plan)
    return Report(
        loss=real_array("loss", losses, exact=False),
        optimum=optimum,
        distance=distance(layer, optimum, plan.n),
        leakage=leakage(layer, plan.n),
        learned_step=step_of(layer),
        population_step=step_of(optimum),
    )


@contextmanager
def _one_thread(torch: Any) -> Iterator[None]:
    """Compute in one thread: products this small gain nothing from more, and sums would depend on their number."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _prompts(torch: Any, plan: Plan, root: Any, step: float, random: Any) -> tuple[Any, Any, int]:
    """Draw a batch: token matrices (batch, 2 d + 2, n + k) with their k iterates, and the answers (batch, k, d)."""
    d, n, batch = plan.d, plan.n, plan.batch

    def normal(*shape: int) -> Any:
        return torch.randn(*shape, generator=random, dtype=torch.float64)

    X = normal(batch, n, d) @ root.T
    w = plan.spread * normal(batch, d)
    target = normal(batch, d) + (w if plan.start == "displaced" else 0)
    y = (X @ target[..., None])[..., 0]
    iterates, answers = [w], [target]
    if plan.recipe == "iterate":
        for _ in range(plan.rollout):
            residual = (X @ iterates[-1][..., None])[..., 0] - y
            iterates.append(iterates[-1] - step * (residual[..., None, :] @ X)[..., 0, :] / n)
        iterates, answers = iterates[:-1], iterates[1:]
    Z = torch.zeros(batch, 2 * d + 2, n + len(iterates), dtype=torch.float64)
    Z[:, :d, :n], Z[:, d, :n] = X.transpose(1, 2), y
    Z[:, d + 1 : 2 * d + 1, n:], Z[:, -1, n:] = torch.stack(iterates, dim=2), 1
    return Z, torch.stack(answers, dim=1), n


def _loss(V: Any, K: Any, Z: Any, answers: Any, n: int) -> Any:
    """Mean squared distance of the layer's answers from what they should be, averaged over the iterates."""
    d, number = answers.shape[2], answers.shape[1]
    total = 0
    for k in range(number):
        seen = Z[:, :, : n + k + 1]
        last = seen[:, :, -1:]
        column = last + V @ (seen @ (seen.transpose(1, 2) @ (K @ last) / n))
        total = total + ((column[:, d + 1 : 2 * d + 1, 0] - answers[:, k]) ** 2).sum(dim=1).mean()
    return total / number


def _counted(steps: range, total: int, progress: bool | None) -> Iterator[int]:
    """The steps, with a progress bar where one is wanted."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    shown = console.is_terminal if progress is None else progress
    with Progress(console=console, disable=not shown) as bar:
        task = bar.add_task("training", total=total, completed=steps.start)
        for step in steps:
            yield step
            bar.advance(task)
