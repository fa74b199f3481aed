"""The trusted checker: what it accepts is true, every tampering is refused, nothing makes it raise."""

from __future__ import annotations

import ast
import copy
import io
import json
import random
import re
import sys
import tokenize
import zlib
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from proofs_check.certificates import checker
from proofs_check.certificates.checker import Answer, check, load
from proofs_check.certificates.stored import CERTIFICATES, stored
from tests.proofs_check.certificates.examples import EXAMPLES
from tests.proofs_check.certificates.models import find_model, holds
from tests.proofs_check.certificates.oracle import PRIME, Map, agrees, evaluate, random_values
from tests.proofs_check.certificates.tampering import edits, sampled, tamperings

SHIPPED = {theorem: load(CERTIFICATES / f"{theorem}.json") for theorem in stored()}
ALL = {**{f"example {name}": certificate for name, certificate in EXAMPLES.items()}, **SHIPPED}
STATEMENTS = {
    f"{key}: {statement['name']}": statement
    for key, certificate in ALL.items()
    for statement in certificate["statements"]
}


def accepted(statement):
    return check({"theorem": "t", "statements": [statement]})


# What the checker is -------------------------------------------------------------------------------


def test_checker_is_short_and_needs_the_standard_library_only():
    text = Path(checker.__file__).read_text(encoding="utf-8")
    comments = [line for line in text.splitlines() if re.match(r"\s*#", line)]
    ignored = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    code = {
        line
        for token in tokenize.generate_tokens(io.StringIO(text).readline)
        if token.type not in ignored and not token.string.startswith('"""')
        for line in range(token.start[0], token.end[0] + 1)
    }
    assert 100 < len(code) < 200, "it must be readable in one go"
    assert len(comments) > 30, "and it must say why each rule is sound"
    imported = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(node.module.partition(".")[0])
        assert not (isinstance(node, ast.Name) and node.id in {"eval", "exec", "__import__"})
    assert imported <= sys.stdlib_module_names
    assert {"fractions", "json"} <= imported


def test_checker_runs_where_nothing_else_can_be_imported(tmp_path):
    import subprocess

    path = tmp_path / "c.json"
    path.write_text(json.dumps(EXAMPLES["moore-penrose"]))
    program = (
        "import sys, runpy; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]; "
        "m = runpy.run_path(sys.argv[1]); r = m['check'](m['load'](sys.argv[2])); print(bool(r), r.cofactors)"
    )
    # runpy registers no module, which dataclasses look up: run_path does so for the time of the run only.
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program, checker.__file__, str(path)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["True", "6"]


# What it accepts -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ALL)
@pytest.mark.many(4)
def test_certificates_are_accepted(key):
    result = check(ALL[key])
    assert result, result.refusal
    assert result.cofactors > 0
    assert result.refusal is None


