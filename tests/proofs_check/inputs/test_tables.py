"""The rules by which a file becomes a table, each on both sides of what decides."""

import re

import pytest

from proofs_check.errors import InputError
from proofs_check.inputs.prompts import read_inputs, read_prompt
from proofs_check.inputs.separators import separated
from proofs_check.inputs.tables import Reading, listed, read_table, shown


@pytest.fixture
def write(tmp_path):
    def make(text, name="w.csv"):
        path = tmp_path / name
        path.write_bytes(text.encode())
        return str(path)

    return make


def refused(path, words, reading=Reading()):  # noqa: B008  (frozen)
    with pytest.raises(InputError) as caught:
        read_prompt(path, reading=reading)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("separator", [",", ";", "\t", " ", "   ", ", ", " ;\t"])
def test_separators(write, separator):
    rows = [["a", "b", "y"], ["1", "2.5", "3"], ["4", "5", "6.5"]]
    table = read_prompt(write("\n".join(separator.join(row) for row in rows)))
    assert (table.features, table.label) == (("a", "b"), "y")
    assert table.X.tolist() == [[1, 2.5], [4, 5]]


@pytest.mark.parametrize("text", ["a, y\n7.16, -20\n", "7.16, -20", "a, y\n7.16,-20\n1.5, 2", " a,y\n 7.16,-20\n"])
def test_blanks_after_commas(write, text):
    table = read_prompt(write(text))
    assert (table.X[0, 0], table.y[0]) == (7.16, -20)
    assert "comma-separated" in table.described


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a;b,y\nr;2,3\n", "separated by comma and semicolon; choose with --delimiter"),
        ("a,b\n1 000,2 000\n3 000,4 000\n", "take out what separates thousands"),
        ("a,b,y\n1,2,3\n4,5\n", "line 3: has 2 cells separated by commas, but line 2 has 3"),
        ('a,b,y\n"1\n2",2,3\n\n4,5\n', "line 5: has 2 cells separated by commas, but line 2 has 3"),
        ('a,b\n1,"2\n', "line 2: a quotation mark is not closed"),
        ('a,b\n1,"2"3\n', "line 2: text follows a closing quotation mark"),
        ('a,b" c"\n1,2\n', "line 1: a quotation mark stands in a cell without quotes"),
    ],
)
def test_separators_that_do_not_fit(write, text, words):
    refused(write(text), words)


def test_the_option_decides_between_separators(write):
    path = write("a;b,y\n1;2,3\n")
    refused(path, "column 'a;b': '1;2' is not a number", Reading(delimiter=","))
    refused(path, "'2,3' is not a number: if it has a decimal comma give --decimal ,", Reading(delimiter=";"))
    assert read_prompt(path, reading=Reading(delimiter=";", decimal=",")).y.tolist() == [2.3]


def test_excel_names_its_separator(write):
    assert read_prompt(write("sep=;\r\na;y\r\n1;2\r\n")).y.tolist() == [2]
    refused(write("sep=;\na;y\n1;x\n"), "line 3, column 'y'")


def test_another_separator(write):
    assert read_prompt(write("a|y\n1|2\n"), reading=Reading(delimiter="|")).y.tolist() == [2]


def test_quotes_hold_separators_line_breaks_and_quotes(write):
    table = read_prompt(write('"a,b","two\r\nlines","a ""q"""\r\n1,2,3\r\n'))
    assert (*table.features, table.label) == ("a,b", "two\r\nlines", 'a "q"')
    assert r"two\r\nlines" in table.described
    assert "\n" not in table.described


@pytest.mark.parametrize("name", ["x [cm]", "x [/min]", "[bold]x", ":smile:", "100 %"])
def test_names_are_kept_as_they_are(write, name):
    assert read_prompt(write(f"{name},y\n1,2\n")).features == (name,)


@pytest.mark.parametrize("cell", ["1", "-1.5", "+.5", "5.", "1e3", "1E-3", " 2 ", '"3"', "5e-324"])
def test_numbers(write, cell):
    assert read_prompt(write(f"a,y\n{cell},2\n")).X[0, 0] == float(cell.strip('"'))


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("1_0", "'1_0' is not a number"),
        ("١", "is not a number"),
        ("−1", "is not a number"),
        ("0x10", "is not a number"),
        ("1e", "is not a number"),
        ("5%", "is not a number"),
        ("TRUE", "is not a number"),
        ('"1,5"', "if it has a decimal comma give --decimal ,"),
        ("1'000", "take out what separates thousands"),
        ("-inf", "is not finite"),
        ("1e309", "is too large for double precision"),
        ("1e-324", "is too small for double precision"),
        ("1e999999999", "is too large"),
        ("1" * 2001, "has more than 2000 characters"),
        ("#N/A", "the value is missing"),
        ("NaN", "the value is missing"),
    ],
)
def test_cells_that_are_no_numbers(write, cell, words):
    refused(write(f"a,y\n{cell},2\n"), words)
    refused(write(f"a,y\n{cell},2\n"), "line 2, column 'a'")


