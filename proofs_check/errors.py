"""Errors of the checking side: each names the file or argument, what is wrong and what to do.

`InputError` is that of `theory`: a file, a column or an option that cannot be used is an input like any other.
"""

from theory.errors import InputError

__all__ = ["CheckError", "InputError"]


class CheckError(ValueError):
    """Base of the errors that only `proofs_check` knows."""
