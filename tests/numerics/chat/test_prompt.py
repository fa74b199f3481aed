"""What a chat agent says and reads: numbers survive the text, and no answer is taken for weights that is none."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra import numpy as hnp

from numerics import NumericsError, Prompt
from numerics.chat.prompt import UnusableAnswer, correction, messages, read_weights
from tests.chat_server import Model

finite = st.floats(-1e6, 1e6).map(lambda x: x if abs(x) > 1e-100 else 0.0)
dims = st.integers(1, 5)


@given(st.data())
def test_a_reader_of_the_text_gets_the_very_numbers(data: st.DataObject) -> None:
    """The stand-in model parses the text; its step must be that of the prompt, to the last bit of every input."""
    n, d = data.draw(st.integers(1, 6)), data.draw(dims)
    X, y, w = (data.draw(hnp.arrays(float, shape, elements=finite)) for shape in ((n, d), (n,), (d,)))
    step = data.draw(st.one_of(st.none(), st.floats(1e-9, 1e3)))
    told = messages(Prompt(X, y), w, step)
    expected = w - (0.5 if step is None else step) * X.T @ (X @ w - y) / n
    assert Model().answer(told[1]["content"], "") == expected.tolist()
    assert [m["role"] for m in told] == ["system", "user"]


@given(hnp.arrays(float, dims, elements=st.floats(allow_nan=False, allow_infinity=False)), st.booleans())
def test_weights_survive_json(weights: np.ndarray, fenced: bool) -> None:
    text = json.dumps({"weights": weights.tolist()})
    text = f"First I thought of {{this}}.\n```json\n{text}\n```" if fenced else text
    assert read_weights(text, len(weights)).tolist() == weights.tolist()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["weights", "w"]), inner, max_size=2),
    max_leaves=8,
)


@given(st.one_of(st.text(), json_values.map(json.dumps)), dims)
def test_any_text_gives_weights_or_a_reason(text: str, d: int) -> None:
    try:
        weights = read_weights(text, d)
    except UnusableAnswer:
        return
    assert weights.shape == (d,)
    assert np.isfinite(weights).all()
    assert "weights" in text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no JSON object"),
        ("w = [1, 2]", "no JSON object"),
        ('{"weights": [1, 2', "no JSON object"),
        ('{"w": [1, 2]}', "no JSON object"),
        ('{"weights": 1}', "not a list"),
        ('{"weights": [1]}', "1 entries instead of 2"),
        ('{"weights": [1, 2, 3]}', "3 entries instead of 2"),
        ('{"weights": [1, "2"]}', "entry 2 of the weights is not a number"),
        ('{"weights": [true, 2]}', "entry 1 of the weights is not a number"),
        ('{"weights": [NaN, 2]}', "entry 1 of the weights is not finite"),
        ('{"weights": [1, -Infinity]}', "entry 2 of the weights is not finite"),
        ('{"weights": [1, 1e999]}', "entry 2 of the weights is not finite"),
        ('{"weights": [1, 1' + "0" * 400 + "]}", "entry 2 of the weights is not finite"),
        ("{" * 100_000, "no JSON object"),
        ('{"weights": ' * 100_000, "no JSON object"),
    ],
)
def test_unusable_answers(text: str, reason: str) -> None:
    with pytest.raises(UnusableAnswer, match=reason):
        read_weights(text, 2)


A, B = '{"weights": [1, 2]}', '{"weights": [3.5, 4]}'


@pytest.mark.parametrize(
    "text",
    [
        f"A first idea: {A}. Better: {B}",
        f"{B}  (before it was {A})",
        f"```json\n{B}\n```\nThe current weights were {A}.",
        '{"weights": [1, 2], "weights": [3.5, 4]}',
        f'{B} {{"weights": "as above"}}',
    ],
)
def test_weights_that_differ_are_no_answer(text: str) -> None:
    with pytest.raises(UnusableAnswer, match=r"different weights in 2 places; write the JSON object .* once"):
        read_weights(text, 2)


@pytest.mark.parametrize("text", [f"{B} {B}", f'{B} that is {{"weights":[3.50, 4.0]}} {{"other": 1}}'])
def test_weights_that_are_repeated_are_one_answer(text: str) -> None:
    assert read_weights(text, 2).tolist() == [3.5, 4]


REASONING = st.sampled_from(["think", "thinking", "reasoning", "THINK", "thought", "analysis"])


@given(REASONING, st.lists(st.sampled_from([A, "No, too far. ", "{", "\n"]), max_size=4).map("".join), st.data())
def test_reasoning_is_no_answer(name: str, draft: str, data: st.DataObject) -> None:
    opening, closing = data.draw(st.sampled_from([(f"<{name}>", f"</{name}>"), (f"[{name}]", f"[/{name}]")]))
    around = data.draw(st.sampled_from(["", " Done. ", "\n\n"]))
    block = f"{opening}{draft}{closing}"
    for text in (
        block + around + B,
        draft + closing + around + B,  # the opening tag was the server's
        around + B + opening + draft,  # cut off
        block + around + block + B,
        B + around + block,
    ):
        assert read_weights(text, 2).tolist() == [3.5, 4], text
    for text in (block, opening + draft + A, A + closing, block + " w = [0.51, 0.74]", block + opening + A):
        with pytest.raises(UnusableAnswer, match="no JSON object"):
            read_weights(text, 2)


def test_channels_are_reasoning_but_for_the_final_one() -> None:
    analysis = f"<|channel|>analysis<|message|>Try {A}.<|end|><|start|>assistant"
    assert read_weights(f"{analysis}<|channel|>final<|message|>{B}", 2).tolist() == [3.5, 4]
    with pytest.raises(UnusableAnswer, match="no JSON object"):
        read_weights(analysis, 2)


def test_a_correction_shows_no_reasoning() -> None:
    said, _ = correction(f"<think>{A}</think> w = [3.5, 4]", "it holds no JSON object", 2)
    assert said["content"] == "w = [3.5, 4]"
    assert correction(f"<think>{A}", "it is empty", 2)[0]["content"] == "(empty)"


def test_a_correction_shows_the_answer_and_the_reason() -> None:
    said, told = correction("x" * 10_000, "it is too long", 3)
    assert said["role"] == "assistant"
    assert len(said["content"]) == 2000
    assert "it is too long" in told["content"]
    assert '{"weights": [w1, w2, w3]} with 3 plain numbers' in told["content"]
    assert correction("", "it is empty", 1)[0]["content"]


@pytest.mark.parametrize("w", [[1.0], [1.0, math.nan], [1.0, 2.0, 3.0], "ab"])
def test_bad_weights_are_not_shown(w: object) -> None:
    with pytest.raises(NumericsError):
        messages(Prompt.from_target(np.eye(2), [1.0, 2.0]), w, 0.5)
