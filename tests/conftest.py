"""Hypothesis profiles: ``ci`` (default, modest, the same examples every time) and ``thorough`` (new ones every time).

Choose with ``--hypothesis-profile``.
"""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, Phase, settings

# Each worker has a core: where their libraries start a thread for every core too, these wait for each other, and small
# matrices take ten times as long. The workers, and what tests start, inherit it.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Formulas are millions of objects that stay: to go over all of them as often as Python does takes a sixth of the time.
gc.set_threshold(200_000, 20, 100)

settings.register_profile(
    "ci", deadline=None, max_examples=20, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", deadline=None, max_examples=500, suppress_health_check=[HealthCheck.too_slow])
# A mutant is to fail, not to be explained.
settings.register_profile("mutation", settings.get_profile("ci"), phases=[Phase.explicit, Phase.generate])
settings.load_profile("ci")


@pytest.fixture
def instances(monkeypatch):
    """Instances drawn once for all mutants of a formula: they change no definition, so what was evaluated is kept."""
    from theory.derivation import verification

    drawn, draw = {}, verification.draw

    def once(names, *, sizes, geometry, seed, arrange, signed):
        key = (*names, *sizes.items(), geometry, seed, arrange, *signed)
        if key not in drawn:
            drawn[key] = draw(names, sizes=sizes, geometry=geometry, seed=seed, arrange=arrange, signed=signed)
        return drawn[key]

    monkeypatch.setattr(verification, "draw", once)
    return drawn


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark what ``-m quick`` runs: the first case of each test that is not marked ``slow``."""
    seen = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test not in seen and item.get_closest_marker("slow") is None:
            item.add_marker(pytest.mark.quick)
        seen.add(test)
