"""From a start and a step to a theorem about every turn: the induction that a certificate leaves to words.

A statement whose hypotheses contain its claim one turn earlier (``x_t`` for ``x_next``, ``A_to_the_t`` for
``A A_to_the_t``) is the step of an induction. The letters of one turn become sequences, a power of a letter becomes
that power, and Rocq proves the claim for every t from the step.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["OPERATORS", "Binder", "EveryTurn", "Turns", "every_turn", "first_turn", "is_step"]

Binder = tuple[list[str], str]


@dataclass(frozen=True)
class Turns:
    """How turns are written: the first, the next, and what is meant by the letters that stand for powers."""

    first: str
    later: str
    powers: dict[str, str]


OPERATORS = Turns(
    "0%nat",
    "(S t)",
    {
        "A_B_to_the_t": "(power (A * B) t)",
        "B_A_to_the_t": "(power (B * A) t)",
        "A_to_the_t": "(power A t)",
        "one_minus_alpha_to_the_t": "(rpower (1 - alpha)%real t)",
    },
)

#: How a certificate writes one factor more.
FACTORS = {"A_B_to_the_t": "A B", "B_A_to_the_t": "B A", "A_to_the_t": "A", "one_minus_alpha_to_the_t": "(1 - alpha)"}


def _induction_hypothesis(statement: dict[str, Any]) -> tuple[str, str] | None:
    """Return the name of the hypothesis that is the claim one turn earlier, and the sequence's letter."""
    claim = re.match(r"(\w+)_next = ", statement["proof"][-1]["states"])
    if claim is None:
        return None
    for name, text in statement.get("given", {}).items():
        if text.startswith(f"{claim[1]}_t = ") and "_to_the_t" in text:
            return name, claim[1]
    return None


def is_step(statement: dict[str, Any]) -> bool:
    """Whether a statement is the step of an induction whose powers and start are known.

    Any other statement has no theorem about every turn; so the claim must be the hypothesis one turn later, as it is
    written, and its letters must be of the types that powers and sequences have.
    """
    found = _induction_hypothesis(statement)
    letters, scalars = statement.get("letters", {}), statement.get("scalars", [])
    declared = {*letters, *scalars, *(space.strip() for ends in letters.values() for space in ends.split("<-"))}
    powers = {name for name in declared if name.endswith("_to_the_t")}
    if found is None or not powers <= FACTORS.keys() or f"{found[1]}_0" not in declared:
        return False
    hypothesis, x = found
    later = {f"{x}_t": f"{x}_next"} | {name: f"{FACTORS[name]} {name}" for name in powers}
    claim = re.sub(r"\w+", lambda m: later.get(m[0], m[0]), statement["given"][hypothesis])
    alike = [{letters.get(f"{x}_{turn}", "") for turn in ("t", "next", "0")}]
    for name in powers - {"one_minus_alpha_to_the_t"}:
        alike.append({letters.get(base, "") for base in (name, *FACTORS[name].split())})
        alike += [set(map(str.strip, letters.get(name, "").split("<-")))]
    numbers = {"one_minus_alpha_to_the_t", "alpha"} if "one_minus_alpha_to_the_t" in powers else set()
    if claim != statement["proof"][-1]["states"] or any(len(ends) > 1 or "" in ends for ends in alike):
        return False
    if not numbers <= set(scalars) or {f"{x}_t", f"{x}_next", *powers} & set(statement.get("symmetric", [])):
        return False
    # The names that the theorem adds must be free.
    return not declared & {x, "t", "S", "start", "IH", "power", "rpower"}


@dataclass(frozen=True)
class EveryTurn:
    """A theorem about every turn: variables and hypotheses, the claim, and what the step is applied to."""

    binders: list[Binder]
    claim: str
    arguments: list[str]


def every_turn(
    statement: dict[str, Any], binders: list[Binder], claim_at: Callable[[str], str], turns: Turns
) -> EveryTurn:
    """Say what holds at every turn.

    Parameters
    ----------
    statement : dict
        One for which `is_step` holds.
    binders : list of (list of str, str)
        Variables and hypotheses of the theorem that is the step, each group with its type.
    claim_at : callable
        Writes a relation of the certificate.
    turns : Turns
        How turns and powers are written beside that.
    """
    found = _induction_hypothesis(statement)
    assert found is not None
    hypothesis, x = found
    turn = {f"{x}_t": f"({x} t)", f"{x}_next": f"({x} {turns.later})"}
    turn |= {name: base for name, base in turns.powers.items() if re.search(rf"\b{name}\b", str(statement))}

    def at_turn(written: str) -> str:
        return re.sub(r"\w+", lambda m: turn.get(m[0], m[0]), written)

    said = claim_at(statement["given"][hypothesis])
    every: list[Binder] = []
    arguments: list[str] = []
    for names, kind in binders:
        kept = [name for name in names if name not in turn]
        changed = at_turn(kind) != kind
        if kind == said:
            arguments.append("IH")
            continue
        arguments += [turn.get(name, f"({name} t)" if changed else name) for name in names]
        if f"{x}_t" in names:
            every.append(([x], f"nat -> {kind}"))
        if kept:
            every.append((kept, f"{'forall t : nat, ' if changed else ''}{at_turn(kind)}"))
    every.append((["start"], f"{x} {turns.first} = {x}_0"))
    return EveryTurn(every, f"forall t : nat, {at_turn(said)}", arguments)


def first_turn(statement: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the statement of the first turn, and what its variables are in the theorem about every turn."""
    found = _induction_hypothesis(statement)
    assert found is not None
    hypothesis, x = found
    claim = re.sub(r"\w+_to_the_t ?", "", statement["given"][hypothesis])
    used = set(re.findall(r"[A-Za-z_]\w*", claim))
    first = {
        "name": f"{statement['name']}/start",
        "letters": {k: v for k, v in statement["letters"].items() if k in used | {f"{x}_0"}},
        "scalars": [k for k in statement.get("scalars", []) if k in used],
        "given": {"start": f"{x}_t = {x}_0"},
        "proof": [{"states": claim, "because": [["1", "1", "start", "1"]]}],
    }
    return first, {f"{x}_t": f"({x} 0%nat)", "H_start": "start"}
