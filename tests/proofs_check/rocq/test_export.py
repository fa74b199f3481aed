"""Export to Rocq: what the files say, that the kernel accepts them and nothing false, and what is recorded."""

from __future__ import annotations

import copy
import io
import json
import re
import shutil

import pytest
from rich.console import Console

from proofs_check import theorems as theorems_of_the_ledger
from proofs_check.certificates.checker import check, load
from proofs_check.certificates.stored import CERTIFICATES
from proofs_check.commands.cli import main
from proofs_check.commands.rocq import certificates, export_rocq
from proofs_check.errors import InputError
from proofs_check.rocq.export import (
    RECORD,
    compile_file,
    digest,
    export,
    export_model,
    kernel_checked,
    recorded,
    source,
    store,
)
from proofs_check.rocq.terms import LAWS, comment, rocq_name
from tests.proofs_check.certificates.examples import EXAMPLES

SHIPPED = [path for path in sorted(CERTIFICATES.glob("*.json")) if path.name != RECORD.name]
needs_rocq = pytest.mark.skipif(shutil.which("coqc") is None, reason="coqc is not installed; CI installs it")


def theorems(certificate):
    """What follows the laws, comments removed."""
    return re.sub(r"\(\*.*?\*\)", "", source(certificate).partition("Section Theorems.")[2], flags=re.DOTALL)


def statement_of(certificate):
    return re.search(r"Theorem (.*?)\nProof\.", theorems(certificate), re.DOTALL)[1]


def changed(name, **parts):
    certificate = copy.deepcopy(EXAMPLES[name])
    certificate["statements"][0].update(parts)
    return certificate


def everything():
    """All examples in one certificate."""
    return {"theorem": "all", "statements": [s for example in EXAMPLES.values() for s in example["statements"]]}


# What is written -----------------------------------------------------------------------------------


def test_a_statement_reads_like_the_theorem():
    assert statement_of(EXAMPLES["error-recursion"]).split("\n") == [
        "error_recursion",
        "    (d numbers : space)",
        "    (A B Q : hom d d)",
        "    (e f e_next Delta : hom d numbers)",
        "    (H_B : B = 1 - Q)",
        "    (H_f : f = B * (e - Delta))",
        "    (H_e_next : e_next = A * (f + Delta))",
        "  : e_next = A * B * e + A * Q * Delta.",
    ]


def test_numbers_adjoints_and_order():
    assert statement_of(EXAMPLES["gradient-step"]).split("\n") == [
        "gradient_step",
        "    (n d numbers : space)",
        "    (X : hom n d)",
        "    (S : hom d d)",
        "    (w w_star w_next : hom d numbers)",
        "    (y : hom n numbers)",
        "    (eta nu : real)",
        "    (symmetric_S : S^* = S)",
        "    (H_S : S = nu • (X^* * X))",
        "    (H_labels : y = X * w_star)",
        "    (H_step : w_next = w - (eta * nu) • (X^* * (X * w - y)))",
        "  : w_next^* = w^* - eta • ((w^* - w_star^*) * S).",
    ]
    box = statement_of(EXAMPLES["step-size-box"])
    # Strictness of an operator is never used; the theorem does not ask for it.
    assert "(H_p : 2 • 1 - P >= 0)" in box
    assert ": 1 - (1 - Q) * (1 - P) * (1 - P) * (1 - Q) >= 0." in box
    assert ": (p * p * (2 - gamma) * r + rat (3 # 2) * (2 - gamma) + rat 3 - r > 0)%real." in statement_of(
        EXAMPLES["numbers"]
    )


@pytest.mark.parametrize("name", ["forall", "add", "O", "words", "place", "hom", "real", "Replay", "radd"])
def test_names_that_mean_something_to_rocq_are_changed(name):
    assert f"({name}_ : hom d d)" in theorems(_renamed(name))


def test_identifiers():
    assert [rocq_name(x) for x in ("e_next", "closed-form/step", "9", "_a", "x'", "η")] == [
        "e_next",
        "closed_form_step",
        "x9",
        "x_a",
        "x_",
        "x_",
    ]


