"""Random certificates that the checker accepts, and matrices of sizes 0 to 3 at which they are evaluated.

A statement is made forwards: letters, hypotheses (definitions, inverses, relations of which terms cancel, order), and
lines that are sums of multiples of what is known, so that most are accepted. Then it is changed at random, in ways that
aim at types, names, signs and spaces; a change that is still accepted counts like any other. Nothing here decides
whether a statement is true: that is done at matrices that satisfy what is given (:mod:`.models`).

More of them than the tests make: ``python -m tests.proofs_check.certificates.generated COUNT [SEED]``.
"""

from __future__ import annotations

import copy
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from proofs_check.certificates.checker import Answer, Context, Polynomial, Refused, add, check
from tests.proofs_check.certificates.models import find_model, holds
from tests.proofs_check.certificates.oracle import Map, Unfit, random_values
from tests.proofs_check.certificates.tampering import edits

__all__ = ["Tally", "accepted", "campaign", "made", "refuted"]

Statement = dict[str, Any]
Ends = tuple[str, str]

SPACES = ("d", "e", "1")
#: Names that mean something to Python, to the checker or to Rocq, among plain ones.
NAMES = (
    *("A", "B", "X", "Y", "eta", "v_1", "_", "_0", "S", "t", "O", "numbers", "d", "e", "forall", "Type", "Parameter"),
    *("Axiom", "admit", "zero", "one", "rat", "real", "hom", "place", "words", "Replay", "power", "nat", "list", "Q"),
    *("total", "sub_zero", "fun", "H_h0", "L_k0", "symmetric_A", "IF", "Hypothesis", "exact", "lambda", "None", "x_"),
)
WEIGHTS = ("1", "-1", "2", "1/2", "-3/4", "5", "7/3")


def judge(statement: Statement) -> Answer:
    """Return what the checker says of one statement."""
    return check({"theorem": "generated", "statements": [statement]})


def spelled(p: Polynomial) -> str:
    """Write a polynomial word by word."""
    out = ""
    for word, c in p.items():
        out += f" {'-' if c < 0 else '+'} {' '.join([str(abs(c)), *word])}"
    return out.removeprefix(" + ").strip() or "0"


