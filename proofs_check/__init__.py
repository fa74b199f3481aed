"""Where derivation and simulation meet: theorems, their evidence, and honest verdicts.

The only package that sees both `theory` (symbolic) and `numerics` (simulated). `theorems` is the ledger, `claims` the
statements that are false without a further hypothesis, `run` checks theorems, ``proofs-check`` is the command.

>>> from proofs_check import run, theorems
>>> [result] = run([theorems["lsa-step"]], geometries=8)
>>> str(result.verdict)
'DERIVED'
"""

from __future__ import annotations

from proofs_check.catalogue import claims, theorems
from proofs_check.errors import CheckError, InputError
from proofs_check.finding import Counterexample, Finding
from proofs_check.ledger import Claim, ClaimResult, Result, Theorem
from proofs_check.runner import run, run_claims
from proofs_check.verdict import Verdict, combine

__all__ = [
    "CheckError",
    "Claim",
    "ClaimResult",
    "Counterexample",
    "Finding",
    "InputError",
    "Result",
    "Theorem",
    "Verdict",
    "claims",
    "combine",
    "run",
    "run_claims",
    "theorems",
]
