"""Where derivation and simulation meet: theorems, their evidence, and honest verdicts.

The only package that sees both `theory` (symbolic) and `numerics` (simulated). `theorems` is the ledger, `claims` the
statements that are false without a further hypothesis, `run` checks theorems, `predict` compares two prompts,
``proofs-check`` is the command.

>>> from proofs_check import run, theorems
>>> [result] = run([theorems["error-recursion"]], geometries=8)
>>> str(result.verdict)
'PROVED'
"""

from lazy_loader import attach_stub

__getattr__, __dir__, __all__ = attach_stub(__name__, __file__)