def test_extreme_numbers_have_exact_values(write):
    X, _ = read_prompt(write("a,y\n0e999999999,2\n5e-324,3\n" + "0." + "1" * 1500 + ",4\n")).rationals
    assert X[0, 0] == 0
    assert float(X[1, 0]) == 5e-324
    assert X[2, 0].denominator == 10**1500


def test_decimal_commas(write):
    commas = Reading(decimal=",")
    path = write("a;y\n1,5;-,25e1\n2;3\n")
    assert read_prompt(path, reading=commas).rationals[1].tolist() == [-2.5, 3]
    assert "decimal commas" in read_prompt(path, reading=commas).described
    refused(path, "give --decimal ,")
    refused(write("a;y\n1.5;2\n"), "leave out --decimal ,", commas)
    assert read_prompt(write('a,y\n"1,5","2"\n'), reading=commas).X.tolist() == [[1.5]]


def test_a_point_may_separate_thousands_between_semicolons(write):
    path = write("a;y\n1.234;5.678\n2;12.500\n")
    refused(path, "may separate decimals or thousands; say --decimal .")
    assert read_prompt(path, reading=Reading(decimal=".")).X[0, 0] == 1.234
    assert read_prompt(write("a;y\n0.234;5.678\n")).X[0, 0] == 0.234
    assert read_prompt(write("a,y\n1.234,5.678\n")).X[0, 0] == 1.234


def test_one_column_of_decimal_commas_or_two_of_whole_numbers(write):
    for text in ("1,5\n2,5\n", "-1,5\n", "x\n1,5\n2,5\n"):
        refused(write(text), "decimal comma")
    assert read_prompt(write("7,5\n2,5\n"), reading=Reading(delimiter=",")).y.tolist() == [5, 5]
    assert read_prompt(write("7,5.0\n2,5\n")).y.tolist() == [5, 5]
    assert read_prompt(write("7,-5\n2,5\n")).y.tolist() == [-5, 5]
    assert read_prompt(write("a,b\n1,5\n2,5\n")).y.tolist() == [5, 5]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0,1,2\n0.5,0.25,0.75\n", ("0", "1", "2")),
        ("1,2,3\n0.5,0.25,0.75\n", ("1", "2", "3")),
        ("0,1\n1.0,0.25\n", ("0", "1")),
        ("0,1\n1.0,3\n", ("0", "1")),
        ('"2019","2020"\n3,4\n5,7\n', ("2019", "2020")),
        ('"a","1"\n3,4\n', ("a", "1")),
        (",0,1\n0,3,4\n1,5,6\n", ("0", "1")),
        ("Unnamed: 0,0,1\n7,3,4\n9,5,6\n", ("0", "1")),
    ],
)
def test_numbers_that_are_a_header(write, text, names):
    table = read_prompt(write(text))
    assert (*table.features, table.label) == names
    assert table.named


