"""``proofs-check --necessity`` from the command line."""

import json

from proofs_check.commands.cli import main
from proofs_check.ledger.necessity import run_necessity
from tests.families.test_asymmetry import VICTIM_BIAS
from tests.families.test_equilibrium import NEITHER_WINS


class TestCommand:
    def test_table_and_json(self, capsys, tmp_path):
        path = tmp_path / "necessity.json"
        assert main(["--necessity", "--theorem", NEITHER_WINS, "--json", str(path)]) == 0
        out = capsys.readouterr().out
        assert "10 hypotheses: 10 needed, 0 open" in out
        assert "no longer assumed" in out
        assert max(map(len, out.splitlines())) <= 100
        report = json.loads(path.read_text())
        assert report["passed"]
        assert {row["verdict"] for row in report["hypotheses"]} == {"needed"}
        assert all(row["refutes"] for row in report["hypotheses"])
        assert report["removed"]

    def test_an_open_hypothesis_fails_the_command(self, capsys, monkeypatch):
        monkeypatch.setattr(
            "proofs_check.commands.necessity.run_necessity",
            lambda **_: run_necessity(theorems=[VICTIM_BIAS], needed={}),
        )
        assert main(["--necessity"]) == 1
        assert "1 hypothesis: 0 needed, 1 open" in capsys.readouterr().out

    def test_a_needless_hypothesis_fails_the_command(self, capsys, monkeypatch):
        monkeypatch.setattr("proofs_check.commands.necessity.still_assumed", lambda **_: ["x still assumes y"])
        assert main(["--necessity", "--theorem", VICTIM_BIAS]) == 1
        assert "x still assumes y" in capsys.readouterr().out

    def test_unknown_theorem(self, capsys):
        assert main(["--necessity", "--theorem", "victim-bais"]) == 2
        assert f"did you mean {VICTIM_BIAS}" in capsys.readouterr().err
