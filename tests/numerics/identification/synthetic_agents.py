"""Synthetic noisy agents: attention layers whose answers carry Gaussian noise, and transcripts of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from numerics import LSAAgent, Prompt

__all__ = ["Synthetic", "gradient_agent", "synthetic"]


@dataclass
class Synthetic:
    """An attention agent, the root of its noise covariance, and a transcript; `noise` is the model to assume."""

    agent: LSAAgent
    root: np.ndarray
    inputs: np.ndarray
    outputs: np.ndarray
    noise: str

    @property
    def geometry(self) -> np.ndarray:
        return self.agent.step_size * self.agent.prompt.gram

    def answer(self, rng: np.random.Generator, w: np.ndarray) -> np.ndarray:
        return self.agent.update(w) + rng.standard_normal(w.shape) @ self.root.T


def gradient_agent(rng: np.random.Generator, d: int, *, n: int | None = None, reach: float = 0.4) -> LSAAgent:
    """A random prompt with inconsistent labels, and a step anywhere in the box."""
    n = int(rng.integers(d, 3 * d + 1)) if n is None else n
    prompt = Prompt(rng.standard_normal((n, d)) * np.exp(reach * rng.standard_normal(d)), rng.standard_normal(n))
    return LSAAgent(prompt, rng.uniform(0.2, 1.8) / np.linalg.eigvalsh(prompt.gram)[-1])


def synthetic(rng: np.random.Generator, d: int, noise: str, *, loudest: float = 0.0) -> Synthetic:
    """Any rows from the fewest that are allowed, any spread and centre of the inputs, noise from 1e-4 up."""
    agent = gradient_agent(rng, d)
    rows = int(rng.integers(2 * d + 1 if noise == "general" else d + 2, 40))
    inputs = rng.uniform(0.5, 5) * rng.standard_normal((rows, d)) + 2 * rng.standard_normal(d)
    root = 10 ** rng.uniform(-4, loudest) * (rng.standard_normal((d, d)) if noise == "general" else np.eye(d))
    made = Synthetic(agent, root, inputs, inputs, noise)
    made.outputs = made.answer(rng, inputs)
    return made
