"""Predictions from Python say what the command says of the same numbers."""

import json
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import numerics
from numerics import Prompt
from proofs_check import InputError, predict
from proofs_check.commands.cli import main
from tests.families.test_equilibrium import NEITHER_WINS

RNG = np.random.default_rng(0)
X_W, X_U = (RNG.normal(size=(7, 2)).round(2) for _ in "WU")
W = pd.DataFrame({"a": X_W[:, 0], "b": X_W[:, 1], "y": RNG.normal(size=7).round(2)})
U = pd.DataFrame({"a": X_U[:, 0], "b": X_U[:, 1], "y": RNG.normal(size=7).round(2)})


@pytest.mark.slow
def test_frames_arrays_prompts_and_files_give_the_same(tmp_path, capsys):
    paths = [tmp_path / "w.csv", tmp_path / "u.csv"]
    for frame, path in zip((W, U), paths, strict=True):
        frame.to_csv(path, index=False)
    report = tmp_path / "r.json"
    assert main(["predict", "--w", str(paths[0]), "--u", str(paths[1]), "--json", str(report)]) == 0
    capsys.readouterr()
    said = json.loads(report.read_text())
    pairs = [(X_W, W["y"]), (X_U, U["y"])]
    for w, u in ((W, U), pairs, [Prompt(*pair) for pair in pairs], map(str, paths)):
        found = predict(w, u)
        assert found
        assert found.prediction.e.tolist() == said["predicted"]["e"]
        assert found.simulation.w.tolist() == said["simulated"]["w"]
        assert found.verdict == said["verdict"] == "confirms"
        assert found.prediction.exact


@pytest.mark.slow
def test_frames_are_matched_by_name_and_the_label_may_be_named():
    turned = U[["y", "b", "a"]]
    assert predict(W, turned, label=("y", "y")).rows() == predict(W, U).rows()
    assert predict(W, turned, label="y").rows() == predict(W, U).rows()
    assert predict(W, W.assign(other=W["a"]), label=("y", "other"), features=["a", "b"])


def test_what_is_shown():
    found = predict(W.rename(columns={"a": "<x>"}), U.rename(columns={"a": "<x>"}))
    frame = found.to_dataframe()
    assert frame.columns.tolist() == ["agent", "weight", "predicted", "simulated", "difference"]
    assert frame["weight"].tolist() == ["<x>", "b", "<x>", "b", "residual", "residual"]
    assert frame["difference"].max() < 1e-9
    assert "&lt;x&gt;" in found._repr_html_()
    assert "<x>" not in found._repr_html_()
    assert "Simulation: confirms." in str(found)
    assert {axes.get_xlabel() for axes in found.plot().axes} == {"turn"}
    assert {check.id for check in found.theorems} > {NEITHER_WINS}


def test_a_pair_that_does_not_converge():
    found = predict(W, U, eta_w=50.0, eta_u=50.0)
    assert not found
    assert found.verdict == "does not converge"
    assert found.rows() == []
    assert "does not converge" in str(found)
    with pytest.raises(InputError, match="no run to draw"):
        found.plot()


@pytest.mark.slow
def test_few_turns_tell_nothing():
    assert predict(W, U, turns=1).verdict == "too few turns"
    assert not predict(W, U, turns=1)


def test_exact_prompts_are_taken_as_they_are():
    third = np.array([[Fraction(1, 3)]], dtype=object)
    found = predict(Prompt(third, np.array([Fraction(1, 7)], dtype=object)), ([[1.0]], [2.0]), eta_w=1.0, eta_u=0.5)
    assert found
    assert found.prediction.w.target == pytest.approx([3 / 7], rel=1e-15)


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((3, U), {}, "w is a int; give a DataFrame"),
        ((W, None), {}, "u is a NoneType"),
        ((W[["a"]], U), {}, "w: has 1 column;"),
        ((W, U), {"label": "z"}, "w: has no column 'z'"),
        ((W, U), {"features": ["a", "a"]}, "more than once"),
        ((W, U), {"features": ["y"]}, "both feature and label"),
        ((W, U), {"label": ["y"] * 3}, "one for W and one for U"),
        (((X_W, W["y"]), U), {"label": "y"}, "w: label and features name columns"),
        ((W, U.rename(columns={"a": "c"})), {}, "different features"),
        ((W.assign(a=np.nan), U), {}, "w: "),
        ((W, U), {"eta_w": -1.0}, "eta_w = -1.0 is no step size"),
        ((W, U), {"turns": 0}, "turns = 0"),
        ((Prompt(np.ones((2, 3, 2)), np.ones((2, 3))), U), {}, "w: a batch of shape"),
        ((pd.DataFrame([[1, 2, 3]], columns=["a", "a", "y"]), U), {}, "column 'a' occurs more than once"),
    ],
)
def test_what_cannot_be_read(arguments, options, message):
    with pytest.raises(InputError, match=message):
        predict(*arguments, **options)


def test_the_default_step_is_that_of_an_agent():
    found = predict(W, U)
    default = numerics.LSAAgent(Prompt(X_W, W["y"])).step_size
    assert found.prediction.w.step_size == pytest.approx(float(default), rel=1e-14)
