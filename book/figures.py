"""Figures of the book: one style, legible on a light and on a dark page.

A figure is drawn once, transparent, and shown as inline SVG whose text and axes take the page's own text
colour; the data colours are of middle lightness. A slider figure is plotly, loaded from the book itself.

Conventions: ``canvas`` makes the axes, ``show(fig, caption)`` is the last line of a cell. ``show_table`` is for what
is better read than seen.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import matplotlib as mpl
import numpy as np
from IPython.display import HTML
from matplotlib.figure import Figure

__all__ = ["BLUE", "GREEN", "GREY", "ORANGE", "PURPLE", "canvas", "heat_map", "show", "show_plotly", "show_table"]

BLUE, ORANGE, GREEN, PURPLE, GREY = "#2f8fd8", "#e07b28", "#2fa36b", "#a06cd5", "#8a8f98"

INK = "#010203"  # stands for the page's text colour until ``show`` replaces it
STYLE = {
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.prop_cycle": mpl.cycler(color=[BLUE, ORANGE, GREEN, PURPLE, GREY]),
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 11,
    "figure.facecolor": "none",
    "font.size": 10,
    "grid.alpha": 0.35,
    "grid.color": GREY,
    "legend.edgecolor": "none",
    "legend.facecolor": "none",
    "legend.labelcolor": INK,
    "lines.linewidth": 1.8,
    "mathtext.fontset": "cm",
    "svg.hashsalt": "book",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def canvas(columns: int = 1, *, width: float = 7.2, height: float = 3.4) -> tuple[Figure, Any]:
    """Return a figure in the book's style and its axes (one, or an array of ``columns``); sizes in inches."""
    mpl.rcParams.update(STYLE)
    fig = Figure(figsize=(width, height), layout="constrained")
    return fig, fig.subplots(1, columns)


def show(fig: Figure, caption: str) -> HTML:
    """Return the figure as inline SVG with a caption, which is its text alternative too."""
    buffer = io.StringIO()
    fig.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    svg = re.sub(r"^.*?(?=<svg)|<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.DOTALL)
    svg = svg.replace(INK, "currentColor")
    label, width = escape(caption, quote=True), f"{6.4 * fig.get_figwidth():.1f}rem"
    svg = svg.replace("<svg ", f'<svg role="img" aria-label="{label}" style="max-width: {width}" ', 1)
    return HTML(f'<figure class="drawn">{svg}<figcaption>{escape(caption)}</figcaption></figure>')


def heat_map(ax: Any, values: Any, x: Sequence[float], y: Sequence[float], *, label: str, **scale: Any) -> Any:
    """Draw values (len(y), len(x)) over evenly spaced cell centres, with a colour bar; what is not finite stays empty.

    `scale` goes to matplotlib: vmin, vmax, norm, cmap. Returns the colour bar.
    """
    edges = []
    for centres in (x, y):
        half = (centres[1] - centres[0]) / 2
        edges += [centres[0] - half, centres[-1] + half]
    shown = np.ma.masked_invalid(np.array(values, dtype=np.float64))
    image = ax.imshow(shown, origin="lower", aspect="auto", extent=edges, interpolation="nearest", **scale)
    ax.grid(False)
    bar = ax.figure.colorbar(image, ax=ax, location="top", pad=0.02, label=label)
    bar.outline.set_visible(False)
    return bar


def show_table(headings: Sequence[str], rows: Iterable[Sequence[str]], caption: str, *, left: int = 1) -> HTML:
    """Return a table with a caption, wider than the page if need be; the first `left` columns are words."""

    def cells(kind: str, texts: Sequence[str]) -> str:
        styles = (
            "text-align: left" if i < left else "text-align: right; white-space: nowrap" for i in range(len(texts))
        )
        pairs = zip(styles, texts, strict=True)
        return "".join(f'<{kind} style="{style}">{escape(text)}</{kind}>' for style, text in pairs)

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    table = f'<table class="table"><thead><tr>{cells("th", headings)}</tr></thead><tbody>{body}</tbody></table>'
    scrolled = f'<div style="overflow-x: auto; font-size: 0.85em">{table}</div>'
    return HTML(f'<figure class="drawn">{scrolled}<figcaption>{escape(caption)}</figcaption></figure>')


def show_plotly(fig: Any, caption: str) -> HTML:
    """Return an interactive plotly figure that needs no network and takes the page's colours."""
    fig.update_layout(
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": GREY, "size": 13},
        margin={"l": 60, "r": 20, "t": 20, "b": 40},
    )
    fig.update_xaxes(gridcolor="rgba(138,143,152,0.3)", zerolinecolor=GREY)
    fig.update_yaxes(gridcolor="rgba(138,143,152,0.3)", zerolinecolor=GREY)
    body = fig.to_html(
        full_html=False,
        include_plotlyjs=False,
        include_mathjax=False,
        config={"displayModeBar": False, "responsive": True},
    )
    script = '<script src="_static/plotly/plotly.min.js"></script>'
    return HTML(f'<figure class="drawn">{script}{body}<figcaption>{escape(caption)}</figcaption></figure>')
