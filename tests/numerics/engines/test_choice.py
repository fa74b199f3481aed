"""Which engine runs: a wrong threshold of the table, a choice by anything but the task, an engine that does not fit."""

from __future__ import annotations

from fractions import Fraction as F

import numpy as np
import pytest

from numerics import ExactnessError, Interaction, LSAAgent, OptionError
from numerics.engines import choice, compiled
from numerics.engines.choice import Statistics, Task, choose
from numerics.errors import MissingExtraError
from tests.numerics.common import scalar_pair
from tests.numerics.random_prompts import random_prompts

FASTER, BLAS = "compiled kernels are faster", "are faster in BLAS"


def task(d: int, geometries: int, turns: int, keep: str = "all", *, exact: bool = False, n: int | None = None) -> Task:
    return Task(d, geometries, turns, keep, exact, n)


@pytest.mark.parametrize(
    ("what", "engine", "why"),
    [
        (task(8, 10_000, 200, "last", n=16), "numba", f"{FASTER} for d = 8 and 10000 geometries"),
        (task(8, 10_000, 200, n=16), "numba", FASTER),
        (task(8, 10_000, 200, exact=True, n=16), "numpy", "exact rationals"),
        (task(64, 10, 2, exact=True, n=4), "numpy", "exact rationals"),
        # Geometries x turns x d^2 on both sides of 2^22; d log2 of the turns for the last state.
        (task(8, 2**8, 2**8, n=16), "numba", FASTER),
        (task(8, 2**8 - 1, 2**8, n=16), "numpy", "a small task"),
        (task(8, 391, 2**20, "last"), "numba", FASTER),
        (task(8, 390, 2**20, "last"), "numpy", "a small task"),
        (task(8, 390, 2**20), "numba", FASTER),
        (task(8, 2**13, 8, "last"), "numba", FASTER),
        (task(8, 2**13 - 1, 8, "last"), "numpy", "a small task"),
        # Widths on both sides of 256 and 512.
        (task(256, 1, 2000, n=512), "numba", FASTER),
        (task(257, 1, 2000, n=514), "numpy", f"products of size 257 {BLAS}"),
        (task(512, 2, 2000, "last"), "numba", FASTER),
        (task(513, 2, 2000, "last"), "numpy", f"products of size 513 {BLAS}"),
        # Fewer examples than d / 2, and 8 turns through them no dearer than a Gram matrix.
        (task(512, 20, 100, n=255), "factored", "100 turns through n <= 255 examples cost less"),
        (task(512, 20, 100, n=256), "numba", FASTER),
        (task(512, 20, 512, n=64), "factored", "a Gram matrix of size 512"),
        (task(512, 20, 513, n=64), "numba", FASTER),
        (task(512, 20, 100), "numba", FASTER),
    ],
)  # fmt: skip
def test_auto_chooses_by_the_task_alone(what: Task, engine: str, why: str) -> None:
    chosen = choose("auto", what)
    assert chosen.engine == engine
    assert why in chosen.reason


def test_a_task_knows_its_examples() -> None:
    rng = np.random.default_rng(0)
    five, seven = (LSAAgent(random_prompts(rng, 3, n, 40), 0.1) for n in (5, 7))
    assert Task.of((five, seven), 3, 9, "last", exact=True) == Task(40, 3, 9, "last", True, 7)
    layered = LSAAgent.with_layer(five.prompt, five.layer)

    class Other(LSAAgent):
        pass

    for pair in ((layered, seven), (seven, layered), (Other(five.prompt, 0.1), seven)):
        assert Task.of(pair, 3, 9, "all", exact=False).examples is None


def test_packages_are_found_without_being_imported() -> None:
    assert choice._installed("numpy") == np.__version__
    assert choice._installed("no_such_package") is None


def test_auto_without_numba(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "_installed", lambda package: None)
    chosen = choose("auto", task(8, 10_000, 200))
    assert chosen.engine == "numpy"
    assert "pip install" in chosen.reason
    with pytest.raises(
        MissingExtraError, match=r"engine=\"numba\" needs Numba: pip install 'biased-equilibrium\[fast\]'"
    ):
        scalar_pair(0.5, 0.5).simulate([1.0], 3, engine="numba")


def test_engines_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ExactnessError, match='engine="numba" computes in double precision'):
        scalar_pair(F(1, 2), F(1, 3)).simulate([F(0)], 3, engine="numba")
    for engine in ("numba", "factored"):
        with pytest.raises(OptionError, match=f'engine="{engine}" is for agents with a fixed affine map'):
            scalar_pair(0.5, 0.5).simulate([1.0], 3, engine=engine, method="attention")
    agent = scalar_pair(0.5, 0.5).agent_w
    layered = Interaction(LSAAgent.with_layer(agent.prompt, agent.layer), agent)
    with pytest.raises(OptionError, match='engine="factored" needs two LSAAgents with a step size'):
        layered.simulate([1.0], 3, engine="factored")
    with pytest.raises(OptionError, match="engine must be one of 'auto', 'numpy', 'numba', 'factored', got 'cuda'"):
        scalar_pair(0.5, 0.5).simulate([1.0], 3, engine="cuda")


def test_an_engine_asked_for_is_taken_with_as_many_threads_as_geometries() -> None:
    version = choice._installed("numba")
    small, large = task(2, 1, 1, n=1), task(2, 10**6, 1, n=1)
    assert choose("factored", small) == Statistics("factored", np.__version__, None, "asked for")
    assert choose("numpy", task(2, 1, 1, exact=True)) == Statistics("numpy", np.__version__, None, "asked for")
    assert choose("numba", small) == Statistics("numba", version, 1, "asked for")
    assert choose("numba", large) == Statistics("numba", version, compiled.threads(), "asked for")
