"""The theorems about real matrices: what they say, and that nothing else compiles."""

from __future__ import annotations

import re
import shutil

import pytest

from proofs_check.certificates.checker import load
from proofs_check.certificates.stored import CERTIFICATES, stored
from proofs_check.rocq.export import LIBRARIES, export, matrices_source, source
from proofs_check.rocq.kernel import compile_all, compile_file
from tests.families.test_dynamics import CLOSED_FORM
from tests.proofs_check.certificates.examples import EXAMPLES
from tests.proofs_check.rocq.test_differential import STEP, sample

needs_rocq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed; CI installs it")


def statements(text):
    """Each theorem's identifier, with what it states."""
    return dict(re.findall(r"^Theorem (\w+)\n(.*?)\nProof\.", text, re.DOTALL | re.MULTILINE))


def stated(name):
    (text,) = statements(matrices_source(EXAMPLES[name])).values()
    return [line.strip() for line in text.split("\n")]


# What is said --------------------------------------------------------------------------------------


def test_equations_are_those_of_matrices():
    assert stated("two-errors") == [
        "(R : realFieldType)",
        "(d : nat)",
        "(A B Q : 'M[R]_d)",
        "(e f e_next Delta : 'cV[R]_d) :",
        "B = 1%:M - Q ->",
        "f = B *m (e - Delta) ->",
        "e_next = A *m (f + Delta) ->",
        "e_next = A *m B *m e + A *m Q *m Delta.",
    ]
    assert stated("gradient-step") == [
        "(R : realFieldType)",
        "(n d : nat)",
        "(X : 'M[R]_(n, d))",
        "(S : 'M[R]_d)",
        "(w w_star w_next : 'cV[R]_d)",
        "(y : 'cV[R]_n)",
        "(eta nu : R) :",
        "S^T = S ->",
        "S = nu *: (X^T *m X) ->",
        "y = X *m w_star ->",
        "w_next = w - (eta * nu) *: (X^T *m (X *m w - y)) ->",
        "w_next^T = w^T - eta *: ((w^T - w_star^T) *m S).",
    ]


def test_positive_is_positive_semidefinite():
    assert stated("scaled-box")[3:] == [
        "(eta theta : R) :",
        "S^T = S ->",
        "eta * theta = 1 ->",
        "psd S ->",
        "0 < eta ->",
        "0 <= theta ->",
        "psd (1%:M - eta *: S) ->",
        "psd (theta *: 1%:M - S + (2%:R * eta) *: S + S *m S).",
    ]


def test_numbers_are_compared():
    assert stated("numbers") == [
        "(R : realFieldType)",
        "(gamma p r : R) :",
        "r * (1 + p) = 1 ->",
        "0 <= p ->",
        "0 < 2%:R - gamma ->",
        "0 <= r ->",
        "0 < p * p * (2%:R - gamma) * r + 3%:R / 2%:R * (2%:R - gamma) + 3%:R - r.",
    ]


def test_every_turn_is_an_iteration():
    if CLOSED_FORM not in stored():
        pytest.skip("not shipped")
    said = statements(matrices_source(load(CERTIFICATES / f"{CLOSED_FORM}.json")))["closed_form_e_step_every_turn"]
    assert "(e : nat -> 'cV[R]_d)" in said
    assert "(forall t : nat, e t.+1 = A *m B *m e t + A *m Q *m Delta) ->\n  e 0%N = e_0 ->" in said
    assert said.endswith("forall t : nat, e t = iter t (mulmx (A *m B)) 1%:M *m (e_0 - e_inf) + e_inf.")


def test_the_field_is_named_apart_from_a_letter():
    line = {"states": "R R = R", "because": [["1", "1", "h", "R"]]}
    one = {"name": "s", "letters": {"R": "d <- d"}, "given": {"h": "R = 1"}, "proof": [line]}
    (said,) = statements(matrices_source({"theorem": "t", "statements": [one]})).values()
    assert said.startswith("    (R_ : realFieldType)\n    (d : nat)\n    (R : 'M[R_]_d) :")


NUMBERS = {
    "0 < 2%:R :> R.": {"states": "2 > 0", "sum": [["2", [], "1"]]},
    "- (1 / 2%:R) = 0 - 1 / 2%:R :> R.": {"states": "-1/2 = 0 - 1/2", "because": []},
}


def about_numbers():
    proofs = [{"name": f"numbers/{i}", "proof": [line]} for i, line in enumerate(NUMBERS.values())]
    return {"theorem": "without-letters", "statements": proofs}


def test_without_a_letter_the_field_is_named():
    said = statements(matrices_source(about_numbers())).values()
    assert [text.partition(" :\n  ")[2] for text in said] == list(NUMBERS)


@pytest.mark.parametrize("theorem", stored())
@pytest.mark.many(4)
def test_all_theorems_are_said_and_without_what_they_are_proved_by(theorem):
    certificate = load(CERTIFICATES / f"{theorem}.json")
    said = statements(matrices_source(certificate))
    operators = re.findall(r"^Theorem (\w+)", source(certificate), re.MULTILINE)
    assert list(said) == operators
    for text in said.values():
        assert not re.search(r"real_matrices|of_Q|\bhom\b|\bcomp\b|\brat\b|_sub\b|r?power\b|operators|•|\^\*", text)
        assert max(map(len, text.split("\n"))) <= 120


