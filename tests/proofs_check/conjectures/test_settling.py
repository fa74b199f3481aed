"""Conjectures settled: what is true is never refuted, what is false never proved; what is missing is named."""

from __future__ import annotations

import re
from itertools import count, islice

import pytest
from hypothesis import given, settings, strategies as st
from sympy import QQ, Eq

from proofs_check import InputError, Verdict, conjecture
from proofs_check.certificates.checker import check
from proofs_check.conjectures.conjecture import conjectured
from proofs_check.conjectures.deciding import margin, searched, simplified
from proofs_check.conjectures.drawing import Drawing, Sample, decided
from proofs_check.conjectures.missing import candidates
from proofs_check.conjectures.proof import drifted, proved
from proofs_check.conjectures.settings import SETTINGS, declared, setting
from proofs_check.conjectures.settling import settled
from tests.families.test_dynamics import CLOSED_FORM
from theory.language.prose import spoken
from theory.language.symbols import A, B, P, Q
from theory.values.dense import Dense

# True and false ------------------------------------------------------------------------------------

TRUE = [
    ("M e_inf = A Q Delta", ()),
    ("e_inf = M^-1 A Q Delta", ("M is invertible",)),
    ("e_inf - f_inf = Delta + w_inf - u_inf", ()),
    ("e_next = A B e_t + A Q Delta", ()),
    ("A B A = B A B", ("P Q = Q P", "A A = A", "B B = B")),
    ("P A = A P", ()),
    ("if P Q = Q P, then A B = B A", ()),
    ("P Q = Q P iff A B = B A", ()),
]
FALSE = [
    ("P Q = Q P", ()),
    ("e_inf = 0", ()),
    ("|e_inf| <= |Delta|", ("0 <= P <= I", "0 <= Q <= I")),
    ("e_inf = 0 iff Q Delta = 0", ("M is invertible",)),
    ("spr(A B) < 1", ("S_W >= 0", "S_U >= 0", "P < 2 I", "Q < 2 I")),
    ("A B >= 0", ("A >= 0", "B >= 0")),
    ("P is invertible", ("S_W >= 0",)),
    ("w_inf lies in the range of S_W", ()),
]


@pytest.mark.parametrize(("claim", "given"), TRUE)
def test_what_is_true_is_proved(claim, given):
    outcome = conjecture(claim, given, seconds=20)
    assert outcome.verdict is Verdict.PROVED
    assert check(outcome.proof.certificate)
    assert not drifted(outcome.conjecture, outcome.proof.certificate)
    assert outcome.search.satisfied > 0


@pytest.mark.parametrize(("claim", "given"), FALSE)
def test_what_is_false_is_refuted(claim, given):
    outcome = conjecture(claim, given, seconds=20, suggest=False)
    assert outcome.verdict is Verdict.REFUTED
    assert decided(outcome.conjecture, outcome.counterexample) == "fails"


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "none"])
def test_every_setting_has_instances(name):
    """Whatever it defines can be computed at some of them."""
    for step in setting(name).steps:
        claim = conjectured(Eq(step.symbol, 2 * step.symbol, evaluate=False), setting=name)
        drawn = [decided(claim, case) for case in islice(Drawing(claim).cases(), 60) if case is not None]
        assert {"holds", "fails"} & set(drawn), step.symbol


# Random claims of known truth ----------------------------------------------------------------------

LETTERS = "CDE"


def normal(word, *, commuting, idempotent):
    """What a product comes to by the hypotheses."""
    word = "".join(sorted(word)) if commuting else word
    while idempotent and "CC" in word:
        word = word.replace("CC", "C")
    return word


@st.composite
def sums(draw):
    """A claim that two sums of products are equal, its hypotheses, and whether it is true."""
    commuting, idempotent = draw(st.booleans()), draw(st.booleans())
    words = st.text(LETTERS, min_size=1, max_size=4)
    left = draw(st.lists(words, min_size=1, max_size=3))
    right = []
    for word in left:
        if commuting:
            word = "".join(draw(st.permutations(list(word))))
        if idempotent and "C" in word and draw(st.booleans()):
            word = word.replace("C", "CC", 1)
        right.append(word)
    if draw(st.booleans()):
        place = draw(st.integers(0, len(right) - 1))
        right[place] = draw(words)
    kinds = {"commuting": commuting, "idempotent": idempotent}
    true = sorted(normal(x, **kinds) for x in left) == sorted(normal(x, **kinds) for x in right)
    hypotheses = [f"{x} {y} = {y} {x}" for x, y in ("CD", "CE", "DE")] if commuting else []
    hypotheses += ["C C = C"] if idempotent else []
    return " = ".join(" + ".join(map(" ".join, side)) for side in (left, right)), hypotheses, true


