"""Pictures that one can play with: plain JavaScript that needs no server, in a figure of its own.

``{live} pair`` sets the figure of ``live/pair.js``; the text below it is the caption. What the script computes stands
in the figure's ``data-found``, and ``#pair=`` with a scene as JSON in the address shows another one.
"""

from __future__ import annotations

import shutil
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from results import BookDirective, raw

__all__ = ["live_pair", "setup"]

SCRIPTS = Path(__file__).parents[1] / "live"
#: Controls of an agent: name, what it says, range.
SLIDERS = (
    ("step", "step", "the largest eigenvalue of its step matrix", 0.05, 2.4, 0.05),
    ("thin", "roundness", "its smallest eigenvalue, as a part of the largest", 0.0, 1.0, 0.05),
    ("angle", "angle", "where it sees most, in degrees", 0, 180, 5),
)
MODES = (("honest", "honest"), ("attacked", "W shifts its labels"), ("helped", "the others help W"))


def _agent(k: int, name: str) -> str:
    rows = "".join(
        f'<label title="{escape(title)}">{label} <input type="range" name="{key}-{k}" min="{low}" max="{high}" '
        f'step="{by}" aria-label="{name}: {escape(title)}"></label>'
        for key, label, title, low, high, by in SLIDERS
    )
    return f'<fieldset data-agent="{k}" class="agent-{k}"><legend>{name}</legend>{rows}</fieldset>'


def live_pair(caption: str) -> str:
    """Return the figure as HTML, with its script."""
    modes = "".join(
        f'<label><input type="radio" name="mode" value="{value}"> {label}</label>' for value, label in MODES
    )
    agents = "".join(_agent(k, name) for k, name in enumerate("WUV"))
    third = '<label><input type="checkbox" name="third"> a third agent</label>'
    return (
        '<figure class="live-pair"><svg viewBox="0 0 640 400" role="group" aria-label="Agents in the plane: targets, '
        'what each prompt sees, the turns, and where they rest"></svg><output aria-live="polite"></output>'
        f"<form><fieldset><legend>They play</legend>{modes}{third}"
        f'<button type="button">turn by turn</button></fieldset>{agents}</form>'
        f"<figcaption>{caption}</figcaption><noscript>This picture needs JavaScript.</noscript></figure>"
        '<script src="_static/live/pair.js"></script>'
    )


class Live(BookDirective):
    """``{live} pair``."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        if self.arguments[0] != "pair":
            raise self.stop(f"there is no live picture {self.arguments[0]!r}; there is: pair")
        return [raw(live_pair(escape(" ".join(self.content))))]


def on_finish(app: Any, error: Exception | None) -> None:
    if error is None and app.builder.format == "html":
        shutil.copytree(SCRIPTS, Path(app.outdir) / "_static" / "live", dirs_exist_ok=True)


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.add_directive("live", Live)
    app.connect("build-finished", on_finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