@dataclass
class Maker:
    """One statement in the making."""

    rng: random.Random
    statement: Statement = field(default_factory=dict)
    shown: dict[str, tuple[str, Polynomial, tuple[str, ...]]] = field(default_factory=dict)
    order: dict[str, tuple[str, Polynomial, tuple[str, ...]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        rng = self.rng
        names = rng.sample(NAMES, rng.randrange(3, 8))
        cut = rng.randrange(0, min(3, len(names)))
        spaces = rng.sample(SPACES, rng.randrange(1, 4))
        letters = {name: f"{rng.choice(spaces)} <- {rng.choice(spaces)}" for name in names[cut:]}
        square = [name for name, ends in letters.items() if len(set(ends.split(" <- "))) == 1]
        symmetric = [name for name in square if rng.random() < 0.4]
        self.spaces = spaces
        # A confused maker takes the type of what is left for that of the relation: what it makes is to be refused.
        self.confused = rng.random() < 0.3
        self.statement = {
            "name": "generated",
            "letters": letters,
            "scalars": names[:cut],
            "symmetric": symmetric,
            "given": {},
            "positive": {},
            "proof": [],
        }

    @property
    def context(self) -> Context:
        """The checker's view of the letters."""
        s = self.statement
        return Context(s["letters"], s["scalars"], s["symmetric"])

    # Expressions ----------------------------------------------------------------------------------

    def word(self, ends: Ends, length: int = 3) -> str | None:
        """A product of letters of the given type; None if no path of letters is found."""
        (at, source), letters, word = ends, self.context.ends, list[str]()
        for _ in range(length + 1):
            if at == source and (word or self.rng.random() < 0.4) and self.rng.random() < 0.6:
                break
            steps = [(x, b) for x, (a, b) in letters.items() if a == at]
            turned = [(f"{x}'", a) for x, (a, b) in letters.items() if b == at and x not in self.statement["symmetric"]]
            if not (steps := [*steps, *turned]):
                return None
            near = [step for step in steps if step[1] == source]
            letter, at = self.rng.choice(near if near and self.rng.random() < 0.5 else steps)
            word.append(letter)
        if at != source:
            return None
        for name in self.statement["scalars"]:
            if self.rng.random() < 0.15:
                word.insert(self.rng.randrange(len(word) + 1), name)
        return " ".join(word) or "1"

    def expression(self, ends: Ends | None, terms: int = 3) -> str:
        """A sum of words of the given type, or of numbers; some of it cancels, some stands in brackets."""
        rng, parts = self.rng, list[str]()
        for _ in range(rng.randrange(1, terms + 1)):
            word = self.number() if ends is None else self.word(ends)
            if word is not None:
                parts.append(f"{rng.choice(('', '', '2 ', '1/2 ', '3/4 '))}{word}")
        if not parts:
            return "0"
        if ends and rng.random() < 0.4:
            parts += self.cancelling(ends)
        text = parts[0] + "".join(f" {rng.choice('+-')} {part}" for part in parts[1:])
        if ends is not None and rng.random() < 0.2 and (factor := self.word((ends[1], ends[1]))):
            text = f"({text}) ({factor} + 1)"
        return text

    def cancelling(self, ends: Ends) -> list[str]:
        """What leaves nothing but a type, to be added."""
        word = self.word(ends)
        return [] if word is None else [f"({word} - {word})"]

    def number(self) -> str:
        """A product of numbers."""
        scalars = self.statement["scalars"]
        return " ".join(self.rng.choices(scalars, k=self.rng.randrange(0, 3)) if scalars else []) or "1"

    def ends(self, *, square: bool = False) -> Ends:
        """Two spaces, or one twice."""
        target = self.rng.choice(self.spaces)
        return target, target if square or self.rng.random() < 0.5 else self.rng.choice(self.spaces)

    def kind(self, p: Polynomial, kind: tuple[str, ...]) -> tuple[str, ...]:
        """The type of a relation, or that of what is left of it."""
        return self.context.type(p) or () if self.confused else kind

    # Hypotheses -----------------------------------------------------------------------------------

    def suppose(self) -> None:
        """Add a hypothesis, of some kind."""
        kinds = (self.definition, self.inverse, self.cancelled, self.cancelled, self.plain, self.squares_vanish)
        text = self.rng.choice((*kinds, self.positive, self.positive))()
        if text is None:
            return
        sign = ">" if ">" in text else "="
        name = f"h{len(self.shown) + len(self.order)}"
        try:
            p, kind = self.context.read(text.replace(">=", "=").replace(">", "=").replace("=", "- (") + ")")
        except Refused:
            return
        part, facts = ("given", self.shown) if sign == "=" else ("positive", self.order)
        self.statement[part][name] = text
        facts[name] = (text, p, self.kind(p, kind or ()))

    def definition(self) -> str | None:
        """A letter is some expression; it is not symmetric, for its value might not be."""
        s = self.statement
        free = [x for x in (*s["letters"], *s["scalars"]) if x not in s["symmetric"]]
        if not free:
            return None
        name = self.rng.choice(free)
        ends = self.context.ends.get(name)
        text = self.expression(ends)  # type: ignore[arg-type]
        return None if name in text.replace("'", "").split() else f"{name} = {text}"

    def inverse(self) -> str | None:
        """Two letters, or two numbers, are inverses of each other."""
        s = self.statement
        square = [x for x, ends in self.context.ends.items() if ends[0] == ends[1]]
        pairs = [(x, y) for x in square for y in square if x != y and s["letters"][x] == s["letters"][y]]
        pairs += [(x, y) for x in s["scalars"] for y in s["scalars"] if x != y]
        return None if not pairs else "{} {} = 1".format(*self.rng.choice(pairs))

    def cancelled(self) -> str | None:
        """A relation between maps of which terms cancel: perhaps only a number is left, or nothing."""
        ends = self.ends(square=self.rng.random() < 0.8)
        word = self.word(ends)
        if word is None:
            return None
        left = self.rng.choice((self.number(), "1", "0", self.word(ends) or "0", f"2 {word}"))
        return f"{word} + {left} = {word}" if self.rng.random() < 0.5 else f"{word} = {word} - {left}"

    def plain(self) -> str | None:
        """Some relation; it holds where much is zero."""
        ends = None if self.rng.random() < 0.3 else self.ends()
        return f"{self.expression(ends)} = {self.expression(ends)}"

    def roots(self) -> list[str]:
        """Maps from one space, and numbers."""
        source = self.rng.choice(self.spaces)
        words = [self.word((self.rng.choice(self.spaces), source)) for _ in range(self.rng.randrange(1, 4))]
        return [word for word in words if word] + ([self.number()] if self.rng.random() < 0.4 else [])

    def gathered(self, roots: list[str]) -> Polynomial:
        """The sum of the squares."""
        c, total = self.context, Polynomial()
        for root in roots:
            p = c.parse(root)
            add(total, c.times(c.adjoint(p), p))
        return total

    def squares_vanish(self) -> str | None:
        """A sum of squares is zero."""
        roots = self.roots()
        return f"{spelled(self.gathered(roots))} = 0" if roots else None

    def positive(self) -> str | None:
        """A number or a symmetric expression is positive; it may be a number only after terms cancel."""
        c, rng = self.context, self.rng
        sign = rng.choice((">=", ">=", ">"))
        if rng.random() < 0.4 and self.statement["scalars"]:
            return f"{self.expression(None)} {sign} {rng.choice(('0', '0', '1', self.number()))}"
        ends = self.ends(square=True)
        word = self.word(ends)
        if word is None:
            return None
        p = c.parse(word)
        if rng.random() < 0.4:
            return f"{word} + {self.number()} {sign} {word}"
        total = dict(p)
        add(total, c.adjoint(p))
        return f"{spelled(total)} {sign} 0"

    # Lines ----------------------------------------------------------------------------------------

    def show(self) -> None:
        """Add a line, of some kind, that follows."""
        kinds = (self.combined, self.combined, self.combined, self.summed, self.rooted, self.vanishing)
        line = self.rng.choice(kinds)()
        if line is None:
            return
        text, gap, kind, parts = line
        name = f"k{len(self.statement['proof'])}"
        self.statement["proof"].append({"name": name, "states": text, **parts})
        (self.order if ">" in text else self.shown)[name] = (text, gap, kind)

    def terms(self, ends: Ends | None, count: int) -> tuple[Polynomial, list[list[str]]]:
        """Multiples of what vanishes, of the given type, and their sum."""
        c, total, terms = self.context, Polynomial(), dict[tuple[str, ...], list[str]]()
        for _ in range(count):
            if not self.shown:
                break
            name = self.rng.choice(list(self.shown))
            _, gap, kind = self.shown[name]
            turned = self.rng.random() < 0.3
            if turned:
                gap, kind = c.adjoint(gap), kind[::-1]
            if not gap or (kind and ends is None):
                continue
            if not kind:
                left, right = (self.number() if ends is None else self.word(ends)), self.number()
            elif ends is not None:
                left, right = self.word((ends[0], kind[0]), 2), self.word((kind[1], ends[1]), 2)
            if left is None or right is None:
                continue
            weight = self.rng.choice(WEIGHTS)
            key = (left, name + "'" * turned, right)
            if key not in terms:
                terms[key] = [weight, *key]
                add(total, c.times(c.parse(left), gap, c.parse(right)), Fraction(weight))
        return total, list(terms.values())

    def stated(self, gap: Polynomial, kind: tuple[str, ...], sign: str) -> str:
        """A relation with this gap; what is added on both sides shows its type."""
        left, right = Polynomial(), Polynomial()
        for word, c in gap.items():
            if self.rng.random() < 0.7:
                left[word] = c
            else:
                right[word] = -c
        both = self.word(kind) if len(kind) == 2 and not self.confused and self.rng.random() < 0.8 else None
        if both is None:
            return f"{spelled(left)} {sign} {spelled(right)}"
        if self.rng.random() < 0.5:
            return f"{spelled(left)} + {both} {sign} {both} + {spelled(right)}".replace("+ -", "- ")
        return f"{spelled(left)} {sign} {both} - {both} + {spelled(right)}".replace("+ -", "- ")

    def combined(self) -> tuple[str, Polynomial, tuple[str, ...], dict[str, Any]] | None:
        """An equation that follows by cofactors."""
        ends = None if self.rng.random() < 0.25 else self.ends()
        gap, terms = self.terms(ends, self.rng.randrange(1, 4))
        return (self.stated(gap, ends or (), "="), gap, ends or (), {"because": terms}) if terms else None

    def summed(self) -> tuple[str, Polynomial, tuple[str, ...], dict[str, Any]] | None:
        """An order relation that is a sum of squares times what is positive."""
        c, rng = self.context, self.rng
        ends = None if rng.random() < 0.4 else self.ends(square=True)
        gap, terms = self.terms(ends, rng.randrange(0, 2))
        sums, strict = list[Any](), ends is None and rng.random() < 0.5
        for _ in range(rng.randrange(1, 4)):
            names = rng.sample(list(self.order), rng.randrange(0, min(3, len(self.order)) + 1))
            maps = [self.order[name][2] for name in names if self.order[name][2]]
            if len(maps) > 1 or (maps and ends is None):
                continue
            target = maps[0][0] if maps else rng.choice(self.spaces)
            root = self.number() if ends is None else self.word((target, ends[1]), 2)
            if strict and not sums:
                root, names = rng.choice(("1", "2", "1/3")), [x for x in names if ">=" not in self.order[x][0]]
            if root is None:
                continue
            weight = rng.choice(("1", "2", "1/2", "7/3", "-1") if self.confused else ("1", "2", "1/2", "7/3"))
            sums.append([weight, names, root])
            g = c.parse(root)
            add(gap, c.times(c.adjoint(g), *(self.order[name][1] for name in names), g), Fraction(weight))
        if not sums:
            return None
        sign = ">" if strict else ">="
        return self.stated(gap, ends or (), sign), gap, ends or (), {"sum": sums, "because": terms}

    def rooted(self) -> tuple[str, Polynomial, tuple[str, ...], dict[str, Any]] | None:
        """A root of a sum of squares that vanishes by a hypothesis, which is added for it."""
        roots = self.roots()
        if not roots:
            return None
        name = f"h{len(self.shown) + len(self.order)}"
        total = self.gathered(roots)
        sources = {kind[1] for root in roots if (kind := self.context.read(root)[1])}
        source = next(iter(sources), "")
        chosen = self.rng.randrange(len(roots))
        root = roots[chosen]
        gap, kind = self.context.read(root)
        kind = self.kind(gap, kind or (source, source))
        if not total or not source:
            return None
        text = f"{spelled(total)} = 0" if self.rng.random() < 0.5 else self.stated(total, (source, source), "=")
        self.statement["given"][name] = text
        self.shown[name] = (text, total, self.kind(total, (source, source)))
        stated = self.stated(gap, kind, "=") if self.rng.random() < 0.5 else f"{root} = 0"
        sums = [["1", [], other] for i, other in enumerate(roots) if i != chosen]
        return stated, gap, kind, {"kernel": [[], root], "sum": sums, "because": [["-1", "1", name, "1"]]}

    def vanishing(self) -> tuple[str, Polynomial, tuple[str, ...], dict[str, Any]] | None:
        """What a positive map does to where its form, with terms that are not negative, vanishes: also a hypothesis."""
        c, rng = self.context, self.rng
        name, (_, inner, kind) = rng.choice(list(self.order.items()) or [("", ("", Polynomial(), ()))])
        ends = (kind[0], rng.choice(self.spaces)) if kind else ()
        root = self.word(ends, 2) if ends else None
        if root is None:
            return None
        g = c.parse(root)
        image = c.times(inner, g)
        form = c.times(c.adjoint(g), image)
        sums = [["2", [], more] for more in [self.word((rng.choice(self.spaces), ends[1]), 1)] if more]
        for _, _, more in sums:
            add(form, c.times(c.adjoint(c.parse(more)), c.parse(more)), 2)
        if not form or not image:
            return None
        source = f"h{len(self.shown) + len(self.order)}"
        text = self.stated(form, (ends[1], ends[1]), "=")
        self.statement["given"][source] = text
        self.shown[source] = (text, form, self.kind(form, (ends[1], ends[1])))
        stated = self.stated(image, ends, "=")
        return stated, image, ends, {"kernel": [[name], root], "sum": sums, "because": [["-1", "1", source, "1"]]}


def pruned(statement: Statement) -> Statement | None:
    """Drop what is not needed until the checker has nothing against it; None if it has something else."""
    statement = copy.deepcopy(statement)
    for _ in range(12):
        answer = judge(statement)
        if answer:
            return statement
        if answer.refusal is None or "not needed: " not in answer.refusal:
            return None
        idle = set(answer.refusal.partition("not needed: ")[2].split(", "))
        for part in ("letters", "given", "positive"):
            statement[part] = {name: x for name, x in statement[part].items() if name not in idle}
        statement["scalars"] = [x for x in statement["scalars"] if x not in idle]
        statement["symmetric"] = [x for x in statement["symmetric"] if not {x, f"{x} is symmetric"} & idle]
        statement["proof"] = [line for line in statement["proof"] if line.get("name") not in idle]
    return None


def made(rng: random.Random) -> Statement | None:
    """Make a statement and prune it; None if the checker refuses it."""
    maker = Maker(rng)
    for _ in range(rng.randrange(1, 5)):
        maker.suppose()
    for _ in range(rng.randrange(1, 5)):
        maker.show()
    return pruned(maker.statement)


# Changes ------------------------------------------------------------------------------------------


def _texts(statement: Statement) -> list[tuple[Any, Any]]:
    """Where the expressions stand: a container and a key in it."""
    places = [(statement[part], name) for part in ("given", "positive") for name in statement.get(part, {})]
    for line in statement["proof"]:
        places.append((line, "states"))
        places += [(line["kernel"], 1)] if "kernel" in line else []
        places += [(term, i) for term in line.get("because", []) for i in (1, 3)]
        places += [(term, 2) for term in line.get("sum", [])]
    return places


def changed(statement: Statement, rng: random.Random) -> Statement:
    """Change one thing: a type, a name, a sign, a space, or a term that only carried a type."""
    s = copy.deepcopy(statement)
    where, key = rng.choice(_texts(s))
    text = where[key]
    lines = [line for line in s["proof"] if line.get("because")]
    kind = rng.randrange(10)
    if kind <= 1:
        where[key] = rng.choice([*edits(text, s), text])
    elif kind == 2:  # what cancels is written no more, so that its type is lost
        context = Context(s["letters"], s["scalars"], s["symmetric"])
        sign = next((sign for sign in (">=", ">", "=") if sign in text), "")
        p = context.parse(text.replace(sign, "- (") + ")" if sign else text)
        where[key] = f"{spelled(p)} {sign} 0" if sign else spelled(p)
    elif kind == 3 and s["letters"]:  # or another type is written
        name = rng.choice(list(s["letters"]))
        where[key] = f"{name} - {name} + {text}" if rng.random() < 0.5 else f"({name} - {name} + 1) {text}"
    elif kind == 4 and s["letters"]:
        name = rng.choice(list(s["letters"]))
        s["letters"][name] = f"{rng.choice(SPACES)} <- {rng.choice(SPACES)}"
    elif kind == 5 and s["letters"]:  # a map becomes a number, or is symmetric, or is not
        name = rng.choice(list(s["letters"]))
        if rng.random() < 0.5:
            del s["letters"][name]
            s["scalars"].append(name)
            s["symmetric"] = [x for x in s["symmetric"] if x != name]
        else:
            s["symmetric"] = (
                [x for x in s["symmetric"] if x != name] if name in s["symmetric"] else [*s["symmetric"], name]
            )
    elif kind == 6 and s["scalars"]:
        name = s["scalars"].pop(rng.randrange(len(s["scalars"])))
        space = rng.choice(SPACES)
        s["letters"][name] = f"{space} <- {space}"
    elif kind == 7 and lines:
        term = rng.choice(rng.choice(lines)["because"])
        facts = [*s["given"], *s["positive"], *(line.get("name", "") for line in s["proof"])]
        term[2] = rng.choice([term[2] + "'", term[2].removesuffix("'"), rng.choice(facts)])
    elif kind == 8:
        line = rng.choice(s["proof"])
        terms = [*line.get("because", []), *line.get("sum", [])]
        if terms:
            rng.choice(terms)[0] = rng.choice(WEIGHTS)
    else:
        line = rng.choice(s["proof"])
        line["states"] = line["states"].replace(">=", rng.choice((">", ">=", "=")))
    return s


def accepted(rng: random.Random, changes: int = 4) -> Iterator[Statement]:
    """Yield a made statement, if it is accepted, and every change to it that is still accepted."""
    statement = made(rng)
    if statement is None:
        return
    yield statement
    for _ in range(changes):
        try:
            other = changed(statement, rng)
            if rng.random() < 0.3:
                other = changed(other, rng)
        except (Refused, KeyError, IndexError):
            continue
        pruned_ = pruned(other)
        if pruned_ is not None and pruned_ != statement:
            yield pruned_


# Evaluation ---------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was made, and at how many matrices it was evaluated."""

    statements: int = 0
    changed: int = 0
    evaluated: int = 0
    models: int = 0
    without_dimension: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    false: list[tuple[Statement, str]] = field(default_factory=list)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        return (
            f"{self.statements} accepted statements, {self.changed} of them by a change ({kinds}); {self.evaluated} "
            f"evaluated, at {self.models} choices of matrices that satisfy what is given, {self.without_dimension} of "
            f"which have a space without dimensions; {len(self.false)} false"
        )


def _true(text: str, values: dict[str, Map]) -> bool:
    try:
        return holds(text, values)
    except Unfit:
        return False


def refuted(statement: Statement, rng: random.Random, tally: Tally, models: int = 5) -> str | None:
    """Return a line that is false at matrices which satisfy what is given, or a relation that denotes nothing."""
    found = 0
    relations = [*statement["given"].values(), *statement["positive"].values()]
    sizes = random_values(statement, rng)
    for text in (*relations, *(line["states"] for line in statement["proof"])):
        try:
            holds(text, sizes)
        except Unfit:
            return str(text)
    for _ in range(models):
        values = find_model(statement, rng, tries=12, wild=True)
        if values is None:
            continue
        found += 1
        tally.without_dimension += any(x.shape is not None and 0 in x.shape for x in values.values())
        for line in statement["proof"]:
            if not _true(line["states"], values):
                return str(line["states"])
    tally.models += found
    tally.evaluated += found > 0
    return None


def campaign(count: int, seed: int = 0, models: int = 5) -> Tally:
    """Make and evaluate at least `count` accepted statements."""
    tally, rng = Tally(), random.Random(seed)
    while tally.statements < count:
        for i, statement in enumerate(accepted(rng)):
            tally.statements += 1
            tally.changed += i > 0
            for line in statement["proof"]:
                tally.kinds["kernels" if "kernel" in line else "sums" if "sum" in line else "equations"] += 1
            false = refuted(statement, rng, tally, models)
            if false is not None:
                tally.false.append((statement, false))
    return tally


def main(arguments: list[str]) -> int:
    """Run as many as asked for; 1 if one is false."""
    start, count, seed = time.perf_counter(), int(arguments[0]), int((arguments[1:] or ["0"])[0])
    tally = campaign(count, seed)
    print(f"{tally} ({time.perf_counter() - start:.0f} s, seed {seed})")
    for statement, line in tally.false[:5]:
        print("FALSE:", line, "in", statement)
    return 1 if tally.false else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
