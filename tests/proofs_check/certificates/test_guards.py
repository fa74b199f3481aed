"""What the checker must never accept: relations that change their type, and texts that may be read in two ways."""

from __future__ import annotations

import copy
import json
from fractions import Fraction

import pytest

from proofs_check.certificates import checker
from proofs_check.certificates.checker import (
    Answer,
    Context,
    Refused,
    check,
    load,
    product_type,
    replay,
    sides,
    sum_type,
)
from proofs_check.certificates.expressions import parse
from proofs_check.errors import InputError
from proofs_check.rocq.export import source
from tests.proofs_check.certificates.examples import EXAMPLES
from tests.proofs_check.certificates.models import holds
from tests.proofs_check.certificates.oracle import Map, agrees


def judged(**statement):
    return check({"theorem": "t", "statements": [{"name": "s", **statement}]})


def refusal(**statement):
    result = judged(**statement)
    assert not result
    return result.refusal


# The type of a relation ----------------------------------------------------------------------------

ON_D, ON_E = {"A": "d <- d"}, {"A": "d <- d", "B": "e <- e"}
USED = [["1", "1", "h", "1"]]
LESS = [["-1", "1", "h", "1"]]
# Each is false for d of dimension 0 (and e of dimension 1), or denotes nothing.
CONFUSED = {
    "a number vanishes": {
        "letters": ON_D,
        "given": {"h": "1 + A = A"},
        "proof": [{"states": "1 = 0", "because": USED}],
    },
    "a number vanishes, by its adjoint": {
        "letters": ON_D,
        "given": {"h": "A + 1 = A"},
        "proof": [{"states": "1 = 0", "because": [["1", "1", "h'", "1"]]}],
    },
    "numbers in the statement, none of them by itself": {
        "letters": ON_D,
        "scalars": ["eta"],
        "given": {"h": "A + eta = A"},
        "proof": [{"states": "eta = 0", "because": USED}],
    },
    "another space": {
        "letters": ON_E,
        "given": {"h": "A = A + 1"},
        "proof": [{"states": "B = 0", "because": [["-1", "1", "h", "B"]]}],
    },
    "a space that only a cofactor names": {
        "letters": {**ON_D, "v": "e <- 1"},
        "given": {"h": "A = A + 1"},
        "proof": [{"states": "v = 0", "because": [["-1", "1", "h", "v"]]}],
    },
    "by way of a line": {
        "letters": ON_E,
        "given": {"h": "A = A + 1"},
        "proof": [
            {"name": "k", "states": "1 + A = A", "because": [["-1", "1", "h", "1"]]},
            {"states": "B = 0", "because": [["1", "1", "k", "B"]]},
        ],
    },
    "by way of a bracket": {
        "letters": ON_E,
        "given": {"h": "(A - A + 1) (A - A + 1) = 0"},
        "proof": [{"states": "B = 0", "because": [["1", "1", "h", "B"]]}],
    },
    "by way of a product with 0": {
        "letters": ON_E,
        "given": {"h": "0 A + 1 = 0"},
        "proof": [{"states": "B = 0", "because": [["1", "1", "h", "B"]]}],
    },
    "two facts": {
        "letters": {**ON_D, "C": "d <- d"},
        "given": {"h": "A = C", "k": "A = C + 1"},
        "proof": [{"states": "1 = 0", "because": [["1", "1", "h", "1"], ["-1", "1", "k", "1"]]}],
    },
    "a cofactor of another space": {
        "letters": ON_E,
        "given": {"h": "B = B + 1"},
        "proof": [{"states": "A = 0", "because": [["-1", "A - A + 1", "h", "A"]]}],
    },
    "a square": {
        "letters": ON_D,
        "scalars": ["eta"],
        "given": {"h": "eta eta + A = A"},
        "proof": [{"states": "eta = 0", "kernel": [[], "eta"], "because": LESS}],
    },
    "a square of a map of which a number is left": {
        "letters": ON_D,
        "scalars": ["eta"],
        "given": {"h": "eta eta + A = A"},
        "proof": [{"states": "eta = 0", "kernel": [[], "eta + A - A"], "because": LESS}],
    },
    "a square on another space": {
        "letters": ON_E,
        "given": {"h": "A + 1 = A"},
        "proof": [{"states": "B - B + 1 = 0", "kernel": [[], "A - A + 1"], "because": LESS}],
    },
    "a positive map of which a number is left": {
        "letters": ON_D,
        "scalars": ["eta"],
        "positive": {"h": "A + eta >= A"},
        "proof": [{"states": "eta >= 0", "sum": [["1", ["h"], "1"]]}],
    },
    "strictly": {
        "letters": ON_D,
        "scalars": ["eta"],
        "positive": {"h": "A + eta > A"},
        "proof": [{"states": "eta > 0", "sum": [["1", ["h"], "1"]]}],
    },
    "a positive map as a number among factors": {
        "letters": {"A": "d <- d", "P": "d <- d"},
        "scalars": ["eta"],
        "symmetric": ["P"],
        "positive": {"h": "A + eta >= A", "p": "P >= 0"},
        "proof": [{"states": "eta P >= 0", "sum": [["1", ["h", "p"], "1"]]}],
    },
    "a positive map on another space": {
        "letters": {"A": "d <- d", "B": "e <- e"},
        "scalars": ["eta"],
        "positive": {"h": "A + eta >= A"},
        "proof": [{"states": "eta B' B >= 0", "sum": [["1", ["h"], "B"]]}],
    },
    "a line that is strictly positive": {
        "letters": ON_D,
        "proof": [{"states": "A - A + 1 > 0", "sum": [["1", [], "1"]]}],
    },
    "a sum about numbers, by maps": {
        "letters": ON_D,
        "scalars": ["eta"],
        "given": {"h": "A - eta = A"},
        "proof": [{"states": "eta >= 0", "sum": [], "because": [["-1", "1", "h", "1"]]}],
    },
    "a root of which a number is left": {
        "letters": ON_D,
        "proof": [{"states": "1 >= 0", "sum": [["1", [], "A - A + 1"]]}],
    },
    "order between two spaces": {
        "letters": {"X": "n <- d"},
        "given": {"h": "X = 0"},
        "proof": [{"states": "X >= 0", "sum": [], "because": USED}],
    },
    "order of nothing between two spaces": {
        "letters": {"X": "n <- d", "P": "d <- d"},
        "symmetric": ["P"],
        "positive": {"h": "X >= X", "p": "P >= 0"},
        "proof": [{"states": "P >= 0", "sum": [["1", ["p"], "1"]]}],
    },
    "a product that is ill-typed before it cancels": {
        "letters": ON_E,
        "proof": [{"states": "(A - A) B = 0", "because": []}],
    },
    "a sum that is ill-typed before it cancels": {
        "letters": ON_E,
        "proof": [{"states": "(A - A) + B = B", "because": []}],
    },
    "two sides of different types": {
        "letters": ON_E,
        "proof": [{"states": "A - A = B - B", "because": []}],
    },
    "a number between two spaces": {
        "letters": {"X": "n <- d"},
        "proof": [{"states": "X - X = 1 - 1", "because": []}],
    },
    "numbers that cancel between two spaces": {
        "letters": {"X": "n <- d"},
        "scalars": ["p", "q"],
        "given": {"h": "p = q", "k": "q = p"},
        "proof": [{"states": "X = X", "because": [["1", "1", "h", "1"], ["1", "1", "k", "1"]]}],
    },
}


