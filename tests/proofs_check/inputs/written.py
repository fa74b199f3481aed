"""Files as pandas, NumPy, R, spreadsheets and people write them, with what their writer meant.

The writers are called, or imitated where they are not at hand (R), without a thought of the reader. A number is
expected as the decimal that was written. ``python -m tests.proofs_check.inputs.written 1000`` prints how many files
of each dialect are read as meant, refused, and read wrongly.
"""

from __future__ import annotations

import csv
import gzip
import io
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from proofs_check.errors import InputError
from proofs_check.inputs.decimals import resembles_number
from proofs_check.inputs.prompts import read_prompt
from proofs_check.inputs.tables import Reading

PLAIN_NAMES = [
    "a",
    "b",
    "y",
    "x1",
    "x2",
    "weight",
    "Na",
    "TRUE",
    "e",
    "inf.",
    "N",
    "Länge",
    "größe",
    "身長",
    "_",
    "a.b",
]
ODD_NAMES = [
    *["x [cm]", "[/min]", "rate, daily", 'the "best"', "two\nlines", "semi;colon", "a\tb", "10", "2020", "1.5", "-3"],
    *["# of rooms", "50%", "a b", "x:smile:", "it's", "1,5", "n/a", "1e3", "Unnamed: 3", "\\", "a\\", "=1+1"],
]


@dataclass
class Written:
    """What a writer meant: names of columns (None without), numbers as written, and how to read the file if told."""

    name: str
    data: bytes
    names: list[str] | None
    cells: list[list[str]]
    told: Reading | None = None


Writer = Callable[[np.random.Generator], Written]
DIALECTS: dict[str, Writer] = {}


def dialect(write: Writer) -> Writer:
    DIALECTS[write.__name__] = write
    return write


def numbers(rng: np.random.Generator, rows: int | None = None, columns: int | None = None) -> np.ndarray:
    """Draw numbers of every kind that people have."""
    shape = (rows or int(rng.integers(1, 9)), columns or int(rng.integers(2, 6)))
    kind = rng.integers(7)
    if kind == 0:
        return rng.standard_normal(shape)
    if kind == 1:
        return rng.standard_normal(shape) * 10.0 ** rng.integers(-290, 290, shape)
    if kind == 2:
        return np.round(rng.standard_normal(shape) * 10, int(rng.integers(0, 4)))
    if kind == 3:
        return rng.integers(-3, 12, shape).astype(float)
    if kind == 4:
        values = rng.standard_normal(shape)
        values[:, -1] = rng.integers(0, 2, shape[0])
        return values
    if kind == 5:
        return np.arange(shape[0] * shape[1], dtype=float).reshape(shape) + rng.integers(0, 2)
    values = np.round(rng.standard_normal(shape), 2)
    values[:, 0] = np.arange(shape[0]) + rng.integers(0, 2)
    return values


def names_for(rng: np.random.Generator, count: int, *, odd: bool = True) -> list[str]:
    pool = PLAIN_NAMES + (ODD_NAMES if odd and rng.random() < 0.4 else [])
    # A header of numbers only, above numbers of the same kind, is written with the same bytes as one without.
    while True:
        names = [str(name) for name in rng.choice(pool, count, replace=False)]
        if any(not resembles_number(name) for name in names):
            return names


def frame_of(rng: np.random.Generator, **options: Any) -> pd.DataFrame:
    """Make a data frame, some of whose columns may be whole numbers."""
    values = numbers(rng)
    frame = pd.DataFrame(values, columns=names_for(rng, values.shape[1], **options))
    for column in frame.columns:
        if rng.random() < 0.3 and (frame[column] % 1 == 0).all() and frame[column].abs().max() < 1e15:
            frame[column] = frame[column].astype("int64")
    return frame


def texts(frame: pd.DataFrame) -> list[list[str]]:
    return [[str(value) for value in row] for row in frame.astype(object).to_numpy().tolist()]


def excel_texts(frame: pd.DataFrame) -> list[list[str]]:
    """Return numbers as openpyxl writes them, with 16 digits."""
    return [[f"{value:.16g}" for value in row] for row in frame.astype(object).to_numpy().tolist()]


