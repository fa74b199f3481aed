"""What a statement may start from, and where the search for its proof stops: written statements and small formulas."""

from __future__ import annotations

import pytest
from sympy import MatMul

from proofs_check.certificates.checker import replay
from proofs_check.proving.facts import Regular
from proofs_check.proving.proof import Proof
from proofs_check.proving.specification import From, Root, Spec, Sum
from proofs_check.proving.statement import (
    NotFound,
    Use,
    _show_derivation,
    _stated,
    attempt,
    drift,
    prepared,
    statement,
)
from tests.proofs_check.proving.planted import formula, line
from theory.derivation.assumptions import Assumption
from theory.derivation.lines import Derivation, Step, equation
from theory.language.nodes import Contracts, PositiveSemidefinite, Vanishes
from theory.language.predicates import All, Commute, Implies, Unique
from theory.language.symbols import S_W, A, B, I, M, P, Q, Y, eta, n, u_star, v, w_star, w_t

# Statements as they are written --------------------------------------------------------------------


def read(*given, **more):
    letters = dict.fromkeys(("X", "Y", "Z", "X_inv", "Y_pinv"), "d <- d")
    return {"letters": letters, "given": {f"{i}": text for i, text in enumerate(given, 1)}} | more


@pytest.mark.parametrize(
    ("text", "cancels", "defined"),
    [
        ("X Y = 1", True, ""),
        ("X Y = 2", True, ""),
        ("X Y Z = 1", False, ""),
        ("X Y = Z", False, ""),
        ("X' = 1", False, ""),
        ("X + Y = 1", False, ""),
        ("X X_inv Y = Z", True, ""),
        ("Z Y_pinv Z = Z", True, ""),
        ("X = 1", False, "X"),
        ("X = Y Z'", False, "X"),
        ("X = Y X", False, ""),
        ("X = X - X + Y", False, ""),
        ("X_inv = Y", False, "X_inv"),
    ],
)
def test_what_is_given_cancels_or_defines_or_is_a_fact(text, cancels, defined):
    proof = _stated(read(text))
    assert proof.given == {"1": text}
    assert proof.translation.axioms == ({"1": text} if cancels else {})
    assert proof.defined == ({"1": defined} if defined else {})


def test_definitions_come_to_an_end():
    assert _stated(read("X = Y", "Y = Z", "Z = X + 1", "X = 2 Z")).defined == {"1": "X", "2": "Y"}
    assert _stated(read("X = Y", "Z = X Y")).defined == {"1": "X", "2": "Z"}


def test_an_order_relation_is_read_as_its_gap():
    proof = _stated(read(positive={"more": "X >= Y", "least": "c > 1"}, scalars=["c"], symmetric=["X"]))
    assert proof.positive == {"more": "X >= Y", "least": "c > 1"}
    assert proof.order == {"more": proof.context().parse("X - Y"), "least": proof.context().parse("c - 1")}
    assert (proof.translation.scalars, proof.translation.symmetric) == (["c"], ["X"])


# Lines on the way ----------------------------------------------------------------------------------

VECTORS = {"X": "d <- d", "Z": "d <- d", "v": "d <- 1"}
SQUARES = {"letters": VECTORS, "given": {"sum": "v' X' X v + v' Z' Z v = 0"}}
SUMS = {"letters": VECTORS, "symmetric": ["Z"], "positive": {"Z": "Z >= 0"}}
ROOT, NEXT = Root(("X v", "Z v")), Root(("Z v", "X v"))
SUM = Sum("X' Z X + 1 >= 0", (("1", ("Z",), "X"), ("1", (), "1")))
MORE = Sum("X' X + X' Z X >= 0", (("1", ("Z",), "X"), ("1", (), "X")))


def lemma(given, claim, lines, **more):
    """The same as a lemma of a formula that gives nothing."""
    empty = formula(equation(u_star, u_star))
    when = {**given.get("given", {}), **given.get("positive", {})}
    known = {x: given[x] for x in ("letters", "symmetric") if x in given}
    return statement(empty, Spec("f", part="l", claim=claim, when=when, lines=lines, **known, **more), {}, {"f": empty})


