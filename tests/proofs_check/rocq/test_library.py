"""The formal library: it proves what the theory says now; a proof of something else, or with a gap, is noticed."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from sympy import BlockMatrix

from proofs_check import theorems as ledger
from proofs_check.certificates.stored import stored
from proofs_check.evidence.formal import Formal
from proofs_check.evidence.kinds import Task
from proofs_check.evidence.verdict import Verdict
from proofs_check.ledger.readings import false_readings
from proofs_check.rocq import library as formal
from proofs_check.rocq.export import LIBRARIES, files_of
from proofs_check.rocq.kernel import Compiled, compile_all
from proofs_check.rocq.library import ANSWERS, CLAIMS, STATEMENTS, export_library, is_proved, library, proof
from proofs_check.rocq.propositions import LANGUAGE, proposition
from proofs_check.rocq.record import proof_checked, recorded, store
from tests.families.test_asymmetry import VICTIM_BIAS
from tests.families.test_misalignment import MONOTONE_IN_ANGLE
from theory import formulas
from theory.derivation.lines import equation
from theory.language.symbols import Delta

CONCLUSIONS = [formula for theorem in ledger.values() for formula in theorem.states(formulas).conclusions]
SETTLED = [formula for formula in CONCLUSIONS if is_proved(formula.id)]
READINGS = {reading.id: reading for reading in false_readings(formulas)}
BIAS = formulas[VICTIM_BIAS]


# What is shipped -----------------------------------------------------------------------------------


def test_every_proof_is_of_something_that_is_stated(tmp_path):
    """Otherwise the file of answers cannot be written."""
    paths, left_out = export_library(tmp_path, CONCLUSIONS, READINGS.values())
    answers = re.sub(r"\s+", " ", (tmp_path / ANSWERS).read_text())
    assert answers.count("_statement := @") == len(SETTLED) > 0
    assert len(SETTLED) == len(CONCLUSIONS) - len(left_out)
    assert {path.name for path in paths} == {*library(), STATEMENTS, CLAIMS, ANSWERS}


def test_most_theorems_are_proved_in_full():
    """What is left speaks of means of random matrices, or of logarithms."""
    whole = [x for x, theorem in ledger.items() if all(is_proved(f.id) for f in theorem.states(formulas).conclusions)]
    assert len(whole) >= 42
    assert len(SETTLED) >= 178


def test_false_readings_are_refuted():
    """All claims of the ledger; and theorems without one of their hypotheses, of ten at least."""
    claims = [id_ for id_ in READINGS if " without " not in id_]
    every = [claim.id for theorem in ledger.values() for claim in theorem.claims]
    assert claims == every
    assert len(claims) >= 35
    assert all(is_proved(id_, "claim") for id_ in claims)
    dropped = [id_ for id_ in READINGS if " without " in id_ and is_proved(id_, "claim")]
    assert len({id_.split(" ")[0].split(".")[0] for id_ in dropped}) >= 10


def test_no_file_of_the_library_is_that_of_a_certificate():
    taken = {*LIBRARIES, *(name for id_ in stored() for name in files_of({"theorem": id_}))}
    assert taken.isdisjoint({*library(), STATEMENTS, CLAIMS, ANSWERS})


@pytest.mark.parametrize("name", library())
def test_the_library_reads_well(name):
    lines = library()[name].splitlines()
    assert lines[0].startswith("(** * ")
    assert max(map(len, lines)) <= 120
    text = "\n".join(lines)
    assert not re.search(r"\b(?:Axiom|Parameter|Admitted|admit|Conjecture|Print|Check|Search)\b", text)
    assert text.count("(*") == text.count("*)")


@pytest.mark.parametrize("formula", SETTLED, ids=lambda formula: formula.id)
@pytest.mark.many(8)
def test_the_kernel_has_accepted_the_proof_of_what_is_stated_now(formula):
    """After a statement or a proof has changed: ``proofs-check --export-rocq DIR --compile``."""
    word, how = proof_checked(formula)
    assert (word, how[:15]) == ("yes", "proved in Rocq "), how


# Another library -----------------------------------------------------------------------------------

TINY = """\
(** * One theorem *)