@pytest.mark.parametrize(
    "text",
    [
        "1,2,3\n4,5,6\n",
        "0,1\n0.1,0.9\n",
        "2019,2020\n0.5,0.25\n",
        "2019 2020\n5 7\n",
        "4,5,6\n9,7,8\n",
        "400.5,401.5\n0.123456789012,0.98765432101234\n",
        '"1","2"\n"3","4"\n',
        ",0,1\n3,3,4\n7,5,6\n",
        "a,2,3\n0.5,1,2\n",
        "a,b,y\n0,1,2\n0.5,0.25,0.75\n",
        "a,b\n3,7\n1.0,2.5\n",
        "# made by me, today\n7,2.5\n3,5\n",
        "# n=3, 20\n7,2.5\n3,5\n",
    ],
)
def test_a_first_row_that_may_be_a_header_or_data(write, text):
    path = write(text)
    refused(path, "--header")
    for header in (True, False):
        reading = Reading(header=header)
        try:
            assert read_table(path, reading).named is header
        except InputError as error:
            assert header is False or "no rows" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("text", "first"),
    [
        # Six digits are a name above twelve, seven or eleven are none.
        ("400.125,401.5\n0.123456789012,0.98765432101234\n", "open"),
        ("4000.125,401.5\n0.123456789012,0.98765432101234\n", "data"),
        ("400.125,401.5\n0.12345678901,0.98765432101\n", "data"),
        # Two numbers that follow each other are years, three may be names.
        ("2019\t2020\n5\t7\n", "open"),
        ("2019\t2021\n5\t7\n", "data"),
        ("201\t202\n5\t7\n", "data"),
        ("20190\t20191\n5\t7\n", "data"),
        ("4,5,7\n9,7,8\n", "data"),
        ("5,4,3\n9,7,8\n", "data"),
        ("999999999999997,999999999999998,999999999999999\n9,7,8\n", "open"),
        ("1000000000000001,1000000000000002,1000000000000003\n9,7,8\n", "data"),
        # Whole numbers above what is written otherwise: one kind at a time.
        ("7\t9\n1.5\t3.5\n", "open"),
        ("7\t9\n1.0\t3\n", "open"),
        ("7\t9\n0.123456789012\t3\n0.223456789012\t4\n", "open"),
        ("7\t9\n0.12345678901\t3\n0.22345678901\t4\n", "data"),
        ("7.5\t9\n1.0\t3\n", "data"),
        ("7\t9\nx\ty\n", "data"),
        ("0\t1\n0.5\t0.25\n", "open"),
        ("0\t1\n1.0\t3\n", "header"),
        # Missing cells are no names, one word is one.
        ("NA,NA\n1,2\n", "data"),
        ("NA,a\n1,2\n", "header"),
        ("NA,2,3\n0.5,1,2\n", "data"),
        ("a,2,3\n0.5,1,2\n", "open"),
        ('"1","2"\n', "data"),
        ('"1","2"\n3,4\n', "header"),
        # Numbers beside an empty cell stand above names or a count, unless one stands twice.
        (",0,1\nr1,3,4\nr2,5,6\n", "header"),
        (",0,1\n0,3,4\n1,5,6\n", "header"),
        (",0,1\nr1,3,4\n2,5,6\n", "open"),
        (",0,1\nr1,3,4\n,5,6\n", "open"),
        (",1,1\nr1,3,4\nr2,5,6\n", "data"),
        (",2.5,3\n", "data"),
        # A second row of whole numbers may be a header, too.
        ("a\n0\n0.5\n", "header"),
        ("a,b\n0,1\n0.5,0.25\n", "open"),
        ("a,b\n3,7\nx,y\n", "header"),
        ("a,b,c\n0,1,2\n0.5,0.25,3\n", "open"),
        ("a,b,c\n0,1,2\n0.5,4,3\n", "header"),
        ("a,b,c\n0,1,2\n0.123456789012,4,3\n", "open"),
        ("a,b,c\n0,1,3\n0.123456789012,4,3\n", "header"),
        ("a,b\n3,7\n0.123456789012,0.223456789012\n", "open"),
        ("a,b\n3,7\n0.12345678901,0.22345678901\n", "header"),
        ("a,b\n3,7\n0.123456789012,0.5\n", "header"),
        # A comment names columns by words: as many as there are columns, above them.
        ("# a,b\n7,2.5\n3,5\n", "header"),
        ("# a,2\n7,2.5\n3,5\n", "open"),
        ("# a b,c\n7,2.5\n3,5\n", "open"),
        ("# a,[cm]\n7,2.5\n3,5\n", "open"),
        ("# a,b,c\n7,2.5\n3,5\n", "data"),
        ("# 1,2\n7,2.5\n3,5\n", "data"),
        ("# a,b,\n7,2.5\n3,5\n", "header"),
        ("7,2.5\n# a,b\n3,5\n", "data"),
        ("# a,b\n# said by me\n7,2.5\n3,5\n", "data"),
        ("# a\n7.5\n3\n", "data"),
        # Two whole numbers may be one decimal, unless a sign or quotes say otherwise.
        ("7,5\n2,5\n", "open"),
        ("7,5\n2,-5\n", "data"),
        ('7,5\n"2",5\n', "data"),
        ("7,5,4\n2,5,6\n", "data"),
    ],
)
def test_what_the_first_row_is_taken_for(write, text, first):
    try:
        found = "header" if read_table(write(text)).named else "data"
    except InputError as error:
        found = "open" if re.search(r"--header|--delimiter comma", str(error)) else str(error)
    assert found == first