def pandas_file(frame: pd.DataFrame, name: str = "w.csv", encoding: str = "utf-8", **options: Any) -> Written:
    text = frame.to_csv(**options)
    named = options.get("header", True)
    return Written(name, text.encode(encoding), [str(c) for c in frame.columns] if named else None, texts(frame))


@dialect
def pandas_without_index(rng):
    return pandas_file(frame_of(rng), index=False)


@dialect
def pandas_default(rng):
    return pandas_file(frame_of(rng))


@dialect
def pandas_filtered_index(rng):
    frame = frame_of(rng)
    frame.index = np.sort(rng.choice(100, len(frame), replace=False))
    return pandas_file(frame)


@dialect
def pandas_index_called_id(rng):
    frame = frame_of(rng)
    frame.index.name = rng.choice(["id", "index"])
    return pandas_file(frame)


@dialect
def pandas_index_of_names(rng):
    frame = frame_of(rng)
    frame.index = [str(x) for x in rng.choice(["Mazda RX4", "a", "#7", "x,y", "N/A", "12", "é", "NA"], len(frame))]
    return pandas_file(frame)


@dialect
def pandas_index_of_dates(rng):
    frame = frame_of(rng)
    frame.index = pd.date_range("2020-01-01", periods=len(frame))
    return pandas_file(frame)


@dialect
def pandas_saved_twice(rng):
    written = pandas_file(frame_of(rng))
    again = pd.read_csv(io.BytesIO(written.data), dtype=str, keep_default_na=False)
    return Written("w.csv", again.to_csv().encode(), written.names, written.cells)


@dialect
def pandas_concatenated_index(rng):
    frame = frame_of(rng)
    return pandas_file(pd.concat([frame, frame]))


@dialect
def pandas_index_of_floats(rng):
    frame = frame_of(rng)
    frame.index = np.linspace(0, 1, len(frame))
    return pandas_file(frame)


@dialect
def pandas_two_level_index(rng):
    frame = frame_of(rng)
    frame.index = pd.MultiIndex.from_arrays([np.arange(len(frame)), np.arange(len(frame)) * 2])
    return pandas_file(frame)


@dialect
def pandas_of_an_array(rng):
    return pandas_file(pd.DataFrame(numbers(rng)), index=False)


@dialect
def pandas_of_an_array_default(rng):
    return pandas_file(pd.DataFrame(numbers(rng)))


@dialect
def pandas_of_an_array_of_integers(rng):
    return pandas_file(pd.DataFrame(rng.integers(0, 9, (4, 3))), index=bool(rng.integers(2)))


@dialect
def pandas_years_as_names(rng):
    values = numbers(rng)
    first = int(rng.integers(1, 2020))
    return pandas_file(pd.DataFrame(values, columns=range(first, first + values.shape[1])), index=bool(rng.integers(2)))


@dialect
def pandas_without_header(rng):
    return pandas_file(frame_of(rng), index=False, header=False)


@dialect
def pandas_without_header_with_index(rng):
    frame = frame_of(rng)
    # One row of whole numbers has the same bytes without its number.
    return pandas_file(frame if len(frame) > 1 else pd.concat([frame, frame], ignore_index=True), header=False)


@dialect
def pandas_semicolons_and_decimal_commas(rng):
    return told(pandas_file(frame_of(rng), sep=";", decimal=",", index=bool(rng.integers(2))), decimal=",")


@dialect
def pandas_commas_and_decimal_commas(rng):
    return told(pandas_file(frame_of(rng), decimal=",", index=False), decimal=",")


@dialect
def pandas_semicolons(rng):
    return pandas_file(frame_of(rng), sep=";", index=False)


@dialect
def pandas_tabs(rng):
    return pandas_file(frame_of(rng), sep="\t", index=bool(rng.integers(2)))


@dialect
def pandas_blanks(rng):
    return pandas_file(frame_of(rng), sep=" ", index=bool(rng.integers(2)))


@dialect
def pandas_pipes(rng):
    return told(pandas_file(frame_of(rng), sep="|", index=False), delimiter="|")


@dialect
def pandas_utf16(rng):
    return pandas_file(frame_of(rng), encoding="utf-16", index=False, sep=str(rng.choice([",", "\t"])))


@dialect
def pandas_utf32(rng):
    return pandas_file(frame_of(rng), encoding="utf-32", index=False)


