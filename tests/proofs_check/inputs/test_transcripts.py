"""Exchanges that are lost or mixed up, weights in another order than the prompt's."""

import gzip
import json
import re

import numpy as np
import pytest

from proofs_check.errors import InputError
from proofs_check.inputs.prompts import read_prompt
from proofs_check.inputs.tables import Reading
from proofs_check.inputs.transcripts import check_order, matched, read_transcript

ROWS = np.array([[1, 0, 0.5, 0.25], [0, 1, 0.75, 1e-3]])


@pytest.fixture
def write(tmp_path):
    def make(text, name="t.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    return make


def lines(**more):
    records = [{"input": list(row[:2]), "output": list(row[2:]), **more} for row in ROWS]
    return "\n".join(json.dumps(record, ensure_ascii=False) for record in records) + "\n"


def values(table):
    return np.hstack([table.inputs, table.outputs])


@pytest.mark.parametrize("character", ["\u2028", "\u2029", "\x85", "\x0b", "\x1c", "\r", "\ufeff", "\x7f"])
def test_lines_of_jsonl_end_at_line_feeds(write, character):
    table = read_transcript(write(lines(said=f"one{character}two"), "t.jsonl"))
    assert np.array_equal(values(table), ROWS)


@pytest.mark.parametrize("name", ["t.jsonl", "t.ndjson", "t.JSONL", "t.json"])
@pytest.mark.parametrize("encode", [str.encode, lambda s: gzip.compress(s.encode()), lambda s: s.encode("utf-16")])
def test_jsonl_by_any_name(write, name, encode):
    assert np.array_equal(values(read_transcript(write(encode(lines()), name))), ROWS)
    assert np.array_equal(values(read_transcript(write(gzip.compress(lines().encode()), name + ".gz"))), ROWS)


@pytest.mark.parametrize(
    "text",
    [
        "[" + lines().replace("\n", ",")[:-1] + "]",
        json.dumps([{"input": [1], "output": [2]}], indent=1),
        '"text"\n',
        '{"input": [1],\n "output": [2]}\n',
        '{"input": [1], "input": [2], "output": [3]}\n',
        "[" * 100_000,
    ],
)
def test_other_json(write, text):
    with pytest.raises(InputError, match=r"line 1: .*one object a line is expected"):
        read_transcript(write(text, "t.json"))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1e-400", "holds 1e-400, which is too small"),
        ("-1e400", "which is too large"),
        ("1" * 5000, f"holds {'1' * 40}…, which has more than 2000 characters"),
        ("1e" + "9" * 38, f"holds 1e{'9' * 38}, which is too large"),
        ("NaN", "not finite"),
        ("-Infinity", "not finite"),
        ("true", "holds True, which is not a number"),
        ('"1"', "holds '1', which is not a number"),
        ("[1, 2]", "holds [1, 2], which is not a number"),
    ],
)
def test_numbers_of_jsonl_are_those_of_tables(write, number, words):
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        read_transcript(write(f'{{"input": [{number}], "output": [2]}}\n', "t.jsonl"))
    assert "line 1: 'input'" in str(caught.value)


def test_other_numbers_of_jsonl_are_not_read(write):
    table = read_transcript(write(f'{{"input": [0e9], "output": [-25e-1], "id": {"1" * 5000}}}\n', "t.jsonl"))
    assert values(table).tolist() == [[0, -2.5]]


def test_lines_without_an_answer_are_counted(write):
    table = read_transcript(write(lines() + '{"input": [1, 2]}\n\n{"input": [1, 2], "output": null}\n', "t.jsonl"))
    assert table.skipped == 2
    assert (table.names, table.named) == (("1", "2"), False)
    assert table.described == (
        "Read t.jsonl: JSONL, 2 rows; 2 weights given, as many answered. Left out: 2 lines without an answer."
    )


def test_one_exchange_of_one_weight(write):
    said = read_transcript(write('{"input": [1], "output": [2]}\n', "t.jsonl")).described
    assert said == "Read t.jsonl: JSONL, 1 row; 1 weight given, as many answered."


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"Input": [1], "output": [2]}', "has the key 'Input'; the keys are"),
        ('{"input": [1], "output ": [2]}', "has the key 'output '; the keys are"),
        ('{"output": [2]}', 'has an "output" without an "input"'),
        ('{"input": null, "output": [2]}', 'has an "output" without an "input"'),
        ('{"input": 1, "output": [2]}', "'input' is not a list of numbers"),
        ('{"input": [1], "output": []}', "'output' is not a list of numbers"),
        ('{"input": [1, 2], "output": [2]}', "'input' has 2 numbers, but the first input has 1"),
        ('{"input": [1], "output": [2, 3]}', "'output' has 2 numbers, but the first input has 1"),
        ('{"input": [1], "output": [2], "output": [2]}', "'output' occurs twice"),
    ],
)
def test_lines_that_are_no_exchange(write, text, words):
    with pytest.raises(InputError, match=re.escape(words)) as caught:
        read_transcript(write(f'{{"input": [1], "output": [2]}}\n\n{text}\n', "t.jsonl"))
    assert "t.jsonl, line 3: " in str(caught.value)