@pytest.mark.parametrize("text", ["3,1\n2,5.5\n", "7,1.5\n2,5\n", "1,2,4\n3,5,7\n", "0.1,0.25\n0.3,0.7\n", "1,2,3\n"])
def test_numbers_that_are_data(write, text):
    table = read_table(write(text), Reading(delimiter=","))
    assert not table.named
    assert "no header" in table.described("", ())


def test_names_from_a_comment(write):
    for comment in ("# a,b [m s],y", "#a, b [m s], y", "# remark\n# a,b [m s],y"):
        table = read_prompt(write(f"{comment}\n1,2,3\n4,5,7\n"))
        assert (*table.features, table.label) == ("a", "b [m s]", "y")
        assert "names from the comment in line" in table.described
        assert table.y.tolist() == [3, 7]
    assert read_prompt(write("# p,q\na,b\n1,2\n")).features == ("a",)
    assert not read_prompt(write("# one remark\n7,2,3\n4,5,7\n")).named
    assert not read_prompt(write("#1,2,3\n7,2,3\n4,5,7\n")).named


def test_comments_are_counted(write):
    assert "2 lines of comment" in read_prompt(write("# x\na,y\n1,2\n# 3,4\n5,6\n")).described


def test_a_comment_among_named_rows_may_be_one(write):
    refused(write("name,a,y\n".replace("name", "") + "r1,1,2\n#2,3,4\nr3,5,6\n"), "line 3: may be a comment, or a row")
    refused(write(",a,y\n#1,1,2\n12,3,4\n"), "line 2: may be a comment, or a row")
    assert len(read_prompt(write(",a,y\nr1,1,2\n# checked\nr3,5,6\n")).y) == 2


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (",a,y\n0,1,2\n1,3,4\n", "no name, row numbers"),
        (",a,y\n9,1,2\n3,3,4\n", "no name, row numbers"),
        ("Unnamed: 0,a,y\n0,1,2\n", "'Unnamed: 0', row numbers"),
        (",a,y\nMazda RX4,1,2\nFiat,3,4\n", "no name, names of the rows"),
        ('"","a","y"\n"1",1,2\n"2",3,4\n', "no name, names of the rows"),
        ('"a" "y"\n"1" 1 2\n"2" 3 4\n', "no name, names of the rows"),
        ("a y\n1 1 2\n2 3 4\n", "no name, row numbers"),
        (",a,y\n2020-01-01,1,2\n2020-01-02,3,4\n", "no name, names of the rows"),
        (",Unnamed: 0,a,y\n5,0,1,2\n9,1,3,4\n", "next column (no name, row numbers)"),
        ("Unnamed: 0.1,Unnamed: 0,a,y\n1,0,1,2\n0,1,3,4\n", "next column (no name, row numbers)"),
    ],
)
def test_a_first_column_without_name_is_left_out(write, text, kind):
    table = read_prompt(write(text))
    assert (table.features, table.label) == (("a",), "y")
    assert table.y[0] == 2
    assert kind.replace("'Unnamed: 0'", "no name") in table.described


def test_a_first_column_is_kept_when_asked(write):
    table = read_prompt(write(",a,y\n5,1,2\n"), reading=Reading(index="keep"))
    assert table.features == ("index", "a")
    table = read_prompt(write("t,a,y\n5,1,2\n"), reading=Reading(index="drop"))
    assert table.features == ("a",)
    assert "Left out: first column ('t'" in table.described


@pytest.mark.parametrize(
    "text",
    [
        ",a,y\n0.5,1,2\n",
        ",a,y\n1,1,2\n1,3,4\n",
        ",a,y\nr1,1,2\n2,3,4\n",
        ",a,y\nNA,1,2\n",
        "id,a,y\n1,1,2\n5,3,4\n",
        "id,a,y\n1.0,1,2\n5.0,3,4\n",
        "rownames,a,y\n1,1,2\n5,3,4\n",
        "No.,a,y\n1,1,2\n2,3,4\n",
        '"#",a,y\n1,1,2\n2,3,4\n',
        ",id,a,y\n0,1,1,2\n1,5,3,4\n",
        ",Unnamed: 0,a,y\n0,0.5,1,2\n1,1.5,3,4\n",
        "0,0.5,0.25\n1,0.75,0.5\n",
        "3,0.5,0.25\n9,0.75,0.5\n",
    ],
)
def test_a_first_column_that_may_number_the_rows(write, text):
    refused(write(text), "--index drop or --index keep")


