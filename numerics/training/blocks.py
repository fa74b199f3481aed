"""What a full layer does to one iterate: the entries that matter, their gauge, and how far it is from another.

The token blocks have heights d, 1, d, 1. Of the answer only the third block of the last column is read, and a query
token is zero in its upper half, so with one iterate token only these entries of V and K matter:

- the *example* factors, ``V3u = [V31 V32]`` and ``Kul = [[K13 K14], [K23 K24]]``: the query attends to the examples;
- the *self* factors, ``V3l = [V33 V34]`` and ``Kll = [[K33 K34], [K43 K44]]``, of which only the symmetric part of
  Kll: the query attends to itself.

The other rows of V, the left half of K and the antisymmetric part of Kll have no effect whatever (with earlier iterate
tokens in the prompt, all of Kll has one). The move is a sum of two products of factors, so that each pair of factors
has a scaling gauge of its own: ``V3u c, Kul / c`` and ``V3l c', Kll / c'`` make the same moves, for any non-zero c, c'.
Where V3u or Kul has rank two or more, and V3l too, nothing else leaves all moves as they are.

Dimensionless; unbatched layers. Source: section 9 of the theory (trained agents).
"""

from __future__ import annotations

import numpy as np

from numerics.agents.layer import LSALayer
from numerics.errors import DimensionMismatchError, ScaleError, ShapeError
from numerics.validation import Array, count

__all__ = ["block", "canonical", "distance", "leakage", "step_of"]

#: Blocks through which a layer can leak: everything that matters, except V31, K13 and K24.
LEAKS = ("V32", "K14", "K23", "self")


def block(layer: LSALayer, name: str) -> Array:
    """Return one block of a layer, such as ``"V31"``: row block 3, column block 1.

    Parameters
    ----------
    layer : LSALayer
        Batch shape (...).
    name : str
        ``V`` or ``K``, then the row and the column of the block, each 1 to 4.

    Returns
    -------
    (..., rows, columns) array
        Blocks 1 and 3 have size d, blocks 2 and 4 size 1.

    Raises
    ------
    ShapeError
    """
    d = layer.d
    parts = {"1": slice(0, d), "2": slice(d, d + 1), "3": slice(d + 1, 2 * d + 1), "4": slice(2 * d + 1, 2 * d + 2)}
    if len(name) != 3 or name[0] not in "VK" or name[1] not in parts or name[2] not in parts:
        raise ShapeError(f"name is {name!r}; expected V or K and two digits from 1 to 4, such as 'V31'")
    matrix: Array = (layer.V if name[0] == "V" else layer.K)[..., parts[name[1]], parts[name[2]]]
    return matrix


def canonical(layer: LSALayer) -> LSALayer:
    """Return the layer that moves a single iterate in the same way, with ``K24 = -1`` and no idle entries.

    Idle entries become zero, the self block of K symmetric. An exact layer stays exact.

    Raises
    ------
    ScaleError
        When K24 is 0, so that no gauge makes it -1.
    """
    examples, own = _factors(layer)
    d = layer.d
    c = -examples[1][d, d]
    if c == 0:
        raise ScaleError("K24 is 0: the labels do not move this layer, and no rescaling makes K24 = -1")
    V, K = layer.V * 0, layer.K * 0
    V[d + 1 : 2 * d + 1, : d + 1], V[d + 1 : 2 * d + 1, d + 1 :] = examples[0] * c, own[0]
    K[: d + 1, d + 1 :], K[d + 1 :, d + 1 :] = examples[1] / c, own[1]
    return LSALayer(V, K)


def leakage(layer: LSALayer, n: int) -> dict[str, float]:
    """Return the Frobenius norms of what lies outside V31, K13 and K24, in the gauge ``K24 = -1``.

    Parameters
    ----------
    layer : LSALayer
        Unbatched.
    n : int
        Number of examples of its prompts: the self attention is divided by it.

    Returns
    -------
    dict of str to float
        ``V32``, ``K14``, ``K23``; ``self``, the product of the norms of V3l and the symmetric Kll over n, because
        neither factor means anything alone; ``total``, the root of the sum of their squares. Entries without any
        effect are left out.
    """
    number = count("n", n, minimum=1)
    fixed = canonical(layer)
    found = {name: float(np.linalg.norm(block(fixed, name).astype(np.float64))) for name in LEAKS[:-1]}
    own = _factors(fixed)[1]
    found["self"] = float(np.prod([np.linalg.norm(factor.astype(np.float64)) for factor in own])) / number
    found["total"] = float(np.linalg.norm(list(found.values())))
    return found


def distance(layer: LSALayer, other: LSALayer, n: int) -> float:
    """Return the relative distance of what two layers do to one iterate; no gauge changes it.

    A layer is taken as the pair of tensors ``V3u (x) Kul`` and ``V3l (x) sym(Kll) / n``, which is all that its moves
    depend on; the distance is the Frobenius norm of the difference over that of `other`.

    Parameters
    ----------
    layer, other : LSALayer
        Unbatched, of the same d; `other` must not be zero.
    n : int
        Number of examples of the prompts.

    Raises
    ------
    DimensionMismatchError, ScaleError
    """
    number = count("n", n, minimum=1)
    if layer.d != other.d:
        raise DimensionMismatchError(f"layer has d = {layer.d}, other has d = {other.d}; they must agree")
    gap = size = 0.0
    for scale, mine, theirs in zip((1.0, 1.0 / number), _factors(layer), _factors(other), strict=True):
        difference = np.multiply.outer(*_floats(mine)) - np.multiply.outer(*_floats(theirs))
        gap += (scale * float(np.linalg.norm(difference))) ** 2
        size += (scale * float(np.linalg.norm(np.multiply.outer(*_floats(theirs))))) ** 2
    if size == 0:
        raise ScaleError("other moves nothing: a distance relative to it is not defined")
    return float(np.sqrt(gap / size))


def step_of(layer: LSALayer) -> float:
    """Return ``-tr(V31)/d`` in the gauge ``K24 = -1``: the step size, where V31 is a multiple of the identity."""
    fixed = canonical(layer)
    return -float(np.trace(block(fixed, "V31").astype(np.float64))) / layer.d


def _floats(factors: tuple[Array, Array]) -> tuple[Array, Array]:
    return factors[0].astype(np.float64), factors[1].astype(np.float64)


def _factors(layer: LSALayer) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Return the example factors and the self factors, the latter with a symmetric key."""
    if layer.batch_shape:
        raise ShapeError(f"layer has batch shape {layer.batch_shape}; take one layer at a time")
    d = layer.d
    value = layer.V[d + 1 : 2 * d + 1]
    own = layer.K[d + 1 :, d + 1 :]
    return (value[:, : d + 1], layer.K[: d + 1, d + 1 :]), (value[:, d + 1 :], (own + own.T) / 2)
