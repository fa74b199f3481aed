"""Cells, lines and marks of quotes where a text is cut wrongly: quotes, comments, line breaks, blanks."""

import pytest

from proofs_check.inputs.grid import CellGrid, MalformedError, Row, cut


def test_commas_quotes_comments_and_lines():
    text = '# a, "b c"\n\n  #x\n1,"2 ""q""" ,3\r"4\r\n5",6\r\n \t\n#N/A,7,'
    assert cut(text, ",") == CellGrid(
        rows=[
            Row(4, ["1", '2 "q"', "3"], frozenset({1})),
            Row(5, ["4\r\n5", "6"], frozenset({0})),
            Row(8, ["#N/A", "7", ""]),
        ],
        comments=[Row(1, ["a", "b c"], frozenset({1})), Row(3, ["x"])],
    )


def test_runs_of_blanks():
    text = ' "a"  "b c" d \n\n# x  y\n"1"  2 3\n4   5 6 \n7 "8"  '
    assert cut(text, " ") == CellGrid(
        rows=[
            Row(1, ["a", "b c", "d"], frozenset({0, 1})),
            Row(4, ["1", "2", "3"], frozenset({0})),
            Row(5, ["4", "5", "6"]),
            Row(6, ["7", "8"], frozenset({1})),
        ],
        comments=[Row(3, ["x", "y"])],
    )


def test_cells_are_stripped_and_may_be_empty():
    assert cut(' a ;\tb\t;"" ; " c "\n;"x";\n', ";").rows == [
        Row(1, ["a", "b", "", "c"], frozenset({2, 3})),
        Row(2, ["", "x", ""], frozenset({1})),
    ]


def test_a_remark_need_not_be_cells():
    assert cut('# it"s, "5\n1,2\n', ",").comments == [Row(1, ['it"s', '"5'])]


@pytest.mark.parametrize(
    ("text", "separator", "words"),
    [
        ('1,2\n"3"4,5\n', ",", "line 2: text follows a closing quotation mark"),
        ('"3"4 5\n', " ", "line 1: text follows a closing quotation mark"),
        ('1,2\n3,"4\n', ",", "line 2: a quotation mark is not closed"),
        ('1,2\n3,4"x"\n', ",", "line 2: a quotation mark stands in a cell without quotes"),
        ('1 2"\n', " ", "line 1: a quotation mark is not closed"),
    ],
)
def test_quotes_that_do_not_fit(text, separator, words):
    with pytest.raises(MalformedError, match=words):
        cut(text, separator)
