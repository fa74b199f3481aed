"""A theorem that is printed otherwise than it is stated, or not at all."""

import pytest

from proofs_check.commands.cli import main
from tests.families.test_dynamics import CLOSED_FORM
from tests.families.test_equilibrium import BIASED_EQUILIBRIUM
from theory import formulas, statements


def run(capsys, *arguments):
    code = main(["theorem", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.parametrize("width", [80, 120])
def test_a_theorem(capsys, monkeypatch, width):
    from proofs_check.commands import theorem

    monkeypatch.setattr(theorem, "_width", lambda: width)
    code, out, err = run(capsys, BIASED_EQUILIBRIUM)
    assert (code, err) == (0, "")
    assert out.startswith(f"{BIASED_EQUILIBRIUM}: One state of rest\n\nGiven\n  M is invertible\n\nThen\n")
    assert "e_inf = M^-1 A Q Delta" in out
    id_ = f"{BIASED_EQUILIBRIUM}.e"
    assert f"{id_}; {formulas[id_].source}" in out
    assert "  P = eta_W S_W" in out
    assert max(map(len, out.splitlines())) <= width


def test_one_conclusion(capsys):
    _, out, _ = run(capsys, f"{CLOSED_FORM}.e")
    assert "M is invertible" in out
    assert "N is invertible" not in out


def test_latex(capsys):
    code, out, _ = run(capsys, CLOSED_FORM, "--latex")
    assert code == 0
    assert out == statements[CLOSED_FORM].latex() + "\n"


def test_list(capsys, monkeypatch):
    from proofs_check.commands import theorem

    monkeypatch.setattr(theorem, "_width", lambda: 80)
    code, out, _ = run(capsys, "--list")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")] == list(statements)
    assert max(map(len, out.splitlines())) <= 80


@pytest.mark.parametrize("id_", statements)
def test_every_theorem_prints(capsys, id_):
    code, out, err = run(capsys, id_)
    assert (code, err) == (0, "")
    assert "Then" in out
    assert max(map(len, out.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["closed-from"], "no theorem has the id 'closed-from'; near: closed-form"),
        ([f"{CLOSED_FORM}.g"], f"{CLOSED_FORM} has no conclusion '{CLOSED_FORM}.g'; it has {CLOSED_FORM}.e"),
        ([], "name a theorem"),
        ([f"{CLOSED_FORM}.e", "--latex"], "--latex prints whole theorems: leave out the conclusion"),
        (["--list", CLOSED_FORM], "--list shows all theorems"),
    ],
)
def test_errors(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