def test_no_exchange(write):
    for text in ("", '{"input": [1]}\n', '{"output": null}\n'):
        with pytest.raises(InputError, match=r"t\.jsonl: holds no exchange"):
            read_transcript(write(text, "t.jsonl"))


def test_a_table_has_as_many_answers_as_weights(write):
    for text, count in (("a,b,c\n1.5,2,3\n", "3 columns"), ("a\n1.5\n", "1 column;")):
        with pytest.raises(InputError, match=f"has {count}.* even number"):
            read_transcript(write(text))
    table = read_transcript(write("0,0.5\n1,0.75\n"))
    assert values(table).tolist() == [[0, 0.5], [1, 0.75]]
    assert (table.d, table.skipped, table.named) == (1, 0, False)


def test_a_table_is_read_by_the_rules_of_tables(write):
    table = read_transcript(write("0,1,2,3\n1.0,0.0,0.5,0.25\n0.0,1.0,0.75,0.001\n"))
    assert np.array_equal(values(table), ROWS)
    assert table.names == ("0", "1")
    assert "given 0, 1; answered 2, 3" in table.described
    table = read_transcript(write(",a,b,a',b'\n0,1,0,0.5,0.25\n1,0,1,0.75,0.001\n"))
    assert np.array_equal(values(table), ROWS)
    assert "Left out: first column" in table.described
    with pytest.raises(InputError, match="may number the rows"):
        read_transcript(write("0,1.5,0.5\n1,2.5,0.75\n"))


def test_given_and_answered_weights_have_one_order(write):
    assert read_transcript(write("u_a,u_b,w_a,w_b\n1,2,3,4\n")).names == ("u_a", "u_b")
    with pytest.raises(InputError, match="have different orders"):
        read_transcript(write("u_a,u_b,w_b,w_a\n1,2,3,4\n"))


@pytest.mark.parametrize("header", ["a,b,c,d", "u_a,u_b,w_a,w_b", "a,b,a',b'", "a given,b given,a said,b said"])
def test_a_prompt_is_matched_by_name(write, header):
    transcript = read_transcript(write(f"{header}\n1,2,3,4\n"))
    prompt = matched(read_prompt(write("b,a,y\n1,2,3\n", "p.csv")), transcript)
    assert prompt.X.tolist() == [[2, 1]]
    assert prompt.rationals[0].tolist() == [[2, 1]]
    assert "matched by name" in prompt.described


def test_what_weights_have_in_common_may_be_a_name_of_another(write):
    """Of x and xx without the x of both, one is called x again."""
    transcript = read_transcript(write("x,xx,p,q\n1,2,3,4\n"))
    assert matched(read_prompt(write("xx,x,y\n1,2,3\n", "p.csv")), transcript).X.tolist() == [[2, 1]]


def test_a_prompt_is_matched_by_position(write):
    prompt = read_prompt(write("a,b,y\n1,2,3\n", "p.csv"))
    other = matched(prompt, read_transcript(write("u1,u2,w1,w2\n1,2,3,4\n")))
    assert other.X.tolist() == [[1, 2]]
    assert "are the weights u1, u2 of t.csv, by position" in other.described
    assert matched(prompt, read_transcript(write(lines(), "t.jsonl"))) is prompt
    nameless = read_prompt(write("1.5,2,3\n", "p.csv"))
    assert matched(nameless, read_transcript(write("u1,u2,w1,w2\n1,2,3,4\n"))) is nameless
    one = read_prompt(write("a,y\n2,3\n", "p.csv"))
    assert "matched" not in matched(one, read_transcript(write("a,b\n1,2\n"))).described


def test_a_prompt_that_does_not_match(write):
    prompt = read_prompt(write("a,b,y\n1,2,3\n", "p.csv"))
    with pytest.raises(InputError, match="different features"):
        matched(prompt, read_transcript(write("a,c,p,q\n1,2,3,4\n")))
    with pytest.raises(InputError, match=r"p\.csv: has 2 features, but .*t\.csv has 1 weights"):
        matched(prompt, read_transcript(write("a,p\n1,2\n")))


def test_transcripts_have_one_order(write):
    first = read_transcript(write("a,b,c,d\n1,2,3,4\n"))
    check_order(first, read_transcript(write("p,q,r,s\n1,2,3,4\n", "o.csv")))
    with pytest.raises(InputError, match="have different orders"):
        check_order(first, read_transcript(write("b,a,d,c\n1,2,3,4\n", "o.csv")))
    numbered = read_transcript(write("2,1,4,3\n1,2,3,4\n"), Reading(header=True))
    nameless = read_transcript(write(lines(), "o.jsonl"))
    check_order(numbered, nameless)
    check_order(nameless, numbered)
