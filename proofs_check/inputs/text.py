"""From the bytes of a file to its text.

A byte order mark decides between UTF-8, UTF-16 and UTF-32. Without one the text is UTF-8; if it cannot be, it is taken
for Windows-1252, which is noted, since names may come out wrong. What ``gzip`` packed is unpacked. Bytes that no text
has, such as zeros, are refused.
"""

from __future__ import annotations

import codecs
import gzip
import re
import zlib
from dataclasses import dataclass
from pathlib import Path

from proofs_check.errors import InputError

__all__ = ["FileText", "read_bytes", "read_lines", "read_text", "suffix_of"]

# That of UTF-32 starts with that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", ""),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f]")
_GZIP, _ZIP = b"\x1f\x8b", b"PK\x03\x04"


@dataclass(frozen=True)
class FileText:
    """The text of a file.

    Attributes
    ----------
    content : str
        Lines end as in the file.
    notes : tuple of str
        What was not plain UTF-8 about it.
    """

    content: str
    notes: tuple[str, ...] = ()


def suffix_of(path: str) -> str:
    """Return what the name says of the contents, in small letters: the last suffix, ``.gz`` left out."""
    name = Path(path.removesuffix(".gz").removesuffix(".GZ"))
    return name.suffix.lower()


def read_bytes(path: str) -> bytes:
    """Return the bytes of a file, unpacked; `InputError` if there is none or it cannot be read."""
    try:
        data = Path(path).read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}); give the name of a file") from None
    if not data.startswith(_GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be unpacked ({error}); write the file again") from None


def read_text(path: str, *, guess: bool = True) -> FileText:
    """Read a text file; without a `guess`, what is no UTF-8 and has no byte order mark is refused.

    Raises
    ------
    InputError
        No such file, or no text.
    """
    data = read_bytes(path)
    if data.startswith(_ZIP):
        raise InputError(f"{path}: is a workbook or a zip archive, not text; name it .xlsx, or unpack it")
    content, note = _decoded(path, data, guess)
    found = _NO_TEXT.search(content)
    if found:
        raise InputError(
            f"{path}: cannot be read as text (it holds the character {ord(found[0]):#04x}); save it as UTF-8"
        )
    return FileText(content, (note,) if note else ())


def read_lines(path: str) -> list[str]:
    """Return the lines of a text file, cut at line feeds only; `InputError` as for `read_text`."""
    return [line.removesuffix("\r") for line in read_text(path).content.split("\n")]


def _decoded(path: str, data: bytes, guess: bool) -> tuple[str, str]:
    for mark, encoding, name in _MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding), name
            except UnicodeDecodeError:
                if mark == codecs.BOM_UTF32_LE:
                    continue
                raise InputError(
                    f"{path}: cannot be read as text ({name or 'UTF-8'} is broken); save it again"
                ) from None
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        if not guess:
            raise InputError(f"{path}: cannot be read as text; save it as UTF-8") from None
    try:
        return data.decode("cp1252"), "not UTF-8, taken for Windows-1252 (Latin-1): look at the names"
    except UnicodeDecodeError:
        raise InputError(f"{path}: cannot be read as text; save it as UTF-8") from None
