"""One statement of a certificate as a theorem of Rocq, proved by the cofactors of the certificate."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from proofs_check.certificates.checker import check
from proofs_check.certificates.expressions import parse
from proofs_check.rocq.induction import OPERATORS, every_turn, first_turn, is_step
from proofs_check.rocq.named import KnownRelation, NamedStatement
from proofs_check.rocq.terms import Ends, rational

__all__ = ["induction", "start_of", "theorem"]


class _ReplayProof(NamedStatement):
    """How a statement is proved by the replay."""

    def __init__(self, statement: dict[str, Any]) -> None:
        super().__init__(statement)
        self.of = "(Replay.number words)" if self.spaces else "words"
        self.short: dict[str, str] = {}
        self.definitions: list[str] = []

    def named(self, kind: str, fact: KnownRelation, code: str) -> str:
        """Name what a proof says of a fact many times: Rocq reads and types it once."""
        key = f"{kind}_{fact.proof}"
        if key not in self.short:
            self.short[key] = self.names.new(key)
            self.definitions.append(f"pose ({self.short[key]} := {code}).")
        return self.short[key]

    def new_definitions(self) -> list[str]:
        """Return what was named since this was asked last."""
        found, self.definitions = self.definitions, []
        return found

    def alphabet(self) -> list[str]:
        """Name the spaces and letters by numbers, for the replay."""
        w = self.write
        numbers = [f"{i} => {w.names[x]}" for x, i in w.numbers.items()]
        if not self.spaces:
            words = f"pose (words := fun i_ : nat => (match i_ with {' | '.join([*numbers, '_ => rat 0'])} end)%nat)."
            return [words, *w.definitions()]
        places = [f"{i} => {self.spaces[x]}" for x, i in w.spaces.items()]
        first = next(iter(self.spaces.values()))
        letters, symmetric, proofs = [], [], []
        for name, i in w.letters.items():
            target, source = (w.spaces[space] for space in self.context.ends[name])
            if name in self.context.symmetric:
                symmetric.append(f"{i}, {target} => {w.names[name]}")
                proofs.append(f"{i}, {target} => {self.symmetric[name]}")
            else:
                letters.append(f"{i}, {target}, {source} => {w.names[name]}")
        return [
            f"pose (place := fun i_ : nat => (match i_ with {' | '.join([*places, f'_ => {first}'])} end)%nat).",
            "pose (words := {|",
            f"  Replay.number := fun i_ => (match i_ with {' | '.join([*numbers, '_ => rat 0'])} end)%nat;",
            "  Replay.place := place;",
            "  Replay.letter := fun i_ a_ b_ => (match i_, a_, b_ return hom (place a_) (place b_) with",
            f"    {' | '.join([*letters, '_, _, _ => zero'])} end)%nat;",
            "  Replay.symmetric := fun i_ a_ => (match i_, a_ return hom (place a_) (place a_) with",
            f"    {' | '.join([*symmetric, '_, _ => zero'])} end)%nat;",
            "  Replay.symmetric_ok := fun i_ a_ => (match i_, a_ with",
            f"    {' | '.join([*proofs, '_, _ => Replay.star_zero _ _'])} end)%nat",
            "|}).",
            *w.definitions(),
        ]

    def cofactor(self, term: list[Any], ends: Ends) -> str:
        weight, left, name, right = term
        adjoint = name not in self.equations
        fact = self.equations[name.removesuffix("'")] if adjoint else self.equations[name]
        a, b = parse(left), parse(right)
        c = f"({rational(Fraction(weight))})%Q"
        l, r = (self.write.write(side, fact.ends).code for side in (fact.left, fact.right))
        if ends is None:
            by = self.named("R", fact, f"fun c_ u_ => Replay.RBy {self.of} (Replay.RQ c_) u_ ({l}) ({r}) {fact.proof}")
            return f"{by} {c} (Replay.RMul ({self.write.number(a).code}) ({self.write.number(b).code}))"
        target, source = ends
        i, j = self.write.spaces[target], self.write.spaces[source]
        if fact.ends is None:
            middle = (self.write.ends(a) or (target,) * 2)[1]
            u, v = self.write.write(a, (target, middle)).code, self.write.write(b, (middle, source)).code
            by = self.named("B", fact, f"fun i_ j_ c_ u_ => Replay.ByNumber words i_ j_ c_ u_ ({l}) ({r}) {fact.proof}")
            return f"{by} {i}%nat {j}%nat {c} (Replay.M ({u}) ({v}))"
        outer = fact.ends[::-1] if adjoint else fact.ends
        u, v = self.write.write(a, (target, outer[0])).code, self.write.write(b, (outer[1], source)).code
        kind, proof = "B", fact.proof
        if adjoint:
            kind, l, r, proof = "A", f"Replay.A ({l})", f"Replay.A ({r})", f"(f_equal star {proof})"
        by = self.named(kind, fact, f"fun i_ j_ c_ u_ v_ => Replay.By words i_ j_ c_ u_ ({l}) ({r}) v_ {proof}")
        return f"{by} {i}%nat {j}%nat {c} ({u}) ({v})"

    def positive(self, term: list[Any], ends: Ends) -> str:
        weight, names, text = term
        root, facts = parse(text), [self.orders[name] for name in names]
        numbers = [self._number(fact) for fact in facts if fact.ends is None]
        listed, w = f"[{'; '.join(numbers)}]", rational(Fraction(weight))
        if ends is None:
            return f"Replay.ROf {self.of} {w} {listed} ({self.write.number(root).code}) eq_refl"
        fact = next((fact for fact in facts if fact.ends is not None), None)
        source = ends[1]
        j = self.write.spaces[source]
        if fact is None:
            kind = self.write.ends(root) or (source, source)
            return f"Replay.OfSquare words {j} {w} {listed} ({self.write.write(root, kind).code}) eq_refl"
        assert fact.ends is not None
        l, r = (self.write.write(side, fact.ends).code for side in (fact.left, fact.right))
        g = self.write.write(root, (fact.ends[0], source)).code
        of = self.named("O", fact, f"fun j_ w_ ns_ g_ ok_ => Replay.Of words j_ w_ ns_ ({l}) ({r}) g_ {fact.proof} ok_")
        return f"{of} {j}%nat ({w})%Q {listed} ({g}) eq_refl"

    def _number(self, fact: KnownRelation, *, strict: bool = False) -> str:
        l, r = self.write.number(fact.left).code, self.write.number(fact.right).code
        if strict:
            return self.named("S", fact, f"Replay.Strict {self.of} ({l}) ({r}) {fact.proof}")
        proof = f"(pos_nonneg _ {fact.proof})" if fact.relation == ">" else fact.proof
        return self.named("P", fact, f"Replay.Positive {self.of} ({l}) ({r}) {proof}")

    def proof(self, line: dict[str, Any], fact: KnownRelation) -> list[str]:
        """Return the application of the lemma that the line's kind calls for."""
        l, r = (self.write.write(side, fact.ends).code for side in (fact.left, fact.right))
        numeric = fact.ends is None
        # A form that vanishes acts on the space where its map starts.
        ends = (fact.ends[1],) * 2 if "kernel" in line and fact.ends else fact.ends
        terms = self._list([self.cofactor(term, ends) for term in line.get("because", [])])
        close = "vm_cast_no_check (eq_refl true)."
        if "kernel" in line:
            return ["refine (Replay.by_kernel words", f"  ({l}) ({r})", *self._kernel(line, fact.ends, terms), close]
        if "sum" not in line:
            lemma = f"numbers_by_cofactors {self.of}" if numeric else "by_cofactors words"
            return [f"refine (Replay.{lemma}", f"  ({l}) ({r})", *terms, "  _).", close]
        listed = list(line["sum"])
        if fact.relation == ">":
            strict = next((term for term in listed if self._is_strict(term)), None)
            if strict is None:
                raise ValueError("no term is strictly positive")
            listed.remove(strict)
            root = self.context.parse(strict[2])[()]
            factors = [self._number(self.orders[name], strict=True) for name in strict[1]]
            weight = rational(Fraction(strict[0]) * root**2)
            start = [f"refine (Replay.numbers_by_strict_sum {self.of} ({l}) ({r}) {weight}", *self._list(factors)]
            rest = self._list([self.positive(term, None) for term in listed])
            return [*start, *rest, *terms, "  eq_refl _).", close]
        sums = self._list([self.positive(term, fact.ends) for term in listed])
        lemma = f"numbers_by_sum {self.of}" if numeric else "by_sum words"
        return [f"refine (Replay.{lemma}", f"  ({l}) ({r})", *sums, *terms, "  _).", close]

    @staticmethod
    def _list(items: list[str]) -> list[str]:
        return [f"  [{items[0]}" if items else "  ["] + [f"   {x}" for x in ("; " + y for y in items[1:])] + ["  ]"]

    def _is_strict(self, term: list[Any]) -> bool:
        numbers = all(self.orders[name].ends is None and self.orders[name].relation == ">" for name in term[1])
        return numbers and set(self.context.parse(term[2])) == {()}

    def _kernel(self, line: dict[str, Any], ends: Ends, terms: list[str]) -> list[str]:
        """Return the operator, what it is applied to, the sum, the terms, and why the operator is positive."""
        if ends is None:
            raise ValueError("a number that vanishes as a form is not exported")
        (names, text), (target, source) = line["kernel"], ends
        inner, proof = f"Replay.I {self.write.spaces[target]}", "psd_one _"
        middle = target
        for order in (self.orders[name] for name in names):
            assert order.ends is not None
            l, r = (self.write.write(side, order.ends).code for side in (order.left, order.right))
            inner, proof, middle = f"Replay.P ({l}) (Replay.N ({r}))", order.proof, order.ends[1]
        g = self.write.write(parse(text), (middle, source)).code
        sums = self._list([self.positive(term, (source, source)) for term in line.get("sum", [])])
        return [f"  ({inner})", f"  ({g})", *sums, *terms, f"  ({proof}) _)."]


