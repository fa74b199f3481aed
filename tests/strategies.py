"""Hypothesis strategies for prompts, geometries, steps and pairs: what is *valid*, not what is likely.

Ranks from 0 to d, fewer examples than features, repeated examples, common kernels, huge and tiny scales, step
sizes inside, on the edge of and outside the box ``step_size * lambda_max(S) < 2``. Options are keywords;
an impossible request raises :class:`hypothesis.errors.InvalidArgument` when the strategy is made.

Exact strategies give object arrays of ``Fraction`` with small entries; floating-point strategies give the
same rational geometries, rounded, times a power of two where a scale is asked for, so that counterexamples
stay readable.

>>> from hypothesis import given
>>> from tests.strategies import pairs
>>> @given(pairs(exact=True, region="inside", max_d=3))
... def test_something(pair): ...
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal

import numpy as np
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from numerics import Interaction, LSAAgent, Prompt
from numerics.exact import nullspace
from numerics.validation import Array

__all__ = ["REGIONS", "agents", "pairs", "prompts", "rationals", "step_sizes", "vectors"]

Region = Literal["inside", "edge", "outside"]
REGIONS: tuple[Region, ...] = ("inside", "edge", "outside")
_SCALES = (-200, -40, 0, 40, 200)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InvalidArgument(message)


def _size(name: str, value: int | None, largest: int) -> st.SearchStrategy[int]:
    _require(largest >= 1, f"the largest {name} must be >= 1, got {largest}")
    _require(value is None or value >= 1, f"{name} must be >= 1, got {value}")
    return st.integers(1, largest) if value is None else st.just(value)


def rationals(*, bound: int = 3, denominator: int = 3) -> st.SearchStrategy[Fraction]:
    """Fractions p/q with |p| <= bound and 1 <= q <= denominator."""
    _require(bound >= 0 and denominator >= 1, f"need bound >= 0, denominator >= 1, got {bound}, {denominator}")
    return st.builds(Fraction, st.integers(-bound, bound), st.integers(1, denominator))


@st.composite
def _arrays(draw: st.DrawFn, shape: tuple[int, ...]) -> Array:
    entries = draw(st.lists(rationals(), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    result = np.empty(len(entries), dtype=object)
    result[:] = entries
    return np.asarray(result.reshape(shape))


def vectors(*, d: int, exact: bool = True, batch: Sequence[int] = ()) -> st.SearchStrategy[Array]:
    """Vectors (..., d), for instance starts or targets; floats are rounded rationals."""
    _require(d >= 1, f"d must be >= 1, got {d}")
    drawn = _arrays((*batch, d))
    return drawn if exact else drawn.map(lambda a: a.astype(np.float64))


@st.composite
def _designs(draw: st.DrawFn, n: int, d: int, rank: int | None, kernel: Array | None) -> Array:
    """X (n, d) of rank at most `rank`, vanishing on the kernel; sometimes with a repeated example."""
    basis = np.array([[Fraction(int(i == j)) for j in range(d)] for i in range(d)], dtype=object)
    complement = basis if kernel is None else nullspace(kernel.T).T
    most = min(n, len(complement))
    r = draw(st.integers(0, most)) if rank is None else rank
    if r == 0:
        return np.full((n, d), Fraction(0), dtype=object)
    left = draw(_arrays((n, r)))
    right = complement if r == len(complement) else draw(_arrays((r, len(complement)))) @ complement
    X = left @ right
    if n > 1 and draw(st.booleans()):
        X[n - 1] = X[0]
    return np.asarray(X)


def prompts(
    *,
    exact: bool = True,
    n: int | None = None,
    d: int | None = None,
    max_n: int = 4,
    max_d: int = 3,
    rank: int | None = None,
    kernel: Any = None,
    noisy_labels: bool | None = None,
    scaled: bool = False,
) -> st.SearchStrategy[Prompt]:
    """Prompts of any geometry.

    Parameters
    ----------
    exact : bool
        Object arrays of Fraction, or float64.
    n, d : int, optional
        Fix the number of examples or the dimension (n < d is allowed).
    max_n, max_d : int
        Otherwise they go from 1 to these.
    rank : int, optional
        An upper bound on the rank; all ranks from 0 are drawn by default.
    kernel : (d, k) array_like of int or Fraction, optional
        Vectors that X must annihilate; needs `d`.
    noisy_labels : bool, optional
        Arbitrary labels (True), labels of a target (False), or either.
    scaled : bool
        Multiply X by a power of two between 2^-200 and 2^200; floating point only.
    """
    size, dimension = _size("n", n, max_n), _size("d", d, max_d)
    largest = min(n or max_n, d or max_d)
    _require(rank is None or 0 <= rank <= largest, f"rank must be between 0 and {largest}, got {rank}")
    _require(rank is None or (n is not None and d is not None), "a fixed rank needs fixed n and d")
    _require(kernel is None or d is not None, "a kernel needs a fixed d")
    _require(not (exact and scaled), "scaled prompts are floating point: pass exact=False")
    columns = None
    if kernel is not None:
        columns = np.array([[Fraction(x) for x in row] for row in np.asarray(kernel, dtype=object)], dtype=object)
        _require(columns.ndim == 2 and len(columns) == d, f"kernel must have shape (d, k) with d = {d}")
        _require(rank is None or rank <= nullspace(columns.T).shape[1], "rank exceeds the kernel's complement")

    @st.composite
    def build(draw: st.DrawFn) -> Prompt:
        examples, features = draw(size), draw(dimension)
        X = draw(_designs(examples, features, rank, columns))
        noisy = draw(st.booleans()) if noisy_labels is None else noisy_labels
        y = draw(_arrays((examples,))) if noisy else X @ draw(_arrays((features,)))
        if exact:
            return Prompt(X, y)
        scale = 2.0 ** draw(st.sampled_from(_SCALES)) if scaled else 1.0
        return Prompt(scale * X.astype(np.float64), scale * y.astype(np.float64))

    return build()


def step_sizes(prompt: Prompt, *, region: Region = "inside") -> st.SearchStrategy[Any]:
    """Step sizes for a prompt with ``step_size * lambda_max`` in (0, 2), equal to 2, or in (2, 4 d].

    Exact prompts use rational bounds on lambda_max: the trace (inside; on the edge at rank <= 1) and the
    largest diagonal entry (outside). A zero geometry is inside whatever the step size. In floating point
    "edge" holds up to rounding.
    """
    _require(region in REGIONS, f"region must be one of {REGIONS}, got {region!r}")
    _require(prompt.batch_shape == (), f"one prompt at a time, got batch shape {prompt.batch_shape}")
    zero = not np.any(prompt.X != 0)
    _require(region == "inside" or not zero, f"a zero geometry is never {region} the box")
    factors = {
        "inside": st.integers(1, 15).map(lambda k: Fraction(k, 8)),
        "edge": st.just(Fraction(2)),
        "outside": st.integers(17, 32).map(lambda k: Fraction(k, 8)),
    }[region]
    if not prompt.exact:
        largest = 1.0 if zero else float(np.linalg.eigvalsh(prompt.gram)[-1])
        return factors.map(lambda q: float(q) / largest)
    _require(
        region != "edge" or int(prompt.rank) <= 1,
        "an exact edge needs rank <= 1, where lambda_max is rational",
    )
    diagonal = np.diagonal(prompt.gram)
    bound = Fraction(1) if zero else (max(diagonal) if region == "outside" else sum(diagonal, start=Fraction(0)))
    return factors.map(lambda q: q / bound)


def agents(*, exact: bool = True, region: Region = "inside", **prompt_options: Any) -> st.SearchStrategy[LSAAgent]:
    """Agents with a step size in the given region; other options as for :func:`prompts`.

    An agent on the edge or outside has a non-zero geometry; an exact one on the edge has rank 1.
    """
    _require(region in REGIONS, f"region must be one of {REGIONS}, got {region!r}")
    drawn = prompts(exact=exact, **prompt_options)
    if region != "inside":
        drawn = drawn.filter(lambda p: bool(np.any(p.X != 0)))
    if region == "edge" and exact:
        drawn = drawn.filter(lambda p: int(p.rank) == 1)

    @st.composite
    def build(draw: st.DrawFn) -> LSAAgent:
        prompt = draw(drawn)
        return LSAAgent(prompt, draw(step_sizes(prompt, region=region)))

    return build()


def pairs(
    *,
    exact: bool = True,
    region: Region = "inside",
    d: int | None = None,
    max_d: int = 3,
    max_n: int = 4,
    common_kernel: bool | None = None,
    **prompt_options: Any,
) -> st.SearchStrategy[Interaction]:
    """Pairs of agents in the same dimension.

    Parameters
    ----------
    exact : bool
        Exact rationals, or floating point.
    region : {"inside", "edge", "outside"}
        Both step sizes inside the box; or W's on its edge or outside it and U's anywhere inside.
    common_kernel : bool, optional
        Force a common kernel of dimension >= 1 (needs d >= 2, to leave room for motion).
    d, max_d, max_n, **prompt_options
        As for :func:`prompts`.
    """
    _require(region in REGIONS, f"region must be one of {REGIONS}, got {region!r}")
    smallest = 2 if common_kernel else 1
    _require((d or max_d) >= smallest, "a common kernel needs d >= 2")
    dimension = st.integers(smallest, max_d) if d is None else st.just(d)
    _require(d is None or d >= 1, f"d must be >= 1, got {d}")

    @st.composite
    def build(draw: st.DrawFn) -> Interaction:
        features = draw(dimension)
        kernel = None
        if common_kernel:
            kernel = draw(_arrays((features, 1)).filter(lambda k: bool(np.any(k != 0))))
        options = {"exact": exact, "d": features, "max_n": max_n, "kernel": kernel, **prompt_options}
        return Interaction(draw(agents(region=region, **options)), draw(agents(region="inside", **options)))

    return build()
