"""Cells of workbooks and Parquet that become other numbers, indices that become features."""

import builtins
import sys
from datetime import date
from decimal import Decimal
from fractions import Fraction

import numpy as np
import openpyxl
import pandas as pd
import pytest

from proofs_check.errors import InputError
from proofs_check.inputs.prompts import read_prompt
from proofs_check.inputs.tables import Reading

ROWS = [["a", "b", "y"], [0.1, 2, 3], [4, 5.5, -6]]


@pytest.fixture
def workbook(tmp_path):
    def make(**sheets):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for name, rows in sheets.items():
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(row)
        path = tmp_path / "w.xlsx"
        book.save(path)
        return str(path)

    return make


@pytest.fixture
def parquet(tmp_path):
    def make(frame):
        path = tmp_path / "w.parquet"
        frame.to_parquet(path)
        return str(path)

    return make


def test_workbook(workbook):
    table = read_prompt(workbook(Data=ROWS, Empty=[]))
    assert table.X.tolist() == [[0.1, 2], [4, 5.5]]
    assert table.rationals[0][0, 0] == Fraction(1, 10)
    assert table.described == "Read w.xlsx: sheet 'Data', header, 2 rows; features a, b; label y."


def test_what_says_nothing_of_a_file_is_noted(workbook, parquet, tmp_path):
    path = workbook(Data=ROWS)
    note = "Note: --delimiter says nothing of such a file."
    assert read_prompt(path, reading=Reading(delimiter=";", sheet="Data")).described.endswith(note)
    frame = pd.DataFrame(ROWS[1:], columns=ROWS[0])
    told = read_prompt(parquet(frame), reading=Reading(header=False, sheet="Data")).described
    assert "Note: --header says nothing of such a file; --sheet says nothing of such a file." in told
    plain = tmp_path / "w.csv"
    frame.to_csv(plain, index=False)
    assert "Note: --sheet says nothing" in read_prompt(str(plain), reading=Reading(sheet="Data")).described
    assert "Note" not in read_prompt(str(plain), reading=Reading(delimiter=",", header=True)).described


def test_sheets(workbook):
    path = workbook(One=ROWS, Two=[["p", "q"], [7, 8]])
    with pytest.raises(InputError, match=r"several sheets \(One, Two\); choose one with --sheet"):
        read_prompt(path)
    assert read_prompt(path, reading=Reading(sheet="Two")).y.tolist() == [8]
    with pytest.raises(InputError, match="no sheet 'Three'"):
        read_prompt(path, reading=Reading(sheet="Three"))


def test_a_table_away_from_the_corner(workbook):
    table = read_prompt(workbook(Data=[[], *([None, *row] for row in ROWS)]))
    assert table.features == ("a", "b")
    with pytest.raises(InputError, match="line 3, column 'a': 'x' is not a number"):
        read_prompt(workbook(Data=[[], [None, "a", "y"], [None, "x", 1]]))


def test_text_in_a_workbook_is_a_name(workbook):
    assert read_prompt(workbook(Data=[["2019", "2020"], [3, 4], [5, 7]])).features == ("2019",)
    table = read_prompt(workbook(Data=[[None, "a", "y"], ["r1", 1, 2], ["r2", 3, 4]]))
    assert "names of the rows" in table.described


@pytest.mark.parametrize("cell", [True, date(2020, 1, 1), "#DIV/0!", None, "1,5"])
def test_cells_of_a_workbook_that_are_no_numbers(workbook, cell):
    with pytest.raises(InputError, match="line 2, column 'b'"):
        read_prompt(workbook(Data=[["a", "b", "y"], [1, cell, 2]]))


@pytest.mark.parametrize("data", [b"PK\x03\x04 broken", b"a,y\n1,2\n", b""])
@pytest.mark.parametrize("name", ["w.xlsx", "w.parquet"])
def test_broken_files(tmp_path, data, name):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match="save it as CSV"):
        read_prompt(str(path))


def test_empty_workbook(workbook):
    with pytest.raises(InputError, match="is empty"):
        read_prompt(workbook(Data=[]))


@pytest.mark.parametrize("name", ["w.xls", "w.ods", "w.npy", "w.pkl"])
def test_other_kinds_of_files(tmp_path, name):
    (tmp_path / name).write_bytes(b"anything")
    with pytest.raises(InputError, match=r"save it as CSV, \.xlsx or \.parquet"):
        read_prompt(str(tmp_path / name))


