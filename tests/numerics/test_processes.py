"""What worker processes are given: one thread of BLAS each, unless the environment asks for another number."""

from __future__ import annotations

import os

import pytest

from numerics.processes import worker_processes

NAME = "OPENBLAS_NUM_THREADS"


@pytest.mark.slow
@pytest.mark.parametrize(("asked", "given"), [(None, "1"), ("2", "2")])
def test_blas_has_one_thread_in_a_worker_and_the_parent_keeps_its_own(asked, given, monkeypatch):
    monkeypatch.delenv(NAME) if asked is None else monkeypatch.setenv(NAME, asked)
    with worker_processes(1) as pool:
        assert pool.submit(os.getenv, NAME).result() == given
    assert os.environ.get(NAME) == asked