@pytest.mark.parametrize("key", SHIPPED)
def test_files_are_named_after_their_theorem(key):
    assert SHIPPED[key]["theorem"] == key
    names = [statement["name"] for statement in SHIPPED[key]["statements"]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("key", STATEMENTS)
@pytest.mark.many(5)
def test_every_line_holds_at_random_matrices(key):
    assert agrees(STATEMENTS[key], zlib.crc32(key.encode()))


def test_random_matrices_tell_a_wrong_line():
    wrong = copy.deepcopy(EXAMPLES["two-errors"]["statements"][0])
    wrong["proof"][0]["states"] = "e_next = B A e + A Q Delta"
    assert not agrees(wrong)
    assert not accepted(wrong)


@pytest.mark.parametrize("key", STATEMENTS)
@pytest.mark.many(5)
def test_claims_are_true_wherever_the_hypotheses_are(key):
    """Exact rational matrices of random sizes. Where no model is found by solving, nothing is concluded."""
    statement, found = STATEMENTS[key], 0
    for seed in range(4):
        values = find_model(statement, random.Random(seed))
        if values is None:
            continue
        found += 1
        for line in statement["proof"]:
            assert holds(line["states"], values), line["states"]
    if not found:
        pytest.skip("no model of the hypotheses was found by solving for one letter at a time")


def test_models_tell_a_false_claim():
    statement = copy.deepcopy(EXAMPLES["two-errors"]["statements"][0])
    models = [find_model(statement, random.Random(seed)) for seed in range(9)]
    assert all(holds("e_next = A B e + A Q Delta", values) for values in models)
    told = [not holds("e_next = A B e - A Q Delta", values) for values in models]
    # Where a space has no dimension, nothing is told.
    assert any(told)
    assert not any(values["A"].shape[0] == 0 for values, one in zip(models, told, strict=True) if one)


def test_models_are_found_for_most_examples():
    found = [key for key, s in STATEMENTS.items() if key.startswith("example") and find_model(s, random.Random(0))]
    assert len(found) >= 6


def _rational(rows):
    return Map([[Fraction(x) for x in row] for row in rows], (len(rows), len(rows[0])))


def test_sum_of_squares_on_a_common_kernel():
    values = {"X": _rational([[1, 2, 3]]), "Y": _rational([[1, 0, 1], [2, 4, 6]]), "Z": _rational([[2], [2], [-2]])}
    statement = EXAMPLES["sum-of-squares"]["statements"][0]
    assert holds(statement["given"]["h"], values)
    assert holds(statement["proof"][-1]["states"], values)


def test_generalised_inverses_of_a_map_without_full_rank():
    """G and H are different generalised inverses that solve least-squares problems: X G = X H all the same."""
    values = {"X": _rational([[1, 1], [1, 1], [2, 2]])}
    values["G"] = _rational([["1/12", "1/12", "1/6"], ["1/12", "1/12", "1/6"]])
    values["H"] = values["G"] + _rational([[1, -1, 2], [-1, 1, -2]])
    statement = EXAMPLES["moore-penrose"]["statements"][0]
    assert all(holds(text, values) for text in statement["given"].values())
    assert not (values["G"] - values["H"]).is_zero
    assert all(holds(line["states"], values) for line in statement["proof"])


# Tampering -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXAMPLES)
@pytest.mark.slow
@pytest.mark.many(3)
def test_every_tampering_with_an_example_is_refused(name):
    count = 0
    for statement in EXAMPLES[name]["statements"]:
        for tampering in tamperings(statement):
            if not tampering.real():
                continue
            count += 1
            result = accepted(tampering.make())
            assert not result, f"{statement['name']}: {tampering.what}"
            assert result.refusal
    assert count >= 100


def test_tamperings_are_of_every_kind():
    names = ("sum-of-squares", "numbers", "scaled-box")
    kinds = {t.what for name in names for s in EXAMPLES[name]["statements"] for t in tamperings(s)}
    for word in ("type of", "not symmetric", "as a letter", "dropped", "weight", "left", "right", "fact", "states"):
        assert any(word in what for what in kinds), word
    for word in ("kernel", "positive term", "given", "positive", "added", "doubled", "idle", "exchanged", "relation"):
        assert any(word in what for what in kinds), word


@pytest.mark.skipif(not SHIPPED, reason="no certificates are shipped")
@pytest.mark.parametrize("part", range(4))
@pytest.mark.slow
@pytest.mark.many(4)
def test_a_thousand_random_tamperings_with_the_shipped_certificates_are_refused(part):
    """A quarter of the thousand: every fourth statement."""
    rng, refused = random.Random(20 + part), 0
    statements = [(key, statement) for key, certificate in SHIPPED.items() for statement in certificate["statements"]]
    share = -(-1400 // len(statements))
    for key, statement in statements[part::4]:
        for tampering in sampled(statement, rng, share):
            if not tampering.real():
                continue
            assert not accepted(tampering.make()), f"{key}, {statement['name']}: {tampering.what}"
            refused += 1
    assert refused >= 250


def _texts(node, path=()):
    if isinstance(node, str) and not {"name", "prose"} & set(path):
        yield path, node
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield from _texts(child, (*path, key))


def _put(statement, path, text):
    place = statement
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = text


@settings(max_examples=150)
@given(st.sampled_from(list(EXAMPLES)), st.integers(0, 10**9), st.integers(1, 4))
@pytest.mark.slow
def test_whatever_is_accepted_after_careless_changes_holds(name, seed, changes):
    """Some changes are harmless or undo each other; what the checker accepts must hold at random matrices as well."""
    rng = random.Random(seed)
    statement = copy.deepcopy(rng.choice(EXAMPLES[name]["statements"]))
    for _ in range(changes):
        (path, text), (other_path, other) = (rng.choice(list(_texts(statement))) for _ in range(2))
        if rng.random() < 0.3 and len(path) == len(other_path):
            _put(statement, path, other)
            _put(statement, other_path, text)
        else:
            _put(statement, path, rng.choice([*edits(text, statement), text]))
    if accepted(statement):
        assert agrees(statement)


# Statements made at random -------------------------------------------------------------------------

LETTERS = {"A": "d <- d", "S": "d <- d", "X": "n <- d", "v": "d <- 1"}


@st.composite
def proofs(draw):
    """Random hypotheses and a random combination of them, written as a claim: the claim follows."""

    def word(target, source):
        steps = {"d": ["A", "A'", "S"], "n": []}
        if (target, source) == ("d", "d"):
            return " ".join(draw(st.lists(st.sampled_from([*steps["d"], "X' X"]), max_size=3))) or "1"
        return f"{word('d', 'd')} v" if source == "1" else f"X {word('d', 'd')}"

    def combination(target, source):
        weights = draw(st.lists(st.sampled_from(["1", "2", "3/2", "eta", "eta eta"]), min_size=1, max_size=3))
        return " + ".join(f"{w} {word(target, source)}" for w in weights)

    given_ = {f"h{i}": f"{combination('d', 'd')} = {combination('d', 'd')}" for i in range(draw(st.integers(1, 3)))}
    terms, claim = [], []
    for name in given_:
        prime = draw(st.sampled_from(["", "'"]))
        weight = draw(st.sampled_from(["1", "2", "1/3", "5"]))
        left, right = word("d", "d"), word("d", "d")
        terms.append([weight, left, name + prime, right])
        gap = "{} - ({})".format(*given_[name].split(" = "))
        claim.append((f"{weight} {left}", gap, prime, right))
    return given_, terms, claim


def _transposed(text):
    """Transpose a sum of words in letters by hand: it has no brackets but around what is subtracted."""
    words, current = [], []
    for piece in [*text.replace("- (", "- [ ").replace(")", " ]").split(), "+"]:
        if piece in {"+", "-", "[", "]"}:
            flipped = [
                p if p[0].isdigit() or p in {"eta", "S"} else p[:-1] if p[-1] == "'" else p + "'" for p in current
            ]
            words += [*reversed(flipped), piece]
            current = []
        else:
            current.append(piece)
    return " ".join(words[:-1]).replace("[", "(").replace("]", ")")


def _statement(given_, terms, claim):
    text = " + ".join(f"{a} ({_transposed(gap) if prime else gap}) {b}" for a, gap, prime, b in claim)
    names = " ".join([*given_.values(), text, *(f"{t[1]} {t[3]}" for t in terms)]).replace("'", "").split()
    letters = {name: ends for name, ends in LETTERS.items() if any(name == w.strip("()") for w in names)}
    return {
        "name": "random",
        "letters": letters,
        "scalars": ["eta"] if any(w.strip("()") == "eta" for w in names) else [],
        "symmetric": ["S"] if "S" in letters else [],
        "given": given_,
        "proof": [{"states": f"{text} = 0", "because": terms}],
    }


@settings(max_examples=50)
@given(proofs(), st.integers(0, 10**6))
@pytest.mark.slow
def test_combinations_of_hypotheses_are_accepted_and_nothing_next_to_them(parts, seed):
    statement = _statement(*parts)
    result = accepted(statement)
    # Only idleness may be held against it: a hypothesis 0 = 0, or a symmetry that no adjoint needed.
    if not result:
        assert any(reason in result.refusal for reason in ("not needed", "one product", "listed twice")), result.refusal
    values = random_values(statement, random.Random(seed))
    text = statement["proof"][0]["states"].removesuffix(" = 0")
    other = copy.deepcopy(statement)
    letter = next((name for name in statement["letters"] if name in {"A", "S"}), None)
    if letter is not None:
        other["proof"][0]["states"] = f"{text} + 1/7 {letter} = 0"
        assert not evaluate(f"1/7 {letter}", values).is_zero
        assert not accepted(other)


@settings(max_examples=60)
@given(st.integers(0, 10**6))
@pytest.mark.slow
def test_a_claim_that_fails_in_a_model_is_refused_whatever_the_cofactors(seed):
    """Definitions always have a model; a random claim that is false there gets no cofactor list accepted."""
    rng = random.Random(seed)
    base = EXAMPLES[rng.choice(["two-errors", "gradient-step", "powers"])]["statements"][-1]
    values = find_model(base, random.Random(seed + 1))
    statement = copy.deepcopy(base)
    line = statement["proof"][0]
    tokens = line["states"].split()
    names = list(statement["letters"])
    for _ in range(rng.randrange(1, 4)):
        i = rng.randrange(len(tokens))
        tokens[i] = rng.choice([*names, "+", "-", tokens[i] + "'", "2 " + tokens[i]])
    line["states"] = " ".join(tokens)
    try:
        false = values is not None and not holds(line["states"], values)
    except Exception:
        return  # ill-typed: other tests
    if not false:
        return
    facts = list(statement["given"])
    for _ in range(5):
        line["because"] = [
            [rng.choice(["1", "-1", "2"]), rng.choice(["1", *names]), rng.choice(facts), rng.choice(["1", *names])]
            for _ in range(rng.randrange(1, 6))
        ]
        assert not accepted(statement)
    line["because"] = base["proof"][0]["because"]
    assert not accepted(statement)


# What must never be accepted -----------------------------------------------------------------------


def refusal(**statement):
    result = accepted({"name": "s", **statement})
    assert not result
    return result.refusal


D = {"P": "d <- d"}


def test_a_kernel_does_not_prove_an_inequality():
    line = {"states": "- P >= 0", "kernel": [[], "- P"], "sum": [["1", [], "P"]]}
    assert "not a relation with =" in refusal(letters=D, symmetric=["P"], proof=[line])


@pytest.mark.parametrize(
    ("positive", "line", "complaint"),
    [
        ({"p": "P >= 0"}, {"states": "P X = 0", "kernel": [[], "X"]}, "not N g"),
        ({"p": "P >= 0"}, {"states": "X = 0", "kernel": [["p"], "X"]}, "not N g"),
        ({"p": "P >= 0"}, {"states": "P X = 0", "kernel": [["p", "p"], "X"]}, "one map"),
        ({"p": "P >= 0", "k": "c >= 0"}, {"states": "c X = 0", "kernel": [["k"], "X"]}, "without dimensions"),
        ({"p": "P >= 0"}, {"states": "P X = 0", "kernel": [["p"], "X"], "sum": [["-1", ["p"], "X"]]}, "not positive"),
        ({"p": "P >= 0"}, {"states": "P X = 0", "kernel": [["p"], "X"], "because": []}, "do not add up"),
        ({"p": "P >= 0"}, {"states": "P X = 0", "kernel": [["q"], "X"]}, "KeyError"),
        ({"p": "P >= 0"}, {"states": "P X = 0", "kernel": [["h"], "X"]}, "KeyError"),
    ],
)
def test_a_kernel_needs_a_form_that_vanishes(positive, line, complaint):
    line = {"because": [["-1", "X'", "h", "X"]]} | line
    given = {"h": "P = 0"}
    found = refusal(
        letters=D | {"X": "d <- e"}, scalars=["c"], symmetric=["P"], given=given, positive=positive, proof=[line]
    )
    assert complaint in found


def test_a_space_without_dimensions_makes_no_number_vanish():
    letters = {"X": "d <- d", "w": "e <- 1"}
    lines = [
        {
            "name": "z",
            "states": "1 = 0",
            "kernel": [[], "1"],
            "sum": [["1", [], "X"]],
            "because": [["-1", "1", "h", "1"]],
        },
        {"states": "w = 0", "because": [["1", "1", "z", "w"]]},
    ]
    assert "dimensions" in refusal(letters=letters, given={"h": "1 + X' X = 0"}, proof=lines)
    both = {"a": "P = 0", "b": "P = 1"}
    line = {"states": "1 = 0", "because": [["1", "1", "a", "1"], ["-1", "1", "b", "1"]]}
    assert "type" in refusal(letters=D, given=both, proof=[line])


def test_a_product_of_two_positive_operators_need_not_be_positive():
    letters, positive = {"P": "d <- d", "Q": "d <- d"}, {"p": "P >= 0", "q": "Q >= 0"}
    line = {"states": "P Q + Q P >= 0", "sum": [["1", ["p", "q"], "1"], ["1", ["q", "p"], "1"]]}
    assert "two operators" in refusal(letters=letters, symmetric=["P", "Q"], positive=positive, proof=[line])


def test_an_expression_that_is_not_symmetric_is_not_positive():
    assert refusal(letters=D, proof=[{"states": "P >= 0", "sum": [["1", [], "P"]]}])
    line = {"states": "2 P >= 0", "sum": [["2", ["p"], "1"]]}
    assert "symmetric" in refusal(letters=D, positive={"p": "P >= 0"}, proof=[line])
    # What is concluded may be symmetric by what is given only.
    line = {"states": "P >= 0", "sum": [["1", [], "X"]], "because": [["1", "1", "h", "1"]]}
    letters = {**D, "X": "n <- d"}
    assert accepted({"name": "s", "letters": letters, "given": {"h": "P = X' X"}, "proof": [line]})


def test_strictness_needs_a_strict_term():
    line = {"states": "p p > 0", "sum": [["1", [], "p"]]}
    assert "strictly" in refusal(scalars=["p"], proof=[line])
    line = {"states": "p > 0", "sum": [["1", ["p"], "1"]]}
    assert "strictly" in refusal(scalars=["p"], positive={"p": "p >= 0"}, proof=[line])
    assert accepted({"name": "s", "scalars": ["p"], "positive": {"p": "p > 0"}, "proof": [line | {"states": "p > 0"}]})


def test_strictness_of_an_operator_is_never_concluded():
    line = {"states": "P + 1 > 0", "sum": [["1", ["p"], "1"], ["1", [], "1"]]}
    assert refusal(letters=D, symmetric=["P"], positive={"p": "P > 0"}, proof=[line])


def test_operators_do_not_commute_and_numbers_do():
    letters = {"P": "d <- d", "Q": "d <- d"}
    line = {"states": "P Q = Q P", "because": []}
    assert "add up" in refusal(letters=letters, proof=[line])
    numbers = {"name": "s", "letters": D, "scalars": ["eta"], "proof": [{"states": "P eta = eta P", "because": []}]}
    assert accepted(numbers)


def test_ill_typed_products_are_refused():
    letters = {"X": "n <- d", "Y": "n <- d"}
    assert "ill-typed" in refusal(letters=letters, proof=[{"states": "X Y = X Y + X Y", "because": []}])
    assert "types" in refusal(letters=letters, proof=[{"states": "X + Y' = 0", "because": []}])
    assert "between two spaces" in refusal(letters=letters, proof=[{"states": "X = 1", "because": []}])
    assert "not symmetric" in refusal(letters=letters, symmetric=["X"], proof=[{"states": "X = Y", "because": []}])


def test_terms_are_typed_before_they_cancel():
    letters = {"x": "d <- 1", "y": "e <- 1", "z": "e <- 1"}
    assert "types" in refusal(letters=letters, proof=[{"states": "x = y + (x - y)", "because": []}])
    assert "ill-typed" in refusal(letters=letters, proof=[{"states": "x y - x y = z - z", "because": []}])


def test_brackets_do_not_reach_across_a_relation():
    assert refusal(letters=D, proof=[{"states": "P = 0) + (P", "because": []}])
    assert refusal(letters=D, proof=[{"states": "(P = P)", "because": []}])


def test_two_facts_do_not_share_a_name():
    first = {"name": "a", "states": "P = P", "because": []}
    assert "called a" in refusal(letters=D, given={"a": "P = 1"}, proof=[first, {"states": "P = 1", "because": []}])
    line = {"states": "P = 1", "because": [["1", "1", "a", "1"]]}
    shared = {"given": {"a": "P = 1"}, "positive": {"a": "P >= 0"}}
    assert "one name" in refusal(letters=D, symmetric=["P"], proof=[line], **shared)


def test_nothing_idle_is_allowed():
    line = {"states": "P = 1", "because": [["1", "1", "a", "1"]]}
    good = {"name": "s", "letters": D, "given": {"a": "P = 1"}, "proof": [line]}
    assert accepted(good)
    assert "not needed: b" in accepted(good | {"given": {"a": "P = 1", "b": "P = 1"}}).refusal
    assert "not needed: Q" in accepted(good | {"letters": {**D, "Q": "d <- d"}}).refusal
    assert "not needed: t" in accepted(good | {"scalars": ["t"]}).refusal
    assert "P is symmetric" in accepted(good | {"symmetric": ["P"]}).refusal


def test_a_circular_proof_is_refused():
    assert refusal(letters=D, proof=[{"name": "a", "states": "P = 1", "because": [["1", "1", "a", "1"]]}])
    lines = [
        {"name": "a", "states": "P = 1", "because": [["1", "1", "b", "1"]]},
        {"name": "b", "states": "P = 1", "because": [["1", "1", "a", "1"]]},
    ]
    assert refusal(letters=D, proof=lines)


# Malformed input -----------------------------------------------------------------------------------

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["1/0", "((", "P''", "=", "P = = P", "1e5", "inf", "d <- d <- d", "", "'", "P ^ 2", "eta'"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


def _paths(node, path=()):
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, child in items:
        yield from _paths(child, (*path, key))


def _judged(thing):
    result = check(thing)
    assert isinstance(result, Answer)
    assert bool(result) == (result.refusal is None)
    assert result or (isinstance(result.refusal, str) and result.refusal)
    return result


@settings(max_examples=60)
@given(JUNK)
def test_junk_is_refused_with_a_message(junk):
    assert not _judged(junk)


@settings(max_examples=120)
@given(st.sampled_from(list(EXAMPLES)), st.integers(0, 10**9), JUNK)
@pytest.mark.slow
def test_a_part_replaced_by_junk_never_raises(name, seed, junk):
    broken = copy.deepcopy(EXAMPLES[name])
    path = random.Random(seed).choice(list(_paths(broken)))
    if not path:
        broken = junk
    else:
        place = broken
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = junk
    if _judged(broken):
        # Free text, or junk that means what was there; whatever it is, it holds.
        assert path[0] == "theorem" or "prose" in path or "name" in path or agrees(broken["statements"][path[1]])


@pytest.mark.parametrize(
    "certificate",
    [
        None,
        [],
        "certificate",
        {},
        {"theorem": "t", "statements": []},
        {"theorem": "t", "statements": {}},
        {"theorem": "t", "statements": [None]},
        {"theorem": "t", "statements": [{"name": "s", "proof": []}]},
        {"theorem": "t", "statements": [{"name": "s", "letters": D, "proof": [{"states": "(" * 10**5}]}]},
        {"theorem": "t", "statements": [{"name": "s", "letters": D, "proof": [{"states": "(" * 10**5 + " = 0"}]}]},
        {"theorem": "t", "statements": EXAMPLES["numbers"]["statements"], "extra": 1},
    ],
)
def test_malformed_certificates_are_refused(certificate):
    assert not _judged(certificate)


@pytest.mark.parametrize("weight", [float("inf"), float("nan"), "1/0", "", None, [], "one", 0])
def test_malformed_weights_are_refused(weight):
    for name in ("two-errors", "box"):
        broken = copy.deepcopy(EXAMPLES[name])
        line = broken["statements"][0]["proof"][-1]
        line["because" if "because" in line else "sum"][0][0] = weight
        assert not _judged(broken)


def test_load_reads_json(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(EXAMPLES["numbers"]), encoding="utf-8")
    assert load(path) == EXAMPLES["numbers"]
    path.write_text("{", encoding="utf-8")
    with pytest.raises(json.JSONDecodeError):
        load(path)


def test_the_oracle_is_modular_and_exact():
    assert evaluate("1/2", {}).entries * 2 % PRIME == 1
    assert evaluate("1/2", {}, Fraction).entries == Fraction(1, 2)
