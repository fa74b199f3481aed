"""Single changes to a certificate that must not go unnoticed.

Changes that leave a true statement with a complete proof are not made: consistent renaming, a weaker claim, a weaker
hypothesis (`>` to `>=`), a specialisation (a map between two spaces declared to act on one, an operator declared a
number), free text and names. An expression is changed only if its value at random matrices changes.
"""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any

from tests.proofs_check.certificates.oracle import agrees, same

__all__ = ["Tampering", "edits", "sampled", "tamperings"]

TOKEN = re.compile(r"\d+/\d+|\d+|[A-Za-z_]\w*'?|>=|[-+()=>]|\S")
Statement = dict[str, Any]


def _always() -> bool:
    return True


@dataclass(frozen=True)
class Tampering:
    """One change: what it is, the statement afterwards, and whether it changes the meaning at all.

    The last two are computed when asked for, so that a sample of many tamperings is cheap.
    """

    what: str
    make: Callable[[], Statement]
    real: Callable[[], bool] = _always


def edits(text: str, statement: Statement) -> Iterator[str]:
    """All texts that differ from `text` by one token: changed, removed, doubled, or swapped with the next."""
    tokens = TOKEN.findall(text)
    names = [*statement.get("letters", {}), *statement.get("scalars", [])]
    for i, token in enumerate(tokens):
        others: list[list[str]] = []
        if token in "+-":
            others.append(["-" if token == "+" else "+"])
        elif token[0].isdigit():
            others += [[str(Fraction(token) + 1)], [str(Fraction(token) / 2)]]
        elif token.removesuffix("'") in names:
            name = token.removesuffix("'")
            others += [[other] for other in names if other != name]
            others += [[name if token != name else name + "'"], [token, token], [], ["2", token]]
        for other in others:
            yield " ".join([*tokens[:i], *other, *tokens[i + 1 :]])
        following = tokens[i + 1 : i + 2]
        if following and token.removesuffix("'") in names and following[0].removesuffix("'") in names:
            yield " ".join([*tokens[:i], following[0], token, *tokens[i + 2 :]])


def _difference(relation: str) -> str:
    left, _, right = re.split("(>=|=|>)", relation)
    return f"({left}) - ({right})"


def _meant_otherwise(old: str, new: str, statement: Statement) -> bool:
    """Whether a relation says something else: an equation may be turned round or multiplied, an inequality doubled."""
    multiples = ("", "-", "2", "1/2") if ">" not in old else ("", "2", "1/2")
    return not any(same(f"{k} ({_difference(old)})", _difference(new), statement) for k in multiples)


def _at(statement: Statement, path: list[Any], value: Any) -> Callable[[], Statement]:
    """Put `value` at a place; None removes what is there."""

    def make() -> Statement:
        changed = copy.deepcopy(statement)
        place = changed
        for key in path[:-1]:
            place = place[key]
        if value is None:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return changed

    return make


def _false(make: Callable[[], Statement]) -> Callable[[], bool]:
    """What is assumed has changed, and the proof does not hold at random matrices.

    Another hypothesis may be proved enough by the same cofactors: that Pi A = A Pi does not depend on the step size.
    """
    return lambda: not agrees(make())


def _with(statement: Statement, **parts: Any) -> Callable[[], Statement]:
    return lambda: {**copy.deepcopy(statement), **parts}


def tamperings(statement: Statement) -> Iterator[Tampering]:
    """Yield every tampering of one statement, in order."""
    for place in _places(statement):
        yield from place()


def sampled(statement: Statement, rng: random.Random, number: int) -> list[Tampering]:
    """Draw so many: first a place, then one of its tamperings, so that long proofs do not hide the hypotheses."""
    places = _places(statement)
    return [rng.choice(found) for place in rng.choices(places, k=number) if (found := list(place()))]