@pytest.mark.parametrize("what", CONFUSED)
def test_a_relation_keeps_its_type(what):
    """The proof adds up, word by word; what it would show is another relation than the one that is stated."""
    message = refusal(**CONFUSED[what])
    assert any(word in message for word in ("type", "space", "operators", "strictly", "no square is")), message


def test_most_of_these_are_accepted_where_types_are_read_off_what_is_left(monkeypatch):
    """They are aimed at a checker that is the same, with the type of the polynomial in place of the relation's."""
    read, relation = Context.read, checker.relation

    def what_is_left(self, text):
        p, _ = read(self, text)
        return p, self.type(p)

    def careless(context, text, *signs):
        fact = relation(context, text, *signs)
        return fact._replace(type=context.type(fact.gap) or ())

    monkeypatch.setattr(Context, "read", what_is_left)
    monkeypatch.setattr(checker, "relation", careless)
    assert sum(bool(judged(**statement)) for statement in CONFUSED.values()) >= 15


ZERO_ON_D = {
    "A": Map([], (0, 0)),
    "C": Map([], (0, 0)),
    "B": Map([[Fraction(1)]], (1, 1)),
    "eta": Map(Fraction(-1), None),
}


def test_the_oracle_sees_dimension_zero():
    """Evaluated where d has no dimension, the hypotheses hold and the claims do not."""
    for what in ("a number vanishes", "numbers in the statement, none of them by itself", "another space", "two facts"):
        statement = CONFUSED[what]
        assert all(holds(text, ZERO_ON_D) for text in statement["given"].values())
        assert not holds(statement["proof"][-1]["states"], ZERO_ON_D), what
    empty = Map([[], [], []], (3, 0))
    assert (empty.T.shape, empty.T.entries) == ((0, 3), [])
    assert (empty * empty.T).entries == [[0] * 3] * 3
    assert (empty.T * empty).is_zero


