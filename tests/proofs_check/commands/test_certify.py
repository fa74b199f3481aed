"""Certificates in the wrong place, or half of one on the disk."""

import json
from pathlib import Path

import pytest

from proofs_check.certificates.checker import Answer, Refused, check, load
from proofs_check.certificates.stored import CERTIFICATES, put
from proofs_check.commands import certify
from proofs_check.commands.cli import main
from proofs_check.proving.statement import NotFound
from tests.families.test_asymmetry import VICTIM_BIAS
from tests.families.test_equilibrium import GAP_IS_SHARED


@pytest.mark.slow
def test_certificates_go_where_they_are_told_to(tmp_path, capsys):
    stored = {path: path.read_bytes() for path in CERTIFICATES.glob("*.json")}
    out = tmp_path / "new" / "folder"
    assert main(["certify", GAP_IS_SHARED, "--out", str(out)]) == 0
    assert capsys.readouterr().out.startswith(f"{GAP_IS_SHARED}: ")
    assert sorted(path.name for path in out.iterdir()) == [f"{GAP_IS_SHARED}.json", "models.json"]
    assert check(load(out / f"{GAP_IS_SHARED}.json"))
    assert set(json.loads((out / "models.json").read_text())) == set(json.loads(stored[CERTIFICATES / "models.json"]))
    assert {path: path.read_bytes() for path in CERTIFICATES.glob("*.json")} == stored


def test_an_installed_package_is_left_as_it_is(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(certify, "CERTIFICATES", tmp_path / "site-packages" / "proofs_check" / "certificates")
    assert main(["certify", GAP_IS_SHARED]) == 2
    assert "--out: this package is installed and is left as it is; name a folder" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["certify", GAP_IS_SHARED, "--out", str(tmp_path / "file" / "x")]) == 2
    assert "--out: cannot create" in capsys.readouterr().err


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "certificate.json"
    put(path, "before")

    def interrupted(self, *_, **__):
        with self.open("w") as file:
            file.write("aft")
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "write_text", interrupted)
    with pytest.raises(KeyboardInterrupt):
        put(path, "after")
    assert path.read_text() == "before"


@pytest.mark.parametrize("place", [0, 1])
@pytest.mark.parametrize(
    "short", [Answer("refused"), ["a statement"], NotFound("no cofactors"), Refused("unreadable"), None]
)
def test_one_theorem_that_falls_short_fails_all(tmp_path, monkeypatch, capsys, short, place):
    """Refused by the checker, without a model, not found, or not to be read; the other is still certified."""
    chosen = [GAP_IS_SHARED, VICTIM_BIAS]
    falls, stands = chosen[place], chosen[1 - place]

    def searched(formula, *_):
        if isinstance(short, Exception) and formula.id.startswith(falls):
            raise short
        return {"name": formula.id}

    def replayed(whole):
        return short if isinstance(short, Answer) and whole["theorem"] == falls else Answer(None, 1)

    def without_model(found, _):
        return short if isinstance(short, list) and found[0]["name"].startswith(falls) else []

    for name, instead in (("statement", searched), ("check", replayed), ("_modelled", without_model)):
        monkeypatch.setattr(certify, name, instead)
    assert main(["certify", *chosen, "--out", str(tmp_path)]) == (0 if short is None else 1)
    assert f"{stands}: 1 term, found in" in capsys.readouterr().out