From mathcomp Require Import all_ssreflect all_algebra.
Require Import statements.
Import GRing.Theory.
Local Open Scope ring_scope.

Theorem victim_bias : victim_bias_statement.
Proof.
move=> R d w_inf w_star u_star S_U eta_U _ _ _ Q B Delta u_inf f_inf same.
rewrite /f_inf /u_inf same /B mulmxBl mul1mx /Delta opprB mulmxBr /Q -!scalemxAl opprB addrA.
by rewrite (addrAC _ w_star).
Qed.
"""


@pytest.fixture
def planted(monkeypatch, tmp_path):
    """Lets the library consist of one file, or of those that are given."""

    def plant(text, names=()):
        files = {name: library()[name] for name in names} or {LANGUAGE.name: LANGUAGE.read_text(), "tiny.v": text}
        monkeypatch.setattr(formal, "library", lambda: files)
        formal._proofs.cache_clear()
        for module in ("kernel", "record"):
            monkeypatch.setattr(f"proofs_check.rocq.{module}.library", lambda: files)
        return files

    yield plant
    monkeypatch.undo()
    formal._proofs.cache_clear()


def test_the_file_of_answers(planted, tmp_path):
    planted(TINY)
    export_library(tmp_path, [BIAS])
    assert (tmp_path / ANSWERS).read_text().splitlines() == [
        "(* Each proof has the type of its statement: of what the theory says, and of nothing else. *)",
        "Require Import statements claims.",
        "Require tiny.",
        "",
        "Definition victim_bias : victim_bias_statement := @tiny.victim_bias.",
        "",
        "Definition every_theorem := (victim_bias).",
        "",
        "Print Assumptions every_theorem.",
    ]


def test_a_refutation_is_given_the_type_of_its_claim(planted, tmp_path):
    planted("(** * One *)\nTheorem no_gap_refuted : ~ no_gap_claim.\n")
    export_library(tmp_path, [], [replace(BIAS, id="no-gap")])
    assert "Definition no_gap_refuted : ~ no_gap_claim := @tiny.no_gap_refuted." in (tmp_path / ANSWERS).read_text()
    assert "Definition no_gap_claim : Prop :=" in (tmp_path / CLAIMS).read_text()


def test_a_proof_of_nothing_that_is_stated_is_refused(planted, tmp_path):
    planted(TINY)
    with pytest.raises(ValueError, match="settles what is not stated: victim_bias_statement"):
        export_library(tmp_path, [formulas[MONOTONE_IN_ANGLE + ".sufficient"]])
    planted(TINY + TINY.replace("tiny", "other"))
    with pytest.raises(ValueError, match="victim_bias_statement is settled in tiny and in tiny"):
        is_proved(VICTIM_BIAS)


# What is recorded ----------------------------------------------------------------------------------


def outcomes(refused=()):
    names = [*LIBRARIES, *files_of({"theorem": "numbers"}), *formal.library(), STATEMENTS, CLAIMS, ANSWERS]
    return [Compiled(name, name not in refused, 1, 1, "8.16.1", "") for name in names]


@pytest.fixture
def record(planted, tmp_path):
    planted(TINY)
    from tests.proofs_check.certificates.examples import EXAMPLES

    place = tmp_path / "kernel.json"

    def write(refused=()):
        store({"numbers": EXAMPLES["numbers"]}, outcomes(refused), place, [BIAS])
        return place

    return write


def test_a_proof_is_recorded_with_its_statement(record):
    place = record()
    word, how = proof_checked(BIAS, place)
    assert word == "yes"
    assert re.fullmatch(r"proved in Rocq 8\.16\.1 with Mathematical Components \S+ \(recorded\)", how)
    assert set(recorded(place)["proofs"]["statement"]) == {VICTIM_BIAS}
    other = replace(BIAS, says=equation(BIAS.says.lhs, Delta))
    assert proposition(other) != proposition(BIAS)
    assert proof_checked(other, place) == ("no", "the statement is not the one that was proved")
    place.unlink()
    assert proof_checked(BIAS, place) == ("not run", "no kernel's answer is recorded")


@pytest.mark.parametrize("refused", ["tiny.v", "language.v", STATEMENTS, CLAIMS, ANSWERS, "forms.v"])
def test_what_did_not_compile_is_not_recorded(refused, record):
    with pytest.raises(ValueError, match=rf"compiled everything is recorded; not compiled: {refused}"):
        record([refused])


def test_another_proof_or_another_word_is_not_what_was_compiled(record, planted):
    place = record()
    planted(TINY.replace("move=>", "intros;"))
    assert proof_checked(BIAS, place)[0] == "no"
    planted(TINY)
    assert proof_checked(BIAS, place)[0] == "yes"
    files = planted(TINY)
    files["language.v"] += "Definition more := 0.\n"
    word, how = proof_checked(BIAS, place)
    assert word == "no"
    assert "words of the statements" in how


def test_a_certificate_that_a_proof_uses_must_be_accepted_as_well(record, planted, tmp_path):
    place = record()
    planted(TINY.replace("Require Import statements.", "Require Import statements.\nRequire victim_bias_matrices."))
    written = json.loads(place.read_text())
    written["proofs"]["library"] = formal_digests()
    place.write_text(json.dumps(written))
    word, how = proof_checked(BIAS, place)
    assert word == "not run"
    assert how == f"the certificate of {VICTIM_BIAS}, which the proofs use: no kernel's answer is recorded"


def formal_digests():
    from proofs_check.rocq.record import digest

    return {name: digest(text) for name, text in formal.library().items()}


# What Rocq says ------------------------------------------------------------------------------------


@pytest.fixture
def said(planted, tmp_path):
    """Has Rocq compile another library; returns what it says, file by file."""

    def compiled(text=TINY, formula=BIAS, claims=()):
        planted(text)
        (tmp_path / "forms.v").write_text(LIBRARIES["forms.v"])
        paths, _ = export_library(tmp_path, [formula], claims)
        return {done.file: done for done in compile_all([tmp_path / "forms.v", *paths])}

    return compiled


@pytest.mark.usefixtures("mathcomp")
@pytest.mark.slow
@pytest.mark.many(0)
def test_a_proof_is_accepted(said):
    done = said()
    assert all(one.ok for one in done.values()), done
    assert (done[ANSWERS].theorems, done[ANSWERS].closed) == (1, 1)


CHEATS = {
    "admitted": (f"{TINY.replace('Qed', 'Admitted')}", "tiny.v"),
    "a gap": (TINY.replace("by rewrite (addrAC _ w_star).", "admit."), "tiny.v"),
    "an axiom": (
        TINY.replace("Theorem", "Axiom cheat : forall P : Prop, P.\n\nTheorem").replace("by rewrite", "exact: cheat;"),
        "tiny.v",
    ),
    "a variable of a section that is never closed": (
        TINY.replace("Theorem", "Hypothesis cheat : forall P : Prop, P.\n\nTheorem").replace(
            "move=> R", "exact: cheat. Qed.\nLemma same : victim_bias_statement.\nProof.\nmove=> R"
        ),
        ANSWERS,
    ),
    "a statement of its own": (
        TINY[: TINY.index("Theorem")]
        + "Definition victim_bias_statement := True.\n\n"
        + "Theorem victim_bias : victim_bias_statement.\nProof. by []. Qed.\n",
        ANSWERS,
    ),
    "no proof": (TINY.replace("Theorem", "(*\nTheorem").replace("Qed.", "Qed.\n*)"), ANSWERS),
}


@pytest.mark.usefixtures("mathcomp")
@pytest.mark.parametrize("cheat", CHEATS)
@pytest.mark.slow
@pytest.mark.many(0)
def test_what_is_no_proof_is_noticed(cheat, said):
    text, where = CHEATS[cheat]
    done = said(text)
    assert not done[where].ok, done[where]
    if where != ANSWERS:
        assert not done[ANSWERS].ok or not done["tiny.v"].ok


#: Changes of what the theory says: of the conclusion, and of what the derivation defines.
OTHERWISE = {
    "the other sign": lambda f: replace(f, says=equation(f.says.lhs, -f.says.rhs)),
    "a hypothesis less": lambda f: replace(f, assumptions=()),
    "another move": lambda f: replace(f, derivation=tuple(map(_moved_twice, f.derivation))),
}


def _moved_twice(step):
    """U's move with twice its step."""
    if str(step.symbol) != "u_inf":
        return step
    return replace(step, equation=equation(step.equation.lhs, 2 * step.equation.rhs))


