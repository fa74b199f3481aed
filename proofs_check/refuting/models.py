"""Search for models of certified statements: matrices that satisfy what is given, with as few zeros as possible."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from proofs_check.certificates.expressions import Value
from proofs_check.certificates.models import Model
from proofs_check.refuting.instances import Sampler

__all__ = ["model"]


def model(statement: Mapping[str, Any], *, draws: int = 4000, enough: int = 12, seed: int = 0) -> Model | None:
    """Return the best of the models that random draws meet: two dimensions, few letters zero, short numbers.

    Parameters
    ----------
    statement : mapping
        As in a certificate.
    draws, enough : int
        At most so many draws, and at most so many models that are compared.
    seed : int
        Of the draws.

    Returns
    -------
    dict or None
        As `proofs_check.certificates.models` stores it; None if no draw satisfies the hypotheses.
    """
    rng, sampler = random.Random(seed), Sampler(statement)
    simple = random.Random(seed)
    found: list[tuple[tuple[int, int], Model]] = []
    for number in range(draws):
        # Where nothing else has met the hypotheses, plain instances may: some ask for a vector that vanishes.
        if not found and number > draws // 20 and number % 2:
            drawn = sampler.draw(simple, (2, 1)[number // 2 % 2], plain=True)
        else:
            drawn = sampler.draw(rng, (2, 2, 1, 3)[number % 4])
        if drawn is None:
            continue
        sizes, values = drawn
        if any(not np.all(np.asarray(value).shape) for value in values.values()):
            continue
        zero = sorted(name for name, value in values.items() if not np.any(value))
        texts = {name: _texts(values[name]) for name in sorted(values)}
        cost = (len(zero) + (max(sizes.values()) < 2), sum(len(str(text)) for text in texts.values()))
        found.append((cost, {"sizes": dict(sorted(sizes.items())), "values": texts, "zero": zero}))
        if len(found) >= enough and min(found, key=lambda pair: pair[0])[0][0] == 0:
            break
        if len(found) >= 20 * enough:
            break
    return min(found, key=lambda pair: pair[0])[1] if found else None


def _texts(x: Value) -> Any:
    return str(x) if isinstance(x, Fraction) else [[str(entry) for entry in row] for row in x]
