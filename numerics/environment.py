"""What this process computes with: cores, and versions of installed packages."""

from __future__ import annotations

import os
from collections.abc import Iterable

__all__ = ["cores", "installed_version", "versions_of"]


def cores() -> int:
    """Return the number of cores that this process may use, >= 1."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this platform
        return os.cpu_count() or 1


def installed_version(distribution: str) -> str | None:
    """Return the version of a package, by the name it is installed under; None when it is not installed."""
    # Takes longer to import than all of this package.
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def versions_of(distributions: Iterable[str]) -> dict[str, str]:
    """Return the version of each package, or "not installed", by name."""
    return {name: installed_version(name) or "not installed" for name in distributions}
