"""Optional dependencies: where one is missing, the error names the extra that brings it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from numerics.errors import MissingExtraError

__all__ = ["needs_extra", "pip_install"]


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
