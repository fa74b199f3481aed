"""Errors of the command line's input: each names the file or argument, what is wrong and what to do."""

__all__ = ["CheckError", "InputError"]


class CheckError(ValueError):
    """Base of all errors raised by `proofs_check`."""


class InputError(CheckError):
    """A file, a column or an option that cannot be used as given."""
