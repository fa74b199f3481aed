"""Rocq and Mathematical Components, where they are installed."""

from __future__ import annotations

import pytest

from proofs_check.errors import InputError
from proofs_check.rocq.kernel import need_mathcomp


@pytest.fixture(scope="session")
def mathcomp():
    try:
        need_mathcomp()
    except InputError as missing:
        pytest.skip(f"{missing}; CI installs it")