@dialect
def pandas_byte_order_mark(rng):
    return pandas_file(frame_of(rng), encoding="utf-8-sig", index=bool(rng.integers(2)))


@dialect
def pandas_latin_1(rng):
    frame = pd.DataFrame(numbers(rng, columns=3), columns=["größe", "a", "prix €"])
    return pandas_file(frame, encoding="cp1252", index=False)


@dialect
def pandas_gzip(rng):
    file = pandas_file(frame_of(rng), name="w.csv.gz")
    return Written(file.name, gzip.compress(file.data), file.names, file.cells)


@dialect
def pandas_crlf(rng):
    return pandas_file(frame_of(rng), index=False, lineterminator="\r\n")


@dialect
def pandas_cr(rng):
    return pandas_file(frame_of(rng), index=False, lineterminator="\r")


@dialect
def pandas_all_quoted(rng):
    return pandas_file(frame_of(rng), index=bool(rng.integers(2)), quoting=csv.QUOTE_ALL)


@dialect
def pandas_nonnumeric_quoted(rng):
    frame = frame_of(rng) if rng.random() < 0.5 else pd.DataFrame(numbers(rng))
    frame.columns = [str(column) for column in frame.columns]
    return pandas_file(frame, index=bool(rng.integers(2)), quoting=csv.QUOTE_NONNUMERIC)


@dialect
def pandas_never_quoted(rng):
    frame = frame_of(rng)
    frame.columns = [str(name).replace("\n", " ").replace("# of", "of") for name in frame.columns]
    return pandas_file(frame, index=False, quoting=csv.QUOTE_NONE, escapechar="\\")


@dialect
def pandas_rounded(rng):
    frame = frame_of(rng).astype(float)
    file = pandas_file(frame, index=bool(rng.integers(2)), float_format="%.3f")
    file.cells = [[f"{value:.3f}" for value in row] for row in frame.to_numpy().tolist()]
    return file


@dialect
def pandas_with_missing_values(rng):
    frame = frame_of(rng).astype(float)
    frame.iloc[int(rng.integers(len(frame))), int(rng.integers(frame.shape[1]))] = np.nan
    return pandas_file(frame, index=bool(rng.integers(2)), na_rep=str(rng.choice(["", "NA", "#N/A"])))


@dialect
def pandas_columns_of_two_levels(rng):
    # Above whole numbers the second row of names has the same bytes as one of data.
    frame = frame_of(rng, odd=False).astype(float)
    frame.columns = pd.MultiIndex.from_arrays([frame.columns, range(frame.shape[1])])
    return pandas_file(frame, index=bool(rng.integers(2)))


@dialect
def pandas_as_printed(rng):
    frame = frame_of(rng, odd=False).round(2)
    with pd.option_context("display.float_format", str, "display.width", 10_000, "display.max_columns", 50):
        text = frame.to_string(index=bool(rng.integers(2)))
    return Written("w.txt", text.encode(), [str(c) for c in frame.columns], texts(frame))


@dialect
def workbook(rng):
    frame = frame_of(rng)
    return _workbook(frame, index=bool(rng.integers(2)))


@dialect
def workbook_of_an_array(rng):
    return _workbook(pd.DataFrame(numbers(rng)), index=bool(rng.integers(2)))


def _workbook(frame: pd.DataFrame, **options: Any) -> Written:
    buffer = io.BytesIO()
    # A name that starts like a formula is one to openpyxl, and no name is left in the file.
    frame.columns = [str(name).replace("=", "") if isinstance(name, str) else name for name in frame.columns]
    frame.to_excel(buffer, **options)
    return Written("w.xlsx", buffer.getvalue(), [str(c) for c in frame.columns], excel_texts(frame))


@dialect
def parquet(rng):
    frame = frame_of(rng)
    if rng.random() < 0.5:
        frame.index = rng.permutation(len(frame))
    buffer = io.BytesIO()
    frame.to_parquet(buffer)
    return Written("w.parquet", buffer.getvalue(), list(frame.columns), texts(frame))


