"""Statements in Rocq that say something else than the theory: they are read again, at rational matrices."""

from __future__ import annotations

import random
import re
from contextlib import suppress

import pytest
from sympy import Inverse, MatrixSymbol

from proofs_check.rocq import wording
from proofs_check.rocq.propositions import Inexpressible, identifier, proposition, statements
from tests.families.statement_mutants import statement_mutants
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from tests.families.test_one_agent import LSA_STEP
from tests.proofs_check.rocq.reading import Reader, Unread
from theory import statements as theorems
from theory.errors import TheoryError
from theory.language.nodes import SingularValue
from theory.language.predicates import Implies, Invertible
from theory.language.symbols import PRIMITIVES
from theory.values.drawing import Geometry, draw

CONCLUSIONS = {formula.id: formula for theorem in theorems.values() for formula in theorem.conclusions}
TEXT, LEFT_OUT = statements(CONCLUSIONS.values())
STATED = [id_ for id_ in CONCLUSIONS if id_ not in LEFT_OUT]
#: How many mutants of a statement are read as well: what is false must be read as false.
FEW = 4


def drawn(formula, dimension, seed):
    """An instance, within the hypotheses where these are arranged, with what the derivation defines."""
    spoken = [step.equation for step in formula.derivation] + [formula.expr, formula.says]
    spoken += [a.says for a in formula.assumptions]
    defined = {step.symbol for step in formula.derivation if step.kind == "definition"}
    names = {x for expr in spoken for x in expr.free_symbols} - defined
    inputs = [name for name, item in PRIMITIVES.items() if item.symbol in names]
    arrange = next((a.arrange for a in formula.assumptions if a.arrange is not None), formula.arrange)
    sizes = {"d": dimension, "n": dimension + 1, "k": 2, "t": 2, "order": 2}
    sizes |= {name: values[-1] for name, values in formula.counts.items()}
    geometry = Geometry(dimension, dimension, dimension)
    at = draw(inputs, sizes=sizes, geometry=geometry, seed=seed, arrange=arrange, signed=[])
    for step in formula.derivation:
        if step.kind == "definition":
            with suppress(TheoryError):
                step.compute(at)
    return at


def letters(at):
    found = {name: int(value) for name, value in at.sizes.items()}
    for symbol, value in at.values.items():
        exact = value.to_sympy()
        matrix = getattr(symbol, "is_MatrixExpr", False)
        found[re.sub(r"\W+", "_", symbol.name).strip("_")] = exact if matrix else exact[0, 0]
    return found


def preliminaries(text):
    """How many hypotheses come from the kinds of the letters, and from equations that define."""
    bound = set(re.findall(r"\w+", text.partition("\n")[0]))
    spoken = [item for item in PRIMITIVES.values() if re.sub(r"\W+", "_", item.symbol.name) in bound]
    kinds = [item for item in spoken if item.kind in ("gram", "step") or (item.kind == "count" and item.least)]
    return (
        len(kinds)
        + len(bound & {"d", "n", "k"})
        + len(re.findall(r"^  forall (\w+) : [^,]*, (?:\1 =|slope_at) ", text, re.MULTILINE))
    )


def presuming(given):
    """Hypotheses, with what is invertible where one of them speaks of an inverse that none before has."""
    out = []
    for says in given:
        out += [new for x in says.atoms(Inverse) if (new := Invertible(x.arg)) not in out]
        out += [says] * (says not in out)
    return out


def differing(formula, at):
    """What is read otherwise than the theory decides; and how much was read at all."""
    hypotheses, conclusion = Reader(proposition(formula), letters(at)).whole()
    says = formula.says
    wanted = presuming([a.says for a in formula.assumptions]) + [says.args[0]] * isinstance(says, Implies)
    # What comes before says what kind of thing each letter is, and how those are defined that an equation defines.
    first = preliminaries(proposition(formula))
    assert None not in hypotheses[:first]
    assert False not in hypotheses[:first]
    wrong, read = [], 0
    for found, claim in [
        *zip(hypotheses[first:], wanted, strict=True),
        (conclusion, says.args[1] if isinstance(says, Implies) else says),
    ]:
        with suppress(TheoryError):  # it speaks of something that does not exist there
            if found is not None:
                read += 1
                wrong += [claim] * (found != at.holds(claim))
    return wrong, read


def instances(formula):
    for dimension, seed in ((1, 0), (2, 1), (3, 2)):
        with suppress(TheoryError):
            at = drawn(formula, dimension, seed)
            if all(step.symbol in at.values for step in formula.derivation if step.kind == "definition"):
                yield at