def _renamed(name):
    line = {"states": f"{name} {name} = {name}", "because": [["1", "1", "h", name]]}
    given = {"h": f"{name} = 1"}
    return {
        "theorem": name,
        "statements": [{"name": name, "letters": {name: "d <- d"}, "given": given, "proof": [line]}],
    }


def test_letters_spaces_and_facts_do_not_collide():
    statement = {
        "name": "clash",
        "letters": {"d": "d <- d", "H_d": "d <- d", "numbers": "d <- 1"},
        "given": {"d": "d = H_d"},
        "proof": [{"states": "d numbers = H_d numbers", "because": [["1", "1", "d", "numbers"]]}],
    }
    assert check({"theorem": "t", "statements": [statement]})
    text = statement_of({"theorem": "t", "statements": [statement]})
    assert "(d_ numbers_ : space)" in text
    assert "(H_d_ : d = H_d)" in text


def test_comments_cannot_be_left():
    certificate = changed("error-recursion", prose=['"', "*) Axiom false : 0 = 1. (*"])
    text = source(certificate, 'words with " and *) in them')
    opened = re.findall(r"\(\*|\*\)", text)
    assert opened[::2] == ["(*"] * (len(opened) // 2)
    assert opened[1::2] == ["*)"] * (len(opened) // 2)
    assert '"' not in re.sub(r"\s", "", "".join(re.findall(r"\(\*.*?\*\)", text, re.DOTALL)))
    assert comment('a "b" (* c *)') == "(* a 'b' ( * c * ) *)"


def test_prose_and_words_are_in_the_comments():
    text = source(changed("error-recursion", prose=["a strict contraction converges"]), "both errors obey a recursion")
    assert "Argued in prose, not proved here: a strict contraction converges" in text
    assert "both errors obey a recursion" in text


def test_every_theorem_prints_its_assumptions():
    text = source(everything())
    names = re.findall(r"^Theorem (\w+)", text.partition("Section Theorems.")[2], re.MULTILINE)
    assert len(names) == len(set(names)) == len(everything()["statements"])
    assert re.findall(r"^Print Assumptions (\w+)\.", text, re.MULTILINE) == names


def test_nothing_is_admitted_in_the_laws(tmp_path):
    for text in (LAWS, export_model(tmp_path).read_text()):
        assert not re.search(r"\b(Axiom|Parameter|Admitted|admit|Conjecture|Hypothesis [A-Z])\b", text)


@needs_rocq
def test_the_laws_hold_of_rational_matrices(tmp_path):
    done = compile_file(export_model(tmp_path))
    assert done.ok, done.message
    assert done.theorems == done.closed == 1


def test_files_are_modules(tmp_path):
    (path,) = export([EXAMPLES["error-recursion"]], tmp_path / "new" / "folder", {})
    assert path.name == "error_recursion.v"
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--export-rocq: cannot write"):
        export([EXAMPLES["error-recursion"]], tmp_path / "file", {})


# What the kernel says ------------------------------------------------------------------------------


def compiled(tmp_path, certificate):
    (path,) = export([certificate], tmp_path, {})
    return compile_file(path)


@needs_rocq
def test_the_kernel_accepts_all_examples(tmp_path):
    done = compiled(tmp_path, everything())
    assert done.ok, done.message
    assert done.theorems == done.closed == len(everything()["statements"])


@needs_rocq
def test_unusual_names_compile(tmp_path):
    names = ("forall", "add", "O", "Replay", "words", "place", "Operators", "Q", "S", "nat")
    renamed = {"theorem": "Print", "statements": [_renamed(name)["statements"][0] for name in names]}
    assert check(renamed)
    done = compiled(tmp_path, renamed)
    assert done.ok, done.message


FALSE = {
    "a coefficient": (
        "error-recursion",
        "because",
        [["1", "1", "e_next", "1"], ["1", "A", "f", "1"], ["1", "A", "B", "Delta"]],
    ),
    "the order": ("error-recursion", "states", "e_next = B A e + A Q Delta"),
    "a root": ("sum-of-squares", "squares", ["X Z", "X Z"]),
    "a weight": ("step-size-box", "sum", [["1/2", ["q"], "Q"], ["1/2", ["Q"], "2 - Q"], ["1", ["p"], "P (1 - Q)"]]),
    "a sign": ("step-size-box", "states", "(1 - Q) (1 - P) (1 - P) (1 - Q) - 1 >= 0"),
    "a number": ("numbers", "states", "p p (2 - gamma) r + 3/2 (2 - gamma) + 2 - r > 0"),
    "a negative weight": (
        "scaled-box",
        "sum",
        [["1", ["theta", "box"], "1"], ["2", ["eta", "S"], "1"], ["-1", [], "S"]],
    ),
}


@needs_rocq
@pytest.mark.parametrize("what", FALSE)
def test_the_kernel_refuses_a_planted_falsehood(what, tmp_path):
    name, part, value = FALSE[what]
    certificate = copy.deepcopy(EXAMPLES[name])
    certificate["statements"][0]["proof"][-1][part] = value
    assert not check(certificate)
    done = compiled(tmp_path, certificate)
    assert not done.ok
    assert "Error" in done.message


@needs_rocq
def test_an_axiom_is_noticed(tmp_path):
    (path,) = export([EXAMPLES["error-recursion"]], tmp_path, {})
    text = path.read_text()
    start = text.index("  pose (place", text.index("Section Theorems."))
    end = text.index("Qed.", start)
    with_axiom = text[:start] + "apply cheat." + text[end:]
    path.write_text(with_axiom.replace("Section Theorems.", "Axiom cheat : forall P : Prop, P.\nSection Theorems."))
    done = compile_file(path)
    assert not done.ok
    assert done.closed == 0
    path.write_text(text.replace("Print Assumptions error_recursion.", ""))
    assert not compile_file(path).ok
    path.write_text(text + "Definition Axiom_free := tt.\n")
    assert compile_file(path).ok


@needs_rocq
def test_the_command_records_what_compiled(tmp_path):
    folder = tmp_path / "certificates"
    folder.mkdir()
    for name in ("error-recursion", "numbers"):
        (folder / f"{name}.json").write_text(json.dumps(EXAMPLES[name]))
    out = io.StringIO()
    console = Console(file=out, width=200)
    assert export_rocq(console, tmp_path / "out", {}, compiling=True, source=folder)
    assert "3 of 3 files compiled by Rocq" in out.getvalue()
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {"error_recursion.v", "numbers.v", "rational_matrices.v"}
    assert set(recorded(folder / RECORD.name)) == {"error-recursion", "numbers"}
    record = folder / RECORD.name
    verdict, how = kernel_checked(EXAMPLES["numbers"], record)
    assert verdict == "yes"
    assert re.fullmatch(r"compiled by Rocq [\d.+a-z]+ \(recorded\)", how)
    assert set(certificates(directory=folder)) == {"error-recursion", "numbers"}


def test_without_rocq_nothing_is_claimed(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    (path,) = export([EXAMPLES["error-recursion"]], tmp_path, {})
    with pytest.raises(InputError, match="apt-get install coq"):
        compile_file(path)


INDUCTIONS = ["closed-form", "plateau-removed", "blind-helper"]


@pytest.mark.parametrize("id_", INDUCTIONS)
def test_an_induction_step_gives_a_theorem_about_every_turn(id_):
    path = CERTIFICATES / f"{id_}.json"
    if path not in SHIPPED:
        pytest.skip("not shipped")
    written = theorems(load(path))
    every = re.findall(r"Theorem (\w+)_every_turn\n(.*?)Proof\.", written, re.DOTALL)
    assert len(every) == (2 if id_ == "closed-form" else 1)
    for step, stated in every:
        assert re.search(r": forall t : nat, \((\w) t\) = ", stated)
        assert "IH" not in stated
        assert "_to_the_t" not in stated
        assert f"exact ({step} " in written


def test_the_every_turn_theorem_reads_like_the_closed_form():
    path = CERTIFICATES / "closed-form.json"
    if path not in SHIPPED:
        pytest.skip("not shipped")
    stated = re.search(r"Theorem closed_form_e_step_every_turn\n(.*?)Proof\.", theorems(load(path)), re.DOTALL)[1]
    assert "(H_error_recursion_e : forall t : nat, (e (S t)) = A * B * (e t) + A * Q * Delta)" in stated
    assert ": forall t : nat, (e t) = (power (A * B) t) * (e_0 - e_inf) + e_inf." in stated


@needs_rocq
def test_the_kernel_refuses_a_false_induction(tmp_path):
    path = CERTIFICATES / "closed-form.json"
    if path not in SHIPPED:
        pytest.skip("not shipped")
    (exported,) = export([load(path)], tmp_path, {})
    text = exported.read_text()
    assert compile_file(exported).ok
    exported.write_text(text.replace("(power (A * B) t)", "(power (B * A) t)"))
    assert not compile_file(exported).ok


# What is recorded ----------------------------------------------------------------------------------


def outcome(ok):
    from proofs_check.rocq.export import Compiled

    return Compiled("x.v", ok, 1, int(ok), "8.16.1", "")


def test_a_record_is_of_one_text(tmp_path):
    record = tmp_path / "kernel.json"
    certificate = EXAMPLES["error-recursion"]
    assert kernel_checked(certificate, record)[0] == "not run"
    store({"error-recursion": (source(certificate), outcome(True))}, record)
    assert kernel_checked(certificate, record) == ("yes", "compiled by Rocq 8.16.1 (recorded)")
    other = copy.deepcopy(certificate)
    other["statements"][0]["proof"][0]["states"] = "e_next = A (B e) + A Q Delta"
    assert check(other)
    assert kernel_checked(other, record)[0] == "no"
    # Words are not part of what the kernel reads.
    assert digest(source(certificate, "said otherwise")) == recorded(record)["error-recursion"]["sha256"]
    store({"error-recursion": (source(certificate), outcome(False))}, record)
    assert kernel_checked(certificate, record)[0] == "not run"


def test_a_record_keeps_what_still_holds(tmp_path):
    record = tmp_path / "kernel.json"
    text = source(EXAMPLES["error-recursion"])
    store({"error-recursion": (text, outcome(True)), "b": ("text", outcome(True))}, record)
    before = record.read_text()
    later = outcome(True).__class__("x.v", True, 1, 1, "9.0.0", "")
    store({"error-recursion": (text, later)}, record)
    assert record.read_text() == before
    store({"error-recursion": (text, later)}, record, alone=True)
    assert set(recorded(record)) == {"error-recursion"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_kernel_has_accepted_what_is_exported_now(path):
    """After a certificate or the export has changed: ``proofs-check --export-rocq DIR --compile``."""
    assert kernel_checked(load(path)) == ("yes", f"compiled by Rocq {recorded()[path.stem]['rocq']} (recorded)")


def test_the_record_speaks_of_shipped_certificates_only():
    assert set(recorded()) <= {path.stem for path in SHIPPED}


# The command ---------------------------------------------------------------------------------------


def test_usage_errors(capsys, tmp_path):
    without = next(id_ for id_ in theorems_of_the_ledger if id_ not in {path.stem for path in SHIPPED})
    for arguments, message in (
        (["--compile"], "--export-rocq DIR"),
        (["--export-rocq", str(tmp_path), "--theorem", without], "has no certificate"),
    ):
        assert main(arguments) == 2
        assert message in capsys.readouterr().err


def test_a_refused_certificate_is_not_exported(tmp_path):
    broken = copy.deepcopy(EXAMPLES["numbers"])
    broken["statements"][0]["scalars"].append("idle")
    (tmp_path / "numbers.json").write_text(json.dumps(broken))
    with pytest.raises(InputError, match=r"numbers\.json: refused by the checker .*not needed: idle"):
        certificates(directory=tmp_path)


@pytest.mark.skipif(not SHIPPED, reason="no certificates are shipped")
def test_the_command_exports(capsys, tmp_path):
    id_ = SHIPPED[0].stem
    assert main(["--export-rocq", str(tmp_path), "--theorem", id_]) == 0
    assert [path.name for path in tmp_path.iterdir()] == [f"{rocq_name(id_)}.v"]
    assert "1 files written" in capsys.readouterr().out