CARRIED = {
    "on the same space": {
        "letters": ON_D,
        "given": {"h": "1 + A = A"},
        "proof": [{"states": "A = 0", "because": [["1", "1", "h", "A"]]}],
    },
    "still a relation of maps": {
        "letters": ON_D,
        "scalars": ["eta"],
        "given": {"h": "A + eta = A"},
        "proof": [{"states": "2 eta + A' = A'", "because": [["2", "1", "h'", "1"]]}],
    },
    "to another space": {
        "letters": {**ON_D, "X": "n <- d"},
        "given": {"h": "A = A + 1"},
        "proof": [{"states": "X = 0", "because": [["-1", "X", "h", "1"]]}],
    },
    "a square": {
        "letters": {"X": "n <- d"},
        "scalars": ["eta"],
        "given": {"h": "X' X + eta eta = 0"},
        "proof": [
            {
                "name": "k",
                "states": "eta + X' X = X' X",
                "kernel": [[], "eta"],
                "sum": [["1", [], "X"]],
                "because": LESS,
            },
            {"states": "eta X = 0", "because": [["1", "X", "k", "1"]]},
        ],
    },
    "a sum": {
        "letters": ON_D,
        "scalars": ["eta"],
        "positive": {"h": "A + eta >= A"},
        "proof": [{"states": "eta A' A + 3 >= 0", "sum": [["1", ["h"], "A"], ["3", [], "1"]]}],
    },
    "a fact about numbers, on any space": {
        "letters": {"X": "n <- d"},
        "scalars": ["eta"],
        "given": {"h": "eta = 1"},
        "proof": [{"states": "eta X = X", "because": [["1", "X", "h", "1"]]}],
    },
    "0 is of every type": {
        "letters": {"X": "n <- d"},
        "given": {"h": "X + 0 = (0)"},
        "proof": [{"states": "-0 = 2 X - 0 X", "because": [["-2", "1", "h", "1"]]}],
    },
}


@pytest.mark.parametrize("what", CARRIED)
def test_what_is_carried_with_its_type_is_accepted(what):
    result = judged(**CARRIED[what])
    assert result, result.refusal
    assert agrees({"name": "s", **CARRIED[what]})
    assert source({"theorem": "t", "statements": [{"name": "s", **CARRIED[what]}]})


def test_types_of_products_and_sums():
    x, y = ("n", "d"), ("d", "d")
    assert product_type(x, (), None, y) == x
    assert product_type((), None) == ()
    assert product_type(x, y, ("d", "m"), (), ("m", "k")) == ("n", "k")
    assert sum_type(y, (), None) == y
    assert sum_type(x, None) == x
    assert (sum_type(None, None), sum_type(None, ())) == (None, ())
    for wrong in (lambda: product_type(y, x), lambda: sum_type(x, y), lambda: sum_type(x, ())):
        with pytest.raises(Refused):
            wrong()
    context = Context({"X": "n <- d", "P": "d <- d"}, ["eta"], ["P"])
    read = {text: context.read(text)[1] for text in ("0", "1", "eta 0", "X", "X'", "X - X", "P - P + 1", "0 X", "(0)")}
    assert list(read.values()) == [None, (), (), x, x[::-1], x, y, x, None]


# How it is written ---------------------------------------------------------------------------------

GOOD = {
    "name": "s",
    "letters": {"X": "d <- d", "Y": "d <- d"},
    "scalars": ["eta"],
    "given": {"h": "X = eta Y"},
    "positive": {"p": "eta >= 0"},
    "proof": [
        {"name": "k", "states": "2 X = 2 eta Y", "because": [["2", "1", "h", "1"]]},
        {"name": "l", "states": "X Y' >= 0", "sum": [["1", ["p"], "Y'"]], "because": [["1/2", "1", "k", "Y'"]]},
    ],
    "prose": ["a last step: \u03b1 contracts"],
}