@given(sums())
@settings(max_examples=12, deadline=None)
@pytest.mark.slow
def test_no_random_claim_is_decided_wrongly(case):
    claim, hypotheses, true = case
    outcome = conjecture(claim, hypotheses, let=["C, D, E: matrix d"], setting="none", seconds=8, suggest=False)
    assert outcome.verdict is (Verdict.PROVED if true else Verdict.REFUTED)


# Counterexamples -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("claim", "given"), FALSE[:4])
def test_a_simple_counterexample_is_one(claim, given):
    read = conjectured(claim, given)
    found = searched(read, seconds=10).counterexample
    simple = simplified(read, found, seconds=3)
    assert decided(read, found) == decided(read, simple) == "fails"
    size = lambda case: sum(len(str(x)) for value in case.values.values() for x in value.to_sympy())  # noqa: E731
    assert size(simple) <= size(found)


def test_what_is_no_instance_is_outside():
    """Steps are positive and Gram matrices symmetric, whatever else the hypotheses say."""
    read = conjectured("P Q = Q P")
    case = next(case for case in Drawing(read).cases() if case is not None)
    assert decided(read, case) in ("holds", "fails")
    for name, factor in (("eta_W", 0), ("eta_U", -1)):
        step = next(x for x in case.values if x.name == name)
        assert decided(read, Sample(case.sizes, case.values | {step: Dense.number(QQ(factor), QQ)})) == "outside"


def test_hypotheses_are_met_on_their_edges():
    """P = 2 I is among the instances of P <= 2 I."""
    read = conjectured("P < 2 I", ["S_W >= 0", "P <= 2 I"])
    assert searched(read, seconds=20).counterexample is not None


def test_the_margin_of_an_order_relation():
    read = conjectured("|Delta|^2 >= 0")
    case = searched(read, seconds=5, draws=10).model
    assert margin(read, case) in (None, 1.0)
    assert margin(conjectured("P Q = Q P"), case) is None


# What is missing -----------------------------------------------------------------------------------


def test_what_is_missing_is_named():
    outcome = conjecture("A B v = B A v", let=["v: vector d"], seconds=20)
    assert outcome.verdict is Verdict.REFUTED
    assert "P and Q commute" in {one.says for one in outcome.missing if one.provable}
    for one in outcome.missing[:3]:
        stronger = conjectured("A B v = B A v", [one.says], let=["v: vector d"])
        assert (proved(stronger, seconds=10).certificate is not None) is one.provable


def test_candidates_are_new_and_can_be_read():
    read = conjectured("P Q = Q P", ["S_W >= 0"])
    found = [assumption.plain for assumption in candidates(read)]
    assert len(found) == len(set(found))
    assert "S_W >= 0" not in found
    for text in found:
        assert spoken(conjectured(text).formula.says) == text


def test_hypotheses_that_the_proof_does_not_need_are_named():
    outcome = conjecture("M e_inf = A Q Delta", ["P Q = Q P", "S_W >= 0"], seconds=20)
    assert outcome.verdict is Verdict.PROVED
    assert set(outcome.idle) == {"P Q = Q P", "S_W >= 0"}


# What cannot be settled ----------------------------------------------------------------------------


def test_hypotheses_at_odds_with_each_other_prove_nothing():
    outcome = conjecture("e_inf = 0", ["P = 2 I", "P = I"], seconds=8)
    assert outcome.verdict is Verdict.UNKNOWN
    assert any("no instance of the hypotheses" in note for note in outcome.notes)
    assert any("is it at odds with the others" in note for note in outcome.notes)


