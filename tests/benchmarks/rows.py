"""The rows of the comparison, in the order in which they are shown."""

from __future__ import annotations

from tests.benchmarks import jax_peers, numpy_peers, ours, torch_peers
from tests.benchmarks.task import Row

__all__ = ["OURS", "ROWS"]

#: The row that the others are compared with.
OURS = "ours, auto"

ROWS = (
    Row(OURS, ours.simulate("auto"), "ours"),
    Row("ours, auto, out=", ours.simulate("auto", into=True), "ours", into=True),
    Row("ours, numba", ours.simulate("numba"), "ours", needs="numba"),
    Row("ours, numba, out=", ours.simulate("numba", into=True), "ours", needs="numba", into=True),
    Row("ours, numpy", ours.simulate("numpy"), "ours"),
    Row("ours, numpy, out=", ours.simulate("numpy", into=True), "ours", into=True),
    Row("ours, from agents", ours.from_agents, "from agents"),
    Row("Python loop", numpy_peers.loop, "alternating"),
    Row("NumPy matmul", numpy_peers.matmul, "alternating"),
    Row("NumPy matmul, out=", numpy_peers.matmul_into, "alternating", into=True),
    Row("NumPy matmul on AB", numpy_peers.matmul_affine, "affine"),
    Row("SciPy dlsim", numpy_peers.dlsim, "affine", needs="scipy"),
    Row("python-control", numpy_peers.control, "affine", needs="control"),
    Row("PyTorch", torch_peers.torch_alternating, "alternating", needs="torch"),
    Row("PyTorch on AB", torch_peers.torch_affine, "affine", needs="torch"),
    Row("JAX", jax_peers.jax_alternating, "alternating", needs="jax"),
    Row("JAX on AB", jax_peers.jax_affine, "affine", needs="jax"),
)
