"""What a conjecture leaves on disk: prompts that are the instance, files that say the same again, and no forgery."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, strategies as st
from sympy import QQ

from proofs_check import InputError, Verdict, conjecture, predict
from proofs_check.conjectures.conjecture import conjectured
from proofs_check.conjectures.drawing import Sample, decided
from proofs_check.conjectures.folder import kernel, opened, replayed, written
from proofs_check.conjectures.prompts import examples, in_range, prompts
from proofs_check.conjectures.settling import NOTHING
from theory.language.symbols import S_U, S_W, eta_U, eta_W, u_star, w_star
from theory.values.dense import Dense

fractions = st.fractions(-3, 3, max_denominator=6)


@st.composite
def grams(draw):
    """Symmetric positive semidefinite matrices of fractions, of any rank."""
    size = draw(st.integers(1, 3))
    rows = draw(st.lists(st.lists(fractions, min_size=size, max_size=size), max_size=4))
    x = np.array(rows or [[Fraction(0)] * size], dtype=object)
    return (x.T @ x).tolist()


@given(grams())
def test_examples_have_the_gram_matrix(gram):
    x = np.array(examples(gram), dtype=object)
    assert (x.T @ x / Fraction(len(x))).tolist() == gram
    assert len(x) <= 4 * max(len(gram), 1)


@pytest.mark.parametrize("gram", [[[-1]], [[0, 1], [1, 0]], [[1, 2], [2, 1]]])
def test_what_is_no_gram_matrix_has_no_examples(gram):
    assert examples([[Fraction(x) for x in row] for row in gram]) is None


def dense(rows):
    return Dense.from_rows([[QQ(str(x)) if isinstance(x, str) else QQ(x) for x in row] for row in rows], QQ)


PAIR = {S_W: [["1/2"]], S_U: [[2]], eta_W: [[1]], eta_U: [["1/4"]], w_star: [[1]], u_star: [["3/2"]]}


def pair(changed):
    rows = PAIR | changed
    return Sample({"d": len(rows[S_W])}, {x: dense(value) for x, value in rows.items()})


def test_prompts_are_decimals():
    found = prompts(pair({}))
    assert found["w"].splitlines()[0] == "x1,y"
    assert found["u"].splitlines()[0] == "x1,y"
    assert prompts(pair({eta_W: [["1/3"]]})) is None
    assert prompts(pair({S_W: [[-1]]})) is None


def test_a_target_that_examples_do_not_show_has_no_prompts():
    """Of examples along one direction the target is the shortest that fits: another is not what they say."""
    along = {S_U: [[1, 0], [0, 0]], S_W: [[1, 0], [0, 1]], w_star: [[1], [1]]}
    assert prompts(pair(along | {u_star: [[1], [0]]})) is not None
    assert prompts(pair(along | {u_star: [[1], [1]]})) is None
    assert in_range(pair(along | {u_star: [[1], [1]]})) is False


@pytest.mark.parametrize(("claim", "setting"), [("|e_next| <= |e_t|", "pair"), ("e_inf = 0", "attack")])
def test_two_prompts_do_not_say_where_a_pair_starts_or_who_lies(claim, setting):
    """A run of them would show something else than the counterexample."""
    outcome = conjecture(claim, ["0 <= P <= I", "0 <= Q <= I"], setting=setting, seconds=10, suggest=False)
    assert outcome.verdict is Verdict.REFUTED
    assert prompts(outcome.counterexample) is None


def test_two_prompts_run_to_the_counterexample(tmp_path):
    """What is claimed of the state of rest fails in the simulation of the files that are written."""
    grams = {S_W: [["1/5", "3/8"], ["3/8", "3/4"]], S_U: [["1/2", "1/4"], ["1/4", "1/2"]]}
    case = pair(grams | {eta_U: [[1]], w_star: [[1], [-1]], u_star: [[0], [-1]]})
    read = conjectured("|e_inf| <= |Delta|", ["0 <= P <= I", "0 <= Q <= I"])
    assert decided(read, case) == "fails"
    for agent, text in prompts(case).items():
        (tmp_path / f"{agent}.csv").write_text(text)
    found = predict(str(tmp_path / "w.csv"), str(tmp_path / "u.csv"), eta_w=1.0, eta_u=1.0)
    at = case.instance(read)
    e_inf, gap = (float(at.algebraic(side)) for side in read.formula.says.args)
    assert found.simulation.residual_w == pytest.approx(e_inf, rel=1e-6)
    assert e_inf > gap


@pytest.fixture(scope="module")
def outcomes():
    false = conjecture("|e_inf| <= |Delta|", ["0 <= P <= I", "0 <= Q <= I"], seconds=20, suggest=False)
    true = conjecture("M e_inf = A Q Delta", seconds=20)
    return {"false": false, "true": true}


@pytest.mark.parametrize(("name", "verdict"), [("false", Verdict.REFUTED), ("true", Verdict.PROVED)])
def test_a_folder_says_the_same_again(name, verdict, outcomes, tmp_path):
    written(outcomes[name], tmp_path)
    again = replayed(tmp_path / "conjecture.toml")
    assert again.verdict is verdict
    assert again.conjecture.claim == outcomes[name].conjecture.claim
    assert not list(tmp_path.glob(".*"))
    namespace = {"__builtins__": __builtins__}
    quick = "\noutcome = conjecture(seconds=15, suggest=False, claim="
    exec((tmp_path / "cell.py").read_text().replace("\nconjecture(\n", quick), namespace)
    assert namespace["outcome"].verdict is verdict


def test_a_proof_beside_another_claim_is_noticed(outcomes, tmp_path):
    written(outcomes["true"], tmp_path)
    file = tmp_path / "conjecture.toml"
    file.write_text(file.read_text().replace("A Q Delta", "2 A Q Delta"))
    again = replayed(file)
    assert again.verdict is Verdict.UNKNOWN
    assert "is no proof of this claim" in again.notes[0]


def test_a_forged_proof_is_noticed(outcomes, tmp_path):
    written(outcomes["true"], tmp_path)
    place = tmp_path / "certificate.json"
    certificate = json.loads(place.read_text())
    certificate["statements"][0]["proof"][-1]["because"].pop()
    place.write_text(json.dumps(certificate))
    assert replayed(tmp_path / "conjecture.toml").verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("text", ["[]", "null", "{", '{"theorem": "a", "theorem": "b"}', "\udcff"])
def test_what_is_no_certificate_is_noticed(text, outcomes, tmp_path):
    written(outcomes["true"], tmp_path)
    (tmp_path / "certificate.json").write_text(text, encoding="utf-8", errors="surrogateescape")
    again = replayed(tmp_path / "conjecture.toml")
    assert again.verdict is Verdict.UNKNOWN
    assert "certificate.json is no" in again.notes[0]


def test_a_forged_counterexample_is_noticed(outcomes, tmp_path):
    written(outcomes["false"], tmp_path)
    file = tmp_path / "conjecture.toml"
    same = '[["0"], ["0"]]'
    file.write_text(re.sub(r'^("[wu]_star" = ).*$', rf"\1{same}", file.read_text(), flags=re.MULTILINE))
    again = replayed(file)
    assert again.verdict is Verdict.UNKNOWN
    assert again.notes == ("the counterexample does not refute the claim",)


@pytest.mark.parametrize(("count", "said"), [("m", 0), ("order", 1)])
def test_a_count_below_what_it_may_be_is_no_counterexample(count, said, tmp_path):
    file = tmp_path / "mine.toml"
    for size, verdict in ((said - 1, Verdict.UNKNOWN), (said, Verdict.REFUTED)):
        text = f"let = ['{count}: count']\nsetting = 'none'\nclaim = '{count} >= {said + (size == said)}'\n"
        file.write_text(f"{text}verdict = 'REFUTED'\n[sizes]\n{count} = {size}\n[values]\n")
        assert replayed(file).verdict is verdict


REFUTED = "claim = 'P Q = Q P'\nverdict = 'REFUTED'\n"


def test_a_proof_from_a_contradiction_is_none_when_it_is_read_again(tmp_path):
    """Somebody calls it proved: the proof replays, but nothing satisfies the hypotheses."""
    outcome = conjecture("e_inf = 0", ["P = 2 I", "P = I"], seconds=8, suggest=False)
    assert outcome.proof.certificate is not None
    written(outcome, tmp_path)
    file = tmp_path / "conjecture.toml"
    file.write_text(file.read_text().replace("UNKNOWN", "PROVED"))
    again = replayed(file)
    assert again.verdict is Verdict.UNKNOWN
    assert again.notes == (NOTHING,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("claim = ", "is no TOML"),
        ("name = 'x'", "claim is missing"),
        ("claim = 3", "claim is a text"),
        ("claim = 'P Q = Q P'\ngiven = 'x'", "given is a list of texts"),
        ("claim = 'P Q = Q P'\ngives = []", "gives is not known"),
        ("claim = 'P Q = '", "an expression is missing"),
        (f"{REFUTED}[sizes]\n[values]\nX = [['1']]", "the counterexample cannot be read"),
        (f"{REFUTED}[sizes]\nd = 1\n[values]\nS_W = [['1']]", "has no value of S_U, eta_U"),
        (f"{REFUTED}[sizes]\nd = 1\n[values]\nS_W = [['1/0']]", "the counterexample cannot be read"),
        (f"{REFUTED}[sizes]\nd = 1\n[values]\nS_W = []", "S_W is 0 by 0, and by its sizes 1 by 1"),
        (f"{REFUTED}[sizes]\nd = 2\n[values]\nS_W = [['1']]", "S_W is 1 by 1, and by its sizes 2 by 2"),
        (f"{REFUTED}[sizes]\nd = -1\n[values]\nS_W = [['1']]", "S_W is 1 by 1, and by its sizes -1 by -1"),
        (f"{REFUTED}[sizes]\n[values]\nS_W = [['1']]", "S_W is 1 by 1, and by its sizes d by d"),
        (f"{REFUTED}[sizes]\nd = 1\n[values]\neta_W = [['1'], ['1']]", "eta_W is 2 by 1, and by its sizes 1 by 1"),
        ("claim = 'P Q = Q P'\nverdict = 'MAYBE'", "verdict is PROVED, REFUTED, UNKNOWN or left out"),
    ],
)
def test_files_that_cannot_be_used(text, message, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(InputError, match=message):
        replayed(file)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        opened(tmp_path / "none.toml")


@pytest.mark.usefixtures("mathcomp")
@pytest.mark.slow
@pytest.mark.many(0)
def test_the_kernel_accepts_a_proof_and_no_forgery(outcomes, tmp_path):
    written(outcomes["true"], tmp_path)
    assert "accepts the proof" in kernel(tmp_path)
    file = tmp_path / "conjecture.v"
    file.write_text(file.read_text().replace("Qed.", "Admitted.", 1))
    assert "refuses conjecture" in kernel(tmp_path)
