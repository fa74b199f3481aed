"""The state of a training run: weights, optimiser, random numbers, losses; and the file that it is kept in."""

from __future__ import annotations

import os
from math import cos, pi
from os import PathLike
from pathlib import Path
from typing import Any

from numerics.agents.layer import LSALayer
from numerics.environment import needs_extra
from numerics.errors import OptionError
from numerics.training.plan import Plan

__all__ = ["State", "load_torch"]

#: Layout of the checkpoint file; a file of another layout is refused.
LAYOUT = 1


def load_torch() -> Any:
    """Import PyTorch.

    Raises
    ------
    MissingExtraError
        When it is not installed.
    """
    with needs_extra("train", "training needs"):
        import torch
    return torch


class State:
    """Everything that the next step depends on.

    Parameters
    ----------
    plan : Plan
        The settings.
    """

    def __init__(self, plan: Plan) -> None:
        torch = load_torch()
        self.plan, self._torch = plan, torch
        self.random = torch.Generator().manual_seed(plan.seed)
        size = 2 * plan.d + 2
        self.V, self.K = (
            (plan.initial_scale * torch.randn(size, size, generator=self.random, dtype=torch.float64)).requires_grad_()
            for _ in "VK"
        )
        self.losses: list[float] = []
        self._adam = torch.optim.Adam([self.V, self.K], lr=plan.learning_rate, betas=(0.9, 0.99))

    @property
    def done(self) -> int:
        """Number of steps made."""
        return len(self.losses)

    def descend(self, loss: Any) -> float:
        """Make one step of Adam down this loss; return its value."""
        share = self.done / self.plan.steps
        for group in self._adam.param_groups:
            group["lr"] = self.plan.learning_rate * (1 + cos(pi * share)) / 2
        self._adam.zero_grad()
        loss.backward()
        self._adam.step()
        self.losses.append(float(loss.detach()))
        return self.losses[-1]

    def layer(self) -> LSALayer:
        """Return the layer at hand."""
        return LSALayer(self.V.detach().numpy(), self.K.detach().numpy())

    def save(self, path: str | PathLike[str]) -> None:
        """Write the state to a file; an interrupted write leaves the former file as it was."""
        target = Path(path)
        partial = target.with_name(target.name + ".part")
        content = {
            "layout": LAYOUT,
            "plan": self.plan.as_json(),
            "V": self.V.detach(),
            "K": self.K.detach(),
            "adam": self._adam.state_dict(),
            "random": self.random.get_state(),
            "losses": self._torch.tensor(self.losses, dtype=self._torch.float64),
        }
        self._torch.save(content, partial)
        os.replace(partial, target)

    @classmethod
    def open(cls, plan: Plan, path: str | PathLike[str] | None) -> State:
        """Return the state kept in a file, or the initial state where there is none.

        Raises
        ------
        OptionError
            When the file is no checkpoint, or one of another plan.
        """
        state = cls(plan)
        if path is None or not Path(path).exists():
            return state
        torch = state._torch
        try:
            content = torch.load(path, weights_only=True)
            layout = content["layout"]
        except Exception as error:
            raise OptionError(f"checkpoint {path} cannot be read ({error}); delete it or name another file") from error
        if layout != LAYOUT:
            raise OptionError(
                f"checkpoint {path} has layout {layout}, expected {LAYOUT}; delete it or name another file"
            )
        kept, wanted = content["plan"], plan.as_json()
        if kept != wanted:
            differing = next(name for name in wanted if kept.get(name) != wanted[name])
            raise OptionError(
                f"checkpoint {path} was made with {differing} = {kept.get(differing)!r}, "
                f"not {wanted[differing]!r}; name another file, or repeat the settings"
            )
        with torch.no_grad():
            state.V.copy_(content["V"])
            state.K.copy_(content["K"])
        state._adam.load_state_dict(content["adam"])
        state.random.set_state(content["random"])
        state.losses = content["losses"].tolist()
        return state
