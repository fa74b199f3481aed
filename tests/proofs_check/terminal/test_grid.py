"""Numbers cut by a narrow terminal, text of the user taken for markup."""

import contextlib
import csv
import io
import re
import unicodedata

import pytest
from hypothesis import given, strategies as st
from rich.cells import cell_len
from rich.table import Table
from rich.text import Text

from proofs_check.commands.output import new_table
from proofs_check.terminal.grid import LEAST_WIDTH, Grid
from proofs_check.terminal.page import Page
from proofs_check.terminal.words import visible

#: What names of columns hold: units, markup, codes of emoji, wide and joined characters, paths, controls.
ALPHABET = "ab [/]:\\_.,()^°µ日本é\U0001f600\u0301\u200d\x1b\x07\x00\t\n\r\u2028\u202e\u00ad\ud800"
KNOWN = [
    "[cm]",
    "[/min]",
    "[bold]x[/bold]",
    ":smile:",
    "C:\\temp\\[new]",
    "a\nb",
    "日本語",
    "\x1b[31mred",
    "",
    "[/]",
    "\\[",
]
NAMES = st.sampled_from(KNOWN) | st.text(ALPHABET, max_size=30)
NUMBERS = st.floats(allow_nan=True).map(lambda x: f"{x:.8g}") | st.sampled_from(["", "0.5 to 1.25", "1.5 ± 0.2"])


def printed(width, *things):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        page = Page(width=width)
        for thing in things:
            page.print(thing)
    return out.getvalue()


@st.composite
def grids(draw):
    texts, numbers = draw(st.integers(0, 3)), draw(st.integers(0, 6))
    headings = draw(st.lists(NAMES, min_size=texts + numbers, max_size=texts + numbers))
    grid = Grid(headings, draw(NAMES), left=range(texts))
    for _ in range(draw(st.integers(0, 4))):
        grid.add_row(*(draw(NAMES) for _ in range(texts)), *(draw(NUMBERS) for _ in range(numbers)))
        if draw(st.booleans()):
            grid.add_section()
    return grid


def without_blanks(text):
    return "".join(text.split())


@given(grids(), st.integers(20, 200))
def test_every_cell_is_found_and_every_number_is_whole(grid, width):
    out = printed(width, grid)
    assert "…" not in out
    numbers = len(grid.headings) - len(grid.left)
    for row in grid.cells[1:]:
        for number in row[len(row) - numbers :]:
            assert all(word in out for word in number.split())
    # Cells that fold lie between others: in lines, and where one column folds, they stand together.
    if width < LEAST_WIDTH:
        together = without_blanks(out)
        for row in grid.cells[1:]:
            assert all(without_blanks(cell) in together for cell in row)
    else:
        assert max(map(cell_len, out.splitlines()), default=0) <= max(width, longest_word(grid))
        shown, characters = set(out.split()), without_blanks(out)
        for row in grid.cells[1:]:
            assert all(character in characters for cell in row for character in without_blanks(cell))
            assert {word for cell in row for word in cell.split() if cell_len(word) <= 8} <= shown


def test_the_check_would_see_a_cut_number():
    table = Table(*"abcd")
    table.add_row(*["-1.2345678e-10"] * 4)
    assert "-1.2345678e-10" not in printed(40, table)


def longest_word(grid):
    """Lines are as long as the longest word at least: no word is cut."""
    words = [word for row in [*grid.cells, [grid.title]] for cell in row for word in cell.split()]
    return max(map(cell_len, words), default=0) + len("  : ")


@given(st.lists(NAMES, min_size=1, max_size=3), st.integers(20, 200))
def test_nothing_of_the_user_commands_the_terminal(names, width):
    table = new_table(*names, title=names[0])
    table.add_row(*names)
    out = printed(width, table, " ".join(names))
    assert not {c for c in out if unicodedata.category(c) in ("Cc", "Cs") and c != "\n"}
    flat = without_blanks(out)
    if width < LEAST_WIDTH:
        assert all(without_blanks(visible(name)) in flat for name in names)


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_names_are_printed_as_they_are(name, width):
    table = new_table("", "weight")
    table.add_row(name, "1.5")
    assert visible(name) in printed(width, table)
    assert visible(name, keep="\n") in printed(width, f"{name}: 1")


@pytest.mark.parametrize(("width", "lines"), [(59, 4), (60, 6)])
def test_below_sixty_columns_tables_are_lines(width, lines):
    table = new_table("", "predicted", title="Equilibrium")
    table.add_row("W", "0.5")
    out = printed(width, table)
    assert ("\n  predicted: 0.5\n" in out) is (width < LEAST_WIDTH)
    assert len(out.splitlines()) == lines


def test_a_table_too_wide_for_its_numbers_becomes_lines():
    table = new_table(*"abcdefgh", left=())
    table.add_row(*["-1.2345678e-10"] * 8)
    assert "  b: -1.2345678e-10\n" in printed(8 * (14 + 3), table)
    assert "b: " not in printed(8 * (14 + 3) + 1, table)


def test_text_folds_and_numbers_do_not():
    table = new_table("claim", "value")
    table.add_row("a claim of many words " * 5, "-1.2345678e-10")
    out = printed(60, table)
    assert re.search(r"-1\.2345678e-10 *$", out, re.MULTILINE)
    assert max(map(len, out.splitlines())) == 60


def test_styles_stay_and_are_not_in_the_csv():
    table = new_table("verdict", "s")
    table.add_row(Text("PROVED", "bold green"), "1")
    assert table.cells == [["verdict", "s"], ["PROVED", "1"]]
    with pytest.raises(ValueError, match="at most 2"):
        table.add_row("a", "b", "c")


@given(st.lists(grids(), max_size=3))
def test_csv_holds_what_is_printed(grids):
    page = Page(width=80)
    with contextlib.redirect_stdout(io.StringIO(newline="")) as out:
        page.tables = grids
        page.write_tables("-")
    rows = list(csv.reader(io.StringIO(out.getvalue(), newline="")))
    wanted = [row for i, grid in enumerate(grids) for row in ([[]] * (i > 0) + grid.cells)]
    assert [row or [""] for row in rows] == [row or [""] for row in wanted]


@given(st.text(ALPHABET, max_size=200), st.integers(20, 100))
def test_sentences_break_between_words_only(text, width):
    out = printed(width, text)
    assert out.split() == visible(text, keep="\n").split()
    for line in out.splitlines():
        assert cell_len(line) <= width or len(line.split()) == 1


def test_without_a_terminal_there_are_a_hundred_columns():
    with contextlib.redirect_stdout(io.StringIO()):
        assert Page().width == 100