def _places(statement: Statement) -> list[Callable[[], Iterator[Tampering]]]:
    """What can be tampered with on its own: declarations, hypotheses, each line and each term of it."""
    places = [partial(_in_declarations, statement), partial(_in_hypotheses, statement)]
    for i, line in enumerate(statement["proof"]):
        here, what = ["proof", i], f"line {i + 1}"
        places.append(partial(_in_line, statement, i, line))
        for j, term in enumerate(line.get("because", [])):
            cofactor = [*here, "because", j], f"{what}, cofactor {j + 1}"
            places.append(partial(_in_cofactor, statement, *cofactor, term))
        for j, term in enumerate(line.get("sum", [])):
            positive = [*here, "sum", j], f"{what}, positive term {j + 1}"
            places.append(partial(_in_positive_term, statement, *positive, term))
    return places


def _in_declarations(statement: Statement) -> Iterator[Tampering]:
    letters, scalars = statement.get("letters", {}), statement.get("scalars", [])
    spaces = [space.strip() for ends in letters.values() for space in ends.split("<-")]
    for name, ends in letters.items():
        yield Tampering(f"letter {name} dropped", _at(statement, ["letters", name], None))
        for side, space in enumerate(map(str.strip, ends.split("<-"))):
            # A space that no other letter, and not the other side, is tied to may be called anything.
            if spaces.count(space) > 1:
                parts = [part.strip() for part in ends.split("<-")]
                parts[side] = "elsewhere"
                make = _at(statement, ["letters", name], " <- ".join(parts))
                yield Tampering(f"type of {name}, side {side}", make, _false(make))
    for i, name in enumerate(scalars):
        rest = [*scalars[:i], *scalars[i + 1 :]]
        for space in dict.fromkeys(spaces or ["d"]):
            make = _with(statement, scalars=rest, letters={**letters, name: f"{space} <- {space}"})
            # Where a number always stands at the left of an operator, it might as well be one.
            yield Tampering(f"number {name} as a letter on {space}", make, _false(make))
        yield Tampering(f"number {name} dropped", _with(statement, scalars=rest))
    for i, name in enumerate(statement.get("symmetric", [])):
        yield Tampering(f"{name} not symmetric", _at(statement, ["symmetric", i], None))
    yield Tampering("a letter added", _with(statement, letters={**letters, "extra": "d <- d"}))
    yield Tampering("a number added", _with(statement, scalars=[*scalars, "extra"]))
    yield Tampering("a part added", _with(statement, remark="extra"))


def _in_hypotheses(statement: Statement) -> Iterator[Tampering]:
    for part in ("given", "positive"):
        facts = statement.get(part, {})
        for name, text in facts.items():
            others = {key: value for key, value in facts.items() if key != name}
            yield Tampering(f"{part} {name} dropped", _with(statement, **{part: others}))
            yield Tampering(f"{part} {name} renamed", _with(statement, **{part: {**others, f"{name}_": text}}))
            for edited in dict.fromkeys(edits(text, statement)):
                make = _at(statement, [part, name], edited)
                yield Tampering(f"{part} {name}: {edited}", make, _false(make))
            other = text.replace("=", ">=") if part == "given" else re.sub(">=?", "=", text)
            yield Tampering(f"{part} {name} with another relation", _at(statement, [part, name], other))
    first = next(iter([*statement.get("letters", {}), *statement.get("scalars", []), "1"]))
    added = {**statement.get("given", {}), "extra": f"{first} = {first}"}
    yield Tampering("given added", _with(statement, given=added))


def _in_line(statement: Statement, i: int, line: dict[str, Any]) -> Iterator[Tampering]:
    here: list[Any] = ["proof", i]
    what = f"line {i + 1}"
    stated = line["states"]

    for edited in dict.fromkeys(edits(stated, statement)):
        make = _at(statement, [*here, "states"], edited)
        yield Tampering(
            f"{what} states {edited}", make, lambda edited=edited: _meant_otherwise(stated, edited, statement)
        )
    relation = re.search(">=|=|>", stated)
    assert relation is not None
    for other in {"=": (">=", ">"), ">=": (">", "="), ">": ("=",)}[relation[0]]:
        edited = re.sub(">=|=|>", other, stated)
        yield Tampering(f"{what} states {edited}", _at(statement, [*here, "states"], edited))
    if i + 1 < len(statement["proof"]):
        yield Tampering(f"{what} dropped", _at(statement, here, None))
    idle = {"name": "idle", "states": re.sub(">=|>", "=", stated), "because": []}
    proof = [*statement["proof"][:i], idle, *statement["proof"][i:]]
    yield Tampering(f"{what} preceded by an idle line", _with(statement, proof=proof))
    if line.get("because"):
        again = [*line["because"], line["because"][0]]
        yield Tampering(f"{what}, a cofactor doubled", _at(statement, [*here, "because"], again))
    if "kernel" in line:
        names, text = line["kernel"]
        path = [*here, "kernel"]
        yield Tampering(f"{what}, no kernel", _at(statement, path, None))
        known = [[], *([other] for other in statement.get("positive", {}))]
        for other in (x for x in known if x != names):
            yield Tampering(f"{what}, kernel of {other}", _at(statement, path, [other, text]))
        for edited in dict.fromkeys(edits(text, statement)):
            make = _at(statement, path, [names, edited])
            yield Tampering(f"{what}, kernel: {edited}", make, lambda edited=edited: not same(text, edited, statement))


