"""Where the numbers of a sweep come from: versions of what computed them, and the state of the source.

What must agree for results to be bit-identical (the configuration) is kept apart from what is merely told (versions of
what stores and schedules, commit, times).
"""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numerics.environment import versions_of

__all__ = ["computing_versions", "git_state", "now", "versions"]

_COMPUTING = ("biased-equilibrium", "numpy", "scipy")
_STORING = ("xarray", "dask", "distributed", "zarr")


def computing_versions(engine: str) -> dict[str, str]:
    """Return the versions of what the numbers depend on."""
    return versions_of(_COMPUTING if engine == "numpy" else (*_COMPUTING, "numba"))


def versions(engine: str) -> dict[str, str]:
    """Return the versions of Python and of all packages that take part."""
    return {"python": platform.python_version(), **computing_versions(engine), **versions_of(_STORING)}


def git_state() -> dict[str, Any]:
    """Return commit and whether tracked files were changed; empty when the package is not a git checkout."""
    folder = Path(__file__).resolve().parent

    def git(*arguments: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=True, timeout=20
        )
        return done.stdout.strip()

    try:
        # A package installed into a folder that lies in some other repository is not of that repository.
        git("ls-files", "--error-unmatch", "__init__.py")
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain", "-uno"))}
    except (OSError, subprocess.SubprocessError):
        return {}


def now() -> str:
    """Return the time in UTC, ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