def theorem(statement: dict[str, Any], new_name: Callable[[str], str]) -> tuple[str, str]:
    """Write one statement.

    Parameters
    ----------
    statement : dict
        As in a certificate that `proofs_check.certificates.checker.check` accepts.
    new_name : callable
        Makes an identifier of the statement's name.

    Returns
    -------
    (str, str)
        The theorem's identifier; statement and proof.

    Raises
    ------
    ValueError
        If the statement is malformed, or of a kind that is not exported.
    """
    s = _ReplayProof(statement)
    name = new_name(statement["name"])
    binders = s.binders()
    *before, last = statement["proof"]
    body = s.alphabet()
    claim = s.relation(last["states"])
    for number, line in enumerate(before, 1):
        fact = s.relation(line["states"], s.names.new(f"L_{line.get('name', number)}"))
        proof = s.proof(line, fact)
        body += [*s.new_definitions(), f"assert ({fact.proof} : {s.say(fact)}).", *_block(proof)]
        facts = s.equations if fact.relation == "=" else s.orders
        facts[line.get("name", f"line {number}")] = fact
    proof = s.proof(last, claim)
    body += [*s.new_definitions(), *proof]
    text = [
        f"Theorem {name}",
        *(f"    ({' '.join(names)} : {kind})" for names, kind in binders),
        f"  : {s.say(claim)}.",
        "Proof.",
    ]
    return name, "\n".join([*text, *(f"  {line}" for line in body), "Qed.", ""])


