"""Words in output: numbers with their nouns, and characters that a terminal would obey instead of showing."""

from __future__ import annotations

import unicodedata

__all__ = ["counted", "visible"]

#: Joiners, without which some scripts and emoji are not what was written.
_JOINERS = "\u200c\u200d"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, which stands in the plural unless the number is 1.

    Parameters
    ----------
    number : int
        How many.
    noun : str
        In the singular.
    plural : str
        By default the noun and an s.
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def visible(text: str, keep: str = "") -> str:
    r"""Return a text whose control characters, but for those in `keep`, are written as escapes: ``\n``, ``\x1b``.

    Also written so: line and paragraph separators, marks of direction and others without a shape, lone surrogates
    (bytes of a file's name that are no text).
    """
    return "".join(
        character if character in keep or not _commands(character) else ascii(character)[1:-1] for character in text
    )


def _commands(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") and character not in _JOINERS