def _r_text(
    rng: np.random.Generator, sep: str, *, quote: bool, corner: bool, rows: bool, decimal: str = "."
) -> Written:
    """Write as write.table of R does, with 15 digits; `corner` puts a cell above the names of the rows."""
    values = numbers(rng)
    names = names_for(rng, values.shape[1], odd=quote)
    marked = (lambda text: '"' + text.replace('"', '""' if corner else '\\"') + '"') if quote else str
    cells = [[f"{value:.15g}" for value in row] for row in values]
    labels = [str(i + 1) for i in range(len(cells))]
    if rows and rng.random() < 0.3:
        labels = [
            f"{make} {i}" if quote else f"{make}{i}" for i, make in enumerate(rng.choice(["Mazda", "Fiat"], len(cells)))
        ]
    head = ([marked("")] if rows and corner else []) + [marked(name) for name in names]
    lines = [sep.join(head)]
    for label, row in zip(labels, cells, strict=True):
        lines.append(sep.join(([marked(label)] if rows else []) + [cell.replace(".", decimal) for cell in row]))
    return Written("w.csv", ("\n".join(lines) + "\n").encode(), names, cells)


@dialect
def r_write_csv(rng):
    return _r_text(rng, ",", quote=True, corner=True, rows=True)


@dialect
def r_write_csv_without_row_names(rng):
    return _r_text(rng, ",", quote=True, corner=True, rows=False)


@dialect
def r_write_csv2(rng):
    return told(_r_text(rng, ";", quote=True, corner=True, rows=bool(rng.integers(2)), decimal=","), decimal=",")


@dialect
def r_write_table(rng):
    return _r_text(rng, " ", quote=True, corner=False, rows=bool(rng.integers(2)))


@dialect
def r_write_table_unquoted(rng):
    return _r_text(rng, str(rng.choice([" ", "\t", ","])), quote=False, corner=False, rows=bool(rng.integers(2)))


def _savetxt(
    rng: np.random.Generator, fmt: str, delimiter: str, names: bool, values: Any = None, **options: Any
) -> Written:
    values = numbers(rng) if values is None else values
    chosen = names_for(rng, values.shape[1], odd=False) if names else None
    buffer = io.StringIO()
    header = delimiter.join(chosen) if chosen else ""
    np.savetxt(buffer, values, fmt=fmt, delimiter=delimiter, header=header, **options)
    cells = [[fmt % value for value in row] for row in values]
    return Written("w.txt", buffer.getvalue().encode(), chosen, cells)


@dialect
def savetxt_default(rng):
    return _savetxt(rng, "%.18e", " ", False)


@dialect
def savetxt_commented_header(rng):
    return _savetxt(rng, str(rng.choice(["%.18e", "%g"])), str(rng.choice([",", " ", "\t"])), True)


@dialect
def savetxt_plain_header(rng):
    return _savetxt(rng, "%.17g", str(rng.choice([",", " ", ";"])), True, comments="")


@dialect
def savetxt_short(rng):
    return _savetxt(rng, "%g", str(rng.choice([",", " ", "\t", ";"])), False)


@dialect
def savetxt_padded(rng):
    return _savetxt(rng, "%10.5f", str(rng.choice([",", " ", ", "])).strip() or " ", False, rng.standard_normal((5, 3)))


@dialect
def savetxt_with_remarks(rng):
    file = _savetxt(rng, "%.18e", str(rng.choice([",", " "])), False)
    file.data = b"# made by hand\n# second run, of 2020\n" + file.data
    return file


@dialect
def csv_module(rng):
    return _by_hand(rng, lambda writer, rows: writer.writerows(rows))


@dialect
def csv_module_with_empty_lines_and_comments(rng):
    def write(writer: Any, rows: list[list[str]]) -> None:
        for row in rows:
            writer.writerow(row)
            if rng.random() < 0.3:
                writer.writerow([])

    file = _by_hand(rng, write)
    file.data = b"# measured in 2020, by hand\n\n" + file.data
    return file


@dialect
def csv_module_with_trailing_separators(rng):
    return _by_hand(rng, lambda writer, rows: writer.writerows([*row, ""] for row in rows))


@dialect
def trailing_separators_below_the_header(rng):
    return _by_hand(rng, lambda writer, rows: writer.writerows([rows[0], *([*row, ""] for row in rows[1:])]))


def _by_hand(rng: np.random.Generator, write: Callable[[Any, list[list[str]]], Any]) -> Written:
    values = numbers(rng)
    names = names_for(rng, values.shape[1])
    cells = [[f"{value:.6g}" for value in row] for row in values]
    buffer = io.StringIO()
    write(csv.writer(buffer, delimiter=str(rng.choice([",", ";", "\t"]))), [names, *cells])
    return Written("w.csv", buffer.getvalue().encode(), names, cells)