def induction(statement: dict[str, Any], step: str, new_name: Callable[[str], str]) -> tuple[list[str], str]:
    """Write the theorem about every turn that a step of an induction gives, after its first turn.

    Parameters
    ----------
    statement : dict
        Any statement of a certificate.
    step : str
        Identifier of its theorem.
    new_name : callable
        Makes identifiers.

    Returns
    -------
    (list of str, str)
        Identifiers and text; empty if the statement is no step.
    """
    first = start_of(statement)
    if first is None:
        return [], ""
    s = NamedStatement(statement)
    every = every_turn(statement, s.binders(), lambda text: s.say(s.relation(text)), OPERATORS)
    base, base_text = theorem(first, new_name)
    starting = first_turn(statement)[1]
    given = [starting.get(x, x) for names, _ in NamedStatement(first).binders() for x in names]
    name = new_name(f"{step}_every_turn")
    return [base, name], "\n".join(
        [
            base_text,
            f"Theorem {name}",
            *(f"    ({' '.join(names)} : {kind})" for names, kind in every.binders),
            f"  : {every.claim}.",
            "Proof.",
            "  intros t. induction t as [|t IH].",
            "  - cbn [power rpower]. rewrite ?comp_1_l, ?scale_1.",
            f"    exact ({base} {' '.join(given)}).",
            f"  - exact ({step} {' '.join(every.arguments)}).",
            "Qed.",
            "",
        ]
    )


def start_of(statement: dict[str, Any]) -> dict[str, Any] | None:
    """Return the first turn's statement, of a step from which every turn follows; None of any other statement."""
    if not is_step(statement):
        return None
    declared = {x for names, _ in NamedStatement(statement).binders() for x in names}
    if not set(statement["letters"]) <= declared:
        return None  # a letter has another name in Rocq
    first, _ = first_turn(statement)
    return first if check({"theorem": str(first["name"]), "statements": [first]}) else None


def _block(lines: list[str]) -> list[str]:
    return [f"{'{' if i == 0 else ' '} {line}" + (" }" if i + 1 == len(lines) else "") for i, line in enumerate(lines)]