def test_what_is_open_is_unknown():
    """True, but no relation between products of letters."""
    outcome = conjecture("all eigenvalues of A B are real", ["A >= 0"], seconds=4, suggest=False)
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.search.satisfied > 0
    assert "SpectrumWithin" in outcome.proof.missing


def test_an_interrupt_while_instances_are_drawn_keeps_them(monkeypatch):
    number = count()

    def stopped(self, case):
        if next(number) == 20:
            raise KeyboardInterrupt

    monkeypatch.setattr(Drawing, "keep", stopped)
    outcome = settled(conjectured("P A = A P"), seconds=20)
    assert outcome.interrupted
    assert outcome.search.satisfied == 20


def test_an_interrupt_keeps_what_is_known():
    def stop(text):
        if text.startswith("proof"):
            raise KeyboardInterrupt

    outcome = settled(conjectured("M e_inf = A Q Delta"), seconds=20, on_step=stop)
    assert outcome.verdict is Verdict.UNKNOWN
    assert outcome.search.satisfied > 0
    assert outcome.notes == ("interrupted: this is what is known so far",)


def test_a_certificate_of_another_claim_is_none():
    """A planted falsehood: a proof of one claim beside another."""
    certificate = proved(conjectured("M e_inf = A Q Delta")).certificate
    other = conjectured("M e_inf = 2 A Q Delta")
    assert "the theory states" in drifted(other, certificate)
    assert proved(other, seconds=5).certificate is None


EXISTS = {
    "an inverse of a product": ("A B is invertible", ["A is invertible", "B is invertible"]),
    "a definite sum": ("S_W + S_U is invertible", ["S_W > 0", "S_U >= 0"]),
    "a state of rest": ("exactly one w satisfies w = A w + x", ["I - A is invertible"]),
    "a solution in the range": ("some w satisfies S_W w = x", ["S_W S_W^+ x = x"]),
}


@pytest.mark.parametrize("what", EXISTS)
def test_what_exists_gets_a_value(what):
    claim, given = EXISTS[what]
    case = conjectured(claim, given, let=["w, x: vector d"])
    shown = proved(case, seconds=30)
    assert shown.certificate is not None, shown.missing
    assert not drifted(case, shown.certificate)


def test_a_number_is_its_own_transpose():
    case = conjectured("x' A B y = y' B A x", let=["x, y: vector d"])
    certificate = proved(case, seconds=10).certificate
    assert not drifted(case, certificate)
    assert any("number" in name for name in certificate["statements"][0]["given"])


@pytest.mark.parametrize(
    ("name", "text", "scalar"),
    [
        ("number_1", "A = number_1", True),  # says that A is a multiple of the identity
        ("number_1", "A - B = number_1", True),
        ("extra", "A B = B A", False),
        ("A", "A = 2", False),
    ],
)
def test_a_certificate_names_numbers_and_nothing_else(name, text, scalar):
    """Planted falsehoods: what would be a hypothesis more, dressed up as a name for a number."""
    case = conjectured("P A = A P")
    certificate = proved(case, seconds=10).certificate
    (statement,) = certificate["statements"]
    planted = statement | {
        "letters": statement["letters"] | {"A": "d <- d", "B": "d <- d"},
        "scalars": [*statement.get("scalars", []), *([name] if scalar else [])],
        "given": statement.get("given", {}) | {name: text},
    }
    assert not drifted(case, certificate)
    assert "not the theory's" in drifted(case, certificate | {"statements": [planted]})


def test_a_value_must_not_depend_on_itself():
    case = conjectured("some w satisfies S_W w = x", ["S_W S_W^+ x = x"], let=["w, x: vector d"])
    certificate = proved(case, seconds=30).certificate
    (statement,) = certificate["statements"]
    circular = statement | {"given": statement["given"] | {"w": "w = w + S_W w - x"}}
    assert "depends on it" in drifted(case, certificate | {"statements": [circular]})


# Reading -------------------------------------------------------------------------------------------


def test_predicates_are_taken_as_they_are():
    outcome = conjecture(Eq(A * B, B * A, evaluate=False), [Eq(P * Q, Q * P, evaluate=False)], seconds=20)
    assert outcome.verdict is Verdict.PROVED


