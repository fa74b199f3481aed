"""One question to `proofs_check.conjecture` whose answer is known, and what became of it."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import Any

from proofs_check.conjectures.conjecture import conjectured
from proofs_check.conjectures.proof import proved
from proofs_check.conjectures.settling import settled

__all__ = ["Case", "asked"]


@dataclass(frozen=True)
class Case:
    """A claim as text.

    Attributes
    ----------
    name, kind : str
        Its own name, and what it is counted with.
    claim : str
    given, let : tuple of str
    setting : str
    true : bool or None
        The answer; None if nobody knows.
    """

    name: str
    kind: str
    claim: str
    given: tuple[str, ...] = ()
    let: tuple[str, ...] = ()
    setting: str = "none"
    true: bool | None = field(default=None)


def asked(case: Case, *, seconds: float, seed: int = 0) -> dict[str, Any]:
    """Settle a case; of what is false a proof is looked for besides, as if no instance had been tried.

    Returns
    -------
    dict
        The case, ``verdict``, ``certified`` (whether the search for proofs alone finds one), ``seconds``, ``wrong``.
    """
    made = conjectured(case.claim, case.given, let=case.let, setting=case.setting)
    start = time.monotonic()
    verdict = str(settled(made, seconds=seconds, seed=seed, suggest=False).verdict)
    took = time.monotonic() - start
    certified = verdict == "PROVED"
    if not certified and case.true is not True:
        certified = proved(made, seconds=min(seconds / 4, 5)).certificate is not None
    wrong = (certified and case.true is False) or (verdict == "REFUTED" and (case.true is True or certified))
    return asdict(case) | {"verdict": verdict, "certified": certified, "seconds": round(took, 2), "wrong": wrong}
