"""Files of many writers are read as they meant them or refused with a remedy; none is read wrongly."""

import re

import numpy as np
import pytest

from proofs_check.inputs.tables import Reading
from tests.proofs_check.inputs.written import DIALECTS, judged, score

FILES = 20
#: May mean two things, whatever the numbers are.
REFUSED = {
    "one_column_of_decimal_commas",
    "pandas_concatenated_index",
    "pandas_columns_of_two_levels",
    "pandas_index_called_id",
    "pandas_index_of_floats",
    "pandas_pipes",
    "pandas_two_level_index",
    "pandas_with_missing_values",
    "pandas_without_header_with_index",
    "thousands",
}
#: Say all that is needed.
CLEAR = {
    "pandas_as_printed",
    "pandas_latin_1",
    "pandas_nonnumeric_quoted",
    "parquet",
    "r_write_csv",
    "r_write_csv_without_row_names",
    "savetxt_commented_header",
    "savetxt_default",
    "savetxt_padded",
    "savetxt_plain_header",
}


def test_a_thousand_files_in_twenty_dialects():
    assert len(DIALECTS) >= 20
    assert len(DIALECTS) * FILES >= 1000
    assert set(DIALECTS) >= REFUSED | CLEAR


@pytest.mark.parametrize("name", DIALECTS)
@pytest.mark.many(4)
def test_no_file_is_read_wrongly(name, tmp_path):
    found = score(name, FILES, 0, tmp_path)
    assert found.wrong == []
    assert found.counts["read"] + found.counts["refused"] == FILES
    if name in REFUSED:
        assert found.counts["refused"] == FILES
    elif name in CLEAR:
        assert found.counts["read"] >= FILES * 3 / 4
    else:
        assert found.counts["read"] + found.counts["told read"] > 0


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("pandas_default", Reading(index="keep")),
        ("pandas_of_an_array", Reading(header=False)),
        ("pandas_without_header", Reading(header=True)),
        ("one_column_of_decimal_commas", Reading(delimiter=",")),
    ],
)
def test_what_is_read_wrongly_is_found(name, reading, tmp_path):
    rng = np.random.default_rng(1)
    outcomes = [judged(DIALECTS[name](rng), tmp_path, reading) for _ in range(FILES)]
    assert any(outcome.startswith(("names", "values")) for outcome in outcomes)
    assert "read" not in outcomes


def test_a_refusal_without_remedy_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.proofs_check.inputs.written.REMEDY", re.compile("nothing says this"))
    file = DIALECTS["thousands"](np.random.default_rng(3))
    assert judged(file, tmp_path, Reading()).startswith("refused without a remedy")
