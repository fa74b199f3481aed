"""Timed comparisons, run by ``python -m tests.benchmarks``; never collected by pytest.

BLAS is held to one thread here, because this file is imported before NumPy is.
"""

import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"
