"""The errors of sweeps; they belong to the family of :mod:`numerics.errors`."""

from __future__ import annotations

from numerics.errors import NumericsError

__all__ = ["SweepError", "SweepStoreError"]


class SweepError(NumericsError):
    """The evaluation of a grid point failed; the message names the point and the cause."""


class SweepStoreError(NumericsError):
    """A store that belongs to another sweep, is in use, or cannot be read."""