@pytest.mark.parametrize("id_", STATED)
@pytest.mark.many(5)
def test_what_is_stated_is_what_the_theory_says(id_):
    formula = CONCLUSIONS[id_]
    if "rcfType" in proposition(formula):
        with pytest.raises(Unread):
            Reader(proposition(formula), {}).whole()
        return
    spoken = formula.says.free_symbols.union(*(a.says.free_symbols for a in formula.assumptions))
    mutants = [mutant for _, mutant in statement_mutants(formula) if mutant.says.free_symbols <= spoken]
    chosen = [formula, *random.Random(id_).sample(mutants, min(FEW, len(mutants)))]
    for at in instances(formula):
        for one in chosen:
            with suppress(Inexpressible):
                assert differing(one, at)[0] == [], (one.says, proposition(one))


def test_most_is_read():
    counts = []
    for id_ in STATED[::4]:
        with suppress(Unread):
            counts += [differing(CONCLUSIONS[id_], at)[1] for at in list(instances(CONCLUSIONS[id_]))[:1]]
    assert len(counts) > 0.7 * len(STATED[::4])
    assert counts.count(0) < 0.15 * len(counts)


@pytest.mark.parametrize(
    "fault",
    [
        lambda text: text.replace("^T", ""),
        lambda text: text.replace("P *m Q", "Q *m P"),
        lambda text: text.replace("1%:M - P", "1%:M + P"),
        lambda text: text.replace("invmx M *m A", "A *m invmx M"),
        lambda text: text.replace("P + Q - P *m Q", "P + (Q - P) *m Q"),
        lambda text: text.replace(r"M \in unitmx ->", ""),
    ],
)
def test_a_planted_fault_is_noticed(fault, monkeypatch):
    found = 0
    for id_ in (f"{BIASED_EQUILIBRIUM}.e", f"{BIASED_EQUILIBRIUM}.e-dual", LSA_STEP):
        formula = CONCLUSIONS[id_]
        text = fault(proposition(formula))
        monkeypatch.setattr("tests.proofs_check.rocq.test_propositions.proposition", lambda _, text=text: text)
        for at in instances(formula):
            try:
                found += bool(differing(formula, at)[0])
            except Exception:
                found += 1
        monkeypatch.undo()
    assert found


def test_a_statement_word_for_word():
    assert proposition(CONCLUSIONS[f"{BIASED_EQUILIBRIUM}.unique"]).splitlines() == [
        "forall (R : realFieldType) (d : nat) (S_W S_U : 'M[R]_d) (eta_W eta_U : R) (u_star w_star : 'cV[R]_d),",
        "  (0 < d)%N ->",
        "  S_W^T = S_W ->",
        "  0 < eta_W ->",
        "  S_U^T = S_U ->",
        "  0 < eta_U ->",
        "  let P := eta_W *: S_W in",
        "  let Q := eta_U *: S_U in",
        "  let M := P + Q - P *m Q in",
        r"  M \in unitmx ->",
        "  exists! w_inf : 'cV[R]_d, "
        "w_inf = w_inf - P *m (w_inf - w_star - Q *m (w_inf - u_star)) - Q *m (w_inf - u_star)",
    ]


def test_what_there_is_no_word_for_is_left_out_and_said():
    assert set(LEFT_OUT.values()) == {"_MatrixMean", "_NumberMean", "log"}
    assert len(LEFT_OUT) <= 19
    for id_ in STATED:
        assert f"\nDefinition {identifier(id_)} : Prop :=\n  forall (R : " in TEXT


def test_no_two_letters_have_one_name_and_none_is_a_word_of_rocq():
    write = wording.Wording()
    given = ["in", "dot", "f_order_k+1", "f_order_k_1", "2x", "w"]
    names = [write.name(type("Letter", (), {"name": name, "__hash__": object.__hash__})()) for name in given]
    assert names == ["in_1", "dot_1", "f_order_k_1", "f_order_k_1_1", "x_2x", "w"]


@pytest.mark.parametrize(
    ("rows", "columns", "which", "named"), [(2, 2, -1, 1), (2, 3, 1, 1), (2, 3, -1, 0), (3, 2, -1, 0)]
)
def test_only_a_square_matrix_has_its_smallest_singular_value_as_a_stretch(rows, columns, which, named):
    write = wording.Wording()
    value = SingularValue(MatrixSymbol("G", rows, columns), which)
    if named:
        assert write.term(value) == "c"
    else:
        with pytest.raises(Inexpressible, match="not square"):
            write.term(value)
    assert len(write.characterised()) == named


def test_without_a_word_nothing_is_written(monkeypatch):
    monkeypatch.delitem(wording.RELATIONS, next(iter(wording.RELATIONS)))
    with pytest.raises(Inexpressible, match="Equality"):
        proposition(CONCLUSIONS[f"{BIASED_EQUILIBRIUM}.e"])
