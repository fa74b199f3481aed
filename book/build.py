"""Build the book: ``python book/build.py [--open] [--geometries N | --ledger FILE]``.

Runs the ledger (``python -m proofs_check``) and writes it to ``book/_build/ledger.json``, or takes one that was
written just before; from it the chapters take their verdicts. Then executes and renders every chapter with
warnings as errors. The result is ``book/_build/html/index.html``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import webbrowser
from pathlib import Path

__all__ = ["main"]

BOOK = Path(__file__).resolve().parent
RUN_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main()"


def main(arguments: list[str] | None = None) -> int:
    """Build; return the exit code of the first step that failed, else 0."""
    parser = argparse.ArgumentParser(description="Build the book.")
    parser.add_argument("--geometries", type=int, default=25, help="random geometries for each theorem")
    parser.add_argument("--ledger", type=Path, help="a report that `proofs-check --json` has written of this code")
    parser.add_argument("--open", action="store_true", help="open the book in the browser afterwards")
    options = parser.parse_args(arguments)

    build = BOOK / "_build"
    build.mkdir(exist_ok=True)
    path = os.pathsep.join(filter(None, [str(BOOK.parent), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path}
    ledger = [
        "-m",
        "proofs_check",
        "--geometries",
        f"{options.geometries}",
        "--json",
        str(build / "ledger.json"),
    ]
    book = ["-c", RUN_JUPYTER_BOOK, "build", str(BOOK), "--all", "-W", "-n", "--keep-going"]
    if options.ledger:
        shutil.copyfile(options.ledger, build / "ledger.json")
    for step in (book,) if options.ledger else (ledger, book):
        code = subprocess.run([sys.executable, *step], cwd=BOOK.parent, env=environment, check=False).returncode
        if code:
            print(f"book: failed at {' '.join(step)}", file=sys.stderr)
            return code

    page = build / "html" / "index.html"
    print(f"book: {page}")
    if options.open:
        webbrowser.open(page.as_uri())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
