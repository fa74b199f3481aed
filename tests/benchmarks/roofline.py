"""How much work a run is: floating-point operations and bytes, to set beside the limits of the machine."""

from __future__ import annotations

from tests.benchmarks.task import Kind
from tests.benchmarks.workload import Keep

__all__ = ["needed_flops", "nominal_flops", "written_bytes"]


def nominal_flops(d: int, geometries: int, turns: int) -> int:
    """Count the alternating recursion: two matrix-vector products a turn, a multiplication and an addition each."""
    return 4 * d * d * turns * geometries


def needed_flops(kind: Kind, d: int, geometries: int, turns: int, keep: Keep) -> int | None:
    """Count the products that a way needs; None where it also forms Gram matrices.

    The map of a turn costs a product of matrices and three with a vector, then it is one product with a vector a turn.
    Ours keeps the map with its offset, d + 1 rows, and may square it for the final state: this counts the cheapest
    number of squarings, so that the rate of ours is at least what follows from it.
    """
    if kind == "from agents":
        return None
    if kind == "alternating":
        return nominal_flops(d, geometries, turns)
    vector = 2 * d * d
    if kind == "affine":
        return (vector * d + 3 * vector + vector * turns) * geometries
    matrix = vector * (d + 1)
    ways = [
        # Squared k times, the map is applied turns >> k times; what the shifts drop is made up for by single products.
        matrix * (1 + k) + vector * ((turns >> k) + (turns & (2**k - 1)).bit_count())
        for k in range(turns.bit_length() if keep == "last" else 1)
    ]
    return min(ways, default=0) * geometries


def written_bytes(d: int, geometries: int, turns: int, keep: Keep) -> int:
    """Count the bytes of the states that are kept."""
    return 8 * d * geometries * (turns + 1 if keep == "all" else 1)