@pytest.mark.usefixtures("mathcomp")
@pytest.mark.parametrize("change", OTHERWISE)
@pytest.mark.slow
@pytest.mark.many(0)
def test_a_proof_does_not_prove_another_statement(change, said):
    other = OTHERWISE[change](BIAS)
    assert proposition(other) != proposition(BIAS)
    done = said(formula=other)
    assert done[STATEMENTS].ok, done[STATEMENTS]
    assert not done["tiny.v"].ok


#: Changes of an attention layer: another block at this place of this matrix.
OTHER_LAYERS = {
    "the keys are turned round": ("K", (0, 2), lambda block: block.T),
    "the values are turned round": ("V", (2, 0), lambda block: block.T),
}


def _with_block(formula, name, place, change):
    def changed(step):
        if step.kind != "definition" or str(step.symbol) != name:
            return step
        blocks = step.equation.rhs.blocks.as_mutable()
        blocks[place] = change(blocks[place])
        return replace(step, equation=equation(step.equation.lhs, BlockMatrix(blocks)))

    return replace(formula, derivation=tuple(map(changed, formula.derivation)))


@pytest.mark.usefixtures("mathcomp")
@pytest.mark.parametrize("change", OTHER_LAYERS)
@pytest.mark.slow
@pytest.mark.many(0)
def test_another_layer_is_not_the_one_of_the_proofs(change, planted, tmp_path):
    """A theorem about token matrices speaks of the layer as it is defined in the theory."""
    here = [formula for formula in SETTLED if (proof(formula.id) or [""])[0] == "layer"]
    planted("", [LANGUAGE.name, "base.v", "projectors.v", "layer.v"])
    (tmp_path / "forms.v").write_text(LIBRARIES["forms.v"])
    paths, _ = export_library(tmp_path, [_with_block(formula, *OTHER_LAYERS[change]) for formula in here])
    done = {one.file: one for one in compile_all([tmp_path / "forms.v", *paths])}
    assert done[STATEMENTS].ok, done[STATEMENTS]
    assert done["projectors.v"].ok
    assert done["layer.v"].message.startswith('File "./layer.v", line ')


# Evidence ------------------------------------------------------------------------------------------


def test_a_proof_earns_the_word(monkeypatch):
    theorem = ledger[VICTIM_BIAS]
    evidence = Formal(theorem, theorem.formulas)
    task = Task(theorem.id, formulas, 1, 0)
    monkeypatch.setattr("proofs_check.evidence.formal.proof_checked", lambda _: ("yes", "proved (recorded)"))
    finding = evidence.collect(task)
    assert finding.conclusions == dict.fromkeys(theorem.formulas, Verdict.PROVED)
    assert finding.summary == "1 conclusion proved (recorded)"
    monkeypatch.setattr("proofs_check.evidence.formal.proof_checked", lambda _: ("no", "another text"))
    finding = evidence.collect(task)
    assert finding.verdict is Verdict.UNKNOWN
    assert not finding.conclusions
    assert finding.notes == (f"{VICTIM_BIAS}: another text",)
