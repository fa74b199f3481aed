"""Every page works without a network: the book serves MathJax and plotly.js itself, and names no CDN.

Both libraries come from installed packages (``sphinx-mathjax-offline``, ``plotly``); only the files that
a page can ask for are copied. Thebe, which Jupyter Book announces on every page, is not used: its scripts
are dropped.
"""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

__all__ = ["drop_thebe", "setup"]

MATHJAX_PARTS = ("tex-chtml.js", "input/tex/extensions", "output/chtml/fonts", "a11y", "sre")


def package_folder(name: str) -> Path:
    """Folder of an installed package, without importing it."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the book needs the package {name!r}: install the extra 'book'")
    return Path(spec.origin).parent


def drop_thebe(scripts: list[Any]) -> list[Any]:
    """Return the page's scripts without those of Thebe: the loader, and the line with its CDN address."""

    def is_thebe(script: Any) -> bool:
        body = getattr(script, "attributes", {}).get("body") or ""
        return "thebe" in f"{getattr(script, 'filename', script)} {body}".lower()

    return [script for script in scripts if not is_thebe(script)]


def on_page(app: Any, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    context["script_files"] = drop_thebe(context.get("script_files", []))


def on_finish(app: Any, error: Exception | None) -> None:
    if error is not None or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    mathjax = package_folder("sphinx-mathjax-offline") / "static" / "mathjax"
    for part in MATHJAX_PARTS:
        source, target = mathjax / part, static / "mathjax" / part
        if source.is_dir():
            shutil.copytree(source, target, dirs_exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    plotly = package_folder("plotly") / "package_data" / "plotly.min.js"
    (static / "plotly").mkdir(exist_ok=True)
    shutil.copyfile(plotly, static / "plotly" / "plotly.min.js")


def setup(app: Any) -> dict[str, bool]:
    """Register with Sphinx."""
    app.config.mathjax_path = "mathjax/tex-chtml.js"
    app.connect("html-page-context", on_page, priority=900)
    app.connect("build-finished", on_finish)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
