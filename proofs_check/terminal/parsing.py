"""Parsers of options: each is given once, and the help ends with the exit codes of the command."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Collection
from typing import Any, NoReturn

from proofs_check.terminal.exits import described
from proofs_check.terminal.words import visible

__all__ = ["CommandParser", "given", "refused"]

_GIVEN = "given to "


class CommandParser(argparse.ArgumentParser):
    """The parser of one command; it takes in the command's own options once it has something to parse.

    Parameters
    ----------
    command : str
        As in the table of exit codes.
    load : callable, optional
        Adds options and description to the parser.
    **settings
        Those of `argparse.ArgumentParser`.
    """

    def __init__(
        self, *, command: str, load: Callable[[argparse.ArgumentParser], None] | None = None, **settings: Any
    ) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)
        self.command = command
        self.epilog = described(command)
        self._load = load
        for name, kind in (("store", _GivenOnce), ("store_true", _GivenFlag), ("append", _GivenOften)):
            self.register("action", name, kind)
        self.register("action", None, _GivenOnce)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Load the command, then parse."""
        if self._load is not None:
            load, self._load = self._load, None
            load(self)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        """Print the usage and the message, whose text of the user is shown as it is, and leave with 2."""
        super().error(visible(message))


def given(options: argparse.Namespace, prog: str) -> frozenset[str]:
    """The options that were given to a parser, as in ``--json``."""
    return frozenset(getattr(options, _GIVEN + prog, {}).values())


def refused(options: argparse.Namespace, prog: str, beside: str, names: Collection[str]) -> None:
    """Refuse options that have no effect beside another one.

    Parameters
    ----------
    options : Namespace
        As parsed.
    prog : str
        Of the parser that they were given to.
    beside : str
        What leaves them without effect, as in "--necessity".
    names : collection of str
        Options, as in "--seed".

    Raises
    ------
    InputError
        If one of them was given.
    """
    from proofs_check.errors import InputError  # which loads `theory`

    found = [name for name in names if name in given(options, prog)]
    if found:
        raise InputError(f"{', '.join(found)}: without effect beside {beside}; leave out one or the other")


def _note(action: argparse.Action, parser: Any, namespace: Any, option: str | None, *, once: bool) -> None:
    if option is None:
        return
    said = vars(namespace).setdefault(_GIVEN + parser.prog, {})
    if once and action.dest in said:
        raise argparse.ArgumentError(action, "is given twice; give it once")
    said[action.dest] = action.option_strings[-1]


class _GivenOnce(argparse._StoreAction):
    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        _note(self, parser, namespace, option_string, once=True)
        super().__call__(parser, namespace, values, option_string)


class _GivenFlag(argparse._StoreTrueAction):
    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        _note(self, parser, namespace, option_string, once=False)
        super().__call__(parser, namespace, values, option_string)


class _GivenOften(argparse._AppendAction):
    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        _note(self, parser, namespace, option_string, once=False)
        if values in (getattr(namespace, self.dest, None) or []):
            raise argparse.ArgumentError(self, f"{values!r} is given twice; give it once")
        super().__call__(parser, namespace, values, option_string)
