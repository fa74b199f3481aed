"""Every page of the built book in Chromium: in the light on a desk, in the dark on a phone.

``book/build.py`` must have run; ``pip install -e '.[browser]'`` brings Playwright, and the system its Chromium.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.book.chromium import CHROMIUM

HTML = Path(__file__).parents[2] / "book" / "_build" / "html"
PAGES = sorted(path.relative_to(HTML).as_posix() for path in HTML.glob("*.html")) or ["index.html"]
#: Width and height of the window, and the colours that the reader prefers.
VIEWS = {"desk": (1280, 900, "light"), "phone": (400, 800, "dark")}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (HTML / PAGES[0]).exists(), reason="the book has not been built"),
]


@pytest.fixture(scope="module")
def browser():
    if not os.environ.get("CI"):
        pytest.importorskip("playwright")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module", params=VIEWS)
def view(browser, request):
    """A window, and what went wrong in it."""
    width, height, scheme = VIEWS[request.param]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request", lambda one: wrong.append(one.url) if one.url.split(":")[0] not in ("file", "data", "blob") else None
    )
    yield page, wrong
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_fits_and_asks_for_nothing(view, name):
    page, wrong = view
    wrong.clear()
    page.goto((HTML / name).as_uri(), wait_until="load")
    page.wait_for_timeout(50)
    assert wrong == []
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0


def test_what_goes_wrong_is_noticed(view, tmp_path):
    """Planted: an error in a script, a request to elsewhere, and a line that does not fit."""
    page, wrong = view
    wrong.clear()
    path = tmp_path / "page.html"
    path.write_text("<img src='http://localhost:9/x.png'><div style='width: 2000px'>x</div><script>nothing()</script>")
    page.goto(path.as_uri())
    assert any("nothing" in one for one in wrong)
    assert any("localhost" in one for one in wrong)
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0
