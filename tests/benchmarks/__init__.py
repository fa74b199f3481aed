"""Timed comparisons, run by ``python -m tests.benchmarks``; never collected by pytest.

One subject a module: what is computed (``workload``), who computes it (``ours``, ``numpy_peers``, ``torch_peers``,
``jax_peers``; listed in ``rows``), whether they agree (``agreement``), how they are timed (``timing``,
``comparison``), what the machine can do (``limits``, ``roofline``), further measurements (``growth``, ``layer``,
``processes``), and what is shown and kept (``records``, ``tables``). What was promised is decided by ``python -m
tests.benchmarks.must_hold``.
"""
