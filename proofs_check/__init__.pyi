"""The names of the package and their homes; `__init__.py` imports each when it is first used."""

from .commands.conjecture import conjecture as conjecture
from .commands.report import PredictionReport as PredictionReport, predict as predict
from .errors import CheckError as CheckError, InputError as InputError
from .evidence.finding import Counterexample as Counterexample, Finding as Finding
from .evidence.theorem import Claim as Claim, ClaimResult as ClaimResult, Result as Result, Theorem as Theorem
from .evidence.verdict import Verdict as Verdict, combine as combine
from .ledger.catalogue import Entry as Entry, claims as claims, theorems as theorems
from .ledger.runner import run as run, run_claims as run_claims
from .predictions.check import ConclusionCheck as ConclusionCheck, TheoremCheck as TheoremCheck