def _another_square(old: str, new: str, statement: Statement) -> bool:
    return not same(old, new, statement) and not same(f"- ({old})", new, statement)


def _weights(weight: Any) -> list[str]:
    value = Fraction(weight)
    return [str(value + 1), str(-value), str(2 * value), str(value / 3), "0", str(value + Fraction(1, 10**9))]


def _facts(statement: Statement) -> dict[str, str]:
    """All facts as differences, by name."""
    lines = {line.get("name", f"line {i}"): line["states"] for i, line in enumerate(statement["proof"], 1)}
    known = {**statement.get("given", {}), **statement.get("positive", {}), **lines}
    return {name: _difference(text) for name, text in known.items()}


def _in_cofactor(statement: Statement, path: list[Any], what: str, term: list[Any]) -> Iterator[Tampering]:
    weight, left, name, right = term
    yield Tampering(f"{what} dropped", _at(statement, path, None))
    for other in _weights(weight):
        yield Tampering(f"{what}: weight {other}", _at(statement, path, [other, left, name, right]))
    for edited in dict.fromkeys(edits(left, statement)):
        make = _at(statement, path, [weight, edited, name, right])
        yield Tampering(f"{what}: left {edited}", make, lambda edited=edited: not same(left, edited, statement))
    for edited in dict.fromkeys(edits(right, statement)):
        make = _at(statement, path, [weight, left, name, edited])
        yield Tampering(f"{what}: right {edited}", make, lambda edited=edited: not same(right, edited, statement))
    facts = _facts(statement)
    mine = facts[name.removesuffix("'")]
    yield Tampering(
        f"{what}: sides exchanged",
        _at(statement, path, [weight, right, name, left]),
        lambda: not same(f"({left}) ({mine}) ({right})", f"({right}) ({mine}) ({left})", statement),
    )
    for other, gap in facts.items():
        make = _at(statement, path, [weight, left, other, right])
        yield Tampering(f"{what}: fact {other}", make, lambda gap=gap: not same(mine, gap, statement))
    yield Tampering(f"{what}: no such fact", _at(statement, path, [weight, left, "nothing", right]))


def _in_positive_term(statement: Statement, path: list[Any], what: str, term: list[Any]) -> Iterator[Tampering]:
    weight, names, root = term
    yield Tampering(f"{what} dropped", _at(statement, path, None))
    for other in _weights(weight):
        yield Tampering(f"{what}: weight {other}", _at(statement, path, [other, names, root]))
    for edited in dict.fromkeys(edits(root, statement)):
        make = _at(statement, path, [weight, names, edited])
        yield Tampering(f"{what}: root {edited}", make, lambda edited=edited: _another_square(root, edited, statement))
    facts = _facts(statement)
    for j, name in enumerate(names):
        rest = [*names[:j], *names[j + 1 :]]
        yield Tampering(f"{what}: without {name}", _at(statement, path, [weight, rest, root]))
        for other, gap in facts.items():
            make = _at(statement, path, [weight, [*rest, other], root])
            yield Tampering(
                f"{what}: {other} for {name}",
                make,
                lambda gap=gap, name=name: not same(facts[name], gap, statement),
            )
    for other in facts:
        yield Tampering(f"{what}: {other} added", _at(statement, path, [weight, [*names, other], root]))
