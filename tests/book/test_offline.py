"""Pages name no CDN: Thebe's scripts are dropped and nothing else is."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

EXTENSIONS = Path(__file__).resolve().parents[2] / "book" / "_ext"


@pytest.fixture
def offline(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSIONS))
    sys.modules.pop("offline", None)
    import offline

    yield offline
    sys.modules.pop("offline", None)


def script(filename=None, body=None):
    return SimpleNamespace(filename=filename, attributes={"body": body} if body else {})


def test_only_thebe_is_dropped(offline):
    kept = [script("_static/documentation_options.js"), script(None, "const a = 1"), "_static/doctools.js"]
    thebe = [script("_static/sphinx-thebe.js"), script(None, "const THEBE_JS_URL = 1"), "_static/thebe.js"]
    assert offline.drop_thebe([thebe[0], *kept, *thebe[1:]]) == kept


def test_missing_package_is_named(offline):
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        offline.package_folder("no_such_package")