@pytest.mark.parametrize(
    ("given", "claim", "lines", "states"),
    [
        (SQUARES, "X v = 0", (ROOT,), ["X v = 0"]),
        (SQUARES, "Z v = 0", (ROOT, "X X v = 0", NEXT), ["Z v = 0"]),
        (SQUARES, "X X v = 0", (NEXT, ROOT, "X X v = 0"), ["X v = 0", "X X v = 0"]),
        (SQUARES, "Z X v = 0", (ROOT,), ["X v = 0", "Z X v = 0"]),
        (SQUARES, "X v = 0", (ROOT, From("X X v = 0", ("shown 1",)), "Z X v = 0"), ["X v = 0"]),
        (SUMS, SUM.states, (MORE, MORE, SUM), [SUM.states]),
        (SUMS, MORE.states, (SUM, "X X = X X", SUM, MORE), [MORE.states]),
    ],
    ids=range(7),
)
def test_the_last_line_is_the_claim_or_is_followed_by_it(given, claim, lines, states):
    found = attempt({**given, "claim": claim}, lines)
    assert [line["states"] for line in found["proof"]] == states
    assert replay(found) > 0
    assert lemma(given, claim, lines) == found | {"name": "f/l"}


@pytest.mark.parametrize(
    ("given", "claim", "lines", "why"),
    [
        (SQUARES, "X v = 0", (), "X v = 0 does not follow"),
        (SQUARES, "X v = 0", ("v = 0", ROOT), "no cofactors for v = 0"),
        (SQUARES, "X v = 0", (ROOT, "v = 0"), "no cofactors for v = 0"),
        (SQUARES, "v = 0", (ROOT, NEXT), "v = 0 does not follow"),
        (SUMS, SUM.states, (), "does not follow"),
        (SUMS, "X' X >= 0", (MORE, SUM), "X' X >= 0 does not follow"),
        (SUMS, SUM.states, (SUM, MORE), "does not follow"),
    ],
    ids=range(7),
)
def test_what_does_not_follow_is_not_found(given, claim, lines, why):
    assert attempt({**given, "claim": claim}, lines, seconds=0) is None  # no time to search for squares
    with pytest.raises(NotFound, match=why) as error:
        lemma(given, claim, lines)
    assert error.value.statement["claim"] == claim
    assert {**given.get("given", {}), **given.get("positive", {})}.items() <= {
        **error.value.statement["given"],
        **error.value.statement["positive"],
    }.items()


# What a formula gives ------------------------------------------------------------------------------


def given_by(of, spec=None, known=(), others=()):
    """What a statement of a formula starts from, with the origin of each, and its letters."""
    catalogue = {one.id: one for one in (of, *others)}
    proof, goal = prepared(of, spec or Spec("f"), {one.name: one for one in known}, catalogue)
    texts = proof.given | proof.positive
    assert texts.keys() == proof.origin.keys()
    return {name: (text, proof.origin[name]) for name, text in texts.items()}, proof, goal


def test_hypotheses_and_premises_are_numbered_from_the_second_on():
    one, two = (
        Implies(Vanishes(P * v), Vanishes(A * v)),
        Implies(All(Vanishes(P * v), Vanishes(Q * v)), Vanishes(A * v)),
    )
    three = Implies(All(Vanishes(P * v), Vanishes(Q * v), Vanishes(B * v)), Vanishes(A * v))
    both = Assumption(All(Commute(P, Q), Vanishes(P * w_star)), "both")
    found, _, goal = given_by(formula(one, given=(both, Assumption(Vanishes(Q * w_t), "rest"))))
    assert found == {
        "both": ("P Q = Q P", "hypothesis"),
        "both 2": ("P w_star = 0", "hypothesis"),
        "rest": ("Q w_t = 0", "hypothesis"),
        "premise": ("P v = 0", "premise"),
    }
    assert goal.claim == "A v = 0"
    assert list(given_by(formula(two))[0]) == ["premise 1", "premise 2"]
    assert list(given_by(formula(three))[0]) == ["premise 1", "premise 2", "premise 3"]


def test_numbers_have_their_signs_and_letters_their_axioms():
    found, proof, _ = given_by(formula(equation(eta * n * M.inverse() * v, w_t)))
    axioms = {"M_inv from the right": "M M_inv = 1", "M_inv from the left": "M_inv M = 1"}
    signs = {"eta > 0", "eta >= 0", "n > 0", "n >= 0"}
    assert found == {name: (text, "axiom") for name, text in (axioms | {x: x for x in signs}).items()}
    assert proof.positive == {x: x for x in signs}


def test_definitions_are_given_under_their_letters():
    """An equation that a letter solves has its last letter's name; what comes from elsewhere keeps the first source."""
    steps = Derivation()
    steps.define_value(w_t, equation(P * w_t, w_star), "computed", lambda at: at(v), cites=("g", "h"))
    steps.define_value(u_star, equation(u_star, u_star), "named", lambda at: at(v), cites=("g",))
    found, proof, _ = given_by(
        formula(
            Vanishes(A * v),
            line(A, I - P),
            line(Y, Q.T * B),
            line(A * B * Q * v, w_star),
            line(v, A * v + w_star),
            line(P + Q, B),
            *steps.steps,
            line(M, P * Q, kind="algebra"),
            Step(PositiveSemidefinite(B), "planted", "definition"),
        )
    )
    assert found == {
        "A": ("A = 1 - P", "definition"),
        "Y": ("Y = Q B", "definition"),
        "equation for v": ("A B Q v = w_star", "definition"),
        "equation for P": ("P + Q = B", "definition"),
        "equation for w_t": ("P w_t = w_star", Use("g")),
    }
    assert proof.defined == {"A": "A", "Y": "Y"}