# What the kernel says ------------------------------------------------------------------------------


@pytest.fixture
def about(exported, tmp_path):
    """Exports a certificate, compiles what it says of operators, and returns its file about matrices."""

    def write(certificate):
        operators, matrices = exported(certificate, tmp_path)
        assert compile_file(operators).ok
        return matrices

    return write


def everything():
    """All examples in one certificate, and numbers that are of no matrix."""
    examples = [*EXAMPLES.values(), about_numbers()]
    return {"theorem": "all", "statements": [s for example in examples for s in example["statements"]]}


@needs_rocq
@pytest.mark.slow
@pytest.mark.many(0)
def test_the_kernel_accepts_all_examples(about):
    done = compile_file(about(everything()))
    assert done.ok, done.message
    assert done.theorems == done.closed == len(everything()["statements"])


@needs_rocq
@pytest.mark.slow
@pytest.mark.many(0)
def test_the_kernel_accepts_random_certificates_and_every_turn(about):
    done = compile_file(about({"theorem": "random", "statements": [STEP, *sample(40, 3)]}))
    assert done.ok, done.message
    assert done.closed == 43


#: What is changed in a file whose proofs are left as they are.
CHANGED = {
    "a false conclusion": ("two-errors", "  e_next = A *m B *m e + A", "  e_next = B *m A *m e + A"),
    "a sign": ("two-errors", "e + A *m Q *m Delta.", "e - A *m Q *m Delta."),
    "a hypothesis": ("two-errors", "f = B *m (e - Delta) ->", "f = B *m (e + Delta) ->"),
    "a hypothesis dropped": ("two-errors", "  f = B *m (e - Delta) ->\n", ""),
    "a number": ("numbers", "3%:R / 2%:R", "3%:R / 4%:R"),
    "a weaker hypothesis": ("numbers", "0 < 2%:R - gamma ->", "0 <= 2%:R - gamma ->"),
    "what is positive": ("scaled-box", "psd S ->", "psd (- S) ->"),
    "symmetry dropped": ("scaled-box", "  S^T = S ->\n", ""),
    "another field": ("two-errors", "(R : realFieldType)", "(R : fieldType)"),
}


@needs_rocq
@pytest.mark.parametrize("what", CHANGED)
@pytest.mark.slow
@pytest.mark.many(0)
def test_what_was_not_proved_does_not_compile(what, about):
    name, old, new = CHANGED[what]
    path = about(EXAMPLES[name])
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    done = compile_file(path)
    assert not done.ok
    assert "Error" in done.message


@needs_rocq
@pytest.mark.slow
@pytest.mark.many(0)
def test_what_is_assumed_is_noticed(about):
    path = about(EXAMPLES["two-errors"])
    text = path.read_text()
    path.write_text(re.sub(r"  exact: .*?Qed\.", "Admitted.", text, flags=re.DOTALL))
    done = compile_file(path)
    assert (done.ok, done.closed) == (False, 0)
    path.write_text(text.replace("every_theorem := (two_errors)", "every_theorem := (tt)"))
    assert not compile_file(path).ok


#: Changes of the proof that matrices obey the laws.
WEAKENED = {
    "psd without symmetry": ("psd n (S : 'M[R]_n) := S^T = S /\\ forall", "psd n (S : 'M[R]_n) := True /\\ forall"),
    "psd of no vector": ("forall x : 'cV_n, 0 <= dot", "forall x : 'cV_n, x = 0 -> 0 <= dot"),
    "a field without an order": ("Variable R : realFieldType.", "Variable R : fieldType."),
    "not proved": ("Next Obligation. exact: mulmxA. Qed.", "Admit Obligations of real_matrices."),
    "admitted": ("Next Obligation. exact: psd_star. Qed.", "Next Obligation. Admitted."),
    "assumed": (
        "Next Obligation. exact: psd_kernel. Qed.",
        "Axiom cheat : forall P : Prop, P.\nNext Obligation. exact: cheat. Qed.",
    ),
}


@needs_rocq
@pytest.mark.usefixtures("libraries")
@pytest.mark.parametrize("what", WEAKENED)
@pytest.mark.slow
@pytest.mark.many(0)
def test_a_weaker_proof_that_matrices_obey_the_laws_is_noticed(what, tmp_path, monkeypatch):
    old, new = WEAKENED[what]
    name = next(name for name in ("real_matrices.v", "forms.v") if old in LIBRARIES[name])
    monkeypatch.setitem(LIBRARIES, name, LIBRARIES[name].replace(old, new))
    laws, _, matrices = compile_all(export([], tmp_path, {}))
    assert laws.ok
    assert not matrices.ok


@needs_rocq
@pytest.mark.slow
@pytest.mark.many(0)
def test_nothing_compiled_before_is_used(libraries, tmp_path):
    """A library that no longer compiles takes with it what rests on it."""
    paths = export([EXAMPLES["two-errors"]], tmp_path, {})
    for path in libraries.glob("*.vo"):
        shutil.copy(path, tmp_path)
    (tmp_path / "operators.v").write_text("Theorem false : False. Proof. trivial. Qed.\n")
    assert [done.ok for done in compile_all(paths)] == [False, True, False, False, False]
