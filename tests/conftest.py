"""Hypothesis profiles: ``ci`` (default, modest, the same examples every time) and ``thorough`` (new ones every time).

Choose with ``--hypothesis-profile``.
"""

from __future__ import annotations

import gc
import os

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests import cases

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


def pytest_addoption(parser):
    parser.addoption(
        "--cases",
        choices=cases.CHOICES,
        help="of the tests that try many cases of one kind: some (default), all (default if files or tests are named), "
        "or the rest, which is what some leave out",
    )
    parser.addoption("--part", default="1/1", metavar="K/N", help="of these, only the K-th of N parts")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    named = config.args_source is pytest.Config.ArgsSource.ARGS or config.option.keyword
    # The workers are given what is chosen here.
    config.option.cases = cases.chosen = config.option.cases or ("all" if named else "some")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """Leave out what this run does not try, and mark what ``-m quick`` runs: the first case of what is not ``slow``."""
    left = {*cases.left_out(items), *cases.elsewhere(items, config.option.part)}
    config.hook.pytest_deselected(items=sorted(left, key=lambda item: item.nodeid))
    items[:] = [item for item in items if item not in left]
    seen = set()
    for item in items:
        test = item.nodeid.partition("[")[0]
        if test not in seen and item.get_closest_marker("slow") is None:
            item.add_marker(pytest.mark.quick)
        seen.add(test)
