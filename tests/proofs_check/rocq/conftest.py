"""The laws, and the proof that matrices obey them, compiled once: the tests are about what rests on them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from proofs_check.rocq.export import export
from proofs_check.rocq.kernel import compile_all, compile_file


@pytest.fixture(scope="session")
def libraries(mathcomp, tmp_path_factory):
    folder = tmp_path_factory.mktemp("libraries")
    for done in compile_all(export([], folder, {})):
        assert done.ok, done.message
    return folder


@pytest.fixture
def exported(libraries):
    """Exports a certificate beside the compiled libraries: what it says of operators, and of matrices."""

    def write(certificate, directory):
        *_, operators, matrices = export([certificate], Path(directory), {})
        for path in libraries.glob("*.vo"):
            shutil.copy(path, directory)
        return operators, matrices

    return write


@pytest.fixture
def compiled(exported):
    """Has Rocq compile what a certificate says of operators."""
    return lambda directory, certificate: compile_file(exported(certificate, directory)[0])
