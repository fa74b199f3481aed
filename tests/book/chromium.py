"""Chromium, for what is tried in a browser."""

from __future__ import annotations

import shutil

__all__ = ["CHROMIUM"]

#: The program on the path; None if there is none.
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