def test_parquet(parquet):
    frame = pd.DataFrame({"a": [0.1, 2], "b": [2**60 + 1, 5], "y": [Decimal("0.3"), Decimal("7")]})
    table = read_prompt(parquet(frame))
    assert table.rationals[0].tolist() == [[Fraction(1, 10), 2**60 + 1], [2, 5]]
    assert table.rationals[1].tolist() == [Fraction(3, 10), 7]
    assert table.described == "Read w.parquet: Parquet, header, 2 rows; features a, b; label y."


def test_floats_of_single_precision_are_what_they_are(parquet):
    table = read_prompt(parquet(pd.DataFrame({"a": np.array([0.1], dtype=np.float32), "y": [1]})))
    assert table.X[0, 0] == np.float32(0.1)
    assert float(table.rationals[0][0, 0]) == np.float32(0.1)


def test_index_of_a_parquet_file(parquet):
    frame = pd.DataFrame({"a": [1.5, 2], "y": [3, 4]}, index=[7, 3])
    assert "Left out: index (no name)." in read_prompt(parquet(frame)).described
    assert read_prompt(parquet(frame), reading=Reading(index="keep")).features == ("index", "a")
    assert "Left out: index (day)." in read_prompt(parquet(frame.rename_axis("day"))).described


def test_index_and_column_of_one_name(parquet):
    path = parquet(pd.DataFrame({"a": [1.5, 2], "y": [3, 4]}, index=pd.Index([7, 3], name="a")))
    assert read_prompt(path).features == ("a",)
    with pytest.raises(InputError, match="index and columns share a name"):
        read_prompt(path, reading=Reading(index="keep"))


@pytest.mark.parametrize("name", ["Unnamed: 0", "__index_level_0__", ""])
@pytest.mark.parametrize("index", [None, [7, 3]])
def test_a_first_column_of_a_parquet_file_that_numbers_the_rows(parquet, name, index):
    frame = pd.DataFrame({name: [0, 1], "a": [1.5, 2], "y": [3, 4]}, index=index)
    if name or index is None:
        assert read_prompt(parquet(frame)).features == ("a",)
    else:
        with pytest.raises(InputError, match="column 1 has no name"):
            read_prompt(parquet(frame))
    frame = frame.rename(columns={name: "id"})
    with pytest.raises(InputError, match="'id', may number the rows"):
        read_prompt(parquet(frame))
    assert read_prompt(parquet(frame), reading=Reading(index="drop")).features == ("a",)


def test_decimal_commas_in_text_beside_numbers(parquet, workbook):
    commas = Reading(decimal=",")
    for path in (
        workbook(s=[["a", "b", "y"], ["1,5", 2.5, 3], ["-,25e1", 1e-7, 4]]),
        parquet(pd.DataFrame({"a": ["1,5", "-,25e1"], "b": [2.5, 1e-7], "y": [3, 4]})),
    ):
        table = read_prompt(path, reading=commas)
        assert table.X.tolist() == [[1.5, 2.5], [-2.5, 1e-7]]
        assert "decimal commas" in table.described
        with pytest.raises(InputError, match="give --decimal ,"):
            read_prompt(path)


@pytest.mark.parametrize(
    "column", [[None, 1.5], ["x", "y"], [True, False], pd.array([1, None], dtype="Int64"), [float("inf"), 1]]
)
def test_columns_of_a_parquet_file_that_are_no_numbers(parquet, column):
    with pytest.raises(InputError, match="column 'a'"):
        read_prompt(parquet(pd.DataFrame({"a": column, "y": [1, 2]})))


def test_names_of_two_levels(parquet):
    frame = pd.DataFrame([[1.0, 2.0]], columns=pd.MultiIndex.from_tuples([("a", "1"), ("y", "2")]))
    with pytest.raises(InputError, match="names of several levels"):
        read_prompt(parquet(frame))


@pytest.mark.parametrize("missing", ["pandas", "openpyxl"])
def test_without_what_reads_workbooks(workbook, monkeypatch, missing):
    path = workbook(Data=ROWS)
    found = builtins.__import__

    def absent(name, *rest, **more):
        if name.split(".")[0] == missing:
            raise ImportError(name)
        return found(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    monkeypatch.setattr("importlib.import_module", lambda name, package=None: absent(name))
    with pytest.raises(InputError, match=r"pip install 'biased-equilibrium\[files\]'"):
        read_prompt(path)


def test_nothing_but_text_needs_pandas(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pandas", None)
    path = tmp_path / "w.csv"
    path.write_text("a,y\n1,2\n")
    assert read_prompt(str(path)).y.tolist() == [2]