def replaced(old, new):
    """The good statement with every place where `old` stands, as a whole value or key, given `new`."""

    def walk(node):
        if isinstance(node, dict):
            return {walk(key): walk(value) for key, value in node.items()}
        return [walk(x) for x in node] if isinstance(node, list) else new if node == old else node

    return walk(GOOD)


def test_the_good_statement_is_accepted():
    result = check({"theorem": "t", "statements": [GOOD]})
    assert result, result.refusal
    renamed = json.loads(json.dumps(GOOD).replace("X", "_x1"))
    assert check({"theorem": "t", "statements": [renamed]})


WEIGHTS = (
    "2e0", "2.0", " 2", "2 ", "2\n", "+2", "1_0", "0x2", "\u0662", "\uff12", "\u00b2", "4/2/1", "2/0", "2/00", "2/-1",
    "--2", "-", "", "/2", "2/", "2 /1", "inf", "nan", 2, 2.0, True, None, [2], {"2": 1}, Fraction(2),
)  # fmt: skip


@pytest.mark.parametrize("weight", WEIGHTS, ids=repr)
def test_a_weight_is_a_fraction_written_in_digits(weight):
    for place, of in ((0, "because"), (1, "sum")):
        statement = copy.deepcopy(GOOD)
        statement["proof"][place][of][0][0] = weight
        result = check({"theorem": "t", "statements": [statement]})
        assert not result
        assert "another kind" in result.refusal or "may not stand there" in result.refusal


@pytest.mark.parametrize("weight", ["2", "4/2", "002", "20/010"])
def test_a_weight_may_be_written_otherwise_in_digits(weight):
    statement = copy.deepcopy(GOOD)
    statement["proof"][0]["because"][0][0] = weight
    assert check({"theorem": "t", "statements": [statement]})


LETTERS = (
    "\u03b7",
    "X\u0301",
    "\u0425",
    "X'",
    "X''",
    "2X",
    "",
    " X",
    "X ",
    "X Y",
    "X-Y",
    "+",
    "-",
    "(",
    "()",
    "=",
    ">=",
    "1",
    "1/2",
    "0",
    "X.",
    "\uff38",
    "X\u2032",
    "X\n",
    None,
    1,
)


@pytest.mark.parametrize("name", LETTERS, ids=repr)
def test_a_letter_is_an_identifier(name):
    """Operators, numbers, primes and letters that look alike are no names, even where the expressions use them."""
    for letter in ("X", "eta"):
        statement = replaced(letter, name)
        if isinstance(name, str):
            statement = json.loads(json.dumps(GOOD).replace(letter, json.dumps(name)[1:-1]))
        result = check({"theorem": "t", "statements": [statement]})
        assert not result
        assert "another kind" in result.refusal or "may not stand there" in result.refusal


@pytest.mark.parametrize(
    "name", ["h'", "h''", "'", "", "\u03b7", "h\u00a0", "h\n", "h\u200b", "h\u2032", None, 1], ids=repr
)
def test_a_fact_has_a_printable_name_without_a_prime_at_its_end(name):
    for fact in ("h", "p", "k"):
        assert not check({"theorem": "t", "statements": [replaced(fact, name)]}), fact
    last = copy.deepcopy(GOOD)
    last["proof"][1]["name"] = name
    assert not check({"theorem": "t", "statements": [last]})
    assert check({"theorem": "t", "statements": [replaced("h", "h' and 2 >= 1: (a, b)")]})


def test_a_fact_is_not_hidden_behind_an_adjoint():
    """With a name h', the adjoint of h could not be told from the other fact."""
    given = {"h": "X = Y", "h'": "X = 2 Y"}
    line = {"states": "X' = Y'", "because": [["1", "1", "h'", "1"]]}
    assert "may not stand there" in refusal(letters={"X": "d <- d", "Y": "d <- d"}, given=given, proof=[line])


ENDS = (
    "d", "d <- d <- d", "<- d", "d <-", "d -> d", "d <= d", "\u0501 <- d", "d\u00a0<- d", "d <- d'", "(d) <- d",
    "d\n<- d", "", None, ["d", "d"], 1,
)  # fmt: skip


