"""One move of a batch, by four associations of the same products: which is cheapest for how many examples?

- the full attention layer, ``Z + V Z (Z^T K Z) / n``, all of its columns;
- its last column alone, which holds the next iterate;
- ``w - eta X^T (X w - y) / n``, two products with the examples;
- ``w - eta (S w - b)``, with the Gram matrix S and the moment b ready; forming S is timed by itself.

Tokens are ready beforehand. All four must agree before they are timed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from numerics.agents.agent import LSAAgent
from numerics.agents.layer import attend, attend_last, tokens
from numerics.validation import Array
from tests.benchmarks import agreement
from tests.benchmarks.records import Layer
from tests.benchmarks.timing import SETTLE, interleaved, medians
from tests.benchmarks.workload import Workload

__all__ = ["SIZES", "measure"]

#: (d, n, geometries), n from d / 8 to 2 d.
SIZES = tuple((d, n, count) for d, count in ((64, 64), (256, 4)) for n in (d // 8, d // 4, d // 2, d, 2 * d))


def measure(repeats: int, sizes: tuple[tuple[int, int, int], ...] = SIZES, *, settle: float = SETTLE) -> list[Layer]:
    """Time the four ways at each size (d, n, geometries).

    Raises
    ------
    DisagreementError
        When two ways give different iterates.
    """
    return [_one(d, n, geometries, repeats, settle) for d, n, geometries in sizes]


def _one(d: int, n: int, geometries: int, repeats: int, settle: float) -> Layer:
    work = Workload(d, geometries, n)
    prompt, step = work.prompts[0], work.steps[0][:, None]
    layer = LSAAgent(prompt, work.steps[0]).layer
    V, K, X, w = layer.V, layer.K, prompt.X, work.w0
    y, S, b = prompt.y[..., None], np.ascontiguousarray(prompt.gram), prompt.moment
    Z = tokens(prompt, w[:, None, :])
    column = w[..., None]

    def two_products() -> Array:
        gradient = X.swapaxes(-1, -2) @ (X @ column - y)
        moved: Array = w - step * gradient[..., 0] / n
        return moved

    tasks: dict[str, Callable[[], Array]] = {
        "full attention": lambda: attend(V, K, Z, n)[:, d + 1 : 2 * d + 1, -1],
        "last column": lambda: attend_last(V, K, Z, n)[:, d + 1 : 2 * d + 1],
        "two products": two_products,
        "gram": lambda: w - step * ((S @ column)[..., 0] - b),
        "forming gram": lambda: X.swapaxes(-1, -2) @ X / n,
    }
    moves = {name: run()[:, None, :] for name, run in tasks.items() if name != "forming gram"}
    limit = agreement.bound(work, 1, moves["gram"])
    for name, move in moves.items():
        agreement.worst_error(name, move, moves["gram"], limit)
    seconds = medians(interleaved(tasks, repeats, settle=settle))
    return Layer(d, n, geometries, *(seconds[name] for name in tasks))
