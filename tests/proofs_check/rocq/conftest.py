"""The laws compiled once: most tests of the kernel are about what stands below them in a file."""

from __future__ import annotations

import subprocess

import pytest

from proofs_check.rocq import export
from proofs_check.rocq.terms import LAWS


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("library")
    (folder / "the_laws.v").write_text(LAWS)
    subprocess.run(["coqc", "-q", "the_laws.v"], cwd=folder, check=True)
    return folder


@pytest.fixture
def laws_compiled(library, monkeypatch):
    """What is exported asks for the laws instead of repeating them."""
    asks = LAWS[: LAWS.index("(** *")]
    monkeypatch.setenv("COQPATH", str(library))
    monkeypatch.setattr(export, "LAWS", f"{asks}Require Import the_laws.\n")