def test_a_specification_brings_letters_numbers_premises_and_facts():
    """Names that are taken already keep what they mean: here that of a definition."""
    spec = Spec(
        "f",
        claim="A v = 0",
        part="l",
        when={"A": "A P = 0"},
        letters={"X": "d <- d"},
        symmetric=("X",),
        scalars=("c",),
        numbers={"k": "v' v"},
        facts=(Regular("P Q", "R"),),
    )
    of = formula(Vanishes(A * B * v), line(A, I - P), line(B, P * Q))
    found, proof, _ = given_by(of, spec)
    assert found == {
        "A": ("A P = 0", "premise"),
        "k": ("v' v = k", "definition"),
        "Regular (1 - P Q) R": ("(1 - P Q) R = 1", spec.facts[0]),
        "Regular R (1 - P Q) 2": ("R (1 - P Q) = 1", spec.facts[0]),
        "B": ("B = P Q", "definition"),
    }
    t = proof.translation
    assert {x: t.letters[x] for x in ("R", "X")} == {"R": "d <- d", "X": "d <- d"}
    assert t.scalars == ["c", "k"]
    assert sorted(t.symmetric) == ["A", "B", "P", "Q", "X"]
    assert not {"R", "X", "c", "k"} & {*given_by(of)[1].context().ends}


UNIQUE = formula(
    Unique(v, equation(M * v, w_star)), line(M, I - A * B), line(w_t, P * v), line(v, M.inverse() * w_star)
)


def test_no_proof_that_something_exists_uses_what_depends_on_it():
    found, proof, _ = given_by(UNIQUE, Spec("f", "exists", value="M_inv w_star"))
    assert found["there"] == ("there = M_inv w_star", "definition")
    assert proof.defined == {"there": "there", "M": "M"}
    assert not {"v", "w_t"} & found.keys()
    found, proof, _ = given_by(UNIQUE, Spec("f", "unique"))
    assert proof.defined == {"M": "M", "w_t": "w_t", "v": "v"}
    assert found["premise 1"][0] == "M other = w_star"
    solved = formula(UNIQUE.says, line(A * v, w_star, value=Derived(v)), line(A * w_t, w_star, value=Derived(w_t)))
    assert {"equation for w_t"} == {*given_by(solved, Spec("f", "exists", value="w_star"))[0]} - {"there"}


class Derived:
    """What computes a symbol."""

    def __init__(self, symbol):
        self.symbol = symbol


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("", "say which value there takes"),
        ("P there", "through there"),
        ("v", "through v"),
        ("M_inv w_t", "through w_t"),
    ],
)
def test_what_exists_has_a_value_that_does_not_depend_on_it(value, why):
    with pytest.raises(NotFound, match=why):
        given_by(UNIQUE, Spec("f", "exists", value=value))


def test_another_statement_brings_the_letters_of_its_claim_only():
    other = formula(
        equation(eta * Y * S_W * v, w_t), given=(Assumption(Vanishes(n * M * B * u_star), "more"),), name="g"
    )
    found, proof, _ = given_by(formula(Vanishes(A * v)), Spec("f", uses=("g",)), (Spec("g"),), (other,))
    assert found == {"g": ("eta Y S_W v = w_t", Use("g"))}
    t = proof.translation
    assert t.letters == {"A": "d <- d", "v": "d <- 1", "Y": "d <- d", "S_W": "d <- d", "w_t": "d <- 1"}
    assert (t.scalars, t.symmetric) == (["eta"], ["A", "S_W"])
    same = formula(equation(eta * S_W * v, w_t))
    t = given_by(same, Spec("f", uses=("g",)), (Spec("g"),), (other,))[1].translation
    assert (t.scalars, t.symmetric) == (["eta"], ["S_W"])


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        (Spec("f", "if"), r"has the goals \[''\]"),
        (Spec("f", part="l"), "f/l: a lemma needs a claim"),
        (Spec("f", claim="A v = 0"), "is generated"),
        (Spec("f", when={"more": "A = 0"}), "is generated"),
        (Spec("f", uses=("nowhere",)), "no statement is called nowhere"),
        (Spec("f", uses=("f",)), "f rests on itself"),
    ],
)
def test_what_a_specification_may_not_say(spec, why):
    with pytest.raises(NotFound, match=why):
        given_by(formula(Vanishes(A * v)), spec, (spec,))


