"""What this process computes with: cores, optional packages, versions, the state of the source, locks of files.

Of a sweep, what must agree for results to be bit-identical (the configuration) is kept apart from what is merely told
(versions of what stores and schedules, commit, times).
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from numerics.errors import MissingExtraError

__all__ = [
    "computing_versions",
    "cores",
    "git_state",
    "installed_version",
    "locked",
    "needs_extra",
    "now",
    "pip_install",
    "versions",
    "versions_of",
]


def pip_install(extra: str) -> str:
    """Return the command that installs an extra of this package."""
    return f"pip install 'biased-equilibrium[{extra}]'"


@contextmanager
def needs_extra(extra: str, who_needs: str) -> Iterator[None]:
    """Import packages of an extra in the block, and nothing else.

    Parameters
    ----------
    extra : str
        Name of the extra.
    who_needs : str
        How the message begins: ``"sweeps need"``.

    Raises
    ------
    MissingExtraError
        When an import fails: names the package and the command that installs the extra.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        lacking = f"the package {error.name}, which is not installed"
        raise MissingExtraError(f"{who_needs} {lacking}: {pip_install(extra)}") from error
    except ImportError as error:
        raise MissingExtraError(f"{who_needs} what cannot be loaded ({error}): {pip_install(extra)}") from error


def cores() -> int:
    """Return the number of cores that this process may use, >= 1."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on this platform
        return os.cpu_count() or 1


def locked(file: int) -> bool:
    """Lock an open file for this process until it is closed; False when another process has locked it."""
    try:
        import fcntl
    except ImportError:  # no such lock on this platform: two processes must not share a file
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


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
    # Takes longer to import than the rest of this module, and only a record of a sweep asks for it.
    import subprocess

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
