"""Evidence for section 9: where two full layers rest, against the plateau of their ideal parts and of all weights."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from numerics import Interaction, LSAAgent, LSALayer, Prompt
from proofs_check.compare import Close, Relation
from proofs_check.derivation import Derivation
from proofs_check.evidence import Case, Exact, Floats, Formulas
from proofs_check.geometries import rationals
from proofs_check.ledger import Theorem
from proofs_check.plateau import FullAgent, full_plateau, ideal_plateau
from proofs_check.support import exact_eye, exactly
from proofs_check.trained import SECTION, largest, rounding, row_sum

__all__ = ["THEOREMS"]

Array = NDArray[Any]


def _near(rng: np.random.Generator, step: Fraction, d: int, size: Fraction) -> tuple[Array, Array]:
    """Draw V and K near a gradient step, idle entries far from zero."""
    V, K = (rationals(rng, 2 * d + 2, 2 * d + 2) for _ in "VK")
    own = LSALayer.gradient_step(d, np.array(step, dtype=object))
    third, right = slice(d + 1, 2 * d + 1), slice(d + 1, None)
    V[third], K[:, right] = own.V[third] + size * V[third], own.K[:, right] + size * K[:, right]
    K[d, -1] = Fraction(-1)
    return V, K


def _spread(rng: np.random.Generator, d: int) -> Array:
    """Draw rational examples whose Gram matrix is near the identity."""
    return np.asarray(np.concatenate([exact_eye(d)] * 2) + rationals(rng, 2 * d, d) / 8, dtype=object)


def _resting_at(prompt: Prompt, V: Array, K: Array, w: Array, answer: Array) -> LSALayer:
    """Return the layer with the block K14 chosen so that it answers `answer` to w."""
    d = prompt.d
    K = K.copy()
    K[:d, -1] = 0
    missing = answer - LSAAgent.with_layer(prompt, LSALayer(V, K)).update(w)
    third = V[d + 1 : 2 * d + 1]
    acts = third[:, :d] @ prompt.gram + np.multiply.outer(third[:, d], prompt.moment)
    K[:d, -1] = Prompt(acts, missing).target
    return LSALayer(V, K)


def _plateau_exactly(rng: np.random.Generator, formulas: Formulas) -> Case:
    """A leaking pair that rests at a chosen rational point, against the plateau of its ideal parts."""
    d, size = int(rng.integers(1, 3)), Fraction(1, 1000)
    prompts = [Prompt(_spread(rng, d), rationals(rng, 2 * d)) for _ in "WU"]
    raw = [_near(rng, Fraction(int(rng.integers(4, 10)), 8), d, size) for _ in "WU"]
    third = slice(d + 1, 2 * d + 1)
    blocks = [(V[third, :d], K[:d, third]) for V, K in raw]
    ideal = Interaction(
        *(LSAAgent.with_layer(p, LSALayer.from_blocks(*b)) for p, b in zip(prompts, blocks, strict=True))
    )
    rest = ideal.equilibrium()
    inputs = {
        f"{name}_{role}": value
        for role, pair in zip("WU", blocks, strict=True)
        for name, value in zip(("V31", "K13"), pair, strict=True)
    }
    inputs |= {"S_W": prompts[0].gram, "S_U": prompts[1].gram, "w_star": prompts[0].target, "u_star": prompts[1].target}
    w, u = rest.w + size * rationals(rng, d), rest.u + size * rationals(rng, d)
    layers = [
        _resting_at(prompts[0], *raw[0], u, w),
        _resting_at(prompts[1], *raw[1], w, u),
    ]
    agents = [LSAAgent.with_layer(p, layer) for p, layer in zip(prompts, layers, strict=True)]
    found = ideal_plateau(*(FullAgent(p, layer, formulas) for p, layer in zip(prompts, layers, strict=True)))
    shown = inputs | {"X_W": prompts[0].X, "X_U": prompts[1].X, "y_W": prompts[0].y, "y_U": prompts[1].y}
    if found.bound is None or found.rate is None:
        return Case(shown, [])
    inside = found.w + found.bound * np.array([Fraction(int(s), 3) for s in rng.integers(-3, 4, size=d)], dtype=object)
    after = agents[0].update(agents[1].update(inside))
    return Case(
        shown | {"w": w, "u": u},
        [
            Relation("W's ideal state = formula", exactly(formulas["trained-plateau.w"], inputs), rest.w),
            Relation("U's ideal state = formula", exactly(formulas["trained-plateau.u"], inputs), rest.u),
            Relation("the leaking pair rests at the chosen point", agents[0].update(agents[1].update(w)), w),
            Relation(
                "which is as near to the ideal plateau as the bound says", largest(w - found.w), found.bound, "<="
            ),
            Relation("and not at it", w, found.w, "!="),
            Relation("a turn in the ball contracts", largest(after - w), found.rate * largest(inside - w), "<="),
        ],
    )


def _plateau_in_floats(rng: np.random.Generator, count: int, d: int, formulas: Formulas) -> Iterator[Close]:
    """Pairs near a gradient step with entries of the size 1e-6 everywhere else, run for many turns."""
    n, turns = 16 * d, 60
    rows: list[tuple[Any, ...]] = []
    for _ in range(count):
        prompts = [Prompt.from_target(rng.standard_normal((n, d)), rng.standard_normal(d)) for _ in "WU"]
        base = LSALayer.gradient_step(d, n / (n + d + 1))
        layers = [LSALayer(*(m + 1e-6 * rng.standard_normal(m.shape) for m in (base.V, base.K))) for _ in "WU"]
        agents = [LSAAgent.with_layer(p, layer) for p, layer in zip(prompts, layers, strict=True)]
        w, u = (FullAgent(p, layer, formulas) for p, layer in zip(prompts, layers, strict=True))
        near = ideal_plateau(w, u)
        ideal, full = near.rounded(), full_plateau(w, u, near.w).rounded()
        last = Interaction(*agents).simulate(ideal.w, turns, keep="last", method="attention").w_last
        # One turn's rounding: W's own, and U's times what W's move makes of it.
        of_w, of_u = (
            float(rounding(a.layer.V, a.layer.K, a.prompt.X, a.prompt.y, np.abs(x) + 1e-3))
            for a, x in zip(agents, (full.u, full.w), strict=True)
        )
        noise = of_w + 1.1 * float(row_sum(w.slope(near.u))) * of_u
        settled = np.inf
        if ideal.rate < 0.95:
            settled = ideal.rate**turns * 2 * ideal.bound + noise / (1 - ideal.rate)
        root = np.sqrt(d)
        rows.append(
            (
                ideal.w,
                full.w,
                last,
                root * (ideal.bound + settled),
                root * (full.bound + settled),
                np.linalg.norm(full.w),
            )
        )
    ideal_w, full_w, simulated, wide, narrow, scale = (np.array(column) for column in zip(*rows, strict=True))
    yield Close("simulated plateau = plateau of the ideal parts", ideal_w, simulated, wide, scale)
    yield Close("simulated plateau = plateau of the full weights", full_w, simulated, narrow, scale)


PARTS = tuple(f"trained-plateau.{part}" for part in ("w", "u", "slope", "shift"))
THEOREMS: tuple[Theorem, ...] = (
    Theorem(
        "trained-plateau",
        SECTION,
        "Two layers with leakage rest within mu delta/(1 - mu lambda) of the plateau of their ideal parts.",
        PARTS,
        (
            Derivation(PARTS),
            Exact(_plateau_exactly, share=0.1),
            Floats(_plateau_in_floats, dimensions=(1, 2, 3), share=0.06),
        ),
    ),
)