def test_what_has_no_goals_has_no_statement_but_lemmas():
    mere = formula(Contracts(A * B))
    with pytest.raises(NotFound, match="f: Contracts is no relation"):
        given_by(mere)
    assert given_by(mere, Spec("f", part="l", claim="0 = 0"))[2].claim == "0 = 0"


# Lines of the derivation ---------------------------------------------------------------------------


def turns(count):
    return MatMul(*[P, Q] * count, v)


FIXED = equation(P * Q * v, v)
TURNS = formula(
    equation(turns(30), v),
    line(*FIXED.args, kind="hypothesis"),
    Step(PositiveSemidefinite(P), "planted", "hypothesis"),
    line(turns(10), v, kind="algebra", uses=(0,)),
    line(turns(30), v, kind="algebra", uses=(0, 1, 2)),
    given=(Assumption(FIXED, "fixed"),),
)


def test_only_with_hints_are_the_lines_of_the_derivation_tried():
    """Thirty turns are too many for one line."""
    found = statement(TURNS, Spec("f", hints=True), {}, {"f": TURNS})
    assert [len(one["states"].split()) for one in found["proof"]] == [20 + 3, 60 + 3]
    with pytest.raises(NotFound, match="does not follow from"):
        statement(TURNS, Spec("f"), {}, {"f": TURNS})


class Asked(Proof):
    """Writes down what is to be shown, and finds no more than one line."""

    def show(self, text, sources=(), name=""):
        self.lines.append((text, list(sources)))
        return "shown" if len(self.lines) == 1 else None


def test_a_line_of_the_derivation_is_shown_from_what_it_uses():
    of = formula(
        equation(turns(5), v),
        *TURNS.derivation[:3],
        line(turns(3), v, kind="algebra", uses=(0, 1, 2)),
        line(turns(5), v, kind="algebra", uses=(2, 3)),
        given=TURNS.assumptions,
    )
    asked = Asked(prepared(of, Spec("f"), {}, {"f": of})[0].translation)
    asked.give("fixed", "P Q v = v")
    _show_derivation(asked, of)
    assert asked.lines == [
        ("P Q " * 10 + "v = v", ["fixed"]),
        ("P Q " * 3 + "v = v", ["fixed", "shown"]),
        ("P Q " * 5 + "v = v", ["shown"]),
    ]


# What is stored ------------------------------------------------------------------------------------

HELD = {
    "name": "f",
    "letters": {"A": "d <- d", "v": "d <- 1"},
    "scalars": ["eta"],
    "symmetric": ["A"],
    "given": {"more": "A A v = 0"},
    "positive": {"eta > 0": "eta > 0"},
    "prose": [Regular.sentence],
    "proof": [{"states": "A A = 0"}, {"states": "v = 0"}, {"states": "A v = 0"}],
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, None),
        ({"given": {}, "positive": {}, "letters": {}, "scalars": [], "symmetric": [], "prose": []}, None),
        ({"name": "g"}, "it states A v = 0, the theory states A v = 0"),
        ({"proof": [{"states": "A v = 0"}] * 2 + [{"states": "v = 0"}]}, "it states v = 0, the theory states A v = 0"),
        ({"given": {"more": "A v = 0"}}, "its hypothesis more, A v = 0, is not the theory's (A A v = 0)"),
        ({"given": {"less": "A = 0"}}, "its hypothesis less, A = 0, is not the theory's (absent)"),
        ({"positive": {"eta > 0": "eta > 1"}}, "its order relation eta > 0, eta > 1, is not the theory's (eta > 0)"),
        ({"letters": {"v": "d <- d"}}, "its letter v, d <- d, is not the theory's (d <- 1)"),
        ({"letters": {"Z": "d <- d"}}, "its letter Z, d <- d, is not the theory's (absent)"),
        ({"scalars": ["eta", "c", "b"]}, "it declares b, c, which the theory does not"),
        ({"symmetric": ["A", "v"]}, "it declares v, which the theory does not"),
        ({"prose": ["magic", Regular.sentence]}, "it declares magic, which the theory does not"),
    ],
)
def test_a_stored_statement_that_is_not_the_prepared_one(change, says):
    of = formula(Implies(Vanishes(A * A * v), Vanishes(A * v)), given=(Assumption(Vanishes(eta * v), "eta"),))
    spec = Spec("f", facts=(Regular("A", "R"),))
    proof, goal = prepared(of, spec, {}, {"f": of})
    proof.given["more"] = proof.given.pop("premise")
    assert drift(spec, HELD | change, proof, goal) == says
    for part in ("given", "positive", "letters", "scalars", "symmetric", "prose"):
        assert drift(spec, {x: text for x, text in HELD.items() if x != part}, proof, goal) is None