def test_an_option_decides_about_all_columns_that_may_number_the_rows(write):
    path = write(",id,a,y\n0,1,1,2\n1,5,3,4\n")
    assert read_prompt(path, reading=Reading(index="drop")).features == ("a",)
    assert read_prompt(path, reading=Reading(index="keep")).features == ("index", "id", "a")
    assert read_prompt(path, features=["id", "a"]).features == ("id", "a")
    path = write(",t,a,y\n0,1,1,2\n1,5,3,4\n")
    assert read_prompt(path, reading=Reading(index="drop")).features == ("t", "a")


@pytest.mark.parametrize("rows", ["1,234,5.5\n2,345,6.5\n", "0.5,1,234\n0.6,-2,345.\n", "1,5,2\n2,5,3\n"])
def test_a_row_longer_than_its_header_is_numbered_or_has_commas_in_numbers(write, rows):
    path = write(f"a,y\n{rows}")
    refused(path, "decimal comma or separated thousands")
    assert read_prompt(path, reading=Reading(index="drop")).features == ("a",)
    assert read_prompt(write("a,y\n1,234,5.5\n2,34,6.5\n")).X.tolist() == [[234], [34]]


def test_a_first_column_with_a_name_is_data(write):
    assert read_prompt(write("t,a,y\n0,1,2\n1,3,4\n")).features == ("t", "a")
    assert read_prompt(write("id,a,y\n0.5,1,2\n1,3,4\n")).features == ("id", "a")
    assert read_prompt(write("id,a,y\n1,1,2\n2,3,4\n"), features=["id"]).features == ("id",)


@pytest.mark.parametrize("text", ["a,b,y,\n1,2,3,\n", "a,b,y\n1,2,3,\n4,5,6,\n", "a,b,y,\n1,2,3\n"])
def test_an_empty_last_column_is_left_out(write, text):
    table = read_prompt(write(text))
    assert (*table.features, table.label) == ("a", "b", "y")
    assert "Left out: empty last column" in table.described


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b,y\nr1,2,3,\nr2,5,6,\n", "take the last separators out"),
        ("a,,y\n1,2,3\n", "column 2 has no name"),
        ("a,b,\n1,2,3\n", "column 3 has no name"),
        ('a,b,y\n"1",2,3,\n"2",5,6,\n', "take the last separators out"),
        ("a,b\\,y\n1,2,3\n", "backslash in the column name"),
        ("a,b\\\\c,y\n1,2,3\n", "backslash in the column name"),
        ("a,a ,y\n1,2,3\n", "occurs more than once"),
    ],
)
def test_columns_that_cannot_be_named(write, text, words):
    refused(write(text), words)


def test_names_and_last_columns_that_are_kept(write):
    assert read_prompt(write("a,b\\c,y\n1,2,3\n")).features == ("a", "b\\c")
    assert read_table(write("a,b,y\n1,2,\n3,4,\n")).names == ("a", "b", "y")
    with pytest.raises(InputError, match="leave --no-header out"):
        read_table(write("a,y\n7,1,2\n9,3,4\n"), Reading(header=False))


def test_repeated_and_unknown_features(write):
    path = write("a,b,y\n1,2,3\n")
    with pytest.raises(InputError, match="--features: names 'a' more than once"):
        read_prompt(path, features=["a", "a"])
    with pytest.raises(InputError, match="no feature column is left"):
        read_prompt(path, features=[])
    assert "Not used: b." in read_prompt(path, features=["a"]).described


def test_what_was_read_is_said_in_one_line(write):
    table = read_prompt(write(",a,b,y\n0,1,2,3\n1,4,5,6\n"))
    assert table.described == (
        "Read w.csv: comma-separated, header, 2 rows; features a, b; label y. "
        "Left out: first column (no name, row numbers)."
    )
    many = ",".join(f"x{i}" for i in range(30))
    said = read_prompt(write(f"{many}\n{','.join('1' * 30)}\n")).described
    assert "x11, … and 17 more; label x29" in said


def test_twelve_names_are_listed():
    assert listed([*"abcdefghijkl"]) == "a, b, c, d, e, f, g, h, i, j, k, l"
    assert listed([*"abcdefghijklm"]) == "a, b, c, d, e, f, g, h, i, j, k, l, … and 1 more"
    assert shown("é\x1b\n") == "é\\x1b\\n"


