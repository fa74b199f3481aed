"""Bytes decoded by guess, lines that end elsewhere than at line feeds."""

import gzip

import pytest

from proofs_check.errors import InputError
from proofs_check.inputs.prompts import read_prompt
from proofs_check.inputs.text import read_lines, read_text

TEXT = "größe,y\n1,2\n"


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", "UTF-16"),
        ("utf-32", "UTF-32"),
        ("latin-1", "not UTF-8, taken for Windows-1252"),
        ("cp1252", "not UTF-8, taken for Windows-1252"),
    ],
)
def test_encodings(tmp_path, encoding, note):
    path = tmp_path / "w.csv"
    path.write_bytes(TEXT.encode(encoding))
    table = read_prompt(str(path))
    assert table.features == ("größe",)
    assert note in table.described
    assert bool(note) == ("Note" in table.described)


@pytest.mark.parametrize("order", ["le", "be"])
@pytest.mark.parametrize("width", [16, 32])
def test_either_byte_order(tmp_path, order, width):
    path = tmp_path / "w.csv"
    path.write_bytes(f"\ufeff{TEXT}".encode(f"utf-{width}-{order}"))
    assert read_text(str(path)).content == TEXT


@pytest.mark.parametrize(
    "data",
    [
        b"a,y\n1,\x00\n",
        TEXT.encode("utf-16-le"),
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xfea\x00,",
        b"\xef\xbb\xbf\xff",
        b"a\x81,y\n1,2\n",
        b"PK\x03\x04 and so on",
    ],
)
def test_what_is_no_text(tmp_path, data):
    path = tmp_path / "w.csv"
    path.write_bytes(data)
    with pytest.raises(InputError, match=r"save it|name it \.xlsx"):
        read_text(str(path))


def test_gzip_is_unpacked_whatever_the_name(tmp_path):
    for name in ("w.csv.gz", "w.csv"):
        path = tmp_path / name
        path.write_bytes(gzip.compress(TEXT.encode()))
        assert read_prompt(str(path)).y.tolist() == [2]


@pytest.mark.parametrize("cut", [3, 12, -1])
def test_a_broken_gzip_file(tmp_path, cut):
    path = tmp_path / "w.csv.gz"
    path.write_bytes(gzip.compress(TEXT.encode())[:cut])
    with pytest.raises(InputError, match="cannot be unpacked"):
        read_text(str(path))


def test_lines_end_at_line_feeds_only(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_bytes("a\u2028b\x85c\r\nd\n".encode())
    assert read_lines(str(path)) == ["a\u2028b\x85c", "d", ""]


def test_without_a_guess_only_utf_8_is_read(tmp_path):
    path = tmp_path / "w.toml"
    path.write_bytes(TEXT.encode("latin-1"))
    with pytest.raises(InputError, match="save it as UTF-8"):
        read_text(str(path), guess=False)
