"""Where the numbers come from: processor, versions, the kernels of the BLAS, and how many threads everyone may use."""

from __future__ import annotations

import platform
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from numerics.environment import cores, versions_of

__all__ = ["describe"]

PACKAGES = ("numpy", "scipy", "numba", "torch", "jax", "control")


def _processor() -> str:
    """The model's name, as the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _blas() -> str:
    """The library behind NumPy's products: name, version, kernels, threads."""
    if find_spec("threadpoolctl") is None:
        build = np.show_config(mode="dicts")
        blas = build["Build Dependencies"]["blas"] if isinstance(build, dict) else {}
        return f"{blas.get('name', 'unknown')} {blas.get('version', '')} (kernels unknown: threadpoolctl not installed)"
    threadpoolctl: Any = import_module("threadpoolctl")
    found = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
    return "; ".join(
        f"{p['internal_api']} {p['version']}, {p.get('architecture', '?')} kernels, {p['num_threads']} threads"
        for p in found
    )


def _threads() -> dict[str, str]:
    """Threads of those that tell."""
    told = {}
    if find_spec("numba") is not None:
        told["numba threads"] = str(import_module("numba").get_num_threads())
    if find_spec("torch") is not None:
        told["torch threads"] = str(import_module("torch").get_num_threads())
    return told


def describe(threads: int | None) -> dict[str, str]:
    """Describe machine, versions and threads.

    Parameters
    ----------
    threads : int or None
        The limit that was set; None for the defaults of every library.
    """
    return {
        "processor": f"{_processor()}, {cores()} processors",
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
        "threads": "everyone's default" if threads is None else f"{threads} for everyone",
        "BLAS": _blas(),
        **versions_of(PACKAGES),
        **_threads(),
    }