def test_what_says_nothing_of_text_and_one_column_are_noted(write):
    table = read_table(write("y\n1.5\n2\n"), Reading(sheet="x"))
    assert table.described("label y", ["y"]) == (
        "Read w.csv: one column, header, 2 rows; label y. Note: --sheet says nothing of such a file."
    )
    assert read_table(write("# x\na|b\n1|2\n"), Reading(delimiter="|", decimal=",")).described("all", "ab") == (
        "Read w.csv: '|'-separated, decimal commas, header, 1 row; all. Note: 1 line of comment."
    )


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("r1,2", "column 'a': 'r1' is not a number; correct it, or leave its column out; if it names the row"),
        ("7x,2", "column 'a': '7x' is not a number; correct it, or leave its column out"),
        ("1,r1", "column 'y': 'r1' is not a number; correct it, or leave its column out"),
        ("NA,2", "column 'a': the value is missing; fill it in or drop the row"),
        (f"1,{'x' * 50}", f"column 'y': '{'x' * 40}' is not a number"),
    ],
)
def test_a_cell_is_shown_and_said_to_name_its_row_where_it_may(write, row, words):
    with pytest.raises(InputError) as caught:
        read_table(write(f"a,y\n3,4\n{row}\n")).values()
    assert f"line 3, {words}" in str(caught.value)
    assert ("names the row" in str(caught.value)) == row.startswith("r1")


def test_inputs_are_found_by_name_or_position(write):
    w = read_prompt(write("a,b,y\n1,2,3\n"))
    X, said = read_inputs(write("z,b,a\n7,2,1\n", "x.csv"), w)
    assert X.tolist() == [[1, 2]]
    assert "by name. Not used: z." in said
    X, said = read_inputs(write("7.0,2.5\n", "x.csv"), w)
    assert X.tolist() == [[7, 2.5]]
    assert "by position, since only one file has a header" in said
    nameless = read_prompt(write("1.5,2,3\n"))
    for text in ("4.5,5\n", "4.5,5,6\n"):
        X, said = read_inputs(write(text, "x.csv"), nameless)
        assert X.tolist() == [[4.5, 5]]
        assert "features 1, 2, by position." in said
    X, said = read_inputs(write("b,a\n7,2\n", "x.csv"), nameless)
    assert X.tolist() == [[7, 2]]
    assert "by position, since only one file has a header" in said
    for text, words in (
        ("a,c\n1,2\n", "has no column 'b', which is a feature of"),
        ("1.5\n", "has 1 column; the victim has 2 features"),
        ("1.5,2,3,4\n", "has 4 columns; the victim has 2 features"),
    ):
        with pytest.raises(InputError, match=words):
            read_inputs(write(text, "x.csv"), w)


def test_a_first_column_of_names_says_what_to_do(write):
    path = write("city,a,y\nNew York,1,2\nRome,3,4\n")
    refused(
        path, "'New York' is not a number; correct it, or leave its column out; if it names the row, say --index drop"
    )
    table = read_prompt(path, reading=Reading(index="drop"))
    assert table.features == ("a",)
    assert "Left out: first column ('city', names of the rows)." in table.described


def test_one_column_is_no_row_numbers(write):
    with pytest.raises(InputError, match="has 1 column; the victim has 2 features"):
        read_inputs(write("1\n", "x.csv"), read_prompt(write("a,b,y\n1,2,3\n")))
    assert read_inputs(write("7\n2\n", "x.csv"), read_prompt(write("a,y\n1,2\n")))[0].tolist() == [[7], [2]]


def test_two_columns_are_no_row_numbers_and_a_label(write):
    assert read_prompt(write("0,0.5\n1,0.75\n")).X.tolist() == [[0], [1]]
    with pytest.raises(InputError, match="may number the rows"):
        read_inputs(write("0,0.5\n1,0.75\n", "x.csv"), read_prompt(write("a,y\n1,2\n", "w.csv")))


def test_a_quoted_comma_tells_of_decimals_below_the_header_only():
    """With decimal commas 1,2 is one number or two, whatever the name of a column is."""
    assert separated("f", 'a,b\n"1,5",2\n3,4\n', None, ",")[1] == ","
    with pytest.raises(InputError, match="no separator gives all rows"):
        separated("f", '"a,x",b\n1,2\n3,4\n', None, ",")
