"""Nouns that do not fit their number, control characters that reach the terminal."""

import pytest

from proofs_check.terminal.words import counted, visible


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        (counted(0, "theorem"), "0 theorems"),
        (counted(1, "theorem"), "1 theorem"),
        (counted(2, "theorem"), "2 theorems"),
        (counted(1, "geometry", "geometries"), "1 geometry"),
        (counted(2, "geometry", "geometries"), "2 geometries"),
    ],
)
def test_a_number_with_its_noun(found, wanted):
    assert found == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x [cm] :smile: \\", "x [cm] :smile: \\"),
        ("a\nb\tc\x1b[0m\x7f", r"a\nb\tc\x1b[0m\x7f"),
        ("\u2028\u202e\ud800", r"\u2028\u202e\ud800"),
        ("日本 é \U0001f469\u200d\U0001f52c", "日本 é \U0001f469\u200d\U0001f52c"),
    ],
)
def test_what_a_terminal_would_obey_is_shown(text, wanted):
    assert visible(text) == wanted


def test_line_breaks_can_be_kept():
    assert visible("a\nb\r", keep="\n") == "a\nb\\r"