def test_own_symbols():
    own = declared(setting("pair"), ["A: symmetric d", "K = A P - P A", "c: positive", "m: count"])
    assert A not in {step.symbol for step in own.steps}
    assert "e_next" in own.names
    assert own.names["c"].is_positive
    assert "M" not in {step.symbol.name for step in own.steps if A in step.equation.free_symbols}
    assert conjecture("K' = -K", let=["A: symmetric d", "K = A P - P A"], seconds=20).verdict is Verdict.PROVED


@pytest.mark.parametrize(
    ("let", "message"),
    [
        ("C", "write 'NAME: KIND SIZE'"),
        ("C: tensor d", "'tensor' with 1 sizes is no kind"),
        ("C: symmetric n d", "'symmetric' with 2 sizes"),
        ("d: number", "d is a dimension"),
        ("C = P +", "an expression is missing"),
        ("C = C2 P", "C2 is not known"),
        ("P = P Q", "defined by itself"),
        ("1x = P", "is no name"),
        ("C: matrix 0", "a dimension is 1 or more"),
        ("C: matrix ²", "write 'NAME: KIND SIZE'"),
        ("Cé: matrix d", "write 'NAME: KIND SIZE'"),
        ("C_: matrix d", "write 'NAME: KIND SIZE'"),
        ("Cé = P", "is no name"),
        ("I: matrix d", "I means something else"),
        ("tr: matrix d", "tr means something else"),
        ("and: number", "and means something else"),
        ("C_random: matrix d", "C_random means something else"),
        ("T: count", "^T is the transpose"),
        ("n = 2 eta_W", "n is a dimension"),
    ],
)
def test_declarations_that_cannot_be_read(let, message):
    with pytest.raises(InputError, match=re.escape(message)):
        conjectured("P Q = Q P", let=[let])


@pytest.mark.parametrize(
    "let", [("m: number", "C: matrix m d"), ("C: matrix m d", "m: number"), ("C: matrix m", "m = 2")]
)
def test_a_dimension_is_no_number_beside(let):
    with pytest.raises(InputError, match=r"m is (declared, and )?a dimension"):
        conjectured("P Q = Q P", let=let)


def test_a_state_of_a_setting_is_any_state():
    """There `t` turns have not passed; and what a theorem does not speak of, its setting does not know."""
    with pytest.raises(InputError, match="t is not known"):
        conjectured("e_t = (A B)^t e_t")
    with pytest.raises(InputError, match="w_t is not known"):
        conjectured("w_t = w_0", ["t = 0"], setting=f"{CLOSED_FORM}.e")


@pytest.mark.parametrize("name", ["", "../x", 'a"b', "ü", "Prop", "operators", "real-matrices"])
def test_names_that_files_and_theorems_cannot_have(name):
    with pytest.raises(InputError, match="give letters, digits"):
        conjectured("P Q = Q P", name=name)


def test_what_is_forgotten_is_not_known():
    """A symbol that is declared anew takes with it what was defined by the old one."""
    with pytest.raises(InputError, match="e_inf is not known"):
        conjectured("e_inf = 0", let=["S_W: symmetric d"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"claim": 3}, "is of type int"),
        ({"claim": "P Q = Q P", "given": "P = Q"}, "given is one text"),
        ({"claim": "P Q = Q P", "setting": "helpers"}, "no setting and no theorem 'helpers'; near: helper"),
        ({"claim": "P Q = Q P", "given": ["P Q = Q P", "P +"]}, "hypothesis 2: an expression is missing"),
        ({"claim": "P Q = Q P", "seconds": 0}, "give a positive time limit"),
    ],
)
def test_bad_arguments(arguments, message):
    with pytest.raises(InputError, match=message):
        conjecture(**arguments)


def test_a_theorem_is_a_setting():
    """Its states are those after t turns."""
    found = searched(conjectured("e_t = (A B)^t (e_0 - e_inf) + e_inf", setting=f"{CLOSED_FORM}.e"), seconds=5)
    assert found.counterexample is None
    assert found.satisfied > 0
    wrong = conjectured("e_t = (B A)^t (e_0 - e_inf) + e_inf", setting=f"{CLOSED_FORM}.e")
    assert searched(wrong, seconds=5).counterexample is not None