@pytest.mark.parametrize("ends", ENDS, ids=repr)
def test_spaces_have_plain_names(ends):
    statement = copy.deepcopy(GOOD)
    statement["letters"] = dict.fromkeys(GOOD["letters"], ends)
    assert not check({"theorem": "t", "statements": [statement]})


@pytest.mark.parametrize(
    "ends", ["d<-d", "  d  <-  d ", "1 <- 1", "k + n + 1 <- k + n + 1", "2*d + 2 <- 2*d + 2", "d_2 <- d_2"]
)
def test_spaces_may_be_sums_and_multiples(ends):
    statement = copy.deepcopy(GOOD)
    statement["letters"] = dict.fromkeys(GOOD["letters"], ends)
    assert check({"theorem": "t", "statements": [statement]})


RELATIONS = (
    "X = eta\u00a0Y", "X = eta\tY", "X = eta\nY", "X \uff1d eta Y", "X = eta Y + \u0660", "X = \u00b9 eta Y",
    "X = eta * Y", "X = eta Y # 1", "X = 1/0 Y", "X = eta Y''", "X == eta Y", "X = eta' Y", "X = eta Y;", None,
    ["X = eta Y"], 0,
)  # fmt: skip


@pytest.mark.parametrize("text", RELATIONS, ids=repr)
def test_expressions_are_written_in_plain_signs(text):
    assert not check({"theorem": "t", "statements": [replaced("X = eta Y", text)]})
    assert not check({"theorem": "t", "statements": [replaced("2 X = 2 eta Y", text)]})


PARTS = {
    "letters": ([["X", "d <- d"]], None, "X"),
    "scalars": ("eta", {"eta": 1}, ["eta", "eta"], ["eta", "X"], [["eta"]], None, ["eta", 1]),
    "symmetric": ("XY", ["eta"], ["Z"], {"X": 1}, [None]),
    "given": ([["h", "X = eta Y"]], None, "h"),
    "positive": ([["p", "eta >= 0"]], None),
    "proof": ({}, (), [], "l", [[]], [None]),
    "name": (1, None, "\u03b7", ""),
    "prose": ("text", [1], ["\ud800"], ["\x00"]),
    "remark": ("", [], None),
}


@pytest.mark.parametrize(("part", "value"), [(part, value) for part, values in PARTS.items() for value in values])
def test_a_part_has_one_form(part, value):
    assert not check({"theorem": "t", "statements": [GOOD | {part: value}]})


def test_a_text_is_not_read_as_a_list():
    """Python takes a text of four letters apart as it does a list of four."""
    one = {"letters": {"X": "d <- d"}, "given": {"h": "X = 1"}}
    line = {"states": "X = 1", "because": ["11h1"]}
    assert "another kind" in refusal(**one, proof=[line])
    assert "another kind" in refusal(**one, proof=[line | {"because": [("1", "1", "h", "1")]}])
    assert judged(**one, proof=[line | {"because": [["1", "1", "h", "1"]]}])
    numbers = {"scalars": ["x", "y"], "positive": {"p": "x >= 0", "q": "y >= 0"}}
    line = {"states": "x y >= 0", "sum": [["1", "pq", "1"]]}
    assert "another kind" in refusal(**numbers, proof=[line])
    assert "too few" in refusal(**one, proof=[{"states": "X = 1", "because": [["1", "h", "1"]]}])


@pytest.mark.parametrize(
    "certificate",
    [{"theorem": 1}, {"theorem": None}, {"theorem": "\u03b7"}, {"theorem": ""}, {"statements": (GOOD,)}, {1: 2}],
)
def test_a_certificate_has_one_form(certificate):
    good = {"theorem": "t", "statements": [GOOD]}
    assert check(good)
    assert not check(good | certificate)
    for part in good:
        assert not check({part: good[part]})


def test_no_key_is_given_twice(tmp_path):
    path = tmp_path / "c.json"
    text = json.dumps(EXAMPLES["numbers"])
    path.write_text(text.replace('"r": "r (1 + p) = 1"', '"r": "r = 7", "r": "r (1 + p) = 1"'), encoding="utf-8")
    assert check(json.loads(path.read_text(encoding="utf-8"))), "the usual reader takes the last"
    with pytest.raises(Refused, match="a key occurs twice"):
        load(path)
    path.write_text(text.replace('{"theorem"', '{"theorem": "other", "theorem"'), encoding="utf-8")
    with pytest.raises(Refused, match="twice"):
        load(path)


