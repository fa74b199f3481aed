"""How many cases of one kind are tried: some in a plain run of everything, all with ``--cases all`` or by name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from zlib import crc32

import pytest

CHOICES = ("some", "rest", "all")

#: What this run tries; set by conftest before any test is imported.
chosen = "all"


def cases(some: int, all: int) -> int:
    """Return how many cases a test that draws its own tries now; mark such a test ``many``."""
    return some if chosen == "some" else all


def left_out(items: Iterable[pytest.Item]) -> list[pytest.Item]:
    """Return what this run does not try of the tests that are marked ``many``.

    Of ``many(5)`` a plain run tries each fifth case, and at least one; of ``many(0)`` none. What draws its own cases,
    some or all, is ``many`` without a number: it is in every run.
    """
    if chosen == "all":
        return []
    tests = defaultdict(list)
    for item in items:
        tests[item.nodeid.partition("[")[0]].append(item)
    left = []
    for name, of_one in tests.items():
        mark = of_one[0].get_closest_marker("many")
        if mark is None:
            left += of_one if chosen == "rest" else []
        elif mark.args:
            [step] = mark.args
            first = crc32(name.encode()) % min(step, len(of_one)) if step else 0
            some = of_one[first::step] if step else []
            left += some if chosen == "rest" else [item for item in of_one if item not in some]
    return left


def elsewhere(items: Iterable[pytest.Item], part: str) -> list[pytest.Item]:
    """Return what is in another part of a run that is cut into ``K/N``, K from 1 to N: parts are alike in kind."""
    number, of = map(int, part.split("/"))
    return [item for item in items if crc32(item.nodeid.encode()) % of != number - 1]
