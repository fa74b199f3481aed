"""Export to Rocq: what the files say, that the kernel accepts them and nothing false, and what is recorded."""

from __future__ import annotations

import copy
import io
import json
import re
import shutil
import subprocess

import pytest
from rich.console import Console

from proofs_check import theorems as theorems_of_the_ledger
from proofs_check.certificates.checker import check, load
from proofs_check.certificates.stored import CERTIFICATES, stored
from proofs_check.commands.cli import main
from proofs_check.commands.rocq import certificates, export_rocq
from proofs_check.errors import InputError
from proofs_check.rocq import kernel
from proofs_check.rocq.export import LIBRARIES, export, files_of, matrices_source, source
from proofs_check.rocq.kernel import Compiled, compile_file, need_mathcomp
from proofs_check.rocq.recheck import recheck
from proofs_check.rocq.record import RECORD, digest, kernel_checked, laws, recorded, store
from proofs_check.rocq.terms import LAWS, comment, rocq_name
from tests.families.test_dynamics import CLOSED_FORM
from tests.proofs_check.certificates.examples import EXAMPLES

SHIPPED = [CERTIFICATES / f"{theorem}.json" for theorem in stored()]
LAW_MODULES = ("operators", "forms", "real_matrices")
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
    assert statement_of(EXAMPLES["two-errors"]).split("\n") == [
        "two_errors",
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
    box = statement_of(EXAMPLES["box"])
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
    assert [rocq_name(x) for x in ("e_next", "two-errors/step", "9", "_a", "x'", "η")] == [
        "e_next",
        "two_errors_step",
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
    certificate = changed("two-errors", prose=['"', "*) Axiom false : 0 = 1. (*"])
    text = source(certificate, 'words with " and *) in them')
    opened = re.findall(r"\(\*|\*\)", text)
    assert opened[::2] == ["(*"] * (len(opened) // 2)
    assert opened[1::2] == ["*)"] * (len(opened) // 2)
    assert '"' not in re.sub(r"\s", "", "".join(re.findall(r"\(\*.*?\*\)", text, re.DOTALL)))
    assert comment('a "b" (* c *)') == "(* a 'b' ( * c * ) *)"


def test_prose_and_words_are_in_the_comments():
    text = source(changed("two-errors", prose=["a strict contraction converges"]), "both errors obey a recursion")
    assert "Argued in prose, not proved here: a strict contraction converges" in text
    assert "both errors obey a recursion" in text


def test_rocq_is_asked_what_every_theorem_rests_on():
    text = source(everything())
    names = re.findall(r"^Theorem (\w+)", text.partition("Section Theorems.")[2], re.MULTILINE)
    assert len(names) == len(set(names)) == len(everything()["statements"])
    assert re.findall(r"^Print Assumptions (\w+)\.", text, re.MULTILINE) == ["every_theorem"]
    named = re.search(r"^Definition every_theorem := \((.*?)\)\.$", text, re.MULTILINE | re.DOTALL)[1]
    assert named.replace(",", " ").split() == names


def test_nothing_is_admitted_in_the_libraries():
    for text in LIBRARIES.values():
        assert not re.search(r"\b(Axiom|Parameter|Admitted|admit|Conjecture|Hypothesis [A-Z])\b", text)


def test_files_are_modules(tmp_path):
    paths = export([EXAMPLES["two-errors"]], tmp_path / "new" / "folder", {})
    assert [path.stem for path in paths] == [*LAW_MODULES, "two_errors", "two_errors_matrices"]
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--export-rocq: cannot write"):
        export([EXAMPLES["two-errors"]], tmp_path / "file", {})


# What the kernel says ------------------------------------------------------------------------------


@needs_rocq
@pytest.mark.slow
def test_the_kernel_accepts_all_examples(compiled, tmp_path):
    done = compiled(tmp_path, everything())
    assert done.ok, done.message
    assert done.theorems == done.closed == len(everything()["statements"])


@needs_rocq
@pytest.mark.slow
def test_unusual_names_compile(compiled, tmp_path):
    names = ("forall", "add", "O", "Replay", "words", "place", "Operators", "Q", "S", "nat")
    renamed = {"theorem": "Print", "statements": [_renamed(name)["statements"][0] for name in names]}
    assert check(renamed)
    done = compiled(tmp_path, renamed)
    assert done.ok, done.message


FALSE = {
    "a coefficient": (
        "two-errors",
        "because",
        [["1", "1", "e_next", "1"], ["1", "A", "f", "1"], ["1", "A", "B", "Delta"]],
    ),
    "the order": ("two-errors", "states", "e_next = B A e + A Q Delta"),
    "a root": ("sum-of-squares", "kernel", [[], "Y Z"]),
    "a weight": ("box", "sum", [["1/2", ["q"], "Q"], ["1/2", ["Q"], "2 - Q"], ["1", ["p"], "P (1 - Q)"]]),
    "a sign": ("box", "states", "(1 - Q) (1 - P) (1 - P) (1 - Q) - 1 >= 0"),
    "a number": ("numbers", "states", "p p (2 - gamma) r + 3/2 (2 - gamma) + 2 - r > 0"),
    "a negative weight": (
        "scaled-box",
        "sum",
        [["1", ["theta", "box"], "1"], ["2", ["eta", "S"], "1"], ["-1", [], "S"]],
    ),
}


@needs_rocq
@pytest.mark.parametrize("what", FALSE)
@pytest.mark.slow
@pytest.mark.many(4)
def test_the_kernel_refuses_a_planted_falsehood(what, compiled, tmp_path):
    name, part, value = FALSE[what]
    certificate = copy.deepcopy(EXAMPLES[name])
    certificate["statements"][0]["proof"][-1][part] = value
    assert not check(certificate)
    done = compiled(tmp_path, certificate)
    assert not done.ok
    assert "Error" in done.message


@needs_rocq
@pytest.mark.slow
def test_an_axiom_is_noticed(exported, tmp_path):
    path, _ = exported(EXAMPLES["two-errors"], tmp_path)
    text = path.read_text()
    start = text.index("  pose (place", text.index("Section Theorems."))
    end = text.index("Qed.", start)
    with_axiom = text[:start] + "apply cheat." + text[end:]
    path.write_text(with_axiom.replace("Section Theorems.", "Axiom cheat : forall P : Prop, P.\nSection Theorems."))
    done = compile_file(path)
    assert not done.ok
    assert done.closed == 0
    path.write_text(text.replace("Print Assumptions every_theorem.", ""))
    assert not compile_file(path).ok
    path.write_text(text.replace("every_theorem := (two_errors)", "every_theorem := (tt)"))
    assert not compile_file(path).ok
    path.write_text(text + "Definition Axiom_free := tt.\n")
    assert compile_file(path).ok


def two_certificates(tmp_path):
    folder = tmp_path / "certificates"
    folder.mkdir()
    for name in ("two-errors", "numbers"):
        (folder / f"{name}.json").write_text(json.dumps(EXAMPLES[name]))
    return folder


def run(tmp_path, folder, **options):
    out = io.StringIO()
    good = export_rocq(Console(file=out, width=200), tmp_path / "out", {}, compiling=True, source=folder, **options)
    return good, out.getvalue()


@pytest.fixture(scope="module")
def compiled_and_recorded(tmp_path_factory, libraries):
    """A folder of two certificates whose record was made, its output beside it, and what was said."""
    place = tmp_path_factory.mktemp("recorded")
    return place, *run(place, two_certificates(place))


@needs_rocq
@pytest.mark.slow
@pytest.mark.many(0)
def test_the_command_records_what_compiled(compiled_and_recorded):
    tmp_path, good, said = compiled_and_recorded
    folder = tmp_path / "certificates"
    assert good
    assert "7 of 7 files compiled by Rocq" in said
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {
        f"{name}.{kind}"
        for name in (
            *LAW_MODULES,
            "two_errors",
            "two_errors_matrices",
            "numbers",
            "numbers_matrices",
        )
        for kind in ("v", "vo")
    }
    record = folder / RECORD.name
    assert set(recorded(record)["theorems"]) == {"two-errors", "numbers"}
    assert recorded(record)["laws"] == laws()
    verdict, how = kernel_checked(EXAMPLES["numbers"], record)
    assert verdict == "yes"
    assert re.fullmatch(r"compiled by Rocq [\d.+a-z]+ \(recorded\)", how)
    assert set(certificates(directory=folder)) == {"two-errors", "numbers"}


@needs_rocq
@pytest.mark.usefixtures("libraries")
@pytest.mark.slow
@pytest.mark.many(0)
def test_a_part_is_compiled_and_not_recorded(tmp_path):
    folder = two_certificates(tmp_path)
    good, said = run(tmp_path, folder, ids=["numbers"])
    assert good
    assert "5 of 5 files compiled" in said
    assert "nothing is recorded: these are not all theorems" in said
    assert not (folder / RECORD.name).exists()


#: Laws that are not proved of matrices: the first is false, the second holds.
ADDED = {
    "false": "forall a, one (a := a) = zero -> rat 1 = rat 0",
    "not proved": "forall a (x y : hom a a), psd (comp (star x) (comp (comp (star y) y) x))",
}


@needs_rocq
@pytest.mark.parametrize("law", ADDED)
@pytest.mark.slow
@pytest.mark.many(0)
def test_a_law_that_is_added_is_refused(law, compiled_and_recorded, tmp_path, monkeypatch):
    """The theorems about operators compile with one law more, and rest on no axiom; not so matrices."""
    folder = tmp_path / "certificates"
    shutil.copytree(compiled_and_recorded[0] / "certificates", folder)
    (folder / "two-errors.json").unlink()
    record = folder / RECORD.name
    before = record.read_text()
    last = "comp (star g) (comp x g) = zero -> comp x g = zero\n"
    assert LAWS.count(last) == 1
    monkeypatch.setitem(LIBRARIES, "operators.v", LAWS.replace(last, f"{last.rstrip()};\n  added : {ADDED[law]}\n"))
    assert kernel_checked(EXAMPLES["numbers"], record)[0] == "no"
    good, said = run(tmp_path, folder)
    assert not good
    assert "3 of 5 files compiled" in said
    assert "real_matrices.v" in said
    assert "nothing is recorded: not all files were compiled" in said
    assert record.read_text() == before


@needs_rocq
@pytest.mark.slow
@pytest.mark.many(0)
def test_what_was_compiled_is_checked_again(exported, tmp_path):
    """By another checker; here without the libraries, which CI has it read as well."""
    path, matrices = exported(EXAMPLES["numbers"], tmp_path)
    matrices.unlink()
    with pytest.raises(InputError, match="not compiled: numbers"):
        recheck(tmp_path)
    assert compile_file(path).ok
    _, said = recheck(tmp_path, libraries=False)
    assert "type-in-type: <none>" in said
    assert "numbers." not in said
    text = path.read_text()
    path.write_text(text + "Axiom cheat : forall P : Prop, P.\n")
    assert not compile_file(path).ok
    good, said = recheck(tmp_path, libraries=False)
    assert not good
    assert "numbers.cheat" in said
    path.write_text("Theorem false : False. Proof. trivial. Qed.\n")
    assert not compile_file(path).ok
    with pytest.raises(InputError, match="not compiled"):
        recheck(tmp_path)


SUMMARY = """\
CONTEXT SUMMARY
===============

* Theory: Set is predicative

* Axioms:AXIOMS

* Constants/Inductives relying on type-in-type: <none>

* Constants/Inductives relying on unsafe (co)fixpoints: <none>

* Inductives whose positivity is assumed: <none>
"""
NUMBERS = "\n    Coq.Floats.PrimFloat.add\n    Coq.Numbers.Cyclic.Int63.PrimInt63.int"


@pytest.mark.parametrize(
    ("said", "good"),
    [
        (SUMMARY.replace("AXIOMS", " <none>"), True),
        (SUMMARY.replace("AXIOMS", NUMBERS), True),
        (SUMMARY.replace("AXIOMS", f"{NUMBERS}\n    Coq.Logic.Classical_Prop.classic"), False),
        (SUMMARY.replace("AXIOMS", "\n    base.cheat"), False),
        (SUMMARY.replace("* Axioms:AXIOMS", ""), False),
        (SUMMARY.replace("AXIOMS", " <none>").replace("type-in-type: <none>", "type-in-type:\n    base.cheat"), False),
    ],
)
def test_no_axiom_but_the_numbers_of_the_machine(said, good, tmp_path, monkeypatch):
    """Rocq's library declares them, and its kernel computes with them."""
    for kind in ("v", "vo"):
        (tmp_path / f"one.{kind}").write_text("")
    answer = subprocess.CompletedProcess([], 0, said, "")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)
    assert recheck(tmp_path)[0] is good
    assert not recheck(tmp_path, libraries=False)[0]


def test_without_rocq_nothing_is_claimed(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _: None)
    path, *_ = export([EXAMPLES["two-errors"]], tmp_path, {})
    with pytest.raises(InputError, match="apt-get install coq"):
        compile_file(path)
    with pytest.raises(InputError, match="apt-get install coq libcoq-mathcomp-algebra"):
        need_mathcomp()


@needs_rocq
def test_without_mathematical_components_nothing_is_compiled(tmp_path, monkeypatch):
    """Rocq looks for what is installed where it is told to."""
    monkeypatch.setitem(kernel.MATHCOMP, "libcoq-mathcomp-algebra", "From mathcomp Require not_installed.\n")
    folder = two_certificates(tmp_path)
    with pytest.raises(InputError, match=r"Mathematical Components.*apt-get install libcoq-mathcomp-algebra"):
        run(tmp_path, folder)
    assert not (tmp_path / "out").exists()
    assert not (folder / RECORD.name).exists()


def inductions(path):
    """The steps from one turn to the next in a certificate."""
    return [one for one in load(path)["statements"] if one["name"].endswith("/step") and "_to_the_t" in str(one)]


INDUCTIVE = [path for path in SHIPPED if inductions(path)]


def test_there_are_inductions_enough():
    assert [len(inductions(path)) for path in INDUCTIVE] == [1, 2, 1, 1]


@pytest.mark.parametrize("path", INDUCTIVE, ids=lambda path: path.stem)
def test_an_induction_step_gives_a_theorem_about_every_turn(path):
    written = theorems(load(path))
    every = re.findall(r"Theorem (\w+)_every_turn\n(.*?)Proof\.", written, re.DOTALL)
    assert len(every) == len(inductions(path))
    for step, stated in every:
        assert re.search(r": forall t : nat, \((\w) t\) = ", stated)
        assert "IH" not in stated
        assert "_to_the_t" not in re.sub(r"\bH_\w+", "", stated)  # but in names of hypotheses
        assert f"exact ({step} " in written


def test_the_every_turn_theorem_reads_like_the_closed_form():
    path = CERTIFICATES / f"{CLOSED_FORM}.json"
    if path not in SHIPPED:
        pytest.skip("not shipped")
    stated = re.search(r"Theorem closed_form_e_step_every_turn\n(.*?)Proof\.", theorems(load(path)), re.DOTALL)[1]
    assert "(H_e_next : forall t : nat, (e (S t)) = A * B * (e t) + A * Q * Delta)" in stated
    assert ": forall t : nat, (e t) = (power (A * B) t) * (e_0 - e_inf) + e_inf." in stated


@needs_rocq
@pytest.mark.slow
@pytest.mark.many(0)
def test_the_kernel_refuses_a_false_induction(exported, tmp_path):
    path = CERTIFICATES / f"{CLOSED_FORM}.json"
    if path not in SHIPPED:
        pytest.skip("not shipped")
    written, _ = exported(load(path), tmp_path)
    text = written.read_text()
    assert compile_file(written).ok
    written.write_text(text.replace("(power (A * B) t)", "(power (B * A) t)"))
    assert not compile_file(written).ok


# What is recorded ----------------------------------------------------------------------------------


def outcomes_of(*certificates, version="8.16.1", refused=()):
    """What Rocq says if it accepts all files but those that are named."""
    files = [*LIBRARIES, *(name for certificate in certificates for name in files_of(certificate))]
    return [Compiled(file, file not in refused, 1, 1, version, "") for file in files]


def test_a_record_is_of_one_text(tmp_path):
    record = tmp_path / "kernel.json"
    certificate = EXAMPLES["two-errors"]
    assert kernel_checked(certificate, record)[0] == "not run"
    store({"two-errors": certificate}, outcomes_of(certificate), record)
    assert kernel_checked(certificate, record) == ("yes", "compiled by Rocq 8.16.1 (recorded)")
    other = copy.deepcopy(certificate)
    other["statements"][0]["proof"][0]["states"] = "e_next = A (B e) + A Q Delta"
    assert check(other)
    assert kernel_checked(other, record)[0] == "no"
    # Words are not part of what the kernel reads.
    entry = recorded(record)["theorems"]["two-errors"]
    assert digest(source(certificate, "said otherwise")) == entry["operators"]
    assert digest(matrices_source(certificate, "said otherwise")) == entry["matrices"]


@pytest.mark.parametrize("kind", ["operators", "matrices"])
def test_a_record_is_of_both_texts(kind, tmp_path):
    record = tmp_path / "kernel.json"
    certificate = EXAMPLES["two-errors"]
    store({"two-errors": certificate}, outcomes_of(certificate), record)
    written = json.loads(record.read_text())
    del written["theorems"]["two-errors"][kind]
    record.write_text(json.dumps(written))
    assert kernel_checked(certificate, record)[0] == "no"


@pytest.mark.parametrize("refused", [*LIBRARIES, "two_errors.v", "two_errors_matrices.v"])
def test_a_record_is_of_all_or_nothing(refused, tmp_path):
    record = tmp_path / "kernel.json"
    certificate = EXAMPLES["two-errors"]
    said = outcomes_of(certificate)
    for outcomes in (
        outcomes_of(certificate, refused=[refused]),
        [one for one in said if one.file != refused],
    ):
        with pytest.raises(ValueError, match=f"compiled everything.*{refused}"):
            store({"two-errors": certificate}, outcomes, record)
    with pytest.raises(ValueError, match="compiled everything"):
        store({}, said, record)
    assert not record.exists()


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_record_is_of_one_text_of_the_laws_and_of_their_proof(name, tmp_path):
    record = tmp_path / "kernel.json"
    certificate = EXAMPLES["numbers"]
    store({"numbers": certificate}, outcomes_of(certificate), record)
    assert set(laws()) == set(LIBRARIES)
    written = json.loads(record.read_text())
    written["laws"][name] = digest("another text")
    record.write_text(json.dumps(written))
    verdict, why = kernel_checked(certificate, record)
    assert verdict == "no"
    assert "laws" in why
    del written["laws"]
    record.write_text(json.dumps(written))
    assert kernel_checked(certificate, record)[0] == "no"


def test_the_laws_are_these():
    """A law is an assumption: whoever adds one changes this list, and has it proved of matrices."""
    fields = re.findall(r"^  (\w+) :", LAWS[: LAWS.index("Declare Scope")], re.MULTILINE)
    assert " ".join(fields) == (
        "real radd rmul ropp rat radd_comm radd_assoc radd_0 radd_opp rmul_comm rmul_assoc rmul_1 rmul_add rat_add "
        "rat_mul rat_eq nonneg pos nonneg_add nonneg_mul nonneg_square pos_nonneg pos_add pos_mul pos_rat space hom "
        "add opp zero scale comp one star add_comm add_assoc add_0 add_opp scale_1 scale_mul scale_radd scale_add "
        "comp_assoc comp_1_l comp_1_r comp_add_l comp_add_r comp_scale_l comp_scale_r star_add star_scale star_comp "
        "star_star psd psd_one psd_add psd_scale psd_star psd_antisymmetric psd_kernel"
    )


def test_a_record_keeps_what_still_holds(tmp_path):
    record = tmp_path / "kernel.json"
    both = {"two-errors": EXAMPLES["two-errors"], "numbers": EXAMPLES["numbers"]}
    store(both, outcomes_of(*both.values()), record)
    before = record.read_text()
    later = outcomes_of(*both.values(), version="9.0.0")
    store(both, later, record)
    assert record.read_text() == before
    for kind in ("operators", "matrices"):
        outdated = json.loads(before)
        outdated["theorems"]["numbers"][kind] = digest("another text")
        record.write_text(json.dumps(outdated))
        store(both, later, record)
        entries = recorded(record)["theorems"]
        assert entries["numbers"] == json.loads(before)["theorems"]["numbers"] | {"rocq": "9.0.0"}
        assert entries["two-errors"] == json.loads(before)["theorems"]["two-errors"]
    del both["numbers"]
    store(both, later, record)
    assert set(recorded(record)["theorems"]) == {"two-errors"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
@pytest.mark.many(4)
def test_the_kernel_has_accepted_what_is_exported_now(path):
    """After a certificate or the export has changed: ``proofs-check --export-rocq DIR --compile``."""
    assert kernel_checked(load(path)) == (
        "yes",
        f"compiled by Rocq {recorded()['theorems'][path.stem]['rocq']} (recorded)",
    )


def test_the_record_speaks_of_shipped_certificates_only():
    assert set(recorded()["theorems"]) == {path.stem for path in SHIPPED}


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
    (tmp_path / "numbers.json").write_text('{"theorem": "numbers", "theorem": "numbers"}')
    with pytest.raises(InputError, match=r"numbers\.json: refused by the checker .*twice"):
        certificates(directory=tmp_path)
    (tmp_path / "numbers.json").write_text("{")
    with pytest.raises(InputError, match=r"numbers\.json: refused by the checker"):
        certificates(directory=tmp_path)


def test_a_certificate_is_exported_under_its_own_name(tmp_path):
    (tmp_path / "two-errors.json").write_text(json.dumps(EXAMPLES["numbers"]))
    with pytest.raises(InputError, match="named after another theorem"):
        certificates(directory=tmp_path)
    for name in ("two_errors", "operators", "real-matrices", "two-errors-matrices"):
        clash = [EXAMPLES["two-errors"], EXAMPLES["numbers"] | {"theorem": name}]
        with pytest.raises(InputError, match="is another's as well"):
            export(clash, tmp_path / "out", {})


@pytest.mark.skipif(not SHIPPED, reason="no certificates are shipped")
@pytest.mark.slow
def test_the_command_exports(capsys, tmp_path):
    id_ = SHIPPED[0].stem
    assert main(["--export-rocq", str(tmp_path), "--theorem", id_]) == 0
    ours = {*LIBRARIES, *files_of({"theorem": id_}), "language.v", "statements.v"}
    assert {path.name for path in tmp_path.iterdir()} == ours
    said = capsys.readouterr().out
    assert "7 files written" in said
    assert f"stated in {tmp_path / 'statements.v'}" in said