# What is read --------------------------------------------------------------------------------------

LAID = Context({"X": "n <- d", "S": "d <- d", "B": "d <- d"}, ["eta", "rho"], ["S"])
READ = {
    "2 X": {("X",): 2},
    "-X + X S": {("X",): -1, ("X", "S"): 1},
    "X - 1/2 X - 1/2 X": {},
    "X rho S eta - 3 X": {("eta", "rho", "X", "S"): 1, ("X",): -3},
    "(1 - S) (1 + B)": {(): 1, ("S",): -1, ("B",): 1, ("S", "B"): -1},
    "(S) B (2 S - 0)": {("S", "B", "S"): 2},
    "S (B (S))": {("S", "B", "S"): 1},
    "X' X": {("X'", "X"): 1},
    "2 3/4 eta": {("eta",): Fraction(3, 2)},
    "0 X": {},
}


@pytest.mark.parametrize("text", READ)
def test_an_expression_is_the_polynomial_that_is_written(text):
    assert LAID.parse(text) == READ[text]


UNREAD = {
    "": "a term is missing",
    "X -": "a term is missing",
    "X + + X": "a term is missing",
    "S - - S": "a term is missing",
    "- + S": "a term is missing",
    "()": "a term is missing",
    "S ()": "a term is missing",
    "(X": "a bracket is not closed",
    "(S + (B)": "a bracket is not closed",
    "X)": "cannot read",
    "(X)) + X": "cannot read",
    "S'": "takes no '",
    "Z": "not declared",
    "eta'": "not declared",
    "X''": "not declared",
    "X X": "ill-typed",
}


@pytest.mark.parametrize("text", UNREAD)
def test_what_is_no_expression_is_refused(text):
    with pytest.raises(Refused, match=UNREAD[text]):
        LAID.read(text)


def test_a_relation_is_a_difference_and_a_sign():
    assert sides(LAID, "S + S B = 3 S", "=") == ({("S",): -2, ("S", "B"): 1}, "=")
    for sign in (">=", ">"):
        assert sides(LAID, f"eta {sign} 2 rho", ">=", ">") == ({("eta",): 1, ("rho",): -2}, sign)
        with pytest.raises(Refused, match="not a relation with ="):
            sides(LAID, f"eta {sign} rho", "=")
        with pytest.raises(Refused, match="neither positive nor negative"):
            sides(LAID, f"X {sign} X S", ">=", ">")
    for text in ("eta", "eta = rho = rho", "eta = rho = 2"):
        with pytest.raises(Refused, match="not a relation"):
            sides(LAID, text, "=")
    with pytest.raises(Refused, match="not a relation with >= or >"):
        sides(LAID, "eta = rho", ">=", ">")


def test_an_adjoint_turns_words_and_letters():
    assert LAID.adjoint(LAID.parse("2 eta X' X B - S B")) == LAID.parse("2 eta B' X' X - B' S")
    assert LAID.type(LAID.parse("X S - eta X")) == ("n", "d")
    assert LAID.type(LAID.parse("eta - 2")) is LAID.type({}) is None


@pytest.mark.parametrize("ends", ["", "d", "d <-", "<- d", "<-", "d <- d <- d"])
def test_a_letter_has_two_ends(ends):
    """In a context that was made without a certificate, too."""
    with pytest.raises(Refused, match="target <- source"):
        Context({"X": ends}, [], [])


# What a term is ------------------------------------------------------------------------------------

