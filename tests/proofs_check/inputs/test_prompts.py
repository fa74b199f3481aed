"""A table of examples that is read otherwise than it was written, or refused without line, column and remedy."""

from fractions import Fraction

import numpy as np
import pytest

from proofs_check.errors import InputError
from proofs_check.inputs.prompts import aligned, read_pair, read_prompt, standard_scores, standardized

GOOD = "a,b,y\n1,2,3\n4,5,6\n7,8,10\n"


@pytest.fixture
def write(tmp_path):
    def make(text, name="w.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_text(text, encoding=encoding)
        return str(path)

    return make


def test_last_column_is_the_label(write):
    table = read_prompt(write(GOOD))
    assert table.features == ("a", "b")
    assert table.label == "y"
    assert table.X.tolist() == [[1, 2], [4, 5], [7, 8]]
    assert table.y.tolist() == [3, 6, 10]


def test_columns_by_name_in_the_order_given(write):
    table = read_prompt(write(GOOD), "a", ["y", "b"])
    assert table.X[0].tolist() == [3, 2]
    assert table.y[0] == 1


def test_file_without_header(write):
    table = read_prompt(write("1.5,2\n3,4\n"))
    assert table.features == ("1",)
    assert table.label == "2"
    assert not table.named


@pytest.mark.parametrize("text", ["a;y\n1;2\n", "a\ty\n1\t2\n", "# note\n\na,y\n 1 , 2 \n"])
def test_other_separators_comments_and_blanks(write, text):
    assert read_prompt(write(text)).y.tolist() == [2]


def test_byte_order_mark_is_no_part_of_a_name(write):
    assert read_prompt(write(GOOD, encoding="utf-8-sig")).features[0] == "a"


@pytest.mark.parametrize("blank", ["", "NA", "nan", "?", "NULL"])
def test_missing_value(write, blank):
    with pytest.raises(InputError, match="line 3, column 'b': the value is missing"):
        read_prompt(write(f"a,b,y\n1,2,3\n4,{blank},6\n"))


def test_short_row_misses_a_value(write):
    with pytest.raises(InputError, match="line 3: has 2 cells separated by commas, but line 2 has 3"):
        read_prompt(write("a,b,y\n1,2,3\n4,5\n"))


def test_missing_value_in_a_column_that_is_not_used(write):
    assert read_prompt(write("a,b,y\n1,,3\n"), features=["a"]).X.tolist() == [[1]]


def test_long_row(write):
    with pytest.raises(InputError, match="line 2: has 5 cells separated by commas, but line 1 has 3"):
        read_prompt(write("a,b,y\n1,2,3,4,5\n"))


def test_cell_that_is_no_number(write):
    with pytest.raises(InputError, match="line 2, column 'a': 'one' is not a number"):
        read_prompt(write("a,b,y\none,2,3\n"))


def test_infinite_cell(write):
    with pytest.raises(InputError, match="line 2, column 'a': 'inf' is not finite"):
        read_prompt(write("a,b,y\ninf,2,3\n"))


def test_one_column(write):
    with pytest.raises(InputError, match="has one column"):
        read_prompt(write("y\n1\n2\n"))


def test_no_rows(write):
    with pytest.raises(InputError, match="has a header but no rows"):
        read_prompt(write("a,y\n"))


def test_empty_file(write):
    with pytest.raises(InputError, match="is empty"):
        read_prompt(write("\n# nothing\n"))


def test_missing_file(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_prompt(str(tmp_path / "none.csv"))


def test_directory(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read .*give the name of a file"):
        read_prompt(str(tmp_path))


def test_binary_file(tmp_path):
    path = tmp_path / "w.csv"
    path.write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00")
    with pytest.raises(InputError, match="cannot be read as text"):
        read_prompt(str(path))


def test_unknown_label(write):
    with pytest.raises(InputError, match="has no column 'z'; its columns are a, b, y"):
        read_prompt(write(GOOD), "z")


def test_unknown_feature(write):
    with pytest.raises(InputError, match="has no column 'z'"):
        read_prompt(write(GOOD), features=["a", "z"])


def test_label_among_the_features(write):
    with pytest.raises(InputError, match="'y' cannot be both feature and label"):
        read_prompt(write(GOOD), features=["a", "y"])


def test_repeated_column(write):
    with pytest.raises(InputError, match="column 'a' occurs more than once"):
        read_prompt(write("a,a,y\n1,2,3\n"))


def test_different_features(write):
    w, u = read_prompt(write(GOOD)), read_prompt(write("a,c,y\n1,2,3\n", "u.csv"))
    with pytest.raises(InputError, match=r"different features: .* has a, b; .* has a, c"):
        aligned(w, u)


def test_same_features_in_another_order(write):
    w, u = read_prompt(write(GOOD)), read_prompt(write("b,a,y\n1,2,3\n", "u.csv"))
    assert aligned(w, u).X.tolist() == [[2, 1]]


def test_files_without_headers_need_as_many_features(write):
    w = read_prompt(write("1,2,3\n"))
    assert aligned(w, read_prompt(write("4,5,6\n", "u.csv"))).X.tolist() == [[4, 5]]
    with pytest.raises(InputError, match="different features"):
        aligned(w, read_prompt(write("4,5.5\n", "u.csv")))


def test_features_are_matched_by_name_only_where_both_files_have_names(write):
    named, nameless = read_prompt(write("a,b,y\n1,2,3\n")), read_prompt(write("4.5,5,6\n", "u.csv"))
    turned = read_prompt(write("b,a,y\n1,2,3\n", "v.csv"))
    for w, u in ((named, nameless), (nameless, named)):
        found = aligned(w, u)
        assert found.X.tolist() == u.X.tolist()
        assert found.described == f"{u.described} Features are matched by position: only one file has a header."
    assert aligned(named, named) is named
    assert aligned(nameless, nameless) is nameless
    assert aligned(named, turned).described == f"{turned.described} Features are matched by name."


def test_a_pair_is_read_with_one_label_or_two(write):
    files = write("a,b,y\n1,2,3\n2,5,1\n"), write("b,y,a\n7,5,4\n6,4,2\n", "u.csv")
    w, u = read_pair(*files, ["y"], None, standardize=False)
    assert (w.label, u.label) == ("y", "y")
    assert u.X.tolist() == [[4, 7], [2, 6]]
    w, u = read_pair(*files, ["b", "y"], ["a"], standardize=False)
    assert (w.label, u.label) == ("b", "y")
    assert w.y.tolist() == [2, 5]
    w, u = read_pair(*files, None, ["b"], standardize=True)
    assert (w.label, u.label) == ("y", "a")
    assert w.X.tolist() == u.X.tolist()[::-1] == [[-1], [1]]
    with pytest.raises(InputError, match="one column, or one for W and one for U"):
        read_pair(*files, ["a", "b", "y"], None, standardize=False)


def test_what_is_constant_up_to_rounding():
    """Two rows 1 and 1 + x have the deviation x / 2; allowed are 8 roundings of their size."""
    with pytest.raises(InputError, match="w: column 'b' is constant"):
        standard_scores("w", "ab", np.array([[1, 1], [2, 1 + 8 * 2.0**-52]]))
    found = standard_scores("w", "ab", np.array([[1, 1], [2, 1 + 9 * 2.0**-52]]))
    assert np.sign(found).tolist() == [[-1, -1], [1, 1]]


def test_standardized(write):
    table = standardized(read_prompt(write(GOOD)))
    values = np.column_stack([table.X, table.y])
    assert np.allclose(values.mean(axis=0), 0)
    assert np.allclose(values.std(axis=0), 1)


@pytest.mark.parametrize("power", [-310, -200, 200, 307])
def test_standard_scores_do_not_depend_on_the_unit(write, power):
    table = standardized(read_prompt(write(f"a,y\n1e{power},1\n-15e{power - 1},2\n4e{power - 1},4\n")))
    plain = standardized(read_prompt(write("a,y\n1,1\n-1.5,2\n0.4,4\n")))
    assert np.allclose(table.X, plain.X, rtol=1e-12)
    assert np.array_equal(table.y, plain.y)


@pytest.mark.parametrize("value", ["0.1", "0", "1e9"])
def test_constant_column_cannot_be_standardized(write, value):
    table = read_prompt(write(f"a,y\n{value},1\n{value},2\n{value},4\n"))
    with pytest.raises(InputError, match="column 'a' is constant"):
        standardized(table)


def test_rationals_are_the_decimals_as_written(write):
    w = read_prompt(write("a,b,y\n0.1,1e-3,3\n.5,-2.50,1e30\n"))
    X, y = w.rationals
    assert X.tolist() == [[Fraction(1, 10), Fraction(1, 1000)], [Fraction(1, 2), Fraction(-5, 2)]]
    assert y.tolist() == [3, 10**30]
    assert Fraction(float(w.y[1])) != 10**30
    assert X.dtype == y.dtype == object
    assert all(isinstance(entry, Fraction) for entry in X.flat)


def test_rationals_follow_the_order_of_the_features(write):
    w, u = read_prompt(write("a,b,y\n1,2,3\n")), read_prompt(write("b,a,y\n0.1,0.2,0.3\n", "u.csv"))
    X, y = aligned(w, u).rationals
    assert X.tolist() == [[Fraction(1, 5), Fraction(1, 10)]]
    assert y.tolist() == [Fraction(3, 10)]


def test_rationals_of_computed_values_are_the_floats(write):
    table = standardized(read_prompt(write("a,y\n0.1,1\n0.2,2\n0.4,4\n")))
    X, y = table.rationals
    assert np.array_equal(X.astype(float), table.X)
    assert X[0, 0] == Fraction(float(table.X[0, 0]))
    assert y[0] == Fraction(float(table.y[0]))
