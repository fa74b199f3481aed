"""Docstrings on the page of public names.

Napoleon reads a colon in the first line of a property's docstring as "type: description"; in this project
it is punctuation, so it is hidden from napoleon.
"""

from __future__ import annotations

from typing import Any

__all__ = ["setup"]


def keep_first_line(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    if what == "property" and lines:
        lines[0] = lines[0].replace(": ", " – ")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx, before napoleon."""
    app.connect("autodoc-process-docstring", keep_first_line, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
