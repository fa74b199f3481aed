"""From a start and a step to a theorem about every turn: the induction that a certificate leaves to words.

A statement whose hypotheses contain its claim one turn earlier (``x_t`` for ``x_next``, ``A_to_the_t`` for
``A A_to_the_t``) is the step of an induction. The letters of one turn become sequences, a power of a letter becomes
that power, and Rocq proves the claim for every t from the step.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

__all__ = ["POWERS", "every_turn", "is_step"]

#: Letters that stand for powers, with what they are powers of.
BASES = {
    "A_B_to_the_t": "power (A * B)",
    "B_A_to_the_t": "power (B * A)",
    "A_to_the_t": "power A",
    "one_minus_alpha_to_the_t": "rpower (1 - alpha)%real",
}

#: How a certificate writes one factor more.
FACTORS = {"A_B_to_the_t": "A B", "B_A_to_the_t": "B A", "A_to_the_t": "A", "one_minus_alpha_to_the_t": "(1 - alpha)"}

POWERS = """Fixpoint power {O : Operators} {a} (x : hom a a) (n : nat) : hom a a :=
  match n with 0%nat => one | Datatypes.S m => comp x (power x m) end.
Fixpoint rpower {O : Operators} (x : real) (n : nat) : real :=
  match n with 0%nat => rat 1 | Datatypes.S m => rmul x (rpower x m) end.
"""


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
    if found is None or not powers <= BASES.keys() or f"{found[1]}_0" not in declared:
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


def every_turn(
    statement: dict[str, Any],
    step: str,
    binders: list[tuple[list[str], str]],
    claim_at: Callable[[str], str],
    start: Callable[[dict[str, Any]], tuple[str, str, list[str]] | None],
    new_name: Callable[[str], str],
) -> tuple[list[str], str]:
    """Write the theorem about every turn.

    Parameters
    ----------
    statement : dict
        One for which `is_step` holds.
    step : str
        Identifier of the theorem that is the step.
    binders : list of (list of str, str)
        Its variables and hypotheses, each group with its type.
    claim_at : callable
        Writes a relation of the certificate in the notation of Rocq.
    start : callable
        Writes the first turn as a theorem: identifier, text, and the names of its arguments; None if it does not hold.
    new_name : callable
        Makes identifiers.

    Returns
    -------
    (list of str, str)
        The identifiers of the first turn and of every turn; both theorems. Empty if the first turn does not hold.
    """
    found = _induction_hypothesis(statement)
    assert found is not None
    hypothesis, x = found
    text = statement["given"][hypothesis]
    turn = {f"{x}_t": f"({x} t)", f"{x}_next": f"({x} (S t))"}
    turn |= {name: f"({base} t)" for name, base in BASES.items() if re.search(rf"\b{name}\b", str(statement))}

    def at_turn(written: str) -> str:
        return re.sub(r"\w+", lambda m: turn.get(m[0], m[0]), written)

    said = claim_at(text)
    lines: list[str] = []
    arguments: list[str] = []
    for names, kind in binders:
        kept = [name for name in names if name not in turn]
        changed = at_turn(kind) != kind
        if kind == said:
            arguments.append("IH")
            continue
        arguments += [turn.get(name, f"({name} t)" if changed else name) for name in names]
        if f"{x}_t" in names:
            lines.append(f"({x} : nat -> {kind})")
        if kept:
            lines.append(f"({' '.join(kept)} : {'forall t : nat, ' if changed else ''}{at_turn(kind)})")
    first = re.sub(r"\w+_to_the_t ?", "", text)
    used = set(re.findall(r"[A-Za-z_]\w*", first))
    first_turn = start(
        {
            "name": f"{statement['name']}/start",
            "letters": {k: v for k, v in statement["letters"].items() if k in used | {f"{x}_0"}},
            "scalars": [k for k in statement.get("scalars", []) if k in used],
            "given": {"start": f"{x}_t = {x}_0"},
            "proof": [{"states": first, "because": [["1", "1", "start", "1"]]}],
        }
    )
    if first_turn is None:
        return [], ""
    base, base_text, base_names = first_turn
    starting = {f"{x}_t": f"({x} 0%nat)", "H_start": "start"}
    given = " ".join(starting.get(name, name) for name in base_names)
    name = new_name(f"{step}_every_turn")
    return [base, name], "\n".join(
        [
            base_text,
            f"Theorem {name}",
            *(f"    {line}" for line in lines),
            f"    (start : {x} 0%nat = {x}_0)",
            f"  : forall t : nat, {at_turn(said)}.",
            "Proof.",
            "  intros t. induction t as [|t IH].",
            "  - cbn [power rpower]. rewrite ?comp_1_l, ?scale_1.",
            f"    exact ({base} {given}).",
            f"  - exact ({step} {' '.join(arguments)}).",
            "Qed.",
            "",
        ]
    )