TERMS = {
    "a weight of 0 that would be strictly positive": (
        {"scalars": ["p"], "positive": {"p": "p >= 0"}},
        {"states": "p > 0", "sum": [["1", ["p"], "1"], ["0", [], "1"]]},
        "not positive",
    ),
    "a negative weight": (
        {"scalars": ["p"], "positive": {"p": "p >= 0"}},
        {"states": "-1/2 p >= 0", "sum": [["-1/2", ["p"], "1"]]},
        "not positive",
    ),
    "a square of 0": (
        {"letters": ON_D},
        {"states": "A' A >= 0", "sum": [["1", [], "A"], ["1", [], "A - A"]]},
        "not positive",
    ),
    "a cofactor of weight 0": (
        {"letters": ON_D, "given": {"h": "A = 1"}},
        {"states": "A = A", "because": [["0", "1", "h", "1"]]},
        "one product",
    ),
    "a multiple of nothing": (
        {"letters": ON_D, "given": {"h": "A = A"}},
        {"states": "A = A", "because": [["1", "1", "h", "1"]]},
        "one product",
    ),
    "a sum on the left": (
        {"letters": ON_D, "given": {"h": "A = 1"}},
        {"states": "(A + 1) A = A + 1", "because": [["1", "A + 1", "h", "1"]]},
        "one product",
    ),
    "a sum on the right": (
        {"letters": ON_D, "given": {"h": "A = 1"}},
        {"states": "A (A - 1) = A - 1", "because": [["1", "1", "h", "A - 1"]]},
        "one product",
    ),
    "nothing on the left": (
        {"letters": ON_D, "given": {"h": "A = 1"}},
        {"states": "A = A", "because": [["1", "0", "h", "1"]]},
        "one product",
    ),
    "a root that is 0": (
        {"letters": ON_D},
        {"states": "A - A = 0", "kernel": [[], "A - A"], "because": []},
        "what it is applied to",
    ),
    "an order relation without a sum": (
        {"scalars": ["p"], "given": {"h": "p = 1"}},
        {"states": "p >= 1", "because": [["1", "1", "h", "1"]]},
        "not a relation with =",
    ),
    "an equation with a sum": (
        {"scalars": ["p"], "positive": {"p": "p >= 0"}},
        {"states": "p = 0", "sum": [["1", ["p"], "1"]]},
        "not a relation with >= or >",
    ),
    "a claim of two equations": (
        {"scalars": ["p", "q"], "given": {"h": "p = q"}},
        {"states": "p = q = 7", "because": [["1", "1", "h", "1"]]},
        "not a relation",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", TERMS)
def test_a_term_says_something(what):
    """Each adds up, or would without the part that is read wrongly."""
    declared, line, reason = TERMS[what]
    assert reason in refusal(**declared, proof=[line])


def test_a_hypothesis_has_the_sign_of_its_part():
    line = {"states": "p = 1", "because": [["1", "1", "h", "1"]]}
    assert "not a relation" in refusal(scalars=["p"], given={"h": "p >= 1"}, proof=[line])
    line = {"states": "p >= 0", "sum": [["1", ["h"], "1"]]}
    assert "not a relation" in refusal(scalars=["p"], positive={"h": "p = 0"}, proof=[line])


def test_a_line_without_a_name_is_called_by_its_number():
    first = {"states": "A A = A", "because": [["1", "1", "h", "A"]]}
    second = {"states": "A A = 1", "because": [["1", "1", "line 1", "1"], ["1", "1", "h", "1"]]}
    good = {"letters": ON_D, "given": {"h": "A = 1"}, "proof": [first, second]}
    assert judged(**good)
    assert "line 2 of s: the terms do not add up" in refusal(**good | {"proof": [first, second | {"states": "A = 2"}]})
    assert "line 1 of s: the terms do not add up" in refusal(**good | {"proof": [second | {"because": USED}]})
    named = [first | {"name": "line 2"}, second | {"because": [["1", "1", "line 2", "1"], ["1", "1", "h", "1"]]}]
    assert "two facts are called line 2" in refusal(**good | {"proof": named})


def test_every_term_is_counted_once():
    """Cofactors and terms of sums; nothing where a certificate is refused."""
    counts = {name: check(certificate).cofactors for name, certificate in EXAMPLES.items()}
    assert counts == {
        "two-errors": 3, "powers": 7, "sum-of-squares": 2, "kernel": 3, "moore-penrose": 6, "box": 6, "scaled-box": 4,
        "numbers": 6, "scaled-facts": 6, "gradient-step": 4,
    }  # fmt: skip
    assert [replay(statement) for statement in EXAMPLES["powers"]["statements"]] == [2, 5]
    assert check({}) == Answer(check({}).refusal, 0)


def test_the_other_reader_takes_no_other_signs():
    for text in ("\u03b7", "\u0662", "\u00b2", "X \u00a0 Y"):
        with pytest.raises(InputError):
            parse(text)
    assert checker.TOKEN.findall("X12 \u00a0\u0662") == ["X12", "\u00a0", "\u0662"]
