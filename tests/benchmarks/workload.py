"""What is computed: many pairs of gradient steps that alternate, all inside the box of step sizes.

The recursion is ``u = w - Q (w - u*)``, ``w = u - P (u - w*)`` with ``P = eta_W S_W`` and ``Q = eta_U S_U``; P, Q
and the targets are ready beforehand. The labels are made from the targets, so that no solver stands between the
prompts (which ours reads) and the targets (which the others read). All quantities are float64 and dimensionless.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from numerics import Interaction, LSAAgent, Prompt
from numerics.validation import Array

__all__ = ["GEOMETRIES", "Keep", "Workload"]

Keep = Literal["last", "all"]

#: (d, geometries, turns) of the comparison.
GEOMETRIES = ((8, 10_000, 200), (32, 2_000, 200), (64, 200, 500), (512, 1, 2_000))


@dataclass(frozen=True)
class Workload:
    """Random pairs of one size; step sizes are 1 / lambda_max, so that P and Q have norm 1.

    Parameters
    ----------
    d, geometries : int
        Dimension and number of pairs.
    n : int
        Examples in each prompt; 0 means 2 d.
    seed : int
        Seed of the random numbers.
    """

    d: int
    geometries: int
    n: int = 0
    seed: int = 0

    @property
    def examples(self) -> int:
        """Examples in each prompt."""
        return self.n or 2 * self.d

    @cached_property
    def _drawn(self) -> tuple[Array, Array, Array]:
        """Design matrices (2, geometries, n, d), targets (2, geometries, d), starts (geometries, d)."""
        rng = np.random.default_rng(self.seed)
        X = rng.standard_normal((2, self.geometries, self.examples, self.d))
        return X, rng.standard_normal((2, self.geometries, self.d)), rng.standard_normal((self.geometries, self.d))

    @cached_property
    def prompts(self) -> tuple[Prompt, Prompt]:
        """The prompts of W and of U."""
        X, targets, _ = self._drawn
        return Prompt.from_target(X[0], targets[0]), Prompt.from_target(X[1], targets[1])

    @cached_property
    def steps(self) -> tuple[Array, Array]:
        """Step sizes of W and of U, (geometries,)."""
        eta_w, eta_u = (1.0 / np.linalg.eigvalsh(p.gram)[:, -1] for p in self.prompts)
        return eta_w, eta_u

    @cached_property
    def P(self) -> Array:
        """``eta_W S_W``, (geometries, d, d), contiguous."""
        return np.ascontiguousarray(self.steps[0][:, None, None] * self.prompts[0].gram)

    @cached_property
    def Q(self) -> Array:
        """``eta_U S_U``, (geometries, d, d), contiguous."""
        return np.ascontiguousarray(self.steps[1][:, None, None] * self.prompts[1].gram)

    @property
    def w_star(self) -> Array:
        """W's targets, (geometries, d)."""
        targets: Array = self._drawn[1][0]
        return targets

    @property
    def u_star(self) -> Array:
        """U's targets, (geometries, d)."""
        targets: Array = self._drawn[1][1]
        return targets

    @property
    def w0(self) -> Array:
        """Starts, (geometries, d)."""
        return self._drawn[2]

    @cached_property
    def pair(self) -> Interaction:
        """Ours, its Gram matrices and affine maps ready, as P and Q are for the others."""
        pair = Interaction(*(LSAAgent(p, s) for p, s in zip(self.prompts, self.steps, strict=True)))
        pair.simulate(self.w0, 1)
        return pair

    def empty(self, turns: int, keep: Keep, *, time_first: bool = False) -> Array:
        """Fresh memory for the states that are kept: (geometries, kept, d), or (kept, geometries, d)."""
        kept = turns + 1 if keep == "all" else 1
        return np.empty((kept, self.geometries, self.d) if time_first else (self.geometries, kept, self.d))