@dialect
def people(rng):
    """Commas with blanks after them, names with blanks, numbers with few digits."""
    values = numbers(rng)
    names = names_for(rng, values.shape[1], odd=False)
    cells = [[f"{value:.3g}" for value in row] for row in values]
    head = [", ".join(names)] if rng.random() < 0.7 else []
    text = "\r\n".join(head + [", ".join(row) for row in cells])
    return Written("w.csv", text.encode(), names if head else None, cells)


@dialect
def one_column_of_decimal_commas(rng):
    values = rng.integers(0, 100, (5, 2))
    text = "\n".join(f"{a},{b}" for a, b in values)
    return Written("w.csv", text.encode(), None, [[f"{a}.{b}"] for a, b in values])


@dialect
def excel_german(rng):
    values = np.round(rng.standard_normal((int(rng.integers(1, 6)), 3)), int(rng.integers(0, 3)))
    names = names_for(rng, 3)
    cells = [[f"{value:g}" for value in row] for row in values]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows([names, *([c.replace(".", ",") for c in row] for row in cells)])
    return told(Written("w.csv", buffer.getvalue().encode("utf-8-sig"), names, cells), decimal=",")


@dialect
def thousands(rng):
    values = rng.integers(0, 10**7, (4, 3))
    mark = str(rng.choice([",", " ", "'", "."]))
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=str(rng.choice([",", ";"]))).writerows(
        [["a", "b", "y"], *([f"{v:,}".replace(",", mark) for v in row] for row in values)]
    )
    return Written("w.csv", buffer.getvalue().encode(), ["a", "b", "y"], [[str(v) for v in row] for row in values])


def told(file: Written, **options: Any) -> Written:
    file.told = Reading(**options)
    return file


@dataclass
class Score:
    """How the files of one dialect fared: also with the options that its writer would give (`told`)."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


#: Words that say what to do.
REMEDY = re.compile(r"--\w+|\b(add|give|choose|fill|drop|take|say|save|write|quote|double|close|delete|leave|needs)\b")


def judged(file: Written, folder: Path, reading: Reading) -> str:
    """Read a file; return ``read``, ``refused``, or what is wrong."""
    path = folder / file.name
    path.write_bytes(file.data)
    try:
        table = read_prompt(str(path), reading=reading)
    except InputError as error:
        said = str(error)
        if not said.startswith(str(path)):
            return f"refused without its name: {said}"
        return "refused" if REMEDY.search(said[len(str(path)) :]) else f"refused without a remedy: {said}"
    names = file.names or [str(i + 1) for i in range(len(file.cells[0]))]
    # A first name that starts with # is written like the comment of np.savetxt, and read as that.
    if "names from the comment" in table.described:
        names = [names[0].lstrip("# "), *names[1:]]
    if [*table.features, table.label] != [name.strip() for name in names]:
        return f"names {[*table.features, table.label]} for {names} in {file.data[:300]!r}"
    expected = np.array([[float(cell) for cell in row] for row in file.cells])
    if not np.array_equal(np.column_stack([table.X, table.y]), expected):
        return f"values in {file.data[:300]!r}"
    return "read"


def score(name: str, files: int, seed: int, folder: Path) -> Score:
    """Write and read files of one dialect."""
    rng = np.random.default_rng([seed, *name.encode()])
    found = Score()
    for _ in range(files):
        file = DIALECTS[name](rng)
        for word, reading in (("", Reading()), ("told ", file.told)):
            if reading is None:
                continue
            outcome = judged(file, folder, reading)
            found.counts[word + (outcome if outcome in ("read", "refused") else "wrong")] += 1
            if outcome not in ("read", "refused"):
                found.wrong.append(outcome)
    return found


def main(total: int, seed: int) -> None:
    each = -(-total // len(DIALECTS))
    with tempfile.TemporaryDirectory() as folder:
        for name in DIALECTS:
            found = score(name, each, seed, Path(folder))
            print(f"{name:45}", dict(found.counts), *found.wrong[:3], sep="\n      " if found.wrong else " ")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)
